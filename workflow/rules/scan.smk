# Scan: signals of selection (XP-EHH and PBS) in artificial genomes and in the real people they stand for.
#
# REQUIRED INPUTS
#   results/{run}/prepare/{dataset}/haplotypes.vcz.zip, split.tsv         with public people of the reference populations
#   results/{run}/generate/{dataset}/{model}/seed{seed}/genomes.vcz.zip   (not for the controls)
# OUTPUTS
#   results/{run}/scan/controls.tsv   known signals: expected and found in the real data; nothing is scanned before
#   results/{run}/scan/{dataset}/{model}/seed{seed}/   {model} is a model, `real`, or the control `ceiling` or `floor`
#     xpehh.tsv         contig position id xpehh_raw xpehh (standardised)
#     pbs.tsv           contig position id pbs
#     pbs_windows.tsv   contig start end n pbs pbsn1
#     sites.tsv         statistic what sites: how many were scored or dropped, and why
#     metrics.tsv       reference metric value ci_low ci_high n: agreement with the tracks of `real` (not for `real`)
# CONFIG KEYS
#   scan, models
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
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
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
    """Scan a random half of a dataset's own people (test people left out)."""
    input:
        haplotypes="results/{run}/prepare/{dataset}/haplotypes.vcz.zip",
        split="results/{run}/prepare/{dataset}/split.tsv",
        genetic_map=scan_genetic_map(),
        controls=branch(config["scan"]["controls"], then="results/{run}/scan/controls.tsv", otherwise=[]),
    output:
        xpehh="results/{run}/scan/{dataset}/real/seed{seed}/xpehh.tsv",
        pbs="results/{run}/scan/{dataset}/real/seed{seed}/pbs.tsv",
        pbs_windows="results/{run}/scan/{dataset}/real/seed{seed}/pbs_windows.tsv",
        sites="results/{run}/scan/{dataset}/real/seed{seed}/sites.tsv",
    log:
        "logs/{run}/scan_real/{dataset}/seed{seed}.log",
    benchmark:
        "benchmarks/{run}/scan_real/{dataset}/seed{seed}.tsv"
    conda:
        "../../envs/popgen.yaml"
    threads: 4
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=lambda wildcards, attempt: 30 * attempt,
    params:
        script=script("scan.py"),
        code=digest("scan.py"),
        settings=settings("scan", drop=["datasets", "genetic_map", "controls"]),
        folder=subpath(output.xpehh, parent=True),
    message:
        "Scanning real haplotypes of {wildcards.dataset} for selection (seed {wildcards.seed})"
    shell:
        "python {params.script:q} --haplotypes {input.haplotypes:q} --split {input.split:q} --control real"
        " --genetic-map {input.genetic_map:q} --settings {params.settings:q} --seed {wildcards.seed}"
        " --threads {threads} --output {params.folder:q} > {log:q} 2>&1"


rule scan:
    """Scan one AG set and compare its tracks with the real ones."""
    input:
        haplotypes="results/{run}/prepare/{dataset}/haplotypes.vcz.zip",
        split="results/{run}/prepare/{dataset}/split.tsv",
        genomes="results/{run}/generate/{dataset}/{model}/seed{seed}/genomes.vcz.zip",
        real_xpehh="results/{run}/scan/{dataset}/real/seed{seed}/xpehh.tsv",
        real_pbs="results/{run}/scan/{dataset}/real/seed{seed}/pbs.tsv",
        real_windows="results/{run}/scan/{dataset}/real/seed{seed}/pbs_windows.tsv",
        genetic_map=scan_genetic_map(),
    output:
        xpehh="results/{run}/scan/{dataset}/{model}/seed{seed}/xpehh.tsv",
        pbs="results/{run}/scan/{dataset}/{model}/seed{seed}/pbs.tsv",
        pbs_windows="results/{run}/scan/{dataset}/{model}/seed{seed}/pbs_windows.tsv",
        sites="results/{run}/scan/{dataset}/{model}/seed{seed}/sites.tsv",
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
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=lambda wildcards, attempt: 30 * attempt,
    params:
        script=script("scan.py"),
        code=digest("scan.py"),
        settings=settings("scan", drop=["datasets", "genetic_map", "controls"]),
        real=subpath(input.real_xpehh, parent=True),
        folder=subpath(output.metrics, parent=True),
    message:
        "Scanning {wildcards.model} AGs of {wildcards.dataset} (seed {wildcards.seed}) for selection"
    shell:
        "python {params.script:q} --haplotypes {input.haplotypes:q} --split {input.split:q} --genomes {input.genomes:q}"
        " --real {params.real:q} --genetic-map {input.genetic_map:q} --settings {params.settings:q}"
        " --seed {wildcards.seed} --threads {threads} --output {params.folder:q} > {log:q} 2>&1"


rule scan_control:
    """Scan the other half of the real people (ceiling), or independent sites (floor), and compare with the real tracks."""
    input:
        haplotypes="results/{run}/prepare/{dataset}/haplotypes.vcz.zip",
        split="results/{run}/prepare/{dataset}/split.tsv",
        real_xpehh="results/{run}/scan/{dataset}/real/seed{seed}/xpehh.tsv",
        real_pbs="results/{run}/scan/{dataset}/real/seed{seed}/pbs.tsv",
        real_windows="results/{run}/scan/{dataset}/real/seed{seed}/pbs_windows.tsv",
        genetic_map=scan_genetic_map(),
    output:
        xpehh="results/{run}/scan/{dataset}/{model}/seed{seed}/xpehh.tsv",
        pbs="results/{run}/scan/{dataset}/{model}/seed{seed}/pbs.tsv",
        pbs_windows="results/{run}/scan/{dataset}/{model}/seed{seed}/pbs_windows.tsv",
        sites="results/{run}/scan/{dataset}/{model}/seed{seed}/sites.tsv",
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
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=lambda wildcards, attempt: 30 * attempt,
    params:
        script=script("scan.py"),
        code=digest("scan.py"),
        settings=settings("scan", drop=["datasets", "genetic_map", "controls"]),
        real=subpath(input.real_xpehh, parent=True),
        folder=subpath(output.metrics, parent=True),
    message:
        "Scanning the {wildcards.model} of {wildcards.dataset} (seed {wildcards.seed}) for selection"
    shell:
        "python {params.script:q} --haplotypes {input.haplotypes:q} --split {input.split:q}"
        " --control {wildcards.model:q} --real {params.real:q} --genetic-map {input.genetic_map:q}"
        " --settings {params.settings:q} --seed {wildcards.seed} --threads {threads} --output {params.folder:q}"
        " > {log:q} 2>&1"
