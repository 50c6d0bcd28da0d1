# What the stages share: the checked configuration, wildcard constraints and the helper functions of the rules.
#
# REQUIRED INPUTS: none
# OUTPUTS: none
# CONFIG KEYS: all of them; config/README.md is their manual
import functools
import itertools
import json
import os
import re
import sys
from pathlib import Path

import yaml

WORKFLOW = Path(str(workflow.current_basedir)).resolve().parent
SCRIPTS = WORKFLOW / "scripts"
sys.path.insert(0, str(SCRIPTS))

# The scripts must run in the Python that runs Snakemake, also where its environment is not activated. With
# `--sdm conda` the environment of the rule comes first all the same.
os.environ.update(PATH=os.pathsep.join([os.path.dirname(sys.executable), os.getenv("PATH", os.defpath)]))

from artificial_genomes.config import resources
from artificial_genomes.core.program import EXIT_USER_ERROR, is_user_error, user_errors_told
from artificial_genomes.config.cohort_files import files_beside, files_of_cohort, phase_settings
from artificial_genomes.config.checks import checked
from artificial_genomes.config.schema import SCAN_FILES
from artificial_genomes.config.files import check_configuration_files
from artificial_genomes.config.digest import code_digest
from artificial_genomes.compare.expectations import REAL_HALF, REAL_TRAIN, jobs_as_published
from artificial_genomes.config.folders import check_folders
from artificial_genomes.latent.tables import EXPLORED
from artificial_genomes.core.private_folders import close_folder
from artificial_genomes.acquire.sources import any_vcf_file, read_sources, read_vcf_sources, vcf_source
from artificial_genomes.core.store import check_stores, contigs_of_store, shape_of_store
from artificial_genomes.core.windows import contig_sizes, trained_sites_of

with user_errors_told():
    check_configuration_files(workflow.configfiles)
CONFIGURATION = checked(config, WORKFLOW)
WHEELS, MEMBERS, URL_FILES = read_sources(
    WORKFLOW.parent / "resources" / "sources.tsv", WORKFLOW.parent / "resources" / "members.tsv"
)
VCF_SOURCES = read_vcf_sources(WORKFLOW.parent / "resources" / "sources.tsv")
VCF_FILES = any_vcf_file(VCF_SOURCES)
CONTROLS = ["ceiling", "floor"]
COMPARE_TABLES = [
    "metrics",
    "allele_frequencies",
    "spectrum",
    "ld_decay",
    "ld_by_maf",
    "three_point",
    "distances",
    "nearest",
    "pca",
    "pca_variance",
    "populations",
    "fst",
    "haplotype_windows",
    "privacy",
    "flagged",
]
UNMATCHED_TABLES = ["metrics", "ld_decay", "distances"]
RESULTS = f"results/{config['run']}"

with user_errors_told():
    check_folders([".snakemake", RESULTS, f"logs/{config['run']}", f"benchmarks/{config['run']}"])
    check_stores(
        {f"{RESULTS}/prepare/{name}/haplotypes.vcz.zip": CONFIGURATION.windows(name) for name in config["datasets"]}
    )


# A run with a private cohort writes nothing that others than its owner can read; the release alone is for everybody. So
# are Snakemake's own files, of which it has made some before it comes here.
if any(CONFIGURATION.is_private(name) for name in config["datasets"]):
    os.umask(0o077)
    close_folder(".snakemake")


wildcard_constraints:
    run=CONFIGURATION.any_of([config["run"]]),
    dataset=CONFIGURATION.any_of(config["dataset_params"]),
    model=CONFIGURATION.any_of([*config["models"], *CONFIGURATION.conditional_models(), *CONTROLS, "real"]),
    cohort=CONFIGURATION.any_of(config["cohorts"]),
    control=CONFIGURATION.any_of(CONTROLS),
    tool=CONFIGURATION.any_of(config["imputation"]["tools"]),
    panel=CONFIGURATION.any_of(CONFIGURATION.panels()),
    figure=CONFIGURATION.any_of(config["figure_params"]),
    seed=r"\d+",
    window=r"\d+",


def script(name):
    """Return the path of a script as seen from the working directory, so that moving both together changes nothing."""
    path = SCRIPTS / name
    return os.path.relpath(path) if path.is_relative_to(Path.cwd()) else str(path)


def digest(*names):
    """Return a hash of scripts, or other files named from workflow/scripts, and of the modules that they import."""
    return code_digest([SCRIPTS / name for name in names], SCRIPTS)


def settings(section, drop=()):
    """Return a section of the configuration as JSON, without the keys that the rule does not depend on."""
    return as_json({key: value for key, value in config[section].items() if key not in drop})


def as_json(value):
    """Return JSON that is equal for equal values."""
    return json.dumps(value, sort_keys=True)


# --- scorecard


def default_gates():
    """Return the gates of config.yaml as JSON, whatever the configuration has in their place."""
    return as_json(yaml.safe_load((WORKFLOW.parent / "config" / "config.yaml").read_text(encoding="utf-8"))["verdict"])


# --- acquire


def vcf_sites(wildcards):
    """Return the legend whose sites are fetched from an archive of VCFs; nothing for a region."""
    sites = vcf_source(VCF_SOURCES, wildcards.vcf_file).sites
    return f"resources/data/{sites}" if sites else []


# --- prepare


def cohort_of(wildcards):
    """Return the cohort that a dataset is cut from."""
    return config["cohorts"][config["dataset_params"][wildcards.dataset]["cohort"]]


def cohort_haplotypes(wildcards):
    """Return the files with the haplotypes of a dataset's cohort; where they must be phased first, what comes of it."""
    cohort = cohort_of(wildcards)
    if "phase" in cohort:
        return [f"{RESULTS}/phase/{config['dataset_params'][wildcards.dataset]['cohort']}/haplotypes.vcf.gz"]
    return haplotype_files(cohort)


def haplotype_files(cohort):
    """Return the files with the haplotypes of a cohort, as the user gives them."""
    return cohort["vcf"] if "vcf" in cohort else [cohort[key] for key in ("hapt", "hap", "pgen") if key in cohort]


def cohort_beside(wildcards):
    """Return the files that lie beside a PLINK 2 file of a dataset's cohort, so that their edits count too."""
    return files_beside(cohort_of(wildcards))


def cohort_legend(wildcards):
    """Return the legend of a .hapt or .hap file; nothing for other formats."""
    return cohort_of(wildcards).get("legend", [])


def cohort_samples(wildcards):
    """Return the names of the people of a .hap file; nothing for other formats."""
    return cohort_of(wildcards).get("samples", [])


def cohort_unlabelled(wildcards):
    """Return what to do with people whom the table of people does not name."""
    return cohort_of(wildcards).get("people_without_labels", "error")


def cohort_failed(wildcards):
    """Return what to do with rows that failed a filter."""
    return cohort_of(wildcards).get("rows_failing_filter", "drop")


def phased_qc(wildcards):
    """Return what phasing read and left out of a dataset's cohort; nothing where it is not phased."""
    name = config["dataset_params"][wildcards.dataset]["cohort"]
    return [f"{RESULTS}/phase/{name}/qc.tsv"] if "phase" in config["cohorts"][name] else []


def phase_cohort(wildcards):
    """Return how a cohort is phased as JSON: its settings, and the regions that the run needs."""
    cohort = config["cohorts"][wildcards.cohort]
    regions = CONFIGURATION.phased_regions(wildcards.cohort, control_datasets())
    return as_json(phase_settings(cohort) | {"build": cohort["build"], "regions": regions})


def cohort_people(wildcards):
    """Return the table of a cohort's people."""
    return cohort_of(wildcards)["people"]


def cohort_file(key):
    """Return a function from wildcards to the file, or files, under a key of a cohort."""

    def of_wildcards(wildcards):
        return config["cohorts"][wildcards.cohort][key]

    return of_wildcards


def rebuilt_cohorts():
    """Return the cohorts of the run that are compared with the archive that they come from."""
    cohorts = dict.fromkeys(config["dataset_params"][dataset]["cohort"] for dataset in config["datasets"])
    return [cohort for cohort in cohorts if "rebuilt" in config["cohorts"][cohort]]


def cohort_build(wildcards):
    """Return the genome build of a dataset's cohort."""
    return cohort_of(wildcards)["build"]


def dataset_settings(wildcards):
    """Return how a dataset is cut from its cohort, as JSON."""
    settings = CONFIGURATION.dataset_settings(wildcards.dataset)
    return as_json({key: value for key, value in settings.items() if key != "cohort"})


# --- train and generate


def model_settings(wildcards):
    """Return the settings of a model for a dataset, as JSON."""
    return as_json(CONFIGURATION.model_settings(wildcards.dataset, wildcards.model))


def model_files(wildcards):
    """Return the files that the settings of a model for a dataset name; code counts by its digest, whatever its time."""
    files = CONFIGURATION.model_files(wildcards.dataset, wildcards.model)
    return [ancient(file) if file in CONFIGURATION.model_code(wildcards.model) else file for file in files]


def memory_for(name, *stores):
    """Return the memory in MB that a rule asks for, by the haplotype files that it works on.

    Where there is no file yet, Snakemake asks later.
    """
    return resources.memory_mb(name, *shape_of_all(stores))


def minutes_for(name, *stores):
    """Return the minutes that a rule asks for, as `memory_for` its memory."""
    return resources.runtime(name, *shape_of_all(stores))


def shape_of_all(stores):
    """Return the number of sites of haplotype files together, and of the haplotypes of the largest."""
    shapes = [shape_of_store(store) for store in stores]
    return sum(sites for sites, _ in shapes), max((haplotypes for _, haplotypes in shapes), default=0)


def windowed_datasets():
    """Return the datasets whose models are trained on windows of their sites."""
    return [name for name in config["dataset_params"] if CONFIGURATION.windows(name)]


def whole_datasets():
    """Return the datasets whose models are trained on all sites at once."""
    return [name for name in config["dataset_params"] if not CONFIGURATION.windows(name)]


def windowed(pattern):
    """Return a function from wildcards to a path for each window of a dataset."""

    def of_wildcards(wildcards):
        n = CONFIGURATION.windows(wildcards.dataset)["n"]
        return expand(pattern, **wildcards, window=range(1, n + 1))

    return of_wildcards


def trained_models(wildcards):
    """Return the file of a trained model; for a dataset in windows those of all windows."""
    folder = "results/{run}/train/{dataset}/{model}/seed{seed}"
    if CONFIGURATION.windows(wildcards.dataset):
        return windowed(f"{folder}/window{{window}}/model.npz")(wildcards)
    return [f"{folder}/model.npz".format(**wildcards)]


def window_arguments(wildcards):
    """Return the arguments that tell a script about windows; nothing for a dataset that has none."""
    windows = CONFIGURATION.windows(wildcards.dataset)
    if not windows:
        return []
    number = ["--window", wildcards.window] if hasattr(wildcards, "window") else []
    return ["--windows", as_json(windows), *number]


def trained_sites(wildcards, haplotypes):
    """Return how many sites a training sees."""
    windows = CONFIGURATION.windows(wildcards.dataset)
    if not windows:
        return shape_of_store(haplotypes)[0]
    return trained_sites_of(contig_sizes(contigs_of_store(haplotypes)), windows)


def training_mem_mb(wildcards, haplotypes):
    """Return the memory of a training in MB."""
    settings = CONFIGURATION.model_settings(wildcards.dataset, wildcards.model)
    return resources.training_mb(settings, trained_sites(wildcards, haplotypes), shape_of_store(haplotypes)[1])


def training_runtime(wildcards, haplotypes):
    """Return the minutes of a training, by the epochs that it may have and by the device."""
    settings = CONFIGURATION.model_settings(wildcards.dataset, wildcards.model)
    sites, people = trained_sites(wildcards, haplotypes), shape_of_store(haplotypes)[1]
    return resources.training_runtime(settings, sites, people, config["device"])


def generation_mem_mb(wildcards, haplotypes, models):
    """Return the memory of making AGs in MB; of the models of windows one is held at a time."""
    settings = CONFIGURATION.model_settings(wildcards.dataset, wildcards.model)
    sites, drawn = shape_of_store(haplotypes)[0], trained_sites(wildcards, haplotypes)
    largest = max(map(os.path.getsize, models)) / 1e6
    return resources.generation_mb(settings, sites, drawn, shape_of_store(haplotypes)[1], largest)


def matched_models():
    """Return the models whose AGs have the sites of the dataset."""
    return CONFIGURATION.matched_models()


def unmatched_models():
    """Return the models whose AGs have sites of their own."""
    return [model for model in config["models"] if model not in matched_models()]


def external_models():
    """Return the models whose AGs the user brings."""
    return CONFIGURATION.external_models()


def own_models():
    """Return the models that the workflow trains."""
    return [model for model in config["models"] if model not in external_models()]


def trainable_models():
    """Return the models that the workflow can train: those of the run, and that of AGs of given populations."""
    return list(dict.fromkeys([*own_models(), *CONFIGURATION.conditional_models()]))


def external_file(key):
    """Return a function from wildcards to the file that an external model names under a key for a dataset, or nothing."""

    def of_wildcards(wildcards):
        return CONFIGURATION.external_file(wildcards.dataset, wildcards.model, key)

    return of_wildcards


def model_code(name):
    """Return a function from wildcards to the digest of a script with the module of the model's kind, or of the user."""

    def of_wildcards(wildcards):
        kind = config["model_params"][wildcards.model]["kind"]
        own = [os.path.abspath(file) for file in CONFIGURATION.model_code(wildcards.model)]
        return digest(name, f"artificial_genomes/models/{kind}.py", *own)

    return of_wildcards


def ag_files(pattern, models=None):
    """Return a path for each AG set of the run: dataset, model (all, or some of them) and seed."""
    return [
        file
        for dataset in config["datasets"]
        for model in CONFIGURATION.models_of(dataset)
        if models is None or model in models
        for file in expand(f"{RESULTS}/{pattern}", dataset=dataset, model=model, seed=CONFIGURATION.seeds_of(model))
    ]


def genome_files(*names, private=True):
    """Return files of every AG set that the workflow makes; on demand without those of private cohorts."""
    return [
        file
        for name in names
        for file in ag_files(f"generate/{{dataset}}/{{model}}/seed{{seed}}/{name}", own_models())
        if private or not CONFIGURATION.is_private(Path(file).parents[2].name)
    ]


# --- private cohorts and release


def private_option(wildcards):
    """Return the option that tells a script that it works on a private cohort; nothing where it does not."""
    return "--private" if CONFIGURATION.is_private(wildcards.dataset) else ""


def figure_private(figure):
    """Return the option that tells a figure to show no single person; nothing where the cohort is public."""
    return "--private" if CONFIGURATION.is_private(config["figure_params"][figure]["dataset"]) else ""


def privacy_gate(wildcards):
    """Return the verdict that AGs of private cohorts must pass before they are published; nothing for others."""
    return f"{RESULTS}/summary.tsv" if CONFIGURATION.is_private(wildcards.dataset) else []


def release_settings():
    """Return what the release tells of the configuration as JSON."""
    datasets = {name: CONFIGURATION.dataset_settings(name) for name in config["datasets"]}
    cohorts = {name: config["cohorts"][name] for name in {settings["cohort"] for settings in datasets.values()}}
    return as_json(
        {
            "run": config["run"],
            "release": config["release"],
            "privacy": config["verdict"]["privacy"],
            "compare_seed": config["compare"]["seed"],
            "dataset_params": datasets,
            "cohorts": {name: {key: one[key] for key in ("private", "build")} for name, one in cohorts.items()},
            "model_params": {name: config["model_params"][name] for name in own_models()},
        }
    )


# --- compare


def compare_settings(wildcards):
    """Return how a dataset is compared, as JSON: the section `compare`, and how many windows its models have."""
    windows = CONFIGURATION.windows(wildcards.dataset)
    return as_json(config["compare"] | ({"windows": windows["n"]} if windows else {}))


def compare_tables(name, tables=COMPARE_TABLES):
    """Return the tables of a comparison by title; `name` is the folder between dataset and seed, with wildcards."""
    folder = f"results/{{run}}/compare/{{dataset}}/{name}/seed{{seed}}"
    return {title: f"{folder}/{title}.tsv" for title in tables}


def trained_together(dataset):
    """Return the models of a dataset that share its sites, its split and its number of AGs."""
    models = CONFIGURATION.models_of(dataset)
    return [model for model in models if model in matched_models() and model not in external_models()]


def compare_split(wildcards):
    """Return the split that a model is scored by: that of its dataset, or its own where the user brings the AGs."""
    if wildcards.model in external_models():
        return f"{RESULTS}/generate/{wildcards.dataset}/{wildcards.model}/seed{wildcards.seed}/split.tsv"
    return f"{RESULTS}/prepare/{wildcards.dataset}/split.tsv"


def imported(name):
    """Return a function from wildcards to a file of the one AG set of an external model, whatever the seed."""

    def of_wildcards(wildcards):
        (seed,) = CONFIGURATION.seeds_of(wildcards.model)
        return f"{RESULTS}/generate/{wildcards.dataset}/{wildcards.model}/seed{seed}/{name}"

    return of_wildcards


# --- scan


def controls_table():
    """Return the table of positive controls of the scans, or nothing."""
    return CONFIGURATION.file(config["scan"]["controls"]) if config["scan"]["controls"] else []


def control_datasets():
    """Return the datasets that the positive controls of the scans look at, where anything is scanned."""
    if not (config["scan"]["datasets"] and config["scan"]["controls"]):
        return []
    rows = [line.split("\t") for line in Path(controls_table()).read_text(encoding="utf-8").splitlines()]
    column = rows[0].index("dataset")
    return sorted({row[column] for row in rows[1:]})


def scan_settings(wildcards):
    """Return how a dataset is scanned, as JSON, but for the files, which are inputs."""
    settings = CONFIGURATION.scan_settings(wildcards.dataset)
    return as_json({key: value for key, value in settings.items() if key not in SCAN_FILES})


def scan_file(key):
    """Return a function from wildcards to the file under a key of a dataset's scan settings, or nothing."""

    def of_wildcards(wildcards):
        file = CONFIGURATION.scan_settings(wildcards.dataset)[key]
        return CONFIGURATION.file(file) if file else []

    return of_wildcards


# --- impute


def panel_parts(panel):
    """Return the names of the parts of a panel; the number of AGs of a model, as in gan@100, is left out."""
    return [part.partition("@")[0] for part in panel.split("+")]


def panel_models(wildcards):
    """Return the models whose AGs are part of a panel."""
    return [part for part in panel_parts(wildcards.panel) if part in config["models"]]


def panel_genomes(wildcards):
    """Return the AG sets that are part of a panel."""
    pattern = f"{RESULTS}/generate/{wildcards.dataset}/{{model}}/seed{wildcards.seed}/genomes.vcz.zip"
    return expand(pattern, model=panel_models(wildcards))


def panel_roles(panel):
    """Return the names of a panel in the scorecard: the model added to the public people, and the control it stands for.

    Other panels go by their own names; AGs without anybody else must not be taken for the model added to the others.
    """
    public, *added = panel.split("+")
    if panel in config["models"]:
        return [f"{panel} alone"]
    if public != "real" or len(added) != 1 or "@" in panel:
        return [panel]
    if added == ["biobank"]:
        return ["ceiling"]
    return [*added, "floor"] if config["model_params"][added[0]]["kind"] == "bernoulli" else added


def tool_suffix(wildcards):
    """Return what sets metrics of a tool apart: nothing for the first one."""
    return "" if wildcards.tool == config["imputation"]["tools"][0] else f"_{wildcards.tool}"


def imputation_file(key):
    """Return the file under a key of the imputation settings, or nothing."""
    file = config["imputation"][key]
    return CONFIGURATION.file(file) if file else []


# --- latent


def latent_tables():
    """Return the tables about a hidden layer by title."""
    return {title: f"results/{{run}}/latent/{{dataset}}/seed{{seed}}/{title}.tsv" for title in EXPLORED}


def latent_file(stage, name, key="model"):
    """Return a function from wildcards to a file of a stage, of the model under a key of the latent settings."""

    def of_wildcards(wildcards):
        return f"{RESULTS}/{stage}/{wildcards.dataset}/{config['latent'][key]}/seed{wildcards.seed}/{name}"

    return of_wildcards


def teaching_models(dataset):
    """Return the models of a dataset whose AGs classifiers learn from."""
    return list(dict.fromkeys([*trained_together(dataset), *CONFIGURATION.conditional_models()]))


# --- scorecard


def ag_sets():
    """Return dataset:model:seed of every AG set of the run."""
    return [
        f"{dataset}:{model}:{seed}"
        for dataset in config["datasets"]
        for model in CONFIGURATION.models_of(dataset)
        for seed in CONFIGURATION.seeds_of(model)
    ]


def metrics_sources(wildcards=None):
    """Return dataset:model:seed:path of every table of metrics of the run."""
    sources = []

    def add(stage, dataset, model, name, seeds):
        for seed in seeds:
            sources.append(f"{dataset}:{model}:{seed}:{RESULTS}/{stage}/{dataset}/{name}/seed{seed}/metrics.tsv")

    for stage, datasets in (("compare", config["datasets"]), ("scan", config["scan"]["datasets"])):
        for dataset in datasets:
            for model in CONFIGURATION.models_of(dataset):
                if stage == "compare" or model not in unmatched_models():
                    add(stage, dataset, model, model, CONFIGURATION.seeds_of(model))
            for control in CONTROLS:
                add(stage, dataset, control, control, config["seeds"])
    for dataset in config["datasets"]:
        for model in CONFIGURATION.models_of(dataset):
            if model in external_models():
                for control in CONTROLS:
                    add("compare", dataset, f"{model}.{control}", f"{model}.{control}", config["seeds"])
        together = trained_together(dataset)
        for model in [*together, *CONTROLS] if together else ():
            add("compare", dataset, model, "together", config["seeds"])
    for dataset in config["imputation"]["datasets"]:
        for tool, panel in itertools.product(config["imputation"]["tools"], CONFIGURATION.panels()):
            for role in panel_roles(panel):
                add("impute", dataset, role, f"{tool}/{panel}", config["seeds"])
    for dataset in config["latent"]["datasets"]:
        for seed in config["seeds"]:
            folder = f"{RESULTS}/latent/{dataset}"
            model = config["latent"]["model"]
            sources.append(f"{dataset}:{model}:{seed}:{folder}/seed{seed}/metrics.tsv")
            for name, table in ((model, "metrics"), *zip(CONTROLS, CONTROLS)):
                sources.append(f"{dataset}:{name}:{seed}:{folder}/tasks/seed{seed}/{table}.tsv")
            for model in teaching_models(dataset):
                sources.append(f"{dataset}:{model}:{seed}:{folder}/tasks/seed{seed}/usefulness.tsv")
            for model in CONFIGURATION.conditional_models():
                for name, table in ((model, "metrics"), *zip(CONTROLS, CONTROLS)):
                    sources.append(f"{dataset}:{name}:{seed}:{folder}/conditional/seed{seed}/{table}.tsv")
    for dataset in config["latent"]["masked_datasets"]:
        for seed in config["seeds"]:
            for name, table in (
                (config["latent"]["model"], "metrics"),
                ("ceiling", "beagle"),
                ("floor", "commonest"),
            ):
                sources.append(f"{dataset}:{name}:{seed}:{RESULTS}/latent/{dataset}/masked/seed{seed}/{table}.tsv")
    return sources


def metrics_files(wildcards):
    """Return every table of metrics of the run."""
    return list(dict.fromkeys(source.split(":", 3)[3] for source in metrics_sources()))


def training_sources(wildcards=None):
    """Return dataset:model:seed:path of the table of scores of every training of the run."""
    return [
        f"{dataset}:{model}:{seed}:{RESULTS}/train/{dataset}/{model}/seed{seed}/training.tsv"
        for dataset, model, seed in (one.split(":") for one in ag_sets())
        if model in trainable_models()
    ]


def training_files(wildcards):
    """Return the table of scores of every training of the run."""
    return [source.split(":", 3)[3] for source in training_sources()]


# --- paper


@functools.cache
def published_jobs():
    """Return data set, model, seeds and reference of every comparison as published that the run can make."""
    table = CONFIGURATION.root / "resources" / "paper.tsv"
    jobs = []
    for dataset, model, reference in jobs_as_published(table, CONFIGURATION.played_datasets()):
        if model in (REAL_HALF, REAL_TRAIN):
            jobs.append((dataset, model, config["seeds"][:1], reference))
        elif model in matched_models() and model in CONFIGURATION.models_of(dataset):
            jobs.append((dataset, model, CONFIGURATION.seeds_of(model), reference))
    return jobs


def published_sources():
    """Return dataset:model:seed:path of every table of a comparison as published."""
    return [
        f"{dataset}:{model}:{seed}:{RESULTS}/published/{dataset}/{model}/seed{seed}/metrics.tsv"
        for dataset, model, seeds, _ in published_jobs()
        for seed in seeds
    ]


def published_files():
    """Return every table of a comparison as published."""
    return [source.split(":", 3)[3] for source in published_sources()]


def published_genomes(wildcards):
    """Return the AGs that are compared as published; nothing where real people stand in their place."""
    if wildcards.model in (REAL_HALF, REAL_TRAIN):
        return []
    return f"{RESULTS}/generate/{wildcards.dataset}/{wildcards.model}/seed{wildcards.seed}/genomes.vcz.zip"


def published_candidate(wildcards):
    """Return the options of the script that say what is compared as published."""
    genomes = published_genomes(wildcards)
    return ["--genomes", genomes] if genomes else ["--real", wildcards.model]


def published_reference(wildcards):
    """Return whom the published numbers of a model compare with."""
    references = {(dataset, model): reference for dataset, model, _, reference in published_jobs()}
    return references[wildcards.dataset, wildcards.model]


def described_settings():
    """Return what the table of the data sets tells of the configuration as JSON."""
    params = {name: config["dataset_params"][name] for name in config["datasets"]}
    shown = {name: {key: settings[key] for key in ("cohort", "region")} for name, settings in params.items()}
    cohorts = {settings["cohort"]: config["cohorts"][settings["cohort"]] for settings in shown.values()}
    return as_json({"cohorts": cohorts, "dataset_params": shown})


def paper_table():
    """Return the table of the run beside published numbers, or nothing where no data set plays one of the paper's."""
    return [f"{RESULTS}/paper.tsv"] if CONFIGURATION.played_datasets() else []


# --- figures and report


def figures_of(drawing):
    """Return a regular expression of the names of all figures that draw something."""
    return CONFIGURATION.any_of(CONFIGURATION.figures_of(drawing))


def figure_files(drawing, pattern, others=(), models=None, unmatched=False):
    """Return a function from wildcards to the files of a figure.

    There is one for each of its models with the dataset's sites (for others too where `unmatched`), each of `others`,
    panel and seed. `drawing` names the figure where its rule draws no other one.
    """

    def of_wildcards(wildcards):
        figure = wildcards.get("figure", drawing)
        dataset = config["figure_params"][figure]["dataset"]
        chosen = [
            model
            for model in CONFIGURATION.figure_models(figure)
            if (unmatched or model in matched_models()) and (models is None or model in models)
        ]
        files = [
            file
            for model in [*chosen, *others]
            for file in expand(
                pattern,
                run=config["run"],
                dataset=dataset,
                model=model,
                tool=config["imputation"]["tools"][0],
                panel=CONFIGURATION.panels(),
                seed=CONFIGURATION.seeds_of(model) if "{model}" in pattern else config["seeds"],
            )
        ]
        return list(dict.fromkeys(files))

    return of_wildcards


def figure_latent_tables(figure):
    """Return functions to the tables about the hidden layer of a figure's dataset by title, those of all seeds."""
    titles = ["spectrum", "modes", "neighbours", "units", "prototypes", "coordinates", "chains", "paths"]
    return {
        title: figure_files(figure, f"results/{{run}}/latent/{{dataset}}/seed{{seed}}/{title}.tsv") for title in titles
    }


def latent_sweeps(figure):
    """Return the sweeps that an AG of the RBM takes on a figure's dataset; 0 where no such machine is set."""
    model = config["latent"]["model"]
    if model not in config["models"] or figure not in config["figure_params"]:
        return 0
    return CONFIGURATION.model_settings(config["figure_params"][figure]["dataset"], model).get("sampling_sweeps", 0)


def figure_gains(figure):
    """Return the gains of a figure's dataset by every imputation program."""
    dataset = config["figure_params"][figure]["dataset"]
    return expand(f"{RESULTS}/impute/{dataset}/{{tool}}/gains.tsv", tool=config["imputation"]["tools"])


def figure_genes(wildcards):
    """Return the table of genes that names the candidates of a figure's dataset, or nothing."""
    file = CONFIGURATION.scan_settings(config["figure_params"][wildcards.figure]["dataset"])["genes"]
    return CONFIGURATION.file(file) if file else []


def figure_build(wildcards):
    """Return the genome build of a figure's dataset."""
    dataset = config["figure_params"][wildcards.figure]["dataset"]
    return config["cohorts"][config["dataset_params"][dataset]["cohort"]]["build"]


def tools_used():
    """Return the imputation programs of the run."""
    return config["imputation"]["tools"] if config["imputation"]["datasets"] else []


def run_files():
    """Return the files that the run's datasets come from, those of AGs that the user brings, and those of its stages."""
    datasets = [*config["datasets"], *control_datasets()]
    cohorts = [config["cohorts"][config["dataset_params"][name]["cohort"]] for name in datasets]
    files = [file for cohort in cohorts for file in files_of_cohort(cohort)]
    for dataset in config["datasets"]:
        for model in CONFIGURATION.models_of(dataset):
            for key in ("genomes", "legends", "trained_on"):
                files += CONFIGURATION.external_file(dataset, model, key)
    stages = [CONFIGURATION.scan_settings(dataset)[key] for dataset in config["scan"]["datasets"] for key in SCAN_FILES]
    if config["imputation"]["datasets"]:
        stages += [config["imputation"][key] for key in ("typed_sites", "genetic_map")]
    if any("phase" in cohort for cohort in cohorts) or config["latent"]["masked_datasets"] or "beagle" in tools_used():
        files.append(config["imputation"]["beagle_jar"])
    for dataset in config["datasets"]:
        files += [
            file for model in CONFIGURATION.models_of(dataset) for file in CONFIGURATION.model_files(dataset, model)
        ]
    files += [CONFIGURATION.file(file) for file in stages if file]
    return [file for file in dict.fromkeys(files) if file]


def check_files():
    """Return the files that the check looks at: those of the cohorts as the user gives them, maps and an array's sites."""
    cohorts = [config["cohorts"][config["dataset_params"][name]["cohort"]] for name in config["datasets"]]
    files = [file for cohort in cohorts for file in files_of_cohort(cohort, without=["rebuilt"])]
    maps = [CONFIGURATION.scan_settings(dataset)["genetic_map"] for dataset in config["scan"]["datasets"]]
    imputation = config["imputation"]
    more = [imputation["genetic_map"], imputation["typed_sites"]] if imputation["datasets"] else []
    files += [CONFIGURATION.file(file) for file in [*maps, *more] if file]
    return [file for file in dict.fromkeys(files) if file]


def check_settings():
    """Return what the check needs of the configuration as JSON: what the run uses, and none of what it does not."""
    used = {
        key: config[key]
        for key in ("seeds", "device", "datasets", "split", "models", "compare", "scan", "imputation", "latent")
    }
    used["dataset_params"] = {name: config["dataset_params"][name] for name in config["datasets"]}
    used["model_params"] = {name: config["model_params"][name] for name in {*config["models"], *trainable_models()}}
    cohorts = {settings["cohort"] for settings in used["dataset_params"].values()}
    return as_json(used | {"cohorts": {name: config["cohorts"][name] for name in cohorts}})


def all_settings():
    """Return the whole configuration as JSON."""
    return as_json(config)


def report_texts():
    """Return template and captions of the report, as `digest` names files."""
    return sorted(os.path.relpath(path, SCRIPTS) for path in (WORKFLOW / "report").iterdir())
