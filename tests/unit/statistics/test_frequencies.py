from itertools import pairwise

import numpy as np
import pytest
from scipy.stats import wasserstein_distance

from artificial_genomes.statistics import frequencies


def test_frequency_correlation_is_pearsons_r():
    rng = np.random.default_rng(1)
    real = rng.random(200)
    ag = np.clip(real + rng.normal(0, 0.1, 200), 0, 1)
    assert frequencies.frequency_correlation(real, ag) == pytest.approx(np.corrcoef(real, ag)[0, 1])
    rare = frequencies.rare_sites(real)
    assert frequencies.frequency_correlation(real, ag, rare) == pytest.approx(
        np.corrcoef(real[real <= 0.2], ag[real <= 0.2])[0, 1]
    )


def test_frequency_correlation_of_replicates_is_that_of_each():
    rng = np.random.default_rng(2)
    real, ag = rng.random((2, 5, 30))
    expected = [frequencies.frequency_correlation(x, y) for x, y in zip(real, ag, strict=True)]
    np.testing.assert_allclose(frequencies.frequency_correlation(real, ag), expected)


def test_frequency_correlation_is_undefined_where_nothing_varies():
    varying = np.array([0.1, 0.2, 0.3])
    assert np.isnan(frequencies.frequency_correlation(varying, np.full(3, 0.5)))
    assert np.isnan(frequencies.frequency_correlation(varying, varying, np.array([True, False, False])))
    assert np.isnan(frequencies.frequency_correlation(varying[None], varying[None], np.zeros(3, bool))).all()


def test_fixed_sites_vary_only_in_the_real_haplotypes():
    real = np.array([0.5, 0.5, 0.5, 0.0, 1.0, 0.0])
    ag = np.array([0.0, 1.0, 0.3, 0.0, 1.0, 0.4])
    assert frequencies.count_fixed_sites(real, ag) == 2


def test_other_numbers_of_sites_are_refused():
    with pytest.raises(ValueError, match="cannot be paired"):
        frequencies.frequency_correlation(np.zeros(3), np.zeros(4))
    with pytest.raises(ValueError, match="cannot be paired"):
        frequencies.count_fixed_sites(np.zeros(3), np.zeros(4))


def test_spectrum_distance_is_that_of_minor_allele_frequencies():
    rng = np.random.default_rng(1)
    real = (rng.random((30, 50)) < rng.random(50)).astype(np.uint8)
    ag = (rng.random((30, 40)) < rng.random(40) ** 2).astype(np.uint8)
    minor = [np.minimum(one.mean(axis=0), 1 - one.mean(axis=0)) for one in (real, ag)]
    assert frequencies.spectrum_distance(real, ag) == pytest.approx(wasserstein_distance(*minor))
    assert frequencies.spectrum_distance(real, 1 - real[:, ::-1]) == 0
    with pytest.raises(ValueError, match="30 and 28 haplotypes"):
        frequencies.spectrum_distance(real, ag[:28])


def test_singletons_have_their_minor_allele_once():
    rng = np.random.default_rng(3)
    alleles = (rng.random((40, 300)) < rng.choice([0, 0.02, 0.05, 0.5, 0.98, 1], 300)).astype(np.uint8)
    expected = sum(1 in (column.sum(), 40 - column.sum()) for column in alleles.T.astype(int))
    assert expected > 20
    assert frequencies.count_singletons(alleles) == expected
    assert frequencies.count_singletons(1 - alleles) == expected


def test_spectrum_by_maf_puts_every_site_in_one_class():
    """Site i has i ALT alleles among 1000 haplotypes, so that all edges are hit exactly."""
    n = 1000
    real = (np.arange(n)[:, None] < np.arange(n + 1)).astype(np.uint8)
    ag = real[:, ::7]
    found = frequencies.spectrum_by_maf(real, ag)
    for alleles, numbers in zip((real, ag), found, strict=True):
        minor = np.minimum(alleles.sum(axis=0, dtype=int), n - alleles.sum(axis=0, dtype=int))
        # Edges in alleles of 1000: whole numbers, without rounding.
        edges = [0, 5, 10, 20, 50, 100, 200, 300, 400, 500]
        expected = [(minor == 0).sum()]
        expected += [((minor > low) & (minor <= high)).sum() for low, high in pairwise(edges)]
        np.testing.assert_array_equal(numbers, expected)
        assert numbers.sum() == alleles.shape[1]


def test_spectra_by_maf_that_cannot_be_compared_are_refused():
    alleles = np.zeros((10, 3), np.uint8)
    with pytest.raises(ValueError, match="10 and 8 haplotypes"):
        frequencies.spectrum_by_maf(alleles, alleles[:8])
    for edges in [(0.1, 0.5), (0, 0.4), (0, 0.3, 0.2, 0.5)]:
        with pytest.raises(ValueError, match=r"must ascend from 0 to 0\.5"):
            frequencies.spectrum_by_maf(alleles, alleles, edges)
