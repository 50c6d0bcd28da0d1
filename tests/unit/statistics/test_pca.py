from itertools import pairwise

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist
from scipy.stats import wasserstein_distance

from artificial_genomes.statistics import pca


@pytest.fixture
def sets():
    rng = np.random.default_rng(1)
    frequency = rng.beta(0.5, 0.5, (3, 50))
    real, ag = ((rng.random((60, 50)) < frequency[rng.integers(0, 3, 60)]).astype(np.uint8) for _ in range(2))
    return real, ag


def test_scores_are_those_of_the_centred_singular_value_decomposition(sets):
    both = np.concatenate(sets).astype(float)
    u, s, _ = np.linalg.svd(both - both.mean(axis=0), full_matrices=False)
    result = pca.coupled_pca(*sets, n_axes=4)
    scores = np.concatenate([result.real, result.ag])
    assert result.real.shape == (60, 4)
    np.testing.assert_allclose(np.abs(scores), np.abs(u[:, :4] * s[:4]), atol=1e-4)
    np.testing.assert_allclose(result.explained, (s**2 / (s**2).sum())[:4], rtol=1e-5)
    # The sign: the largest loading is positive.
    loadings = np.linalg.lstsq(both - both.mean(axis=0), scores, rcond=None)[0]
    assert (loadings[np.abs(loadings).argmax(axis=0), np.arange(4)] > 0).all()


@pytest.mark.parametrize("held", [50, 1000])
def test_scores_in_blocks_are_those_of_all_alleles_at_once(sets, monkeypatch, held):
    whole, axes = pca.coupled_pca(*sets, n_axes=4), pca.CommonAxes(sets, n_axes=4)
    monkeypatch.setattr(pca, "_HELD_NUMBERS", held)
    blocks, axes_in_blocks = pca.coupled_pca(*sets, n_axes=4), pca.CommonAxes(sets, n_axes=4)
    for name in ("real", "ag", "explained"):
        np.testing.assert_allclose(getattr(blocks, name), getattr(whole, name), rtol=0, atol=1e-10)
    np.testing.assert_allclose(axes_in_blocks.scores(sets[0]), axes.scores(sets[0]), rtol=0, atol=1e-10)


def test_the_same_haplotypes_give_the_same_scores(sets):
    first, again = pca.coupled_pca(*sets), pca.coupled_pca(*sets)
    np.testing.assert_array_equal(first.real, again.real)


def test_too_many_axes_are_refused(sets):
    with pytest.raises(ValueError, match="has fewer than 50 axes"):
        pca.coupled_pca(*sets, n_axes=50)


def test_wasserstein_per_axis_is_the_mean_difference_of_sorted_scores(sets):
    result = pca.coupled_pca(*sets)
    expected = np.abs(np.sort(result.real, axis=0) - np.sort(result.ag, axis=0)).mean(axis=0)
    np.testing.assert_allclose(pca.wasserstein_per_axis(result), expected)
    uneven = pca.CoupledPca(result.real, result.ag[:40], result.explained)
    assert pca.wasserstein_per_axis(uneven)[1] == pytest.approx(
        wasserstein_distance(result.real[:, 1], result.ag[:40, 1])
    )


def test_wasserstein_2d_is_the_best_assignment(sets):
    result = pca.coupled_pca(*sets)
    real, ag = result.real[:, :2], result.ag[:, :2]
    cost = cdist(real, ag, "sqeuclidean")
    cost /= cost.max()
    assert pca.wasserstein_2d(real, ag) == pytest.approx(cost[linear_sum_assignment(cost)].mean())
    assert pca.wasserstein_2d(real, real[::-1]) == pytest.approx(0, abs=1e-12)
    assert pca.wasserstein_2d(np.zeros((3, 2)), np.zeros((3, 2))) == 0


def test_replicates_of_an_axis_are_those_of_the_drawn_people(sets):
    result = pca.coupled_pca(*sets)
    real, ag = result.real[:, 0], result.ag[:40, 0]
    rng = np.random.default_rng(2)
    draws = [rng.multinomial(n, np.full(n, 1 / n), size=5).astype(float) for n in (30, 20)]
    replicates = pca.wasserstein_replicates(real, ag, *draws)
    for k in range(5):
        rows = [np.repeat(np.arange(len(times[k])), times[k].astype(int)) for times in draws]
        drawn = [side.reshape(-1, 2)[row].ravel() for side, row in zip((real, ag), rows, strict=True)]
        assert replicates[k] == pytest.approx(wasserstein_distance(*drawn))
    ones = pca.wasserstein_replicates(real, ag, np.ones((1, 30)), np.ones((1, 20)))
    assert ones[0] == pytest.approx(wasserstein_distance(real, ag))


def test_independent_axes_are_those_of_each_set_turned_alike(sets):
    result = pca.independent_pca(*sets, n_axes=3)
    for alleles, scores in zip(sets, (result.real, result.ag), strict=True):
        centred = alleles - alleles.mean(axis=0)
        u, s, _ = np.linalg.svd(centred, full_matrices=False)
        np.testing.assert_allclose(np.abs(scores), np.abs(u[:, :3] * s[:3]), atol=1e-4)
    for axis in range(3):
        turned, straight = (wasserstein_distance(result.real[:, axis], sign * result.ag[:, axis]) for sign in (-1, 1))
        assert straight <= turned
    # What both vary in alone is compared: a shift of all haplotypes is invisible, unlike on common axes.
    assert pca.wasserstein_per_axis(pca.independent_pca(sets[0], sets[0], 3)).max() < 1e-6


def test_common_axes_are_those_of_the_sets_that_they_are_fitted_on(sets, monkeypatch):
    real, ag = sets
    axes = pca.CommonAxes([real, ag], 3)
    coupled = pca.coupled_pca(real, ag, 3)
    np.testing.assert_allclose(axes.scores(real), coupled.real, atol=1e-8)
    np.testing.assert_allclose(axes.scores(ag), coupled.ag, atol=1e-8)
    np.testing.assert_allclose(axes.explained, coupled.explained)
    both = np.concatenate(sets).astype(float)
    loadings = np.linalg.svd(both - both.mean(axis=0), full_matrices=False)[2][:3]
    expected = (1 - real - both.mean(axis=0)) @ loadings.T
    projected = axes.scores(1 - real)
    np.testing.assert_allclose(np.abs(projected), np.abs(expected), atol=1e-6)
    monkeypatch.setattr(pca, "_BLOCK_HAPLOTYPES", 7)
    np.testing.assert_allclose(axes.scores(1 - real), projected, atol=1e-12)


def test_sets_without_variation_have_scores_of_zero(sets):
    collapsed = np.repeat(sets[0][:1], 60, axis=0)
    result = pca.independent_pca(sets[0], collapsed, 3)
    assert not result.ag.any()
    assert np.isfinite(result.real).all()


def test_agreement_of_parts_is_that_of_canonical_variates(sets):
    real, ag = sets
    parts = [np.arange(20), np.arange(20, 35), np.arange(35, 50)]
    scores = []
    for sites in parts:
        mean = real[:, sites].mean(axis=0)
        axes = np.linalg.svd(real[:, sites] - mean, full_matrices=False)[2][:4]
        scores.append([(side[:, sites] - mean) @ axes.T for side in sets])
    correlations = []
    for (a, ag_a), (b, ag_b) in pairwise(scores):
        # The textbook's eigenproblem.
        to_b, to_a = np.linalg.solve(b.T @ b, b.T @ a), np.linalg.solve(a.T @ a, a.T @ b)
        values, vectors = np.linalg.eig(to_a @ to_b)
        for pair in np.argsort(-values.real)[:2]:
            variate = vectors[:, pair].real
            correlations.append(np.corrcoef(ag_a @ variate, ag_b @ (to_b @ variate))[0, 1])
    assert pca.agreement_of_parts(real, ag, parts, 4, 2) == pytest.approx(np.mean(correlations), rel=1e-6)


def test_parts_of_different_haplotypes_do_not_agree():
    rng = np.random.default_rng(1)
    frequency = rng.beta(0.5, 0.5, (3, 200))
    real, other = ((rng.random((600, 200)) < frequency[rng.integers(0, 3, 600)]).astype(np.uint8) for _ in range(2))
    halves = [np.arange(100), np.arange(100, 200)]
    strangers = np.concatenate([other[:, :100], rng.permutation(other[:, 100:])], axis=1)
    assert pca.agreement_of_parts(real, other, halves, 2) > 0.9
    assert pca.agreement_of_parts(real, other, [*halves, np.zeros(1, int)], 2) > 0.9
    assert abs(pca.agreement_of_parts(real, strangers, halves, 2)) < 0.1
    # A part without variation, or of one site, says nothing.
    parts = [np.arange(100), np.arange(1), np.arange(100, 200)]
    assert np.isnan(pca.agreement_of_parts(real, other, parts, 2))
    assert np.isnan(pca.agreement_of_parts(np.zeros_like(real), other, halves, 2))
