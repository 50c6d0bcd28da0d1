"""The machine's sampling and likelihoods against closed forms and quadrature."""

import itertools

import numpy as np
import pytest

from model_helpers import all_visible, random_rbm


@pytest.mark.integration
def test_sigmoid_rbm_samples_its_boltzmann_distribution():
    model = random_rbm("sigmoid")
    visible = np.array(list(itertools.product([0, 1], repeat=5)))
    # Closed form: sum over hidden units of exp(-energy).
    log_weight = visible @ model.visible_bias + np.log1p(np.exp(visible @ model.weights + model.hidden_bias)).sum(
        axis=1
    )
    expected = np.exp(log_weight) / np.exp(log_weight).sum()
    sample = model.sample(40_000, 7) @ (2 ** np.arange(4, -1, -1))
    found = np.bincount(sample, minlength=32) / len(sample)
    np.testing.assert_allclose(found, expected, atol=0.01)


@pytest.mark.integration
def test_relu_rbm_samples_its_boltzmann_distribution():
    model = random_rbm("relu", sweeps=300)
    visible = np.array(list(itertools.product([0, 1], repeat=5)))
    # Integral over each hidden h >= 0 of exp(h a - h^2 / 2), by quadrature.
    h = np.linspace(0, 15, 20_001)
    activation = visible @ model.weights + model.hidden_bias
    integrals = np.trapezoid(np.exp(activation[..., None] * h - h**2 / 2), h, axis=-1)
    weight = np.exp(visible @ model.visible_bias) * integrals.prod(axis=1)
    sample = model.sample(40_000, 7) @ (2 ** np.arange(4, -1, -1))
    np.testing.assert_allclose(np.bincount(sample, minlength=32) / len(sample), weight / weight.sum(), atol=0.01)


@pytest.mark.parametrize("hidden", ["sigmoid", "relu"])
def test_free_energies_give_the_partition_function_that_ais_estimates(hidden):
    model = random_rbm(hidden)
    exact = np.logaddexp.reduce(-model.free_energy(all_visible()))
    estimate, error = model.log_partition(seed=1, chains=500, temperatures=500)
    assert 0 < error < 0.05
    assert estimate == pytest.approx(exact, abs=4 * error)
    total = np.exp(model.log_likelihood(all_visible(), 1, 500, 500)).sum()
    assert total == pytest.approx(1, abs=5 * error)


@pytest.mark.parametrize("hidden", ["sigmoid", "relu"])
def test_pseudo_log_likelihood_equals_the_conditionals_of_the_boltzmann_distribution(hidden):
    model = random_rbm(hidden)
    log_weight = -model.free_energy(all_visible())
    alleles = all_visible()[[3, 9, 30]]
    expected = 0
    for row in alleles:
        for site in range(5):
            others = (np.delete(all_visible(), site, 1) == np.delete(row, site)).all(axis=1)
            own = others & (all_visible()[:, site] == row[site])
            expected += log_weight[own].item() - np.logaddexp.reduce(log_weight[others])
    assert model.pseudo_log_likelihood(alleles, 1, sites=20_000) == pytest.approx(expected / 3, abs=0.05)


@pytest.mark.parametrize("hidden", ["sigmoid", "relu"])
def test_hidden_means_equal_quadrature(hidden):
    model = random_rbm(hidden)
    model.hidden_bias[:] = [-12, 0.3, 9]
    alleles = np.array([[0, 1, 0, 1, 1]], np.uint8)
    activation = (alleles @ model.weights + model.hidden_bias)[0].astype(np.float64)
    if hidden == "sigmoid":
        expected = 1 / (1 + np.exp(-activation))
    else:
        h = np.linspace(0, 40, 400_001)
        density = np.exp(-((h - activation[:, None]) ** 2) / 2 + np.maximum(-activation, 0)[:, None] ** 2 / 2)
        expected = (density * h).sum(axis=1) / density.sum(axis=1)
    np.testing.assert_allclose(model.hidden_means(alleles)[0], expected, rtol=2e-3)
