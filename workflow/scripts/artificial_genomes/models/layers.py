"""Dense layers with leaky rectified units in numpy, for networks that TensorFlow has trained."""

from collections.abc import Sequence

import numpy as np

Layer = tuple[np.ndarray, np.ndarray]
"""Kernel (n_inputs, n_units) and bias (n_units,) of a dense layer, float32."""


def hidden_layers(layers: Sequence[Layer], inputs: np.ndarray, leak: float) -> np.ndarray:
    """Return what the last of some hidden layers gives for inputs (n, n_inputs): (n, n_units) float32.

    Parameters
    ----------
    leak
        Slope of the units below zero.
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
