"""Principal components of real haplotypes and AGs together, and how far apart the two lie on them."""

import os
from dataclasses import dataclass

import numpy as np
from scipy.stats import wasserstein_distance
from sklearn.decomposition import PCA

from artificial_genomes.statistics.checks import check_alleles

# POT imports every array library that it finds, TensorFlow among them (seconds); only its numpy part is used here.
for _library in ("TENSORFLOW", "PYTORCH", "JAX", "CUPY"):
    os.environ.setdefault(f"POT_BACKEND_DISABLE_{_library}", "1")


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
    """Fit one PCA on real haplotypes and AGs together: centred, not scaled.

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
        Too few sites or haplotypes for that many axes.
    """
    check_alleles(real, ag)
    # float64, so that the order of sums (the number of threads) does not show in the digits that tables have.
    both = np.concatenate([real, ag], dtype=np.float64)
    if not 0 < n_axes < min(both.shape):
        raise ValueError(f"a PCA of {both.shape} haplotypes x sites cannot have {n_axes} axes")
    model = PCA(n_axes, svd_solver="arpack", random_state=0, copy=False)
    scores = model.fit_transform(both)
    return CoupledPca(scores[: len(real)], scores[len(real) :], model.explained_variance_ratio_)


def wasserstein_per_axis(pca: CoupledPca) -> np.ndarray:
    """Return the Wasserstein-1 distance between real and AG scores on every axis: (n_axes,) float64."""
    return np.array([wasserstein_distance(real, ag) for real, ag in zip(pca.real.T, pca.ag.T, strict=True)])


def wasserstein_2d(real: np.ndarray, ag: np.ndarray) -> float:
    """Return the optimal transport cost between two clouds of points.

    The cost of a pair is its squared Euclidean distance divided by the largest one; solved exactly by POT.

    Parameters
    ----------
    real : (n_real, 2) float64
    ag : (n_ag, 2) float64
    """
    import ot  # here, since its import costs half a second that the other statistics need not pay

    cost = ot.dist(real, ag, metric="sqeuclidean")
    if cost.max() == 0:
        return 0.0
    return float(ot.emd2(ot.unif(len(real)), ot.unif(len(ag)), cost / cost.max(), numItermax=10_000_000))
