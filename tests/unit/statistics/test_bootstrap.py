import numpy as np
import pytest
from scipy.stats import binomtest

from artificial_genomes.statistics import bootstrap, frequencies


def test_resampled_means_are_means_over_the_drawn_people(monkeypatch):
    monkeypatch.setattr(bootstrap, "VALUES_AT_ONCE", 2)
    rng = np.random.default_rng(1)
    values = rng.random((12, 3))
    draws = bootstrap.resample_people(6, 20, rng)
    assert draws.shape == (20, 6)
    assert (draws.sum(axis=1) == 6).all()
    for means, times in zip(bootstrap.resampled_means(values, draws), draws, strict=True):
        people = np.repeat(np.arange(6), times.astype(int))
        rows = np.concatenate([2 * people, 2 * people + 1])
        np.testing.assert_allclose(means, values[rows].mean(axis=0))


def test_a_haplotype_without_its_pair_is_refused():
    with pytest.raises(ValueError, match="not pairs"):
        bootstrap.resampled_means(np.zeros(5), np.ones((2, 2)))


def test_percentile_interval_of_a_share_has_the_textbook_width():
    rng = np.random.default_rng(2)
    people = rng.random(400) < 0.3
    replicates = bootstrap.resampled_means(np.repeat(people, 2), bootstrap.resample_people(400, 2000, rng))
    low, high = bootstrap.percentile_interval(replicates)
    share = people.mean()
    standard_error = np.sqrt(share * (1 - share) / 400)
    assert high - low == pytest.approx(2 * 1.96 * standard_error, rel=0.1)
    assert low < share < high


@pytest.mark.integration
def test_correlation_interval_has_the_width_that_other_samples_of_people_show():
    """Frequencies of two samples from one population: the spread of r over fresh samples is the truth."""
    rng = np.random.default_rng(3)
    population = rng.beta(0.5, 1.5, 300)

    def sample():
        return (rng.random((200, 300)) < population).astype(np.uint8)

    fresh = [np.corrcoef(sample().mean(axis=0), sample().mean(axis=0))[0, 1] for _ in range(300)]
    truth = 2 * 1.96 * np.arctanh(fresh).std()
    widths = []
    for _ in range(5):
        real, ag = sample(), sample()
        draws = [bootstrap.resample_people(100, 300, rng) for _ in range(2)]
        means = [bootstrap.resampled_means(one, times) for one, times in zip((real, ag), draws, strict=True)]
        r = frequencies.frequency_correlation(real.mean(axis=0), ag.mean(axis=0))
        low, high = bootstrap.correlation_interval(r, frequencies.frequency_correlation(*means))
        assert low < r < high
        widths.append(np.arctanh(high) - np.arctanh(low))
    assert np.mean(widths) == pytest.approx(truth, rel=0.2)


def test_correlation_interval_at_its_ends():
    low, high = bootstrap.correlation_interval(1.0, np.ones(10))
    assert low == pytest.approx(1)
    assert high == pytest.approx(1)
    assert np.isnan(bootstrap.correlation_interval(np.nan, np.array([0.1, 0.2]))).all()
    assert np.isnan(bootstrap.correlation_interval(0.5, np.array([0.1, np.nan]))).all()


def test_groups_are_of_people_and_of_about_equal_size():
    groups, draws = bootstrap.group_people(130, 7, np.random.default_rng(1))
    assert (groups[0::2] == groups[1::2]).all()
    assert set(np.bincount(groups)) == {4, 6}, "50 groups of 2 or 3 people"
    assert draws.shape == (7, 50)
    assert (draws.sum(axis=1) == 50).all()
    few, draws = bootstrap.group_people(5, 3, np.random.default_rng(1))
    assert sorted(few) == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]
    assert draws.shape == (3, 5)


def test_spread_interval_lies_around_the_value_within_its_bounds():
    replicates = np.random.default_rng(1).normal(5, 2, 4000)
    low, high = bootstrap.spread_interval(3.0, replicates)
    assert (low + high) / 2 == pytest.approx(3)
    assert high - low == pytest.approx(2 * 1.96 * 2, rel=0.05)
    assert bootstrap.spread_interval(3.0, replicates, low=0, high=4) == (0, 4)
    assert np.isnan(bootstrap.spread_interval(np.nan, replicates)).all()
    assert np.isnan(bootstrap.spread_interval(1.0, np.array([np.nan, 2.0]))).all()


@pytest.mark.parametrize("systematic", [0.0, 0.3, 3.0])
def test_intervals_of_distances_and_correlations_count_the_noise_once(systematic):
    # Means of 40 people in 30 dimensions, whose true difference is nothing, moderate or much.
    rng, n, shape = np.random.default_rng(3), 40, np.random.default_rng(4).normal(size=30)
    difference = systematic * np.random.default_rng(5).normal(size=30) / np.sqrt(n)

    def measured(one, other):
        distance = np.sqrt(((one - other) ** 2).sum(axis=-1))
        return distance, frequencies.pearson(5 * shape + one, 5 * shape + other)

    values, intervals = [], []
    for _ in range(150):
        sides = [rng.normal(size=(n, 30)), difference + rng.normal(size=(n, 30))]
        draws = [bootstrap.resample_people(n, 200, rng) for _ in sides]
        distance, r = measured(*(side.mean(axis=0) for side in sides))
        resampled = measured(*(drawn @ side / n for side, drawn in zip(sides, draws, strict=True)))
        values.append((distance, np.arctanh(r)))
        low, high = bootstrap.correlation_interval(r, resampled[1])
        intervals.append((bootstrap.distance_interval(distance, resampled[0]), (np.arctanh(low), np.arctanh(high))))
    for value, (low, high) in zip(np.transpose(values), np.transpose(intervals, (1, 2, 0)), strict=True):
        assert (high - low).mean() / (2 * 1.96) == pytest.approx(value.std(), rel=0.2)
        assert ((low <= value.mean()) & (value.mean() <= high)).mean() >= 0.9


def test_the_interval_of_a_difference_adds_independent_errors():
    assert bootstrap.difference_interval((0.5, 0.2, 0.9), (0.1, 0.06, 0.5)) == pytest.approx((0.4, -0.1, 0.80199502))
    assert np.isnan(bootstrap.difference_interval((0.5, 0.2, 0.9), (np.nan,) * 3)).all()


def test_distance_interval_stays_within_its_range():
    replicates = np.random.default_rng(1).normal(0.5, 0.5, 400) ** 2
    assert bootstrap.distance_interval(0.2, replicates)[0] == 0
    assert bootstrap.distance_interval(0.2, replicates, high=0.3)[1] == 0.3
    assert np.isnan(bootstrap.distance_interval(np.nan, replicates)).all()
    assert np.isnan(bootstrap.distance_interval(1.0, np.array([np.nan, 2.0]))).all()
    assert bootstrap.distance_interval(0.0, np.zeros(10)) == (0, 0)


def test_share_interval_is_wilsons_where_nothing_was_found():
    low, high = bootstrap.share_interval(0.0, 24, np.zeros(100))
    assert low == 0
    assert high == pytest.approx(binomtest(0, 24).proportion_ci(method="wilson").high)
    wide = np.random.default_rng(1).normal(0.3, 0.2, 2000).clip(0, 1)
    assert bootstrap.share_interval(0.3, 1000, wide) == pytest.approx(bootstrap.percentile_interval(wide))
    low, high = bootstrap.share_interval(0.3, 50, np.full(100, 0.3))
    expected = binomtest(15, 50).proportion_ci(method="wilson")
    assert (low, high) == (pytest.approx(expected.low), pytest.approx(expected.high))


@pytest.mark.integration
@pytest.mark.parametrize("truth", [np.zeros(6), np.array([0.0, 0, 0, 0, 0, 5])])
def test_the_interval_of_the_largest_of_several_numbers_covers_it_at_either_end(truth):
    """Equal numbers are the hard case for the lower end, one that stands out for the upper end."""
    rng = np.random.default_rng(1)
    noise = rng.normal(0, 1, 4000)
    found = truth + rng.normal(0, 1, (1000, 6))
    intervals = np.array([bootstrap.largest_interval([one + noise for one in row]) for row in found])
    assert (intervals[:, 0] > truth.max()).mean() <= 0.04
    assert (intervals[:, 1] < truth.max()).mean() <= 0.04
    assert bootstrap.largest_interval([noise]) == bootstrap.percentile_interval(noise)
