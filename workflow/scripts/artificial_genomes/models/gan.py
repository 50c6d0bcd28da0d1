"""The paper's generative adversarial network: dense layers, one generator, one discriminator.

Architecture, learning rates and labels are those of the authors' script: the generator maps 600 normal numbers to
alleles in [-1, 1], real labels are smoothed by new noise at every step. Two recipes (resources/recipes.yaml) differ in
the training:

- `authors`: haplotypes are shuffled and perturbed by uniform noise once, so that batches are the same in every epoch;
  the discriminator takes one step on the real and one on the generated haplotypes, and the generator is trained on the
  same latent points; AGs are the rounded outputs of the last generator;
- `ours`: order and noise change in every epoch, the generator's step has its own latent points, and AGs come from a
  running average of the generators (Yazici et al. 2019). Where the averaged generators disagree, the output lies
  between 0 and 1; alleles are drawn with this probability, at a temperature chosen on validation individuals.

With `judged: alleles`, the discriminator sees alleles drawn from the output probabilities instead of the outputs, with
noise as on real alleles; gradients bypass the draw (straight-through estimator; Bengio et al. 2013).

The choice of the epoch is not in the authors' script: it is the one with the best score on validation individuals.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy.special import logit

from artificial_genomes.core.random_streams import stream
from artificial_genomes.models import Seed
from artificial_genomes.models.devices import tensorflow_on
from artificial_genomes.models.layers import follow, hidden_layers, layer_arrays, layers_of
from artificial_genomes.models.preconditions import require_trainable
from artificial_genomes.models.temperature import draw_alleles, score_at_temperatures
from artificial_genomes.models.training import TrainingData, TrainingRun, train_epochs

LEAK = 0.01
"""Slope of the leaky rectified units below zero."""

BLUR = 0.1
"""Largest value of the uniform noise subtracted from real alleles."""

CERTAIN = 1e-6
"""Smallest distance from 0 or 1 to which outputs of the generator are clipped."""

LABEL_SMOOTHING = 0.1
"""Largest value of the uniform noise subtracted from the labels of real haplotypes."""


@dataclass
class Model:
    """Generator and hidden layers of the discriminator: kernels and biases of their dense layers, in order.

    Alleles are drawn with the log-odds of the generator's outputs / `temperature`, shape (); at 0 outputs are rounded.
    """

    layers: list[tuple[np.ndarray, np.ndarray]]
    temperature: np.ndarray
    discriminator: list[tuple[np.ndarray, np.ndarray]]

    @classmethod
    def from_arrays(cls, settings: dict, arrays: dict[str, np.ndarray]) -> Self:
        """Build generator and discriminator from `arrays`."""
        return cls(layers_of(arrays), arrays["temperature"], layers_of(arrays, "discriminator_"))

    def arrays(self) -> dict[str, np.ndarray]:
        """Return kernels and biases by layer, and the temperature."""
        own = {"temperature": self.temperature}
        return own | layer_arrays(self.layers) | layer_arrays(self.discriminator, "discriminator_")

    def discriminator_features(self, alleles: np.ndarray) -> np.ndarray:
        """Return the last hidden layer of the discriminator for haplotypes (n, n_sites) uint8: (n, n_units) float32."""
        return hidden_layers(self.discriminator, alleles.astype(np.float32), LEAK)

    def sample_log_odds(self, n: int, seed: Seed) -> np.ndarray:
        """Return the log-odds of the generator's outputs for `n` AGs: (n, n_sites) float32."""
        latent_size = self.layers[0][0].shape[0]
        latent = stream(seed, "gan latent points").standard_normal((n, latent_size), np.float32)
        values = hidden_layers(self.layers[:-1], latent, LEAK)
        kernel, bias = self.layers[-1]
        return logit(np.clip(np.tanh(values @ kernel + bias), CERTAIN, 1 - CERTAIN))

    def sample(self, n: int, seed: Seed) -> np.ndarray:
        """Return `n` artificial haplotypes: (n, n_sites) uint8."""
        return draw_alleles(self.sample_log_odds(n, seed), self.temperature, seed)


class Learner:
    """Generator, discriminator and their optimizers in training; see `training.Learner`."""

    def __init__(self, data: TrainingData, settings: dict, run: TrainingRun) -> None:
        require_trainable("gan", settings, len(data.train))
        tf = tensorflow_on(run.device, run.threads)
        import keras

        keras.utils.set_random_seed(run.seed)
        n_sites, latent_size, batch_size = data.n_sites, settings["latent_size"], settings["batch_size"]
        n_steps = len(data.train) // batch_size
        generator = self.generator = _dense_network(
            latent_size, [int(n_sites // 1.2), int(n_sites // 1.1)], n_sites, "tanh", settings
        )
        discriminator = self.discriminator = _dense_network(
            n_sites, [n_sites // 2, n_sites // 3], 1, "sigmoid", settings
        )
        generator_adam = keras.optimizers.Adam(settings["generator_learning_rate"])
        discriminator_adam = keras.optimizers.Adam(settings["discriminator_learning_rate"])
        generator_adam.build(generator.trainable_variables)
        discriminator_adam.build(discriminator.trainable_variables)
        share = settings["generator_average"]
        self.average = [tf.Variable(variable) for variable in generator.trainable_variables] if share else []
        self.variables = [
            *generator.variables, *discriminator.variables, *generator_adam.variables, *discriminator_adam.variables,
            *self.average,
        ]  # fmt: skip
        rng = stream(run.seed, "gan order and noise")
        # With a file sorted by population, batches would contain a single population.
        haplotypes = rng.permutation(data.train)
        blur_once = rng.uniform(0, BLUR, haplotypes.shape) if settings["blur"] == "once" else 0
        real = tf.constant((haplotypes - blur_once).astype(np.float32))
        binary_cross_entropy = keras.losses.BinaryCrossentropy()
        training_noise = tf.constant([run.seed, 1], tf.int32)

        def discriminator_loss(labels, haplotypes):
            return binary_cross_entropy(labels, discriminator(haplotypes)) + tf.add_n(discriminator.losses)

        def train_discriminator(labels, haplotypes):
            with tf.GradientTape() as tape:
                loss = discriminator_loss(labels, haplotypes)
            gradients = tape.gradient(loss, discriminator.trainable_variables)
            discriminator_adam.apply(gradients, discriminator.trainable_variables)
            return loss

        def generate(seeds):
            """Return generated haplotypes as the discriminator sees them; `seeds`: latent points, draw and noise."""
            outputs = generator(tf.random.stateless_normal((batch_size, latent_size), seeds[0]))
            if settings["judged"] == "outputs":
                return outputs
            drawn = tf.cast(tf.random.stateless_uniform(outputs.shape, seeds[1]) < outputs, tf.float32)
            drawn -= tf.random.stateless_uniform(outputs.shape, seeds[2], maxval=BLUR)
            return outputs + tf.stop_gradient(drawn - outputs)

        def step(counter, batch):
            seeds = tf.random.split(tf.random.fold_in(training_noise, counter), 8)
            labels = 1 - tf.random.stateless_uniform((batch_size, 1), seeds[1], maxval=LABEL_SMOOTHING)
            if settings["blur"] == "every_step":
                batch -= tf.random.stateless_uniform(batch.shape, seeds[2], maxval=BLUR)
            with tf.GradientTape() as tape:
                generated = generate((seeds[0], seeds[4], seeds[5]))
                others = tf.stop_gradient(generated)
                if settings["discriminator_step"] == "joint":
                    labels = tf.concat([tf.zeros((batch_size, 1)), labels], 0)
                    loss = train_discriminator(labels, tf.concat([others, batch], 0))
                else:
                    loss = train_discriminator(labels, batch)
                    loss = (loss + train_discriminator(tf.zeros((batch_size, 1)), others)) / 2
                if settings["latent"] == "separate":
                    generated = generate((seeds[3], seeds[6], seeds[7]))
                # The generator is trained against the discriminator that was just updated.
                fooled = binary_cross_entropy(tf.ones((batch_size, 1)), discriminator(generated))
                fooled += tf.add_n(generator.losses)
            gradients = tape.gradient(fooled, generator.trainable_variables)
            generator_adam.apply(gradients, generator.trainable_variables)
            return loss, fooled

        # One compiled call for many epochs: no Python, and no copy of the data, between two batches. A loop over
        # tf.range would make XLA recompile for every value of its bounds.
        @tf.function(jit_compile=True)
        def run_epochs(epoch, last):
            losses = tf.zeros(()), tf.zeros(())
            order = tf.range(len(haplotypes))
            while epoch < last:
                if settings["order"] == "every_epoch":
                    keys = tf.random.stateless_uniform(
                        (len(haplotypes),), tf.random.fold_in(training_noise, -1 - epoch)
                    )
                    order = tf.argsort(keys)
                i = tf.constant(0)
                # The last, partial batch is dropped.
                while i < n_steps:
                    if settings["order"] == "every_epoch":
                        batch = tf.gather(real, tf.slice(order, [i * batch_size], [batch_size]))
                    else:
                        batch = tf.slice(real, [i * batch_size, 0], [batch_size, n_sites])
                    losses = step(epoch * n_steps + i, batch)
                    if share:
                        follow(self.average, generator.trainable_variables, share, epoch * n_steps + i)
                    i += 1
                epoch += 1
            return losses

        self._run_epochs = lambda first, n: run_epochs(tf.constant(first), tf.constant(first + n))

    def run_epochs(self, first: int, n: int) -> dict[str, float]:
        """Train `n` epochs and return the losses of the last step."""
        losses = self._run_epochs(first, n)
        return {"discriminator_loss": float(losses[0]), "generator_loss": float(losses[1])}

    def state(self) -> dict[str, np.ndarray]:
        """Return weights, their running average and optimizer moments."""
        return {str(i): variable.numpy() for i, variable in enumerate(self.variables)}

    def restore(self, state: dict[str, np.ndarray]) -> None:
        """Restore weights, their running average and optimizer moments."""
        for i, variable in enumerate(self.variables):
            variable.assign(state[str(i)])

    def model(self) -> Model:
        """Return the generator (or the average of generators) at temperature 0, and the discriminator."""
        weights = [variable.numpy() for variable in self.average or self.generator.trainable_variables]
        discriminator = [tuple(layer.get_weights()) for layer in self.discriminator.layers if layer.weights]
        return Model(list(zip(weights[::2], weights[1::2], strict=True)), np.float32(0), discriminator[:-1])


def _dense_network(n_inputs: int, hidden: list[int], n_outputs: int, activation: str, settings: dict):
    import keras

    # Weights and outputs stay float32 in mixed precision.
    policy = {"float32": "float32", "mixed": "mixed_bfloat16"}[settings["precision"]]
    layers = [keras.Input((n_inputs,))]
    for size in hidden:
        l2 = keras.regularizers.L2(settings["l2"])
        layers.append(keras.layers.Dense(size, kernel_regularizer=l2, dtype=policy))
        layers.append(keras.layers.LeakyReLU(LEAK, dtype=policy))
    layers.append(keras.layers.Dense(n_outputs, activation, dtype="float32"))
    return keras.Sequential(layers)


def fit(data: TrainingData, settings: dict, run: TrainingRun) -> Model:
    """Train the GAN and return the generator of the best epoch, at the best temperature."""
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
