"""Windows: stretches of sites whose models are trained apart; see `through_windows` for haplotypes of all of them.

A model of a whole chromosome would be one giant training. Here each window has a model of its own, and begins with the
last sites of the window before it, its context.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from artificial_genomes.errors import UserError


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


def joins(n_sites: int, n_windows: int) -> np.ndarray:
    """Return the first own site of every window but the first: (n_windows - 1,) int64."""
    return np.array([window.own for window in cut(n_sites, n_windows, 0)[1:]], np.int64)


def trained_sites_of(n_sites: int, windows: Mapping[str, int] | None) -> int:
    """Return how many sites a training sees at the most; `windows` has n and context_sites, None = all sites."""
    return n_sites if windows is None else -(-n_sites // windows["n"]) + windows["context_sites"]
