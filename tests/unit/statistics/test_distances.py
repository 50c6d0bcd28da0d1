import numpy as np
import pytest
from scipy.spatial.distance import cdist, pdist, squareform
from scipy.stats import wasserstein_distance

from artificial_genomes.statistics import distances


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    """Blocks so small that every test crosses their borders."""
    monkeypatch.setattr(distances, "BLOCK_HAPLOTYPES", 7)
    monkeypatch.setattr(distances, "BLOCK_SITES", 9)


@pytest.fixture
def sets():
    rng = np.random.default_rng(1)
    frequency = rng.beta(0.5, 0.5, 31)
    a, b = ((rng.random((n, 31)) < frequency).astype(np.uint8) for n in (23, 18))
    a[5] = a[20]
    return a, b


def test_distances_within_agree_with_scipy(sets):
    a, _ = sets
    pairs = pdist(a, "cityblock").astype(int)
    square = squareform(pairs)
    np.fill_diagonal(square, 99)
    result = distances.distances_within(a)
    np.testing.assert_array_equal(result.counts, np.bincount(pairs, minlength=32))
    np.testing.assert_array_equal(result.nearest, square.min(axis=1))
    assert result.counts[0] == 1


def test_distances_between_agree_with_scipy(sets):
    a, b = sets
    expected = cdist(a, b, "cityblock").astype(int)
    result = distances.distances_between(a, b)
    np.testing.assert_array_equal(result.counts, np.bincount(expected.ravel(), minlength=32))
    np.testing.assert_array_equal(result.nearest_a, expected.min(axis=1))
    np.testing.assert_array_equal(result.nearest_b, expected.min(axis=0))


def test_distances_are_exact_over_many_sites():
    rng = np.random.default_rng(2)
    a = rng.integers(0, 2, (3, 70_001), dtype=np.uint8)
    b = 1 - a
    assert distances.distances_between(a[:1], b[:1]).nearest_a[0] == 70_001
    assert distances.distances_between(a[:1], a[1:2]).nearest_a[0] == (a[0] != a[1]).sum()


def test_wasserstein_of_counts_agrees_with_scipy():
    rng = np.random.default_rng(3)
    a, b = rng.integers(0, 9, (2, 40))
    values = np.arange(40)
    assert distances.wasserstein_of_counts(a, b) == pytest.approx(wasserstein_distance(values, values, a, b))
    assert distances.wasserstein_of_counts(a, 3 * a) == pytest.approx(0)


def test_what_has_no_distance_is_refused(sets):
    a, b = sets
    with pytest.raises(ValueError, match="at least two"):
        distances.distances_within(a[:1])
    with pytest.raises(ValueError, match="31 and 30 sites"):
        distances.distances_between(a, b[:, :30])
    with pytest.raises(ValueError, match="0 or 1"):
        distances.distances_within(a * 2)
    with pytest.raises(ValueError, match="uint8"):
        distances.distances_within(a.astype(float))
    with pytest.raises(ValueError, match="no alleles"):
        distances.distances_within(a[:, :0])
    with pytest.raises(ValueError, match="cannot compare counts"):
        distances.wasserstein_of_counts(np.zeros(3, int), np.ones(3, int))


def test_groups_add_up_and_do_not_change_the_rest(sets):
    a, b = sets
    groups_a, groups_b = np.arange(23) % 4, np.arange(18) % 3
    plain, grouped = distances.distances_within(a), distances.distances_within(a, groups_a)
    np.testing.assert_array_equal(grouped.counts, plain.counts)
    np.testing.assert_array_equal(grouped.by_group.sum(axis=0), 2 * plain.counts)
    square = cdist(a, a, "cityblock").astype(int)
    np.fill_diagonal(square, 31 + 1)
    of_group = np.bincount(square[groups_a == 2].ravel(), minlength=33)[:32]
    np.testing.assert_array_equal(grouped.by_group[2], of_group)
    between = distances.distances_between(a, b, groups_a, groups_b)
    expected = cdist(a, b, "cityblock").astype(int)
    np.testing.assert_array_equal(between.by_group_a[1], np.bincount(expected[groups_a == 1].ravel(), minlength=32))
    np.testing.assert_array_equal(between.by_group_b[2], np.bincount(expected[:, groups_b == 2].ravel(), minlength=32))
    np.testing.assert_array_equal(between.counts, np.bincount(expected.ravel(), minlength=32))


@pytest.mark.parametrize("threads", [1, 3])
def test_threads_change_nothing(sets, threads):
    a, b = sets
    groups = np.arange(23) % 4
    one, many = distances.distances_within(a, groups), distances.distances_within(a, groups, threads=threads)
    np.testing.assert_array_equal(one.by_group, many.by_group)
    np.testing.assert_array_equal(one.nearest, many.nearest)
    np.testing.assert_array_equal(
        distances.distances_between(a, b).nearest_b, distances.distances_between(a, b, threads=threads).nearest_b
    )


def test_nearest_neighbours_are_the_first_of_equals(sets):
    a, b = sets
    expected = cdist(b, a, "cityblock").astype(int)
    distance, index = distances.nearest_neighbours(b, a, threads=2)
    np.testing.assert_array_equal(distance, expected.min(axis=1))
    np.testing.assert_array_equal(index, expected.argmin(axis=1))
    assert distances.nearest_neighbours(a[20:21], a)[1][0] == 5, "rows 5 and 20 are equal"


@pytest.mark.integration
def test_resampled_distances_show_the_spread_of_fresh_samples():
    """Groups of people in one population: the interval of the Wasserstein distance is as wide as fresh samples say."""
    rng = np.random.default_rng(4)
    frequency = rng.beta(0.5, 0.5, (3, 60))

    def fresh(n=60):
        return (rng.random((n, 60)) < frequency[rng.integers(0, 3, n)]).astype(np.uint8)

    def value(a, b):
        within = [distances.distances_within(side) for side in (a, b)]
        return distances.wasserstein_of_counts(within[0].counts, within[1].counts)

    shifted = rng.beta(0.5, 0.5, 60)

    def other(n=60):
        return (rng.random((n, 60)) < shifted).astype(np.uint8)

    truth = np.std([value(fresh(), other()) for _ in range(60)], ddof=1)
    spreads = []
    for _ in range(4):
        replicates = []
        for side in (fresh(), other()):
            groups = np.arange(60) // 2
            draws = rng.multinomial(30, np.full(30, 1 / 30), size=200).astype(float)
            replicates.append(distances.resampled_within(distances.distances_within(side, groups), draws))
        spreads.append(distances.wasserstein_replicates(*replicates).std(ddof=1))
    assert np.mean(spreads) == pytest.approx(truth, rel=0.4)


def test_replicates_of_all_groups_once_are_the_value_itself(sets):
    a, b = sets
    groups = [np.arange(23) % 4, np.arange(18) % 4]
    ones = np.ones((1, 4))
    within = [distances.distances_within(side, group) for side, group in zip(sets, groups, strict=True)]
    between = distances.distances_between(a, b, *groups)
    np.testing.assert_array_equal(distances.resampled_within(within[0], ones)[0], within[0].counts)
    np.testing.assert_array_equal(distances.resampled_between(between, ones, ones)[0], between.counts)
    replicate = distances.wasserstein_replicates(*(distances.resampled_within(one, ones) for one in within))
    assert replicate[0] == pytest.approx(distances.wasserstein_of_counts(within[0].counts, within[1].counts))


def test_groups_of_other_haplotypes_are_refused(sets):
    with pytest.raises(ValueError, match="3 groups for 23 haplotypes"):
        distances.distances_within(sets[0], np.zeros(3, int))
