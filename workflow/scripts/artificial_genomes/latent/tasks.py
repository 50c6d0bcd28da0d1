"""Supervised tasks on features of haplotypes: predicting populations, from all labels and from few.

Features are learned without labels, from the training individuals only. Classifiers are evaluated by nested
cross-validation by individual: individuals are assigned to folds, stratified by class, and each fold is predicted by a
classifier trained on the other folds, whose penalty is chosen by a cross-validation within them. Only test individuals
are scored, since the features have not seen them either.
"""

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from artificial_genomes.compare.matching import haplotypes_of
from artificial_genomes.core.errors import UserError
from artificial_genomes.core.metric_table import METRIC_COLUMNS
from artificial_genomes.core.random_streams import stream
from artificial_genomes.latent.encoding import RealSets
from artificial_genomes.statistics.bootstrap import percentile_interval, resample_people

if TYPE_CHECKING:
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import PredefinedSplit

log = logging.getLogger(__name__)

TASKS = {"population": "superpopulation", "population_fine": "population"}
"""Label that each task predicts, by its name in the metrics."""

PENALTIES = (0.01, 0.1, 1.0)
"""Inverse weights C of the L2 penalty among which the inner cross-validation chooses."""

FIXED_PENALTY = 1.0
"""C if there are too few labels to choose it."""

BOOTSTRAPS = 1000
PERMUTATIONS = 20


TRAINING_PEOPLE_MIN = 3
"""Minimum number of training individuals of a superpopulation: one remains if an inner and an outer fold are left
out."""


def classifier(penalty: float) -> "LogisticRegression":
    """Return an untrained multinomial logistic regression with an L2 penalty of inverse weight `penalty`."""
    from sklearn.linear_model import LogisticRegression  # slow, and not needed by `snakemake check`

    return LogisticRegression(C=penalty, tol=1e-3, max_iter=300)


def person_folds(labels: np.ndarray, n_folds: int, rng: np.random.Generator) -> np.ndarray:
    """Assign individuals to folds, each class as evenly as possible: (n_people,) int64.

    Parameters
    ----------
    labels : (n_people,) object
    """
    folds = np.empty(len(labels), np.int64)
    for name in np.unique(labels):
        members = rng.permutation(np.flatnonzero(labels == name))
        folds[members] = (np.arange(len(members)) + rng.integers(n_folds)) % n_folds
    return folds


def by_person(folds: np.ndarray) -> "PredefinedSplit":
    """Return the cross-validation over haplotypes that puts both of an individual into the same fold."""
    from sklearn.model_selection import PredefinedSplit

    return PredefinedSplit(np.repeat(folds, 2))


def share_correct(
    features: np.ndarray, labels: np.ndarray, train: np.ndarray, test: np.ndarray, penalty: float
) -> np.ndarray:
    """Return the share of each test individual's two haplotypes that a classifier predicts correctly.

    Parameters
    ----------
    features : (2 * n_people, n_features) float64
    labels : (n_people,) object
    train, test : bool masks or positions of individuals

    Returns
    -------
    (n_test,) float64
        0, 0.5 or 1.
    """
    people = np.arange(len(labels))
    model = classifier(penalty).fit(features[haplotypes_of(people[train])], np.repeat(labels[train], 2))
    guess = model.predict(features[haplotypes_of(people[test])])
    return (guess.reshape(-1, 2) == labels[test][:, None]).mean(axis=1)


def chosen_penalty(features: np.ndarray, labels: np.ndarray, n_folds: int, rng: np.random.Generator) -> float:
    """Return the penalty of `PENALTIES` with the best balanced accuracy in a cross-validation by individual."""
    from sklearn.metrics import balanced_accuracy_score
    from sklearn.model_selection import cross_val_predict

    truth, folds = np.repeat(labels, 2), by_person(person_folds(labels, n_folds, rng))
    accuracies = [
        balanced_accuracy_score(truth, cross_val_predict(classifier(penalty), features, truth, cv=folds))
        for penalty in PENALTIES
    ]
    return PENALTIES[int(np.argmax(accuracies))]


def nested_correct(
    features: np.ndarray, labels: np.ndarray, scored: np.ndarray, folds: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Return the share of correct predictions per individual, by classifiers trained on others.

    Parameters
    ----------
    features : (2 * n_people, n_features) float64
    labels : (n_people,) object
    scored : (n_people,) bool
        Individuals to classify.
    folds : (n_people,) int64
        From `person_folds`: the outer folds. There are as many inner folds.

    Returns
    -------
    (n_scored,) float64
        In the order of the individuals.
    """
    n_folds = folds.max() + 1
    correct = np.full(len(labels), np.nan)
    for fold in range(n_folds):
        train, test = np.flatnonzero(folds != fold), np.flatnonzero((folds == fold) & scored)
        if not len(test):
            continue
        penalty = chosen_penalty(features[haplotypes_of(train)], labels[train], n_folds, rng)
        correct[test] = share_correct(features, labels, train, test, penalty)
    return correct[scored]


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


def accuracy_weights(truth: np.ndarray, rng: np.random.Generator, n: int = BOOTSTRAPS) -> np.ndarray:
    """Return weights of individuals in resamples of each class with replacement: (n, n_people) float64.

    A resample's balanced accuracy is its weights times the shares of correct answers.

    Parameters
    ----------
    truth : (n_people,) object
    """
    classes = np.unique(truth)
    weights = np.zeros((n, len(truth)))
    for name in classes:
        members = np.flatnonzero(truth == name)
        weights[:, members] = resample_people(len(members), n, rng) / (len(members) * len(classes))
    return weights


def few_labels_correct(
    features: np.ndarray, labels: np.ndarray, test: np.ndarray, n_labelled: int, draws: int, rng: np.random.Generator
) -> np.ndarray:
    """Return the share of correct predictions per test individual with few labels: (draws, n_test) float64.

    Parameters
    ----------
    n_labelled
        Number of labeled individuals per class, drawn in each repetition; all of a smaller class.
    """
    pool = np.flatnonzero(~test)
    classes = [pool[labels[pool] == name] for name in np.unique(labels[pool])]
    correct = []
    for _ in range(draws):
        labelled = np.concatenate(
            [rng.choice(members, min(n_labelled, len(members)), replace=False) for members in classes]
        )
        correct.append(share_correct(features, labels, labelled, test, FIXED_PENALTY))
    return np.array(correct)


def require_superpopulations(people: pd.DataFrame, test: np.ndarray) -> None:
    """Raise if the superpopulations of individuals cannot be predicted.

    Parameters
    ----------
    people
        superpopulation.
    test : (n_people,) bool
        Individuals to predict; the others are training data.

    Raises
    ------
    UserError
        Individuals have no superpopulation, or fewer than two superpopulations have enough training and test
        individuals.
    """
    unlabelled = int((people["superpopulation"] == "").sum())
    if unlabelled:
        raise UserError(
            f"{unlabelled} of {len(people)} individuals have no superpopulation to predict. Add it to the table of "
            "individuals, or remove this data set from latent.datasets."
        )
    teaching, tested = (people.loc[part, "superpopulation"].value_counts() for part in (~test, test))
    if (teaching >= TRAINING_PEOPLE_MIN).sum() < 2 or len(tested) < 2:
        raise UserError(
            f"there is nothing to predict: two superpopulations need at least {TRAINING_PEOPLE_MIN} training or "
            "validation individuals and one test individual each. Remove this data set from latent.datasets."
        )


def population_metrics(
    features: dict[str, np.ndarray],
    real: RealSets,
    n_folds: int,
    few_labels: list[int],
    draws: int,
    seed: int,
    tasks: Sequence[str] = tuple(TASKS),
) -> pd.DataFrame:
    """Predict the populations of test individuals from each set of features.

    Parameters
    ----------
    features
        From `encoding.feature_sets`.
    n_folds
        Outer and inner folds of the cross-validations.
    few_labels
        Numbers of labeled individuals per class in the task with few labels.
    draws
        Number of draws of labeled individuals.
    seed
        Seed of folds, draws, permutations and the bootstrap.
    tasks
        Tasks from `TASKS`.

    Returns
    -------
    DataFrame
        `METRIC_COLUMNS`, reference `test`, n the test haplotypes:

        - `{features}_population_accuracy` and `{features}_population_fine_accuracy`: balanced accuracy for
          superpopulations and populations, with the interval over test individuals;
        - `latent_over_{features}` and `latent_fine_over_{features}`: the difference between hidden means and other
          features, with the same resamples for both;
        - `{features}_population_accuracy_{n}_labels`: superpopulations from few labels, interval over individuals and
          draws;
        - `population_accuracy_permuted` and `population_fine_accuracy_permuted`: the floor, hidden means and permuted
          labels; mean and range of 95 % of the permutations, since test individuals of a population are so similar that
          they are right or wrong together, and a single permutation
      is not informative.

    Raises
    ------
    UserError
        Individuals have no superpopulation, or the training or the test individuals have a single one.
    """
    people = real.people
    test = np.arange(len(people)) >= len(real.train.people)
    require_superpopulations(people, test)
    rows: list[tuple] = []
    for task in tasks:
        labels = people[TASKS[task]].to_numpy(object)
        # All individuals have a superpopulation, but some may have no population.
        if len(np.unique(labels[~test])) < 2 or (labels == "").any():
            continue
        rng = stream(seed, "task folds")
        folds = person_folds(labels, n_folds, rng)
        correct = {
            name: nested_correct(values, labels, test, folds, stream(seed, "task penalty folds"))
            for name, values in features.items()
        }
        weights = accuracy_weights(labels[test], stream(seed, "task bootstrap"))
        for name, values in correct.items():
            rows.append(_row(f"{name}_{task}_accuracy", values, labels[test], weights))
        fine = task.removeprefix("population")
        for name in features:
            if name != "latent":
                gain = correct["latent"] - correct[name]
                rows.append(_row(f"latent{fine}_over_{name}", gain, labels[test], weights))
        permuted = _permuted(features["latent"], labels, test, stream(seed, "task permutations"))
        rows.append((f"{task}_accuracy_permuted", permuted.mean(), *percentile_interval(permuted)))
    rows += _few_label_rows(features, people["superpopulation"].to_numpy(object), test, few_labels, draws, seed)
    for name, value, low, high in rows:
        log.info("%s: %.3f (%.3f to %.3f)", name, value, low, high)
    table = [("test", *row, 2 * int(test.sum())) for row in rows]
    return pd.DataFrame(table, columns=METRIC_COLUMNS)


def floor_rows(metrics: pd.DataFrame) -> pd.DataFrame:
    """Return the floor of every accuracy of `population_metrics`: the score of permuted labels in the same task."""
    fine = metrics["metric"].str.endswith("_population_fine_accuracy")
    coarse = metrics["metric"].str.contains(r"_population_accuracy(?:_\d+_labels)?$")
    rows = []
    for chosen, task in ((coarse, "population"), (fine, "population_fine")):
        floor = metrics[metrics["metric"] == f"{task}_accuracy_permuted"]
        rows += [floor.assign(metric=name) for name in metrics.loc[chosen, "metric"]]
    return pd.concat(rows, ignore_index=True)


def _row(name: str, correct: np.ndarray, truth: np.ndarray, weights: np.ndarray) -> tuple:
    return name, balanced_accuracy(correct, truth), *percentile_interval(weights @ correct)


def _permuted(features: np.ndarray, labels: np.ndarray, test: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return the balanced accuracy after training on permuted labels: (PERMUTATIONS,) float64."""
    accuracies = []
    for _ in range(PERMUTATIONS):
        shuffled = labels.copy()
        shuffled[~test] = rng.permutation(labels[~test])
        accuracies.append(balanced_accuracy(share_correct(features, shuffled, ~test, test, PENALTIES[0]), labels[test]))
    return np.array(accuracies)


def _few_label_rows(
    features: dict[str, np.ndarray], labels: np.ndarray, test: np.ndarray, few_labels: list[int], draws: int, seed: int
) -> list[tuple]:
    rows = []
    weights = accuracy_weights(labels[test], stream(seed, "few labels bootstrap"))
    for n_labelled in few_labels:
        for name, values in features.items():
            # The same individuals are labeled for all features.
            rng = stream(seed, "few labels", n_labelled)
            correct = few_labels_correct(values, labels, test, n_labelled, draws, rng)
            drawn = resample_people(draws, len(weights), stream(seed, "few labels draws")) / draws
            replicates = np.einsum("bd,dp,bp->b", drawn, correct, weights, optimize=True)
            value = balanced_accuracy(correct.mean(axis=0), labels[test])
            rows.append((f"{name}_population_accuracy_{n_labelled}_labels", value, *percentile_interval(replicates)))
    return rows
