"""Principal components of real haplotypes and AGs, and distances between the two on them."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.sparse.linalg import LinearOperator, svds

from artificial_genomes.statistics.checks import check_alleles
from artificial_genomes.statistics.frequencies import pearson

# POT imports every array library that it finds, including TensorFlow (seconds); only its NumPy part is used here.
for _library in ("TENSORFLOW", "PYTORCH", "JAX", "CUPY"):
    os.environ.setdefault(f"POT_BACKEND_DISABLE_{_library}", "1")

_HELD_NUMBERS = 2**27
"""Alleles that are held as eight-byte numbers at a time (1 GB): more are turned into them block by block."""

_BLOCK_HAPLOTYPES = 2048


@dataclass(frozen=True)
class CoupledPca:
    """Scores of real haplotypes and AGs on the axes of one PCA.

    Attributes
    ----------
    real : (n_real, n_axes) float64
    ag : (n_ag, n_axes) float64
    explained : (n_axes,) float64
        Share of the total variance that an axis explains.
    """

    real: np.ndarray
    ag: np.ndarray
    explained: np.ndarray


def coupled_pca(real: np.ndarray, ag: np.ndarray, n_axes: int = 6) -> CoupledPca:
    """Fit one PCA on real haplotypes and AGs together, centered but not scaled.

    The axes are solved to machine precision (ARPACK, fixed start), and scikit-learn gives the largest loading of every
    axis a positive sign, so that the same haplotypes give the same scores.

    Parameters
    ----------
    real : (n_real, n_sites) uint8
    ag : (n_ag, n_sites) uint8
    n_axes : int
        Number of components, less than the number of sites and of haplotypes.

    Raises
    ------
    ValueError
        There are too few sites or haplotypes for `n_axes` axes.

    Examples
    --------
    >>> real = np.array([[0, 0, 0], [1, 1, 1], [0, 0, 0], [1, 1, 1]], np.uint8)
    >>> pca = coupled_pca(real, real, n_axes=1)
    >>> pca.explained.round(6), wasserstein_per_axis(pca)
    (array([1.]), array([0.]))
    """
    check_alleles(real, ag)
    scores, _, _, explained = _fit(np.concatenate([real, ag]), n_axes)
    return CoupledPca(scores[: len(real)], scores[len(real) :], explained)


def independent_pca(real: np.ndarray, ag: np.ndarray, n_axes: int = 6) -> CoupledPca:
    """Fit one PCA on the real haplotypes and one on the AGs, and align the signs of the axes of the second.

    Scores and the share of variance (that of the real haplotypes) are those of each set on its own axes. The sign of an
    axis is arbitrary; that of an AG axis is the one that brings its scores closer to the real ones.

    Parameters
    ----------
    real, ag, n_axes
        As in `coupled_pca`; each set needs more haplotypes than axes.
    """
    check_alleles(real, ag)
    (real_scores, *_, explained), (ag_scores, *_) = (_fit(alleles, n_axes) for alleles in (real, ag))
    turned = [
        min((scores, -scores), key=lambda side, other=other: wasserstein_1d(other, side))
        for other, scores in zip(real_scores.T, ag_scores.T, strict=True)
    ]
    return CoupledPca(real_scores, np.stack(turned, axis=1), explained)


def _fit(alleles: np.ndarray, n_axes: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return scores (n, n_axes), axes (n_axes, n_sites), means of sites (n_sites,) and shares of variance (n_axes,)."""
    if not 0 < n_axes < min(alleles.shape):
        raise ValueError(f"a PCA of {alleles.shape} haplotypes x sites has fewer than {n_axes} axes")
    if (alleles == alleles[0]).all():
        # Nothing varies, so ARPACK could not start.
        n, n_sites = alleles.shape
        return np.zeros((n, n_axes)), np.zeros((n_axes, n_sites)), alleles[0].astype(np.float64), np.zeros(n_axes)
    if alleles.size > _HELD_NUMBERS:
        return _fit_in_blocks(alleles, n_axes)
    from sklearn.decomposition import PCA  # slow, and not needed by all programs that import this module

    model = PCA(n_axes, svd_solver="arpack", random_state=0, copy=False)
    # float64, so that the order of sums (the number of threads) does not affect the digits in tables.
    scores = model.fit_transform(alleles.astype(np.float64))
    return scores, model.components_, model.mean_, model.explained_variance_ratio_


def _fit_in_blocks(alleles: np.ndarray, n_axes: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return what `_fit` does, as scikit-learn computes it, without all alleles as eight-byte numbers."""
    n, n_sites = alleles.shape
    mean = alleles.mean(axis=0)
    step = max(1, _HELD_NUMBERS // 4 // n)
    blocks = [slice(start, start + step) for start in range(0, n_sites, step)]

    def times(vector: np.ndarray) -> np.ndarray:
        return sum(alleles[:, sites] @ vector[sites] for sites in blocks) - mean @ vector

    def transposed_times(vector: np.ndarray) -> np.ndarray:
        return np.concatenate([vector @ alleles[:, sites] for sites in blocks]) - mean * vector.sum()

    # The start that scikit-learn takes.
    start = np.random.RandomState(0).uniform(-1, 1, min(n, n_sites))
    operator = LinearOperator(
        (n, n_sites),
        matvec=lambda vector: times(vector.ravel()),
        rmatvec=lambda vector: transposed_times(vector.ravel()),
        dtype=np.float64,
    )
    left, lengths, axes = svds(operator, k=n_axes, v0=start)
    left, lengths, axes = left[:, ::-1], lengths[::-1], axes[::-1]
    largest = axes[np.arange(n_axes), np.abs(axes).argmax(axis=1)]
    signs = np.sign(largest)
    variance = (mean * (1 - mean)).sum() * n  # of zeros and ones
    return left * lengths * signs, axes * signs[:, None], mean, lengths**2 / variance


class CommonAxes:
    """The axes of one PCA fitted on several sets of haplotypes together.

    Parameters
    ----------
    sets : sequence of (n, n_sites) uint8
        Sets that determine the axes.
    n_axes
        Number of components, less than the number of sites and of haplotypes.

    Attributes
    ----------
    explained : (n_axes,) float64
        Share of the variance of these sets that an axis explains.
    """

    def __init__(self, sets: Sequence[np.ndarray], n_axes: int = 6) -> None:
        check_alleles(*sets)
        _, self._axes, self._mean, self.explained = _fit(np.concatenate(sets), n_axes)

    def scores(self, alleles: np.ndarray) -> np.ndarray:
        """Return the scores of haplotypes, (n, n_sites) uint8, on the axes: (n, n_axes) float64."""
        check_alleles(alleles)
        # In blocks: all haplotypes of a large dataset as float64 would need eight times its memory.
        step = max(1, min(_BLOCK_HAPLOTYPES, _HELD_NUMBERS // 4 // alleles.shape[1]))
        blocks = (alleles[start : start + step].astype(np.float64) for start in range(0, len(alleles), step))
        return np.concatenate([block @ self._axes.T - self._mean @ self._axes.T for block in blocks])


def agreement_of_parts(
    real: np.ndarray, ag: np.ndarray, parts: Sequence[np.ndarray], n_axes: int = 12, n_pairs: int = 2
) -> float:
    """Return how much neighboring parts of the sites agree on what they share in real haplotypes, such as ancestry.

    A principal component analysis of each part, and a canonical correlation analysis of the scores of neighboring
    parts, are fitted on the real haplotypes.

    Parameters
    ----------
    real, ag : (n_haplotypes, n_sites) uint8
    parts : sequence of (n_part,) int64
        Sites of each part.
    n_axes
        Number of principal components; fewer where a part has fewer sites.
    n_pairs
        Number of pairs of canonical variates, the most correlated ones.

    Returns
    -------
    float
        Correlation of the canonical variates of the AGs, mean over pairs and neighboring parts; NaN if nothing varies.
    """
    check_alleles(real, ag)
    scores = [_standard_scores(real[:, sites], ag[:, sites], n_axes) for sites in parts]
    correlations = []
    for (real_before, ag_before), (real_after, ag_after) in pairwise(scores):
        left, _, right = np.linalg.svd(real_before.T @ real_after, full_matrices=False)
        before, after = ag_before @ left[:, :n_pairs], ag_after @ right[:n_pairs].T
        correlations += [pearson(*variates) for variates in zip(before.T, after.T, strict=True)]
    return float(np.nanmean(correlations)) if np.isfinite(correlations).any() else np.nan


def _standard_scores(real: np.ndarray, ag: np.ndarray, n_axes: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the scores of both on the axes of the real haplotypes, with variance 1 in these; 0 if nothing varies."""
    n_axes = min(n_axes, real.shape[1] - 1, len(real) - 1)
    if n_axes < 1 or (real == real[0]).all():
        return np.zeros((len(real), 1)), np.zeros((len(ag), 1))
    axes = CommonAxes([real], n_axes)
    scores = [axes.scores(side) for side in (real, ag)]
    spread = scores[0].std(axis=0)
    # Axes beyond the rank of the haplotypes are rounding errors.
    varies = spread > 1e-6 * spread[0]
    return tuple(side[:, varies] / spread[varies] for side in scores)


def wasserstein_per_axis(pca: CoupledPca) -> np.ndarray:
    """Return the Wasserstein-1 distance between real and AG scores on every axis: (n_axes,) float64."""
    return np.array([wasserstein_1d(real, ag) for real, ag in zip(pca.real.T, pca.ag.T, strict=True)])


def wasserstein_1d(real: np.ndarray, ag: np.ndarray) -> float:
    """Return the Wasserstein-1 distance between two samples of numbers, (n_real,) and (n_ag,) float64."""
    from scipy.stats import wasserstein_distance  # slow, as above

    return float(wasserstein_distance(real, ag))


def wasserstein_replicates(
    real: np.ndarray, ag: np.ndarray, real_draws: np.ndarray, ag_draws: np.ndarray
) -> np.ndarray:
    """Return the Wasserstein-1 distance on one axis in bootstrap resamples of individuals: (replicates,) float64.

    The axis is that of the whole sample.

    Parameters
    ----------
    real, ag : (n,) float64
        Scores on the axis; rows 2i and 2i + 1 belong to individual i.
    real_draws, ag_draws : (replicates, n / 2) float64
        How often each individual is drawn: see `bootstrap.resample_people`.
    """
    pooled = np.concatenate([real, ag])
    order = np.argsort(pooled, kind="stable")
    steps = np.diff(pooled[order])
    # Change of the difference of both cumulative distributions per draw of a real individual, and of an artificial one.
    sides = np.repeat(real_draws, 2, axis=1) / len(real), np.repeat(ag_draws, 2, axis=1) / -len(ag)
    weights = np.concatenate(sides, axis=1)
    return np.abs(np.cumsum(weights[:, order], axis=1)[:, :-1]) @ steps


def wasserstein_2d(real: np.ndarray, ag: np.ndarray) -> float:
    """Return the mean cost of the optimal transport between two clouds of points.

    The cost of a pair is its squared Euclidean distance divided by the largest one; solved exactly by POT.

    Parameters
    ----------
    real : (n_real, 2) float64
    ag : (n_ag, 2) float64
    """
    import ot  # imported here, since it takes half a second that the other statistics do not need

    cost = ot.dist(real, ag, metric="sqeuclidean")
    if cost.max() == 0:
        return 0.0
    return float(ot.emd2([], [], cost / cost.max(), numItermax=10_000_000))
