# Impute with Beagle.
#
# REQUIRED INPUTS
#   results/{run}/impute/{dataset}/target.vcf.gz, typed.tsv, panels/{panel}/seed{seed}/panel.vcf.gz
#   the Beagle jar
# OUTPUTS
#   results/{run}/impute/{dataset}/beagle/{panel}/seed{seed}/imputed.vcf.gz(.tbi)   FORMAT GT and DS, INFO DR2
# CONFIG KEYS
#   imputation (beagle_jar, genetic_map)
rule impute_beagle:
    """Impute masked test people from one reference panel with Beagle."""
    input:
        panel="results/{run}/impute/{dataset}/panels/{panel}/seed{seed}/panel.vcf.gz",
        panel_index="results/{run}/impute/{dataset}/panels/{panel}/seed{seed}/panel.vcf.gz.tbi",
        target="results/{run}/impute/{dataset}/target.vcf.gz",
        target_index="results/{run}/impute/{dataset}/target.vcf.gz.tbi",
        sites="results/{run}/impute/{dataset}/typed.tsv",
        genetic_map=imputation_file("genetic_map"),
        jar=config["imputation"]["beagle_jar"],
    output:
        imputed="results/{run}/impute/{dataset}/beagle/{panel}/seed{seed}/imputed.vcf.gz",
        index="results/{run}/impute/{dataset}/beagle/{panel}/seed{seed}/imputed.vcf.gz.tbi",
    log:
        "logs/{run}/impute_beagle/{dataset}/{panel}/seed{seed}.log",
    benchmark:
        "benchmarks/{run}/impute_beagle/{dataset}/{panel}/seed{seed}.tsv"
    conda:
        "../../envs/beagle.yaml"
    threads: 2
    resources:
        mem_mb=lambda wildcards, attempt: memory_for("impute_beagle") * attempt,
        runtime=lambda wildcards, attempt: minutes_for("impute_beagle") * attempt,
    params:
        script=script("impute.py"),
        code=digest("impute.py", "artificial_genomes/imputation/imputers/beagle.py"),
    message:
        "Imputing test people of {wildcards.dataset} with Beagle from panel {wildcards.panel} (seed {wildcards.seed})"
    shell:
        "python {params.script:q} --tool beagle --program {input.jar:q} --panel {input.panel:q}"
        " --target {input.target:q} --sites {input.sites:q} --genetic-map {input.genetic_map:q}"
        " --seed {wildcards.seed} --threads {threads} --memory-mb {resources.mem_mb} --output {output.imputed:q}"
        " > {log:q} 2>&1"
