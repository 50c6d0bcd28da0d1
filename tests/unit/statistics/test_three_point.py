from itertools import product

import numpy as np
import pytest

from artificial_genomes.statistics import three_point


def brute_force(alleles, triplet, combination):
    """The definition, by counting haplotypes: f_abc - f_ab f_c - f_bc f_a - f_ac f_b + 2 f_a f_b f_c."""
    is_a, is_b, is_c = ((alleles[:, site] == allele) for site, allele in zip(triplet, combination, strict=True))
    a, b, c = is_a.mean(), is_b.mean(), is_c.mean()
    ab, bc, ac = (is_a & is_b).mean(), (is_b & is_c).mean(), (is_a & is_c).mean()
    return (is_a & is_b & is_c).mean() - ab * c - bc * a - ac * b + 2 * a * b * c


@pytest.fixture
def sets():
    rng = np.random.default_rng(1)
    founders = rng.integers(0, 2, (5, 40), dtype=np.uint8)
    return founders[rng.integers(0, 5, 61)], founders[rng.integers(0, 5, 53)]


def test_all_allele_combinations_agree_with_brute_force(sets):
    triplets, _ = three_point.draw_triplets(40, [1, 4], 20, np.random.default_rng(2))
    values = three_point.three_point(sets[0], triplets)
    for combination in product((0, 1), repeat=3):
        sign = (-1) ** combination.count(0)
        expected = [brute_force(sets[0], triplet, combination) for triplet in triplets]
        np.testing.assert_allclose(sign * values, expected, atol=1e-12)
    assert np.abs(values).max() > 0.05


def test_correlation_is_pearsons_r_over_all_combinations(sets):
    triplets, _ = three_point.draw_triplets(40, [1, 4], 20, np.random.default_rng(2))
    cases = list(product(triplets, product((0, 1), repeat=3)))
    everything = [[brute_force(alleles, *case) for case in cases] for alleles in sets]
    r = three_point.three_point_correlation(*(three_point.three_point(alleles, triplets) for alleles in sets))
    assert r == pytest.approx(np.corrcoef(*everything)[0, 1])


def test_triplets_keep_their_gap_and_are_all_different_where_there_are_few():
    triplets, labels = three_point.draw_triplets(20, [1, 4, 9, 16], 12, np.random.default_rng(3))
    assert list(dict.fromkeys(labels)) == ["1", "4", "9", "random"]
    for gap in (1, 4, 9):
        drawn = triplets[labels == str(gap)]
        assert (np.diff(drawn, axis=1) == gap).all()
        assert len(np.unique(drawn[:, 0])) == len(drawn) == min(12, 20 - 2 * gap)
        assert drawn.max() < 20
    anywhere = triplets[labels == "random"]
    assert len(anywhere) == 12
    assert all(len(set(triplet)) == 3 for triplet in anywhere.tolist())


def test_triplets_depend_on_the_seed_alone():
    first, again, other = (three_point.draw_triplets(50, [1], 10, np.random.default_rng(seed))[0] for seed in (4, 4, 5))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_two_sites_have_no_triplet():
    triplets, labels = three_point.draw_triplets(2, [1], 10, np.random.default_rng(1))
    assert triplets.shape == (0, 3)
    assert len(labels) == 0
    assert np.isnan(three_point.three_point_correlation(np.zeros(0), np.zeros(0)))


def test_replicates_are_those_of_the_drawn_groups(sets):
    alleles = sets[0]
    triplets, _ = three_point.draw_triplets(40, [1, 4], 20, np.random.default_rng(2))
    groups = np.random.default_rng(3).permutation(np.arange(61) % 6)
    draws = np.array([[1, 1, 1, 1, 1, 1], [2, 0, 1, 3, 0, 0]], float)
    replicates = three_point.three_point_replicates(alleles, triplets, groups, draws)
    for times, replicate in zip(draws, replicates, strict=True):
        drawn = np.concatenate([np.repeat(alleles[groups == k], int(n), axis=0) for k, n in enumerate(times)])
        np.testing.assert_allclose(replicate, three_point.three_point(drawn, triplets), atol=1e-12)
    r = three_point.three_point_correlation(replicates, replicates[::-1])
    assert r.shape == (2,)
    assert r[0] == pytest.approx(three_point.three_point_correlation(replicates[0], replicates[1]))
