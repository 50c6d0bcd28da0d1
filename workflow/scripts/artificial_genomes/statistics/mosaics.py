"""How haplotypes differ from those of a panel: from the nearest one, and as mosaics of all of them.

A haplotype that is copied from a panel with new mutations and recombinations differs from its nearest haplotype at
single sites and in whole runs of sites. `mismatch_runs` counts both. `mosaics` explains it by tracts of panel
haplotypes instead: along the sites it keeps the panel haplotypes that match. Where none is left there is either a
mutation, if one of those that matched so far goes on to match, or a join, after which another one is copied.
"""

from typing import NamedTuple

import numpy as np

from artificial_genomes.statistics.checks import check_alleles

REACH = 20
"""Sites after a mismatch at which a panel haplotype must match for the mismatch to be a mutation, and within which two
mismatches belong to the same run."""


class Mosaics(NamedTuple):
    """Haplotypes as mosaics of a panel.

    Attributes
    ----------
    tracts : (n,) int64
        Smallest number of tracts, each an exact copy of a panel haplotype, that a haplotype can be cut into. A site
        with an allele that the panel lacks is left out.
    joins : (n,) int64
        Number of joins of tracts that may contain mutations, without those between chromosomes.
    mutations : (n,) int64
        Number of mutations of a haplotype, with alleles that the panel lacks.
    mutations_at : (n_sites,) int64
        Number of haplotypes with a mutation at a site.
    """

    tracts: np.ndarray
    joins: np.ndarray
    mutations: np.ndarray
    mutations_at: np.ndarray


def mismatch_runs(mismatches: np.ndarray, contigs: np.ndarray) -> np.ndarray:
    """Return the number of mismatches in the run of each mismatch, in the order of `np.argwhere(mismatches)`.

    Mismatches of a haplotype at most `REACH` sites apart, on one chromosome, are a run; one by itself is isolated.

    Parameters
    ----------
    mismatches : (n, n_sites) bool
        Where haplotypes differ from another one each.
    contigs : (n_sites,) object
        Chromosome of every site, in their order.

    Returns
    -------
    (n_mismatches,) int64

    Examples
    --------
    >>> mismatches = np.zeros((1, 50), bool)
    >>> mismatches[0, [3, 5, 40]] = True
    >>> mismatch_runs(mismatches, np.full(50, "chr1"))
    array([2, 2, 1])
    """
    haplotypes, sites = np.nonzero(mismatches)
    if not len(sites):
        return np.array([], np.int64)
    is_same = (np.diff(haplotypes) == 0) & (np.diff(sites) <= REACH) & (contigs[sites[1:]] == contigs[sites[:-1]])
    run = np.concatenate([[0], np.cumsum(~is_same)])
    return np.bincount(run)[run]


def mosaics(query: np.ndarray, panel: np.ndarray, contigs: np.ndarray) -> Mosaics:
    """Return what mosaics of a panel haplotypes are.

    From the first site on, each tract is as long as it can be, which gives the smallest number of tracts.

    Parameters
    ----------
    query : (n, n_sites) uint8
    panel : (n_panel, n_sites) uint8
    contigs : (n_sites,) object
        Chromosome of every site, in their order. No tract leaves its chromosome.

    Examples
    --------
    >>> panel = np.array([[0] * 50, [1] * 50], np.uint8)
    >>> query = np.array([[0] * 25 + [1] * 25, [0] * 20 + [1] + [0] * 29], np.uint8)
    >>> mosaics(query, panel, np.full(50, "chr1"))[:3]
    (array([2, 3]), array([1, 0]), array([0, 1]))
    """
    check_alleles(query, panel)
    by_allele = np.stack([_bits(allele == panel.T) for allele in (0, 1)], axis=2)
    is_known = by_allele.any(axis=1)
    everybody = np.bitwise_or.reduce(by_allele[0], axis=1)[:, None]
    alleles = np.ascontiguousarray(query.T)
    first = np.concatenate([[True], contigs[1:] != contigs[:-1]])
    end = np.append(np.flatnonzero(first)[1:], len(first))[np.cumsum(first) - 1]
    tracts, joins, mutations = (np.zeros(len(query), np.int64) for _ in range(3))
    mutations_at = np.zeros(query.shape[1], np.int64)
    exact = loose = np.repeat(everybody, len(query), axis=1)
    for site, allele in enumerate(alleles):
        if first[site]:
            tracts += 1
            exact = loose = np.repeat(everybody, len(query), axis=1)
        match, known = by_allele[site][:, allele], is_known[site, allele]
        exact, ended = _narrowed(exact, match, known)
        tracts += ended
        narrowed, ended = _narrowed(loose, match, known)
        broken = np.flatnonzero(ended)
        if len(broken):
            ahead = loose[:, broken]
            for later in range(site + 1, min(site + 1 + REACH, end[site])):
                ahead = ahead & by_allele[later][:, alleles[later, broken]]
            goes_on = ahead.any(axis=0)
            narrowed[:, broken[goes_on]] = loose[:, broken[goes_on]]
            joins[broken[~goes_on]] += 1
            ended[broken[~goes_on]] = False
        mutated = ended | ~known
        mutations += mutated
        mutations_at[site] = np.count_nonzero(mutated)
        loose = narrowed
    return Mosaics(tracts, joins, mutations, mutations_at)


def _bits(chosen: np.ndarray) -> np.ndarray:
    """Return (n_sites, n_panel) bool as bits: (n_sites, n_words) uint64."""
    padded = np.zeros((len(chosen), -(-chosen.shape[1] // 64) * 64), bool)
    padded[:, : chosen.shape[1]] = chosen
    return np.packbits(padded, axis=1).view(np.uint64)


def _narrowed(active: np.ndarray, match: np.ndarray, known: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the panel haplotypes (bits, n) that still match, and which haplotypes begin a new tract, where none does.

    An allele that the panel lacks ends no tract.
    """
    narrowed = active & match
    ended = np.bitwise_or.reduce(narrowed, axis=0) == 0
    if ended.any():
        narrowed[:, ended] = np.where(known[ended], match[:, ended], active[:, ended])
    return narrowed, ended & known
