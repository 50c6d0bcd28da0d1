# Publish: artificial genomes in the formats that other programs read; not those that the user brings.
#
# REQUIRED INPUTS: results/{run}/generate/{dataset}/{model}/seed{seed}/genomes.vcz.zip, record.tsv; for private cohorts
#   also results/{run}/summary.tsv (AGs that are not cleared, or that have near copies left, are refused)
# OUTPUTS: next to the AGs genomes.vcf.gz(.tbi): phased genotypes, bgzipped; in the format of the paper's authors
#   genomes.hapt.gz with its sites in genomes.legend; and genomes.pgen with .pvar and .psam, the file set of PLINK 2
# CONFIG KEYS: cohorts (build, private), release
rule publish_genomes:
    """Write an AG set as VCF, as .hapt and as PLINK 2 files."""
    input:
        genomes="results/{run}/generate/{dataset}/{model}/seed{seed}/genomes.vcz.zip",
        summary=of(PLAN.privacy_gate, "dataset"),
        record="results/{run}/generate/{dataset}/{model}/seed{seed}/record.tsv",
    output:
        vcf="results/{run}/generate/{dataset}/{model}/seed{seed}/genomes.vcf.gz",
        index="results/{run}/generate/{dataset}/{model}/seed{seed}/genomes.vcf.gz.tbi",
        hapt="results/{run}/generate/{dataset}/{model}/seed{seed}/genomes.hapt.gz",
        legend="results/{run}/generate/{dataset}/{model}/seed{seed}/genomes.legend",
        pgen="results/{run}/generate/{dataset}/{model}/seed{seed}/genomes.pgen",
        pvar="results/{run}/generate/{dataset}/{model}/seed{seed}/genomes.pvar",
        psam="results/{run}/generate/{dataset}/{model}/seed{seed}/genomes.psam",
    log:
        "logs/{run}/publish_genomes/{dataset}/{model}/seed{seed}.log",
    benchmark:
        "benchmarks/{run}/publish_genomes/{dataset}/{model}/seed{seed}.tsv"
    wildcard_constraints:
        model=CONFIGURATION.any_of(PLAN.own_models()),
    conda:
        "../../envs/popgen.yaml"
    threads: 1
    resources:
        **requests("publish_genomes", "genomes"),
    params:
        **program("publish.py"),
        build=cohort_key("build"),
        not_proven=config["release"]["not_proven"],
    message:
        "Exporting {wildcards.model} AGs of {wildcards.dataset} (seed {wildcards.seed}) as VCF, .hapt and PLINK 2 files"
    shell:
        "python {params.script:q} --genomes {input.genomes:q} --build {params.build:q} --vcf {output.vcf:q}"
        " --hapt {output.hapt:q} --legend {output.legend:q} --pgen {output.pgen:q} --summary {input.summary:q}"
        " --record {input.record:q} --not-proven {params.not_proven:q} > {log:q} 2>&1"
