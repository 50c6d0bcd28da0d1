"""Windows: stretches of sites whose models are trained apart, and artificial haplotypes drawn through all of them.

A model of a whole chromosome would be one giant training. Here each window has a model of its own, and begins with the
last sites of the window before it, its context. AGs are drawn window by window: each is continued from the alleles that
it has in the context. Models that can do so draw the continuation given these alleles (`continued`); of others, such as
GANs, several candidates for each AG are drawn, and dealt out so that candidates and AGs agree best in the context.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.optimize import linear_sum_assignment

from artificial_genomes.errors import UserError
from artificial_genomes.models import Model, Seed

CANDIDATES = 4
"""Candidates for each AG where a model cannot continue haplotypes."""

DEALT_AT_ONCE = 500
"""AGs to which candidates are dealt at once: the time grows with the third power."""


@dataclass(frozen=True)
class Window:
    """Sites of a window: its context `start` to `own - 1`, and its own sites `own` to `stop - 1`."""

    start: int
    own: int
    stop: int


def cut(n_sites: int, n: int, context_sites: int) -> list[Window]:
    """Cut sites into `n` windows of equal numbers of sites, as nearly as can be; the first one has no context.

    Raises
    ------
    UserError
        A window would have fewer sites than its context.
    """
    ends = np.linspace(0, n_sites, n + 1).round().astype(int).tolist()
    smallest = min(stop - own for own, stop in pairwise(ends))
    if smallest < context_sites or smallest < 1:
        raise UserError(
            f"{n_sites} sites in {n} windows are {smallest} sites a window, fewer than windows.context_sites "
            f"{context_sites}. Take fewer windows, or a shorter context."
        )
    return [Window(max(own - context_sites, 0), own, stop) for own, stop in pairwise(ends)]


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
        model, own_seed = loaded(), [*np.atleast_1d(seed).tolist(), number]
        n_context = window.own - window.start
        if n_context:
            context = alleles[:, window.start : window.own]
            alleles[:, window.own : window.stop] = continued(model, context, own_seed)[:, n_context:]
        else:
            alleles[:, window.own : window.stop] = model.sample(n, own_seed)[:, window.own - window.start :]
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


def joins(n_sites: int, n_windows: int) -> np.ndarray:
    """Return the first own site of every window but the first: (n_windows - 1,) int64."""
    return np.array([window.own for window in cut(n_sites, n_windows, 0)[1:]], np.int64)
