import allel
import numpy as np
import pytest

from artificial_genomes.core.random_streams import stream
from artificial_genomes.core.sites import evenly_spread
from artificial_genomes.statistics import bootstrap, ld


def mosaic(n, n_sites, seed, founders=6, switch=0.1):
    """Haplotypes that copy from founders and switch between them: LD that decays."""
    rng = np.random.default_rng(seed)
    panel = (np.random.default_rng(0).random((founders, n_sites)) < 0.4).astype(np.uint8)
    panel[1] = 1 - panel[0]  # every site varies
    state = rng.integers(0, founders, n)
    alleles = np.empty((n, n_sites), np.uint8)
    for site in range(n_sites):
        state = np.where(rng.random(n) < switch, rng.integers(0, founders, n), state)
        alleles[:, site] = panel[state, site]
    return alleles


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    """Blocks so small that every test crosses their borders."""
    monkeypatch.setattr(ld, "BLOCK_SITES", 16)
    monkeypatch.setattr(ld, "BOOTSTRAP_BLOCK_SITES", 9)


@pytest.fixture
def sets():
    real, ag = mosaic(120, 60, 1), mosaic(100, 60, 2)
    real[:, 7] = 1
    ag[:, 31] = 0
    return real, ag


CONTIGS = np.repeat(["1", "2"], [25, 35]).astype(object)
POSITIONS = np.concatenate([np.arange(25) * 700 + 5, np.arange(35) ** 2 * 40 + 1])


def expected_r2(alleles):
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.corrcoef(alleles.T.astype(float)) ** 2


def test_r2_agrees_with_numpy_and_scikit_allel(sets):
    matrix = ld.r2_matrix(sets[0])
    np.testing.assert_allclose(matrix, expected_r2(sets[0]), atol=1e-12)
    varying = np.delete(sets[0], 7, axis=1)
    off_diagonal = np.triu_indices(59, 1)
    rogers_huff = allel.rogers_huff_r(varying.T.astype(np.int8)) ** 2
    np.testing.assert_allclose(ld.r2_matrix(varying)[off_diagonal], rogers_huff, atol=1e-5)
    assert np.isnan(matrix[7]).all()


def test_r_is_over_all_pairs_that_vary_in_both(sets):
    both = np.delete(np.arange(60), [7, 31])
    pairs = np.triu_indices(58, 1)
    real, ag = (expected_r2(alleles[:, both])[pairs] for alleles in sets)
    result = ld.compare_ld(*sets, CONTIGS, POSITIONS)
    assert (result.n_sites, result.n_pairs) == (58, 58 * 57 // 2)
    assert result.r == pytest.approx(np.corrcoef(real, ag)[0, 1], abs=1e-9)
    assert 0.3 < result.r < 0.999


def test_decay_is_the_mean_over_pairs_of_one_contig_in_each_bin(sets):
    result = ld.compare_ld(*sets, CONTIGS, POSITIONS)
    r2 = [expected_r2(alleles) for alleles in sets]
    n_pairs = 0
    for start, end, pairs, real, ag in zip(
        result.start_bp, result.end_bp, result.pairs, result.real, result.ag, strict=True
    ):
        chosen = [
            (i, j)
            for i in range(60)
            for j in range(i + 1, 60)
            if not {i, j} & {7, 31} and CONTIGS[i] == CONTIGS[j] and start <= POSITIONS[j] - POSITIONS[i] < end
        ]
        assert len(chosen) == pairs
        i, j = np.transpose(chosen)
        assert real == pytest.approx(r2[0][i, j].mean())
        assert ag == pytest.approx(r2[1][i, j].mean())
        n_pairs += pairs
    assert n_pairs == 24 * 23 // 2 + 34 * 33 // 2, "every pair within a contig has a bin"
    counted = result.pairs >= 10
    assert counted.any()
    assert not counted.all()
    assert result.decay_error() == pytest.approx(np.abs(result.real - result.ag)[counted].mean())


def test_bins_are_five_to_the_decade():
    edges = ld.DECAY_EDGES_BP
    assert edges[0] == 1
    assert edges[-1] > 249_250_621
    wide = edges[edges >= 1000]
    np.testing.assert_allclose(wide[1:] / wide[:-1], 10**0.2, rtol=2e-3)


def test_equal_sets_correlate_perfectly_and_independent_sites_do_not(sets):
    assert ld.compare_ld(sets[0], sets[0], CONTIGS, POSITIONS).r == pytest.approx(1)
    rng = np.random.default_rng(3)
    shuffled = np.stack([rng.permutation(column) for column in sets[0].T], axis=1)
    assert abs(ld.compare_ld(sets[0], shuffled, CONTIGS, POSITIONS).r) < 0.1


def test_sets_without_common_varying_sites_have_no_r(sets):
    result = ld.compare_ld(sets[0], np.zeros_like(sets[1]), CONTIGS, POSITIONS)
    assert np.isnan(result.r)
    assert np.isnan(result.decay_error())
    assert (result.n_sites, len(result.pairs)) == (0, 0)
    groups = [bootstrap.group_people(n, 3, np.random.default_rng(1)) for n in (60, 50)]
    replicates = ld.bootstrap_ld(sets[0], np.zeros_like(sets[1]), CONTIGS, POSITIONS, *groups)
    assert all(np.isnan(values).all() for values in replicates.values())


@pytest.mark.integration
def test_bootstrap_shows_the_spread_of_fresh_samples():
    def fisher_r(seed):
        real, ag = (mosaic(200, 40, s, switch=0.3) for s in (seed, seed + 1))
        return np.arctanh(ld.compare_ld(real, ag, np.repeat("1", 40), np.arange(40)).r)

    truth = np.std([fisher_r(seed) for seed in range(0, 160, 2)], ddof=1)
    spreads = []
    for seed in range(1000, 1008, 2):
        real, ag = (mosaic(200, 40, s, switch=0.3) for s in (seed, seed + 1))
        rng = np.random.default_rng(seed)
        groups = [bootstrap.group_people(100, 100, rng) for _ in range(2)]
        r = ld.bootstrap_ld(real, ag, np.repeat("1", 40), np.arange(40), *groups)["r"]
        spreads.append(np.arctanh(r).std(ddof=1))
    assert np.mean(spreads) == pytest.approx(truth, rel=0.4)


def test_bootstrap_replicate_is_the_comparison_of_the_drawn_groups(sets):
    real, ag = np.delete(sets[0], [7, 31], axis=1), np.delete(sets[1], [7, 31], axis=1)
    contigs, positions = np.repeat("1", 58), np.arange(58) * 300
    rng = np.random.default_rng(4)
    groups = [bootstrap.group_people(len(alleles) // 2, 3, rng) for alleles in (real, ag)]
    replicates = ld.bootstrap_ld(real, ag, contigs, positions, *groups)
    for k in range(3):
        drawn = [
            np.concatenate([np.repeat(alleles[of == g], int(n), axis=0) for g, n in enumerate(draws[k])])
            for alleles, (of, draws) in zip((real, ag), groups, strict=True)
        ]
        expected = ld.compare_ld(*drawn, contigs, positions)
        assert replicates["r"][k] == pytest.approx(expected.r, abs=1e-5)
        assert replicates["decay_error"][k] == pytest.approx(expected.decay_error(), abs=1e-5)
        # Frequency classes are those of the resample.
        assert replicates["r_common"][k] == pytest.approx(expected.r_common, abs=1e-5, nan_ok=True)
        assert replicates["r_rare"][k] == pytest.approx(expected.r_rare, abs=1e-5, nan_ok=True)


def test_classes_of_frequency_part_all_pairs():
    """Against a loop over all pairs, each in the class of its rarer site."""
    rng = np.random.default_rng(6)
    founders = (rng.random((30, 50)) < rng.beta(0.3, 1.2, 50)).astype(np.uint8)
    real, ag = (founders[rng.integers(0, 30, 300)] ^ (rng.random((300, 50)) < 0.004) for _ in range(2))
    result = ld.compare_ld(real, ag, np.repeat("1", 50), np.arange(50))
    frequency = real.mean(axis=0)
    minor = np.minimum(frequency, 1 - frequency)
    both = [site for site in range(50) if real[:, site].std() and ag[:, site].std()]
    r2 = [expected_r2(alleles) for alleles in (real, ag)]
    pairs = [(i, j) for i in both for j in both if i < j]
    rarer = np.array([min(minor[i], minor[j]) for i, j in pairs])
    x, y = (np.array([matrix[pair] for pair in pairs]) for matrix in r2)
    edges = [*ld.MAF_CLASSES, 0.51]
    for k in range(4):
        chosen = (rarer >= edges[k]) & (rarer < edges[k + 1])
        assert result.class_pairs[k] == chosen.sum()
        assert result.class_real[k] == pytest.approx(x[chosen].mean())
        assert result.class_ag[k] == pytest.approx(y[chosen].mean())
        assert result.class_r[k] == pytest.approx(np.corrcoef(x[chosen], y[chosen])[0, 1])
    assert (result.class_pairs > 5).all()
    for r, chosen in ((result.r_rare, rarer < 0.05), (result.r_common, rarer >= 0.05)):
        assert r == pytest.approx(np.corrcoef(x[chosen], y[chosen])[0, 1])


def test_threads_change_not_a_bit(sets):
    one, three = (ld.compare_ld(*sets, CONTIGS, POSITIONS, threads=threads) for threads in (1, 3))
    assert one.r == three.r
    np.testing.assert_array_equal(one.ag, three.ag)
    np.testing.assert_array_equal(one.class_r, three.class_r)


def test_thinning_is_even_and_keeps_the_ends():
    np.testing.assert_array_equal(evenly_spread(5, 10), np.arange(5))
    np.testing.assert_array_equal(evenly_spread(5, None), np.arange(5))
    np.testing.assert_array_equal(evenly_spread(101, 5), [0, 25, 50, 75, 100])


def test_unsorted_sites_are_refused(sets):
    with pytest.raises(ValueError, match="not ascending"):
        ld.compare_ld(*sets, np.repeat("1", 60), POSITIONS[::-1])
    with pytest.raises(ValueError, match="contiguous"):
        ld.compare_ld(*sets, np.repeat(["1", "2", "1"], 20), np.arange(60))
    with pytest.raises(ValueError, match="begin at 1 bp"):
        ld.compare_ld(*sets, CONTIGS, POSITIONS, np.array([0, 10]))


def test_decay_of_two_sets_with_sites_of_their_own_is_that_of_each_alone():
    rng = np.random.default_rng(4)
    sets = [rng.integers(0, 2, (40, n), np.uint8) for n in (30, 25)]
    places = [(np.repeat(["1", "2"], [n - 10, 10]), np.sort(rng.choice(9000, n, replace=False))) for n in (30, 25)]
    decay = ld.compare_decay(*sets, *places)
    for alleles, (contigs, positions), means in zip(sets, places, (decay.real, decay.ag), strict=True):
        r2 = np.corrcoef(alleles.T) ** 2
        i, j = np.triu_indices(len(positions), 1)
        distance = np.where(contigs[i] == contigs[j], positions[j] - positions[i], -1)
        for start, end, mean in zip(decay.start_bp, decay.end_bp, means, strict=True):
            inside = (distance >= start) & (distance < end)
            assert mean == pytest.approx(r2[i, j][inside].mean())
            assert decay.pairs[decay.start_bp == start][0] <= inside.sum()
    assert len(decay.start_bp) > 5
    assert decay.decay_error() > 0


@pytest.mark.parametrize(("near", "far"), [(100, 3), (10, 1000)])
def test_all_pairs_are_compared_if_no_pair_is_beyond_those_that_are(sets, monkeypatch, near, far):
    """Either all sites are near, or all distant ones are drawn: then each has a weight of 1."""
    monkeypatch.setattr(ld, "FAR_SITES", far)
    every, some = (ld.compare_ld(*sets, CONTIGS, POSITIONS, near_sites=number) for number in (None, near))
    for name, values in vars(every).items():
        np.testing.assert_allclose(getattr(some, name), values, rtol=1e-9, err_msg=name)


def test_distant_pairs_count_as_often_as_they_stand_for_others(sets, monkeypatch):
    monkeypatch.setattr(ld, "FAR_SITES", 4)
    n, near = 58, 5
    real, ag = (np.delete(alleles, [7, 31], axis=1) for alleles in sets)
    contigs, positions = (np.delete(values, [7, 31]) for values in (CONTIGS, POSITIONS))
    weights, drawn = np.zeros((n, n)), []
    for start in range(0, n, 16):
        stop = min(start + 16, n)
        end = min(stop + near, n)
        for i in range(start, stop):
            weights[i, i + 1 : end] = 1
        if end < n:
            far = end + stream(9, "distant sites", start).choice(n - end, min(4, n - end), replace=False)
            weights[start:stop, far] = (n - end) / len(far)
            drawn.append(far)
    result = ld.compare_ld(real, ag, contigs, positions, near_sites=near, seed=9)
    chosen = weights > 0
    x, y, w = (values[chosen] for values in (expected_r2(real), expected_r2(ag), weights))
    covariance = np.cov(x, y, aweights=w)
    assert result.r == pytest.approx(covariance[0, 1] / np.sqrt(covariance[0, 0] * covariance[1, 1]), abs=1e-9)
    assert weights.sum() == n * (n - 1) / 2, "they stand for all pairs"
    assert result.n_pairs == chosen.sum() < n * (n - 1) // 2
    distance = np.abs(positions[:, None] - positions)
    for start, end, pairs, mean in zip(result.start_bp, result.end_bp, result.pairs, result.real, strict=True):
        inside = chosen & (contigs[:, None] == contigs) & (distance >= start) & (distance < end)
        assert pairs == inside.sum()
        assert mean == pytest.approx(np.average(expected_r2(real)[inside], weights=weights[inside]))
    assert any((one >= 40).any() for one in drawn)


def test_a_sample_of_distant_pairs_is_right_on_average(sets, monkeypatch):
    monkeypatch.setattr(ld, "FAR_SITES", 6)
    truth = ld.compare_ld(*sets, CONTIGS, POSITIONS)
    samples = [ld.compare_ld(*sets, CONTIGS, POSITIONS, near_sites=4, seed=seed) for seed in range(60)]
    values = np.array([[one.r, *one.class_real] for one in samples])
    error = values.std(axis=0, ddof=1) / np.sqrt(len(samples))
    assert (error > 0).any()
    for mean, value, spread in zip(values.mean(axis=0), [truth.r, *truth.class_real], error, strict=True):
        assert np.isnan(value) or abs(mean - value) < 4 * spread + 0.003
