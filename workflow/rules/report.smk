# Report: where the results come from, and all of them in one HTML file.
#
# REQUIRED INPUTS: results/{run}/scorecard.tsv, metrics.tsv, verdict.tsv, summary.tsv, datasets.tsv, paper.tsv (where data
#   sets play the paper's); every figure as .png, .svg, .tsv; qc.tsv of every dataset; the files of the cohorts
# OUTPUTS: results/{run}/report.html (opens without a network; links to tables and figures next to it); provenance/:
#   config.yaml (merged, without file names of private cohorts) and software, git, inputs, outputs, benchmarks .tsv
# CONFIG KEYS: all (they are shown); figures, datasets
rule provenance:
    """Record configuration, software, code, input files and cost of a run, when its results are there."""
    input:
        files=PLAN.run_files(),
        tables=collect("results/{{run}}/{table}.tsv", table=["scorecard", "metrics", "verdict", "summary", "datasets"]),
        paper=PLAN.paper_table(),
        figures=PLAN.figures("tsv"),
    output:
        config="results/{run}/provenance/config.yaml",
        software="results/{run}/provenance/software.tsv",
        git="results/{run}/provenance/git.tsv",
        inputs="results/{run}/provenance/inputs.tsv",
        outputs="results/{run}/provenance/outputs.tsv",
        benchmarks="results/{run}/provenance/benchmarks.tsv",
    log:
        "logs/{run}/provenance.log",
    benchmark:
        "benchmarks/{run}/provenance.tsv"
    conda:
        "../../envs/report.yaml"
    threads: 1
    resources:
        **requests(mem_mb=1000, runtime=20),
    params:
        **program("provenance.py"),
        config=as_json(config),
        benchmarks="benchmarks/{run}",
        folder="results/{run}/provenance",
    message:
        "Recording where the results come from"
    shell:
        "python {params.script:q} --config {params.config:q} --files {input.files:q} --results {input.tables:q}"
        " {input.paper:q} {input.figures:q} --benchmarks {params.benchmarks:q}"
        " --output {params.folder:q} > {log:q} 2>&1"


rule report:
    """Write the report."""
    input:
        scorecard="results/{run}/scorecard.tsv",
        metrics="results/{run}/metrics.tsv",
        verdict="results/{run}/verdict.tsv",
        summary="results/{run}/summary.tsv",
        figures=PLAN.figures("png"),
        beside=PLAN.figures("svg", "tsv"),
        datasets="results/{run}/datasets.tsv",
        paper=PLAN.paper_table(),
        qc=collect("results/{{run}}/prepare/{dataset}/qc.tsv", dataset=config["datasets"]),
        provenance=rules.provenance.output,
    output:
        report=report(
            "results/{run}/report.html",
            caption="../report/report.rst",
            category="Report",
            labels={"file": "report.html", "shows": "Scoreboard, verdicts, tables and figures"},
        ),
    log:
        "logs/{run}/report.log",
    benchmark:
        "benchmarks/{run}/report.tsv"
    conda:
        "../../envs/report.yaml"
    threads: 1
    resources:
        **requests(mem_mb=1000, runtime=10),
    params:
        **program(
            *("report.py", "../../CITATION.cff", "../../resources/sources.tsv"),
            *sorted(f"../report/{path.name}" for path in (WORKFLOW / "report").iterdir()),
        ),
        provenance=lambda wildcards, input: os.path.dirname(input.provenance[0]),
    message:
        "Writing the report"
    shell:
        "python {params.script:q} --scorecard {input.scorecard:q} --metrics {input.metrics:q}"
        " --verdict {input.verdict:q} --summary {input.summary:q} --figures {input.figures:q}"
        " --datasets {input.datasets:q} --qc {input.qc:q} --paper {input.paper:q} --provenance {params.provenance:q}"
        " --output {output.report:q} > {log:q} 2>&1"
