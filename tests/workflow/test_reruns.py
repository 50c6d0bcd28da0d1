"""What runs again, and what does not: after a finished run, a touch, an edit, a kill; on a small cohort of its own."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

from workflow_helpers import copy_workflow, write_config


@pytest.fixture(scope="module")
def workflow(tmp_path_factory) -> Path:
    """Return a copy of the workflow with a cohort."""
    folder = tmp_path_factory.mktemp("workflow")
    copy_workflow(folder)
    rbm = {"epochs": 600, "score_every": 20, "patience": 600}
    write_config(folder / "small.yaml", rbm, ["fig1_pca"], models=["markov", "bernoulli"])
    return folder


def snakemake(folder: Path, *arguments: str) -> str:
    command = [sys.executable, "-m", "snakemake", "--configfile", "small.yaml", "--cores", "2", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def planned(folder: Path) -> list[str]:
    """Return the messages of the jobs that a run would do now."""
    output = snakemake(folder, "genomes", "--dry-run")
    jobs = re.findall(r"^Job \d+: (.*)$", output, re.MULTILINE)
    assert bool(jobs) != ("Nothing to be done" in output)
    return sorted(jobs)


def test_only_edits_run_again_and_only_what_they_concern(workflow):
    snakemake(workflow, "genomes")
    assert planned(workflow) == []

    for file in [*workflow.rglob("*.py"), *workflow.rglob("*.smk"), *workflow.rglob("*.yaml")]:
        file.touch()
    assert planned(workflow) == []

    module = workflow / "workflow" / "scripts" / "artificial_genomes" / "models" / "markov.py"
    module.write_text(module.read_text() + "\n# An edit.\n")
    again = planned(workflow)
    assert [job.split()[0] for job in again] == ["Generating", "Publishing", "Training"]
    assert all("markov" in job for job in again)
    snakemake(workflow, "genomes")
    assert planned(workflow) == []


def test_a_run_that_is_killed_in_a_training_ends_the_same(workflow):
    model = Path("results/small/train/mine/rbm/seed1")
    command = [sys.executable, "-m", "snakemake", "--configfile", "small.yaml", "--cores", "2"]
    command += ["--config", "models=[rbm]", "--", f"{model}/model.npz"]
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

    rest = ["--config", "models=[rbm]", "--", f"{model}/model.npz"]
    snakemake(workflow, "--unlock", *rest)
    snakemake(workflow, *rest)
    assert "going on from the checkpoint" in (workflow / "logs/small/train/mine/rbm/seed1.log").read_text()
    resumed = (workflow / model / "model.npz").read_bytes()
    (workflow / model / "model.npz").unlink()
    snakemake(workflow, *rest)
    assert "going on from the checkpoint" not in (workflow / "logs/small/train/mine/rbm/seed1.log").read_text()
    assert (workflow / model / "model.npz").read_bytes() == resumed


def test_a_data_set_in_windows_is_drawn_through_all_of_them(workflow):
    folder = "results/windows/train/mine/markov/seed1"
    targets = [f"{folder}/training.tsv", "results/windows/compare/mine/markov/seed1/metrics.tsv"]
    windows = 'dataset_params={"mine": {"windows": {"n": 2, "context_sites": 5}}}'
    output = snakemake(workflow, "--config", "run=windows", windows, "--", *targets)
    assert len(re.findall(r"Training markov on window [12] of mine", output)) >= 2
    assert not (workflow / folder / "model.npz").exists()
    metrics = pd.read_csv(workflow / targets[1], sep="\t").set_index("metric")["value"]
    # The sites of this cohort are independent, so that there is no LD to lose.
    assert 0.5 < metrics["ld_joins_ratio"].iloc[0] < 2
