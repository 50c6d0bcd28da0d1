import numpy as np
import pytest

from artificial_genomes.statistics import bootstrap, frequencies


def test_resampled_means_are_means_over_the_drawn_people():
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
