"""Rectified units against the quantile function and the mean of truncated normals in SciPy."""

import numpy as np
from scipy.special import log_ndtr, ndtri_exp

from artificial_genomes.models.devices import tensorflow_on
from artificial_genomes.models.rbm_units import draw_rectified, rectified_means


def test_rectified_units_are_drawn_from_truncated_normals():
    """Also far in the tail and compiled, where TensorFlow's own quantile of the normal is infinite."""
    tf = tensorflow_on("cpu", 1)
    activation, noise = (
        part.astype(np.float32)
        for part in np.meshgrid(np.linspace(-40, 30, 281), [*np.arange(0.01, 1, 0.01), 1 - 2.0**-24])
    )
    wanted = activation - ndtri_exp(np.log1p(-noise.astype(float)) + log_ndtr(activation.astype(float)))
    for compiled in (False, True):
        draw = tf.function(lambda a, u: draw_rectified(tf, a, u), jit_compile=compiled)
        np.testing.assert_allclose(draw(activation, noise), wanted, rtol=0.02, atol=1e-3)
        mean = tf.function(lambda a: rectified_means(tf, a), jit_compile=compiled)
        np.testing.assert_allclose(mean(activation[0]), exact_means(activation[0]), rtol=2e-3)


def exact_means(activation: np.ndarray) -> np.ndarray:
    a = activation.astype(float)
    return a + np.exp(-0.5 * a**2 - 0.5 * np.log(2 * np.pi) - log_ndtr(a))
