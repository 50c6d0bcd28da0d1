"""AGs that are too near to a training haplotype, replaced by others of the same model."""

import logging
from collections.abc import Callable

import numpy as np

from artificial_genomes.errors import UserError
from artificial_genomes.random_streams import derived_seed
from artificial_genomes.statistics.distances import nearest_neighbours
from artificial_genomes.statistics.privacy import find_copies

log = logging.getLogger(__name__)

ROUNDS = 20
"""So often are replacements drawn for what is still flagged."""


def without_flagged(
    alleles: np.ndarray,
    sample: Callable[..., np.ndarray],
    seed: int,
    train: np.ndarray,
    validation: np.ndarray,
    threads: int = 1,
    labels: np.ndarray | None = None,
) -> np.ndarray:
    """Replace flagged AGs by others, until none is flagged.

    Parameters
    ----------
    alleles : (n, n_sites) uint8
        The AGs.
    sample
        Draws AGs: number, seed (and labels, where they are given) -> (number, n_sites) uint8.
    seed
        Of the AGs; replacements have streams of their own.
    train, validation : (n_train, n_sites), (n_validation, n_sites) uint8
        An AG is flagged where it is nearer to a haplotype of `train` than 1 % of those of `validation` are. Test people
        stay unseen.
    threads
        Number of threads.
    labels : (n,) int64, optional
        Of AGs that have them; a replacement has the label of what it replaces.

    Returns
    -------
    (n, n_sites) uint8
        The same AGs, others in the place of flagged ones.

    Raises
    ------
    UserError
        Some are still flagged after 20 rounds: the model makes little else.
    """
    unseen, _ = nearest_neighbours(validation, train, threads)
    alleles = alleles.copy()
    todo = np.arange(len(alleles))
    for attempt in range(1, ROUNDS + 1):
        copies = find_copies(nearest_neighbours(alleles[todo], train, threads)[0], unseen)
        flagged = int(copies.near.sum())
        log.info("%d of %d AGs are nearer to a training haplotype than %d sites", flagged, len(todo), copies.threshold)
        todo = todo[copies.near]
        if not len(todo):
            return alleles
        alleles[todo] = sample(
            len(todo), derived_seed(seed, "replacements", attempt), *([] if labels is None else [labels[todo]])
        )
    raise UserError(
        f"{len(todo)} of {len(alleles)} AGs are still too near to training haplotypes after {ROUNDS} rounds: this "
        "model copies. Train another one, or write generate.drop_flagged: false and keep the AGs to yourself."
    )
