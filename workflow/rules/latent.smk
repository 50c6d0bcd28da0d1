# Latent: the hidden layer of the RBM, what it has learnt and what it is good for.
#
# REQUIRED INPUTS
#   results/{run}/prepare/{dataset}/haplotypes.vcz.zip, split.tsv
#   results/{run}/train/{dataset}/{model}/seed{seed}/model.npz             {model} is an RBM, and models with a discriminator
#   results/{run}/generate/{dataset}/{model}/seed{seed}/genomes.vcz.zip    of every model
#   the Beagle jar, where haplotypes are masked
# OUTPUTS (no names of individuals, and haplotypes only in the VCFs; docs/latent.md explains every number)
#   results/{run}/latent/{dataset}/seed{seed}/
#     coordinates.tsv   space (hidden, genotypes) set (train, test, ag) superpopulation pc1 pc2
#     variance.tsv      space axis explained
#     neighbours.tsv    space set superpopulation x y
#     spectrum.tsv      mode singular_value permuted share ancestry
#     modes.tsv         mode1 ... set superpopulation
#     units.tsv         unit top_sites effective_sites contig start_bp end_bp ld_top fst_top ancestry
#     prototypes.tsv    prototype n converged superpopulation purity nearest copies pc1 pc2
#     chains.tsv        sweep w1_pc1 w1_pc2
#     paths.tsv         chain sweep pc1 pc2
#     metrics.tsv       reference metric value ci_low ci_high n
#   results/{run}/latent/{dataset}/tasks/seed{seed}/        reference metric value ci_low ci_high n, all of them
#     metrics.tsv              accuracy of predicted populations
#     usefulness.tsv           with model: classifiers that learn from AGs alone
#     ceiling.tsv, floor.tsv
#   results/{run}/latent/{dataset}/masked/
#     target.vcf.gz(.tbi), panel.vcf.gz(.tbi), sites.tsv     test individuals, masked; training individuals; which sites are known
#     seed{seed}/imputed.vcf.gz(.tbi)                        by Beagle
#     seed{seed}/metrics.tsv, beagle.tsv, commonest.tsv      the RBM, Beagle and the commonest allele
#   results/{run}/latent/{dataset}/conditional/{model}/seed{seed}/
#     populations.tsv   set (ag, ceiling, floor) population n_ag n_real af_r ld_r2_r fst_own fst_nearest_other accuracy
#     metrics.tsv, ceiling.tsv, floor.tsv
# CONFIG KEYS
#   latent, models, cohorts (the build), imputation (beagle_jar, genetic_map)
rule latent:
    """Say what the hidden layer of the RBM has learnt."""
    input:
        haplotypes="results/{run}/prepare/{dataset}/haplotypes.vcz.zip",
        split="results/{run}/prepare/{dataset}/split.tsv",
        model=latent_file("train", "model.npz"),
        genomes=latent_file("generate", "genomes.vcz.zip"),
    output:
        **{title: f"results/{{run}}/latent/{{dataset}}/seed{{seed}}/{title}.tsv" for title in EXPLORED},
    log:
        "logs/{run}/latent/{dataset}/seed{seed}.log",
    benchmark:
        "benchmarks/{run}/latent/{dataset}/seed{seed}.tsv"
    conda:
        "../../envs/popgen.yaml"
    threads: 1
    resources:
        **requests("latent", "haplotypes"),
    params:
        **program("latent.py"),
        model=config["latent"]["model"],
        folder=subpath(output.units, parent=True),
    message:
        "Exploring the hidden layer of {params.model} on {wildcards.dataset} (seed {wildcards.seed})"
    shell:
        "python {params.script:q} --model {input.model:q} --haplotypes {input.haplotypes:q} --split {input.split:q}"
        " --genomes {input.genomes:q} --seed {wildcards.seed} --output {params.folder:q} > {log:q} 2>&1"


rule latent_tasks:
    """Tell populations apart by hidden means and by what else there is, and learn to do so from AGs."""
    input:
        haplotypes="results/{run}/prepare/{dataset}/haplotypes.vcz.zip",
        split="results/{run}/prepare/{dataset}/split.tsv",
        model=latent_file("train", "model.npz"),
        discriminators=collect(
            "results/{{run}}/train/{{dataset}}/{model}/seed{{seed}}/model.npz",
            model=of(CONFIGURATION.discriminators, "dataset"),
        ),
        genomes=collect(
            "results/{{run}}/generate/{{dataset}}/{model}/seed{{seed}}/genomes.vcz.zip",
            model=of(PLAN.teaching_models, "dataset"),
        ),
    output:
        usefulness="results/{run}/latent/{dataset}/tasks/seed{seed}/usefulness.tsv",
        metrics="results/{run}/latent/{dataset}/tasks/seed{seed}/metrics.tsv",
        ceiling="results/{run}/latent/{dataset}/tasks/seed{seed}/ceiling.tsv",
        floor="results/{run}/latent/{dataset}/tasks/seed{seed}/floor.tsv",
    log:
        "logs/{run}/latent_tasks/{dataset}/seed{seed}.log",
    benchmark:
        "benchmarks/{run}/latent_tasks/{dataset}/seed{seed}.tsv"
    conda:
        "../../envs/popgen.yaml"
    threads: 1
    resources:
        **requests("latent_tasks", "haplotypes"),
    params:
        **program("latent_tasks.py", "artificial_genomes/models/gan.py", "artificial_genomes/models/wgan.py"),
        discriminators=of(CONFIGURATION.discriminators, "dataset"),
        models=of(PLAN.teaching_models, "dataset"),
        settings=as_json({key: config["latent"][key] for key in ("folds", "few_labels", "few_label_draws")}),
        folder=subpath(output.metrics, parent=True),
    message:
        "Predicting populations of {wildcards.dataset} from hidden means and other features (seed {wildcards.seed})"
    shell:
        "python {params.script:q} --model {input.model:q} --discriminator-names {params.discriminators:q}"
        " --discriminators {input.discriminators:q} --haplotypes {input.haplotypes:q} --split {input.split:q}"
        " --ag-names {params.models:q} --genomes {input.genomes:q} --settings {params.settings:q}"
        " --seed {wildcards.seed} --output {params.folder:q} > {log:q} 2>&1"


rule masked_target:
    """Mask test individuals except for evenly spaced sites, and write the training individuals as a panel."""
    input:
        haplotypes="results/{run}/prepare/{dataset}/haplotypes.vcz.zip",
        split="results/{run}/prepare/{dataset}/split.tsv",
    output:
        target="results/{run}/latent/{dataset}/masked/target.vcf.gz",
        target_index="results/{run}/latent/{dataset}/masked/target.vcf.gz.tbi",
        panel=temp("results/{run}/latent/{dataset}/masked/panel.vcf.gz"),
        panel_index=temp("results/{run}/latent/{dataset}/masked/panel.vcf.gz.tbi"),
        sites="results/{run}/latent/{dataset}/masked/sites.tsv",
    log:
        "logs/{run}/masked_target/{dataset}.log",
    benchmark:
        "benchmarks/{run}/masked_target/{dataset}.tsv"
    conda:
        "../../envs/popgen.yaml"
    threads: 1
    resources:
        **requests("impute_panel", "haplotypes", runtime=20),
    params:
        **program("impute_target.py"),
        build=cohort_key("build"),
        settings=as_json({"typed_fraction": config["latent"]["masked_known"], "typed_maf_min": 0}),
    message:
        "Masking haplotypes of test individuals of {wildcards.dataset}"
    shell:
        "python {params.script:q} --haplotypes {input.haplotypes:q} --split {input.split:q} --build {params.build:q}"
        " --settings {params.settings:q} --setting latent.masked_known --target {output.target:q}"
        " --panel {output.panel:q} --sites {output.sites:q} > {log:q} 2>&1"


use rule impute_beagle as masked_beagle with:
    """Complete masked haplotypes with Beagle."""
    input:
        panel=rules.masked_target.output.panel,
        panel_index=rules.masked_target.output.panel_index,
        target=rules.masked_target.output.target,
        target_index=rules.masked_target.output.target_index,
        sites=rules.masked_target.output.sites,
        genetic_map=PLAN.imputation_file("genetic_map"),
        jar=config["imputation"]["beagle_jar"],
    output:
        imputed="results/{run}/latent/{dataset}/masked/seed{seed}/imputed.vcf.gz",
        index="results/{run}/latent/{dataset}/masked/seed{seed}/imputed.vcf.gz.tbi",
    log:
        "logs/{run}/masked_beagle/{dataset}/seed{seed}.log",
    benchmark:
        "benchmarks/{run}/masked_beagle/{dataset}/seed{seed}.tsv"
    message:
        "Completing masked haplotypes of {wildcards.dataset} with Beagle (seed {wildcards.seed})"


rule latent_masked:
    """Complete masked haplotypes with the RBM; compare it with Beagle and the most common allele."""
    input:
        haplotypes="results/{run}/prepare/{dataset}/haplotypes.vcz.zip",
        split="results/{run}/prepare/{dataset}/split.tsv",
        model=latent_file("train", "model.npz"),
        sites=rules.masked_target.output.sites,
        beagle=rules.masked_beagle.output.imputed,
    output:
        metrics="results/{run}/latent/{dataset}/masked/seed{seed}/metrics.tsv",
        beagle="results/{run}/latent/{dataset}/masked/seed{seed}/beagle.tsv",
        commonest="results/{run}/latent/{dataset}/masked/seed{seed}/commonest.tsv",
    log:
        "logs/{run}/latent_masked/{dataset}/seed{seed}.log",
    benchmark:
        "benchmarks/{run}/latent_masked/{dataset}/seed{seed}.tsv"
    conda:
        "../../envs/popgen.yaml"
    threads: 1
    resources:
        **requests("latent_masked", "haplotypes"),
    params:
        **program("latent_masked.py"),
        chains=config["latent"]["masked_chains"],
        folder=subpath(output.metrics, parent=True),
    message:
        "Completing masked haplotypes of {wildcards.dataset} with the RBM (seed {wildcards.seed})"
    shell:
        "python {params.script:q} --model {input.model:q} --haplotypes {input.haplotypes:q} --split {input.split:q}"
        " --sites {input.sites:q} --beagle {input.beagle:q} --chains {params.chains:q} --seed {wildcards.seed}"
        " --output {params.folder:q} > {log:q} 2>&1"


rule latent_conditional:
    """Compare AGs of given populations with real individuals, population by population."""
    input:
        haplotypes="results/{run}/prepare/{dataset}/haplotypes.vcz.zip",
        split="results/{run}/prepare/{dataset}/split.tsv",
        genomes="results/{run}/generate/{dataset}/{model}/seed{seed}/genomes.vcz.zip",
    output:
        populations="results/{run}/latent/{dataset}/conditional/{model}/seed{seed}/populations.tsv",
        metrics="results/{run}/latent/{dataset}/conditional/{model}/seed{seed}/metrics.tsv",
        ceiling="results/{run}/latent/{dataset}/conditional/{model}/seed{seed}/ceiling.tsv",
        floor="results/{run}/latent/{dataset}/conditional/{model}/seed{seed}/floor.tsv",
    log:
        "logs/{run}/latent_conditional/{dataset}/{model}/seed{seed}.log",
    benchmark:
        "benchmarks/{run}/latent_conditional/{dataset}/{model}/seed{seed}.tsv"
    conda:
        "../../envs/popgen.yaml"
    threads: 1
    resources:
        **requests("latent_conditional", "haplotypes"),
    params:
        **program("latent_conditional.py"),
        folds=config["latent"]["folds"],
        folder=subpath(output.metrics, parent=True),
    message:
        "Comparing AGs of given populations of {wildcards.model} with real individuals of {wildcards.dataset}"
        " (seed {wildcards.seed})"
    shell:
        "python {params.script:q} --haplotypes {input.haplotypes:q} --split {input.split:q} --genomes {input.genomes:q}"
        " --folds {params.folds:q} --seed {wildcards.seed} --output {params.folder:q} > {log:q} 2>&1"
