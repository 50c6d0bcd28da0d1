# Phase: genotypes of cohorts that the user wants phased, before anything else is done with them.
#
# REQUIRED INPUTS: VCF or BCF files of a cohort, the Beagle jar, a genetic map if the cohort names one
# OUTPUTS: results/{run}/phase/{cohort}/
#   haplotypes.vcf.gz(.tbi)   phased genotypes; FORMAT FILLED marks those that were missing
#   qc.tsv                    what was read, left out and filled in
# CONFIG KEYS: cohorts (vcf, phase, phase_*, rows_failing_filter), dataset_params (region), imputation (beagle_jar),
#   split (the seed)
rule phase_beagle:
    """Phase the genotypes of a cohort with Beagle, and fill in those that are missing."""
    input:
        vcf=cohort_key("vcf"),
        genetic_map=cohort_key("phase_map", []),
        jar=config["imputation"]["beagle_jar"],
    output:
        vcf="results/{run}/phase/{cohort}/haplotypes.vcf.gz",
        index="results/{run}/phase/{cohort}/haplotypes.vcf.gz.tbi",
        qc="results/{run}/phase/{cohort}/qc.tsv",
    log:
        "logs/{run}/phase_beagle/{cohort}.log",
    benchmark:
        "benchmarks/{run}/phase_beagle/{cohort}.tsv"
    priority: 1
    conda:
        "../../envs/beagle.yaml"
    threads: 2
    resources:
        **requests(mem_mb=4000, runtime=240),
    params:
        **program("phase.py"),
        settings=json_of(PLAN.phasing, "cohort"),
        seed=config["split"]["seed"],
        private=private_option,
    message:
        "Phasing the cohort {wildcards.cohort} with Beagle (progress: {log})"
    shell:
        "python {params.script:q} --vcf {input.vcf:q} --program {input.jar:q} --genetic-map {input.genetic_map:q}"
        " --settings {params.settings:q} --seed {params.seed:q} --threads {threads} --memory-mb {resources.mem_mb}"
        " --output {output.vcf:q} --output-qc {output.qc:q} {params.private:q} > {log:q} 2>&1"
