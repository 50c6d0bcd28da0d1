"""The hidden layer of an RBM as an encoding of haplotypes: maps of it, and how well it tells populations apart."""

import logging
from collections.abc import Callable

import numpy as np
import pandas as pd
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from artificial_genomes.errors import UserError
from artificial_genomes.haplotypes import Haplotypes

log = logging.getLogger(__name__)

MAP_AXES = 2
BOOTSTRAPS = 1000
PERMUTATIONS = 20


def principal_maps(
    spaces: dict[str, dict[str, np.ndarray]], labels: dict[str, np.ndarray], seed: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Project haplotypes on the main axes of the training people, in each space.

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
    """
    coordinates, variance = [], []
    first = None
    for space, sets in spaces.items():
        pca = PCA(n_components=MAP_AXES, random_state=seed).fit(sets["train"])
        train = pca.transform(sets["train"])
        first = train if first is None else first
        turn = np.where((train * first).sum(axis=0) < 0, -1, 1)
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
    return pd.concat(coordinates, ignore_index=True), pd.concat(variance, ignore_index=True)


def balanced_accuracy(correct: np.ndarray, truth: np.ndarray) -> float:
    """Return the mean over classes of the share of correct answers.

    Parameters
    ----------
    correct : (n,) float64
        Whether (or how often) each unit was classified correctly.
    truth : (n,) object
        Its class.
    """
    return float(np.mean([correct[truth == name].mean() for name in np.unique(truth)]))


def bootstrap_interval(
    correct: np.ndarray, truth: np.ndarray, rng: np.random.Generator, n: int = BOOTSTRAPS
) -> tuple[float, float]:
    """Return the 95 % interval of the balanced accuracy when people are drawn anew, within their class.

    Parameters
    ----------
    correct : (n_people,) float64
        Share of each person's two haplotypes classified correctly: the two are not independent, so people are drawn.
    truth : (n_people,) object
    """
    draws = np.zeros(n)
    classes = np.unique(truth)
    for name in classes:
        of_class = correct[truth == name]
        draws += of_class[rng.integers(len(of_class), size=(n, len(of_class)))].mean(axis=1)
    low, high = np.quantile(draws / len(classes), [0.025, 0.975])
    return float(low), float(high)


def classifier() -> Pipeline:
    """Return an untrained multinomial logistic regression on standardised features, the same for all features.

    The penalty is firm (C = 0.01), for there are hundreds of features that resemble each other.
    """
    return make_pipeline(StandardScaler(), LogisticRegression(C=0.01, solver="newton-cg", max_iter=1000))


def population_metrics(
    hidden: dict[str, np.ndarray], genotypes: dict[str, np.ndarray], labels: dict[str, np.ndarray], seed: int
) -> pd.DataFrame:
    """Tell the superpopulation of test haplotypes from features, by a classifier fitted on training haplotypes.

    Parameters
    ----------
    hidden, genotypes
        Features (n_haplotypes, n_features) of the sets `train` and `test`; rows 2i and 2i + 1 are one person.
    labels
        Superpopulation of every haplotype of these sets.
    seed
        Of the permutations of labels, the bootstrap and the PCA.

    Returns
    -------
    DataFrame
        reference, metric, value (balanced accuracy), ci_low, ci_high (bootstrap over test people), n (test
        haplotypes). The PCA has as many axes as there are hidden units, or as the training matrix allows. The floor
        is the mean over permutations of the labels of training people, with the range of 95 % of them: test people
        of a population are so alike that they are right or wrong together, and one permutation says little.

    Raises
    ------
    UserError
        The training people have a single superpopulation.
    """
    if len(np.unique(labels["train"])) < 2:
        raise UserError(
            "the training people have a single superpopulation, so there is nothing to tell apart. "
            "Leave this data set out of latent.datasets."
        )
    axes = min(hidden["train"].shape[1], min(genotypes["train"].shape) - 1)
    pca = PCA(n_components=axes, random_state=seed).fit(genotypes["train"])
    tasks = {
        "latent_population_accuracy": hidden,
        "pca_population_accuracy": {name: pca.transform(genotypes[name]) for name in ("train", "test")},
        "snps_population_accuracy": genotypes,
    }
    truth = labels["test"][::2]
    rows = []
    for metric, features in tasks.items():
        correct = _correct(features, labels["train"], labels["test"])
        low, high = bootstrap_interval(correct, truth, np.random.default_rng([seed, 1]))
        rows.append((metric, balanced_accuracy(correct, truth), low, high))
    people, rng = labels["train"][::2], np.random.default_rng([seed, 0])
    permuted = [
        balanced_accuracy(_correct(hidden, np.repeat(rng.permutation(people), 2), labels["test"]), truth)
        for _ in range(PERMUTATIONS)
    ]
    rows.append(("population_accuracy_permuted", np.mean(permuted), *np.quantile(permuted, [0.025, 0.975])))
    for metric, value, low, high in rows:
        log.info("%s: %.3f (%.3f to %.3f)", metric, value, low, high)
    table = pd.DataFrame(rows, columns=["metric", "value", "ci_low", "ci_high"])
    table.insert(0, "reference", "test")
    return table.assign(n=len(labels["test"]))


def _correct(features: dict[str, np.ndarray], labels: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Return the share of each test person's two haplotypes classified correctly: (n_people,) float64."""
    train, test = (features[name].astype(np.float64) for name in ("train", "test"))
    guess = classifier().fit(train, labels).predict(test)
    return (guess == truth).reshape(-1, 2).mean(axis=1)


def explore(
    hidden_means: Callable[[np.ndarray], np.ndarray],
    haplotypes: Haplotypes,
    split: pd.Series,
    artificial: np.ndarray,
    seed: int,
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Encode real and artificial haplotypes, map them and classify them.

    Parameters
    ----------
    hidden_means
        (n, n_sites) uint8 -> (n, n_hidden) float32.
    haplotypes
        Real people, in the order of `split`.
    split
        train, validation, test or public, for each person. Validation people count as training people here: they
        only chose the epoch.
    artificial : (n, n_sites) uint8

    Returns
    -------
    coordinates, variance
        See `principal_maps`.
    metrics
        See `population_metrics`.
    """
    sets = {"train": ["train", "validation"], "test": ["test"]}
    real = {name: haplotypes.take_people(split.isin(parts).to_numpy()) for name, parts in sets.items()}
    labels = {name: part.haplotype_labels("superpopulation") for name, part in real.items()}
    genotypes = {name: part.alleles for name, part in real.items()} | {"ag": artificial}
    spaces = {
        "genotypes": {name: alleles.astype(np.float32) for name, alleles in genotypes.items()},
        "hidden": {name: hidden_means(alleles) for name, alleles in genotypes.items()},
    }
    coordinates, variance = principal_maps(spaces, labels, seed)
    return coordinates, variance, population_metrics(spaces["hidden"], spaces["genotypes"], labels, seed)
