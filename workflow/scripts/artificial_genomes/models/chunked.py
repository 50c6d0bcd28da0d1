"""Artificial haplotypes drawn window by window, each continued from the alleles that it has in the context.

Models that can do so draw the continuation given these alleles (`continued`); of others, such as GANs, several
candidates for each AG are drawn, and dealt out so that candidates and AGs agree best in the context.
"""

from collections.abc import Callable, Sequence

import numpy as np
from scipy.optimize import linear_sum_assignment

from artificial_genomes.core.random_streams import derived_seed
from artificial_genomes.core.windows import Window
from artificial_genomes.models import Model, Seed

CANDIDATES = 4
"""Candidates for each AG where a model cannot continue haplotypes."""

DEALT_AT_ONCE = 500
"""AGs to which candidates are dealt at once: the time grows with the third power."""


def sample_through(load: Sequence[Callable[[], Model]], windows: Sequence[Window], n: int, seed: Seed) -> np.ndarray:
    """Draw haplotypes window by window.

    Parameters
    ----------
    load
        For each window, what returns its model; one model is held at a time.
    windows
        As from `cut`.
    n
        Number of haplotypes.
    seed
        Of the draws; every window has a stream of its own.

    Returns
    -------
    (n, n_sites) uint8
    """
    alleles = np.empty((n, windows[-1].stop), np.uint8)
    for number, (loaded, window) in enumerate(zip(load, windows, strict=True)):
        model, own_seed = loaded(), derived_seed(seed, "window", number)
        n_context = window.own - window.start
        if n_context:
            context = alleles[:, window.start : window.own]
            alleles[:, window.own : window.stop] = continued(model, context, own_seed)[:, n_context:]
        else:
            alleles[:, window.own : window.stop] = model.sample(n, own_seed)
    return alleles


def continued(model: Model, context: np.ndarray, seed: Seed) -> np.ndarray:
    """Return haplotypes of a model that begin with given alleles.

    Parameters
    ----------
    context : (n, n_context) uint8
        Alleles at the first sites of the model.

    Returns
    -------
    (n, n_sites) uint8
        The context, and after it the rest of the model's sites.
    """
    if hasattr(model, "continue_haplotypes"):
        return model.continue_haplotypes(context, seed)
    n, n_context = context.shape
    candidates = model.sample(CANDIDATES * n, seed)
    # The nearer to the join a site is, the more it tells of what follows.
    weights = np.arange(1, n_context + 1, dtype=np.float32)
    dealt = np.empty(n, np.int64)
    for start in range(0, n, DEALT_AT_ONCE):
        block = slice(start, min(start + DEALT_AT_ONCE, n))
        offered = np.arange(CANDIDATES * block.start, CANDIDATES * block.stop)
        own, other = context[block].astype(np.float32), candidates[offered, :n_context].astype(np.float32)
        # Weighted Hamming distance.
        cost = (own * weights) @ (1 - other).T + ((1 - own) * weights) @ other.T
        dealt[block] = offered[linear_sum_assignment(cost)[1]]
    return np.concatenate([context, candidates[dealt, n_context:]], axis=1)
