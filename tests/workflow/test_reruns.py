"""What runs again, and what does not: after a finished run, a touch, an edit, a kill; on a small cohort of its own."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from artificial_genomes.haplotypes import Haplotypes
from artificial_genomes.vcf import write_vcf

ROOT = Path(__file__).parents[2]
PARTS = ["Snakefile", "CITATION.cff", "config", "envs", "profiles", "resources", "workflow"]


def cohort() -> Haplotypes:
    """Return 80 people of two populations at 40 sites."""
    rng = np.random.default_rng(3)
    frequencies = np.repeat(rng.uniform(0.1, 0.9, (2, 40)), 80, axis=0)
    names = [f"person{i}" for i in range(80)]
    populations = ["AAA"] * 40 + ["BBB"] * 40
    sites = pd.DataFrame(
        {"contig": "1", "position": range(1000, 5000, 100), "id": [f"s{i}" for i in range(40)], "ref": "A", "alt": "C"}
    )
    people = pd.DataFrame({"sample": names, "population": populations, "superpopulation": populations})
    return Haplotypes((rng.random((160, 40)) < frequencies).astype(np.uint8), sites, people)


@pytest.fixture(scope="module")
def workflow(tmp_path_factory) -> Path:
    """Copy the workflow, so that its code may be edited, and give it a cohort."""
    folder = tmp_path_factory.mktemp("workflow")
    for part in PARTS:
        source = ROOT / part
        if source.is_dir():
            shutil.copytree(source, folder / part, ignore=shutil.ignore_patterns("__pycache__", "data"))
        else:
            shutil.copy(source, folder / part)
    haplotypes = cohort()
    write_vcf(haplotypes, folder / "cohort.vcf.gz", "GRCh37")
    haplotypes.people.to_csv(folder / "people.tsv", sep="\t", index=False)
    config = {
        "run": "small",
        "cohorts": {
            "mine": {"vcf": ["cohort.vcf.gz"], "people": "people.tsv", "build": "GRCh37", "private": False},
        },
        "datasets": ["mine"],
        "dataset_params": {
            "mine": {
                "cohort": "mine", "region": None, "people": {}, "public": False, "maf_min": 0, "sites_max": None,
                "model_params": {
                    "rbm": {"epochs": 4000, "score_every": 20, "patience": 4000, "hidden_units": 10, "chains": 32},
                },
            },
        },
        "models": ["markov", "bernoulli"],
        "scan": {"datasets": []},
        "imputation": {"datasets": []},
        "latent": {"datasets": [], "masked_datasets": []},
        "figures": ["fig1_pca"],
        "figure_params": {"fig1_pca": {"dataset": "mine"}},
    }  # fmt: skip
    (folder / "small.yaml").write_text(yaml.safe_dump(config))
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
