"""The temperature of alleles: what it changes, and that validation people choose it."""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from artificial_genomes.models.temperature import draw_alleles, score_at_temperatures
from helpers import training_data


def test_the_temperature_divides_the_log_odds():
    log_odds = np.tile(np.float32([-2, 0, 1]), (40_000, 1))
    found = draw_alleles(log_odds, 0.5, 4)
    assert found.dtype == np.uint8
    np.testing.assert_allclose(found.mean(axis=0), expit([-4, 0, 2]), atol=0.01)
    np.testing.assert_array_equal(found, draw_alleles(log_odds, 0.5, 4))
    assert (found != draw_alleles(log_odds, 0.5, 5)).any()


@dataclass
class Unsure:
    """AGs of eight types, of which one allele in eight is wrong at temperature 1, one in 27 at 0.6."""

    types: np.ndarray
    temperature: np.float32

    def sample_log_odds(self, n, seed):
        drawn = self.types[np.random.default_rng(seed).integers(0, 8, n)]
        return (2 * drawn - 1).astype(np.float32) * 2


def test_validation_people_choose_the_temperature():
    rng = np.random.default_rng(1)
    model = Unsure(np.random.default_rng(0).integers(0, 2, (8, 60)), np.float32(1))
    haplotypes = model.types[rng.integers(0, 8, 600)] ^ (rng.random((600, 60)) < 1 / 27)
    data = training_data(haplotypes[:400].astype(np.uint8), haplotypes[400:].astype(np.uint8))
    kept, best = score_at_temperatures(model, data, [1.0, 0.6, 0.3], seed=3)
    assert best["temperature"] == 0.6
    assert kept.temperature == np.float32(0.6)
    assert kept.types is model.types
    assert model.temperature == 1
