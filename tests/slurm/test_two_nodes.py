"""A whole run on a real SLURM of two nodes; a file of its own, so that it runs while other tests wait for SLURM."""

import re
from pathlib import Path

import pytest

from slurm_helpers import PROFILE, SQUEUE, Cluster, Run
from workflow_helpers import forking_python, snakemake

pytestmark = pytest.mark.slurm


def tables(folder: Path) -> dict[str, bytes]:
    """Return the tables and artificial genomes of a run, but not what it has cost, by path."""
    results = folder / "results" / "small"
    files = [*results.glob("*.tsv"), *results.glob("figures/*.tsv"), *results.glob("generate/**/*.hapt.gz")]
    return {str(file.relative_to(results)): file.read_bytes() for file in files}


def test_a_run_on_two_nodes_has_the_bytes_of_a_local_run_and_then_nothing_to_do(cluster: Cluster, fresh):
    here, there = fresh("local"), fresh("slurm")
    before = set(cluster.jobs())
    screen = Run(there, *PROFILE, *SQUEUE, env=cluster.env, python=forking_python()).succeeded()
    snakemake(here)
    assert tables(there) == tables(here)
    assert {"scorecard.tsv", "verdict.tsv", "figures/fig1_pca.tsv"} <= set(tables(there))
    assert (there / "results/small/report.html").exists()

    jobs = [job for number, job in cluster.jobs().items() if number not in before]
    assert {job["JobState"] for job in jobs} == {"COMPLETED"}
    assert {job["NodeList"] for job in jobs} == {"n1", "n2"}
    # Short steps share jobs.
    steps = int(re.search(r"^(\d+) jobs$", screen, re.MULTILINE)[1])
    assert 2 * len(jobs) < steps

    assert "Nothing to be done" in Run(there, *PROFILE, *SQUEUE, env=cluster.env, python=forking_python()).succeeded()
    assert len(cluster.jobs()) == len(before) + len(jobs)
