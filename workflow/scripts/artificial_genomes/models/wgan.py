"""A Wasserstein GAN of haplotypes whose critic sees packs of haplotypes and only alleles.

The AGs of the paper's GAN are too similar to each other. Here, the critic approximates the Wasserstein distance, kept
smooth by a gradient penalty (Gulrajani et al. 2017), and judges packs of haplotypes, in which too similar ones are
evident (PacGAN, Lin et al. 2018). Since the order within a pack is irrelevant, each haplotype passes through the same
layers, whose sum over the pack is judged (deep sets, Zaheer et al. 2017). The generator outputs the log-odds of ALT at
every site, from which alleles are drawn with logistic noise: independent variation needs no latent numbers, and the
critic cannot recognize AGs by values between 0 and 1. Gradients treat the threshold as a sigmoid (straight-through
estimator; Jang et al. 2017, Maddison et al. 2017). AGs come from a running average of the generators, at a temperature
chosen on validation individuals.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import numpy as np

from artificial_genomes.core.random_streams import stream
from artificial_genomes.models import Seed
from artificial_genomes.models.devices import tensorflow_on
from artificial_genomes.models.layers import follow, hidden_layers, layer_arrays, layers_of
from artificial_genomes.models.preconditions import require_trainable
from artificial_genomes.models.temperature import draw_alleles, score_at_temperatures
from artificial_genomes.models.training import TrainingData, TrainingRun, train_epochs

LEAK = 0.2
"""Slope of the leaky rectified units below zero."""

ADAM_BETAS = 0.0, 0.99
"""Decay rates of Adam's moments; momentum would slow the training of generator and critic (Karras et al. 2018)."""


@dataclass
class Model:
    """Generator, and the layers of the critic for single haplotypes: kernels and biases, in order, float32.

    Alleles are drawn with the log-odds of ALT / `temperature`, shape (); see `models.temperature`.
    """

    layers: list[tuple[np.ndarray, np.ndarray]]
    temperature: np.ndarray
    critic: list[tuple[np.ndarray, np.ndarray]]

    @classmethod
    def from_arrays(cls, settings: dict, arrays: dict[str, np.ndarray]) -> Self:
        """Build generator and critic from `arrays`."""
        return cls(layers_of(arrays), arrays["temperature"], layers_of(arrays, "critic_"))

    def arrays(self) -> dict[str, np.ndarray]:
        """Return kernels and biases by layer, and the temperature."""
        return {"temperature": self.temperature} | layer_arrays(self.layers) | layer_arrays(self.critic, "critic_")

    def discriminator_features(self, alleles: np.ndarray) -> np.ndarray:
        """Return the critic's last layer of single haplotypes, (n, n_sites) uint8: (n, n_units) float32."""
        return hidden_layers(self.critic, 2 * alleles.astype(np.float32) - 1, LEAK)

    def log_odds(self, latent: np.ndarray) -> np.ndarray:
        """Return the log-odds of ALT, (n, n_sites) float32, of latent points (n, latent_size) float32."""
        values = hidden_layers(self.layers[:-1], latent, LEAK)
        kernel, bias = self.layers[-1]
        return values @ kernel + bias

    def sample(self, n: int, seed: Seed) -> np.ndarray:
        """Return `n` artificial haplotypes: (n, n_sites) uint8."""
        return draw_alleles(self.sample_log_odds(n, seed), self.temperature, seed)

    def sample_log_odds(self, n: int, seed: Seed) -> np.ndarray:
        """Return the log-odds of ALT of `n` random latent points: (n, n_sites) float32."""
        rng = stream(seed, "wgan latent points")
        return self.log_odds(rng.standard_normal((n, self.layers[0][0].shape[0]), np.float32))


class Learner:
    """Generator, its running average, critic and their optimizers in training; see `training.Learner`."""

    def __init__(self, data: TrainingData, settings: dict, run: TrainingRun) -> None:
        require_trainable("wgan", settings, len(data.train))
        tf = tensorflow_on(run.device, run.threads)
        import keras

        keras.utils.set_random_seed(run.seed)
        n_train, n_sites, latent_size = len(data.train), data.n_sites, settings["latent_size"]
        batch_size, packing, critic_steps = settings["batch_size"], settings["packing"], settings["critic_steps"]
        generator = self.generator = dense_network(latent_size, settings["generator_units"], n_sites)
        critic = self.critic = pack_critic(packing, n_sites, settings["critic_units"], settings["pack_units"])
        # Initially, sites are independent with nearly the frequencies of the data.
        frequencies = data.train.mean(axis=0).clip(0.5 / n_train, 1 - 0.5 / n_train)
        generator.layers[-1].bias.assign(np.log(frequencies / (1 - frequencies)))
        n_updates = n_train // batch_size

        def adam(learning_rate, steps):
            # Generator and critic oscillate around the optimum; a decreasing rate brings them closer to it.
            falling = keras.optimizers.schedules.PolynomialDecay(learning_rate, steps, end_learning_rate=0.0)
            return keras.optimizers.Adam(falling, *ADAM_BETAS)

        generator_adam = adam(settings["generator_learning_rate"], settings["epochs"] * n_updates)
        critic_adam = adam(settings["critic_learning_rate"], settings["epochs"] * n_updates * critic_steps)
        generator_adam.build(generator.trainable_variables)
        critic_adam.build(critic.trainable_variables)
        self._n_critic_layers = len(settings["critic_units"])
        self.average = [tf.Variable(variable) for variable in generator.trainable_variables]
        self.variables = [
            *generator.variables, *critic.variables, *generator_adam.variables, *critic_adam.variables, *self.average
        ]  # fmt: skip
        real = tf.constant(2 * data.train.astype(np.float32) - 1)
        stream = tf.constant([run.seed, 1], tf.int32)

        def generate(seed):
            seeds = tf.random.split(seed, 2)
            log_odds = generator(tf.random.stateless_normal((batch_size, latent_size), seeds[0]))
            uniform = tf.random.stateless_uniform((batch_size, n_sites), seeds[1], 1e-6, 1 - 1e-6)
            return draw_signs(log_odds, uniform)

        def train_critic(seed):
            seeds = tf.random.split(seed, 3)
            drawn = tf.gather(real, tf.random.stateless_uniform((batch_size,), seeds[0], 0, n_train, tf.int32))
            packs, artificial = pack(drawn, packing), pack(generate(seeds[1]), packing)
            share = tf.random.stateless_uniform((batch_size // packing, 1, 1), seeds[2])
            with tf.GradientTape() as tape:
                distance = tf.reduce_mean(critic(packs)) - tf.reduce_mean(critic(artificial))
                penalty = gradient_penalty(critic, share * packs + (1 - share) * artificial)
                loss = settings["gradient_penalty"] * penalty - distance
            critic_adam.apply(tape.gradient(loss, critic.trainable_variables), critic.trainable_variables)
            return distance, penalty

        def train_generator(seed):
            with tf.GradientTape() as tape:
                loss = -tf.reduce_mean(critic(pack(generate(seed), packing)))
            generator_adam.apply(tape.gradient(loss, generator.trainable_variables), generator.trainable_variables)

        # One compiled call for many epochs: no Python, and no copy of the data, between two updates. Random numbers
        # depend on the number of the update, not on the chunks of epochs.
        @tf.function(jit_compile=True)
        def run_updates(update, last):
            losses = tf.zeros(()), tf.zeros(())
            while update < last:
                seeds = tf.random.split(tf.random.fold_in(stream, update), critic_steps + 1)
                for i in range(critic_steps):
                    losses = train_critic(seeds[i])
                train_generator(seeds[critic_steps])
                follow(self.average, generator.trainable_variables, settings["generator_average"], update)
                update += 1
            return losses

        self._run_epochs = lambda first, n: run_updates(
            tf.constant(first * n_updates), tf.constant((first + n) * n_updates)
        )

    def run_epochs(self, first: int, n: int) -> dict[str, float]:
        """Train `n` epochs, each with one update per full batch, and return the last losses."""
        distance, penalty = self._run_epochs(first, n)
        return {"wasserstein_distance": float(distance), "gradient_penalty": float(penalty)}

    def state(self) -> dict[str, np.ndarray]:
        """Return weights, their running average and optimizer moments."""
        return {str(i): variable.numpy() for i, variable in enumerate(self.variables)}

    def restore(self, state: dict[str, np.ndarray]) -> None:
        """Restore weights, their running average and optimizer moments."""
        for i, variable in enumerate(self.variables):
            variable.assign(state[str(i)])

    def model(self) -> Model:
        """Return the running average of the generators, at temperature 1, and the current critic."""
        weights = [variable.numpy() for variable in self.average]
        critic = [tuple(layer.get_weights()) for layer in self.critic.layers if layer.weights][: self._n_critic_layers]
        return Model(list(zip(weights[::2], weights[1::2], strict=True)), np.float32(1), critic)


def dense_network(n_inputs: int, hidden: list[int], n_outputs: int):
    """Return a Keras network of dense layers with leaky rectified units and a linear output."""
    import keras

    return keras.Sequential([keras.Input((n_inputs,)), *_hidden_layers(hidden), keras.layers.Dense(n_outputs)])


def pack_critic(packing: int, n_sites: int, hidden: list[int], pack_hidden: list[int]):
    """Return a Keras network from packs (n, packing, n_sites) to scores (n, 1).

    Each haplotype passes through layers of `hidden` units, and their sum over the pack through layers of `pack_hidden`
    units.
    """
    import keras

    pack = values = keras.Input((packing, n_sites))
    for layer in _hidden_layers(hidden):
        values = layer(values)
    # Scaled to the variance of the layer of one haplotype.
    values = keras.ops.sum(values, axis=1) / np.sqrt(packing)
    for layer in [*_hidden_layers(pack_hidden), keras.layers.Dense(1)]:
        values = layer(values)
    return keras.Model(pack, values)


def _hidden_layers(sizes: list[int]) -> list:
    import keras

    dense = [keras.layers.Dense(size, kernel_initializer="he_normal") for size in sizes]
    return [layer for each in dense for layer in (each, keras.layers.LeakyReLU(LEAK))]


def draw_signs(log_odds, uniform):
    """Return alleles -1 / 1 drawn with logistic noise; their gradient is that of a hyperbolic tangent.

    Parameters
    ----------
    log_odds : (n, n_sites) tensor, float32
        Of ALT.
    uniform : (n, n_sites) tensor, float32
        Uniform numbers between 0 and 1, both excluded.
    """
    import tensorflow as tf

    noisy = log_odds + tf.math.log(uniform) - tf.math.log1p(-uniform)
    soft = tf.tanh(noisy / 2)
    return soft + tf.stop_gradient(tf.where(noisy > 0, 1.0, -1.0) - soft)


def pack(haplotypes, packing: int):
    """Return (n, n_sites) haplotypes as (n / packing, packing, n_sites) packs of consecutive haplotypes."""
    import tensorflow as tf

    return tf.reshape(haplotypes, (-1, packing, haplotypes.shape[1]))


def gradient_penalty(critic: Callable, packs):
    """Return the mean squared deviation from 1 of the critic's slope at `packs` (Gulrajani et al. 2017, equation 3)."""
    import tensorflow as tf

    with tf.GradientTape() as tape:
        tape.watch(packs)
        total = tf.reduce_sum(critic(packs))
    squares = tf.reduce_sum(tape.gradient(total, packs) ** 2, axis=(1, 2))
    # The root has no derivative at 0.
    return tf.reduce_mean((tf.sqrt(squares + 1e-12) - 1) ** 2)


def fit(data: TrainingData, settings: dict, run: TrainingRun) -> Model:
    """Train the WGAN and return the generator of the best epoch, at the best temperature."""
    best = train_epochs(
        Learner(data, settings, run),
        data,
        run,
        settings["epochs"],
        settings["score_every"],
        settings["patience"],
        score=lambda model, seed: score_at_temperatures(model, data, settings["sampling_temperatures"], seed),
    )
    return Model.from_arrays(settings, best)
