"""A restricted Boltzmann machine with Bernoulli visible units, one per site.

Hidden units are `sigmoid` (0 or 1) or `relu` (a normal of unit variance around the activation, truncated at 0).
Training follows the likelihood gradient, whose negative part comes from chains of Gibbs sampling. Two recipes
(resources/recipes.yaml) name the settings that differ between the authors' Julia code and ours:

- `authors`: persistent chains from fair coin flips and 200 sweeps, the plain gradient, whose negative part multiplies
  sampled alleles with sampled hidden units, rectified units that are 0 where the activation is below -2, weights that
  start at sd 1e-5, a constant rate, no average, and 500 sweeps for an AG;
- `ours`: chains that restart from the allele frequencies at every update and run `gibbs_sweeps` sweeps; AGs are sampled
  with exactly as many sweeps from the same start, where the model is known to be good (out-of-equilibrium training,
  Yelmen et al. 2023). The gradient is centered (Montavon and Mueller 2012), which makes its step independent of how
  alleles are coded, and its negative part multiplies with the mean of the hidden units, which has less noise.

With `weight_average` the machine that is kept is a running average of the trained ones, which takes the noise of single
updates out. Some hidden units may be local, connected to neighbouring sites only: they learn local linkage, but cannot
learn whole haplotypes by heart.

With `labels`, a group of label units, of which one is on, joins the sites: one unit a superpopulation (or population),
connected to all hidden units. Chains of the training keep the labels of training people, so that the machine learns
p(haplotype | label) in the same updates as everything else, and AGs of a label come from chains that keep it. Where the
label is not given, the label units hold the shares of the training people.
"""

import functools
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice, pairwise
from typing import Self

import numpy as np
from scipy.special import expit, log_ndtr, logsumexp, ndtri_exp

from artificial_genomes.core.errors import UserError
from artificial_genomes.core.random_streams import stream
from artificial_genomes.models import Seed
from artificial_genomes.models.devices import tensorflow_on
from artificial_genomes.models.preconditions import require_trainable
from artificial_genomes.models.temperature import draw_alleles, score_at_temperatures
from artificial_genomes.models.training import TrainingData, TrainingRun, train_epochs

_HALF_LOG_2_PI = 0.9189385332046727

AIS_CHAINS, AIS_TEMPERATURES = 200, 1000
"""Annealed importance sampling of `Model.log_likelihood`: chains, and steps from independent sites to the machine."""

OFFSET_RATE = 0.05
"""Share by which the running mean of the hidden units moves to that of a batch."""

FAR_BELOW = -6.0
"""Activation below which rectified units are computed by an expansion, as their probability is below 1e-9."""

FREQUENCY_CLIP = 1e-8
"""Least distance of a frequency from 0 and 1 where the visible biases are `clipped`, as in the authors' code."""


@dataclass
class Model:
    """Weights (n_sites, n_hidden), biases (n_sites,) and (n_hidden,), and the start of chains, all float32.

    `start` (n_starts, n_sites) holds the probabilities of ALT that a chain starts from; chain i takes row i % n_starts.
    AGs whose chains start from the same row of alleles are siblings: they depend on each other (`sibling_distance`).
    Rectified units are 0 where the activation is below `relu_cutoff`, unless that is None; likelihoods are those of the
    machine without it. The alleles of an AG are drawn with the log-odds of the last sweep / `temperature`, shape ();
    see `models.temperature`.

    A machine with label units has `label_names` (n_labels, 2) str, population (empty where the label is the
    superpopulation) and superpopulation; `label_weights` (n_labels, n_hidden) and `label_shares` (n_labels,) float32.
    """

    hidden: str
    sweeps: int
    weights: np.ndarray
    visible_bias: np.ndarray
    hidden_bias: np.ndarray
    start: np.ndarray
    temperature: np.ndarray
    label_names: np.ndarray | None = None
    label_weights: np.ndarray | None = None
    label_shares: np.ndarray | None = None
    relu_cutoff: float | None = None

    @classmethod
    def from_arrays(cls, settings: dict, arrays: dict[str, np.ndarray]) -> Self:
        """Build the machine from `arrays`."""
        return cls(settings["hidden"], settings["sampling_sweeps"], relu_cutoff=settings["relu_cutoff"], **arrays)

    def arrays(self) -> dict[str, np.ndarray]:
        """Return weights, biases, the start of chains, the temperature and what belongs to the labels."""
        labels = {name: getattr(self, name) for name in ("label_names", "label_weights", "label_shares")}
        return {name: value for name, value in labels.items() if value is not None} | {
            "weights": self.weights,
            "visible_bias": self.visible_bias,
            "hidden_bias": self.hidden_bias,
            "start": self.start,
            "temperature": self.temperature,
        }

    def hidden_means(self, alleles: np.ndarray) -> np.ndarray:
        """Return the mean of every hidden unit given haplotypes (n, n_sites): (n, n_hidden) float32."""
        activation = self._activation(alleles)
        if self.hidden == "sigmoid":
            return expit(activation)
        # Mean of a normal truncated at 0: activation + density / probability, in logarithms for the far tail.
        return self._cut(activation + np.exp(-0.5 * activation**2 - _HALF_LOG_2_PI - log_ndtr(activation)), activation)

    def allot_labels(self, n: int, seed: Seed) -> np.ndarray:
        """Return the label of each of `n` AGs of a machine with labels, as many of each as its share says: (n,) int64.

        Rows 2i and 2i + 1, which will be one artificial person, have the same label; people come in random order.
        """
        n_people = -(-n // 2)
        upto = np.rint(np.cumsum(self.label_shares, dtype=np.float64) * n_people / self.label_shares.sum()).astype(int)
        labels = np.repeat(np.arange(len(upto)), np.diff(upto, prepend=0))
        return np.repeat(stream(seed, "labels of AGs").permutation(labels), 2)[:n]

    def sample(self, n: int, seed: Seed, labels: np.ndarray | None = None) -> np.ndarray:
        """Return `n` artificial haplotypes, each the end of its own Gibbs chain: (n, n_sites) uint8.

        Parameters
        ----------
        labels : (n,) int64, optional
            The label of each, of a machine with labels; without, those of `allot_labels`.
        """
        return draw_alleles(self.sample_log_odds(n, seed, labels=labels), self.temperature, seed)

    def sample_log_odds(
        self, n: int, seed: Seed, context: np.ndarray | None = None, labels: np.ndarray | None = None
    ) -> np.ndarray:
        """Return the log-odds of ALT at the last sweep of `n` chains: (n, n_sites) float32.

        Throughout a chain the first sites hold the alleles of `context` (n, n_context) uint8, where it is given, and
        the label units its label.
        """
        if self.label_names is not None and labels is None:
            labels = self.allot_labels(n, seed)
        known = slice(0 if context is None else context.shape[1])
        sweeps = self._sweeps(n, stream(seed, "rbm chains"), labels, known, context)
        return next(islice(sweeps, self.sweeps - 1, None))[1]

    def continue_haplotypes(self, context: np.ndarray, seed: Seed) -> np.ndarray:
        """Return haplotypes (n, n_sites) uint8 that begin with `context` (n, n_context) uint8, by clamped chains."""
        n, n_given = context.shape
        log_odds = self.sample_log_odds(n, seed, context)
        return np.concatenate([context, draw_alleles(log_odds, self.temperature, seed)[:, n_given:]], axis=1)

    def sibling_distance(self, seed: Seed, pairs: int = 100) -> float:
        """Return the mean distance of AGs whose chains start from the same alleles, relative to that of others.

        1 means that AGs do not remember where their chains started; AGs from fewer starts than AGs are then as good as
        independent.

        Parameters
        ----------
        pairs
            Starts, each for two AGs, at most.
        """
        starts = self.start[:pairs]
        ags = replace(self, start=starts).sample(2 * len(starts), seed).astype(np.int8)
        first, second = ags[: len(starts)], ags[len(starts) :]
        across = np.abs(first - np.roll(second, 1, axis=0)).mean()
        return float(np.abs(first - second).mean() / across) if across else 1.0

    def chain(self, n: int, sweeps: int, seed: Seed) -> Iterator[np.ndarray]:
        """Yield the alleles of `n` chains, (n, n_sites) uint8, at their start and after each of so many sweeps."""
        labels = self.allot_labels(n, seed) if self.label_names is not None else None
        for alleles, _ in islice(self._sweeps(n, stream(seed, "rbm chains step by step"), labels), sweeps + 1):
            yield alleles.astype(np.uint8)

    def _sweeps(
        self,
        n: int,
        rng: np.random.Generator,
        labels: np.ndarray | None = None,
        known: slice | np.ndarray = slice(0),
        given: np.ndarray | None = None,
        first: int = 0,
    ) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yield the alleles of `n` chains before each sweep, and the log-odds of ALT that the sweep ends with.

        Both are (n, n_sites) float32. Sites `known` keep the alleles `given`; chains start from row `first` of `start`.
        """
        start = self.start[(np.arange(n) + first) % len(self.start)]
        visible = (rng.random(start.shape, np.float32) < start).astype(np.float32)
        while True:
            if given is not None:
                visible[:, known] = given
            hidden = self._draw_hidden(self._activation(visible, labels), rng)
            log_odds = hidden @ self.weights.T + self.visible_bias
            yield visible, log_odds
            visible = _draw_alleles(log_odds, rng)

    def mean_field_step(self, magnetisation: np.ndarray) -> np.ndarray:
        """Return the probabilities of ALT that follow from others, (n, n_sites) float32, in mean-field approximation.

        Sigmoid machines: the equations of Thouless, Anderson and Palmer to second order in the weights (Tramel et al.
        2018, doi 10.1103/PhysRevX.8.041006), which take account of the answer of each unit to itself. ReLU machines:
        the naive equations.
        """
        if self.hidden == "relu":
            return expit(self.hidden_means(magnetisation) @ self.weights.T + self.visible_bias)
        squares = self.weights**2
        visible_variance = magnetisation * (1 - magnetisation)
        activation = self._activation(magnetisation)
        hidden = expit(activation)
        hidden = expit(activation - (hidden - 0.5) * (visible_variance @ squares))
        inputs = hidden @ self.weights.T + self.visible_bias
        return expit(inputs - (magnetisation - 0.5) * ((hidden * (1 - hidden)) @ squares.T))

    def complete(self, alleles: np.ndarray, known: np.ndarray, chains: int, seed: Seed) -> np.ndarray:
        """Return the probability of ALT at every site of haplotypes of which some sites are known.

        Gibbs chains at temperature 1 keep the known alleles and draw the others, for as many sweeps as an AG has, since
        the machine is trained for chains of that length. Probabilities are means over chains and over the second half
        of their sweeps.

        Parameters
        ----------
        alleles : (n, n_sites) uint8
            What they hold at sites that are not known plays no part.
        known : (n_sites,) bool
        chains
            Chains a haplotype.

        Returns
        -------
        (n, n_sites) float64
            Known sites have their alleles.
        """
        rng = stream(seed, "rbm completion")
        total = np.zeros(alleles.shape)
        warm_up = self.sweeps // 2
        for chain in range(chains):
            sweeps = self._sweeps(len(alleles), rng, known=known, given=alleles[:, known], first=chain)
            for _, log_odds in islice(sweeps, warm_up, self.sweeps):
                total += expit(log_odds)
        total /= chains * (self.sweeps - warm_up)
        total[:, known] = alleles[:, known]
        return total

    def free_energy(self, alleles: np.ndarray) -> np.ndarray:
        """Return the free energy of haplotypes (n, n_sites), minus the log of their unnormalised probability: (n,)."""
        return -(alleles @ self.visible_bias + self._log_hidden_sum(self._activation(alleles)))

    def pseudo_log_likelihood(self, alleles: np.ndarray, seed: Seed, sites: int = 50) -> float:
        """Return an estimate of the sum over sites of log p(allele | all other alleles), mean over haplotypes.

        Parameters
        ----------
        alleles : (n, n_sites) uint8
        sites
            Random sites, with replacement, from which the sum over all sites is estimated.
        """
        energy = self.free_energy(alleles)
        total = 0.0
        for site in stream(seed, "rbm pseudo-likelihood").integers(alleles.shape[1], size=sites):
            flipped = alleles.copy()
            flipped[:, site] ^= 1
            total -= np.logaddexp(0, energy - self.free_energy(flipped)).mean()
        return float(total / sites * alleles.shape[1])

    def reconstruction_error(self, alleles: np.ndarray) -> float:
        """Return the mean distance of alleles (n, n_sites) from their probabilities given their hidden means."""
        probability = expit(self.hidden_means(alleles) @ self.weights.T + self.visible_bias)
        return float(np.abs(alleles - probability).mean())

    def log_likelihood(
        self, alleles: np.ndarray, seed: Seed = 0, chains: int = AIS_CHAINS, temperatures: int = AIS_TEMPERATURES
    ) -> np.ndarray:
        """Return the log-likelihood of haplotypes (n, n_sites), in nats: (n,) float64.

        The partition function is estimated by annealed importance sampling (Salakhutdinov and Murray 2008). Where
        chains miss modes, the estimate of its logarithm tends to be low, that of the likelihood to be high.
        """
        log_partition, _ = self.log_partition(seed, chains, temperatures)
        return -self.free_energy(alleles).astype(np.float64) - log_partition

    def log_partition(
        self, seed: Seed = 0, chains: int = AIS_CHAINS, temperatures: int = AIS_TEMPERATURES
    ) -> tuple[float, float]:
        """Return the logarithm of the partition function by annealed importance sampling, and its standard error.

        The chains go from independent sites with the mean of `start` to this machine, whose visible units' input and
        hidden units' activation are scaled from 0 to 1 in equal steps.
        """
        rng = stream(seed, "rbm partition function")
        frequency = np.clip(self.start.mean(axis=0, dtype=np.float64), 1e-4, 1 - 1e-4)
        base = np.log(frequency / (1 - frequency)).astype(np.float32)
        visible = (rng.random((chains, len(base)), np.float32) < frequency).astype(np.float32)
        log_weight = np.zeros(chains)
        betas = np.linspace(0, 1, temperatures + 1, dtype=np.float32)
        for before, beta in pairwise(betas):
            activation, bias_gap = self._activation(visible), visible @ (self.visible_bias - base)
            log_weight += (beta - before) * bias_gap
            log_weight += self._log_hidden_sum(beta * activation) - self._log_hidden_sum(before * activation)
            hidden = self._draw_hidden(beta * activation, rng)
            inputs = hidden @ self.weights.T + self.visible_bias
            visible = _draw_alleles((1 - beta) * base + beta * inputs, rng)
        n_hidden = self.weights.shape[1]
        start = np.logaddexp(0, base.astype(np.float64)).sum()
        start += n_hidden * float(self._log_hidden_sum(np.zeros((1, 1), np.float32))[0])
        weights = np.exp(log_weight - log_weight.max())
        error = weights.std() / weights.mean() / np.sqrt(chains)
        return float(start + logsumexp(log_weight) - np.log(chains)), float(error)

    def _activation(self, alleles: np.ndarray, labels: np.ndarray | None = None) -> np.ndarray:
        activation = alleles.astype(np.float32, copy=False) @ self.weights + self.hidden_bias
        if self.label_weights is None:
            return activation
        return activation + (self.label_shares @ self.label_weights if labels is None else self.label_weights[labels])

    def _draw_hidden(self, activation: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        uniform = rng.random(activation.shape, np.float32)
        if self.hidden == "sigmoid":
            return (uniform < expit(activation)).astype(np.float32)
        # Inverse of the truncated normal's distribution function, by its upper tail.
        drawn = np.maximum(activation - ndtri_exp(np.log1p(-uniform) + log_ndtr(activation)), 0)
        return self._cut(drawn, activation).astype(np.float32)

    def _cut(self, hidden: np.ndarray, activation: np.ndarray) -> np.ndarray:
        """Return rectified units, 0 where the activation is below the cut-off."""
        return hidden if self.relu_cutoff is None else np.where(activation < self.relu_cutoff, 0, hidden)

    def _log_hidden_sum(self, activation: np.ndarray) -> np.ndarray:
        """Return the log of the sum (sigmoid) or integral (relu) over all hidden states: (n,) float64."""
        if self.hidden == "sigmoid":
            return np.logaddexp(0, activation).sum(axis=1, dtype=np.float64)
        return (0.5 * activation**2 + _HALF_LOG_2_PI + log_ndtr(activation)).sum(axis=1, dtype=np.float64)


def _draw_alleles(inputs: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw alleles, 1 with the probability expit(inputs): (n, n_sites) float32."""
    return (rng.random(inputs.shape, np.float32) < expit(inputs)).astype(np.float32)


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
        # Label units, where there are any, are the last visible ones.
        connected = np.concatenate([connected, np.ones((n_labels, n_hidden), bool)])
        weights = variable(rng.normal(0, settings["initial_weight_sd"], (n_visible, n_hidden)) * connected)
        biased = smoothed
        if settings["initial_bias"] == "clipped":
            biased = np.clip(frequencies, FREQUENCY_CLIP, 1 - FREQUENCY_CLIP)
        visible_bias = variable(np.concatenate([np.log(biased / (1 - biased)), np.zeros(n_labels)]))
        hidden_bias = variable(np.zeros(n_hidden))
        # Running mean of the hidden units: an offset of the centered gradient, as the frequencies are.
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
        # 1 for the haplotypes of a batch; the last batch may have fewer, and is filled up with others that weigh 0.
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
            # Haplotypes of the batch: a number less than its size only in the last one.
            n_batch = tf.reduce_sum(weight)
            visible_gap = tf.reduce_sum(batch * weight, 0) / n_batch - tf.reduce_mean(visible, 0)
            hidden_mean = tf.reduce_sum(hidden_data * weight, 0) / n_batch
            hidden_gap = hidden_mean - tf.reduce_mean(hidden_model, 0)
            positive = tf.matmul((batch - visible_offset) * weight, hidden_data - hidden_offset, transpose_a=True)
            negative = tf.matmul(visible - visible_offset, hidden_model - hidden_offset, transpose_a=True)
            # Of the likelihood, less that of the penalty.
            gradient = mask * (positive / n_batch - negative / n_chains) - settings["l1"] * tf.sign(weights)
            done = tf.cast(step, tf.float32)
            rate = settings["learning_rate"]
            if settings["learning_rate_decay"]:
                # The rate falls linearly, from its full value, to nothing, over the last `decay` share of the training.
                rate *= tf.minimum(1.0, (1 - done / total_steps) / settings["learning_rate_decay"])
            weights.assign_add(rate * gradient)
            visible_bias.assign_add(rate * (visible_gap - tf.linalg.matvec(gradient, hidden_offset)))
            hidden_bias.assign_add(rate * (hidden_gap - tf.linalg.matvec(gradient, visible_offset, transpose_a=True)))
            if centered:
                hidden_offset.assign_add(OFFSET_RATE * (hidden_mean - hidden_offset))
            # At the start the average is over few updates, not over the first weights.
            kept = tf.minimum(float(settings["weight_average"]), (1 + done) / (10 + done))
            for average, value in zip(averages, trained, strict=True):
                average.assign_add((1 - kept) * (value - average))
            # Alleles drawn from weights that are no numbers are still 0 or 1.
            return tf.reduce_mean(tf.abs(visible_gap[:n_sites])) + 0 * tf.reduce_sum(weights)

        # One compiled call for many epochs. A loop over tf.range would make XLA compile anew for all of its bounds.
        @tf.function(jit_compile=True)
        def run_epochs(first: tf.Tensor, last: tf.Tensor) -> tf.Tensor:
            gap = tf.zeros(())
            epoch = first
            while epoch < last:
                order = tf.argsort(_keys(tf, training_noise, n_train, -1, epoch))
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
        """Take over weights, biases, offset, chains and averages."""
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


def label_units(data: TrainingData, labels: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return what the label units stand for and hold, for labels `population`, `superpopulation` or `none`.

    Returns
    -------
    names : (n_labels, 2) str
        Population (empty where the label is the superpopulation) and superpopulation, in alphabetical order.
    shares : (n_labels,) float64
        Of the training people.
    one_hot : (n_train, n_labels) float64
        The label of every training haplotype.

    Raises
    ------
    UserError
        The training people have no such labels.
    """
    if labels == "none":
        return np.empty((0, 2), str), np.empty(0), np.empty((len(data.train), 0))
    if data.people is None or (data.people[labels] == "").any():
        raise UserError(f"the RBM's labels are {labels}, which not all training people have. Write labels: none.")
    of_people = data.people[["population", "superpopulation"]].to_numpy(str)
    if labels == "superpopulation":
        of_people[:, 0] = ""
    names, label = np.unique(of_people, axis=0, return_inverse=True)
    one_hot = np.eye(len(names))[np.repeat(label, 2)]
    return names, one_hot.mean(axis=0), one_hot


def connections(n_sites: int, n_hidden: int, n_local: int, n_local_sites: int) -> np.ndarray:
    """Return which sites each hidden unit is connected to: (n_sites, n_hidden) bool.

    The last `n_local` units see only `n_local_sites` sites that follow each other, with their windows evenly spread.
    """
    width = min(n_local_sites, n_sites)
    first = np.zeros(n_hidden, np.int64)
    first[n_hidden - n_local :] = np.linspace(0, n_sites - width, n_local).round()
    last = np.where(np.arange(n_hidden) < n_hidden - n_local, n_sites, first + width)
    site = np.arange(n_sites)[:, None]
    return (site >= first) & (site < last)


def rectified_means(tf, activation):
    """Return the means of normals of unit variance around `activation`, truncated at 0: float32 of the same shape."""
    near = tf.maximum(activation, FAR_BELOW)
    mean = near + tf.exp(-0.5 * near**2) / np.sqrt(2 * np.pi) / (0.5 * tf.math.erfc(-near / np.sqrt(2)))
    # Further below, where the quotient underflows in the end, by the first terms of its expansion.
    far = tf.minimum(activation, FAR_BELOW)
    return tf.where(activation < FAR_BELOW, -(1 - 2 / far**2 + 10 / far**4) / far, mean)


def draw_rectified(tf, activation, noise):
    """Return draws from normals of unit variance around `activation`, truncated at 0: float32 of the same shape.

    Parameters
    ----------
    noise
        float32 in [0, 1), of the same shape.
    """
    left = 1 - noise
    # Inverse of the distribution function, by its upper tail.
    near = tf.maximum(activation, FAR_BELOW)
    drawn = near + _normal_quantile_of_upper_tail(tf, left * 0.5 * tf.math.erfc(-near / np.sqrt(2)))
    # Further below, the tail of the normal is its density over the distance, to first order.
    far = tf.minimum(activation, FAR_BELOW)
    double = -2 * tf.math.log(left)
    double -= tf.math.log1p(double / far**2)
    drawn = tf.where(activation < FAR_BELOW, double / (tf.sqrt(far**2 + double) - far), drawn)
    return tf.maximum(drawn, 0.0)


def _normal_quantile_of_upper_tail(tf, p):
    """Return the number that a standard normal exceeds with probability `p`, float32 in (0, 1].

    Acklam's rational approximations, whose relative error is 1e-9. `tf.math.ndtri`, compiled, is infinite for p below
    3e-8, which draws of rectified units reach within an epoch.
    """
    a = (-3.969683028665376e01, 2.209460984245205e02, -2.759285104469687e02,
         1.383577518672690e02, -3.066479806614716e01, 2.506628277459239e00)  # fmt: skip
    b = (-5.447609879822406e01, 1.615858368580409e02, -1.556989798598866e02,
         6.680131188771972e01, -1.328068155288572e01, 1.0)  # fmt: skip
    c = (-7.784894002430293e-03, -3.223964580411365e-01, -2.400758277161838e00,
         -2.549732539343734e00, 4.374664141464968e00, 2.938163982698783e00)  # fmt: skip
    d = (7.784695709041462e-03, 3.224671290700398e-01, 2.445134137142996e00, 3.754408661907416e00, 1.0)

    def polynomial(coefficients, x):
        return functools.reduce(lambda value, coefficient: value * x + coefficient, coefficients)

    centre = 0.5 - p
    square = centre**2
    central = centre * polynomial(a, square) / polynomial(b, square)
    far = tf.sqrt(-2 * tf.math.log(tf.clip_by_value(tf.minimum(p, 1 - p), 1e-37, 0.5)))
    tail = -polynomial(c, far) / polynomial(d, far)
    return tf.where(tf.abs(centre) < 0.5 - 0.02425, central, tf.where(centre > 0, tail, -tail))


def _keys(tf, stream, n: int, *counters):
    """Return (n,) random uint32, the same for the same stream and counters."""
    for counter in counters:
        stream = tf.random.fold_in(stream, counter, alg="philox")
    return tf.random.stateless_uniform((n,), stream, minval=None, maxval=None, dtype=tf.uint32, alg="philox")


def uniform_numbers(tf, stream, n_rows: int, n_columns: int, *counters):
    """Return (n_rows, n_columns) float32 in [0, 1), a hash of one random key per row and one per column.

    Random number generation would take half of the training time with TensorFlow's own generators.
    """
    key = _keys(tf, stream, n_rows + n_columns, *counters)
    bits = _hash(tf, tf.bitwise.bitwise_xor(key[:n_rows, None], key[None, n_rows:]))
    # 24 bits, as many as a float32 below 1 has.
    return tf.cast(tf.bitcast(tf.bitwise.right_shift(bits, 8), tf.int32), tf.float32) * 2.0**-24


def _hash(tf, bits):
    """Return well mixed uint32 bits: the hash `lowbias32` (Wellons 2018) with the constants of its better form."""

    def fold(x, shift):
        return tf.bitwise.bitwise_xor(x, tf.bitwise.right_shift(x, tf.constant(shift, tf.uint32)))

    bits = fold(bits, 16) * tf.constant(0x21F0AAAD, tf.uint32)
    bits = fold(bits, 15) * tf.constant(0x735A2D97, tf.uint32)
    return fold(bits, 15)


def monitors(model: Model, data: TrainingData, seed: Seed) -> dict[str, float]:
    """Return what tells how a machine trains, on validation haplotypes.

    The largest singular value of the weights and how many count (the participation ratio of their squares), the
    pseudo-log-likelihood and the AIS estimate of the log-likelihood in nats per haplotype, the reconstruction error per
    allele, and, where chains start from alleles, the distance of siblings. A machine with labels has no likelihood of
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
