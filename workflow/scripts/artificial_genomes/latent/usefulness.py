"""AGs as training data: a classifier is trained on AGs alone and tested on real individuals."""

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression

from artificial_genomes.core.haplotypes import Haplotypes
from artificial_genomes.core.metric_table import metric_rows
from artificial_genomes.core.random_streams import stream
from artificial_genomes.latent.encoding import RealSets
from artificial_genomes.latent.tasks import accuracy_weights, balanced_accuracy, chosen_penalty, classifier
from artificial_genomes.statistics.bootstrap import percentile_interval

METRIC = "train_on_ag_accuracy"


def ag_labels(ags: Haplotypes, fitted: LogisticRegression) -> np.ndarray:
    """Return the superpopulation of AGs: their own label, or the prediction of a classifier of training individuals.

    Returns
    -------
    (n_haplotypes,) object
    """
    own = ags.haplotype_labels("superpopulation")
    return own if (own != "").all() else fitted.predict(ags.alleles)


def usefulness_metrics(
    genomes: dict[str, Haplotypes], real: RealSets, n_folds: int, seed: int
) -> dict[str, pd.DataFrame]:
    """Predict the superpopulation of test individuals with classifiers trained on the AGs of each model.

    Every classifier is trained on as many haplotypes as there are training haplotypes, or on all AGs if there are
    fewer, with the penalty chosen by a cross-validation by individual among the training individuals.

    Parameters
    ----------
    genomes
        AGs by model.
    seed
        Seed of the folds, the permutation of labels and the bootstrap over test individuals.

    Returns
    -------
    dict of DataFrame
        `metric_table.METRIC_COLUMNS` by model, and for `ceiling` (training individuals themselves) and `floor`
        (training individuals whose labels are permuted): the balanced accuracy on test individuals.
    """
    labels = real.train.people["superpopulation"].to_numpy(object)
    penalty = chosen_penalty(real.train.alleles, labels, n_folds, stream(seed, "usefulness folds"))
    permuted = np.repeat(stream(seed, "usefulness permutation").permutation(labels), 2)
    fitted = classifier(penalty).fit(real.train.alleles, np.repeat(labels, 2))
    sources = {name: (ags.alleles, ag_labels(ags, fitted)) for name, ags in genomes.items()}
    sources["floor"] = real.train.alleles, permuted
    guesses = {"ceiling": fitted.predict(real.test.alleles)}
    truth = real.test.people["superpopulation"].to_numpy(object)
    weights = accuracy_weights(truth, stream(seed, "usefulness bootstrap"))
    for name, (alleles, of_alleles) in sources.items():
        n = min(len(alleles), real.train.n_haplotypes)
        if len(np.unique(of_alleles[:n])) < 2:  # a collapsed generator
            guesses[name] = np.full(real.test.n_haplotypes, of_alleles[0])
        else:
            guesses[name] = classifier(penalty).fit(alleles[:n], of_alleles[:n]).predict(real.test.alleles)
    tables = {}
    for name, guess in guesses.items():
        correct = (guess.reshape(-1, 2) == truth[:, None]).mean(axis=1)
        value = balanced_accuracy(correct, truth), *percentile_interval(weights @ correct)
        tables[name] = metric_rows("test", {METRIC: value}, real.test.n_haplotypes)
    return tables
