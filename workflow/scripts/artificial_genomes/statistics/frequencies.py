"""Allele frequencies: agreement of AGs with real haplotypes."""

from collections.abc import Sequence

import numpy as np

from artificial_genomes.statistics.distances import wasserstein_of_counts

RARE_FREQUENCY = 0.2
"""Largest real ALT frequency of the sites in `af_r_rare`."""

MAF_EDGES = (0, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5)
"""Edges of the bins of minor allele frequency."""


def pearson(x: np.ndarray, y: np.ndarray) -> np.ndarray | float:
    """Return Pearson's r along the last axis, NaN if one side does not vary.

    Parameters
    ----------
    x, y : (..., n) float

    Returns
    -------
    (...) float64, a float for one-dimensional input
    """
    dx = x - x.mean(axis=-1, keepdims=True)
    dy = y - y.mean(axis=-1, keepdims=True)
    return correlation_from_sums((dx * dx).sum(axis=-1), (dy * dy).sum(axis=-1), (dx * dy).sum(axis=-1))


def correlation_from_sums(xx: np.ndarray | float, yy: np.ndarray | float, xy: np.ndarray | float) -> np.ndarray | float:
    """Return xy / sqrt(xx yy), NaN if one side does not vary."""
    with np.errstate(invalid="ignore", divide="ignore"):
        r = np.where((xx > 0) & (yy > 0), xy / np.sqrt(np.asarray(xx) * yy), np.nan)
    return float(r) if r.ndim == 0 else r


def frequency_correlation(real: np.ndarray, ag: np.ndarray, sites: np.ndarray | None = None) -> np.ndarray | float:
    """Return Pearson's r between real and AG allele frequencies.

    Parameters
    ----------
    real, ag : (..., n_sites) float64
        ALT allele frequencies, of one sample or of many bootstrap replicates.
    sites : (n_sites,) bool, optional
        Sites to use, such as `rare_sites(real)`.

    Returns
    -------
    (...) float64, a float for one sample
        NaN with fewer than two sites, or if one side does not vary over sites.

    Examples
    --------
    >>> real, ag = np.array([0.1, 0.5, 0.9]), np.array([0.2, 0.5, 0.8])
    >>> round(frequency_correlation(real, ag), 6)
    1.0
    >>> frequency_correlation(real, ag, rare_sites(real))
    nan
    """
    if real.shape != ag.shape:
        raise ValueError(f"frequencies of {real.shape} and {ag.shape} sites cannot be paired")
    if sites is not None:
        real, ag = real[..., sites], ag[..., sites]
    if real.shape[-1] < 2:
        return np.nan if real.ndim == 1 else np.full(real.shape[:-1], np.nan)
    return pearson(real, ag)


def rare_sites(real: np.ndarray) -> np.ndarray:
    """Return which sites have a real ALT frequency of at most 0.2: (n_sites,) bool."""
    return real <= RARE_FREQUENCY


def count_fixed_sites(real: np.ndarray, ag: np.ndarray) -> int:
    """Return the number of sites that vary among real haplotypes but not among AGs.

    Parameters
    ----------
    real, ag : (n_sites,) float64
        ALT allele frequencies.

    Examples
    --------
    >>> count_fixed_sites(np.array([0.1, 0.5, 0.0]), np.array([0.0, 0.4, 0.0]))
    1
    """
    if real.shape != ag.shape:
        raise ValueError(f"frequencies of {real.shape} and {ag.shape} sites cannot be paired")
    varies = (real > 0) & (real < 1)
    return int((varies & ((ag == 0) | (ag == 1))).sum())


def spectrum_distance(real: np.ndarray, ag: np.ndarray) -> float:
    """Return the Wasserstein-1 distance of the folded frequency spectra of two sets, as a minor allele frequency.

    Common sites are not needed: each spectrum is the distribution of minor allele frequencies over the sites of one
    set, with monomorphic sites at 0.

    Parameters
    ----------
    real : (n, n_real_sites) uint8
    ag : (n, n_ag_sites) uint8

    Raises
    ------
    ValueError
        The numbers of haplotypes differ: spectra depend on them.

    Examples
    --------
    >>> real = np.array([[0, 1], [0, 1], [0, 0], [1, 0]], np.uint8)
    >>> spectrum_distance(real, np.zeros((4, 2), np.uint8))  # minor allele frequencies 0.25 and 0.5 against 0 and 0
    0.375
    """
    n = len(real)
    if len(ag) != n:
        raise ValueError(f"spectra of {n} and {len(ag)} haplotypes cannot be compared")
    spectra = [np.bincount(minor_allele_counts(alleles), minlength=n // 2 + 1) for alleles in (real, ag)]
    return wasserstein_of_counts(*spectra) / n


def minor_allele_counts(alleles: np.ndarray) -> np.ndarray:
    """Return the minor allele count of every site of (n, n_sites) uint8: (n_sites,) int64.

    Examples
    --------
    >>> minor_allele_counts(np.array([[0, 1, 1], [0, 1, 0], [0, 1, 0], [1, 1, 0]], np.uint8))
    array([1, 0, 1])
    """
    alt = alleles.sum(axis=0, dtype=np.int64)
    return np.minimum(alt, len(alleles) - alt)


def count_singletons(alleles: np.ndarray) -> int:
    """Return the number of sites whose minor allele occurs exactly once in (n, n_sites) uint8."""
    return int((minor_allele_counts(alleles) == 1).sum())


def spectrum_by_maf(
    real: np.ndarray, ag: np.ndarray, edges: Sequence[float] = MAF_EDGES
) -> tuple[np.ndarray, np.ndarray]:
    """Return the numbers of sites by minor allele frequency (MAF) in two sets, each by its own frequencies.

    The first class contains the monomorphic sites, class i + 1 those with edges[i] < MAF <= edges[i + 1]. Every site is
    in one class.

    Parameters
    ----------
    real : (n, n_real_sites) uint8
    ag : (n, n_ag_sites) uint8
    edges
        Ascending, from 0 to 0.5.

    Returns
    -------
    real, ag : (n_edges,) int64

    Raises
    ------
    ValueError
        The numbers of haplotypes differ: spectra depend on them. The edges do not ascend from 0 to 0.5.
    """
    if len(real) != len(ag):
        raise ValueError(f"spectra of {len(real)} and {len(ag)} haplotypes cannot be compared")
    if edges[0] != 0 or edges[-1] != 0.5 or not (np.diff(edges) > 0).all():
        raise ValueError(f"edges of minor allele frequencies must ascend from 0 to 0.5, got {list(edges)}")
    # From the left, so that a frequency that equals an edge is in the class below the edge.
    real_classes, ag_classes = (
        np.searchsorted(edges, minor_allele_counts(alleles) / len(alleles), side="left") for alleles in (real, ag)
    )
    return np.bincount(real_classes, minlength=len(edges)), np.bincount(ag_classes, minlength=len(edges))


def spectrum_replicates(real: np.ndarray, ag: np.ndarray) -> np.ndarray:
    """Return the Wasserstein-1 distance of the folded spectra in bootstrap resamples: (replicates,) float64.

    Parameters
    ----------
    real, ag : (replicates, n_sites) float64
        ALT allele frequencies in every resample, at equally many sites.
    """
    minor = [np.sort(np.minimum(one, 1 - one), axis=1) for one in (real, ag)]
    return np.abs(minor[0] - minor[1]).mean(axis=1)
