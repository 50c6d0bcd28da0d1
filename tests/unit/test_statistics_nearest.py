import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors

from artificial_genomes.statistics import bootstrap, nearest
from artificial_genomes.statistics.distances import distances_between, distances_within


def sample(n, n_sites, seed):
    rng = np.random.default_rng(seed)
    return (rng.random((n, n_sites)) < np.linspace(0.05, 0.6, n_sites)).astype(np.uint8)


def accuracy(real, ag):
    between = distances_between(real, ag)
    return nearest.adversarial_accuracy(
        distances_within(real).nearest, between.nearest_a, between.nearest_b, distances_within(ag).nearest
    )


def neighbour_distance(queries, others, own):
    """Distance to the nearest of `others` by scikit-learn; for the set itself the second one, since the first is it."""
    found = NearestNeighbors(n_neighbors=2, algorithm="brute", metric="manhattan").fit(others).kneighbors(queries)[0]
    return found[:, 1 if own else 0].round().astype(int)


def test_both_parts_agree_with_scikit_learn():
    real, ag = sample(40, 25, 1), sample(40, 25, 2)
    tt, ts = neighbour_distance(real, real, own=True), neighbour_distance(real, ag, own=False)
    st, ss = neighbour_distance(ag, real, own=False), neighbour_distance(ag, ag, own=True)
    result = accuracy(real, ag)
    assert (ts == tt).any(), "the data should have ties"
    assert result.truth_strict.mean() == pytest.approx((ts > tt).mean())
    assert result.synthetic_strict.mean() == pytest.approx((st > ss).mean())
    assert result.truth.mean() == pytest.approx((ts > tt).mean() + (ts == tt).mean() / 2)
    assert result.synthetic.mean() == pytest.approx((st > ss).mean() + (st == ss).mean() / 2)
    assert result.aats() == pytest.approx((result.truth.mean() + result.synthetic.mean()) / 2)
    assert result.aats_strict() == pytest.approx(((ts > tt).mean() + (st > ss).mean()) / 2)


def test_copies_and_underfitting_lie_on_either_side_of_one_half():
    real = sample(60, 200, 1)
    assert accuracy(real, real).aats() == 0
    collapsed = np.repeat(sample(1, 200, 2), 60, axis=0)
    result = accuracy(real, collapsed)
    assert result.synthetic.mean() == 1
    assert result.truth.mean() > 0.9
    other = accuracy(real, sample(60, 200, 2))
    assert other.aats() == pytest.approx(0.5, abs=0.15)


def test_aats_replicates_resample_the_people_of_both_sides():
    rng = np.random.default_rng(3)
    result = accuracy(sample(40, 25, 1), sample(40, 25, 2))
    draws = bootstrap.resample_people(20, 2, rng)
    row = result.aats_replicates(draws[:1], draws[1:])
    rows = [np.repeat(np.arange(20), times.astype(int)) for times in draws]
    rows = [np.concatenate([2 * people, 2 * people + 1]) for people in rows]
    assert row[0] == pytest.approx((result.truth[rows[0]].mean() + result.synthetic[rows[1]].mean()) / 2)


def test_unequal_numbers_are_refused():
    with pytest.raises(ValueError, match="as many AGs"):
        accuracy(sample(10, 5, 1), sample(12, 5, 2))
