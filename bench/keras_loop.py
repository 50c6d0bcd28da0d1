"""The GAN trained as the paper's script trains it: a Python loop over `train_on_batch` and `predict_on_batch` of Keras.

Architecture, losses, rates, labels and batches are those of `artificial_genomes.models.gan`; the discriminator takes
one step on real and one on generated haplotypes, as in the script. It is what speed is compared with, nothing else.
"""

import keras
import numpy as np


class KerasLoop:
    """Generator, discriminator and the two stacked, compiled by Keras.

    Parameters
    ----------
    haplotypes : (n, n_sites) uint8
        Training haplotypes; the last, partial batch is dropped.
    settings
        Of the GAN, as in config/config.yaml.
    seed
        Of noise, labels and latent points.
    """

    def __init__(self, haplotypes: np.ndarray, settings: dict, seed: int) -> None:
        n_sites = haplotypes.shape[1]
        self.batch_size, self.latent_size = settings["batch_size"], settings["latent_size"]
        self.rng = np.random.default_rng(seed)
        self.real = haplotypes - self.rng.uniform(0, 0.1, haplotypes.shape)
        self.n_steps = len(haplotypes) // self.batch_size
        self.generator = _network(
            self.latent_size, [int(n_sites // 1.2), int(n_sites // 1.1)], n_sites, "tanh", settings["l2"]
        )
        self.discriminator = _network(n_sites, [n_sites // 2, n_sites // 3], 1, "sigmoid", settings["l2"])
        self.discriminator.compile(
            optimizer=keras.optimizers.Adam(settings["discriminator_learning_rate"]), loss="binary_crossentropy"
        )
        self.gan = keras.Sequential([keras.Input((self.latent_size,)), self.generator, self.discriminator])
        self.gan.compile(
            optimizer=keras.optimizers.Adam(settings["generator_learning_rate"]), loss="binary_crossentropy"
        )
        # What a model trains is settled when its step is traced, at the first batch: the discriminator itself, and
        # within the stacked model the generator alone.
        self.train_discriminator(self.real[: self.batch_size])
        self.discriminator.trainable = False
        self.train_generator()

    def train_discriminator(self, batch: np.ndarray) -> None:
        """Train the discriminator on real and on newly generated haplotypes."""
        self.latent = self.rng.normal(0, 1, (self.batch_size, self.latent_size))
        generated = self.generator.predict_on_batch(self.latent)
        self.discriminator.train_on_batch(batch, 1 - self.rng.uniform(0, 0.1, (self.batch_size, 1)))
        self.discriminator.train_on_batch(generated, np.zeros((self.batch_size, 1)))

    def train_generator(self) -> None:
        """Train the generator, through the discriminator, with the latent points that this has just seen."""
        self.gan.train_on_batch(self.latent, np.ones((self.batch_size, 1)))

    def run_steps(self, n: int) -> None:
        """Train `n` batches, those of the first epochs."""
        for step in range(n):
            first = step % self.n_steps * self.batch_size
            self.train_discriminator(self.real[first : first + self.batch_size])
            self.train_generator()


def _network(n_inputs: int, hidden: list[int], n_outputs: int, activation: str, l2: float) -> keras.Sequential:
    layers = [keras.Input((n_inputs,))]
    for size in hidden:
        layers.append(keras.layers.Dense(size, kernel_regularizer=keras.regularizers.L2(l2)))
        layers.append(keras.layers.LeakyReLU(0.01))
    layers.append(keras.layers.Dense(n_outputs, activation))
    return keras.Sequential(layers)
