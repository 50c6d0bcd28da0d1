"""Windows: segments of sites with separately trained models; see `models.chunked` for haplotypes across all of them.

Training one model on a whole chromosome would be too expensive. Instead, each window has its own model and begins with
the last sites of the previous window, its context. A window never spans two contigs, but a context can belong to the
previous contig: the part of an AG on one contig is informative about its ancestry on the next.
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
    """Cut sites into `n` windows with numbers of sites as equal as possible within a contig.

    Each contig has at least one window; contigs with the most sites per window get more. The first window has no
    context.

    Parameters
    ----------
    sizes
        Number of sites of each contig: see `contig_sizes`.

    Raises
    ------
    UserError
        There are fewer windows than contigs, or windows would on average have fewer sites than their contexts.
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
    """Return the first own site of every window that continues a contig: (n_joins,) int64."""
    begins = {0, *np.cumsum(sizes).tolist()}
    return np.array([window.own for window in cut(sizes, n_windows, 0) if window.own not in begins], np.int64)


def trained_sites_of(sizes: Sequence[int], windows: Mapping[str, int] | None) -> int:
    """Return the largest number of sites in one training.

    Parameters
    ----------
    windows
        n and context_sites; None = all sites at once. Sites that cannot be cut in this way count as one training.
    """
    if windows is None:
        return sum(sizes)
    try:
        return max(window.stop - window.start for window in cut(sizes, **windows))
    except UserError:
        return sum(sizes)
