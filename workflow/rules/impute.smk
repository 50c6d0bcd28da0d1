# Impute: does a reference panel get better when artificial genomes are added to it?
#
# REQUIRED INPUTS
#   results/{run}/prepare/{dataset}/haplotypes.vcz.zip, split.tsv         with public and test individuals
#   results/{run}/generate/{dataset}/{model}/seed{seed}/genomes.vcz.zip   for the models in the panel
#   results/{run}/train/{dataset}/{model}/seed{seed}/[window{window}/]model.npz   for models that impute by themselves
#   the programs: the Beagle jar, which is downloaded; Minimac4 from version 4.1; IMPUTE5 and IMPUTE2, which the user brings
# OUTPUTS
#   results/{run}/impute/{dataset}/   {panel}: parts joined by +, such as real+gan or real+gan@100; or a
#                                               model that imputes without a panel, hclt@direct, beside each {tool}
#     target.vcf.gz(.tbi)                       the test individuals, masked except for the sites of an array
#     typed.tsv                                 contig position id ref alt maf_biobank mac_biobank typed, all sites
#     panels/{panel}/seed{seed}/panel.vcf.gz    the reference individuals; removed once no job needs it
#     {tool}/{panel}/seed{seed}/imputed.vcf.gz(.tbi)   the test individuals at all sites: GT and DS, and the program's quality
#     {tool}/{panel}/seed{seed}/sites.tsv, calibration.tsv, metrics.tsv   how true it is, and the gain over the panel `real`
#     {tool}/gains.tsv                          gains of all panels by frequency, over all seeds
# CONFIG KEYS
#   imputation, cohorts (the build), models
rule impute_target:
    """Mask the test individuals except for the sites of an array."""
    input:
        haplotypes="results/{run}/prepare/{dataset}/haplotypes.vcz.zip",
        split="results/{run}/prepare/{dataset}/split.tsv",
        typed_sites=PLAN.imputation_file("typed_sites"),
    output:
        target="results/{run}/impute/{dataset}/target.vcf.gz",
        index="results/{run}/impute/{dataset}/target.vcf.gz.tbi",
        sites="results/{run}/impute/{dataset}/typed.tsv",
    log:
        "logs/{run}/impute_target/{dataset}.log",
    benchmark:
        "benchmarks/{run}/impute_target/{dataset}.tsv"
    conda:
        "../../envs/popgen.yaml"
    threads: 1
    resources:
        **requests("impute_panel", "haplotypes", runtime=10),
    params:
        **program("impute_target.py"),
        build=cohort_key("build"),
        settings=as_json({key: config["imputation"][key] for key in ("typed_fraction", "typed_maf_min")}),
    message:
        "Masking the test individuals of {wildcards.dataset}"
    shell:
        "python {params.script:q} --haplotypes {input.haplotypes:q} --split {input.split:q} --build {params.build:q}"
        " --typed-sites {input.typed_sites:q} --settings {params.settings:q} --target {output.target:q}"
        " --sites {output.sites:q} > {log:q} 2>&1"


rule impute_panel:
    """Put a reference panel together."""
    input:
        haplotypes="results/{run}/prepare/{dataset}/haplotypes.vcz.zip",
        split="results/{run}/prepare/{dataset}/split.tsv",
        genomes=lambda wildcards: [
            PLAN.genomes(wildcards.dataset, model, wildcards.seed) for model in PLAN.panel_models(wildcards.panel)
        ],
    output:
        panel=temp("results/{run}/impute/{dataset}/panels/{panel}/seed{seed}/panel.vcf.gz"),
        index=temp("results/{run}/impute/{dataset}/panels/{panel}/seed{seed}/panel.vcf.gz.tbi"),
    log:
        "logs/{run}/impute_panel/{dataset}/{panel}/seed{seed}.log",
    benchmark:
        "benchmarks/{run}/impute_panel/{dataset}/{panel}/seed{seed}.tsv"
    conda:
        "../../envs/popgen.yaml"
    threads: 1
    resources:
        **requests("impute_panel", "haplotypes", runtime=20),
    params:
        **program("impute_panel.py"),
        models=of(PLAN.panel_models, "panel"),
        build=cohort_key("build"),
    message:
        "Building the panel {wildcards.panel} of {wildcards.dataset} (seed {wildcards.seed})"
    shell:
        "python {params.script:q} --haplotypes {input.haplotypes:q} --split {input.split:q} --panel {wildcards.panel:q}"
        " --models {params.models:q} --genomes {input.genomes:q} --build {params.build:q} --output {output.panel:q}"
        " > {log:q} 2>&1"


rule impute_beagle:
    """Impute masked test individuals from one reference panel with Beagle."""
    input:
        panel="results/{run}/impute/{dataset}/panels/{panel}/seed{seed}/panel.vcf.gz",
        panel_index="results/{run}/impute/{dataset}/panels/{panel}/seed{seed}/panel.vcf.gz.tbi",
        target="results/{run}/impute/{dataset}/target.vcf.gz",
        target_index="results/{run}/impute/{dataset}/target.vcf.gz.tbi",
        sites="results/{run}/impute/{dataset}/typed.tsv",
        genetic_map=PLAN.imputation_file("genetic_map"),
        jar=beagle_jar,
    output:
        imputed="results/{run}/impute/{dataset}/{tool}/{panel}/seed{seed}/imputed.vcf.gz",
        index="results/{run}/impute/{dataset}/{tool}/{panel}/seed{seed}/imputed.vcf.gz.tbi",
    log:
        "logs/{run}/impute_{tool}/{dataset}/{panel}/seed{seed}.log",
    benchmark:
        "benchmarks/{run}/impute_{tool}/{dataset}/{panel}/seed{seed}.tsv"
    wildcard_constraints:
        tool="beagle",
    conda:
        "../../envs/beagle.yaml"
    threads: 1
    resources:
        **requests("impute_beagle"),
    params:
        **imputer("beagle"),
        script=script("impute.py"),
    message:
        "Imputing {wildcards.dataset} with {params.tool} from panel {wildcards.panel} (seed {wildcards.seed})"
    shell:
        "python {params.script:q} --tool {params.tool:q} --program {params.program:q} --panel {input.panel:q}"
        " --target {input.target:q} --sites {input.sites:q} --genetic-map {input.genetic_map:q}"
        " --seed {wildcards.seed} --threads {threads} --memory-mb {resources.mem_mb} --output {output.imputed:q}"
        " > {log:q} 2>&1"


use rule impute_beagle as impute_minimac4 with:
    """Impute masked test individuals from one reference panel with Minimac4."""
    wildcard_constraints:
        tool="minimac4",
    conda:
        "../../envs/minimac4.yaml"
    params:
        **imputer("minimac4"),


use rule impute_beagle as impute_impute5 with:
    """Impute masked test individuals from one reference panel with IMPUTE5."""
    wildcard_constraints:
        tool="impute5",
    conda:
        "../../envs/popgen.yaml"
    params:
        **imputer("impute5"),


use rule impute_beagle as impute_impute2 with:
    """Impute masked test individuals from one reference panel with IMPUTE2, as the paper did."""
    wildcard_constraints:
        tool="impute2",
    conda:
        "../../envs/impute2.yaml"
    threads: 1
    resources:
        **requests("impute_impute2"),
    params:
        **imputer("impute2"),


rule impute_direct:
    """Impute masked test individuals by a model itself, without a reference panel."""
    input:
        model=of(PLAN.direct_models, "dataset", "panel", "seed"),
        # For the memory.
        haplotypes="results/{run}/prepare/{dataset}/haplotypes.vcz.zip",
        target="results/{run}/impute/{dataset}/target.vcf.gz",
        target_index="results/{run}/impute/{dataset}/target.vcf.gz.tbi",
        sites="results/{run}/impute/{dataset}/typed.tsv",
    output:
        imputed="results/{run}/impute/{dataset}/{tool}/{panel}/seed{seed}/imputed.vcf.gz",
        index="results/{run}/impute/{dataset}/{tool}/{panel}/seed{seed}/imputed.vcf.gz.tbi",
    log:
        "logs/{run}/impute_direct/{dataset}/{tool}/{panel}/seed{seed}.log",
    benchmark:
        "benchmarks/{run}/impute_direct/{dataset}/{tool}/{panel}/seed{seed}.tsv"
    wildcard_constraints:
        panel=CONFIGURATION.any_of(PLAN.direct_panels()),
    conda:
        "../../envs/popgen.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, input, attempt: direct_mem_mb(input.haplotypes, input.model) * attempt,
        runtime=lambda wildcards, input, attempt: minutes_for("impute_direct", input.haplotypes) * attempt,
    params:
        **program("impute_direct.py", *(f"artificial_genomes/models/{kind}.py" for kind in PREDICTING)),
        windows=window_arguments,
    message:
        "Imputing {wildcards.dataset} by {wildcards.panel} (seed {wildcards.seed})"
    shell:
        "python {params.script:q} --model {input.model:q} {params.windows:q} --name {wildcards.panel:q}"
        " --target {input.target:q} --sites {input.sites:q} --output {output.imputed:q} > {log:q} 2>&1"


# No program imputes from what is no panel.
ruleorder: impute_direct > impute_beagle > impute_minimac4 > impute_impute5 > impute_impute2


rule score_imputation:
    """Score imputed test individuals against the truth, and against imputation from public individuals alone."""
    input:
        haplotypes="results/{run}/prepare/{dataset}/haplotypes.vcz.zip",
        split="results/{run}/prepare/{dataset}/split.tsv",
        typed="results/{run}/impute/{dataset}/typed.tsv",
        imputed="results/{run}/impute/{dataset}/{tool}/{panel}/seed{seed}/imputed.vcf.gz",
        baseline="results/{run}/impute/{dataset}/{tool}/real/seed{seed}/imputed.vcf.gz",
    output:
        sites="results/{run}/impute/{dataset}/{tool}/{panel}/seed{seed}/sites.tsv",
        calibration="results/{run}/impute/{dataset}/{tool}/{panel}/seed{seed}/calibration.tsv",
        metrics="results/{run}/impute/{dataset}/{tool}/{panel}/seed{seed}/metrics.tsv",
    log:
        "logs/{run}/score_imputation/{dataset}/{tool}/{panel}/seed{seed}.log",
    benchmark:
        "benchmarks/{run}/score_imputation/{dataset}/{tool}/{panel}/seed{seed}.tsv"
    conda:
        "../../envs/popgen.yaml"
    threads: 1
    resources:
        **requests("impute_panel", "haplotypes", runtime=20),
    params:
        **program("score_imputation.py"),
        suffix=of(PLAN.tool_suffix, "tool"),
        folder=subpath(output.metrics, parent=True),
    message:
        "Scoring {wildcards.tool} on {wildcards.dataset} from panel {wildcards.panel} (seed {wildcards.seed})"
    shell:
        "python {params.script:q} --haplotypes {input.haplotypes:q} --split {input.split:q} --typed {input.typed:q}"
        " --imputed {input.imputed:q} --baseline {input.baseline:q} --suffix={params.suffix:q} --seed {wildcards.seed}"
        " --output {params.folder:q} > {log:q} 2>&1"


rule imputation_gains:
    """Compare all panels with public individuals alone, over all seeds."""
    input:
        haplotypes="results/{run}/prepare/{dataset}/haplotypes.vcz.zip",
        split="results/{run}/prepare/{dataset}/split.tsv",
        typed="results/{run}/impute/{dataset}/typed.tsv",
        imputed=collect(
            "results/{{run}}/impute/{{dataset}}/{{tool}}/{panel}/seed{seed}/imputed.vcf.gz",
            panel=CONFIGURATION.panels(),
            seed=config["seeds"],
        ),
    output:
        gains="results/{run}/impute/{dataset}/{tool}/gains.tsv",
    log:
        "logs/{run}/imputation_gains/{dataset}/{tool}.log",
    benchmark:
        "benchmarks/{run}/imputation_gains/{dataset}/{tool}.tsv"
    conda:
        "../../envs/popgen.yaml"
    threads: 1
    resources:
        **requests("impute_panel", "haplotypes", runtime=60),
    params:
        **program("imputation_gains.py"),
        settings=as_json({key: config["imputation"][key] for key in ("maf_bins", "mac_bins")}),
        seed=config["seeds"][0],
    message:
        "Comparing the panels of {wildcards.dataset} by {wildcards.tool}"
    shell:
        "python {params.script:q} --haplotypes {input.haplotypes:q} --split {input.split:q} --typed {input.typed:q}"
        " --imputed {input.imputed:q} --settings {params.settings:q} --seed {params.seed:q} --output {output.gains:q}"
        " > {log:q} 2>&1"
