# Scorecard: every number of a run, with its ceiling and floor, in one table; and the verdict on them.
#
# REQUIRED INPUTS: metrics.tsv (reference metric value ci_low ci_high n) of every compare, scan, impute and latent job;
#   training.tsv of every training: was the last epoch the best?
# OUTPUTS: results/{run}/scorecard.tsv, metrics.tsv, verdict.tsv, summary.tsv; docs/files.md has their columns
# CONFIG KEYS: datasets, models, seeds, scan, imputation, latent: they decide which metrics there are; verdict
rule scorecard:
    """Join the metrics of all stages, those of the controls as the columns ceiling and floor, and judge them."""
    input:
        metrics=list(dict.fromkeys(source.path for source in PLAN.metrics_sources())),
        trainings=[source.path for source in PLAN.training_sources()],
    output:
        scorecard=reported_table("scorecard", "All numbers, with ceiling and floor"),
        metric_table=reported_table("metrics", "What the numbers mean"),
        verdict=reported_table("verdict", "Every gate of the verdicts"),
        summary=reported_table("summary", "Verdicts by data set and model"),
    log:
        "logs/{run}/scorecard.log",
    benchmark:
        "benchmarks/{run}/scorecard.tsv"
    conda:
        "../../envs/popgen.yaml"
    threads: 1
    resources:
        **requests(mem_mb=1000, runtime=5),
    params:
        **program("scorecard.py"),
        tables=as_json(
            {
                "metrics": PLAN.metrics_sources(),
                "trainings": PLAN.training_sources(),
                "sets": PLAN.ag_sets(),
                "differential_privacy": PLAN.differential_privacy(),
            }
        ),
        gates=settings("verdict"),
        default_gates=as_json(PLAN.default_gates()),
    message:
        "Writing the scorecard"
    shell:
        "python {params.script:q} --gates {params.gates:q} --default-gates {params.default_gates:q}"
        " --output {output.scorecard:q} --metric-table {output.metric_table:q} --verdict {output.verdict:q}"
        " --summary {output.summary:q} <<< {params.tables:q} > {log:q} 2>&1"
