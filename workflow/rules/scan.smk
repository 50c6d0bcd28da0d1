# Scan: signals of selection in artificial genomes and in real individuals.
#
# REQUIRED INPUTS
#   results/{run}/prepare/{dataset}/haplotypes.vcz.zip, split.tsv         with public individuals of the reference populations
#   results/{run}/generate/{dataset}/{model}/seed{seed}/genomes.vcz.zip   (not for the controls)
# OUTPUTS
#   results/{run}/scan/controls.tsv   known signals: expected and found in the real data; nothing is scanned before
#   results/{run}/scan/{dataset}/{model}/seed{seed}/   {model} is a model, `real`, or the control `ceiling` or `floor`
#     tracks.tsv       statistic contig start end id n raw value (standardized): one row per site or window of n sites
#     candidates.tsv   statistic contig start end places peak_start peak_end peak_value genes in_real
#     counts.tsv       statistic what places: how many sites or windows were scored or dropped, and why
#     metrics.tsv      reference metric value ci_low ci_high n: agreement with the tracks of `real` (not for `real`)
# CONFIG KEYS
#   scan, dataset_params (scan), models
SCAN_INPUTS = {
    "haplotypes": "results/{run}/prepare/{dataset}/haplotypes.vcz.zip",
    "split": "results/{run}/prepare/{dataset}/split.tsv",
    **{key: of(PLAN.scan_file, "dataset", key=key) for key in SCAN_FILES},
}


rule scan_controls:
    """Check that real haplotypes show known signals of selection."""
    input:
        controls=PLAN.controls_table(),
        haplotypes=collect("results/{{run}}/prepare/{dataset}/haplotypes.vcz.zip", dataset=PLAN.control_datasets()),
    output:
        controls="results/{run}/scan/controls.tsv",
    log:
        "logs/{run}/scan_controls.log",
    benchmark:
        "benchmarks/{run}/scan_controls.tsv"
    conda:
        "../../envs/popgen.yaml"
    threads: 1
    resources:
        **requests(mem_mb=1000, runtime=10),
    params:
        **program("scan_controls.py"),
        datasets=PLAN.control_datasets(),
    message:
        "Looking for known signals of selection in the real data of {params.datasets}"
    shell:
        "python {params.script:q} --controls {input.controls:q} --datasets {params.datasets:q}"
        " --haplotypes {input.haplotypes:q} --output {output.controls:q} > {log:q} 2>&1"


rule scan:
    """Scan one AG set and compare its tracks with the real ones."""
    input:
        **SCAN_INPUTS,
        genomes="results/{run}/generate/{dataset}/{model}/seed{seed}/genomes.vcz.zip",
        real="results/{run}/scan/{dataset}/real/seed{seed}/tracks.tsv",
        real_candidates="results/{run}/scan/{dataset}/real/seed{seed}/candidates.tsv",
    output:
        tracks="results/{run}/scan/{dataset}/{model}/seed{seed}/tracks.tsv",
        counts="results/{run}/scan/{dataset}/{model}/seed{seed}/counts.tsv",
        candidates="results/{run}/scan/{dataset}/{model}/seed{seed}/candidates.tsv",
        metrics="results/{run}/scan/{dataset}/{model}/seed{seed}/metrics.tsv",
    log:
        "logs/{run}/scan/{dataset}/{model}/seed{seed}.log",
    benchmark:
        "benchmarks/{run}/scan/{dataset}/{model}/seed{seed}.tsv"
    wildcard_constraints:
        model=CONFIGURATION.any_of(CONFIGURATION.matched_models()),
    conda:
        "../../envs/popgen.yaml"
    threads: 1
    resources:
        **requests("scan", "haplotypes"),
    params:
        **program("scan.py"),
        candidate=lambda wildcards, input: ["--genomes", input.genomes, "--real", os.path.dirname(input.real)],
        settings=json_of(PLAN.scanning, "dataset"),
        build=cohort_key("build"),
        folder=subpath(output.tracks, parent=True),
    message:
        "Scanning {wildcards.model} AGs of {wildcards.dataset} (seed {wildcards.seed}) for selection"
    shell:
        "python {params.script:q} --haplotypes {input.haplotypes:q} --split {input.split:q} {params.candidate:q}"
        " --genetic-map {input.genetic_map:q} --ancestral {input.ancestral:q} --genes {input.genes:q}"
        " --build {params.build:q} --settings {params.settings:q} --seed {wildcards.seed} --threads {threads}"
        " --output {params.folder:q} > {log:q} 2>&1"


use rule scan as scan_control with:
    """Scan training individuals (ceiling) or independent sites (floor), and compare with the tracks of test individuals."""
    input:
        **SCAN_INPUTS,
        real="results/{run}/scan/{dataset}/real/seed{seed}/tracks.tsv",
        real_candidates="results/{run}/scan/{dataset}/real/seed{seed}/candidates.tsv",
    wildcard_constraints:
        model=CONFIGURATION.any_of(CONTROLS),
    params:
        candidate=lambda wildcards, input: ["--control", wildcards.model, "--real", os.path.dirname(input.real)],
    message:
        "Scanning the {wildcards.model} of {wildcards.dataset} (seed {wildcards.seed}) for selection"


use rule scan as scan_real with:
    """Scan the test individuals of a dataset, which no model has seen."""
    input:
        **SCAN_INPUTS,
        controls=branch(config["scan"]["controls"], then="results/{run}/scan/controls.tsv", otherwise=[]),
    output:
        tracks="results/{run}/scan/{dataset}/real/seed{seed}/tracks.tsv",
        counts="results/{run}/scan/{dataset}/real/seed{seed}/counts.tsv",
        candidates="results/{run}/scan/{dataset}/real/seed{seed}/candidates.tsv",
    log:
        "logs/{run}/scan_real/{dataset}/seed{seed}.log",
    benchmark:
        "benchmarks/{run}/scan_real/{dataset}/seed{seed}.tsv"
    params:
        candidate=["--control", "real"],
    message:
        "Scanning real haplotypes of {wildcards.dataset} for selection (seed {wildcards.seed})"
