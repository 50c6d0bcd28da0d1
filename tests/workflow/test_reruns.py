"""What runs again, and what does not: after a finished run, a touch, an edit, a kill; on a small cohort of its own."""

import os
import re
import signal
import subprocess
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from artificial_genomes.core.haplotypes import load_haplotypes
from artificial_genomes.core.windows import joins
from artificial_genomes.statistics.ld import across_ratio
from helpers import ROOT
from workflow_helpers import cohort, copy_workflow, snakemake, snakemake_command, write_cohort, write_config


@pytest.fixture(scope="module")
def workflow(tmp_path_factory) -> Path:
    """Return a copy of the workflow with a cohort."""
    folder = tmp_path_factory.mktemp("workflow")
    copy_workflow(folder)
    # Above 1 MB Snakemake by itself tells new files by their times.
    people = pd.read_csv(folder / "people.tsv", sep="\t")
    people.assign(remark=20_000 * "x").to_csv(folder / "people.tsv", sep="\t", index=False)
    tree = {"hidden_states": 16, "epochs": 1000, "score_every": 10, "patience": 1000, "sampling_temperatures": [1.0]}
    params = {"hclt": tree}
    write_config(folder / "small.yaml", {}, ["fig1_pca"], models=["markov", "bernoulli"], model_params=params)
    return folder


def planned(folder: Path) -> list[str]:
    """Return the messages of the jobs that a run would do now."""
    run = snakemake(folder, "genomes", "--dry-run")
    jobs = re.findall(r"^Job \d+: (.*)$", run.stdout, re.MULTILINE)
    assert bool(jobs) != ("Nothing to be done" in run.stdout + run.stderr)
    return sorted(jobs)


def test_only_edits_run_again_and_only_what_they_concern(workflow):
    snakemake(workflow, "genomes")
    assert (workflow / "people.tsv").stat().st_size > 1_000_000
    touched = [*workflow.rglob("*.py"), *workflow.rglob("*.smk"), *workflow.rglob("*.yaml"), *workflow.glob("*.tsv")]
    for file in [*touched, workflow / "cohort.vcf.gz", *workflow.rglob("haplotypes.vcz.zip")]:
        file.touch()
    assert planned(workflow) == []

    module = workflow / "workflow" / "scripts" / "artificial_genomes" / "models" / "markov.py"
    module.write_text(module.read_text() + "\nEDITED = True\n")
    again = planned(workflow)
    assert [job.split()[0] for job in again] == ["Exporting", "Generating", "Training"]
    assert all("markov" in job for job in again)
    snakemake(workflow, "genomes")
    assert planned(workflow) == []


def test_a_run_that_is_killed_in_a_training_ends_the_same(workflow):
    model = Path("results/small/train/mine/hclt/seed1")
    log = workflow / "logs/small/train/mine/hclt/seed1.log"
    rest = ["--config", "models=[hclt]", "--", f"{model}/model.npz"]
    command = snakemake_command(*rest)
    slow = {**os.environ, "ARTIFICIAL_GENOMES_CHECKPOINT_SECONDS": "0"}
    process = subprocess.Popen(
        command, cwd=workflow, env=slow, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    while not list((workflow / model / "checkpoints").glob("*/checkpoint.npz")):
        assert process.poll() is None, "the run ended before it could be killed"
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert not (workflow / model / "model.npz").exists()

    snakemake(workflow, "--unlock", *rest)
    snakemake(workflow, *rest)
    assert "resuming from the checkpoint" in log.read_text()
    resumed = (workflow / model / "model.npz").read_bytes()
    (workflow / model / "model.npz").unlink()
    snakemake(workflow, *rest)
    assert "resuming from the checkpoint" not in log.read_text()
    assert (workflow / model / "model.npz").read_bytes() == resumed


def test_a_data_set_in_windows_is_drawn_through_all_of_them(tmp_path):
    write_cohort(cohort(n_people=400, linked=True), tmp_path)
    mine = {"cohort": "mine", "region": None, "people": {}, "public": False, "maf_min": 0, "sites_max": None}
    mine["windows"] = {"n": 2, "context_sites": 10}
    write_config(tmp_path / "small.yaml", {}, [], run="windows", models=["markov"], dataset_params={"mine": mine})
    results = tmp_path / "results" / "windows"
    training, metrics = "train/mine/markov/seed1/training.tsv", "compare/mine/markov/seed1/metrics.tsv"
    targets = [f"results/windows/{table}" for table in (training, metrics)]
    run = snakemake(tmp_path, "--snakefile", ROOT / "Snakefile", "--quiet", "host", "--", *targets)
    trained = re.findall(r"^Job \d+: Training markov on window (\d) of mine", run.stdout + run.stderr, re.MULTILINE)
    assert sorted(trained) == ["1", "2"]
    assert not list(results.glob("train/mine/markov/seed1/model.npz"))

    table = pd.read_csv(results / metrics, sep="\t")
    kept = table.loc[table["metric"] == "ld_joins_ratio", "value"]
    real = load_haplotypes(results / "prepare/mine/haplotypes.vcz.zip").alleles
    drawn = load_haplotypes(results / "generate/mine/markov/seed1/genomes.vcz.zip").alleles
    (join,) = joins([drawn.shape[1]], 2)
    # Each window as it is, but behind that of somebody else.
    strangers = np.concatenate([drawn[:, :join], np.roll(drawn[:, join:], 1, axis=0)], axis=1)
    assert across_ratio(real, strangers, np.array([join])) < 0.2
    assert len(kept) == 2  # against training and test people
    assert kept.between(0.5, 1.5).all()
