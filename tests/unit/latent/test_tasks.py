import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score

from artificial_genomes.core.errors import UserError
from artificial_genomes.core.haplotypes import Haplotypes
from artificial_genomes.latent.encoding import feature_sets, real_sets
from artificial_genomes.latent.tasks import (
    PENALTIES,
    accuracy_weights,
    balanced_accuracy,
    chosen_penalty,
    floor_rows,
    nested_correct,
    person_folds,
    population_metrics,
    require_superpopulations,
    share_correct,
)
from artificial_genomes.latent.usefulness import usefulness_metrics
from latent_helpers import people_of_three_populations, real_sets_of, some_rbm


@pytest.fixture(scope="module")
def told():
    real = real_sets_of(people_of_three_populations())
    features = feature_sets(some_rbm().hidden_means, {"gan": lambda alleles: alleles[:, :5]}, real, 1)
    return population_metrics(features, real, 3, [1, 5], 4, seed=1)


def test_balanced_accuracy_is_that_of_scikit_learn():
    rng = np.random.default_rng(2)
    truth = rng.choice(["a", "b", "c"], 200, p=[0.7, 0.2, 0.1]).astype(object)
    guess = np.where(rng.random(200) < 0.6, truth, "a")
    assert balanced_accuracy(guess == truth, truth) == pytest.approx(balanced_accuracy_score(truth, guess))


def test_resamples_are_as_wide_as_theory_says():
    rng = np.random.default_rng(3)
    truth = np.repeat(np.array(["a", "b"], object), [400, 100])
    correct = (rng.random(500) < np.where(truth == "a", 0.9, 0.6)).astype(float)
    replicates = accuracy_weights(truth, np.random.default_rng(4), n=4000) @ correct
    variance = sum(correct[truth == name].var() / (truth == name).sum() for name in "ab") / 4
    assert replicates.std() == pytest.approx(np.sqrt(variance), rel=0.08)
    assert replicates.mean() == pytest.approx(balanced_accuracy(correct, truth), abs=0.005)


def test_folds_hold_every_class_alike():
    labels = np.repeat(np.array(["a", "b"], object), [31, 9])
    folds = person_folds(labels, 4, np.random.default_rng(1))
    for name in "ab":
        counts = np.bincount(folds[labels == name], minlength=4)
        assert counts.max() - counts.min() <= 1


def test_a_share_is_that_of_a_classifier_fitted_by_hand():
    real = people_of_three_populations()
    labels = real.people["superpopulation"].to_numpy(object)
    test = np.arange(90) >= 60
    found = share_correct(real.alleles.astype(float), labels, ~test, test, 0.1)
    model = LogisticRegression(C=0.1, max_iter=2000).fit(real.alleles[:120], np.repeat(labels[:60], 2))
    right = model.predict(real.alleles[120:]) == np.repeat(labels[60:], 2)
    assert np.abs(found - right.reshape(-1, 2).mean(axis=1)).mean() < 0.02


def test_nobody_is_classified_by_a_classifier_that_saw_them():
    # Every person has a feature of their own, which only their other haplotype shares: whoever leaks is right.
    rng = np.random.default_rng(5)
    labels = rng.choice(["a", "b"], 60).astype(object)
    features = np.repeat(np.eye(60) * 50, 2, axis=0)
    folds = person_folds(labels, 3, rng)
    everybody = np.ones(60, bool)
    leak = share_correct(features, labels, everybody, everybody, 1.0)
    assert leak.mean() == 1
    assert nested_correct(features, labels, everybody, folds, rng).mean() < 0.75


def test_the_penalty_is_the_best_of_a_cross_validation_written_out():
    real = people_of_three_populations(n_people=60, n_sites=12, seed=3)
    labels = real.people["population"].to_numpy(object)
    features = real.alleles.astype(float)
    chosen = set()
    for seed in range(6):
        folds = person_folds(labels, 3, np.random.default_rng(seed))
        accuracies = []
        for penalty in PENALTIES:
            correct = np.empty(len(labels))
            for fold in range(3):
                correct[folds == fold] = share_correct(features, labels, folds != fold, folds == fold, penalty)
            accuracies.append(balanced_accuracy(correct, labels))
        found = chosen_penalty(features, labels, 3, np.random.default_rng(seed))
        assert found == PENALTIES[int(np.argmax(accuracies))]
        chosen.add(found)
    assert len(chosen) > 1


@pytest.mark.integration
def test_populations_that_differ_are_told_apart_and_permuted_labels_are_not(told):
    values = told.set_index("metric")["value"]
    assert values["latent_population_accuracy"] > 0.7
    assert values["pca_population_accuracy"] > 0.9
    assert values["snps_population_accuracy"] > 0.9
    assert values["gan_population_accuracy"] < values["snps_population_accuracy"]
    assert 0.15 < values["population_accuracy_permuted"] < 0.5
    # Both parts of a population have the same frequencies.
    assert values["snps_population_fine_accuracy"] < 0.7
    assert values["snps_population_accuracy_1_labels"] < values["snps_population_accuracy_5_labels"]
    gain = values["latent_population_accuracy"] - values["pca_population_accuracy"]
    assert values["latent_over_pca"] == pytest.approx(gain)
    assert (told["ci_low"] <= told["value"]).all()
    assert (told["ci_high"] >= told["value"]).all()
    assert set(told["n"]) == {60}
    assert told["metric"].is_unique


@pytest.mark.integration
def test_every_accuracy_has_a_floor(told):
    floor = floor_rows(told).set_index("metric")["value"]
    values = told.set_index("metric")["value"]
    assert set(floor.index) == {name for name in values.index if "_over_" not in name and "permuted" not in name}
    assert floor["latent_population_accuracy_1_labels"] == values["population_accuracy_permuted"]
    assert floor["gan_population_fine_accuracy"] == values["population_fine_accuracy_permuted"]


def test_features_that_know_nothing_are_at_the_floor():
    real = real_sets_of(people_of_three_populations())
    noise = np.random.default_rng(6).normal(size=(180, 20))
    metrics = population_metrics({"latent": noise}, real, 3, [], 1, seed=1, tasks=["population"])
    assert metrics.set_index("metric")["value"]["latent_population_accuracy"] < 0.55


def test_features_have_the_variance_of_the_alleles_and_are_learnt_from_training_people():
    real = real_sets_of(people_of_three_populations())
    features = feature_sets(lambda alleles: 7.0 * alleles, {}, real, 1)
    assert features["latent"].shape == features["snps"].shape
    np.testing.assert_allclose(features["latent"], features["snps"], atol=1e-9)
    variance = [values[:120].var(axis=0).sum() for values in features.values()]
    np.testing.assert_allclose(variance, variance[0])
    assert features["pca10"].shape == (180, 10)


def test_a_single_population_is_refused():
    real = people_of_three_populations()
    one = Haplotypes(real.alleles, real.sites, real.people.assign(superpopulation="EUR"))
    with pytest.raises(UserError, match="nothing to predict: two superpopulations need at least 3 training"):
        population_metrics({"latent": one.alleles}, real_sets_of(one), 3, [], 1, seed=1)


def test_superpopulations_must_be_left_in_every_fold_of_every_fold():
    people = pd.DataFrame({"superpopulation": ["EUR"] * 20 + ["AFR"] * 4})
    test = np.isin(np.arange(24), [0, 1, 20])
    require_superpopulations(people, test)
    test[21] = True
    with pytest.raises(UserError, match="two superpopulations need at least 3 training or validation individuals"):
        require_superpopulations(people, test)


def test_people_without_a_superpopulation_are_refused_and_without_a_population_told_by_superpopulation_alone():
    real = people_of_three_populations()
    some = np.arange(90) < 7
    without = Haplotypes(
        real.alleles, real.sites, real.people.assign(superpopulation=real.people["superpopulation"].mask(some, ""))
    )
    with pytest.raises(UserError, match="7 of 90 individuals have no superpopulation"):
        population_metrics({"latent": without.alleles}, real_sets_of(without), 3, [], 1, seed=1)
    coarse = Haplotypes(real.alleles, real.sites, real.people.assign(population=""))
    metrics = population_metrics({"latent": coarse.alleles}, real_sets_of(coarse), 3, [], 1, seed=1)
    assert set(metrics["metric"]) == {"latent_population_accuracy", "population_accuracy_permuted"}


def test_public_people_take_no_part():
    split = pd.Series(np.array(["train"] * 50 + ["validation"] * 10 + ["test"] * 24 + ["public"] * 6, object))
    sets = real_sets(people_of_three_populations(), split)
    assert (len(sets.train.people), len(sets.test.people)) == (60, 24)


def test_ags_teach_what_they_know():
    real = real_sets_of(people_of_three_populations())
    rng = np.random.default_rng(1)
    # The same people again, with their labels; with labels of others; and what means nothing, labelled by a classifier.
    right = real.train
    wrong = Haplotypes(
        right.alleles, right.sites, right.people.assign(superpopulation=np.roll(right.people["superpopulation"], 1))
    )
    noise = Haplotypes(
        rng.integers(0, 2, right.alleles.shape, np.uint8), right.sites, right.people.assign(superpopulation="")
    )
    tables = usefulness_metrics({"right": right, "wrong": wrong, "noise": noise}, real, 3, seed=1)
    value = {name: table["value"][0] for name, table in tables.items()}
    assert value["right"] == value["ceiling"] > 0.9
    assert value["wrong"] < 0.2
    assert value["floor"] < 0.6
    assert value["floor"] < value["noise"] < value["ceiling"]
