"""Labels of training haplotypes and of AGs, against counts of individuals."""

import numpy as np
import pytest

from artificial_genomes.core.errors import UserError
from artificial_genomes.models.labels import allotted_labels, label_units
from artificial_genomes.models.training import TrainingData
from latent_helpers import people_of_three_populations


def data() -> TrainingData:
    people = people_of_three_populations(n_sites=5)
    return TrainingData(people.alleles[:120], people.alleles[120:], people.sites, people.people.iloc[:60])


def test_population_labels_know_their_superpopulation():
    names, shares, one_hot = label_units(data(), "population")
    assert names[0].tolist() == ["AFR0", "AFR"]
    assert shares.sum() == pytest.approx(1)
    assert (one_hot.sum(axis=1) == 1).all()


def test_people_without_labels_are_refused():
    unlabeled = data().people.assign(superpopulation="")
    with pytest.raises(UserError, match="Set labels: none"):
        label_units(TrainingData(data().train, data().validation, data().sites, unlabeled), "superpopulation")


@pytest.mark.parametrize("n", [600, 7, 1])
def test_labels_come_in_pairs_and_in_their_shares(n):
    shares = np.array([0.5, 0.3, 0.2])
    labels = allotted_labels(shares, n, 1)
    assert len(labels) == n
    np.testing.assert_array_equal(labels[: n // 2 * 2 : 2], labels[1::2])
    assert np.abs(np.bincount(labels[::2], minlength=3) - shares * -(-n // 2)).max() < 1
    np.testing.assert_array_equal(labels, allotted_labels(shares, n, 1))
    assert n < 600 or (labels != allotted_labels(shares, n, 2)).any()
