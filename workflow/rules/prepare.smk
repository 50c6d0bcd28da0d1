# Prepare: from a cohort's files to the haplotypes of each dataset.
#
# REQUIRED INPUTS: phased haplotypes of the cohort (VCF, BCF, PLINK 2, or .hapt or .hap with its legend; of a cohort that
#   is phased first results/{run}/phase/{cohort}/haplotypes.vcf.gz, qc.tsv) and its table of individuals
# OUTPUTS: results/{run}/prepare/{dataset}/
#   haplotypes.vcz.zip   haplotypes of the dataset's own and public individuals
#   split.tsv            train, validation, test or public, for each individual
#   qc.tsv               what was read, kept and dropped, and why
#   relatives.tsv        sample_a sample_b kinship: the related pairs of the dataset's own individuals
# and results/{run}/rebuilt/{cohort}.tsv, of cohorts with `rebuilt`: that they are what their archive has
# CONFIG KEYS: cohorts, dataset_params, split, dataset_params.*.split
rule prepare:
    """Cut a cohort to the sites, individuals and filters of a dataset, and split its individuals."""
    input:
        haplotypes=of(PLAN.cohort_haplotypes, "dataset"),
        beside=lambda wildcards: files_beside(PLAN.cohort(wildcards.dataset)),
        legend=cohort_key("legend", []),
        samples=cohort_key("samples", []),
        people=cohort_key("people"),
        phased=of(PLAN.phased_qc, "dataset"),
    output:
        haplotypes="results/{run}/prepare/{dataset}/haplotypes.vcz.zip",
        split="results/{run}/prepare/{dataset}/split.tsv",
        qc="results/{run}/prepare/{dataset}/qc.tsv",
        relatives="results/{run}/prepare/{dataset}/relatives.tsv",
    log:
        "logs/{run}/prepare/{dataset}.log",
    benchmark:
        "benchmarks/{run}/prepare/{dataset}.tsv"
    priority: 1
    conda:
        "../../envs/popgen.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, input, attempt: preparation(resources.memory_mb, wildcards, input.haplotypes) * attempt,
        runtime=lambda wildcards, input, attempt: preparation(resources.runtime, wildcards, input.haplotypes) * attempt,
    params:
        **program("prepare.py"),
        build=cohort_key("build"),
        unlabelled=cohort_key("people_without_labels", "error"),
        failed=cohort_key("rows_failing_filter", "drop"),
        settings=json_of(PLAN.cutting, "dataset"),
        split=json_of(CONFIGURATION.split_settings, "dataset"),
        private=private_option,
    message:
        "Preparing dataset {wildcards.dataset}: sites, individuals and their split"
    shell:
        "python {params.script:q} --haplotypes {input.haplotypes:q} --legend {input.legend:q} --samples {input.samples:q}"
        " --people {input.people:q} --unlabelled {params.unlabelled:q} --failed {params.failed:q}"
        " --build {params.build:q} --phased {input.phased:q} --settings {params.settings:q} --split {params.split:q}"
        " --output-haplotypes {output.haplotypes:q} --output-split {output.split:q} --output-qc {output.qc:q}"
        " --output-relatives {output.relatives:q} {params.private:q} > {log:q} 2>&1"


rule check_rebuilt:
    """Check that a cohort's .hapt file holds what the archive holds that it was made from; stop the run where not."""
    input:
        hapt=cohort_key("hapt"),
        legend=cohort_key("legend"),
        vcfs=cohort_key("rebuilt"),
    output:
        table="results/{run}/rebuilt/{cohort}.tsv",
    log:
        "logs/{run}/check_rebuilt/{cohort}.log",
    benchmark:
        "benchmarks/{run}/check_rebuilt/{cohort}.tsv"
    conda:
        "../../envs/popgen.yaml"
    threads: 1
    resources:
        **requests(mem_mb=2000, runtime=20),
    params:
        **program("check_rebuilt.py"),
    message:
        "Comparing {wildcards.cohort} with the archive that it was made from"
    shell:
        "python {params.script:q} --hapt {input.hapt:q} --legend {input.legend:q} --vcfs {input.vcfs:q}"
        " --output {output.table:q} > {log:q} 2>&1"
