"""The accountant against numerical integration, published values and another library."""

import numpy as np
import pytest
from dp_accounting.pld import privacy_loss_distribution
from scipy.integrate import quad
from scipy.stats import norm

from artificial_genomes.models.accountant import Accountant, composed, delta_of, epsilon_of, mu_of


def integrated_delta(mu: float, epsilon: float) -> float:
    """Return the integral of (p - exp(epsilon) q)+ for p = N(mu, 1) and q = N(0, 1): the definition of delta."""

    def gap(x: float) -> float:
        return max(0.0, norm.pdf(x, mu) - np.exp(epsilon) * norm.pdf(x))

    start = epsilon / mu + mu / 2  # p exceeds exp(epsilon) q above it
    return quad(gap, start, start + 40, epsabs=1e-14, epsrel=1e-9, points=[start + 1, start + 4])[0]


@pytest.mark.parametrize("mu", [0.05, 0.27, 1.0, 1.67, 4.0])
@pytest.mark.parametrize("epsilon", [0.0, 0.1, 1.0, 3.0, 8.0])
def test_delta_is_the_integral_of_its_definition(mu, epsilon):
    assert delta_of(mu, epsilon) == pytest.approx(integrated_delta(mu, epsilon), rel=1e-5, abs=1e-13)


def test_values_that_are_published():
    # Dong, Roth and Su 2022, section 2.2: mu-GDP is (0, 2 Phi(mu / 2) - 1)-DP.
    for mu in (0.1, 1, 3):
        assert delta_of(mu, 0) == pytest.approx(2 * norm.cdf(mu / 2) - 1)
    # Noise that the analytic Gaussian mechanism of Balle and Wang (2018) needs at epsilon 1, delta 1e-5.
    assert 1 / mu_of(1, 1e-5) == pytest.approx(3.730632, abs=1e-5)
    # The classical mechanism needs more, and so does the conversion of Bun and Steinke (2016, proposition 1.3).
    for epsilon in (0.2, 0.9):
        assert 1 / mu_of(epsilon, 1e-5) < np.sqrt(2 * np.log(1.25e5)) / epsilon
    for mu in (0.3, 1, 3):
        assert epsilon_of(mu, 1e-5) < mu**2 / 2 + 2 * np.sqrt(mu**2 / 2 * np.log(1e5))


@pytest.mark.parametrize(("epsilon", "delta"), [(0.1, 1e-6), (1, 1e-5), (8, 1e-5), (50, 1e-9)])
def test_the_budget_is_the_largest(epsilon, delta):
    mu = mu_of(epsilon, delta)
    assert delta_of(mu, epsilon) <= delta < delta_of(mu * (1 + 1e-6), epsilon)
    assert epsilon_of(mu, delta) == pytest.approx(epsilon, rel=1e-6)
    assert epsilon_of(mu, 0.9999999) == 0


@pytest.mark.integration
def test_budgets_equal_those_of_dp_accounting():
    for epsilon, delta, n in ((1, 1e-5, 1), (8, 1e-5, 12), (3, 1e-6, 5)):
        mu = mu_of(epsilon, delta) / np.sqrt(n)
        one = privacy_loss_distribution.from_gaussian_mechanism(1 / mu)
        assert one.self_compose(n).get_epsilon_for_delta(delta) == pytest.approx(epsilon, rel=1e-3)


def test_releases_add_up_to_the_budget_and_no_more():
    accountant = Accountant(3, 1e-5, "seed", 1)
    for share in (0.1, 0.2, 0.3, 0.4):
        accountant.release(np.zeros(3), 2.0, share)
    assert composed(accountant.spent) == pytest.approx(accountant.mu)
    assert epsilon_of(composed(accountant.spent), 1e-5) == pytest.approx(3, rel=1e-6)
    with pytest.raises(ValueError, match="more than is left"):
        accountant.release(np.zeros(3), 2.0, 0.001)


def test_noise_is_normal_and_has_the_stated_size():
    total = np.linspace(-5, 5, 40_000).reshape(200, 200)
    noisy, sd = Accountant(2, 1e-6, "seed", 3).release(total, 7.0, 0.25)
    assert sd == pytest.approx(7 / (mu_of(2, 1e-6) * 0.5))
    noise = (noisy - total) / sd
    assert abs(noise.mean()) < 4 / 200
    assert noise.std() == pytest.approx(1, abs=4 / np.sqrt(2 * 40_000))
    assert np.mean(np.abs(noise) > 2) == pytest.approx(2 * norm.sf(2), abs=0.005)


def test_noise_of_a_seed_comes_again_and_secret_noise_does_not():
    def noise(kind: str, seed: int) -> np.ndarray:
        return Accountant(1, 1e-5, kind, seed).release(np.zeros(5), 1.0, 1.0)[0]

    np.testing.assert_array_equal(noise("seed", 1), noise("seed", 1))
    assert (noise("seed", 1) != noise("seed", 2)).all()
    assert (noise("secret", 1) != noise("secret", 1)).all()
