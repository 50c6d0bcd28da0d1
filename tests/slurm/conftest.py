"""Clusters, and copies of the workflow to run on them."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from slurm_helpers import ACCOUNTING_PROGRAMS, PROGRAMS, Cluster, Run, missing_programs
from workflow_helpers import copy_workflow, snakemake, write_config

TREE = {"hidden_states": 16, "epochs": 2000, "score_every": 10, "patience": 2000, "sampling_temperatures": [1.0]}


def require(programs: list[str]) -> None:
    """Skip a test where programs are not installed."""
    missing = missing_programs(programs)
    if missing:
        pytest.skip(f"no SLURM here: {', '.join(missing)} not found (Debian: slurm-wlm munge slurmdbd mariadb-server)")


def running(accounting: bool) -> Iterator[Cluster]:
    # Not below pytest's folder: sockets have short names.
    with tempfile.TemporaryDirectory(prefix="slurm-", ignore_cleanup_errors=True) as folder:
        cluster = Cluster(Path(folder), nodes=2, accounting=accounting)
        try:
            cluster.start()
            yield cluster
        finally:
            cluster.stop()


@pytest.fixture(scope="session", autouse=True)
def no_survivors() -> Iterator[None]:
    """Stop every Snakemake that a failed test has left behind."""
    yield
    for run in Run.started:
        run.stop()


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """Return a cluster of two nodes that keeps no accounts."""
    require(PROGRAMS)
    yield from running(accounting=False)


@pytest.fixture(scope="session")
def accounting_cluster() -> Iterator[Cluster]:
    """Return a cluster of two nodes with a database of accounts and jobs."""
    require(PROGRAMS + ACCOUNTING_PROGRAMS)
    yield from running(accounting=True)


@pytest.fixture(scope="session")
def fresh(tmp_path_factory) -> Callable[[str], Path]:
    """Return a function that makes a copy of the workflow in which nothing was run, with a small run of all its own."""

    def copy(name: str) -> Path:
        folder = tmp_path_factory.mktemp(name)
        copy_workflow(folder)
        write_config(folder / "small.yaml", {}, ["fig1_pca"], models=["markov", "bernoulli"])
        return folder

    return copy


@pytest.fixture(scope="session")
def prepared(tmp_path_factory) -> Callable[[str], Path]:
    """Return a function that makes a copy of the workflow in which all is ready for a training."""
    first = tmp_path_factory.mktemp("prepared")
    copy_workflow(first)
    write_config(first / "small.yaml", {}, ["figs1_training"], models=["hclt", "rbm"], model_params={"hclt": TREE})
    snakemake(first, "data")

    def copy(name: str) -> Path:
        folder = tmp_path_factory.mktemp(name) / "workflow"
        shutil.copytree(first, folder)
        return folder

    return copy
