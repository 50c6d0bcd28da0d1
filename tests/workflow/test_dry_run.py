"""Dry runs in an empty folder: every configuration has a plan without data, with mistakes there is none.

What is planned, `tests/unit/config/test_plan.py` says; here the rules make it, and tell their programs of it.
"""

import re
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from artificial_genomes.config.automatic import choose_figures
from artificial_genomes.config.schema import FIGURES
from helpers import ROOT
from plan_helpers import DEFAULTS, DEMO_JOBS, merged
from workflow_helpers import snakemake

SNAKEFILE = ROOT / "Snakefile"
CONFIGS = sorted([*(ROOT / "config").glob("*.yaml"), *(ROOT / "config" / "examples").glob("*.yaml")])


def dry_run(folder: Path, config: Path, *arguments: str, check: bool = True) -> subprocess.CompletedProcess:
    """Plan a run of a configuration above the defaults."""
    arguments = ("--snakefile", SNAKEFILE, "--quiet", "host", "--dry-run", *arguments)
    return snakemake(folder, *arguments, config=[DEFAULTS, config], check=check)


def make_user_files(config: dict, folder: Path) -> None:
    """Make the files that a user would bring, empty."""
    names = [name for cohort in config["cohorts"].values() for name in [*cohort.get("vcf", []), cohort["people"]]]
    for model in config["model_params"].values():
        if model["kind"] == "external":
            names += [name for key in ("genomes", "legends", "trained_on") for name in model.get(key, {}).values()]
    names += [config["imputation"][key] for key in ("typed_sites", "genetic_map") if config["imputation"][key]]
    for name in names:
        if not name.startswith("resources/data/"):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).touch()


def planned(output: str) -> Counter[str]:
    """Return the number of jobs of each rule from Snakemake's table, of all downloads but those of regions in one."""
    table = output.partition("Job stats:")[2].partition("total")[0]
    jobs: Counter[str] = Counter()
    for rule, count in re.findall(r"^(\w+) +(\d+)$", table, re.MULTILINE):
        jobs[re.sub(r"^acquire_(?!vcf).*", "acquire_", rule)] += int(count)
    return jobs


def reasons(output: str) -> dict[str, str]:
    """Return why each job runs, by its message."""
    return dict(re.findall(r"^Job \d+: (.*)\nReason: (.*)$", output, re.MULTILINE))


@pytest.mark.parametrize("config", CONFIGS, ids=lambda path: path.stem)
def test_every_configuration_has_a_plan_without_data(config, tmp_path):
    settings = merged(DEFAULTS, config)
    choose_figures(settings)
    make_user_files(settings, tmp_path)
    jobs = planned(dry_run(tmp_path, config).stdout)
    figures = Counter({rule: jobs.pop(rule) for rule in list(jobs) if rule.startswith("fig")})
    assert figures == Counter(settings["figure_params"][name].get("draws", name) for name in settings["figures"])
    assert jobs["report"] == jobs["all"] == 1
    # Who brings a cohort downloads nothing.
    cohorts = {name: settings["dataset_params"][name]["cohort"] for name in settings["datasets"]}
    people = {settings["cohorts"][cohort]["people"] for cohort in cohorts.values()}
    downloaded = jobs.pop("acquire_", 0)
    assert bool(downloaded) == all(name.startswith("resources/data/") for name in people)
    # The paper's files, and what they are compared with.
    assert jobs.get("acquire_vcf", 0) == jobs.get("check_rebuilt", 0)
    if config == DEFAULTS:
        assert jobs == DEMO_JOBS
        assert set(figures) == set(FIGURES)
        assert downloaded == 32


def test_both_runs_of_the_paper_have_its_data_and_its_figures():
    paper, small = (merged(ROOT / "config" / name) for name in ("paper.yaml", "paper-cpu.yaml"))
    # What is left out of the small run are GAN and RBM as their authors train them on 10,000 SNPs, which takes days.
    authors = ("gan_paper", "rbm_paper")
    for settings in paper["dataset_params"].values():
        settings["models"] = [model for model in settings.get("models", []) if model not in authors]
    for settings in small["dataset_params"].values():
        settings.setdefault("models", [])
    for key in ("cohorts", "datasets", "seeds", "models", "figures", "figure_params", "scan", "imputation", "latent"):
        assert paper[key] == small[key], key
    for name, dataset in paper["dataset_params"].items():
        assert {key: value for key, value in dataset.items() if key != "model_params"} == {
            key: value for key, value in small["dataset_params"][name].items() if key != "model_params"
        }
    for model in set(paper["models"]) & paper["model_params"].keys():
        assert paper["model_params"][model] == small["model_params"][model]


def test_numbers_on_the_command_line_are_numbers(tmp_path):
    run = dry_run(tmp_path, DEFAULTS, "--config", "seeds=[1,2,3]", "run=seeds")
    assert planned(run.stdout)["train"] == 3 * DEMO_JOBS["train"]
    assert "results/seeds/train/structure/gan/seed3/model.npz" in run.stdout


def test_a_broken_configuration_ends_before_the_plan(tmp_path):
    broken = tmp_path / "broken.yaml"
    broken.write_text("models: [rmb]\ndevize: cpu\nscan:\nmodel_params: {gan: {epochs: many}}\nrun: my run\n")
    run = dry_run(tmp_path, broken, check=False)
    assert run.returncode == 2
    places = [line.split(": ")[1] for line in run.stderr.splitlines() if line.startswith("config: ")]
    assert places == ["devize", "run", "models", "model_params.gan.epochs", "scan"]
    for output in (run.stdout, run.stderr):
        assert "Traceback" not in output
        assert "Building DAG" not in output
    assert not (tmp_path / "results").exists()


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> str:
    """Return the plan of a run with all that the demo does not have, and its commands."""
    folder = tmp_path_factory.mktemp("run")
    mine = folder / "mine.yaml"
    mine.write_text("""
        models: [gan, rbm, markov, coalescent, gan_authors]
        seeds: [4, 2]
        dataset_params:
          structure: {models_left_out: []}
          dense: {windows: {n: 3, context_sites: 10}, models: [gan, rbm, markov], models_left_out: []}
          biobank: {models_left_out: []}
        model_params:
          gan_authors:
            kind: external
            genomes: {structure: ags/gan.hapt.gz, biobank: ags/biobank.hap}
            legends: {biobank: ags/biobank.legend}
            trained_on: {structure: ags/people.txt}
        imputation:
          tools: [minimac4, beagle, impute5, impute2]
          panels: [real, real+rbm@100, rbm, real+gan_authors]
          typed_sites: array.tsv
          genetic_map: map.txt
          impute5: /opt/impute5
        latent: {masked_datasets: []}
        paper: {datasets: {snps805: structure, snps10k: dense}}
        figures: [fig3_ld, figs7b_ld, figs6_comparators, fig7_imputation, figs9_imputation]
        figure_params:
          figs7b_ld: {draws: fig3_ld, dataset: structure, models: [rbm, gan]}
          figs6_comparators: {draws: figs_models, dataset: structure, models: [markov, coalescent]}
    """)
    make_user_files(merged(DEFAULTS, mine), folder)
    return dry_run(folder, mine, "--printshellcmds", "all", "verify").stdout


def test_the_scorecard_needs_every_table_of_metrics_and_of_a_training(run):
    needed = reasons(run)["Writing the scorecard"]
    for dataset in ("structure", "dense", "biobank"):
        for model in ("gan", "rbm", "markov", *(["coalescent"] if dataset != "dense" else [])):
            for seed in (4, 2):
                assert f"train/{dataset}/{model}/seed{seed}/training.tsv" in needed
                assert f"compare/{dataset}/{model}/seed{seed}/metrics.tsv" in needed
    (tables,) = re.findall(r"scorecard\.py .* <<< '(.*)' >", run)
    assert '["dense", "rbm", 2, "results/demo/compare/dense/rbm/seed2/metrics.tsv"]' in tables


def test_each_window_is_a_training_of_its_own_and_ags_need_all_of_them(run):
    jobs = planned(run)
    assert jobs["train_window"] == 3 * 3 * 2
    assert jobs["join_training"] == 3 * 2
    assert jobs["train"] == 2 * 4 * 2 + 2 * 2  # and AGs of given populations by two models
    needed = reasons(run)["Generating artificial genomes of dense with rbm, seed 4"]
    assert all(f"train/dense/rbm/seed4/window{window}/model.npz" in needed for window in (1, 2, 3))


def test_ags_that_the_user_brings_are_imported_once_and_have_controls_of_their_own(run):
    jobs = planned(run)
    # Those of biobank are imported for both seeds, of which the panel has one each.
    assert jobs["import_genomes"] == 3
    assert jobs["compare_external_control"] == 2 * 2 * 2
    assert jobs["compare"] == 3 * 3 * 2 + 2
    assert jobs["compare_unmatched"] == 2 * 2
    for path in (
        "compare/structure/gan_authors/seed4/metrics.tsv",
        "compare/biobank/gan_authors.ceiling/seed2/metrics.tsv",
        "compare/biobank/gan_authors.floor/seed4/metrics.tsv",
        "scan/biobank/gan_authors/seed4/metrics.tsv",
        "generate/biobank/gan_authors/seed2/genomes.vcz.zip",
    ):
        assert path in run
    for path in (
        "dense/gan_authors",
        "train/structure/gan_authors",
        "compare/structure/gan_authors/seed2",
        "generate/structure/gan_authors/seed2",
        "gan_authors/seed4/genomes.vcf.gz",
        "scan/biobank/coalescent",
    ):
        assert path not in run


def test_every_program_imputes_every_panel_of_every_size(run):
    commands = re.findall(r"python \S+/((imput\w*)\.py .*)", run)
    assert len(commands) == 1 + 8 + 32 + 4
    for command, script in commands:
        if script == "impute_target":
            assert "--typed-sites array.tsv" in command
        elif script == "impute_panel":
            (panel,) = re.findall(r"--panel (\S+)", command)
            seeds = re.findall(r"generate/biobank/rbm/(seed\d)/genomes", command)
            assert ("--models rbm" in command) == ("rbm" in panel) == bool(seeds)
            assert all(f"panels/{panel}/{seed}/panel.vcf.gz" in command for seed in seeds)
        elif script == "imputation_gains":
            assert command.count("/imputed.vcf.gz") == 8
        else:
            assert "--genetic-map map.txt" in command
    programs = dict(re.findall(r"--tool (\w+) --program (\S+) ", run))
    assert programs.pop("beagle").endswith("/beagle.28Jun21.220.jar")
    assert programs == {"minimac4": "minimac4", "impute5": "/opt/impute5", "impute2": "impute2"}
    # Those of the first program alone are drawn.
    drawn = [reason for reason in reasons(run).values() if "fig7_imputation" in reason.partition(";")[0]]
    (figure,) = [reason for reason in drawn if reason.startswith("Missing output files")]
    assert "impute/biobank/minimac4/gains.tsv" in figure
    assert "impute/biobank/beagle" not in figure


def test_a_model_that_imputes_by_itself_has_no_panel_and_needs_no_program(tmp_path):
    mine = tmp_path / "mine.yaml"
    mine.write_text("""
        datasets: [biobank]
        models: [hclt]
        seeds: [4, 2]
        imputation: {tools: [minimac4, beagle], panels: [real, hclt@direct]}
        latent: {datasets: [], masked_datasets: [], conditional: [], discriminators: []}
        paper: {datasets: {}}
        figures: [fig7_imputation, figs9_imputation]
    """)
    run = dry_run(tmp_path, mine, "--printshellcmds").stdout
    jobs = planned(run)
    assert [jobs[f"impute_{name}"] for name in ("panel", "minimac4", "beagle", "direct")] == [2, 2, 2, 4]
    assert jobs["score_imputation"] == 8
    for tool in ("minimac4", "beagle"):
        output = f"results/demo/impute/biobank/{tool}/hclt@direct/seed2/imputed.vcf.gz"
        (command,) = re.findall(rf"python \S+/impute_direct\.py (.*) --output {output}", run)
        assert "--model results/demo/train/biobank/hclt/seed2/model.npz" in command
    assert "panels/hclt@direct" not in run


def test_figures_of_one_kind_show_the_data_sets_and_models_that_they_name(run):
    commands = {name: line for line, name in re.findall(r"(python \S+fig.* --tsv \S+/(\w+)\.tsv)", run)}
    assert set(commands) == {"fig3_ld", "figs7b_ld", "figs6_comparators", "fig7_imputation", "figs9_imputation"}

    def sets(figure, table):
        return re.findall(rf"/([a-z]+)/(\w+)/seed(\d)/{re.escape(table)}", commands[figure])

    assert sets("figs7b_ld", "ld_matrix.tsv") == [("structure", "together", "4")]
    assert sets("figs7b_ld", "metrics.tsv") == [
        ("structure", model, seed) for model in ("gan", "rbm", "ceiling", "floor") for seed in ("4", "2")
    ]
    assert {model for _, model, _ in sets("fig3_ld", "metrics.tsv")} == {"gan", "rbm", "markov", "ceiling", "floor"}
    # What has sites of its own stands in what needs no common sites.
    for table in ("distances.tsv", "ld_decay.tsv", "metrics.tsv"):
        shown = {model for _, model, _ in sets("figs6_comparators", table)}
        assert shown == {"markov", "coalescent", "ceiling", "floor"}


def test_what_is_compared_as_published_has_the_reference_of_the_published_numbers(run):
    done = re.findall(
        r"compare_published\.py .* (--genomes|--real) (\S+) --reference (\w+) --seed (\d) .*/published/(\S+)/seed", run
    )
    assert {(place, reference, seed) for _, _, reference, seed, place in done} == {
        *((f"structure/{model}", "all", seed) for model in ("gan", "rbm") for seed in "42"),
        *((f"dense/{model}", "test", seed) for model in ("rbm", "markov") for seed in "42"),
        ("structure/gan_authors", "all", "4"),
        ("structure/real_half", "all", "4"),
        ("dense/real_train", "test", "4"),
    }
    assert {what for option, what, *_ in done if option == "--real"} == {"real_half", "real_train"}
    assert planned(run)["paper"] == planned(run)["verify"] == 1
