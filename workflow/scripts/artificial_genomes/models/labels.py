"""Labels of training haplotypes, their populations or superpopulations, by which a model makes AGs of given ones."""

import numpy as np

from artificial_genomes.core.errors import UserError
from artificial_genomes.core.random_streams import stream
from artificial_genomes.models import Seed
from artificial_genomes.models.training import TrainingData


def label_units(data: TrainingData, labels: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return names and values of the label units, for labels `population`, `superpopulation` or `none`.

    Returns
    -------
    names : (n_labels, 2) str
        Population (empty if the label is the superpopulation) and superpopulation, in alphabetical order.
    shares : (n_labels,) float64
        Share of the training individuals with each label.
    one_hot : (n_train, n_labels) float64
        The label of every training haplotype.

    Raises
    ------
    UserError
        The training individuals have no such labels.
    """
    if labels == "none":
        return np.empty((0, 2), str), np.empty(0), np.empty((len(data.train), 0))
    if data.people is None or (data.people[labels] == "").any():
        raise UserError(f"the model uses {labels} labels, which some training individuals lack. Set labels: none.")
    of_people = data.people[["population", "superpopulation"]].to_numpy(str)
    if labels == "superpopulation":
        of_people[:, 0] = ""
    names, label = np.unique(of_people, axis=0, return_inverse=True)
    one_hot = np.eye(len(names))[np.repeat(label, 2)]
    return names, one_hot.mean(axis=0), one_hot


def allotted_labels(shares: np.ndarray, n: int, seed: Seed) -> np.ndarray:
    """Return the label of each of `n` AGs, in proportion to the shares of the labels: (n,) int64.

    Rows 2i and 2i + 1, which form one artificial individual, have the same label; individuals are in random order.
    """
    n_people = -(-n // 2)
    upto = np.rint(np.cumsum(shares, dtype=np.float64) * n_people / shares.sum()).astype(int)
    labels = np.repeat(np.arange(len(upto)), np.diff(upto, prepend=0))
    return np.repeat(stream(seed, "labels of AGs").permutation(labels), 2)[:n]
