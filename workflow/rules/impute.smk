# Impute: does a reference panel get better when artificial genomes are added to it?
#
# REQUIRED INPUTS
#   results/{run}/prepare/{dataset}/haplotypes.vcz.zip, split.tsv         with public people and test people
#   results/{run}/generate/{dataset}/{model}/seed{seed}/genomes.vcz.zip   for the models in the panel
#   the Beagle jar
# OUTPUTS
#   results/{run}/impute/{dataset}/{panel}/seed{seed}/   {panel}: parts joined by +, such as real+gan
#     imputed.vcf.gz(.tbi)   the test people, masked but for array sites, as imputed from the panel
#     sites.tsv              contig position id maf_biobank typed r2 dr2
#     bins.tsv               maf_low maf_high n_sites r2_mean r2_se dr2_mean
#     metrics.tsv            reference metric value ci_low ci_high n; gains are against the panel `real`
# CONFIG KEYS
#   imputation, cohorts (the build), models
rule impute:
    """Impute masked test people from one reference panel with Beagle."""
    input:
        haplotypes="results/{run}/prepare/{dataset}/haplotypes.vcz.zip",
        split="results/{run}/prepare/{dataset}/split.tsv",
        genomes=panel_genomes,
        jar=config["imputation"]["beagle_jar"],
    output:
        vcf="results/{run}/impute/{dataset}/{panel}/seed{seed}/imputed.vcf.gz",
        index="results/{run}/impute/{dataset}/{panel}/seed{seed}/imputed.vcf.gz.tbi",
    log:
        "logs/{run}/impute/{dataset}/{panel}/seed{seed}.log",
    benchmark:
        "benchmarks/{run}/impute/{dataset}/{panel}/seed{seed}.tsv"
    conda:
        "../../envs/beagle.yaml"
    threads: 2
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=lambda wildcards, attempt: 60 * attempt,
    params:
        script=script("impute.py"),
        code=digest("impute.py"),
        models=panel_models,
        build=cohort_build,
        settings=settings("imputation", drop=["datasets", "panels", "maf_bins", "beagle_jar"]),
    message:
        "Imputing test people of {wildcards.dataset} from panel {wildcards.panel} (seed {wildcards.seed})"
    shell:
        "python {params.script:q} --haplotypes {input.haplotypes:q} --split {input.split:q} --panel {wildcards.panel:q}"
        " --models {params.models:q} --genomes {input.genomes:q} --build {params.build:q} --beagle-jar {input.jar:q}"
        " --settings {params.settings:q} --seed {wildcards.seed} --threads {threads}"
        " --memory-mb {resources.mem_mb} --output {output.vcf:q} > {log:q} 2>&1"


rule score_imputation:
    """Score imputed test people against the truth, and against what public people alone give."""
    input:
        haplotypes="results/{run}/prepare/{dataset}/haplotypes.vcz.zip",
        split="results/{run}/prepare/{dataset}/split.tsv",
        imputed="results/{run}/impute/{dataset}/{panel}/seed{seed}/imputed.vcf.gz",
        baseline="results/{run}/impute/{dataset}/real/seed{seed}/imputed.vcf.gz",
    output:
        sites="results/{run}/impute/{dataset}/{panel}/seed{seed}/sites.tsv",
        bins="results/{run}/impute/{dataset}/{panel}/seed{seed}/bins.tsv",
        metrics="results/{run}/impute/{dataset}/{panel}/seed{seed}/metrics.tsv",
    log:
        "logs/{run}/score_imputation/{dataset}/{panel}/seed{seed}.log",
    benchmark:
        "benchmarks/{run}/score_imputation/{dataset}/{panel}/seed{seed}.tsv"
    conda:
        "../../envs/popgen.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=lambda wildcards, attempt: 20 * attempt,
    params:
        script=script("score_imputation.py"),
        code=digest("score_imputation.py"),
        settings=settings("imputation", drop=["datasets", "panels", "beagle_jar"]),
        folder=subpath(output.metrics, parent=True),
    message:
        "Scoring imputation of {wildcards.dataset} from panel {wildcards.panel} (seed {wildcards.seed})"
    shell:
        "python {params.script:q} --haplotypes {input.haplotypes:q} --split {input.split:q} --imputed {input.imputed:q}"
        " --baseline {input.baseline:q} --settings {params.settings:q} --seed {wildcards.seed}"
        " --output {params.folder:q} > {log:q} 2>&1"
