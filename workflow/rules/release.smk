# Release: the AGs that the verdict clears, in one folder with all that those who get them must know.
#
# REQUIRED INPUTS: results/{run}/scorecard.tsv, verdict.tsv, summary.tsv; genomes.vcz.zip and record.tsv of the models
#   that the workflow trains; haplotypes.vcz.zip and split.tsv of the datasets (released sets are attacked together)
# OUTPUTS: results/{run}/release/: README.md (the data card), croissant.json, scorecard.tsv, verdict.tsv, summary.tsv,
#   SHA256SUMS, and in {dataset}/{model}/seed{seed}/ genomes.vcz.zip (as scored), .vcf.gz(.tbi), .hapt.gz, .legend,
#   .pgen, .pvar, .psam, and ancestry.tsv.gz where the model has groups of ancestry
# CONFIG KEYS: release; verdict and compare (the attack); cohorts, dataset_params, model_params (for the data card)
rule release:
    """Write the release: AGs, scorecard, data card and checksums."""
    input:
        genomes=PLAN.own_files("genomes.vcz.zip"),
        record=PLAN.own_files("record.tsv"),
        ancestry=PLAN.own_files("ancestry.tsv.gz"),
        haplotypes=collect(f"{RESULTS}/prepare/{{dataset}}/haplotypes.vcz.zip", dataset=config["datasets"]),
        split=collect(f"{RESULTS}/prepare/{{dataset}}/split.tsv", dataset=config["datasets"]),
        scorecard=f"{RESULTS}/scorecard.tsv",
        verdict=f"{RESULTS}/verdict.tsv",
        summary=f"{RESULTS}/summary.tsv",
    output:
        # Files, because Snakemake puts a file of its own into a folder that is an output. The script replaces the whole
        # folder, so that a set no longer cleared for release is removed.
        collect(
            f"{RESULTS}/release/{{file}}",
            file=["README.md", "croissant.json", "SHA256SUMS", "scorecard.tsv", "verdict.tsv", "summary.tsv"],
        ),
    log:
        f"logs/{config['run']}/release.log",
    benchmark:
        f"benchmarks/{config['run']}/release.tsv"
    conda:
        "../../envs/popgen.yaml"
    threads: 1
    resources:
        **requests("release", "genomes"),
    params:
        **program("release.py", "artificial_genomes/release/data_card.md.j2"),
        config=as_json(PLAN.releasing()),
        folder=lambda wildcards, output: os.path.dirname(output[0]),
    message:
        "Writing the release"
    shell:
        "python {params.script:q} --genomes {input.genomes:q} --record {input.record:q} --ancestry {input.ancestry:q}"
        " --haplotypes {input.haplotypes:q} --split {input.split:q}"
        " --scorecard {input.scorecard:q} --verdict {input.verdict:q} --summary {input.summary:q}"
        " --config {params.config:q} --output {params.folder:q} > {log:q} 2>&1"
