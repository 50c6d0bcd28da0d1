"""Windows: stretches of sites whose models are trained apart; see `models.chunked` for haplotypes of all of them.

A model of a whole chromosome would be one giant training. Here each window has a model of its own, and begins with the
last sites of the window before it, its context. No window goes over the end of a contig, but contexts do: what of an AG
lies on one contig tells of its ancestry on the next.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from artificial_genomes.core.errors import UserError


@dataclass(frozen=True)
class Window:
    """Sites of a window: its context `start` to `own - 1`, and its own sites `own` to `stop - 1`."""

    start: int
    own: int
    stop: int


def contig_sizes(contigs: np.ndarray) -> list[int]:
    """Return how many sites each contig has, from the contig of every site: (n_sites,), contigs in blocks."""
    ends = np.flatnonzero(contigs[1:] != contigs[:-1]) + 1
    return np.diff([0, *ends, len(contigs)]).tolist()


def cut(sizes: Sequence[int], n: int, context_sites: int) -> list[Window]:
    """Cut sites into `n` windows, of equal numbers of sites within a contig as nearly as can be.

    Each contig has a window at least, and those with the most sites a window have more of them. The first window has no
    context.

    Parameters
    ----------
    sizes
        Number of sites of each contig: see `contig_sizes`.

    Raises
    ------
    UserError
        There are fewer windows than contigs, or windows would have fewer sites than their contexts on average.
    """
    if n < len(sizes):
        raise UserError(
            f"{n} windows are too few for sites on {len(sizes)} contigs: a window cannot span two contigs. Raise "
            "windows.n to "
            f"{len(sizes)} or more, or delete the windows."
        )
    n_sites = sum(sizes)
    if n_sites // n < max(context_sites, 1):
        raise UserError(
            f"{n_sites} sites in {n} windows are {n_sites // n} sites per window, fewer than windows.context_sites "
            f"{context_sites}. Use fewer windows or a shorter context."
        )
    numbers = [1] * len(sizes)
    for _ in range(n - len(sizes)):
        numbers[max(range(len(sizes)), key=lambda contig: sizes[contig] / numbers[contig])] += 1
    ends, start = [0], 0
    for size, number in zip(sizes, numbers, strict=True):
        ends += np.linspace(start, start + size, number + 1).round().astype(int).tolist()[1:]
        start += size
    return [Window(max(own - context_sites, 0), own, stop) for own, stop in pairwise(ends)]


def joins(sizes: Sequence[int], n_windows: int) -> np.ndarray:
    """Return the first own site of every window that goes on with a contig: (n_joins,) int64."""
    begins = {0, *np.cumsum(sizes).tolist()}
    return np.array([window.own for window in cut(sizes, n_windows, 0) if window.own not in begins], np.int64)


def trained_sites_of(sizes: Sequence[int], windows: Mapping[str, int] | None) -> int:
    """Return how many sites a training sees at the most.

    Parameters
    ----------
    windows
        n and context_sites; None = all sites at once. All sites count, too, where they cannot be cut so.
    """
    if windows is None:
        return sum(sizes)
    try:
        return max(window.stop - window.start for window in cut(sizes, **windows))
    except UserError:
        return sum(sizes)
