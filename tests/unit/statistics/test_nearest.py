import numpy as np
import pytest
from scipy import stats
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


def test_half_samples_find_their_neighbours_anew():
    real, ag, rng = sample(40, 25, 1), sample(40, 25, 2), np.random.default_rng(3)
    groups = [bootstrap.group_people(20, 1, rng)[0] for _ in range(2)]
    halves = bootstrap.half_groups(20, 3, rng)
    parts = nearest.half_sample_parts(
        distances_within(real, groups[0]),
        distances_between(real, ag, *groups),
        distances_within(ag, groups[1]),
        groups,
        halves,
    )
    for replicate, half in enumerate(halves):
        expected = accuracy(real[half[groups[0]]], ag[half[groups[1]]])
        for name, values in parts.items():
            assert values[replicate] == getattr(expected, name).mean()


def test_half_samples_have_half_of_the_groups_and_equally_many_people_on_both_sides():
    rng = np.random.default_rng(1)
    halves = bootstrap.half_groups(50, 200, rng)
    assert (halves.sum(axis=1) == 25).all()
    assert len(np.unique(halves, axis=0)) > 190
    np.testing.assert_allclose(halves.mean(axis=0), 0.5, atol=0.15)
    one, other = (bootstrap.group_people(117, 1, rng)[0] for _ in range(2))
    assert [half[one].sum() for half in halves] == [half[other].sum() for half in halves]


def test_the_spread_of_half_samples_is_that_of_the_mean():
    # For a mean, theory knows the standard error.
    values = np.random.default_rng(4).normal(size=50)
    means = np.array([values[half].mean() for half in bootstrap.half_groups(50, 4000, np.random.default_rng(5))])
    low, high = bootstrap.half_sample_interval(values.mean(), means, 50)
    expected = stats.t.interval(0.95, 49, values.mean(), stats.sem(values))
    assert (low, high) == pytest.approx(expected, rel=0.03, abs=0.01)
    assert bootstrap.half_sample_interval(0.9, means, 50, low=0, high=1)[1] == 1
    assert np.isnan(bootstrap.half_sample_interval(np.nan, means, 50)).all()


@pytest.mark.integration
def test_intervals_of_both_parts_cover_their_mean():
    # 60 samples of 60 individuals of either kind from one population with long shared haplotypes.
    founders, rng = sample(12, 150, 9), np.random.default_rng(10)

    def drawn():
        picked = rng.integers(0, 12, (120, 3)).repeat(50, axis=1)
        return founders[picked, np.arange(150)] ^ (rng.random((120, 150)) < 0.02).astype(np.uint8)

    values, intervals = [], []
    for _ in range(60):
        real, ag = drawn(), drawn()
        groups = [bootstrap.group_people(60, 1, rng)[0] for _ in range(2)]
        within = [distances_within(*one) for one in zip((real, ag), groups, strict=True)]
        between = distances_between(real, ag, *groups)
        halves = bootstrap.half_groups(50, 100, rng)
        parts = nearest.half_sample_parts(within[0], between, within[1], groups, halves)
        values.append(accuracy(real, ag).truth.mean())
        intervals.append(bootstrap.half_sample_interval(values[-1], parts["truth"], 50, low=0, high=1))
    low, high = np.transpose(intervals)
    covered = (low <= np.mean(values)) & (np.mean(values) <= high)
    assert covered.mean() >= 0.9


def test_unequal_numbers_are_refused():
    with pytest.raises(ValueError, match="as many AGs"):
        accuracy(sample(10, 5, 1), sample(12, 5, 2))
