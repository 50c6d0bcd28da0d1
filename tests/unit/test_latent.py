import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import balanced_accuracy_score

from artificial_genomes.errors import UserError
from artificial_genomes.haplotypes import Haplotypes, artificial_people
from artificial_genomes.latent import (
    balanced_accuracy,
    bootstrap_interval,
    explore,
    population_metrics,
    principal_maps,
)


def people_of_three_populations(n_people=90, n_sites=60, seed=1):
    """Three populations whose allele frequencies differ at every site."""
    rng = np.random.default_rng(seed)
    frequencies = rng.uniform(0.1, 0.9, size=(3, n_sites))
    population = np.arange(n_people) % 3
    alleles = (rng.random((2 * n_people, n_sites)) < frequencies[np.repeat(population, 2)]).astype(np.uint8)
    sites = pd.DataFrame({"contig": "1", "position": np.arange(n_sites) + 1, "id": ".", "ref": "A", "alt": "C"})
    people = artificial_people(n_people).assign(superpopulation=np.array(["AFR", "EAS", "EUR"])[population])
    return Haplotypes(alleles, sites, people)


def encoder(n_sites=60, n_hidden=20):
    weights = np.random.default_rng(5).normal(size=(n_sites, n_hidden)).astype(np.float32) / 4
    return lambda alleles: 1 / (1 + np.exp(-(alleles - 0.5) @ weights)).astype(np.float32)


@pytest.fixture(scope="module")
def explored():
    real = people_of_three_populations()
    split = pd.Series(np.array(["train"] * 50 + ["validation"] * 10 + ["test"] * 24 + ["public"] * 6, object))
    artificial = real.alleles[:40]
    return real, split, explore(encoder(), real, split, artificial, seed=3)


def test_balanced_accuracy_is_that_of_scikit_learn():
    rng = np.random.default_rng(2)
    truth = rng.choice(["a", "b", "c"], 200, p=[0.7, 0.2, 0.1]).astype(object)
    guess = np.where(rng.random(200) < 0.6, truth, "a")
    assert balanced_accuracy(guess == truth, truth) == pytest.approx(balanced_accuracy_score(truth, guess))


def test_bootstrap_interval_is_as_wide_as_theory_says():
    rng = np.random.default_rng(3)
    truth = np.repeat(np.array(["a", "b"], object), [400, 100])
    correct = (rng.random(500) < np.where(truth == "a", 0.9, 0.6)).astype(float)
    low, high = bootstrap_interval(correct, truth, np.random.default_rng(4), n=4000)
    variance = sum(correct[truth == name].var() / (truth == name).sum() for name in "ab") / 4
    assert high - low == pytest.approx(2 * 1.96 * np.sqrt(variance), rel=0.08)
    assert low < balanced_accuracy(correct, truth) < high


def test_maps_are_principal_components_of_the_training_people():
    real = people_of_three_populations()
    train, test = real.alleles[:120].astype(np.float32), real.alleles[120:].astype(np.float32)
    labels = {"train": real.haplotype_labels("superpopulation")[:120]}
    coordinates, variance = principal_maps({"genotypes": {"train": train, "test": test}}, labels, seed=0)
    centred = train - train.mean(axis=0)
    _, singular, axes = np.linalg.svd(centred, full_matrices=False)
    np.testing.assert_allclose(variance["explained"], (singular**2 / (singular**2).sum())[:2], rtol=1e-4)
    for name, features in (("train", train), ("test", test)):
        found = coordinates.loc[coordinates["set"] == name, ["pc1", "pc2"]].to_numpy()
        expected = (features - train.mean(axis=0)) @ axes[:2].T
        np.testing.assert_allclose(np.abs(found), np.abs(expected), atol=1e-3)


def test_maps_of_all_spaces_point_the_same_way():
    features = np.random.default_rng(1).normal(size=(50, 6)) * [5, 3, 1, 1, 1, 1]
    spaces = {"genotypes": {"train": features}, "hidden": {"train": -features}}
    coordinates, _ = principal_maps(spaces, {}, seed=0)
    first, second = (coordinates.loc[coordinates["space"] == space, ["pc1", "pc2"]].to_numpy() for space in spaces)
    np.testing.assert_allclose(first, second)


def test_populations_that_differ_are_told_apart_and_permuted_labels_are_not(explored):
    _, _, (_, _, metrics) = explored
    values = metrics.set_index("metric")["value"]
    assert values["latent_population_accuracy"] > 0.75
    assert values["pca_population_accuracy"] > 0.9
    assert values["snps_population_accuracy"] > 0.9
    assert 0.15 < values["population_accuracy_permuted"] < 0.5
    assert (metrics["ci_low"] <= metrics["value"]).all()
    assert (metrics["ci_high"] >= metrics["value"]).all()
    assert set(metrics["n"]) == {48}
    assert set(metrics["reference"]) == {"test"}


def test_hidden_units_that_know_nothing_are_at_the_floor():
    real = people_of_three_populations()
    labels = real.haplotype_labels("superpopulation")
    rng = np.random.default_rng(6)
    noise = {"train": rng.normal(size=(120, 20)), "test": rng.normal(size=(60, 20))}
    genotypes = {"train": real.alleles[:120], "test": real.alleles[120:]}
    metrics = population_metrics(noise, genotypes, {"train": labels[:120], "test": labels[120:]}, seed=1)
    values = metrics.set_index("metric")["value"]
    assert values["latent_population_accuracy"] < 0.55
    assert values["snps_population_accuracy"] > 0.9


def test_exploring_is_the_same_for_the_same_seed(explored):
    real, split, first = explored
    second = explore(encoder(), real, split, real.alleles[:40], seed=3)
    assert all(a.equals(b) for a, b in zip(first, second, strict=True))


def test_tables_hold_every_set_but_public_people_and_no_names(explored):
    real, _, (coordinates, variance, _) = explored
    counts = coordinates.groupby(["space", "set"]).size()
    assert counts.to_dict() == {
        (space, name): n for space in ("genotypes", "hidden") for name, n in (("train", 120), ("test", 48), ("ag", 40))
    }
    assert not set(real.people["sample"]) & set(coordinates.astype(str).to_numpy().ravel())
    assert (coordinates.loc[coordinates["set"] == "ag", "superpopulation"] == "").all()
    assert len(variance) == 4


def test_a_single_population_is_refused():
    real = people_of_three_populations()
    one = Haplotypes(real.alleles, real.sites, real.people.assign(superpopulation="EUR"))
    split = pd.Series(["train"] * 60 + ["test"] * 30)
    with pytest.raises(UserError, match="single superpopulation"):
        explore(encoder(), one, split, one.alleles[:10], seed=1)
