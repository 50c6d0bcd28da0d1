# Compare: artificial genomes against real haplotypes, n against n, and the two controls in their place.
#
# REQUIRED INPUTS
#   results/{run}/prepare/{dataset}/haplotypes.vcz.zip, split.tsv
#   results/{run}/generate/{dataset}/{model}/seed{seed}/genomes.vcz.zip   (not for the controls)
#   results/{run}/generate/{dataset}/{model}/seed{seed}/split.tsv         for AGs that the user brings, in place of prepare's
# OUTPUTS (the lists are COMPARE_TABLES and UNMATCHED_TABLES in common.smk)
#   results/{run}/compare/{dataset}/{model}/seed{seed}/   {model} is a model, or the control `ceiling` or `floor`, or,
#                            for AGs that the user brings, {model}.ceiling and {model}.floor, with their split and number
#     metrics.tsv              reference metric value ci_low ci_high n
#     allele_frequencies.tsv   reference contig position id real ag
#     spectrum.tsv             reference maf_low maf_high real ag (numbers of sites)
#     ld_decay.tsv             reference start_bp end_bp pairs real ag
#     ld_by_maf.tsv            reference maf_low maf_high pairs real ag r (by the rarer site of a pair)
#     three_point.tsv          reference gap real ag
#     distances.tsv            reference comparison distance count
#     nearest.tsv              reference kind distance count
#     pca.tsv                  reference set superpopulation pc1 ... (no names of people)
#     pca_variance.tsv         reference axis explained
#     populations.tsv          reference population real ag (haplotypes assigned by their nearest neighbours)
#     fst.tsv                  reference population_a population_b real ag
#     haplotype_windows.tsv    reference contig start_bp end_bp real ag (haplotype heterozygosity)
#     privacy.tsv              population members others mia_auc mia_calibrated_auc mia_calibrated_tpr planted_tpr
#     flagged.tsv              haplotype distance threshold reason population (AGs too near to a training haplotype)
#   results/{run}/compare/{dataset}/together/seed{seed}/   all models with the sites of the dataset
#     metrics.tsv              model reference metric ... (on the axes of one PCA of all sets that the workflow makes)
#     pca.tsv                  set superpopulation pc1 ... (on the same axes)
#     pca_variance.tsv         axis explained
#     ld_matrix.tsv            contig_a position_a contig_b position_b r2_real r2_{model} ... (at most 200 sites)
#   for a model whose AGs have sites of their own only metrics.tsv (fewer of them), ld_decay.tsv and distances.tsv
# CONFIG KEYS
#   compare, models
rule compare:
    """Compare one AG set with the real haplotypes of its dataset."""
    input:
        haplotypes="results/{run}/prepare/{dataset}/haplotypes.vcz.zip",
        split=compare_split,
        genomes="results/{run}/generate/{dataset}/{model}/seed{seed}/genomes.vcz.zip",
    output:
        **compare_tables("{model}"),
    log:
        "logs/{run}/compare/{dataset}/{model}/seed{seed}.log",
    benchmark:
        "benchmarks/{run}/compare/{dataset}/{model}/seed{seed}.tsv"
    wildcard_constraints:
        model=CONFIGURATION.any_of(matched_models()),
    conda:
        "../../envs/popgen.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, input, attempt: memory_for("compare", input.haplotypes) * attempt,
        runtime=lambda wildcards, input, attempt: minutes_for("compare", input.haplotypes) * attempt,
    params:
        script=script("compare.py"),
        code=digest("compare.py"),
        settings=compare_settings,
        folder=subpath(output.metrics, parent=True),
    message:
        "Comparing {wildcards.model} AGs of {wildcards.dataset} (seed {wildcards.seed}) with real haplotypes"
    shell:
        "python {params.script:q} --haplotypes {input.haplotypes:q} --split {input.split:q} --genomes {input.genomes:q}"
        " --settings {params.settings:q} --threads {threads} --output {params.folder:q} > {log:q} 2>&1"


rule compare_unmatched:
    """Compare one AG set that has sites of its own with real haplotypes, by what needs no common sites."""
    input:
        haplotypes="results/{run}/prepare/{dataset}/haplotypes.vcz.zip",
        split="results/{run}/prepare/{dataset}/split.tsv",
        genomes="results/{run}/generate/{dataset}/{model}/seed{seed}/genomes.vcz.zip",
    output:
        **compare_tables("{model}", UNMATCHED_TABLES),
    log:
        "logs/{run}/compare_unmatched/{dataset}/{model}/seed{seed}.log",
    benchmark:
        "benchmarks/{run}/compare_unmatched/{dataset}/{model}/seed{seed}.tsv"
    wildcard_constraints:
        model=CONFIGURATION.any_of(unmatched_models()),
    conda:
        "../../envs/popgen.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, input, attempt: memory_for("compare", input.haplotypes) * attempt,
        runtime=lambda wildcards, input, attempt: minutes_for("compare", input.haplotypes) * attempt,
    params:
        script=script("compare.py"),
        code=digest("compare.py"),
        settings=compare_settings,
        folder=subpath(output.metrics, parent=True),
    message:
        "Comparing {wildcards.model} AGs of {wildcards.dataset} (seed {wildcards.seed}) with real haplotypes"
    shell:
        "python {params.script:q} --haplotypes {input.haplotypes:q} --split {input.split:q} --genomes {input.genomes:q}"
        " --unmatched --settings {params.settings:q} --threads {threads} --output {params.folder:q} > {log:q} 2>&1"


rule compare_control:
    """Compare a control with the real haplotypes of a dataset: the best and the least that AGs can score."""
    input:
        haplotypes="results/{run}/prepare/{dataset}/haplotypes.vcz.zip",
        split="results/{run}/prepare/{dataset}/split.tsv",
    output:
        **compare_tables("{model}"),
    log:
        "logs/{run}/compare/{dataset}/{model}/seed{seed}.log",
    benchmark:
        "benchmarks/{run}/compare/{dataset}/{model}/seed{seed}.tsv"
    wildcard_constraints:
        model="ceiling|floor",
    conda:
        "../../envs/popgen.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, input, attempt: memory_for("compare", input.haplotypes) * attempt,
        runtime=lambda wildcards, input, attempt: minutes_for("compare", input.haplotypes) * attempt,
    params:
        script=script("compare.py"),
        code=digest("compare.py"),
        settings=compare_settings,
        folder=subpath(output.metrics, parent=True),
    message:
        "Comparing the {wildcards.model} of {wildcards.dataset} (seed {wildcards.seed}) with real haplotypes"
    shell:
        "python {params.script:q} --haplotypes {input.haplotypes:q} --split {input.split:q}"
        " --control {wildcards.model:q} --seed {wildcards.seed} --settings {params.settings:q} --threads {threads}"
        " --output {params.folder:q} > {log:q} 2>&1"


rule compare_external_control:
    """Compare a control as large as an AG set that the user brings, by the split of that set."""
    input:
        haplotypes="results/{run}/prepare/{dataset}/haplotypes.vcz.zip",
        split=imported("split.tsv"),
        genomes=imported("genomes.vcz.zip"),
    output:
        **compare_tables("{model}.{control}"),
    log:
        "logs/{run}/compare/{dataset}/{model}.{control}/seed{seed}.log",
    benchmark:
        "benchmarks/{run}/compare/{dataset}/{model}.{control}/seed{seed}.tsv"
    wildcard_constraints:
        model=CONFIGURATION.any_of(external_models()),
    conda:
        "../../envs/popgen.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, input, attempt: memory_for("compare", input.haplotypes) * attempt,
        runtime=lambda wildcards, input, attempt: minutes_for("compare", input.haplotypes) * attempt,
    params:
        script=script("compare.py"),
        code=digest("compare.py"),
        settings=compare_settings,
        folder=subpath(output.metrics, parent=True),
    message:
        "Comparing the {wildcards.control} for {wildcards.model} AGs of {wildcards.dataset} (seed {wildcards.seed}) with"
        " real haplotypes"
    shell:
        "python {params.script:q} --haplotypes {input.haplotypes:q} --split {input.split:q}"
        " --control {wildcards.control:q} --like {input.genomes:q} --seed {wildcards.seed}"
        " --settings {params.settings:q} --threads {threads} --output {params.folder:q} > {log:q} 2>&1"


rule compare_together:
    """Compare all AG sets of a dataset with real haplotypes on the axes of one PCA of all of them."""
    input:
        haplotypes="results/{run}/prepare/{dataset}/haplotypes.vcz.zip",
        split="results/{run}/prepare/{dataset}/split.tsv",
        genomes=collect(
            "results/{{run}}/generate/{{dataset}}/{model}/seed{{seed}}/genomes.vcz.zip",
            model=lambda wildcards: [
                model
                for model in CONFIGURATION.models_of(wildcards.dataset)
                if model in matched_models() and int(wildcards.seed) in CONFIGURATION.seeds_of(model)
            ],
        ),
    output:
        **compare_tables("together", ["metrics", "pca", "pca_variance", "ld_matrix"]),
    log:
        "logs/{run}/compare_together/{dataset}/seed{seed}.log",
    benchmark:
        "benchmarks/{run}/compare_together/{dataset}/seed{seed}.tsv"
    conda:
        "../../envs/popgen.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, input, attempt: memory_for("compare_together", input.haplotypes) * attempt,
        runtime=lambda wildcards, input, attempt: minutes_for("compare_together", input.haplotypes) * attempt,
    params:
        script=script("compare_together.py"),
        code=digest("compare_together.py"),
        settings=compare_settings,
        fitted=lambda wildcards: trained_together(wildcards.dataset),
        folder=subpath(output.pca, parent=True),
    message:
        "Comparing all AGs of {wildcards.dataset} (seed {wildcards.seed}) with real haplotypes on common axes"
    shell:
        "python {params.script:q} --haplotypes {input.haplotypes:q} --split {input.split:q} --genomes {input.genomes:q}"
        " --fitted {params.fitted:q} --settings {params.settings:q} --seed {wildcards.seed} --threads {threads}"
        " --output {params.folder:q} > {log:q} 2>&1"
