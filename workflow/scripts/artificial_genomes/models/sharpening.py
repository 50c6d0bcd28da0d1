"""Hidden Chow-Liu trees at a temperature: below 1 states last longer and alleles are less random.

Powers of probabilities alone would also make frequent states more frequent, and so change the shares of ancestries and
lose rare alleles. States and alleles therefore keep their frequencies: of all trees with these frequencies, the one at
a temperature is the nearest, site by site, to the powers.
"""

import numpy as np
from scipy.special import expit, logit

from artificial_genomes.models.chow_liu import Tree

EMISSION_MIN = np.float32(1e-6)
"""Smallest probability of an allele: float32 cannot tell much smaller ones from 0 when they are subtracted from 1."""

SHIFT_ITERATIONS = 40
"""Number of Newton steps that look for the shift of a site's emissions, each of at most 1 in log-odds."""

SCALINGS, NEWTON_STEPS = 3, 40
"""Steps that fit the weights of a site's states: first by scaling, then Newton's, at most, until shares are as exact
as `SHARE_ERROR`."""

LONGEST_STEP = 2.0
"""Of the logarithm of a weight in Newton's method."""

SHARE_ERROR = 1e-5
"""Error of a state's share that is left."""

SMALLEST = 1e-30
"""Stands for 0 where there is a logarithm."""


def shifted(log_odds: np.ndarray, shares: np.ndarray, frequencies: np.ndarray) -> np.ndarray:
    """Return emissions with which alleles have the given frequencies: the log-odds of a site move by the same.

    Parameters
    ----------
    log_odds, shares : (n_sites, n_states) float64
        Log-odds of ALT in each state before, and probability of each state.
    frequencies : (n_sites,) float64
        Frequency of ALT. One that only emissions nearer to 0 or 1 than `EMISSION_MIN` would give is not quite reached.

    Returns
    -------
    (n_sites, n_states) float32
        Probability of ALT given the state.
    """
    shift = np.zeros((len(frequencies), 1))
    for _ in range(SHIFT_ITERATIONS):
        emissions = expit(log_odds + shift)
        missing = frequencies - (shares * emissions).sum(axis=1)
        slope = (shares * emissions * (1 - emissions)).sum(axis=1)
        shift[:, 0] += np.clip(missing / np.maximum(slope, 1e-6), -1, 1)
    return np.clip(expit(log_odds + shift), EMISSION_MIN, 1 - EMISSION_MIN).astype(np.float32)


class Sharpened:
    """A hidden Chow-Liu tree at a temperature.

    Attributes
    ----------
    temperature : float
        Greater than 0.
    emissions : (n_sites, n_states) float32
        Probability of ALT given the state.
    """

    def __init__(
        self, tree: Tree, transitions: np.ndarray, emissions: np.ndarray, shares: np.ndarray, temperature: float
    ) -> None:
        """Fit the weights of all states.

        `transitions`, `emissions` and `temperature` are those of `hclt_model.Model`, and `shares` those of its states.
        """
        self.temperature, self._transitions = temperature, transitions
        frequencies = (shares * emissions).sum(axis=1)
        self.emissions = shifted(logit(emissions.astype(np.float64)) / float(temperature), shares, frequencies)
        # The logarithm of the weight of each state; the prior of the root stays as it is.
        self._weights: list[np.ndarray | None] = [None] * len(shares)
        reached = np.empty_like(shares)
        for site in tree.order:
            parent = tree.parents[site]
            if parent < 0:
                reached[site] = shares[site]
                continue
            powers = _log_powers(transitions[site], temperature)
            # What was reached above, so that no error adds up along the tree.
            self._weights[site], reached[site] = fitted_weights(powers, reached[parent], shares[site])

    def transitions(self, site: int) -> np.ndarray:
        """Return the probability of each state of a site (last axis) given that of its parent, (n_states, n_states)."""
        weights = self._weights[site]
        if weights is None:
            return self._transitions[site]
        return _scaled(_log_powers(self._transitions[site], self.temperature) + weights)


def fitted_weights(log_powers: np.ndarray, above: np.ndarray, below: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return weights of states with which states keep their shares, by Newton's method.

    Parameters
    ----------
    log_powers : (n_above, n_states) float64
        Natural logarithm of probabilities of each state given the one above, but for a factor a row.
    above, below : (n_above,), (n_states,) float64
        Shares of the states above, and those that the states are to have.

    Returns
    -------
    weights, shares : (n_states,) float64
        Natural logarithm of the weight of each state, and the shares that states then have.

    Examples
    --------
    Squares alone would give the second state a share of 0.10 instead of 0.17.

    >>> steps = np.array([[0.9, 0.1], [0.2, 0.8]])
    >>> above = np.array([0.9, 0.1])
    >>> weights, shares = fitted_weights(2 * np.log(steps), above, above @ steps)
    >>> weighted = steps**2 * np.exp(weights)
    >>> (weighted / weighted.sum(axis=1, keepdims=True)).round(3), shares.round(3)
    (array([[0.921, 0.079],
           [0.009, 0.991]]), array([0.83, 0.17]))
    """
    weights, below = np.zeros(len(below)), np.maximum(below, SMALLEST)
    for i in range(SCALINGS + NEWTON_STEPS):
        steps = _scaled(log_powers + weights)
        shares = above @ steps
        if np.abs(shares - below).max() < SHARE_ERROR:
            break
        if i < SCALINGS:
            weights += np.log(below / np.maximum(shares, SMALLEST))
        else:
            curvature = -(steps.T @ (above[:, None] * steps))
            # A state without a share has no curvature.
            curvature[np.diag_indices(len(shares))] += shares + 1e-9
            step = np.linalg.solve(curvature, below - shares)
            weights += np.clip(step - step @ below, -LONGEST_STEP, LONGEST_STEP)
    return weights, shares


def _log_powers(transitions: np.ndarray, temperature: float) -> np.ndarray:
    """Return the natural logarithm of probabilities to the power 1 / temperature, float64 of the same shape."""
    return np.log(np.maximum(transitions, SMALLEST), dtype=np.float64) / float(temperature)


def _scaled(log_weights: np.ndarray) -> np.ndarray:
    """Return weights, given by their natural logarithm, so scaled that each row adds up to 1."""
    weights = np.exp(log_weights - log_weights.max(axis=1, keepdims=True))
    weights /= weights.sum(axis=1, keepdims=True)
    return weights
