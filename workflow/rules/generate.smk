# Generate: artificial genomes from every trained model; and import those that the user brings.
#
# REQUIRED INPUTS: results/{run}/train/{dataset}/{model}/seed{seed}/[window{window}/]model.npz and, of the dataset,
#   haplotypes.vcz.zip, split.tsv and relatives.tsv; for models of kind external the files that model_params names
# OUTPUTS: results/{run}/generate/{dataset}/{model}/seed{seed}/genomes.vcz.zip, and next to it record.tsv: what value, of
#   the near copies that were replaced (no rows unless generate.redraw asks), and ancestry.tsv.gz: sample haplotype contig
#   start_bp end_bp n_sites group (no rows unless the model has groups of ancestry); for AGs that the user brings split.tsv: as
#   prepare's, with the parts `all` (who was trained on is unknown), train, test and public
# CONFIG KEYS: models, model_params, seeds, generate, cohorts (build, private)
#
# AGs of a large set are drawn in pieces. The folder `checkpoints` next to the outputs holds the finished ones. It is not
# declared on purpose: Snakemake deletes the outputs of a job that was killed, and drawing resumes from there.
rule generate:
    """Generate artificial individuals, by default as many as the dataset has."""
    input:
        model=of(PLAN.trained_files, "dataset", "model", "seed", name="model.npz"),
        haplotypes="results/{run}/prepare/{dataset}/haplotypes.vcz.zip",
        split="results/{run}/prepare/{dataset}/split.tsv",
        relatives="results/{run}/prepare/{dataset}/relatives.tsv",
        # A model of the user's own draws AGs by its file.
        named=model_files,
    output:
        genomes="results/{run}/generate/{dataset}/{model}/seed{seed}/genomes.vcz.zip",
        record="results/{run}/generate/{dataset}/{model}/seed{seed}/record.tsv",
        ancestry="results/{run}/generate/{dataset}/{model}/seed{seed}/ancestry.tsv.gz",
    log:
        "logs/{run}/generate/{dataset}/{model}/seed{seed}.log",
    benchmark:
        "benchmarks/{run}/generate/{dataset}/{model}/seed{seed}.tsv"
    wildcard_constraints:
        model=CONFIGURATION.any_of(PLAN.trainable_models()),
    conda:
        "../../envs/popgen.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, input, attempt: generation_mem_mb(wildcards, input.haplotypes, input.model) * attempt,
        runtime=lambda wildcards, input, attempt: generation_runtime(wildcards, input.haplotypes) * attempt,
    params:
        script=script("generate.py"),
        code=model_code("generate.py"),
        settings=settings("generate"),
        windows=window_arguments,
        private=private_option,
        checkpoints=subpath(output.genomes, parent=True),
    message:
        "Generating artificial genomes of {wildcards.dataset} with {wildcards.model}, seed {wildcards.seed}"
    shell:
        "python {params.script:q} --model {input.model:q} --haplotypes {input.haplotypes:q} --split {input.split:q}"
        " --relatives {input.relatives:q} --record {output.record:q} {params.windows:q} --seed {wildcards.seed}"
        " --settings {params.settings:q} --threads {threads} --code {params.code:q}"
        " --checkpoints {params.checkpoints:q}/checkpoints --genomes {output.genomes:q}"
        " --ancestry {output.ancestry:q} {params.private:q} > {log:q} 2>&1"


rule import_genomes:
    """Read AGs that the user brings at the sites of the dataset, and note whom their generator may have learnt from."""
    input:
        haplotypes="results/{run}/prepare/{dataset}/haplotypes.vcz.zip",
        split="results/{run}/prepare/{dataset}/split.tsv",
        genomes=of(CONFIGURATION.external_file, "dataset", "model", key="genomes"),
        legend=of(CONFIGURATION.external_file, "dataset", "model", key="legends"),
        trained_on=of(CONFIGURATION.external_file, "dataset", "model", key="trained_on"),
    output:
        genomes="results/{run}/generate/{dataset}/{model}/seed{seed}/genomes.vcz.zip",
        split="results/{run}/generate/{dataset}/{model}/seed{seed}/split.tsv",
    log:
        "logs/{run}/import_genomes/{dataset}/{model}/seed{seed}.log",
    benchmark:
        "benchmarks/{run}/import_genomes/{dataset}/{model}/seed{seed}.tsv"
    wildcard_constraints:
        model=CONFIGURATION.any_of(CONFIGURATION.external_models()),
    conda:
        "../../envs/popgen.yaml"
    threads: 1
    resources:
        **requests(mem_mb=1500, runtime=20),
    params:
        **program("import_genomes.py"),
        build=cohort_key("build"),
        private=private_option,
    message:
        "Importing the {wildcards.model} AGs of {wildcards.dataset}"
    shell:
        "python {params.script:q} --genomes {input.genomes:q} --legend {input.legend:q}"
        " --trained-on {input.trained_on:q} --haplotypes {input.haplotypes:q} --split {input.split:q}"
        " --build {params.build:q} --output-genomes {output.genomes:q} --output-split {output.split:q}"
        " {params.private:q} > {log:q} 2>&1"
