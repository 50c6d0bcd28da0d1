"""The random numbers of compiled trainings: uniform and independent."""

import numpy as np
import pytest

from artificial_genomes.models.devices import tensorflow_on
from artificial_genomes.models.hashed_noise import _hash


def test_the_noise_of_a_training_is_uniform_and_independent():
    tf = tensorflow_on("cpu", 1)
    rng = np.random.default_rng(3)
    rows, columns = (rng.integers(0, 2**32, n, np.uint32) for n in (512, 800))
    bits = _hash(tf, tf.constant(rows[:, None] ^ columns)).numpy()
    uniform = bits / 2**32
    assert uniform.mean() == pytest.approx(0.5, abs=5 / np.sqrt(12 * uniform.size))
    counts = np.bincount((bits >> 20).ravel(), minlength=4096)
    chi2 = ((counts - counts.mean()) ** 2 / counts.mean()).sum()
    assert chi2 == pytest.approx(4095, abs=5 * np.sqrt(2 * 4095))
    for table in (uniform, uniform.T):
        correlation = np.corrcoef(table)[np.triu_indices(len(table), 1)]
        assert np.abs(correlation).max() < 6 / np.sqrt(table.shape[1])
        assert correlation.std() == pytest.approx(1 / np.sqrt(table.shape[1]), rel=0.05)
