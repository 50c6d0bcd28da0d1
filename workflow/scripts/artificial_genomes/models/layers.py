"""Dense layers with leaky rectified units in numpy, for networks that TensorFlow trained; running averages."""

from collections.abc import Sequence

import numpy as np

Layer = tuple[np.ndarray, np.ndarray]
"""Kernel (n_inputs, n_units) and bias (n_units,) of a dense layer, float32."""


def hidden_layers(layers: Sequence[Layer], inputs: np.ndarray, leak: float) -> np.ndarray:
    """Return the output of the last of some hidden layers for inputs (n, n_inputs): (n, n_units) float32.

    Parameters
    ----------
    leak
        Slope of the units below zero.

    Examples
    --------
    >>> layer = np.array([[1.0, -1.0]]), np.array([0.0, 0.0])
    >>> hidden_layers([layer], np.array([[2.0]]), leak=0.1)
    array([[ 2. , -0.2]])
    """
    values = inputs
    for kernel, bias in layers:
        values = values @ kernel + bias
        values = np.maximum(values, leak * values)
    return values


def layer_arrays(layers: Sequence[Layer], prefix: str = "") -> dict[str, np.ndarray]:
    """Return kernels and biases by name, `{prefix}kernel0`, `{prefix}bias0` and so on."""
    return {
        f"{prefix}{name}{i}": values
        for i, layer in enumerate(layers)
        for name, values in zip(("kernel", "bias"), layer, strict=True)
    }


def layers_of(arrays: dict[str, np.ndarray], prefix: str = "") -> list[Layer]:
    """Return the layers that `layer_arrays` named."""
    n = sum(name.startswith(f"{prefix}kernel") for name in arrays)
    return [(arrays[f"{prefix}kernel{i}"], arrays[f"{prefix}bias{i}"]) for i in range(n)]


def follow(averages: Sequence, variables: Sequence, share: float, update) -> None:
    """Update running averages of TensorFlow variables.

    Parameters
    ----------
    averages, variables
        In the same order.
    share
        Share that an average keeps; smaller at first, so that the initial values are soon forgotten.
    update : () tensor, int32
        Number of the update, from 0.
    """
    import tensorflow as tf

    passed = tf.cast(update, tf.float32)
    kept = tf.minimum(float(share), passed / (passed + 10))
    for average, present in zip(averages, variables, strict=True):
        average.assign(kept * average + (1 - kept) * present)
