"""A small cohort, and copies of the workflow that run on it."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

from artificial_genomes.haplotypes import Haplotypes
from artificial_genomes.vcf import write_vcf

ROOT = Path(__file__).parents[1]
PARTS = ["Snakefile", "CITATION.cff", "pyproject.toml", "config", "envs", "profiles", "resources", "workflow"]


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


def copy_workflow(folder: Path) -> None:
    """Copy the workflow, so that its code may be edited, and give it a cohort of 80 people."""
    for part in PARTS:
        source = ROOT / part
        if source.is_dir():
            shutil.copytree(source, folder / part, ignore=shutil.ignore_patterns("__pycache__", "data"))
        else:
            shutil.copy(source, folder / part)
    haplotypes = cohort()
    write_vcf(haplotypes, folder / "cohort.vcf.gz", "GRCh37")
    haplotypes.people.to_csv(folder / "people.tsv", sep="\t", index=False)


def write_config(path: Path, rbm: dict, figures: list[str], **changed) -> None:
    """Write a configuration with one data set, `mine`, of that cohort.

    Parameters
    ----------
    rbm
        Settings of the RBM beside the small ones.
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
                "model_params": {"rbm": {**small, **rbm}},
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
