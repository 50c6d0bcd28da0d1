"""The temperature of alleles: what it changes, what it leaves, and that validation people choose it."""

import numpy as np
import pytest
from scipy.special import expit

from artificial_genomes.models.temperature import draw_alleles, frequency_offsets, score_at_temperatures
from helpers import training_data


@pytest.fixture
def log_odds() -> np.ndarray:
    """Return log-odds of 2000 AGs at 30 sites from nearly fixed for REF to nearly fixed for ALT."""
    rng = np.random.default_rng(4)
    return (rng.normal(0, 3, (2000, 30)) + np.linspace(-9, 9, 30)).astype(np.float32)


def test_alleles_have_the_log_odds_over_the_temperature_plus_the_offsets():
    log_odds, offsets = np.tile(np.float32([-2, 0, 1]), (40_000, 1)), np.float32([0, 1, -0.5])
    found = draw_alleles(log_odds, 0.5, offsets, 4)
    assert found.dtype == np.uint8
    np.testing.assert_allclose(found.mean(axis=0), expit([-4, 1, 1.5]), atol=0.01)
    np.testing.assert_array_equal(found, draw_alleles(log_odds, 0.5, offsets, 4))
    assert (found != draw_alleles(log_odds, 0.5, offsets, 5)).any()


@pytest.mark.parametrize("temperature", [0.5, 0.9, 1.5])
def test_offsets_keep_the_frequencies_which_the_temperature_alone_changes(log_odds, temperature):
    at_one = expit(log_odds).mean(axis=0)
    assert np.abs(expit(log_odds / temperature).mean(axis=0) - at_one).max() > 0.003
    offsets = frequency_offsets(log_odds, temperature)
    np.testing.assert_allclose(expit(log_odds / temperature + offsets).mean(axis=0), at_one, atol=2e-4)
    assert (frequency_offsets(log_odds, 1.0) == 0).all()


class Unsure:
    """AGs of eight types, of which one allele in eight is wrong at temperature 1, one in 27 at 0.6.

    Four of the types have ALT at each site, so that frequencies are right at every temperature.
    """

    def __init__(self) -> None:
        self.types = np.random.default_rng(0).permuted(np.repeat([[0], [1]], 4, axis=0).repeat(60, axis=1), axis=0)
        self.temperature = self.offsets = None

    def sample_log_odds(self, n, seed):
        drawn = self.types[np.random.default_rng(seed).integers(0, 8, n)]
        return (2 * drawn - 1).astype(np.float32) * 2


def test_validation_people_choose_the_temperature():
    model, rng = Unsure(), np.random.default_rng(1)
    haplotypes = model.types[rng.integers(0, 8, 600)] ^ (rng.random((600, 60)) < 1 / 27)
    data = training_data(haplotypes[:400].astype(np.uint8), haplotypes[400:].astype(np.uint8))
    best = score_at_temperatures(model, data, [1.0, 0.6, 0.3], seed=[1, 2])
    assert best["temperature"] == 0.6
    assert model.temperature == np.float32(0.6)
    calibration = model.sample_log_odds(2000, [1, 2, 2])
    np.testing.assert_array_equal(model.offsets, frequency_offsets(calibration, 0.6))
