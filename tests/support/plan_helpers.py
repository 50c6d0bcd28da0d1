"""What a configuration makes the workflow do."""

import copy
from functools import cache
from pathlib import Path

import yaml

from artificial_genomes.config.checks import Configuration
from artificial_genomes.config.plan import Plan
from helpers import ROOT

DEFAULTS = ROOT / "config" / "config.yaml"

DATASETS = yaml.safe_load((ROOT / "tests" / "support" / "datasets.yaml").read_text())
"""Cohorts, data sets and models of tests that should not change with the demo."""

DEMO_JOBS = {
    "prepare": 5,
    "train": 15,
    "generate": 15,
    "publish_genomes": 13,
    "compare": 13,
    "compare_control": 6,
    "compare_together": 3,
    "scan": 3,
    "scan_control": 2,
    "impute_panel": 5,
    "impute_beagle": 5,
    "score_imputation": 5,
    "latent_conditional": 2,
    **dict.fromkeys(
        [
            "scan_controls",
            "scan_real",
            "impute_target",
            "imputation_gains",
            "latent",
            "latent_tasks",
            "masked_target",
            "masked_beagle",
            "latent_masked",
            "scorecard",
            "datasets",
            "provenance",
            "report",
            "all",
        ],
        1,
    ),
}
"""How many jobs each rule has in the demo, but for downloads and figures: three datasets, one seed."""


def merge(old: dict, new: dict) -> dict:
    """Merge configurations as Snakemake does: mappings by key, everything else replaced."""
    both = {key: merge(old[key], new[key]) for key in old.keys() & new.keys() if isinstance(new[key], dict)}
    return old | new | both


@cache
def read(file: Path) -> dict:
    """Return the configuration in a file, read once."""
    return yaml.safe_load(file.read_text())


def merged(*files: Path) -> dict:
    """Return configurations in files as one."""
    config: dict = {}
    for file in files:
        config = merge(config, copy.deepcopy(read(file)))
    return config


def plan(changes: str = "{}") -> Plan:
    """Return the plan of the defaults, with the data sets of the tests and changes, in YAML."""
    return Plan(Configuration(merge(merged(DEFAULTS) | DATASETS, yaml.safe_load(changes)), ROOT))
