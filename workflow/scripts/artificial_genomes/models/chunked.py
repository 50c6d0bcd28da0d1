"""Artificial haplotypes drawn window by window; each continues from its alleles in the context.

Models that support it draw the continuation given these alleles (`continued`). For other models, such as GANs, several
candidates per AG are drawn and assigned to AGs so that they agree best in the context.
"""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from artificial_genomes.core.haplotypes import Haplotypes
from artificial_genomes.core.random_streams import derived_seed
from artificial_genomes.core.windows import Window
from artificial_genomes.models import Model, Seed
from artificial_genomes.models.ancestry import tracts

CANDIDATES = 4
"""Number of candidates per AG if a model cannot continue haplotypes."""

DEALT_AT_ONCE = 500
"""Number of AGs to which candidates are assigned at once: the time grows with its third power."""


TRACT_COLUMNS = ["sample", "haplotype", "contig", "start_bp", "end_bp", "n_sites", "chunk", "group"]


def sample_through(load: Sequence[Callable[[], Model]], windows: Sequence[Window], n: int, seed: Seed) -> np.ndarray:
    """Draw haplotypes window by window.

    Parameters
    ----------
    load
        For each window, a function that returns its model; one model is in memory at a time.
    windows
        Windows from `cut`.
    n
        Number of haplotypes.
    seed
        Seed of the draws; every window has its own stream.

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


def tracts_through(
    load: Sequence[Callable[[], Model]],
    windows: Sequence[Window],
    haplotypes: Haplotypes,
    seed: Seed,
    labels: np.ndarray | None = None,
) -> pd.DataFrame:
    """Draw the groups of ancestry along AGs, window by window, given their alleles in the window.

    Parameters
    ----------
    load, windows, seed
        As for `sample_through`.
    haplotypes
        The AGs.
    labels : (n,) int64, optional
        Labels of AGs, if any.

    Returns
    -------
    DataFrame
        `TRACT_COLUMNS`: haplotype and chunk (the window) are from 1, and every chunk has groups of its own; the others
        are those of `ancestry.tracts`. No rows if the models have no groups.
    """
    tables = [pd.DataFrame(columns=TRACT_COLUMNS)]
    for number, (loaded, window) in enumerate(zip(load, windows, strict=True)):
        model = loaded()
        if not hasattr(model, "sample_groups"):
            break
        if model.state_groups is None:  # one group
            continue
        part = slice(window.start, window.stop)
        own_seed = derived_seed(seed, "groups of window", number)
        groups = model.sample_groups(haplotypes.alleles[:, part], own_seed, labels)
        found = tracts(groups, model.tree, haplotypes.sites.iloc[part], window.own - window.start)
        names = haplotypes.people["sample"].to_numpy()[found["row"] // 2]
        tables.append(found.assign(sample=names, haplotype=found["row"] % 2 + 1, chunk=number + 1)[TRACT_COLUMNS])
    return pd.concat(tables[1:] or tables, ignore_index=True)


def continued(model: Model, context: np.ndarray, seed: Seed) -> np.ndarray:
    """Return haplotypes of a model that begin with given alleles.

    Parameters
    ----------
    context : (n, n_context) uint8
        Alleles at the first sites of the model.

    Returns
    -------
    (n, n_sites) uint8
        The context, followed by the other sites of the model.
    """
    if hasattr(model, "continue_haplotypes"):
        return model.continue_haplotypes(context, seed)
    from scipy.optimize import linear_sum_assignment  # slow, and needed only where data sets have windows

    n, n_context = context.shape
    candidates = model.sample(CANDIDATES * n, seed)
    # The closer a site is to the join, the more informative it is about what follows.
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
