# What the stages share: the checked configuration, wildcard constraints and the helper functions of the rules.
#
# REQUIRED INPUTS: none
# OUTPUTS: none
# CONFIG KEYS: all of them; config/README.md is their manual
import itertools
import json
import os
import sys
import zipfile
from pathlib import Path

WORKFLOW = Path(str(workflow.current_basedir)).resolve().parent
SCRIPTS = WORKFLOW / "scripts"
sys.path.insert(0, str(SCRIPTS))

# The scripts must run in the Python that runs Snakemake, also where its environment is not activated. With
# `--sdm conda` the environment of the rule comes first all the same.
os.environ.update(PATH=os.pathsep.join([os.path.dirname(sys.executable), os.getenv("PATH", os.defpath)]))

from artificial_genomes.configuration import SCAN_FILES, checked
from artificial_genomes.digest import code_digest
from artificial_genomes.latent.tables import EXPLORED
from artificial_genomes.sources import read_sources

CONFIGURATION = checked(config, WORKFLOW)
WHEELS, MEMBERS, URL_FILES = read_sources(
    WORKFLOW.parent / "resources" / "sources.tsv", WORKFLOW.parent / "resources" / "members.tsv"
)
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


wildcard_constraints:
    run=CONFIGURATION.any_of([config["run"]]),
    dataset=CONFIGURATION.any_of(config["dataset_params"]),
    model=CONFIGURATION.any_of([*config["models"], *CONFIGURATION.conditional_models(), *CONTROLS, "real"]),
    control=CONFIGURATION.any_of(CONTROLS),
    tool=CONFIGURATION.any_of(config["imputation"]["tools"]),
    panel=CONFIGURATION.any_of(config["imputation"]["panels"]),
    figure=CONFIGURATION.any_of(config["figures"]),
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


# --- prepare


def cohort_of(wildcards):
    """Return the cohort that a dataset is cut from."""
    return config["cohorts"][config["dataset_params"][wildcards.dataset]["cohort"]]


def cohort_haplotypes(wildcards):
    """Return the files with the haplotypes of a dataset's cohort."""
    cohort = cohort_of(wildcards)
    return cohort["vcf"] if "vcf" in cohort else [cohort["hapt"]]


def cohort_legend(wildcards):
    """Return the legend of a .hapt file; nothing for VCFs."""
    return cohort_of(wildcards).get("legend", [])


def cohort_people(wildcards):
    """Return the table of a cohort's people."""
    return cohort_of(wildcards)["people"]


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
    """Return the files that the settings of a model for a dataset name."""
    return CONFIGURATION.model_files(wildcards.dataset, wildcards.model)


def thousand_sites(haplotypes):
    """Return the number of sites of a haplotype file, in thousands. Where there is no file yet, Snakemake asks later."""
    with zipfile.ZipFile(haplotypes) as store:
        return json.loads(store.read("variant_position/.zarray"))["shape"][0] / 1000


def alleles_in(haplotypes):
    """Return the number of alleles in a haplotype file: sites times haplotypes."""
    with zipfile.ZipFile(haplotypes) as store:
        sites, people, ploidy = json.loads(store.read("call_genotype/.zarray"))["shape"]
    return sites * people * ploidy


def comparison_mem_mb(haplotypes):
    """Return the memory of a comparison in MB: twelve bytes for each allele of the dataset, and what the programs take.

    A fifth of the people are compared with as many AGs; their PCA holds them several times as eight-byte numbers.
    """
    return round(1500 + 12e-6 * alleles_in(haplotypes))


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
        return ""
    number = f" --window {wildcards.window}" if hasattr(wildcards, "window") else ""
    return f"--windows '{as_json(windows)}'{number}"


def trained_sites(wildcards, haplotypes):
    """Return how many sites a training sees, in thousands."""
    windows = CONFIGURATION.windows(wildcards.dataset) or {"n": 1, "context_sites": 0}
    return thousand_sites(haplotypes) / windows["n"] + windows["context_sites"] / 1000


def training_mem_mb(wildcards, haplotypes):
    """Return the memory of a training in MB; measured at 169 to 10,000 sites, with a third to spare.

    The weights of the paper's GAN, their gradients and moments grow with the square of the sites, the probabilities of
    a hidden Chow-Liu tree with that of its states.
    """
    sites = trained_sites(wildcards, haplotypes)
    settings = CONFIGURATION.model_settings(wildcards.dataset, wildcards.model)
    more = {"gan": 75 * sites**2, "hclt": 0.02 * sites * settings.get("hidden_states", 0) ** 2}
    # All haplotypes are read before the window is cut.
    return round(2500 + 150 * sites + more.get(settings["kind"], 0) + 1.5e-6 * alleles_in(haplotypes))


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
    """Return a function from wildcards to the digest of a script together with the module of the model's kind."""

    def of_wildcards(wildcards):
        kind = config["model_params"][wildcards.model]["kind"]
        return digest(name, f"artificial_genomes/models/{kind}.py")

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


def genome_files(*names):
    """Return files of every AG set that the workflow makes."""
    return [
        file for name in names for file in ag_files(f"generate/{{dataset}}/{{model}}/seed{{seed}}/{name}", own_models())
    ]


# --- compare


def compare_settings(wildcards):
    """Return how a dataset is compared, as JSON: the section `compare`, and how many windows its models have."""
    windows = CONFIGURATION.windows(wildcards.dataset)
    return as_json(config["compare"] | ({"windows": windows["n"]} if windows else {}))


def compare_tables(name, tables=COMPARE_TABLES):
    """Return the tables of a comparison by title; `name` is the folder between dataset and seed, with wildcards."""
    folder = f"results/{{run}}/compare/{{dataset}}/{name}/seed{{seed}}"
    return {title: f"{folder}/{title}.tsv" for title in tables}


def trained_together():
    """Return the models of the run that share the sites, the split and the number of AGs of each dataset."""
    return [model for model in matched_models() if model not in external_models()]


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
    """Return the datasets that the positive controls of the scans look at."""
    if not config["scan"]["controls"]:
        return []
    rows = [line.split("\t") for line in Path(controls_table()).read_text().splitlines()]
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


def scan_mem_mb(haplotypes):
    """Return the memory of a scan in MB: eight bytes for each allele of the dataset, and what the programs take."""
    return round(1000 + 8e-6 * alleles_in(haplotypes))


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


def teaching_models():
    """Return the models whose AGs classifiers learn from."""
    return list(dict.fromkeys([*trained_together(), *CONFIGURATION.conditional_models()]))


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
        for seed in config["seeds"] if trained_together() else ():
            for model in [*trained_together(), *CONTROLS]:
                path = f"{RESULTS}/compare/{dataset}/together/seed{seed}/metrics.{model}.tsv"
                sources.append(f"{dataset}:{model}:{seed}:{path}")
    for dataset in config["imputation"]["datasets"]:
        for tool, panel in itertools.product(config["imputation"]["tools"], config["imputation"]["panels"]):
            for role in panel_roles(panel):
                add("impute", dataset, role, f"{tool}/{panel}", config["seeds"])
    for dataset in config["latent"]["datasets"]:
        for seed in config["seeds"]:
            folder = f"{RESULTS}/latent/{dataset}"
            model = config["latent"]["model"]
            sources.append(f"{dataset}:{model}:{seed}:{folder}/seed{seed}/metrics.tsv")
            for name, table in ((model, "metrics"), *zip(CONTROLS, CONTROLS)):
                sources.append(f"{dataset}:{name}:{seed}:{folder}/tasks/seed{seed}/{table}.tsv")
            for model in teaching_models():
                sources.append(f"{dataset}:{model}:{seed}:{folder}/tasks/seed{seed}/usefulness.{model}.tsv")
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


# --- figures and report


def figure_files(figure, pattern, others=(), models=None):
    """Return a file for each model with the dataset's sites (and each of `others`), panel and seed of a figure."""
    dataset = config["figure_params"][figure]["dataset"]
    chosen = matched_models() if models is None else [model for model in matched_models() if model in models]
    files = [
        file
        for model in [*(model for model in chosen if model in CONFIGURATION.models_of(dataset)), *others]
        for file in expand(
            pattern,
            run=config["run"],
            dataset=dataset,
            model=model,
            tool=config["imputation"]["tools"][0],
            panel=config["imputation"]["panels"],
            seed=CONFIGURATION.seeds_of(model) if "{model}" in pattern else config["seeds"],
        )
    ]
    return list(dict.fromkeys(files))


def figure_latent_tables(figure):
    """Return the tables about the hidden layer of a figure's dataset by title, those of all seeds."""
    titles = ["spectrum", "modes", "neighbours", "units", "prototypes", "coordinates", "chains", "paths"]
    return {
        title: figure_files(figure, f"results/{{run}}/latent/{{dataset}}/seed{{seed}}/{title}.tsv") for title in titles
    }


def latent_sweeps(figure):
    """Return the sweeps that an AG of the RBM takes on a figure's dataset; 0 where no such machine is set."""
    model = config["latent"]["model"]
    if model not in config["models"]:
        return 0
    return CONFIGURATION.model_settings(config["figure_params"][figure]["dataset"], model).get("sampling_sweeps", 0)


def parents(files):
    """Return the folders of files."""
    return [os.path.dirname(file) for file in files]


def figure_gains(figure):
    """Return the gains of a figure's dataset by every imputation program."""
    dataset = config["figure_params"][figure]["dataset"]
    return expand(f"{RESULTS}/impute/{dataset}/{{tool}}/gains.tsv", tool=config["imputation"]["tools"])


def figure_genes(figure):
    """Return the table of genes that names the candidates of a figure's dataset, or nothing."""
    file = CONFIGURATION.scan_settings(config["figure_params"][figure]["dataset"])["genes"]
    return CONFIGURATION.file(file) if file else []


def figure_build(figure):
    """Return the genome build of a figure's dataset."""
    return config["cohorts"][config["dataset_params"][config["figure_params"][figure]["dataset"]]["cohort"]]["build"]


def run_files():
    """Return the files that the run's datasets come from, those of AGs that the user brings, and those of its stages."""
    datasets = [*config["datasets"], *control_datasets()]
    cohorts = [config["cohorts"][config["dataset_params"][name]["cohort"]] for name in datasets]
    files = [
        file for cohort in cohorts for file in [*cohort.get("vcf", []), *map(cohort.get, ("hapt", "legend", "people"))]
    ]
    for dataset in config["datasets"]:
        for model in external_models():
            for key in ("genomes", "legends", "trained_on"):
                files += CONFIGURATION.external_file(dataset, model, key)
    stages = [CONFIGURATION.scan_settings(dataset)[key] for dataset in config["scan"]["datasets"] for key in SCAN_FILES]
    if config["imputation"]["datasets"]:
        stages += [config["imputation"][key] for key in ("typed_sites", "genetic_map")]
    files += [CONFIGURATION.file(file) for file in stages if file]
    return [file for file in dict.fromkeys(files) if file]


def all_settings():
    """Return the whole configuration as JSON."""
    return as_json(config)


def report_texts():
    """Return template and captions of the report, as `digest` names files."""
    return sorted(os.path.relpath(path, SCRIPTS) for path in (WORKFLOW / "report").iterdir())
