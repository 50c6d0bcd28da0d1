"""Dry runs of every configuration in an empty folder: without data the plan is right, with mistakes there is none."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
DEFAULTS = ROOT / "config" / "config.yaml"
CONFIGS = [DEFAULTS, ROOT / "config" / "test.yaml", *sorted((ROOT / "config" / "examples").glob("*.yaml"))]


def dry_run(folder: Path, *arguments: str | Path) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "snakemake", "--snakefile", ROOT / "Snakefile", "--directory", folder, "--dry-run"]
    return subprocess.run([*command, *arguments], capture_output=True, text=True, timeout=300)


def merged(*files: Path) -> dict:
    """Merge configurations as Snakemake does: mappings by key, everything else replaced."""

    def merge(old: dict, new: dict) -> dict:
        both = {key: merge(old[key], new[key]) for key in old.keys() & new.keys() if isinstance(new[key], dict)}
        return old | new | both

    config: dict = {}
    for file in files:
        config = merge(config, yaml.safe_load(file.read_text()))
    return config


def make_user_files(config: dict, folder: Path) -> None:
    """Make the files that a user would bring, empty."""
    for cohort in config["cohorts"].values():
        for name in [*cohort.get("vcf", []), cohort["people"]]:
            if not name.startswith("resources/data/"):
                touch(folder / name)
    for model in config["model_params"].values():
        if model["kind"] == "external":
            for key in ("genomes", "legends", "trained_on"):
                for name in model.get(key, {}).values():
                    touch(folder / name)


def touch(path: Path) -> None:
    path.parent.mkdir(exist_ok=True)
    path.touch()


def planned(output: str) -> dict[str, int]:
    """Return the number of jobs of each rule from Snakemake's table."""
    table = output.partition("Job stats:")[2].partition("total")[0]
    return {rule: int(count) for rule, count in re.findall(r"^(\w+) +(\d+)$", table, re.MULTILINE)}


def in_windows(config: dict, dataset: str) -> bool:
    return bool(config["dataset_params"][dataset].get("windows"))


def expected(config: dict) -> dict[str, int]:
    """Return how many jobs each rule has, but for downloads, from the numbers of data sets, models, seeds and so on."""
    external = [name for name in config["models"] if config["model_params"][name]["kind"] == "external"]
    brought = sum(len(config["model_params"][name]["genomes"]) for name in external)
    datasets, seeds, panels = (
        len(names) for names in (config["datasets"], config["seeds"], config["imputation"]["panels"])
    )
    models = len(config["models"]) - len(external)
    windows = [
        config["dataset_params"][name]["windows"]["n"] for name in config["datasets"] if in_windows(config, name)
    ]
    scans, imputed, latent = (len(config[stage]["datasets"]) for stage in ("scan", "imputation", "latent"))
    masked = len(config["latent"]["masked_datasets"])
    conditional = latent if config["latent"]["conditional"] else 0
    # The demo's control signals lie in two data sets that nothing else uses.
    controlled = bool(scans and config["scan"]["controls"])
    jobs = {
        "all": 1,
        "prepare": datasets + 2 * controlled,
        "train": ((datasets - len(windows)) * models + conditional) * seeds,
        "train_window": sum(windows) * models * seeds,
        "generate": (datasets * models + conditional) * seeds,
        "publish_genomes": datasets * models * seeds,
        "import_genomes": brought,
        "compare": datasets * models * seeds + brought,
        "compare_control": datasets * 2 * seeds,
        "compare_external_control": brought * 2 * seeds,
        "compare_together": datasets * seeds,
        "scan_controls": int(controlled),
        "scan_real": scans * seeds,
        "scan_control": scans * 2 * seeds,
        "scan": scans * models * seeds,
        "impute_target": imputed,
        "impute_panel": imputed * panels * seeds,
        **{f"impute_{tool}": imputed * panels * seeds for tool in config["imputation"]["tools"]},
        "score_imputation": imputed * panels * seeds * len(config["imputation"]["tools"]),
        "imputation_gains": imputed * len(config["imputation"]["tools"]),
        "latent": latent * seeds,
        "latent_tasks": latent * seeds,
        "latent_conditional": conditional * seeds,
        "masked_target": masked,
        "masked_beagle": masked * seeds,
        "latent_masked": masked * seeds,
        "scorecard": 1,
        "provenance": 1,
        "report": 1,
    }
    jobs |= dict.fromkeys(config["figures"], 1)
    shown = config["figure_params"]["figs1_training"]["dataset"]
    if "figs1_training" in config["figures"] and in_windows(config, shown):
        jobs["join_training"] = models * seeds
    return {rule: number for rule, number in jobs.items() if number}


@pytest.mark.parametrize("config", CONFIGS, ids=lambda path: path.stem)
def test_every_configuration_has_a_plan_without_data(config, tmp_path):
    settings = merged(DEFAULTS, config)
    make_user_files(settings, tmp_path)
    run = dry_run(tmp_path, "--configfile", DEFAULTS, config)
    assert run.returncode == 0, run.stdout + run.stderr
    jobs = planned(run.stdout)
    downloads = {rule: jobs.pop(rule) for rule in ("acquire_wheel", "acquire_member") if rule in jobs}
    assert jobs == expected(settings)
    # Who brings a cohort downloads nothing.
    assert bool(downloads) == (settings["cohorts"].keys() == merged(DEFAULTS)["cohorts"].keys())


def test_numbers_on_the_command_line_are_numbers(tmp_path):
    run = dry_run(tmp_path, "--configfile", DEFAULTS, "--config", "seeds=[1,2,3]", "run=seeds")
    assert run.returncode == 0, run.stdout + run.stderr
    assert planned(run.stdout)["train"] == expected(merged(DEFAULTS))["train"] * 3
    assert "results/seeds/train/structure/gan/seed3/model.npz" in run.stdout


def test_a_model_with_sites_of_its_own_is_compared_but_stands_in_no_scan_and_no_figure(tmp_path):
    mine = tmp_path / "mine.yaml"
    mine.write_text("models: [gan, wgan, rbm, hclt, markov, bernoulli, coalescent]\n")
    run = dry_run(tmp_path, "--configfile", DEFAULTS, mine)
    assert run.returncode == 0, run.stdout + run.stderr
    jobs, datasets = planned(run.stdout), len(merged(DEFAULTS)["datasets"])
    without = expected(merged(DEFAULTS))
    more = dict.fromkeys(["train", "generate", "publish_genomes"], datasets)
    assert {rule: jobs[rule] for rule in without} == {rule: without[rule] + more.get(rule, 0) for rule in without}
    assert jobs["compare_unmatched"] == datasets
    reasons = dict(re.findall(r"^Job \d+: (.*)\nReason: (.*)$", run.stdout, re.MULTILINE))
    assert "compare/dense/coalescent/seed1/metrics.tsv" in reasons["Writing the scorecard"]
    assert "scan/biobank/coalescent" not in run.stdout
    figures = [reason for message, reason in reasons.items() if message.startswith("Drawing figure")]
    assert len(figures) == len(merged(DEFAULTS)["figures"])
    assert not any("coalescent" in reason for reason in figures)


def test_each_window_is_a_training_of_its_own_and_ags_need_all_of_them(tmp_path):
    mine = tmp_path / "mine.yaml"
    mine.write_text("""
        dataset_params: {dense: {windows: {n: 3, context_sites: 10}}}
        latent: {masked_datasets: []}
        figure_params: {figs1_training: {dataset: dense}}
    """)
    run = dry_run(tmp_path, "--configfile", DEFAULTS, mine)
    assert run.returncode == 0, run.stdout + run.stderr
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
    run = dry_run(tmp_path, "--configfile", DEFAULTS, mine)
    assert run.returncode == 0, run.stdout + run.stderr
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
    run = dry_run(tmp_path, "--configfile", DEFAULTS, mine, "--printshellcmds")
    assert run.returncode == 0, run.stdout + run.stderr
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
    (figure,) = re.findall(r"fig7_imputation\.py (.*)", run.stdout)
    assert "impute/biobank/minimac4/gains.tsv " in figure
    assert "impute/biobank/beagle/gains.tsv" not in figure
    assert "/beagle/" not in figure


def test_a_broken_configuration_ends_before_the_plan(tmp_path):
    broken = tmp_path / "broken.yaml"
    broken.write_text("models: [rmb]\ndevize: cpu\nscan:\nmodel_params: {gan: {epochs: many}}\nrun: my run\n")
    run = dry_run(tmp_path, "--configfile", DEFAULTS, broken)
    assert run.returncode == 2
    places = [line.split(": ")[1] for line in run.stderr.splitlines() if line.startswith("config: ")]
    assert places == ["devize", "run", "models", "model_params.gan.epochs", "scan"]
    for output in (run.stdout, run.stderr):
        assert "Traceback" not in output
        assert "Building DAG" not in output
    assert not (tmp_path / "results").exists()
