# Impute with Minimac4.
#
# REQUIRED INPUTS
#   results/{run}/impute/{dataset}/target.vcf.gz, typed.tsv, panels/{panel}/seed{seed}/panel.vcf.gz
#   Minimac4, version 4.1 or later
# OUTPUTS
#   results/{run}/impute/{dataset}/minimac4/{panel}/seed{seed}/imputed.vcf.gz(.tbi)   FORMAT GT and DS, INFO R2
# CONFIG KEYS
#   imputation (minimac4, genetic_map)
rule impute_minimac4:
    """Impute masked test people from one reference panel with Minimac4."""
    input:
        panel="results/{run}/impute/{dataset}/panels/{panel}/seed{seed}/panel.vcf.gz",
        panel_index="results/{run}/impute/{dataset}/panels/{panel}/seed{seed}/panel.vcf.gz.tbi",
        target="results/{run}/impute/{dataset}/target.vcf.gz",
        target_index="results/{run}/impute/{dataset}/target.vcf.gz.tbi",
        sites="results/{run}/impute/{dataset}/typed.tsv",
        genetic_map=imputation_file("genetic_map"),
    output:
        imputed="results/{run}/impute/{dataset}/minimac4/{panel}/seed{seed}/imputed.vcf.gz",
        index="results/{run}/impute/{dataset}/minimac4/{panel}/seed{seed}/imputed.vcf.gz.tbi",
    log:
        "logs/{run}/impute_minimac4/{dataset}/{panel}/seed{seed}.log",
    benchmark:
        "benchmarks/{run}/impute_minimac4/{dataset}/{panel}/seed{seed}.tsv"
    conda:
        "../../envs/minimac4.yaml"
    threads: 2
    resources:
        mem_mb=lambda wildcards, attempt: memory_for("impute_minimac4") * attempt,
        runtime=lambda wildcards, attempt: minutes_for("impute_minimac4") * attempt,
    params:
        script=script("impute.py"),
        code=digest("impute.py", "artificial_genomes/imputation/imputers/minimac4.py"),
        program=config["imputation"]["minimac4"],
    message:
        "Imputing test people of {wildcards.dataset} with Minimac4 from panel {wildcards.panel} (seed {wildcards.seed})"
    shell:
        "python {params.script:q} --tool minimac4 --program {params.program:q} --panel {input.panel:q}"
        " --target {input.target:q} --sites {input.sites:q} --genetic-map {input.genetic_map:q}"
        " --seed {wildcards.seed} --threads {threads} --memory-mb {resources.mem_mb} --output {output.imputed:q}"
        " > {log:q} 2>&1"
