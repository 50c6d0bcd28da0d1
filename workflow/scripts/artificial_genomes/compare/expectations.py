"""Which comparisons the table of published numbers asks for, read without any library of numbers."""

import csv
from collections.abc import Mapping
from pathlib import Path

DATASETS = ("snps805", "snps10k", "biobank")
"""The paper's data sets: 805 SNPs on 22 autosomes, 10,000 SNPs of chromosome 15, and a closed biobank."""

AS_PUBLISHED = "as published"
"""How a number is computed: by `as_published.compare_as_published`; others are those of the scorecard."""

REAL_HALF, REAL_TRAIN = "real_half", "real_train"
"""What stands in a model's place: half of the people against the other half, and people that may train."""


def jobs_as_published(path: str | Path, datasets: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """Return data set, model and reference of every comparison as published that the table asks for.

    Parameters
    ----------
    path
        The table of published numbers.
    datasets
        Data set of the run by the paper's name.
    """
    with open(path, encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file, delimiter="\t") if row["how"] == AS_PUBLISHED]
    jobs = [
        (datasets[row["dataset"]], model, row["reference"])
        for row in rows
        if row["dataset"] in datasets
        for model in (row["model"], row["authors"])
        if model
    ]
    return list(dict.fromkeys(jobs))
