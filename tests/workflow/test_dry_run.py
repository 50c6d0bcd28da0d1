"""Dry runs of every configuration in an empty folder: without data the plan is right, with mistakes there is none."""

import re
import subprocess
from pathlib import Path

import pytest

from helpers import ROOT
from plan_helpers import DEFAULTS, expected, merged
from workflow_helpers import snakemake

SNAKEFILE = ROOT / "Snakefile"
CONFIGS = sorted([*(ROOT / "config").glob("*.yaml"), *(ROOT / "config" / "examples").glob("*.yaml")])


def dry_run(folder: Path, config: Path, *arguments: str, check: bool = True) -> subprocess.CompletedProcess:
    """Plan a run of a configuration above the defaults."""
    arguments = ("--snakefile", SNAKEFILE, "--dry-run", *arguments)
    return snakemake(folder, *arguments, config=[DEFAULTS, config], check=check)


def make_user_files(config: dict, folder: Path) -> None:
    """Make the files that a user would bring, empty."""
    names = [name for cohort in config["cohorts"].values() for name in [*cohort.get("vcf", []), cohort["people"]]]
    for model in config["model_params"].values():
        if model["kind"] == "external":
            names += [name for key in ("genomes", "legends", "trained_on") for name in model.get(key, {}).values()]
    for name in names:
        if not name.startswith("resources/data/"):
            touch(folder / name)


def touch(path: Path) -> None:
    path.parent.mkdir(exist_ok=True)
    path.touch()


def planned(output: str) -> dict[str, int]:
    """Return the number of jobs of each rule from Snakemake's table."""
    table = output.partition("Job stats:")[2].partition("total")[0]
    return {rule: int(count) for rule, count in re.findall(r"^(\w+) +(\d+)$", table, re.MULTILINE)}


@pytest.mark.parametrize("config", CONFIGS, ids=lambda path: path.stem)
def test_every_configuration_has_a_plan_without_data(config, tmp_path):
    settings = merged(DEFAULTS, config)
    make_user_files(settings, tmp_path)
    run = dry_run(tmp_path, config)
    jobs = planned(run.stdout)
    downloads = {rule: jobs.pop(rule) for rule in list(jobs) if rule.startswith("acquire_")}
    assert jobs == expected(settings)
    # Who brings a cohort downloads nothing.
    people = {
        settings["cohorts"][settings["dataset_params"][name]["cohort"]]["people"] for name in settings["datasets"]
    }
    assert bool(downloads) == all(name.startswith("resources/data/") for name in people)
    # The paper's files, and what they are compared with.
    assert downloads.get("acquire_vcf", 0) == jobs.get("check_rebuilt", 0)


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
    assert planned(run.stdout)["train"] == expected(merged(DEFAULTS))["train"] * 3
    assert "results/seeds/train/structure/gan/seed3/model.npz" in run.stdout


def test_a_model_with_sites_of_its_own_is_compared_but_stands_in_no_scan_and_no_figure(tmp_path):
    mine = tmp_path / "mine.yaml"
    mine.write_text("models: [gan, wgan, rbm, hclt, markov, bernoulli, coalescent]\n")
    run = dry_run(tmp_path, mine)
    jobs, datasets = planned(run.stdout), len(merged(DEFAULTS)["datasets"])
    without = expected(merged(DEFAULTS))
    more = dict.fromkeys(["train", "generate", "publish_genomes"], datasets)
    assert {rule: jobs[rule] for rule in without} == {rule: without[rule] + more.get(rule, 0) for rule in without}
    assert jobs["compare_unmatched"] == datasets
    reasons = dict(re.findall(r"^Job \d+: (.*)\nReason: (.*)$", run.stdout, re.MULTILINE))
    assert "compare/dense/coalescent/seed1/metrics.tsv" in reasons["Writing the scorecard"]
    assert "scan/biobank/coalescent" not in run.stdout
    figures = [reason for message, reason in reasons.items() if message.startswith("Drawing fig")]
    assert len(figures) == len(merged(DEFAULTS)["figures"])
    assert not any("coalescent" in reason for reason in figures)


def test_each_window_is_a_training_of_its_own_and_ags_need_all_of_them(tmp_path):
    mine = tmp_path / "mine.yaml"
    mine.write_text("""
        dataset_params: {dense: {windows: {n: 3, context_sites: 10}}}
        latent: {masked_datasets: []}
        figure_params: {figs1_training: {dataset: dense}}
    """)
    run = dry_run(tmp_path, mine)
    settings = merged(DEFAULTS, mine)
    jobs = expected(settings)
    assert jobs["train_window"] == 3 * len(settings["models"])
    assert jobs["join_training"] == len(settings["models"])
    planned_jobs = planned(run.stdout)
    assert {rule: planned_jobs[rule] for rule in jobs} == jobs
    reasons = dict(re.findall(r"^Job \d+: (.*)\nReason: (.*)$", run.stdout, re.MULTILINE))
    needed = reasons["Generating artificial genomes of dense with rbm, seed 1"]
    assert all(f"train/dense/rbm/seed1/window{window}/model.npz" in needed for window in (1, 2, 3))


def test_ags_that_the_user_brings_are_imported_once_and_have_controls_of_their_own(tmp_path):
    mine = tmp_path / "mine.yaml"
    # Those of the data set `biobank` stand in a panel, which wants them for every seed.
    mine.write_text("""
        models: [rbm, markov, theirs]
        seeds: [4, 2]
        imputation: {panels: [real, real+theirs]}
        model_params:
          theirs:
            kind: external
            genomes: {dense: ags/dense.hapt.gz, biobank: ags/biobank.hap}
            legends: {biobank: ags/biobank.legend}
            trained_on: {dense: ags/people.txt}
    """)
    settings = merged(DEFAULTS, mine)
    make_user_files(settings, tmp_path)
    run = dry_run(tmp_path, mine)
    jobs = planned(run.stdout)
    without_downloads = {rule: number for rule, number in jobs.items() if not rule.startswith("acquire_")}
    more = {"import_genomes": 1, "scan": 1}  # those of biobank for seed 2, and the scan of those for seed 4
    wanted = expected(settings)
    assert without_downloads == wanted | {rule: wanted[rule] + number for rule, number in more.items()}
    for path in (
        "compare/dense/theirs/seed4/metrics.tsv",
        "compare/biobank/theirs.ceiling/seed2/metrics.tsv",
        "compare/biobank/theirs.floor/seed4/metrics.tsv",
        "scan/biobank/theirs/seed4/tracks.tsv",
        "generate/biobank/theirs/seed2/genomes.vcz.zip",
    ):
        assert path in run.stdout
    for path in (
        "structure/theirs",
        "train/dense/theirs",
        "compare/dense/theirs/seed2",
        "scan/biobank/theirs/seed2",
        "generate/dense/theirs/seed2",
        "theirs/seed4/genomes.vcf.gz",
    ):
        assert path not in run.stdout


def test_every_program_imputes_every_panel_of_every_size(tmp_path):
    mine = tmp_path / "mine.yaml"
    mine.write_text("""
        seeds: [1, 2]
        imputation:
          tools: [minimac4, beagle, impute5, impute2]
          panels: [real, real+rbm@100, rbm]
          typed_sites: array.tsv
          genetic_map: map.txt
          impute5: /opt/impute5
        latent: {masked_datasets: []}
    """)
    for name in ("array.tsv", "map.txt"):
        touch(tmp_path / name)
    run = dry_run(tmp_path, mine, "--printshellcmds")
    jobs = planned(run.stdout)
    assert {rule: number for rule, number in jobs.items() if not rule.startswith("acquire_")} == expected(
        merged(DEFAULTS, mine)
    )
    commands = re.findall(r"python \S+/((imput\w*)\.py .*)", run.stdout)
    assert len(commands) == 1 + 6 + 24 + 4
    for command, script in commands:
        if script == "impute_target":
            assert "--typed-sites array.tsv" in command
        elif script == "impute_panel":
            (panel,) = re.findall(r"--panel (\S+)", command)
            seeds = re.findall(r"generate/biobank/rbm/(seed\d)/genomes", command)
            assert ("--models rbm" in command) == ("rbm" in panel) == bool(seeds)
            assert all(f"panels/{panel}/{seed}/panel.vcf.gz" in command for seed in seeds)
        elif script == "imputation_gains":
            assert command.count("/imputed.vcf.gz") == 6
        else:
            assert "--genetic-map map.txt" in command
    assert "--tool impute5 --program /opt/impute5 " in run.stdout
    # Those of the first program alone are drawn.
    (figure,) = re.findall(r"figure\.py fig7_imputation (.*)", run.stdout)
    assert "impute/biobank/minimac4/gains.tsv " in figure
    assert "impute/biobank/beagle/gains.tsv" not in figure
    assert "/beagle/" not in figure


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


def test_figures_of_one_kind_show_the_data_sets_and_models_that_they_name(tmp_path):
    mine = tmp_path / "mine.yaml"
    mine.write_text("""
        models: [gan, rbm, hclt, markov, bernoulli, coalescent]
        seeds: [1, 2]
        figures: [fig3_ld, figs7b_ld, figs6_comparators]
        figure_params:
          figs7b_ld: {draws: fig3_ld, dataset: structure, models: [rbm, gan]}
          figs6_comparators: {draws: figs_models, dataset: dense, models: [hclt, coalescent]}
    """)
    run = dry_run(tmp_path, mine, "--printshellcmds")
    assert planned(run.stdout)["fig3_ld"] == 2
    commands = {name: line for line, name in re.findall(r"(python \S+fig.* --tsv \S+/(\w+)\.tsv)", run.stdout)}
    assert set(commands) == {"fig3_ld", "figs7b_ld", "figs6_comparators"}

    def sets(figure, table):
        return re.findall(rf"/([a-z]+)/(\w+)/seed(\d)/{re.escape(table)}", commands[figure])

    assert sets("figs7b_ld", "ld_matrix.tsv") == [("structure", "together", "1")]
    assert sets("figs7b_ld", "metrics.tsv") == [
        ("structure", model, seed) for model in ("gan", "rbm", "ceiling", "floor") for seed in ("1", "2")
    ]
    models = {"gan", "rbm", "hclt", "markov", "bernoulli"}
    assert {model for _, model, _ in sets("fig3_ld", "metrics.tsv")} == models | {"ceiling", "floor"}
    # What has sites of its own stands in what needs no common sites.
    assert {model for _, model, _ in sets("figs6_comparators", "allele_frequencies.tsv")} == {"hclt"}
    for table in ("distances.tsv", "ld_decay.tsv", "metrics.tsv"):
        assert {model for _, model, _ in sets("figs6_comparators", table)} == {"hclt", "coalescent", "ceiling", "floor"}


def test_what_is_compared_as_published_has_the_reference_of_the_published_numbers(tmp_path):
    mine = tmp_path / "mine.yaml"
    mine.write_text("""
        models: [gan, rbm, hclt, markov, bernoulli, gan_authors]
        seeds: [3, 4]
        paper: {datasets: {snps805: structure, snps10k: dense}}
        model_params:
          gan_authors: {kind: external, genomes: {structure: ags/gan.hapt}}
    """)
    make_user_files(merged(DEFAULTS, mine), tmp_path)
    run = dry_run(tmp_path, mine, "--printshellcmds", "verify")
    done = re.findall(
        r"compare_published\.py .* (--genomes|--real) (\S+) --reference (\w+) --seed (\d) .*/published/(\S+)/seed",
        run.stdout,
    )
    found = {(place, reference, seed) for _, _, reference, seed, place in done}
    assert found == {
        *((f"structure/{model}", "all", seed) for model in ("gan", "rbm", "hclt") for seed in "34"),
        *((f"dense/{model}", "test", seed) for model in ("rbm", "hclt", "markov", "bernoulli") for seed in "34"),
        ("structure/gan_authors", "all", "3"),
        ("structure/real_half", "all", "3"),
        ("dense/real_train", "test", "3"),
    }
    assert {(option, what) for option, what, *_ in done if option == "--real"} == {
        ("--real", "real_half"),
        ("--real", "real_train"),
    }
    assert planned(run.stdout)["paper"] == planned(run.stdout)["verify"] == 1
