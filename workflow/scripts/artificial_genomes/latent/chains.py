"""Gibbs chains from random haplotypes, followed on the main axes of real individuals."""

import numpy as np
import pandas as pd
from sklearn.decomposition import PCA

from artificial_genomes.models.rbm_machine import Model
from artificial_genomes.statistics.pca import wasserstein_1d

CHAINS = 500
CHAINS_SHOWN = 12
SWEEPS_BEYOND = 4
"""Length of the chains, in multiples of the sweeps of an AG."""


def follow_chains(model: Model, pca: PCA, real: np.ndarray, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Follow chains from their random start, sweep by sweep.

    Parameters
    ----------
    pca
        Fitted on real haplotypes, two axes or more.
    real : (n, n_sites) uint8
        Haplotypes of test individuals, to which the chains should converge.
    seed
        Seed of the chains.

    Returns
    -------
    distances : DataFrame
        sweep (0 is the start), w1_pc1, w1_pc2: Wasserstein distance between chains and real haplotypes along each axis.
    paths : DataFrame
        chain, sweep, pc1, pc2 of a few chains.
    """
    axes = pca.transform(real.astype(np.float64))[:, :2]
    distances, paths = [], []
    for sweep, alleles in enumerate(model.chain(CHAINS, SWEEPS_BEYOND * model.sweeps, seed)):
        scores = pca.transform(alleles.astype(np.float64))[:, :2]
        distances.append((sweep, *(wasserstein_1d(axes[:, i], scores[:, i]) for i in range(2))))
        paths += [(chain + 1, sweep, *scores[chain]) for chain in range(CHAINS_SHOWN)]
    return (
        pd.DataFrame(distances, columns=["sweep", "w1_pc1", "w1_pc2"]),
        pd.DataFrame(paths, columns=["chain", "sweep", "pc1", "pc2"]),
    )
