# Scorecard: every number of a run, beside its ceiling and floor, in one table.
#
# REQUIRED INPUTS
#   metrics.tsv (reference metric value ci_low ci_high n) of every compare, scan, impute and latent job of the run
# OUTPUTS
#   results/{run}/scorecard.tsv   dataset model seed reference metric value ci_low ci_high ceiling floor n
# CONFIG KEYS
#   datasets, models, seeds, scan, imputation, latent: they decide which metrics there are
rule scorecard:
    """Join the metrics of all stages; those of the controls become the columns ceiling and floor."""
    input:
        metrics=metrics_files,
    output:
        scorecard="results/{run}/scorecard.tsv",
    log:
        "logs/{run}/scorecard.log",
    benchmark:
        "benchmarks/{run}/scorecard.tsv"
    conda:
        "../../envs/popgen.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=5,
    params:
        script=script("scorecard.py"),
        code=digest("scorecard.py"),
        metrics=metrics_sources,
    message:
        "Writing the scorecard"
    shell:
        "python {params.script:q} --metrics {params.metrics:q} --output {output.scorecard:q} > {log:q} 2>&1"
