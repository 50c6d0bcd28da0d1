# Check: look at all inputs before a run. Nothing is computed, and nothing written but the table.
#
# REQUIRED INPUTS
#   the files of all cohorts of the run; genetic maps and typed sites of its scans and imputations
# OUTPUTS
#   results/{run}/check.tsv   topic (input, cost, note, problem) dataset what value
# CONFIG KEYS
#   all of them
localrules:
    check_inputs,
    check,


rule check_inputs:
    """Read the inputs of all datasets and note what they hold, what is wrong with them and what the run will cost."""
    input:
        files=PLAN.check_files(),
    output:
        check="results/{run}/check.tsv",
    log:
        "logs/{run}/check_inputs.log",
    benchmark:
        "benchmarks/{run}/check_inputs.tsv"
    conda:
        "../../envs/popgen.yaml"
    threads: 1
    resources:
        **requests(mem_mb=4000, runtime=60),
    params:
        **program("check.py"),
        config=as_json(PLAN.checking()),
    message:
        "Checking the inputs"
    shell:
        "python {params.script:q} --config {params.config:q} --output {output.check:q} > {log:q} 2>&1"


rule check:
    """Print what the check found; with problems it fails, and Snakemake ends with exit code 2."""
    input:
        check=f"{RESULTS}/check.tsv",
    log:
        f"logs/{config['run']}/check.log",
    conda:
        "../../envs/popgen.yaml"
    threads: 1
    resources:
        mem_mb=500,
        runtime=5,
    params:
        script=script("show_check.py"),
    message:
        "What the check found:"
    shell:
        "python {params.script:q} --check {input.check:q} 2> {log:q}"
