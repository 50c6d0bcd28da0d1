"""Population structure: populations of AGs, their differentiation, and their diversity.

AGs have no population labels. They are assigned the label of their nearest labeled real haplotypes. The real haplotypes
with which they are compared are labeled in the same way, by the same neighbors, instead of by their own labels: most
haplotypes of admixed individuals are nearest to one of the ancestral populations, so real haplotypes with their own
labels would appear to differ from real haplotypes with assigned ones.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

import numpy as np

from artificial_genomes.statistics.checks import check_alleles
from artificial_genomes.statistics.distances import distances_of

NEIGHBOURS = 15
"""Number of labeled haplotypes that vote on a label: few compared with the about 200 haplotypes of a 1000 Genomes
population, and odd, so that ties between two populations are rare."""

HALF_SAMPLE_NEIGHBOURS = 4, 20
"""Number of nearest labeled haplotypes for half-samples: 4 per vote plus 20. Half of them are in a half-sample, which
therefore almost never has too few."""


@dataclass(frozen=True)
class Assignment:
    """Labels of haplotypes by the vote of their nearest labeled neighbors.

    Attributes
    ----------
    labels : (n,) object
        The label of most neighbors.
    agreement : (n,) float64
        Share of the neighbors with this label.
    """

    labels: np.ndarray
    agreement: np.ndarray


def assign_populations(
    query: np.ndarray, labelled: np.ndarray, labels: Sequence[str] | np.ndarray, k: int = NEIGHBOURS
) -> Assignment:
    """Assign to every haplotype the label of most of its `k` nearest labeled haplotypes, by Hamming distance.

    Of neighbors at equal distance, the first ones count. Ties between labels are broken by the smaller total distance
    of their voters, then by alphabetical order, so that the same haplotypes get the same labels.

    Parameters
    ----------
    query : (n, n_sites) uint8
    labelled : (n_labelled, n_sites) uint8
        Must not contain haplotypes of `query`, which would vote for themselves.
    labels : (n_labelled,) str
    k
        Number of neighbors.

    Raises
    ------
    ValueError
        Fewer labeled haplotypes than neighbors, an empty label, or different numbers of labels and haplotypes.
    """
    check_alleles(query, labelled)
    labels = np.asarray(labels, object)
    if len(labels) != len(labelled) or (labels == "").any():
        raise ValueError(f"{len(labelled)} haplotypes need a label each, got {int((labels != '').sum())}")
    if not 1 <= k <= len(labelled):
        raise ValueError(f"{k} neighbors requested, but there are only {len(labelled)} labeled haplotypes")
    names, codes = np.unique(labels, return_inverse=True)
    distance, index = _nearest(query, labelled, k)
    # One cell for each haplotype and label.
    cells = (np.arange(len(query))[:, None] * len(names) + codes[index]).ravel()
    shape = (len(query), len(names))
    votes = np.bincount(cells, minlength=len(query) * len(names)).reshape(shape)
    length = np.bincount(cells, weights=distance.ravel(), minlength=len(query) * len(names)).reshape(shape)
    # One vote weighs more than all distances; argmax takes the first of equals, and names are sorted.
    winner = (votes * (k * query.shape[1] + 1.0) - length).argmax(axis=1)
    return Assignment(names[winner], votes[np.arange(len(query)), winner] / k)


def half_sample_agreement(
    query: np.ndarray,
    labelled: np.ndarray,
    labels: Sequence[str] | np.ndarray,
    k: int,
    halves: tuple[np.ndarray, np.ndarray],
) -> np.ndarray:
    """Return the mean agreement of `assign_populations` in half-samples of both sides: (replicates,) float64.

    All haplotypes are assigned by the same labeled ones, so that the errors of their agreement are correlated: labeled
    individuals must be resampled, too.

    Parameters
    ----------
    query, labelled, labels, k
        As in `assign_populations`.
    halves : (replicates, n), (replicates, n_labelled) bool
        Haplotypes of `query` and of `labelled` in each half-sample.
    """
    _, codes = np.unique(np.asarray(labels, object), return_inverse=True)
    per_vote, more = HALF_SAMPLE_NEIGHBOURS
    _, index = _nearest(query, labelled, min(per_vote * k + more, len(labelled)))
    agreement = np.empty(len(halves[0]))
    for replicate, (rows, present) in enumerate(zip(*halves, strict=True)):
        near = index[rows]
        votes = present[near]
        votes &= np.cumsum(votes, axis=1) <= k
        of_label = [(votes & (codes[near] == code)).sum(axis=1) for code in range(codes.max() + 1)]
        agreement[replicate] = (np.max(of_label, axis=0) / np.maximum(votes.sum(axis=1), 1)).mean()
    return agreement


def _nearest(query: np.ndarray, labelled: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Return distance and index of the `k` nearest haplotypes of `labelled`, nearest first: both (n, k) int64."""
    found = []
    for distance in distances_of(query, labelled):
        # Distance and index in one number, so that the order of ties does not depend on the algorithm.
        keys = distance.astype(np.int64) * len(labelled) + np.arange(len(labelled))
        found.append(np.sort(np.partition(keys, k - 1, axis=1)[:, :k], axis=1))
    return np.divmod(np.concatenate(found), len(labelled))


def share_distance(a_labels: np.ndarray, b_labels: np.ndarray) -> float:
    """Return the total variation distance of the shares of labels in two sets: 0 if they are the same, 1 if no label is
    shared.

    It is half the sum of the absolute differences of the shares, the share of haplotypes that would have to change
    their label.

    Parameters
    ----------
    a_labels : (n_a,) str
    b_labels : (n_b,) str

    Raises
    ------
    ValueError
        A set is empty.

    Examples
    --------
    >>> share_distance(np.array(["A", "A", "B", "B"]), np.array(["A", "B", "B", "B"]))
    0.25
    """
    if not len(a_labels) or not len(b_labels):
        raise ValueError(f"shares of {len(a_labels)} and {len(b_labels)} labels cannot be compared")
    names, codes = np.unique(np.concatenate([a_labels, b_labels]).astype(str), return_inverse=True)
    shares = [
        np.bincount(part, minlength=len(names)) / len(part) for part in (codes[: len(a_labels)], codes[len(a_labels) :])
    ]
    return float(np.abs(shares[0] - shares[1]).sum() / 2)


def hudson_fst(a: np.ndarray, b: np.ndarray) -> float:
    """Return Hudson's Fst of two sets of haplotypes, the ratio of the averages over sites.

    Source: Bhatia et al. 2013, doi 10.1101/gr.154831.113. Near 0 and possibly below it for samples of one population.

    Parameters
    ----------
    a : (n_a, n_sites) uint8
    b : (n_b, n_sites) uint8

    Returns
    -------
    float
        NaN with fewer than two haplotypes in a set, or if no site varies.

    Examples
    --------
    >>> fixed, absent = np.ones((4, 2), np.uint8), np.zeros((4, 2), np.uint8)
    >>> hudson_fst(fixed, absent)
    1.0
    """
    check_alleles(a, b)
    return fst_of_counts(a.sum(axis=0, dtype=np.int64), len(a), b.sum(axis=0, dtype=np.int64), len(b))


def fst_of_counts(alt_a: np.ndarray, n_a: int, alt_b: np.ndarray, n_b: int) -> float:
    """Return `hudson_fst` from the numbers of ALT alleles, (n_sites,) int64 or float64, of n_a and n_b haplotypes."""
    if min(n_a, n_b) < 2:
        return np.nan
    p, q = alt_a / n_a, alt_b / n_b
    between = (p * (1 - q) + q * (1 - p)).sum()
    numerator = ((p - q) ** 2 - p * (1 - p) / (n_a - 1) - q * (1 - q) / (n_b - 1)).sum()
    return float(numerator / between) if between > 0 else np.nan


def fst_between(alleles: np.ndarray, labels: np.ndarray, names: Sequence[str], n_min: int = 10) -> np.ndarray:
    """Return Hudson's Fst of every pair of populations, in the order of `itertools.combinations(names, 2)`.

    Parameters
    ----------
    alleles : (n, n_sites) uint8
    labels : (n,) str
        Population of every haplotype.
    names
        Populations to compare, which may have no haplotypes.
    n_min
        Minimum number of haplotypes of a population.

    Returns
    -------
    (n_pairs,) float64
        NaN if a population has fewer than `n_min` haplotypes or `hudson_fst` is undefined.
    """
    check_alleles(alleles)
    members = [np.flatnonzero(np.asarray(labels) == name) for name in names]
    # The number of ALT alleles and the number of haplotypes of every population.
    counts = [(alleles[rows].sum(axis=0, dtype=np.int64), len(rows)) for rows in members]
    return np.array(
        [fst_of_counts(*a, *b) if min(a[1], b[1]) >= n_min else np.nan for a, b in combinations(counts, 2)], np.float64
    )


def fst_error(real: np.ndarray, ag: np.ndarray) -> float:
    """Return the mean absolute difference between the Fst of pairs of real populations and that of the AGs.

    A pair that is undefined among the AGs counts as Fst 0: its error is the real Fst, so that losing a population is
    not rewarded. Pairs that are undefined among the real haplotypes are ignored.

    Parameters
    ----------
    real, ag : (n_pairs,) float64
        From `fst_between`, with the same names.

    Returns
    -------
    float
        NaN if no pair is defined among the real haplotypes.

    Examples
    --------
    >>> fst_error(np.array([0.1, 0.2, np.nan]), np.array([0.1, np.nan, 0.3]))  # a lost pair counts as 0
    0.1
    """
    if real.shape != ag.shape:
        raise ValueError(f"Fst of {real.shape} and {ag.shape} pairs cannot be compared")
    defined = ~np.isnan(real)
    return float(np.abs(real - np.nan_to_num(ag))[defined].mean()) if defined.any() else np.nan


def site_windows(contigs: np.ndarray, window: int) -> np.ndarray:
    """Cut the sites of each contig into consecutive windows of `window` sites.

    Remaining sites at the end of a contig are in no window; a contig with fewer sites than `window` is one window.

    Parameters
    ----------
    contigs : (n_sites,) str
        Contig of every site; the sites of a contig are contiguous.
    window
        Number of sites, from 1.

    Returns
    -------
    (n_windows, 2) int64
        Index of the first site, and of the site after the last.

    Examples
    --------
    >>> site_windows(np.array(["1", "1", "1", "2"]), 2)
    array([[0, 2],
           [3, 4]])
    """
    if window < 1:
        raise ValueError(f"a window of {window} sites is empty")
    contigs = np.asarray(contigs)
    bounds = np.concatenate([[0], np.flatnonzero(contigs[1:] != contigs[:-1]) + 1, [len(contigs)]])
    windows = []
    for start, end in pairwise(bounds):
        size = min(window, end - start)
        windows += [(first, first + size) for first in range(start, end - size + 1, size)]
    return np.array(windows, np.int64)


def haplotype_heterozygosity(alleles: np.ndarray, windows: np.ndarray) -> np.ndarray:
    """Return the chance that two haplotypes drawn without replacement differ in a window, for every window.

    It is n / (n - 1) (1 - sum of p^2) with p the shares of the distinct haplotypes (Nei and Tajima 1981,
    doi 10.1093/genetics/97.1.145): 0 if all are identical, 1 if all are different.

    Parameters
    ----------
    alleles : (n, n_sites) uint8
    windows : (n_windows, 2) int64
        From `site_windows`.

    Returns
    -------
    (n_windows,) float64

    Raises
    ------
    ValueError
        Fewer than two haplotypes.

    Examples
    --------
    >>> alleles = np.array([[0, 0], [0, 0], [0, 1], [0, 1]], np.uint8)
    >>> haplotype_heterozygosity(alleles, np.array([[0, 1], [0, 2]])).round(3)
    array([0.   , 0.667])
    """
    check_alleles(alleles)
    n = len(alleles)
    if n < 2:
        raise ValueError("haplotype heterozygosity needs at least two haplotypes")
    values = np.empty(len(windows))
    for i, (start, end) in enumerate(windows):
        packed = np.packbits(alleles[:, start:end], axis=1)
        counts = np.unique(packed.view(f"V{packed.shape[1]}"), return_counts=True)[1]
        values[i] = n / (n - 1) * (1 - ((counts / n) ** 2).sum())
    return values
