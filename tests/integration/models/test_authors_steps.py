"""One update of the GAN and of the RBM against NumPy transcriptions of the steps that the authors' code takes."""

import numpy as np
import pytest
from scipy.special import expit, log_ndtr, ndtri_exp

from artificial_genomes.core.random_streams import stream
from artificial_genomes.models import gan, rbm
from artificial_genomes.models.devices import tensorflow_on
from artificial_genomes.models.hashed_noise import random_keys, uniform_numbers
from artificial_genomes.models.training import TrainingRun
from helpers import RECIPES, training_data

RUN = TrainingRun(seed=3)


def haplotypes(n: int, n_sites: int, seed: int = 1) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return (rng.random((n, n_sites)) < rng.uniform(0.1, 0.9, n_sites)).astype(np.uint8)


# GAN ------------------------------------------------------------------------------------------------------------------


class Dense:
    """Dense layers with leaky rectified units, their gradients and Adam, in double precision."""

    def __init__(self, layers: list[tuple[np.ndarray, np.ndarray]], l2: float) -> None:
        self.weights = [array.astype(np.float64) for layer in layers for array in layer]
        self.moments = [np.zeros_like(array) for array in self.weights]
        self.squares = [np.zeros_like(array) for array in self.weights]
        self.l2, self.steps = l2, 0

    def forward(self, x: np.ndarray) -> np.ndarray:
        """Return the input of the last activation; the inputs of all layers stay in `self.inputs`."""
        self.inputs = []
        for i in range(0, len(self.weights), 2):
            self.inputs.append(x)
            z = x @ self.weights[i] + self.weights[i + 1]
            x = np.where(z > 0, z, 0.01 * z)
        return z

    def backward(self, error: np.ndarray, penalty: bool = True) -> tuple[list[np.ndarray], np.ndarray]:
        """Return gradients of the weights, with those of the L2 penalty on hidden kernels, and of the input."""
        gradients = []
        for i in reversed(range(0, len(self.weights), 2)):
            is_hidden = i < len(self.weights) - 2
            kernel = self.inputs[i // 2].T @ error + (2 * self.l2 * self.weights[i] if is_hidden and penalty else 0)
            gradients = [kernel, error.sum(axis=0), *gradients]
            error = error @ self.weights[i].T
            if i:
                error = np.where(self.inputs[i // 2] > 0, error, 0.01 * error)
        return gradients, error

    def adam(self, gradients: list[np.ndarray], rate: float) -> None:
        self.steps += 1
        scale = rate * np.sqrt(1 - 0.999**self.steps) / (1 - 0.9**self.steps)
        for i, gradient in enumerate(gradients):
            self.moments[i] += 0.1 * (gradient - self.moments[i])
            self.squares[i] += 0.001 * (gradient**2 - self.squares[i])
            self.weights[i] -= scale * self.moments[i] / (np.sqrt(self.squares[i]) + 1e-7)


@pytest.mark.parametrize("judged", ["outputs", "alleles"])
def test_an_epoch_of_the_gan_is_that_of_the_authors_script(judged):
    """Rows shuffled once, noise drawn once; real batch, generated batch, then the generator; two batches and a rest.

    With `judged: alleles` the discriminator sees drawn alleles, and gradients pass as if it had seen the outputs.
    """
    tf = tensorflow_on("cpu", 1)
    settings = RECIPES["gan"]["authors"] | {"batch_size": 4, "latent_size": 5, "judged": judged}
    train = haplotypes(9, 24)
    learner = gan.Learner(training_data(train, train), settings, RUN)

    def layers(network) -> list[tuple[np.ndarray, np.ndarray]]:
        return [tuple(layer.get_weights()) for layer in network.layers if layer.weights]

    generator, discriminator = (Dense(layers(part), 1e-4) for part in (learner.generator, learner.discriminator))
    assert [w.shape for w in generator.weights[::2]] == [(5, 20), (20, 21), (21, 24)]
    assert [w.shape for w in discriminator.weights[::2]] == [(24, 12), (12, 8), (8, 1)]

    # The same random numbers.
    rng = stream(RUN.seed, "gan order and noise")
    shuffled = rng.permutation(train)
    real = shuffled - rng.uniform(0, 0.1, shuffled.shape)

    @tf.function(jit_compile=True)
    def noise(step):
        seeds = tf.random.split(tf.random.fold_in(tf.constant([RUN.seed, 1]), step), 8)
        return (
            tf.random.stateless_normal((4, 5), seeds[0]),
            tf.random.stateless_uniform((4, 1), seeds[1], maxval=0.1),
            tf.random.stateless_uniform((4, 24), seeds[4]),
            tf.random.stateless_uniform((4, 24), seeds[5], maxval=0.1),
        )

    for step in range(2):
        latent, smoothing, uniform, blur = (part.numpy().astype(np.float64) for part in noise(tf.constant(step)))
        outputs = generated = np.tanh(generator.forward(latent))
        if judged == "alleles":
            generated = (uniform < outputs) - blur
        for batch, labels in ((real[4 * step : 4 * step + 4], 1 - smoothing), (generated, np.zeros((4, 1)))):
            probability = expit(discriminator.forward(batch))
            discriminator.adam(discriminator.backward((probability - labels) / 4)[0], 8e-4)
        probability = expit(discriminator.forward(generated))
        _, error = discriminator.backward((probability - 1) / 4, penalty=False)
        generator.adam(generator.backward(error * (1 - outputs**2))[0], 1e-4)

    learner.run_epochs(0, 1)
    for ours, theirs in ((learner.generator, generator), (learner.discriminator, discriminator)):
        for layer, kernel, bias in zip(layers(ours), theirs.weights[::2], theirs.weights[1::2], strict=True):
            np.testing.assert_allclose(layer[0], kernel, atol=1e-5)
            np.testing.assert_allclose(layer[1], bias, atol=1e-5)


# RBM ------------------------------------------------------------------------------------------------------------------


def means(activation: np.ndarray, hidden: str) -> np.ndarray:
    if hidden == "sigmoid":
        return expit(activation)
    mean = activation + np.exp(-0.5 * activation**2 - 0.5 * np.log(2 * np.pi) - log_ndtr(activation))
    return np.where(activation < -2, 0, mean)


def draws(activation: np.ndarray, uniform: np.ndarray, hidden: str) -> np.ndarray:
    if hidden == "sigmoid":
        return (uniform < expit(activation)).astype(float)
    drawn = activation - ndtri_exp(np.log1p(-uniform) + log_ndtr(activation))
    return np.where(activation < -2, 0, drawn)


@pytest.mark.usefixtures("uncompiled")
@pytest.mark.parametrize("hidden", ["sigmoid", "relu"])
@pytest.mark.parametrize("gradient", ["plain", "centered"])
def test_an_epoch_of_the_rbm_is_that_of_the_authors_code(hidden, gradient):
    """Warm-up, mean hidden units of data against drawn ones of chains, the rest of the haplotypes as a last batch."""
    tf = tensorflow_on("cpu", 1)
    train = haplotypes(10, 9)
    train[:, 4] = 0
    settings = RECIPES["rbm"]["authors"] | {
        "hidden": hidden, "gradient": gradient, "batch_size": 4, "hidden_units": 6, "chains": 7, "gibbs_sweeps": 3,
        "warm_up_sweeps": 4, "initial_weight_sd": 0.8, "learning_rate": 0.05, "epochs": 1,
    }  # fmt: skip
    learner = rbm.Learner(training_data(train, train), settings, RUN)
    weights, visible_bias, hidden_bias, offset, chains = (
        value.numpy().astype(float) for value in learner._variables[:5]
    )
    frequency = np.clip(train.mean(axis=0), 1e-8, 1 - 1e-8)
    np.testing.assert_allclose(visible_bias, np.log(frequency / (1 - frequency)), rtol=1e-6)
    assert not hidden_bias.any()
    np.testing.assert_array_equal(np.unique(chains), [0, 1])
    is_centered = gradient == "centered"
    visible_offset, hidden_offset = train.mean(axis=0) * is_centered, np.full(6, 0.5) * is_centered
    np.testing.assert_array_equal(offset, hidden_offset)

    stream = tf.constant([RUN.seed, 1], tf.int32)

    def uniform(n_rows: int, n_columns: int, *counters: int) -> np.ndarray:
        return uniform_numbers(tf, stream, n_rows, n_columns, *counters).numpy().astype(float)

    def sweep(visible: np.ndarray, step: int, i: int) -> np.ndarray:
        drawn = draws(visible @ weights + hidden_bias, uniform(7, 6, step, 2 * i), hidden)
        return (uniform(7, 9, step, 2 * i + 1) < expit(drawn @ weights.T + visible_bias)).astype(float)

    for i in range(4):
        chains = sweep(chains, -1, i)
    order = np.argsort(random_keys(tf, stream, 10, -1, 0).numpy(), kind="stable")
    for step, rows in enumerate((order[:4], order[4:8], order[8:])):
        batch = train[rows].astype(float)
        for i in range(3):
            chains = sweep(chains, step, i)
        of_data = means(batch @ weights + hidden_bias, hidden)
        of_chains = draws(chains @ weights + hidden_bias, uniform(7, 6, step, 6), hidden)
        positive = (batch - visible_offset).T @ (of_data - hidden_offset) / len(batch)
        change = positive - (chains - visible_offset).T @ (of_chains - hidden_offset) / 7
        visible_gap = batch.mean(axis=0) - chains.mean(axis=0) - change @ hidden_offset
        hidden_gap = of_data.mean(axis=0) - of_chains.mean(axis=0) - visible_offset @ change
        weights, visible_bias = weights + 0.05 * change, visible_bias + 0.05 * visible_gap
        hidden_bias = hidden_bias + 0.05 * hidden_gap
        hidden_offset = hidden_offset + 0.05 * (of_data.mean(axis=0) - hidden_offset) * is_centered

    learner.run_epochs(0, 1)
    trained = [value.numpy() for value in learner._variables[:5]]
    np.testing.assert_array_equal(trained[4], chains)
    # Single precision of a few updates; a wrong step would be a hundred times as far off.
    tolerance = 1e-5
    np.testing.assert_allclose(trained[0], weights, atol=tolerance)
    np.testing.assert_allclose(trained[1], visible_bias, atol=tolerance)
    np.testing.assert_allclose(trained[2], hidden_bias, atol=tolerance)
    machine = learner.model()
    np.testing.assert_allclose(machine.weights, trained[0], atol=1e-6)
    np.testing.assert_array_equal(machine.start, np.full((1, 9), 0.5))
