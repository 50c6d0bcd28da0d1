# Scan: signals of selection in artificial genomes and in the real people they stand for.
#
# REQUIRED INPUTS
#   results/{run}/prepare/{dataset}/haplotypes.vcz.zip, split.tsv         with public people of the reference populations
#   results/{run}/generate/{dataset}/{model}/seed{seed}/genomes.vcz.zip   (not for the controls)
# OUTPUTS
#   results/{run}/scan/controls.tsv   known signals: expected and found in the real data; nothing is scanned before
#   results/{run}/scan/{dataset}/{model}/seed{seed}/   {model} is a model, `real`, or the control `ceiling` or `floor`
#     tracks.tsv       statistic contig start end id n raw value (standardised): a row a site or a window of n sites
#     candidates.tsv   statistic contig start end places peak_start peak_end peak_value genes in_real
#     counts.tsv       statistic what places: how many sites or windows were scored or dropped, and why
#     metrics.tsv      reference metric value ci_low ci_high n: agreement with the tracks of `real` (not for `real`)
# CONFIG KEYS
#   scan, dataset_params (scan), models
rule scan_controls:
    """Check that real haplotypes show known signals of selection."""
    input:
        controls=controls_table(),
        haplotypes=collect("results/{{run}}/prepare/{dataset}/haplotypes.vcz.zip", dataset=control_datasets()),
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
        mem_mb=lambda wildcards, attempt: 1000 * attempt,
        runtime=lambda wildcards, attempt: 10 * attempt,
    params:
        script=script("scan_controls.py"),
        code=digest("scan_controls.py"),
        datasets=control_datasets(),
    message:
        "Looking for known signals of selection in the real data of {params.datasets}"
    shell:
        "python {params.script:q} --controls {input.controls:q} --datasets {params.datasets:q}"
        " --haplotypes {input.haplotypes:q} --output {output.controls:q} > {log:q} 2>&1"


rule scan_real:
    """Scan the test people of a dataset, whom no model has seen."""
    input:
        haplotypes="results/{run}/prepare/{dataset}/haplotypes.vcz.zip",
        split="results/{run}/prepare/{dataset}/split.tsv",
        controls=branch(config["scan"]["controls"], then="results/{run}/scan/controls.tsv", otherwise=[]),
        genetic_map=scan_file("genetic_map"),
        ancestral=scan_file("ancestral"),
        genes=scan_file("genes"),
    output:
        tracks="results/{run}/scan/{dataset}/real/seed{seed}/tracks.tsv",
        counts="results/{run}/scan/{dataset}/real/seed{seed}/counts.tsv",
        candidates="results/{run}/scan/{dataset}/real/seed{seed}/candidates.tsv",
    log:
        "logs/{run}/scan_real/{dataset}/seed{seed}.log",
    benchmark:
        "benchmarks/{run}/scan_real/{dataset}/seed{seed}.tsv"
    conda:
        "../../envs/popgen.yaml"
    threads: 4
    resources:
        mem_mb=lambda wildcards, input, attempt: memory_for("scan", input.haplotypes) * attempt,
        runtime=lambda wildcards, input, attempt: minutes_for("scan", input.haplotypes) * attempt,
    params:
        script=script("scan.py"),
        code=digest("scan.py"),
        settings=scan_settings,
        build=cohort_build,
        folder=subpath(output.tracks, parent=True),
    message:
        "Scanning real haplotypes of {wildcards.dataset} for selection (seed {wildcards.seed})"
    shell:
        "python {params.script:q} --haplotypes {input.haplotypes:q} --split {input.split:q}"
        " --control real --genetic-map {input.genetic_map:q} --ancestral {input.ancestral:q}"
        " --genes {input.genes:q} --build {params.build:q} --settings {params.settings:q} --seed {wildcards.seed}"
        " --threads {threads} --output {params.folder:q} > {log:q} 2>&1"


rule scan:
    """Scan one AG set and compare its tracks with the real ones."""
    input:
        haplotypes="results/{run}/prepare/{dataset}/haplotypes.vcz.zip",
        split="results/{run}/prepare/{dataset}/split.tsv",
        genomes="results/{run}/generate/{dataset}/{model}/seed{seed}/genomes.vcz.zip",
        real="results/{run}/scan/{dataset}/real/seed{seed}/tracks.tsv",
        real_candidates="results/{run}/scan/{dataset}/real/seed{seed}/candidates.tsv",
        genetic_map=scan_file("genetic_map"),
        ancestral=scan_file("ancestral"),
        genes=scan_file("genes"),
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
        model=CONFIGURATION.any_of(matched_models()),
    conda:
        "../../envs/popgen.yaml"
    threads: 4
    resources:
        mem_mb=lambda wildcards, input, attempt: memory_for("scan", input.haplotypes) * attempt,
        runtime=lambda wildcards, input, attempt: minutes_for("scan", input.haplotypes) * attempt,
    params:
        script=script("scan.py"),
        code=digest("scan.py"),
        settings=scan_settings,
        build=cohort_build,
        real=subpath(input.real, parent=True),
        folder=subpath(output.tracks, parent=True),
    message:
        "Scanning {wildcards.model} AGs of {wildcards.dataset} (seed {wildcards.seed}) for selection"
    shell:
        "python {params.script:q} --haplotypes {input.haplotypes:q} --split {input.split:q}"
        " --genomes {input.genomes:q} --real {params.real:q} --genetic-map {input.genetic_map:q} --ancestral {input.ancestral:q}"
        " --genes {input.genes:q} --build {params.build:q} --settings {params.settings:q} --seed {wildcards.seed}"
        " --threads {threads} --output {params.folder:q} > {log:q} 2>&1"


rule scan_control:
    """Scan training people (ceiling) or independent sites (floor), and compare with the tracks of test people."""
    input:
        haplotypes="results/{run}/prepare/{dataset}/haplotypes.vcz.zip",
        split="results/{run}/prepare/{dataset}/split.tsv",
        real="results/{run}/scan/{dataset}/real/seed{seed}/tracks.tsv",
        real_candidates="results/{run}/scan/{dataset}/real/seed{seed}/candidates.tsv",
        genetic_map=scan_file("genetic_map"),
        ancestral=scan_file("ancestral"),
        genes=scan_file("genes"),
    output:
        tracks="results/{run}/scan/{dataset}/{model}/seed{seed}/tracks.tsv",
        counts="results/{run}/scan/{dataset}/{model}/seed{seed}/counts.tsv",
        candidates="results/{run}/scan/{dataset}/{model}/seed{seed}/candidates.tsv",
        metrics="results/{run}/scan/{dataset}/{model}/seed{seed}/metrics.tsv",
    log:
        "logs/{run}/scan_control/{dataset}/{model}/seed{seed}.log",
    benchmark:
        "benchmarks/{run}/scan_control/{dataset}/{model}/seed{seed}.tsv"
    wildcard_constraints:
        model="ceiling|floor",
    conda:
        "../../envs/popgen.yaml"
    threads: 4
    resources:
        mem_mb=lambda wildcards, input, attempt: memory_for("scan", input.haplotypes) * attempt,
        runtime=lambda wildcards, input, attempt: minutes_for("scan", input.haplotypes) * attempt,
    params:
        script=script("scan.py"),
        code=digest("scan.py"),
        settings=scan_settings,
        build=cohort_build,
        real=subpath(input.real, parent=True),
        folder=subpath(output.tracks, parent=True),
    message:
        "Scanning the {wildcards.model} of {wildcards.dataset} (seed {wildcards.seed}) for selection"
    shell:
        "python {params.script:q} --haplotypes {input.haplotypes:q} --split {input.split:q}"
        " --control {wildcards.model:q} --real {params.real:q} --genetic-map {input.genetic_map:q} --ancestral {input.ancestral:q}"
        " --genes {input.genes:q} --build {params.build:q} --settings {params.settings:q} --seed {wildcards.seed}"
        " --threads {threads} --output {params.folder:q} > {log:q} 2>&1"
