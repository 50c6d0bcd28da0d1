"""Draws of hidden states from cumulative probabilities, and probabilities at a temperature."""

import numpy as np


def drawn_states(cumulative: np.ndarray, rows: np.ndarray, thresholds: np.ndarray) -> np.ndarray:
    """Return the states that random numbers draw: how many entries of row `rows[i]` are at most `thresholds[i]`.

    Parameters
    ----------
    cumulative : (n_rows, n_states) float64
        Cumulative probabilities; the last is at most 1.
    rows : (n,) int
        Of a type that also holds `n_states`.
    thresholds : (n,) float
        Exact as float32; less than 1.

    Returns
    -------
    (n,) int
        Of the type of `rows`.
    """
    n_rows, n_states = cumulative.shape
    # One after the other: row k lies between k and k + 1.
    joined = (cumulative + np.arange(n_rows)[:, None]).ravel()
    # Thresholds of the same bucket mostly lead to the same state; `n_states` stands for buckets that need a search.
    n_buckets = 1 << (len(rows) // n_rows).bit_length()
    passed = np.bincount(np.ceil(joined * n_buckets).astype(np.int64), minlength=n_rows * n_buckets + 1).cumsum()
    guide = (passed[:-1].reshape(n_rows, -1) - n_states * np.arange(n_rows)[:, None]).ravel()
    guide[passed[:-1] != passed[1:]] = n_states
    # k plus a float32 is exact in float64, and so below k + 1.
    keys = np.add(rows, thresholds, dtype=np.float64)
    states = guide.astype(rows.dtype).take((keys * n_buckets).astype(np.int64))
    searched = np.flatnonzero(states == n_states)
    states[searched] = np.searchsorted(joined, keys[searched], "right") - n_states * rows[searched].astype(np.int64)
    return states


def at_temperature(probabilities: np.ndarray, temperature: float) -> np.ndarray:
    """Return probabilities (..., k) to the power 1 / temperature, so scaled that the last axis adds up to 1.

    Examples
    --------
    >>> at_temperature(np.array([0.2, 0.8], np.float32), 0.5).round(3)  # squares, 0.04 and 0.64, over their sum
    array([0.059, 0.941], dtype=float32)
    """
    if temperature == 1:
        return probabilities
    powers = probabilities ** np.float32(1 / temperature)
    return powers / powers.sum(axis=-1, keepdims=True)
