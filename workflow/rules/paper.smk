# Paper: the run compared with published numbers (table T2), and its data sets (table T1).
#
# REQUIRED INPUTS
#   results/{run}/scorecard.tsv
#   results/{run}/prepare/{dataset}/haplotypes.vcz.zip, split.tsv, qc.tsv
#   results/{run}/generate/{dataset}/{model}/seed{seed}/genomes.vcz.zip    of the models that a published number is about
#   resources/paper.tsv                                                    the published numbers, with their tolerances
# OUTPUTS
#   results/{run}/published/{dataset}/{model}/seed{seed}/metrics.tsv       reference metric value ci_low ci_high n, of all
#                          AGs and at the numbers of haplotypes of the published tables; {model} is also real_half, half of
#                          the individuals against the other half, and real_train, individuals that may train against test individuals
#   results/{run}/paper.tsv      published number, that of the released AGs, that of the run, and the outcome
#   results/{run}/datasets.tsv   one row per data set
# CONFIG KEYS
#   paper (which data sets play the paper's), models, seeds, datasets, dataset_params, cohorts


# What it prints is for whoever waits at the terminal, also where other jobs go to a cluster.
localrules:
    verify,


rule compare_published:
    """Compare AGs, or real individuals instead, with real haplotypes as a published table does."""
    input:
        haplotypes="results/{run}/prepare/{dataset}/haplotypes.vcz.zip",
        split="results/{run}/prepare/{dataset}/split.tsv",
        genomes=of(PLAN.published_genomes, "dataset", "model", "seed"),
    output:
        metrics="results/{run}/published/{dataset}/{model}/seed{seed}/metrics.tsv",
    log:
        "logs/{run}/compare_published/{dataset}/{model}/seed{seed}.log",
    benchmark:
        "benchmarks/{run}/compare_published/{dataset}/{model}/seed{seed}.tsv"
    wildcard_constraints:
        model=CONFIGURATION.any_of([*CONFIGURATION.matched_models(), REAL_HALF, REAL_TRAIN]),
    conda:
        "../../envs/popgen.yaml"
    threads: 1
    resources:
        **requests("compare_published", "haplotypes"),
    params:
        **program("compare_published.py"),
        candidate=lambda wildcards, input: (
            ["--genomes", *input.genomes] if input.genomes else ["--real", wildcards.model]
        ),
        reference=of(PLAN.published_reference, "dataset", "model"),
    message:
        "Comparing {wildcards.model} of {wildcards.dataset} (seed {wildcards.seed}) with real haplotypes as published"
    shell:
        "python {params.script:q} --haplotypes {input.haplotypes:q} --split {input.split:q} {params.candidate:q}"
        " --reference {params.reference:q} --seed {wildcards.seed} --threads {threads} --output {output.metrics:q}"
        " > {log:q} 2>&1"


rule paper:
    """Compare the run with published numbers."""
    input:
        scorecard="results/{run}/scorecard.tsv",
        metrics=[source.path for source in PLAN.published_sources()],
    output:
        table=reported_table("paper", "Comparison with published numbers"),
    log:
        "logs/{run}/paper.log",
    benchmark:
        "benchmarks/{run}/paper.tsv"
    conda:
        "../../envs/popgen.yaml"
    threads: 1
    resources:
        **requests(mem_mb=1000, runtime=5),
    params:
        **program("paper.py", "../../resources/paper.tsv"),
        tables=as_json({"metrics": PLAN.published_sources(), "sets": PLAN.ag_sets()}),
        datasets=as_json(CONFIGURATION.played_datasets()),
    message:
        "Comparing the run with published numbers"
    shell:
        "python {params.script:q} --scorecard {input.scorecard:q} --datasets {params.datasets:q}"
        " --output {output.table:q} <<< {params.tables:q} > {log:q} 2>&1"


rule verify:
    """Print the comparison with published numbers; fails if a tolerance is violated."""
    input:
        table=PLAN.paper_table(),
    log:
        f"logs/{config['run']}/verify.log",
    benchmark:
        f"benchmarks/{config['run']}/verify.tsv"
    conda:
        "../../envs/popgen.yaml"
    threads: 1
    resources:
        **requests(mem_mb=1000, runtime=5),
    params:
        **program("verify.py"),
    message:
        "Verifying the run"
    shell:
        "python {params.script:q} --table {input.table:q} 2>&1 | tee {log:q}"


rule datasets:
    """Count the individuals, haplotypes and sites of each data set, and list their sources."""
    input:
        split=collect("results/{{run}}/prepare/{dataset}/split.tsv", dataset=config["datasets"]),
        qc=collect("results/{{run}}/prepare/{dataset}/qc.tsv", dataset=config["datasets"]),
    output:
        table=reported_table("datasets", "Individuals, sites and sources of the data sets"),
    log:
        "logs/{run}/datasets.log",
    benchmark:
        "benchmarks/{run}/datasets.tsv"
    conda:
        "../../envs/report.yaml"
    threads: 1
    resources:
        **requests(mem_mb=1000, runtime=5),
    params:
        **program("datasets.py", "../../resources/sources.tsv"),
        datasets=config["datasets"],
        settings=as_json(PLAN.describing()),
    message:
        "Describing the data sets"
    shell:
        "python {params.script:q} --datasets {params.datasets:q} --split {input.split:q} --qc {input.qc:q}"
        " --settings {params.settings:q} --output {output.table:q} > {log:q} 2>&1"
