# Impute with IMPUTE2, as the paper did.
#
# REQUIRED INPUTS
#   results/{run}/impute/{dataset}/target.vcf.gz, typed.tsv, panels/{panel}/seed{seed}/panel.vcf.gz
#   IMPUTE2, whose licence is for academic use
# OUTPUTS
#   results/{run}/impute/{dataset}/impute2/{panel}/seed{seed}/imputed.vcf.gz(.tbi)   FORMAT GT and DS, INFO INFO
# CONFIG KEYS
#   imputation (impute2, genetic_map)
rule impute_impute2:
    """Impute masked test people from one reference panel with IMPUTE2."""
    input:
        panel="results/{run}/impute/{dataset}/panels/{panel}/seed{seed}/panel.vcf.gz",
        panel_index="results/{run}/impute/{dataset}/panels/{panel}/seed{seed}/panel.vcf.gz.tbi",
        target="results/{run}/impute/{dataset}/target.vcf.gz",
        target_index="results/{run}/impute/{dataset}/target.vcf.gz.tbi",
        sites="results/{run}/impute/{dataset}/typed.tsv",
        genetic_map=imputation_file("genetic_map"),
    output:
        imputed="results/{run}/impute/{dataset}/impute2/{panel}/seed{seed}/imputed.vcf.gz",
        index="results/{run}/impute/{dataset}/impute2/{panel}/seed{seed}/imputed.vcf.gz.tbi",
    log:
        "logs/{run}/impute_impute2/{dataset}/{panel}/seed{seed}.log",
    benchmark:
        "benchmarks/{run}/impute_impute2/{dataset}/{panel}/seed{seed}.tsv"
    conda:
        "../../envs/impute2.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: memory_for("impute_impute2") * attempt,
        runtime=lambda wildcards, attempt: minutes_for("impute_impute2") * attempt,
    params:
        script=script("impute.py"),
        code=digest("impute.py", "artificial_genomes/imputation/imputers/impute2.py"),
        program=config["imputation"]["impute2"],
    message:
        "Imputing test people of {wildcards.dataset} with IMPUTE2 from panel {wildcards.panel} (seed {wildcards.seed})"
    shell:
        "python {params.script:q} --tool impute2 --program {params.program:q} --panel {input.panel:q}"
        " --target {input.target:q} --sites {input.sites:q} --genetic-map {input.genetic_map:q}"
        " --seed {wildcards.seed} --threads {threads} --memory-mb {resources.mem_mb} --output {output.imputed:q}"
        " > {log:q} 2>&1"
