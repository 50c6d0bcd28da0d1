"""The privacy budget of a training with the Gaussian mechanism: how much noise, and which epsilon it amounts to.

A sum over individuals, to which each contributes a vector of L2 norm `sensitivity` at most, is released with normal
noise of standard deviation `sensitivity / mu`. Telling whether an individual is in the sum is then as hard as telling
N(0, 1) from N(mu, 1), and after several releases, each of which may depend on those before it, as hard as with
mu = sqrt(sum of mu**2) (Dong, Roth and Su 2022). In zero-concentrated differential privacy (Bun and
Steinke 2016) the same budget is rho = mu**2 / 2, which adds up. The epsilon of a mu is exact (Balle and Wang 2018,
theorem 8); the bounds by which rho is converted give a larger one.

Limits: noise is in double precision, whose gaps an attack can use in principle (Mironov 2012), and the generator of its
random numbers (PCG64) is not cryptographic.
"""

import logging
import secrets
from collections.abc import Iterable
from typing import Literal

import numpy as np
from scipy.special import log_ndtr

from artificial_genomes.core.random_streams import stream
from artificial_genomes.models import Seed

log = logging.getLogger(__name__)


def delta_of(mu: float, epsilon: float) -> float:
    """Return the smallest delta for which a budget `mu` is (epsilon, delta)-differentially private.

    Examples
    --------
    >>> f"{delta_of(1, 1):.4f}"
    '0.1269'
    """
    first = np.exp(log_ndtr(mu / 2 - epsilon / mu))
    return float(first - np.exp(epsilon + log_ndtr(-mu / 2 - epsilon / mu)))


def epsilon_of(mu: float, delta: float) -> float:
    """Return the smallest epsilon for which a budget `mu` is (epsilon, delta)-differentially private."""
    if delta_of(mu, 0) <= delta:
        return 0.0
    from scipy.optimize import brentq  # slow, and not needed where a guarantee is only told

    # The privacy loss is normal with mean mu**2 / 2 and standard deviation mu: beyond 40 of these nothing is left.
    return float(brentq(lambda epsilon: delta_of(mu, epsilon) - delta, 0, mu**2 / 2 + 40 * mu, xtol=1e-12))


def mu_of(epsilon: float, delta: float) -> float:
    """Return the largest budget that is (epsilon, delta)-differentially private.

    Examples
    --------
    >>> f"{1 / mu_of(1, 1e-5):.4f}"  # standard deviation of the noise at sensitivity 1
    '3.7306'
    """
    from scipy.optimize import brentq

    largest = 1.0
    while delta_of(largest, epsilon) < delta:
        largest *= 2
    # Half of what the search may be off, so that the budget is never above.
    return float(brentq(lambda mu: delta_of(mu, epsilon) - delta, 1e-6, largest, xtol=1e-12)) * (1 - 1e-9)


def composed(budgets: Iterable[float]) -> float:
    """Return the budget that several releases about the same individuals amount to.

    Examples
    --------
    >>> composed([3, 4])
    5.0
    """
    return float(np.sqrt(sum(mu**2 for mu in budgets)))


class Accountant:
    """Releases sums with noise, and keeps count of what they have cost.

    Parameters
    ----------
    epsilon, delta
        What all releases together may amount to.
    noise
        "secret" for noise that nobody can draw again; "seed" for noise that `seed` determines, which protects nobody
        from those who know the seed.
    seed
        Of the training.
    """

    def __init__(self, epsilon: float, delta: float, noise: Literal["secret", "seed"], seed: Seed) -> None:
        self.mu, self._delta = mu_of(epsilon, delta), delta
        self.spent: list[float] = []
        secret = noise == "secret"
        self._rng = np.random.default_rng(secrets.randbits(256)) if secret else stream(seed, "privacy noise")

    def release(self, total: np.ndarray, sensitivity: float, share: float) -> tuple[np.ndarray, float]:
        """Return a sum over individuals with noise, float64, and the standard deviation of the noise.

        Parameters
        ----------
        total
            The sum.
        sensitivity
            Largest L2 norm of what one individual contributes to it.
        share
            Share of the budget, of rho = mu**2 / 2.

        Raises
        ------
        ValueError
            The budget does not suffice, or the sensitivity is not a positive number.
        """
        if not 0 < sensitivity < np.inf:
            raise ValueError(f"a sensitivity of {sensitivity} cannot be")
        mu = self.mu * np.sqrt(share)
        if composed([*self.spent, mu]) > self.mu * (1 + 1e-9):
            raise ValueError(f"a share of {share} is more than is left of the budget")
        self.spent.append(float(mu))
        sd = sensitivity / mu
        return total + self._rng.normal(0, sd, np.shape(total)), float(sd)

    def log_spent(self) -> None:
        """Log what all releases together amount to."""
        spent = composed(self.spent)
        log.info(
            "differential privacy per individual: epsilon %.4g, delta %g (rho %.4g in zCDP) in %d releases",
            epsilon_of(spent, self._delta), self._delta, spent**2 / 2, len(self.spent),
        )  # fmt: skip
