"""The split of a dataset's individuals, as the stages read it."""

from pathlib import Path

import numpy as np

from artificial_genomes.core.errors import UserError
from artificial_genomes.core.metric_table import EVERYBODY
from artificial_genomes.core.tables import read_tsv

PARTS = ("train", "validation", "test", "public")
"""Parts of the split; public individuals do not belong to the dataset itself."""


def load_split(path: str | Path, n_individuals: int) -> np.ndarray:
    """Return the part of every individual of a dataset, in the order of its haplotype store: (n_individuals,) str.

    Raises
    ------
    UserError
        The table does not match these individuals, for example because it is truncated.
    """
    split = read_tsv(path, ["split"])["split"]
    wrong = np.flatnonzero(~split.isin([*PARTS, EVERYBODY]))
    if len(wrong):
        raise UserError(
            f"{path}, line {wrong[0] + 2}: {split[wrong[0]]!r} is not a part of a split. The table is damaged: "
            "delete it and run again."
        )
    if len(split) != n_individuals:
        raise UserError(
            f"{path} has {len(split)} individuals, but the dataset has {n_individuals}. The table is damaged or "
            "belongs to another dataset: delete it and run again."
        )
    return split.to_numpy(str)
