"""Artificial haplotypes drawn window by window; each continues from its alleles, and its ancestry, in the context.

Models that support it draw the continuation given these (`continued`). For other models, such as GANs, several
candidates per AG are drawn and assigned to AGs so that they agree best in the context.
"""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from artificial_genomes.core.haplotypes import Haplotypes
from artificial_genomes.core.random_streams import derived_seed
from artificial_genomes.core.windows import Window
from artificial_genomes.models import Draw, Model, Seed
from artificial_genomes.models.ancestry import tracts

CANDIDATES = 4
"""Number of candidates per AG if a model cannot continue haplotypes."""

DEALT_AT_ONCE = 500
"""Number of AGs to which candidates are assigned at once: the time grows with its third power."""

TRACT_COLUMNS = ["sample", "haplotype", "contig", "start_bp", "end_bp", "n_sites", "group"]


def draw(model: Model, n: int, seed: Seed, labels: np.ndarray | None = None) -> Draw:
    """Draw `n` haplotypes of a model; `labels` (n,) int64 are given to a model with labels."""
    given = () if labels is None else (labels,)
    if getattr(model, "state_groups", None) is None:
        return model.sample(n, seed, *given), None
    return model.sample_with_groups(n, seed, *given)


def draw_through(
    load: Sequence[Callable[[], Model]],
    windows: Sequence[Window],
    n: int,
    seed: Seed,
    labels: np.ndarray | None = None,
) -> Draw:
    """Draw haplotypes window by window, each given its alleles and groups of ancestry in the context.

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
    labels : (n,) int64, optional
        Labels of AGs of models with labels.
    """
    alleles, groups = np.empty((n, windows[-1].stop), np.uint8), None
    for number, (loaded, window) in enumerate(zip(load, windows, strict=True)):
        model, own_seed = loaded(), derived_seed(seed, "window", number)
        context, own = slice(window.start, window.own), slice(window.own, window.stop)
        n_context = window.own - window.start
        if n_context:
            known = None if groups is None else groups[:, context]
            drawn, drawn_groups = continued(model, alleles[:, context], known, own_seed, labels)
        else:
            drawn, drawn_groups = draw(model, n, own_seed, labels)
        alleles[:, own] = drawn[:, n_context:]
        if drawn_groups is not None:
            groups = np.empty_like(alleles) if groups is None else groups
            groups[:, own] = drawn_groups[:, n_context:]
    return alleles, groups


def tracts_through(
    load: Sequence[Callable[[], Model]], windows: Sequence[Window], genomes: Haplotypes, groups: np.ndarray | None
) -> pd.DataFrame:
    """Return the tracts of ancestry of AGs, which run across the joins of windows.

    Parameters
    ----------
    load, windows
        As for `draw_through`.
    genomes
        The AGs.
    groups : (n, n_sites) uint8 or None
        Their groups.

    Returns
    -------
    DataFrame
        `TRACT_COLUMNS`: haplotype is 1 or 2; the others are those of `ancestry.tracts`. No rows if there are no groups.
    """
    if groups is None:
        return pd.DataFrame(columns=TRACT_COLUMNS)
    edges = [loaded().tree.edges() + window.start for loaded, window in zip(load, windows, strict=True)]
    found = tracts(groups, np.concatenate(edges), genomes.sites)
    names = genomes.people["sample"].to_numpy()[found["row"] // 2]
    return found.assign(sample=names, haplotype=found["row"] % 2 + 1)[TRACT_COLUMNS]


def continued(
    model: Model, context: np.ndarray, groups: np.ndarray | None, seed: Seed, labels: np.ndarray | None = None
) -> Draw:
    """Return haplotypes of a model that begin with given alleles.

    Parameters
    ----------
    context : (n, n_context) uint8
        Alleles at the first sites of the model.
    groups : (n, n_context) uint8 or None
        Groups of ancestry of these sites, if models have groups.
    seed
        Of the draws.
    labels : (n,) int64, optional
        Labels of AGs of models with labels.

    Returns
    -------
    Draw
        The context, followed by the other sites of the model.
    """
    given = () if labels is None else (labels,)
    if groups is not None:
        return model.continue_with_groups(context, groups, seed, *given)
    if hasattr(model, "continue_haplotypes"):
        return model.continue_haplotypes(context, seed, *given), None
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
    return np.concatenate([context, candidates[dealt, n_context:]], axis=1), None
