# Report: where the results come from, and all of them in one HTML file.
#
# REQUIRED INPUTS
#   results/{run}/scorecard.tsv, verdict.tsv, summary.tsv
#   results/{run}/figures/{figure}.png, .svg, .tsv     every figure of the run
#   results/{run}/prepare/{dataset}/split.tsv, qc.tsv  every dataset of the run
#   the files of the cohorts
# OUTPUTS
#   results/{run}/provenance/   config.yaml (as merged; file names of private cohorts hidden), software.tsv, git.tsv,
#                               inputs.tsv (checksums), benchmarks.tsv (time and memory by rule)
#   results/{run}/report.html   opens without a network; links to tables and figures beside it
# CONFIG KEYS
#   all (they are shown); figures, datasets
rule provenance:
    """Record configuration, software, code, input files and cost of a run, when its results are there."""
    input:
        files=run_files(),
        scorecard="results/{run}/scorecard.tsv",
        figures=collect("results/{{run}}/figures/{figure}.tsv", figure=config["figures"]),
    output:
        config="results/{run}/provenance/config.yaml",
        software="results/{run}/provenance/software.tsv",
        git="results/{run}/provenance/git.tsv",
        inputs="results/{run}/provenance/inputs.tsv",
        benchmarks="results/{run}/provenance/benchmarks.tsv",
    log:
        "logs/{run}/provenance.log",
    benchmark:
        "benchmarks/{run}/provenance.tsv"
    conda:
        "../../envs/report.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 1000 * attempt,
        runtime=lambda wildcards, attempt: 20 * attempt,
    params:
        script=script("provenance.py"),
        code=digest("provenance.py"),
        config=all_settings(),
        benchmarks="benchmarks/{run}",
        folder="results/{run}/provenance",
    message:
        "Recording where the results come from"
    shell:
        "python {params.script:q} --config {params.config:q} --files {input.files:q} --benchmarks {params.benchmarks:q}"
        " --output {params.folder:q} > {log:q} 2>&1"


rule report:
    """Write the report."""
    input:
        scorecard="results/{run}/scorecard.tsv",
        verdict="results/{run}/verdict.tsv",
        summary="results/{run}/summary.tsv",
        figures=collect("results/{{run}}/figures/{figure}.png", figure=config["figures"]),
        beside=collect("results/{{run}}/figures/{figure}.{kind}", figure=config["figures"], kind=["svg", "tsv"]),
        split=collect("results/{{run}}/prepare/{dataset}/split.tsv", dataset=config["datasets"]),
        qc=collect("results/{{run}}/prepare/{dataset}/qc.tsv", dataset=config["datasets"]),
        settings=rules.provenance.output.config,
        provenance=rules.provenance.output,
    output:
        report="results/{run}/report.html",
    log:
        "logs/{run}/report.log",
    benchmark:
        "benchmarks/{run}/report.tsv"
    conda:
        "../../envs/report.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 1000 * attempt,
        runtime=lambda wildcards, attempt: 10 * attempt,
    params:
        script=script("report.py"),
        code=digest("report.py", "../../CITATION.cff", "../../resources/sources.tsv", *report_texts()),
        datasets=config["datasets"],
        provenance=subpath(input.settings, parent=True),
    message:
        "Writing the report"
    shell:
        "python {params.script:q} --scorecard {input.scorecard:q} --verdict {input.verdict:q}"
        " --summary {input.summary:q} --figures {input.figures:q} --datasets {params.datasets:q}"
        " --split {input.split:q} --qc {input.qc:q} --provenance {params.provenance:q}"
        " --output {output.report:q} > {log:q} 2>&1"
