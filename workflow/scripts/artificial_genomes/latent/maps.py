"""Two-dimensional maps of haplotypes, by their alleles and by their hidden means.

Main axes preserve large distances; t-SNE (van der Maaten and Hinton 2008) preserves only neighbors. UMAP would give a
similar result but would require numba and LLVM.
"""

import numpy as np
import pandas as pd
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE
from threadpoolctl import threadpool_limits

MAP_AXES = 2

NEIGHBOUR_MAP_HAPLOTYPES = 500
"""Maximum number of real haplotypes, and of AGs, on the map of neighbors."""

PERPLEXITY = 30

NEIGHBOUR_MAP_STEPS = 500
"""Gradient steps of t-SNE. Twice as many lower the divergence by 1 % (1000 haplotypes of 169 SNPs) and keep no more
neighbors."""


def principal_maps(
    spaces: dict[str, dict[str, np.ndarray]], labels: dict[str, np.ndarray], seed: int
) -> tuple[pd.DataFrame, pd.DataFrame, PCA]:
    """Project haplotypes on the main axes of the training individuals, in each space.

    The sign of an axis is arbitrary; the axes of later spaces are aligned with those of the first.

    Parameters
    ----------
    spaces
        By space (`hidden`, `genotypes`): features (n_haplotypes, n_features) of each set (`train`, `test`, `ag`).
    labels
        Superpopulation of every haplotype, by set; sets without labels (AGs) may be omitted.
    seed
        Seed of the randomized solver, which large matrices need.

    Returns
    -------
    coordinates : DataFrame
        space, set, superpopulation, pc1, pc2; one row per haplotype.
    variance : DataFrame
        space, axis (from 1), explained (share of the variance of the training haplotypes).
    pca
        PCA of the first space.
    """
    coordinates, variance = [], []
    pcas = [PCA(n_components=MAP_AXES, random_state=seed).fit(sets["train"]) for sets in spaces.values()]
    first = pcas[0].transform(next(iter(spaces.values()))["train"])
    for (space, sets), pca in zip(spaces.items(), pcas, strict=True):
        turn = np.where((pca.transform(sets["train"]) * first).sum(axis=0) < 0, -1, 1)
        for name, features in sets.items():
            scores = turn * pca.transform(features)
            population = labels.get(name, np.full(len(scores), ""))
            coordinates.append(
                pd.DataFrame(
                    {
                        "space": space,
                        "set": name,
                        "superpopulation": population,
                        "pc1": scores[:, 0],
                        "pc2": scores[:, 1],
                    }
                )
            )
        axes = np.arange(1, MAP_AXES + 1)
        variance.append(pd.DataFrame({"space": space, "axis": axes, "explained": pca.explained_variance_ratio_}))
    return pd.concat(coordinates, ignore_index=True), pd.concat(variance, ignore_index=True), pcas[0]


def neighbour_maps(spaces: dict[str, dict[str, np.ndarray]], labels: dict[str, np.ndarray], seed: int) -> pd.DataFrame:
    """Return a map of test haplotypes and AGs that preserves neighbors (t-SNE), in each space.

    The layout starts from the main axes. Its orientation is arbitrary, and distances between groups are meaningless.

    Parameters
    ----------
    spaces, labels
        As in `principal_maps`; of the sets, `test` and `ag` are shown, `NEIGHBOUR_MAP_HAPLOTYPES` of each.

    Returns
    -------
    DataFrame
        space, set, superpopulation, x, y; one row per haplotype.
    """
    tables = []
    for space, sets in spaces.items():
        shown = {name: sets[name][:NEIGHBOUR_MAP_HAPLOTYPES] for name in ("test", "ag")}
        features = np.concatenate(list(shown.values())).astype(np.float64)
        perplexity = min(PERPLEXITY, (len(features) - 1) / 3)
        # Sums over several threads have no fixed order.
        with threadpool_limits(1):
            layout = TSNE(
                perplexity=perplexity, init="pca", max_iter=NEIGHBOUR_MAP_STEPS, random_state=seed, n_jobs=1
            ).fit_transform(features)
        names = np.repeat(list(shown), [len(part) for part in shown.values()])
        populations = [labels.get(name, np.full(len(sets[name]), ""))[: len(part)] for name, part in shown.items()]
        tables.append(
            pd.DataFrame(
                {
                    "space": space,
                    "set": names,
                    "superpopulation": np.concatenate(populations),
                    "x": layout[:, 0],
                    "y": layout[:, 1],
                }
            )
        )
    return pd.concat(tables, ignore_index=True)
