"""A restricted Boltzmann machine with Bernoulli visible units, one per site.

Hidden units are `sigmoid` (0 or 1) or `relu` (a normal of unit variance around the activation, truncated at 0).
Training follows the likelihood gradient, whose negative part comes from chains of Gibbs sampling. Two recipes
(resources/recipes.yaml) differ as follows; `authors` is that of the authors' Julia code:

- `authors`: persistent chains from fair coin flips and 200 sweeps, the plain gradient, whose negative part multiplies
  sampled alleles by sampled hidden units, rectified units that are 0 where the activation is below -2, weights that
  start at sd 1e-5, a constant learning rate, no average, and 500 sweeps per AG;
- `ours`: chains that restart from the allele frequencies at every update and run `gibbs_sweeps` sweeps; AGs are sampled
  with exactly as many sweeps from the same start, for which the model was trained (out-of-equilibrium training, Yelmen
  et al. 2023). The gradient is centered (Montavon and Mueller 2012), which makes its step independent of how alleles
  are coded, and its negative part uses the mean of the hidden units, which has less noise.

With `weight_average`, the returned machine is a running average of the trained ones, which removes the noise of single
updates. Some hidden units may be local, connected to neighboring sites only: they learn local linkage, but cannot
memorize whole haplotypes.

With `labels`, a group of label units, exactly one of which is on, is added to the visible units: one unit per
superpopulation (or population), connected to all hidden units. Training chains keep the labels of training individuals,
so that the machine learns p(haplotype | label) in the same updates, and AGs of a label come from chains that keep it.
Without a given label, the label units have the label shares among the training individuals.
"""

import numpy as np

from artificial_genomes.core.random_streams import stream
from artificial_genomes.models import Seed
from artificial_genomes.models.devices import tensorflow_on
from artificial_genomes.models.hashed_noise import random_keys, uniform_numbers
from artificial_genomes.models.labels import label_units
from artificial_genomes.models.preconditions import require_trainable
from artificial_genomes.models.rbm_machine import Model
from artificial_genomes.models.rbm_units import draw_rectified, rectified_means
from artificial_genomes.models.temperature import score_at_temperatures
from artificial_genomes.models.training import TrainingData, TrainingRun, train_epochs

OFFSET_RATE = 0.05
"""Weight of a batch in the running mean of the hidden units."""

FREQUENCY_CLIP = 1e-8
"""Minimum distance of a frequency from 0 and 1 if the visible biases are `clipped`, as in the authors' code."""


class Learner:
    """Machine and chains in training; see `training.Learner`."""

    def __init__(self, data: TrainingData, settings: dict, run: TrainingRun) -> None:
        require_trainable("rbm", settings, len(data.train))
        tf = tensorflow_on(run.device, run.threads)
        n_train, n_sites, n_hidden = len(data.train), data.n_sites, settings["hidden_units"]
        batch_size, n_chains = min(settings["batch_size"], n_train), settings["chains"]
        keep_last = settings["last_batch"] == "kept"
        n_steps = -(-n_train // batch_size) if keep_last else n_train // batch_size
        total_steps = n_steps * settings["epochs"]
        self._label_names, shares, train_labels = label_units(data, settings["labels"])
        n_labels = len(shares)
        n_visible = n_sites + n_labels
        rng = stream(run.seed, "rbm first weights and chains")
        frequencies = data.train.mean(axis=0)
        # One more haplotype of each allele keeps the bias of a fixed site finite.
        smoothed = ((frequencies * n_train + 1) / (n_train + 2)).astype(np.float32)
        first = np.full_like(smoothed, 0.5) if settings["chain_initial"] == "coin" else smoothed
        self._settings, self._train = settings, data.train
        self._starts = {"coin": np.full((1, n_sites), 0.5, np.float32), "frequencies": smoothed[None]}

        def variable(values: np.ndarray):
            return tf.Variable(values.astype(np.float32))

        connected = connections(n_sites, n_hidden, settings["local_units"], settings["local_sites"])
        # Label units, if any, are the last visible units.
        connected = np.concatenate([connected, np.ones((n_labels, n_hidden), bool)])
        weights = variable(rng.normal(0, settings["initial_weight_sd"], (n_visible, n_hidden)) * connected)
        biased = smoothed
        if settings["initial_bias"] == "clipped":
            biased = np.clip(frequencies, FREQUENCY_CLIP, 1 - FREQUENCY_CLIP)
        visible_bias = variable(np.concatenate([np.log(biased / (1 - biased)), np.zeros(n_labels)]))
        hidden_bias = variable(np.zeros(n_hidden))
        # Running mean of the hidden units: an offset of the centered gradient, like the frequencies.
        centered = settings["gradient"] == "centered"
        hidden_offset = variable(np.full(n_hidden, 0.5 if centered else 0))
        alleles = rng.random((n_chains, n_sites)) < first
        chains = variable(np.concatenate([alleles, train_labels[np.arange(n_chains) % n_train]], axis=1))
        trained = [weights, visible_bias, hidden_bias]
        averages = [variable(value.numpy()) for value in trained]
        self._averages, self._chains, self._shares = averages, chains, shares.astype(np.float32)
        self._variables = [*trained, hidden_offset, chains, *averages]

        real = tf.constant(np.concatenate([data.train, train_labels], axis=1), tf.float32)
        mask = tf.constant(connected, tf.float32)
        start = tf.constant(first)
        visible_offset = tf.constant(np.concatenate([frequencies, shares]) * centered, tf.float32)
        # 1 for the haplotypes of a batch; a smaller last batch is padded with others of weight 0.
        present = tf.constant((np.arange(n_steps * batch_size) < n_train)[:, None], tf.float32)
        training_noise = tf.constant([run.seed, 1], tf.int32)
        relu, persistent = settings["hidden"] == "relu", settings["chain_start"] == "persistent"
        cutoff = settings["relu_cutoff"] if relu else None

        def uniform(n_rows: int, n_columns: int, *counters):
            return uniform_numbers(tf, training_noise, n_rows, n_columns, *counters)

        def cut(hidden: tf.Tensor, activation: tf.Tensor) -> tf.Tensor:
            return hidden if cutoff is None else tf.where(activation < cutoff, 0.0, hidden)

        def means(activation: tf.Tensor) -> tf.Tensor:
            if not relu:
                return tf.sigmoid(activation)
            return cut(rectified_means(tf, activation), activation)

        def draw(activation: tf.Tensor, noise: tf.Tensor) -> tf.Tensor:
            if not relu:
                return tf.cast(noise < tf.sigmoid(activation), tf.float32)
            return cut(draw_rectified(tf, activation, noise), activation)

        def draw_hidden(visible, step, i):
            return draw(visible @ weights + hidden_bias, uniform(n_chains, n_hidden, step, 2 * i))

        def sweep(visible: tf.Tensor, step: tf.Tensor, i: tf.Tensor) -> tf.Tensor:
            hidden = draw_hidden(visible, step, i)
            inputs = tf.matmul(hidden, weights[:n_sites], transpose_b=True) + visible_bias[:n_sites]
            drawn = tf.cast(uniform(n_chains, n_sites, step, 2 * i + 1) < tf.sigmoid(inputs), tf.float32)
            return with_labels(drawn, visible[:, n_sites:])

        def swept(visible: tf.Tensor, step: tf.Tensor, n: int) -> tf.Tensor:
            i = tf.constant(0)
            while i < n:
                visible = sweep(visible, step, i)
                i += 1
            return visible

        def with_labels(alleles: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
            return tf.concat([alleles, labels], 1) if n_labels else alleles

        def update(step: tf.Tensor, batch: tf.Tensor, weight: tf.Tensor) -> tf.Tensor:
            visible = chains.value()
            if not persistent:
                drawn = tf.cast(uniform(n_chains, n_sites, step, -1) < start, tf.float32)
                people = tf.cast(uniform(n_chains, 1, step, -2)[:, 0] * n_train, tf.int32)
                visible = with_labels(drawn, tf.gather(real[:, n_sites:], people))
            visible = swept(visible, step, settings["gibbs_sweeps"])
            chains.assign(visible)
            hidden_data = means(batch @ weights + hidden_bias)
            if settings["negative_hidden"] == "sampled":
                hidden_model = draw_hidden(visible, step, settings["gibbs_sweeps"])
            else:
                hidden_model = means(visible @ weights + hidden_bias)
            # Number of haplotypes of the batch, which is smaller only in the last one.
            n_batch = tf.reduce_sum(weight)
            visible_gap = tf.reduce_sum(batch * weight, 0) / n_batch - tf.reduce_mean(visible, 0)
            hidden_mean = tf.reduce_sum(hidden_data * weight, 0) / n_batch
            hidden_gap = hidden_mean - tf.reduce_mean(hidden_model, 0)
            positive = tf.matmul((batch - visible_offset) * weight, hidden_data - hidden_offset, transpose_a=True)
            negative = tf.matmul(visible - visible_offset, hidden_model - hidden_offset, transpose_a=True)
            # Gradient of the likelihood minus that of the penalty.
            gradient = mask * (positive / n_batch - negative / n_chains) - settings["l1"] * tf.sign(weights)
            done = tf.cast(step, tf.float32)
            rate = settings["learning_rate"]
            if settings["learning_rate_decay"]:
                # The rate decreases linearly to 0 over the last `decay` share of the training.
                rate *= tf.minimum(1.0, (1 - done / total_steps) / settings["learning_rate_decay"])
            weights.assign_add(rate * gradient)
            visible_bias.assign_add(rate * (visible_gap - tf.linalg.matvec(gradient, hidden_offset)))
            hidden_bias.assign_add(rate * (hidden_gap - tf.linalg.matvec(gradient, visible_offset, transpose_a=True)))
            if centered:
                hidden_offset.assign_add(OFFSET_RATE * (hidden_mean - hidden_offset))
            # Early averages are over few updates, so that they do not depend on the initial weights.
            kept = tf.minimum(float(settings["weight_average"]), (1 + done) / (10 + done))
            for average, value in zip(averages, trained, strict=True):
                average.assign_add((1 - kept) * (value - average))
            # Alleles drawn from NaN weights are still 0 or 1, so add NaN to the result.
            return tf.reduce_mean(tf.abs(visible_gap[:n_sites])) + 0 * tf.reduce_sum(weights)

        # One compiled call for many epochs. A loop over tf.range would make XLA recompile for all of its bounds.
        @tf.function(jit_compile=True)
        def run_epochs(first: tf.Tensor, last: tf.Tensor) -> tf.Tensor:
            gap = tf.zeros(())
            epoch = first
            while epoch < last:
                order = tf.argsort(random_keys(tf, training_noise, n_train, -1, epoch))
                order = tf.concat([order, order[: n_steps * batch_size - n_train]], 0) if keep_last else order
                i = tf.constant(0)
                while i < n_steps:
                    batch = tf.gather(real, tf.slice(order, [i * batch_size], [batch_size]))
                    weight = tf.slice(present, [i * batch_size, 0], [batch_size, 1])
                    gap = update(epoch * n_steps + i, batch, weight)
                    i += 1
                epoch += 1
            return gap

        @tf.function(jit_compile=True)
        def warm_up() -> None:
            chains.assign(swept(chains.value(), tf.constant(-1), settings["warm_up_sweeps"]))

        def run(first: int, n: int) -> tf.Tensor:
            if first == 0 and settings["warm_up_sweeps"]:
                warm_up()
            return run_epochs(tf.constant(first), tf.constant(first + n))

        self._run_epochs = run

    def run_epochs(self, first: int, n: int) -> dict[str, float]:
        """Train `n` epochs; return the mean distance of allele frequencies between the last batch and the chains."""
        return {"frequency_gap": float(self._run_epochs(first, n))}

    def state(self) -> dict[str, np.ndarray]:
        """Return weights, biases, offset, chains and averages."""
        return {str(i): variable.numpy() for i, variable in enumerate(self._variables)}

    def restore(self, state: dict[str, np.ndarray]) -> None:
        """Restore weights, biases, offset, chains and averages."""
        for i, variable in enumerate(self._variables):
            variable.assign(state[str(i)])

    def model(self) -> Model:
        """Return the averaged machine, whose chains start where `sampling_start` says."""
        weights, visible_bias, hidden_bias = (variable.numpy() for variable in self._averages)
        n_sites = self._train.shape[1]
        source = self._settings["sampling_start"]
        if source == "chains":
            start = self._chains.numpy()[:, :n_sites]
        else:
            start = self._train.astype(np.float32) if source == "data" else self._starts[source]
        labels = (self._label_names, weights[n_sites:], self._shares) if len(self._label_names) else ()
        return Model(
            self._settings["hidden"],
            self._settings["sampling_sweeps"],
            weights[:n_sites],
            visible_bias[:n_sites],
            hidden_bias,
            start,
            np.float32(1),
            *labels,
            relu_cutoff=self._settings["relu_cutoff"],
        )


def connections(n_sites: int, n_hidden: int, n_local: int, n_local_sites: int) -> np.ndarray:
    """Return which sites each hidden unit is connected to: (n_sites, n_hidden) bool.

    The last `n_local` units see only `n_local_sites` consecutive sites each, in evenly spaced windows.
    """
    width = min(n_local_sites, n_sites)
    first = np.zeros(n_hidden, np.int64)
    first[n_hidden - n_local :] = np.linspace(0, n_sites - width, n_local).round()
    last = np.where(np.arange(n_hidden) < n_hidden - n_local, n_sites, first + width)
    site = np.arange(n_sites)[:, None]
    return (site >= first) & (site < last)


def monitors(model: Model, data: TrainingData, seed: Seed) -> dict[str, float]:
    """Return diagnostics of a machine in training, on validation haplotypes.

    The largest singular value of the weights and their effective number (the participation ratio of the squares), the
    pseudo-log-likelihood and the AIS estimate of the log-likelihood in nats per haplotype, the reconstruction error per
    allele, and, if chains start from alleles, the distance of siblings. A machine with labels has no likelihood for
    haplotypes without a label.
    """
    power = np.linalg.svd(model.weights, compute_uv=False).astype(np.float64) ** 2
    singular = {
        "singular_value_max": float(np.sqrt(power.max())),
        "singular_values_effective": float(power.sum() ** 2 / (power**2).sum()),
    }
    likelihood = (
        {}
        if model.label_names is not None
        else {
            "pseudo_log_likelihood": model.pseudo_log_likelihood(data.validation, seed),
            "log_likelihood_ais": float(
                model.log_likelihood(data.validation, seed, chains=100, temperatures=300).mean()
            ),
        }
    )
    siblings = {} if len(model.start) == 1 else {"sibling_distance": model.sibling_distance(seed)}
    return singular | likelihood | siblings | {"reconstruction_error": model.reconstruction_error(data.validation)}


def fit(data: TrainingData, settings: dict, run: TrainingRun) -> Model:
    """Train the machine and return that of the best epoch, at the best temperature."""
    learner = Learner(data, settings, run)
    best = train_epochs(
        learner,
        data,
        run,
        settings["epochs"],
        settings["score_every"],
        settings["patience"],
        score=lambda model, seed: score_at_temperatures(model, data, settings["sampling_temperatures"], seed),
        monitor=lambda model, seed: monitors(model, data, seed),
    )
    return Model.from_arrays(settings, best)
