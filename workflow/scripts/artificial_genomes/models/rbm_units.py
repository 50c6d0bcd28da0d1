"""Rectified hidden units in TensorFlow: normals of unit variance around an activation, truncated at 0."""

import functools

import numpy as np

FAR_BELOW = -6.0
"""Activation below which rectified units are computed by an expansion, as their probability is below 1e-9."""


def rectified_means(tf, activation):
    """Return the means of normals of unit variance around `activation`, truncated at 0: float32 of the same shape."""
    near = tf.maximum(activation, FAR_BELOW)
    mean = near + tf.exp(-0.5 * near**2) / np.sqrt(2 * np.pi) / (0.5 * tf.math.erfc(-near / np.sqrt(2)))
    # Further below, where the quotient finally underflows, use the first terms of its expansion.
    far = tf.minimum(activation, FAR_BELOW)
    return tf.where(activation < FAR_BELOW, -(1 - 2 / far**2 + 10 / far**4) / far, mean)


def draw_rectified(tf, activation, noise):
    """Return draws from normals of unit variance around `activation`, truncated at 0: float32 of the same shape.

    Parameters
    ----------
    noise
        float32 in [0, 1), of the same shape.
    """
    left = 1 - noise
    # Inverse of the distribution function, computed from its upper tail.
    near = tf.maximum(activation, FAR_BELOW)
    drawn = near + _normal_quantile_of_upper_tail(tf, left * 0.5 * tf.math.erfc(-near / np.sqrt(2)))
    # Further below, the tail of the normal is its density over the distance, to first order.
    far = tf.minimum(activation, FAR_BELOW)
    double = -2 * tf.math.log(left)
    double -= tf.math.log1p(double / far**2)
    drawn = tf.where(activation < FAR_BELOW, double / (tf.sqrt(far**2 + double) - far), drawn)
    return tf.maximum(drawn, 0.0)


def _normal_quantile_of_upper_tail(tf, p):
    """Return the number that a standard normal exceeds with probability `p`, float32 in (0, 1].

    Acklam's rational approximations, whose relative error is 1e-9. The compiled `tf.math.ndtri` is infinite for p below
    3e-8, a value that draws of rectified units reach within an epoch.
    """
    a = (-3.969683028665376e01, 2.209460984245205e02, -2.759285104469687e02,
         1.383577518672690e02, -3.066479806614716e01, 2.506628277459239e00)  # fmt: skip
    b = (-5.447609879822406e01, 1.615858368580409e02, -1.556989798598866e02,
         6.680131188771972e01, -1.328068155288572e01, 1.0)  # fmt: skip
    c = (-7.784894002430293e-03, -3.223964580411365e-01, -2.400758277161838e00,
         -2.549732539343734e00, 4.374664141464968e00, 2.938163982698783e00)  # fmt: skip
    d = (7.784695709041462e-03, 3.224671290700398e-01, 2.445134137142996e00, 3.754408661907416e00, 1.0)

    def polynomial(coefficients, x):
        return functools.reduce(lambda value, coefficient: value * x + coefficient, coefficients)

    centre = 0.5 - p
    square = centre**2
    central = centre * polynomial(a, square) / polynomial(b, square)
    far = tf.sqrt(-2 * tf.math.log(tf.clip_by_value(tf.minimum(p, 1 - p), 1e-37, 0.5)))
    tail = -polynomial(c, far) / polynomial(d, far)
    return tf.where(tf.abs(centre) < 0.5 - 0.02425, central, tf.where(centre > 0, tail, -tail))
