"""Three-point correlations: dependence between sites beyond pairs.

For alleles a, b, c at three sites, with f their frequencies alone and together,

    f_abc - f_ab f_c - f_bc f_a - f_ac f_b + 2 f_a f_b f_c.

It is the third central moment of the three indicators. Swapping the allele at one site only changes its sign, so all
eight combinations of alleles follow from that of the three ALT alleles.
"""

from collections.abc import Sequence

import numpy as np

from artificial_genomes.statistics.checks import check_alleles
from artificial_genomes.statistics.frequencies import correlation_from_sums

RANDOM_GAP = "random"
"""Name of the class of triplets at random sites."""


def draw_triplets(
    n_sites: int, gaps: Sequence[int], n_triplets: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Draw triplets of sites (i, i + gap, i + 2 gap) for every gap, and triplets of any three sites.

    Parameters
    ----------
    gaps
        Numbers of sites. Gaps longer than half of the sites are left out.
    n_triplets
        Number of triplets of each kind; if a gap has fewer, all of them.

    Returns
    -------
    triplets : (n, 3) int64
    labels : (n,) str
        The gap of a triplet, or "random".
    """
    triplets, labels = [], []
    for gap in gaps:
        n_starts = n_sites - 2 * gap
        if n_starts > 0:
            starts = rng.choice(n_starts, min(n_triplets, n_starts), replace=False)
            triplets.append(starts[:, None] + gap * np.arange(3))
            labels += [str(gap)] * len(starts)
    if n_sites >= 3:
        triplets.append(np.array([rng.choice(n_sites, 3, replace=False) for _ in range(n_triplets)]))
        labels += [RANDOM_GAP] * n_triplets
    return np.concatenate([np.empty((0, 3), np.int64), *triplets]).astype(np.int64), np.array(labels, str)


def three_point(alleles: np.ndarray, triplets: np.ndarray) -> np.ndarray:
    """Return the three-point correlation of the ALT alleles of every triplet.

    Parameters
    ----------
    alleles : (n_haplotypes, n_sites) uint8
    triplets : (n, 3) int64
        Indices of sites.

    Returns
    -------
    (n,) float64

    Examples
    --------
    >>> alike = np.array([[0, 0, 0], [0, 0, 0], [0, 0, 0], [1, 1, 1]], np.uint8)
    >>> three_point(alike, np.array([[0, 1, 2]]))  # 1/4 - 3/16 + 2/64
    array([0.09375])
    """
    check_alleles(alleles)
    n_haplotypes = len(alleles)
    # Eight haplotypes per byte: a joint count is an AND and a count of bits.
    bits = np.packbits(alleles.T, axis=1)

    def frequency(*sites: np.ndarray) -> np.ndarray:
        together = np.bitwise_and.reduce([bits[site] for site in sites])
        return np.bitwise_count(together).sum(axis=1, dtype=np.int64) / n_haplotypes

    a, b, c = np.asarray(triplets).reshape(-1, 3).T
    f_a, f_b, f_c = frequency(a), frequency(b), frequency(c)
    pairs = frequency(a, b) * f_c + frequency(b, c) * f_a + frequency(a, c) * f_b
    return frequency(a, b, c) - pairs + 2 * f_a * f_b * f_c


def three_point_replicates(
    alleles: np.ndarray, triplets: np.ndarray, groups: np.ndarray, draws: np.ndarray
) -> np.ndarray:
    """Return `three_point` in bootstrap resamples of groups of individuals: (replicates, n) float64.

    Parameters
    ----------
    alleles, triplets
        As in `three_point`.
    groups : (n_haplotypes,) int64
        Group of every haplotype.
    draws : (replicates, n_groups) float64
        How often each group is drawn: see `bootstrap.group_people`.
    """
    check_alleles(alleles)
    # As in `three_point`, group by group: a resample repeats groups.
    by_group = [np.packbits(alleles[groups == group], axis=0) for group in range(draws.shape[1])]
    drawn = (draws @ np.bincount(groups, minlength=draws.shape[1]))[:, None]

    def frequency(*sites: np.ndarray) -> np.ndarray:
        together = (np.bitwise_and.reduce([bits[:, site] for site in sites]) for bits in by_group)
        return draws @ np.array([np.bitwise_count(bits).sum(axis=0) for bits in together], np.float64) / drawn

    a, b, c = np.asarray(triplets).reshape(-1, 3).T
    f_a, f_b, f_c = frequency(a), frequency(b), frequency(c)
    pairs = frequency(a, b) * f_c + frequency(b, c) * f_a + frequency(a, c) * f_b
    return frequency(a, b, c) - pairs + 2 * f_a * f_b * f_c


def three_point_correlation(real: np.ndarray, ag: np.ndarray) -> np.ndarray | float:
    """Return Pearson's r between real and AG three-point correlations over all triplets and allele combinations.

    Over the eight combinations, every value occurs four times with each sign: the mean is zero, and r is the
    correlation of the given values about zero.

    Parameters
    ----------
    real, ag : (..., n_triplets) float64
        From `three_point`, for the same triplets, or from `three_point_replicates`.

    Returns
    -------
    (...) float64, a float for one sample
        NaN if one side is zero throughout, or without triplets.
    """
    if real.shape != ag.shape:
        raise ValueError(f"three-point correlations of {real.shape} and {ag.shape} triplets cannot be paired")
    return correlation_from_sums((real * real).sum(axis=-1), (ag * ag).sum(axis=-1), (real * ag).sum(axis=-1))
