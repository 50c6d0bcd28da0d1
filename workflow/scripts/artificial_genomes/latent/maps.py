"""Two-dimensional maps of haplotypes, by their alleles and by their hidden means.

Main axes keep large distances, t-SNE (van der Maaten and Hinton 2008) keeps neighbours and nothing else. It stands here
in place of UMAP, which shows much the same but would bring numba and LLVM with it.
"""

import numpy as np
import pandas as pd
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE
from threadpoolctl import threadpool_limits

MAP_AXES = 2

NEIGHBOUR_MAP_HAPLOTYPES = 500
"""Real haplotypes, and as many AGs, on the map of neighbours, at the most."""

PERPLEXITY = 30


def principal_maps(
    spaces: dict[str, dict[str, np.ndarray]], labels: dict[str, np.ndarray], seed: int
) -> tuple[pd.DataFrame, pd.DataFrame, PCA]:
    """Project haplotypes on the main axes of the training individuals, in each space.

    The sign of an axis is arbitrary: those of later spaces are turned to point the way of the first space's.

    Parameters
    ----------
    spaces
        By space (`hidden`, `genotypes`): features (n_haplotypes, n_features) of each set (`train`, `test`, `ag`).
    labels
        Superpopulation of every haplotype, by set; sets without labels (AGs) may be left out.
    seed
        Of the randomised solver, which large matrices need.

    Returns
    -------
    coordinates : DataFrame
        space, set, superpopulation, pc1, pc2; one row a haplotype.
    variance : DataFrame
        space, axis (from 1), explained (share of the variance of the training haplotypes).
    pca
        That of the first space.
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
    """Lay test haplotypes and AGs out so that neighbours stay neighbours (t-SNE), in each space.

    The layout starts from main axes. Where axes and sides are is arbitrary, and distances between groups mean nothing.

    Parameters
    ----------
    spaces, labels
        As in `principal_maps`; of the sets, `test` and `ag` are shown, `NEIGHBOUR_MAP_HAPLOTYPES` of each.

    Returns
    -------
    DataFrame
        space, set, superpopulation, x, y; one row a haplotype.
    """
    tables = []
    for space, sets in spaces.items():
        shown = {name: sets[name][:NEIGHBOUR_MAP_HAPLOTYPES] for name in ("test", "ag")}
        features = np.concatenate(list(shown.values())).astype(np.float64)
        perplexity = min(PERPLEXITY, (len(features) - 1) / 3)
        # The sums of several threads come in no fixed order.
        with threadpool_limits(1):
            layout = TSNE(perplexity=perplexity, init="pca", random_state=seed, n_jobs=1).fit_transform(features)
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
