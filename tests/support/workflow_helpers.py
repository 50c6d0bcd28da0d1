"""Small cohorts, copies of the workflow that run on them, and Snakemake."""

import atexit
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

from artificial_genomes.core.haplotypes import Haplotypes
from artificial_genomes.io.vcf_writer import write_vcf
from helpers import ROOT, founders_mosaic

PARTS = ["Snakefile", "CITATION.cff", "pyproject.toml", "config", "envs", "profiles", "resources", "workflow"]


def snakemake_command(
    *arguments: str | Path, config: Sequence[str | Path] = ("small.yaml",), python: str | Path = sys.executable
) -> list[str | Path]:
    """Return a command of Snakemake; later ones of the configurations overrule earlier ones."""
    configs = ["--configfile", *config] if config else []
    # Snakemake's own choice looks longer for the best order than small jobs take.
    return [python, "-m", "snakemake", *configs, "--cores", "2", "--scheduler", "greedy", *arguments]


@cache
def forking_python() -> Path:
    """Return a Python that forks Snakemake and the scripts of its jobs off a process that lives as long as this one."""
    folder = tempfile.mkdtemp(prefix="snakemake-")
    atexit.register(shutil.rmtree, folder)
    command = [sys.executable, str(Path(__file__).with_name("snakemake_server.py")), folder]
    server = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    atexit.register(server.terminate)
    with server.stdout:
        assert server.stdout.read() == b"ready"
    return Path(folder) / "python"


def snakemake(
    folder: Path,
    *arguments: str | Path,
    config: Sequence[str | Path] = ("small.yaml",),
    env: dict[str, str] | None = None,
    check: bool = True,
) -> subprocess.CompletedProcess[str]:
    """Run Snakemake in a folder and wait for its end, which must be a good one unless `check` is false."""
    command = snakemake_command(*arguments, config=config, python=forking_python())
    run = subprocess.run(command, cwd=folder, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert run.returncode == 0 or not check, run.stdout + run.stderr
    return run


def cohort(
    n_people: int = 80,
    n_sites: int = 40,
    contig: str = "1",
    name: str = "person{i}",
    populations: Sequence[str] = ("AAA", "BBB"),
    seed: int = 3,
    first: int = 1000,
    step_bp: int = 100,
    linked: bool = False,
) -> Haplotypes:
    """Return people of populations of one size, each with frequencies of its own.

    Parameters
    ----------
    first, step_bp
        Where the first site lies, and how far it is to the next.
    linked
        Mosaics of a few founders, the same ones in all populations, in place of independent sites.
    """
    rng = np.random.default_rng(seed)
    frequencies = rng.uniform(0.1, 0.9, (len(populations), n_sites))
    labels = np.repeat(populations, n_people // len(populations))
    sites = pd.DataFrame({"contig": contig, "position": first + step_bp * np.arange(n_sites)})
    sites = sites.assign(id=[f"s{i}" for i in range(n_sites)], ref="A", alt="C")
    people = pd.DataFrame({"sample": [name.format(i=i) for i in range(n_people)]})
    people = people.assign(population=labels, superpopulation=labels)
    if linked:
        alleles = founders_mosaic(2 * n_people, n_sites, seed)
    else:
        alleles = rng.random((2 * n_people, n_sites)) < np.repeat(frequencies, 2 * n_people // len(populations), axis=0)
    return Haplotypes(alleles.astype(np.uint8), sites, people)


def write_cohort(
    haplotypes: Haplotypes, folder: Path, build: str = "GRCh37", vcf: str = "cohort.vcf.gz", people: str = "people.tsv"
) -> None:
    """Write the files that a user would bring."""
    write_vcf(haplotypes, folder / vcf, build)
    haplotypes.people.to_csv(folder / people, sep="\t", index=False)


def copy_workflow(folder: Path) -> None:
    """Copy the workflow, so that its code may be edited, and give it a cohort of 80 people."""
    for part in PARTS:
        source = ROOT / part
        if source.is_dir():
            shutil.copytree(source, folder / part, ignore=shutil.ignore_patterns("data", "*.pyc.*"))
        else:
            shutil.copy(source, folder / part)
    write_cohort(cohort(), folder)


def write_config(path: Path, rbm: dict, figures: list[str], dataset: dict | None = None, **changed) -> None:
    """Write a configuration with one data set, `mine`, of that cohort.

    Parameters
    ----------
    rbm
        Settings of the RBM beside the small ones.
    dataset
        Other settings of the data set.
    changed
        Other keys of the configuration.
    """
    small = {"hidden_units": 10, "chains": 32}
    config = {
        "run": "small",
        "cohorts": {
            "mine": {"vcf": ["cohort.vcf.gz"], "people": "people.tsv", "build": "GRCh37", "private": False},
        },
        "datasets": ["mine"],
        "dataset_params": {
            "mine": {
                "cohort": "mine", "region": None, "people": {}, "public": False, "maf_min": 0, "sites_max": None,
                "model_params": {"rbm": {**small, **rbm}}, **(dataset or {}),
            },
        },
        "scan": {"datasets": [], "controls": None},
        "imputation": {"datasets": []},
        "latent": {"datasets": [], "masked_datasets": []},
        "figures": figures,
        "figure_params": {figure: {"dataset": "mine"} for figure in figures},
        **changed,
    }  # fmt: skip
    path.write_text(yaml.safe_dump(config))
