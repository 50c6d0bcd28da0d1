"""A restricted Boltzmann machine with Bernoulli visible units, one a site.

Hidden units are `sigmoid` (0 or 1) or `relu` (a normal of unit variance around the activation, truncated at 0, as in
the authors' code). Training follows the likelihood gradient, whose negative part comes from chains of Gibbs sampling:

- `persistent` chains go on from update to update (persistent contrastive divergence, the paper's way);
- `restarted` chains start anew at every update and run `gibbs_sweeps` sweeps; AGs are then sampled with exactly as many
  sweeps from the same start, where the model is known to be good (out-of-equilibrium training, Yelmen et al. 2023).

The gradient is centred (Montavon and Mueller 2012), which makes its step independent of how alleles are coded.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy.special import expit, log_ndtr, ndtri_exp

from artificial_genomes.devices import tensorflow_on
from artificial_genomes.models import Seed
from artificial_genomes.training import TrainingData, TrainingRun, train_epochs

_HALF_LOG_2_PI = 0.9189385332046727


@dataclass
class Model:
    """Weights (n_sites, n_hidden), biases (n_sites,) and (n_hidden,), and the start of chains, all float32.

    `start` (n_starts, n_sites) holds the probabilities of ALT that a chain starts from; chain i takes row i % n_starts.
    """

    hidden: str
    sweeps: int
    weights: np.ndarray
    visible_bias: np.ndarray
    hidden_bias: np.ndarray
    start: np.ndarray

    @classmethod
    def from_arrays(cls, settings: dict, arrays: dict[str, np.ndarray]) -> Self:
        """Build the machine from `arrays`."""
        return cls(settings["hidden"], settings["sampling_sweeps"], **arrays)

    def arrays(self) -> dict[str, np.ndarray]:
        """Return weights, biases and the start of chains."""
        return {
            "weights": self.weights,
            "visible_bias": self.visible_bias,
            "hidden_bias": self.hidden_bias,
            "start": self.start,
        }

    def hidden_means(self, alleles: np.ndarray) -> np.ndarray:
        """Return the mean of every hidden unit given haplotypes (n, n_sites): (n, n_hidden) float32."""
        activation = alleles.astype(np.float32) @ self.weights + self.hidden_bias
        if self.hidden == "sigmoid":
            return expit(activation)
        # Mean of a normal truncated at 0: activation + density / probability, in logarithms for the far tail.
        return activation + np.exp(-0.5 * activation**2 - _HALF_LOG_2_PI - log_ndtr(activation))

    def sample(self, n: int, seed: Seed) -> np.ndarray:
        """Return `n` artificial haplotypes, each the end of its own Gibbs chain: (n, n_sites) uint8."""
        rng = np.random.default_rng(seed)
        start = self.start[np.arange(n) % len(self.start)]
        visible = (rng.random(start.shape, np.float32) < start).astype(np.float32)
        for _ in range(self.sweeps):
            activation = visible @ self.weights + self.hidden_bias
            uniform = rng.random(activation.shape, np.float32)
            if self.hidden == "sigmoid":
                hidden = (uniform < expit(activation)).astype(np.float32)
            else:
                # Inverse of the truncated normal's distribution function, by its upper tail.
                hidden = np.maximum(activation - ndtri_exp(np.log1p(-uniform) + log_ndtr(activation)), 0)
            probability = expit(hidden.astype(np.float32) @ self.weights.T + self.visible_bias)
            visible = (rng.random(probability.shape, np.float32) < probability).astype(np.float32)
        return visible.astype(np.uint8)


class Learner:
    """Machine and chains in training; see `training.Learner`."""

    def __init__(self, data: TrainingData, settings: dict, run: TrainingRun) -> None:
        tf = tensorflow_on(run.device, run.threads)
        n_train, n_sites, n_hidden = len(data.train), data.n_sites, settings["hidden_units"]
        batch_size, n_chains = min(settings["batch_size"], n_train), settings["chains"]
        n_steps = n_train // batch_size
        total_steps = n_steps * settings["epochs"]
        rng = np.random.default_rng([run.seed, 0])
        frequencies = data.train.mean(axis=0)
        # One more haplotype of each allele keeps the bias of a fixed site finite.
        self._start = ((frequencies * n_train + 1) / (n_train + 2)).astype(np.float32)
        self._settings = settings

        def variable(values: np.ndarray):
            return tf.Variable(values.astype(np.float32))

        weights = variable(rng.normal(0, settings["initial_weight_sd"], (n_sites, n_hidden)))
        visible_bias = variable(np.log(self._start / (1 - self._start)))
        hidden_bias = variable(np.zeros(n_hidden))
        # Running mean of the hidden units: the second offset of the centred gradient.
        hidden_offset = variable(np.full(n_hidden, 0.5))
        chains = variable(rng.random((n_chains, n_sites)) < self._start)
        self._variables = [weights, visible_bias, hidden_bias, hidden_offset, chains]

        real = tf.constant(data.train, tf.float32)
        start = tf.constant(self._start)
        visible_offset = tf.constant(frequencies, tf.float32)
        stream = tf.constant([run.seed, 1], tf.int32)
        relu, persistent = settings["hidden"] == "relu", settings["chain_start"] == "persistent"

        def uniform(shape: tuple[int, ...], *counters: tf.Tensor | int) -> tf.Tensor:
            seed = stream
            for counter in counters:
                seed = tf.random.fold_in(seed, counter)
            return tf.random.stateless_uniform(shape, seed)

        def normal_probability(x: tf.Tensor) -> tf.Tensor:
            return 0.5 * tf.math.erfc(-x / np.sqrt(2))

        def means(activation: tf.Tensor) -> tf.Tensor:
            if not relu:
                return tf.sigmoid(activation)
            # Below -8 the quotient underflows; there the mean of the truncated normal is 1 / |activation|, nearly.
            near = tf.maximum(activation, -8.0)
            mean = near + tf.exp(-0.5 * near**2) / np.sqrt(2 * np.pi) / normal_probability(near)
            return tf.where(activation < -8.0, -1 / tf.minimum(activation, -8.0), mean)

        def draw(activation: tf.Tensor, noise: tf.Tensor) -> tf.Tensor:
            if not relu:
                return tf.cast(noise < tf.sigmoid(activation), tf.float32)
            tail = tf.maximum((1 - noise) * normal_probability(activation), 1e-30)
            return tf.maximum(activation - tf.math.ndtri(tail), 0.0)

        def sweep(visible: tf.Tensor, step: tf.Tensor, i: tf.Tensor) -> tf.Tensor:
            hidden = draw(visible @ weights + hidden_bias, uniform((n_chains, n_hidden), step, 2 * i))
            probability = tf.sigmoid(tf.matmul(hidden, weights, transpose_b=True) + visible_bias)
            return tf.cast(uniform((n_chains, n_sites), step, 2 * i + 1) < probability, tf.float32)

        def update(step: tf.Tensor, batch: tf.Tensor) -> tf.Tensor:
            visible = chains.value()
            if not persistent:
                visible = tf.cast(uniform((n_chains, n_sites), step, -1) < start, tf.float32)
            for i in tf.range(settings["gibbs_sweeps"]):
                visible = sweep(visible, step, i)
            chains.assign(visible)
            hidden_data, hidden_model = means(batch @ weights + hidden_bias), means(visible @ weights + hidden_bias)
            visible_gap = tf.reduce_mean(batch, 0) - tf.reduce_mean(visible, 0)
            hidden_gap = tf.reduce_mean(hidden_data, 0) - tf.reduce_mean(hidden_model, 0)
            positive = tf.matmul(batch - visible_offset, hidden_data - hidden_offset, transpose_a=True)
            negative = tf.matmul(visible - visible_offset, hidden_model - hidden_offset, transpose_a=True)
            gradient = positive / batch_size - negative / n_chains
            # The rate falls linearly, from its full value, to nothing, over the last `decay` share of the training.
            remaining = 1 - tf.cast(step, tf.float32) / total_steps
            rate = settings["learning_rate"] * tf.minimum(1.0, remaining / settings["learning_rate_decay"])
            weights.assign_add(rate * gradient)
            visible_bias.assign_add(rate * (visible_gap - tf.linalg.matvec(gradient, hidden_offset)))
            hidden_bias.assign_add(rate * (hidden_gap - tf.linalg.matvec(gradient, visible_offset, transpose_a=True)))
            hidden_offset.assign_add(0.05 * (tf.reduce_mean(hidden_data, 0) - hidden_offset))
            return tf.reduce_mean(tf.abs(visible_gap))

        # Not compiled by XLA, which is slower here on a CPU.
        @tf.function
        def run_epochs(first: tf.Tensor, n: tf.Tensor) -> tf.Tensor:
            gap = tf.zeros(())
            for epoch in tf.range(first, first + n):
                order = tf.argsort(uniform((n_train,), -1, epoch))
                for i in tf.range(n_steps):
                    batch = tf.gather(real, order[i * batch_size : (i + 1) * batch_size])
                    gap = update(epoch * n_steps + i, batch)
            return gap

        self._run_epochs = lambda first, n: run_epochs(tf.constant(first), tf.constant(n))

    def run_epochs(self, first: int, n: int) -> dict[str, float]:
        """Train `n` epochs; return the mean distance of allele frequencies between the last batch and the chains."""
        return {"frequency_gap": float(self._run_epochs(first, n))}

    def state(self) -> dict[str, np.ndarray]:
        """Return weights, biases, offset and chains."""
        return {str(i): variable.numpy() for i, variable in enumerate(self._variables)}

    def restore(self, state: dict[str, np.ndarray]) -> None:
        """Take over weights, biases, offset and chains."""
        for i, variable in enumerate(self._variables):
            variable.assign(state[str(i)])

    def model(self) -> Model:
        """Return the present machine. Chains start from the ends of the persistent ones where there are such."""
        weights, visible_bias, hidden_bias, _, chains = (variable.numpy() for variable in self._variables)
        start = chains if self._settings["chain_start"] == "persistent" else self._start[None]
        return Model(
            self._settings["hidden"], self._settings["sampling_sweeps"], weights, visible_bias, hidden_bias, start
        )


def fit(data: TrainingData, settings: dict, run: TrainingRun) -> Model:
    """Train the machine and return that of the best epoch."""
    learner = Learner(data, settings, run)
    best = train_epochs(learner, data, run, settings["epochs"], settings["score_every"], settings["patience"])
    return Model.from_arrays(settings, best)
