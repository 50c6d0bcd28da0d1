"""Lengths of segments shared with AGs, and with other real haplotypes, by the positional Burrows-Wheeler transform.

Haplotypes are kept sorted by their alleles to the left of a site (Durbin 2014, doi 10.1093/bioinformatics/btu014).
Neighbours in that order share the longest segments that end at the site. A model that copies segments makes those
shared with AGs longer than those shared with others, whatever their lengths are. Where they are shorter the model has
merely not copied, which says nothing: of mosaics of 5 haplotypes over 1,500 dense sites, the positive excess has an AUC
of 0.67 and the signed one of 0.56.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from artificial_genomes.compare.attacks.evidence import Evidence

BLOCK_SITES = 1000
"""Sites of which alleles are copied at a time."""


def score(evidence: Evidence) -> np.ndarray:
    """Return the mean over sites of the positive part of log(1 + shared with AGs) - log(1 + shared with others).

    Shared is the number of sites of the longest segment that ends at the site and equals one of another haplotype.

    Returns
    -------
    (n,) float64
    """
    haplotypes, panels = evidence.asked, (evidence.ags, evidence.others)
    contigs = evidence.sites["contig"].to_numpy()
    total = np.zeros(len(haplotypes))
    logarithms = np.log1p(np.arange(haplotypes.shape[1] + 1))
    for site_lengths in longest_matches(haplotypes, panels, contigs):
        total += np.maximum(np.subtract(*logarithms.take(site_lengths)), 0)
    return total / haplotypes.shape[1]


def longest_matches(haplotypes: np.ndarray, panels: tuple[np.ndarray, ...], contigs: np.ndarray):
    """Yield for every site the lengths in sites of the longest segments that end there.

    Parameters
    ----------
    haplotypes : (n, n_sites) uint8
        Haplotypes asked about.
    panels : of (n_panel, n_sites) uint8
        Each haplotype is matched with each panel.
    contigs : (n_sites,)
        Segments end where a contig does.

    Yields
    ------
    (n_panels, n) int
        Length of the longest segment that ends at the site and is equal in some haplotype of the panel; 0 where none
        has the allele.
    """
    n, n_sites = haplotypes.shape
    kind = np.repeat(np.arange(len(panels) + 1, dtype=np.int8), [n, *map(len, panels)])
    order = np.arange(len(kind))
    # Sums of a site and a multiple of the number of sites stay below the largest integer; small ones are faster.
    start = np.zeros(len(kind), np.int32 if (len(kind) + 1) * (n_sites + 2) < 2**31 else np.int64)
    for site, values in enumerate(_by_site([haplotypes, *panels])):
        if site and contigs[site] != contigs[site - 1]:
            start[:] = site
        order, start = _next_order(order, start, values.take(order), site)
        kinds = kind.take(order)
        asked = np.flatnonzero(kinds == 0)
        lengths = np.empty((len(panels), n), start.dtype)
        for panel in range(len(panels)):
            first = _starts_of_matches(start, kinds == panel + 1, asked, site)
            lengths[panel, order.take(asked)] = site + 1 - first
        yield lengths


def _by_site(sets: Sequence[np.ndarray]) -> Iterator[np.ndarray]:
    """Yield the alleles of all haplotypes of several sets, (n, n_sites) uint8 each, site by site."""
    for first in range(0, sets[0].shape[1], BLOCK_SITES):
        yield from np.ascontiguousarray(np.concatenate([one[:, first : first + BLOCK_SITES] for one in sets]).T)


def _next_order(order: np.ndarray, start: np.ndarray, values: np.ndarray, site: int) -> tuple[np.ndarray, np.ndarray]:
    """Sort by the alleles of one more site; `start[i]` is where the match of rows i - 1 and i begins."""
    halves = []
    ones_above = np.cumsum(values, dtype=start.dtype) - values
    for allele, same_above in ((0, np.arange(len(values), dtype=start.dtype) - ones_above), (1, ones_above)):
        rows = np.flatnonzero(values == allele)
        if not len(rows):
            continue
        # The match with the last row of the same allele begins where the latest of those in between does.
        latest = _running_maximum(start, same_above, site).take(rows)
        latest[0] = site + 1
        halves.append((order.take(rows), latest))
    return tuple(np.concatenate(parts) for parts in zip(*halves, strict=True))


def _running_maximum(start: np.ndarray, run: np.ndarray, site: int) -> np.ndarray:
    """Return the running maximum of `start`, at most site + 1, within runs of equal, ascending numbers."""
    shift = run * (site + 2)
    return np.maximum.accumulate(start + shift) - shift


def _starts_of_matches(start: np.ndarray, is_panel: np.ndarray, asked: np.ndarray, site: int) -> np.ndarray:
    """Return where the longest match of each row `asked` with a row of the panel begins; site + 1 without one.

    It is that with the next row of the panel above or below: it begins where the latest of those in between does.
    """
    passed = np.cumsum(is_panel, dtype=start.dtype)
    above = _running_maximum(start, passed - is_panel, site).take(asked)
    # Row i matches row i + 1 from start[i + 1] on.
    below = _running_maximum(np.roll(start, -1)[::-1], (passed[-1] - passed)[::-1], site)[::-1].take(asked)
    n_above = passed.take(asked)
    return np.minimum(np.where(n_above > 0, above, site + 1), np.where(n_above < passed[-1], below, site + 1))
