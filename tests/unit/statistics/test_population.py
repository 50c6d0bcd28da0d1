from itertools import combinations

import allel
import numpy as np
import pytest
from scipy.spatial.distance import cdist

from artificial_genomes.statistics import bootstrap, distances, population


def sample(n, n_sites, seed, shift=0.0):
    rng = np.random.default_rng(seed)
    frequencies = np.clip(np.linspace(0.05, 0.6, n_sites) + shift * np.random.default_rng(9).normal(size=n_sites), 0, 1)
    return (rng.random((n, n_sites)) < frequencies).astype(np.uint8)


def vote(query, labelled, labels, k):
    """The rule spelled out, one haplotype at a time."""
    assigned, agreement = [], []
    for distance in cdist(query, labelled, "cityblock").astype(int):
        voters = sorted(range(len(labelled)), key=lambda i: (distance[i], i))[:k]
        candidates = {label: [distance[i] for i in voters if labels[i] == label] for label in set(labels[voters])}
        best = min(candidates, key=lambda label: (-len(candidates[label]), sum(candidates[label]), label))
        assigned.append(best)
        agreement.append(len(candidates[best]) / k)
    return assigned, agreement


@pytest.mark.parametrize("block", [7, 1024])
@pytest.mark.parametrize("k", [1, 4, 15, 60])
def test_assignment_is_the_vote_of_the_nearest(monkeypatch, k, block):
    """Few sites, so that many distances tie, and blocks that do not fit the numbers of haplotypes."""
    monkeypatch.setattr(distances, "QUERY_HAPLOTYPES", block)
    query, labelled = sample(50, 9, 1), sample(60, 9, 2)
    labels = np.random.default_rng(3).choice(["GBR", "FIN", "YRI", "CHB"], 60).astype(object)
    expected, agreement = vote(query, labelled, labels, k)
    found = population.assign_populations(query, labelled, labels, k)
    assert found.labels.tolist() == expected
    np.testing.assert_array_equal(found.agreement, agreement)


def test_ties_of_votes_go_to_the_nearer_voters_then_to_the_alphabet():
    query = np.zeros((1, 6), np.uint8)
    labelled = np.array([[1, 0, 0, 0, 0, 0], [1, 1, 0, 0, 0, 0], [1, 1, 1, 0, 0, 0], [1, 1, 0, 0, 0, 0]], np.uint8)
    nearer = population.assign_populations(query, labelled, ["b", "a", "a", "b"], k=4)
    assert (nearer.labels.tolist(), nearer.agreement.tolist()) == (["b"], [0.5])
    alphabet = population.assign_populations(query, labelled[[1, 3]], ["b", "a"], k=2)
    assert alphabet.labels.tolist() == ["a"]


def test_assignment_finds_the_population_of_new_haplotypes():
    labelled = np.concatenate([sample(40, 300, 1, 0.3), sample(40, 300, 2)])
    found = population.assign_populations(sample(30, 300, 3, 0.3), labelled, ["far"] * 40 + ["near"] * 40)
    assert set(found.labels) == {"far"}
    assert found.agreement.mean() > 0.9


def test_assignments_that_cannot_be_made_are_refused():
    alleles = sample(5, 10, 1)
    with pytest.raises(ValueError, match="6 neighbors requested, but there are only 5"):
        population.assign_populations(alleles, alleles, ["a"] * 5, k=6)
    with pytest.raises(ValueError, match="5 haplotypes need a label each, got 4"):
        population.assign_populations(alleles, alleles, ["a"] * 4 + [""], k=1)
    with pytest.raises(ValueError, match="5 haplotypes need a label each, got 4"):
        population.assign_populations(alleles, alleles, ["a"] * 4, k=1)


def test_share_distance_is_half_the_sum_of_differences():
    a, b = np.array(["x"] * 5 + ["y"] * 3 + ["z"] * 2, object), np.array(["x"] * 2 + ["w"] * 2, object)
    assert population.share_distance(a, b) == pytest.approx((0 + 0.3 + 0.2 + 0.5) / 2)
    assert population.share_distance(b, a) == population.share_distance(a, b)
    assert population.share_distance(a, np.repeat(a, 3)) == pytest.approx(0)
    assert population.share_distance(a[:3], b[2:]) == 1
    with pytest.raises(ValueError, match="10 and 0 labels"):
        population.share_distance(a, b[:0])


def reference_fst(a, b):
    counts = [allel.HaplotypeArray(one.T.astype(np.int8)).count_alleles(max_allele=1) for one in (a, b)]
    numerator, denominator = allel.hudson_fst(*counts)
    return np.nansum(numerator) / np.nansum(denominator)


@pytest.mark.parametrize(("n_a", "n_b", "shift"), [(30, 30, 0.0), (40, 12, 0.2), (2, 9, 0.3)])
def test_fst_equals_scikit_allel(n_a, n_b, shift):
    a, b = sample(n_a, 200, 1, shift), sample(n_b, 200, 2)
    a[:, :10], b[:, :10] = 0, 0
    assert population.hudson_fst(a, b) == pytest.approx(reference_fst(a, b), abs=1e-12)


def test_fst_at_its_ends():
    zeros, ones = np.zeros((4, 3), np.uint8), np.ones((5, 3), np.uint8)
    assert population.hudson_fst(zeros, ones) == 1
    assert np.isnan(population.hudson_fst(zeros, zeros))
    assert np.isnan(population.hudson_fst(zeros[:1], ones))


def test_fst_between_populations_is_that_of_each_pair():
    alleles = np.concatenate([sample(20, 100, 1), sample(15, 100, 2, 0.2), sample(9, 100, 3), sample(12, 100, 4, 0.4)])
    labels = np.repeat(np.array(["a", "b", "few", "c"], object), [20, 15, 9, 12])
    order = np.random.default_rng(1).permutation(56)
    names = ["c", "few", "a", "nobody", "b"]
    found = population.fst_between(alleles[order], labels[order], names)
    assert len(found) == 10
    for value, (x, y) in zip(found, combinations(names, 2), strict=True):
        if {x, y} & {"few", "nobody"}:
            assert np.isnan(value)
        else:
            assert value == pytest.approx(reference_fst(alleles[labels == x], alleles[labels == y]), abs=1e-12)
    assert not np.isnan(population.fst_between(alleles, labels, ["few", "a"], n_min=9)).any()


def test_a_lost_population_is_an_error_of_its_whole_fst():
    real, ag = np.array([0.1, 0.2, np.nan, 0.05]), np.array([0.15, np.nan, 0.3, 0.02])
    assert population.fst_error(real, ag) == pytest.approx((0.05 + 0.2 + 0.03) / 3)
    assert population.fst_error(real, np.full(4, np.nan)) == pytest.approx((0.1 + 0.2 + 0.05) / 3)
    assert np.isnan(population.fst_error(np.full(4, np.nan), ag))
    with pytest.raises(ValueError, match="cannot be compared"):
        population.fst_error(real, ag[:3])


def test_windows_start_anew_on_every_contig():
    contigs = np.repeat(["1", "2", "X", "3"], [7, 3, 2, 6])
    windows = population.site_windows(contigs, 3)
    assert windows.tolist() == [[0, 3], [3, 6], [7, 10], [10, 12], [12, 15], [15, 18]]
    assert population.site_windows(contigs[:2], 3).tolist() == [[0, 2]]
    with pytest.raises(ValueError, match="window of 0 sites"):
        population.site_windows(contigs, 0)


@pytest.mark.parametrize("window", [1, 5, 20])
def test_haplotype_heterozygosity_equals_scikit_allel(window):
    alleles = sample(60, 103, 1)
    alleles[:, :40] = alleles[:3, :40][np.random.default_rng(2).integers(0, 3, 60)]
    found = population.haplotype_heterozygosity(alleles, population.site_windows(np.full(103, "1"), window))
    expected = allel.moving_haplotype_diversity(allel.HaplotypeArray(alleles.T.astype(np.int8)), size=window)
    np.testing.assert_allclose(found, expected, atol=1e-12)
    assert len(found) == 103 // window


def test_haplotype_heterozygosity_is_the_share_of_pairs_that_differ():
    alleles = np.concatenate([sample(12, 8, 1), sample(3, 8, 1)])
    windows = np.array([[0, 3], [3, 8], [0, 8]])
    for (start, end), value in zip(windows, population.haplotype_heterozygosity(alleles, windows), strict=True):
        pairs = list(combinations(alleles[:, start:end].tolist(), 2))
        assert value == pytest.approx(sum(x != y for x, y in pairs) / len(pairs))
    with pytest.raises(ValueError, match="at least two"):
        population.haplotype_heterozygosity(alleles[:1], windows)


@pytest.mark.parametrize("k", [1, 5])
def test_half_samples_are_assigned_by_the_labelled_half(k):
    query, labelled, rng = sample(40, 12, 1), sample(90, 12, 2), np.random.default_rng(3)
    labels = rng.choice(["GBR", "FIN", "YRI"], 90).astype(object)
    halves = tuple(np.repeat(bootstrap.half_groups(n, 4, rng), 2, axis=1) for n in (20, 45))
    agreement = population.half_sample_agreement(query, labelled, labels, k, halves)
    for one, rows, present in zip(agreement, *halves, strict=True):
        expected = vote(query[rows], labelled[present], labels[present], k)[1]
        assert one == pytest.approx(np.mean(expected))
