import numpy as np
import pytest
from scipy.spatial.distance import cdist, pdist, squareform
from scipy.stats import wasserstein_distance

from artificial_genomes.statistics import distances


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    """Blocks so small that every test crosses their borders."""
    monkeypatch.setattr(distances, "BLOCK_HAPLOTYPES", 7)


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
