"""The statistics on real 1000 Genomes haplotypes against published numbers (both files: 5008 haplotypes)."""

import numpy as np
import pandas as pd
import pytest
from scipy.spatial.distance import cdist

from artificial_genomes.compare import comparison
from artificial_genomes.compare.attacks import density
from artificial_genomes.models import bernoulli, markov
from artificial_genomes.models.training import TrainingRun
from artificial_genomes.statistics import distances, ld, nearest, pca, three_point
from helpers import authors_file, training_data

GAPS = [1, 4, 16, 64, 256, 512, 1024]

pytestmark = pytest.mark.real_data


def canonical_parts(haplotypes, n_first):
    """The split that published comparisons use: the first people of one fixed permutation, and the rest."""
    order = np.random.RandomState(42).permutation(len(haplotypes.people))
    return haplotypes.take_people(order[:n_first]), haplotypes.take_people(order[n_first:])


@pytest.fixture(scope="module")
def dense():
    return authors_file("10k")


@pytest.fixture(scope="module")
def dense_parts(dense):
    test, train = canonical_parts(dense, 501)
    return test.alleles, train.alleles


@pytest.fixture(scope="module")
def structure():
    return authors_file("805")


def test_pca_of_test_and_train_people_is_the_published_row(dense_parts):
    per_axis = pca.wasserstein_per_axis(pca.coupled_pca(*dense_parts))
    np.testing.assert_allclose(per_axis, [0.4554, 0.1869, 0.1798, 0.2731, 0.1951, 0.1685], atol=5e-4)


def test_distances_of_test_and_train_people_are_the_published_row(dense_parts):
    test, train = dense_parts
    within_test, within_train = distances.distances_within(test), distances.distances_within(train)
    between = distances.distances_between(test, train)
    within_w1 = distances.wasserstein_of_counts(within_test.counts, within_train.counts)
    between_w1 = distances.wasserstein_of_counts(within_test.counts, between.counts)
    assert within_w1 == pytest.approx(10.6576, abs=1e-4)
    assert between_w1 == pytest.approx(5.3415, abs=1e-4)
    sample = cdist(test[:20], train[:500], "cityblock")
    np.testing.assert_array_equal(distances.distances_between(test[:20], train[:500]).nearest_a, sample.min(axis=1))


def test_likelihoods_of_test_people_under_the_baselines_are_near_the_published_ones(structure, dense_parts):
    """Published: -492.6 (805) and -2401.5 (10K) for independent sites, -1820.0 for the Markov chain of order 1.

    The smoothing behind the published numbers is not stated. Half an allele (Jeffreys' prior) gives the first two to
    their last digit and -1821.05 for the third. The pseudocount nearest to it is about a quarter, with -1820.85: it is
    not taken, since these very test people would have chosen it.
    """
    test, train = (part.alleles for part in canonical_parts(structure, 501))
    data = training_data(train, test)
    assert bernoulli.fit(data, {}, TrainingRun(1)).log_likelihood(test).mean() == pytest.approx(-492.6, abs=0.05)
    test, train = dense_parts
    data = training_data(train, test)
    assert bernoulli.fit(data, {}, TrainingRun(1)).log_likelihood(test).mean() == pytest.approx(-2401.5, abs=0.05)
    chain = markov.fit(data, {"window": 1}, TrainingRun(1)).log_likelihood(test).mean()
    assert chain == pytest.approx(-1821.05, abs=0.01)
    assert chain == pytest.approx(-1820.0, rel=1e-3)


def test_r2_of_a_thousand_real_sites_is_exact(dense_parts):
    sites = dense_parts[0][:, 3000:4000]
    with np.errstate(invalid="ignore", divide="ignore"):
        expected = np.corrcoef(sites.T.astype(float)) ** 2
    np.testing.assert_allclose(ld.r2_matrix(sites), expected, atol=1e-9)


def test_independent_sites_have_perfect_aats_and_both_parts_wrong(dense, dense_parts):
    """The trap: AATS alone says 0.5, its ideal, for haplotypes without any structure."""
    test, train = dense_parts
    floor = (np.random.default_rng(1).random(test.shape) < train.mean(axis=0)).astype(np.uint8)
    within, between = distances.distances_within(test), distances.distances_between(test, floor)
    result = nearest.adversarial_accuracy(
        within.nearest, between.nearest_a, between.nearest_b, distances.distances_within(floor).nearest
    )
    assert result.truth.mean() == 1
    assert result.synthetic.mean() == 0
    assert result.aats() == 0.5


def test_real_half_against_real_half_is_the_published_ceiling(structure):
    """Two random halves of people; the published numbers come from another draw, so the tolerance is that of draws."""
    real, ag = (part.alleles for part in canonical_parts(structure, 1252))
    af_real, af_ag = real.mean(axis=0), ag.mean(axis=0)
    assert np.corrcoef(af_real, af_ag)[0, 1] == pytest.approx(0.998, abs=0.001)
    rare = af_real <= 0.2
    assert np.corrcoef(af_real[rare], af_ag[rare])[0, 1] == pytest.approx(0.981, abs=0.01)
    decay = ld.compare_ld(real, ag, structure.sites["contig"].to_numpy(), structure.sites["position"].to_numpy())
    assert decay.r == pytest.approx(0.987, abs=0.003)
    triplets, _ = three_point.draw_triplets(structure.n_sites, GAPS, 1000, np.random.default_rng(1))
    values = [three_point.three_point(alleles, triplets) for alleles in (real, ag)]
    assert three_point.three_point_correlation(*values) == pytest.approx(0.922, abs=0.015)
    assert pca.wasserstein_per_axis(pca.coupled_pca(real, ag)).mean() == pytest.approx(0.07, abs=0.03)
    within, among = distances.distances_within(real), distances.distances_within(ag)
    between = distances.distances_between(real, ag)
    aats = nearest.adversarial_accuracy(within.nearest, between.nearest_a, between.nearest_b, among.nearest)
    assert aats.truth_strict.mean() == pytest.approx(0.475, abs=0.02)
    assert aats.synthetic_strict.mean() == pytest.approx(0.470, abs=0.02)
    assert aats.truth.mean() == pytest.approx(0.5, abs=0.03)
    assert distances.wasserstein_of_counts(within.counts, among.counts) < 3
    assert distances.wasserstein_of_counts(within.counts, between.counts) < 1.5


def test_controls_and_copying_on_the_structure_sites(structure, monkeypatch):
    """The whole comparison: copying has the best fidelity and is caught; the ceiling beats the floor."""
    # An attack that takes most of the time.
    monkeypatch.setattr(density, "SITES_MAX", 100)
    monkeypatch.setattr(density, "ITERATIONS", 5)
    order = np.random.RandomState(42).permutation(2504)
    split = np.full(2504, "train", object)
    split[order[:501]] = "test"
    settings = comparison.Settings(
        ["test", "train"], 6, GAPS, 1000, 400, None, 10, seed=1, bootstrap_replicates=5, artificial_people=1002
    )
    copying = structure.take_people(np.random.default_rng(1).choice(np.flatnonzero(split == "train"), 1002))
    scores = {
        "copying": comparison.compare_model(structure, split, copying, settings)["metrics"],
        "ceiling": comparison.compare_control(structure, split, "ceiling", 1, settings)["metrics"],
        "floor": comparison.compare_control(structure, split, "floor", 1, settings)["metrics"],
    }
    table = pd.DataFrame({name: one.set_index(["reference", "metric"])["value"] for name, one in scores.items()})
    test = table.loc["test"]
    for metric in ("ld_r2_r", "three_point_r"):
        assert min(test["copying"][metric], test["ceiling"][metric]) > test["floor"][metric] + 0.5
    for metric in ("ld_decay_mae", "pca_w1_mean", "pca_w2d", "distance_within_w1", "distance_between_w1"):
        assert max(test["copying"][metric], test["ceiling"][metric]) < test["floor"][metric] / 3
    assert test["ceiling"]["aa_truth_strict"] == pytest.approx(0.475, abs=0.04)
    train, both = table.loc["train"], table.loc["train+test"]
    assert train["copying"]["exact_copies"] == 2004
    strict = [train["copying"][f"aa_{part}_strict"] for part in ("truth", "syn")]
    assert np.mean(strict) < 0.4
    assert both["copying"]["privacy_loss"] > 0.1
    assert both["copying"]["mia_auc"] > 0.6
    for control in ("ceiling", "floor"):
        assert train[control]["exact_copies"] < 3
        assert abs(both[control]["privacy_loss"]) < 0.05
        assert abs(both[control]["mia_nearest_auc"] - 0.5) < 0.04
    # Independent sites have the frequencies of the training individuals, which tell a little.
    assert abs(both["ceiling"]["mia_auc"] - 0.5) < 0.05 < both["floor"]["mia_auc"] - 0.5 < 0.15
