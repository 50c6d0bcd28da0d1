"""The restricted Boltzmann machine itself: its units, Gibbs chains and likelihoods, in NumPy."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice, pairwise
from typing import Self

import numpy as np
from scipy.special import expit, log_ndtr, logsumexp, ndtri_exp

from artificial_genomes.core.random_streams import stream
from artificial_genomes.models import Seed
from artificial_genomes.models.labels import allotted_labels
from artificial_genomes.models.temperature import draw_alleles

_HALF_LOG_2_PI = 0.9189385332046727

AIS_CHAINS, AIS_TEMPERATURES = 200, 1000
"""Annealed importance sampling of `Model.log_likelihood`: numbers of chains, and of steps from independent sites to
the machine."""


@dataclass
class Model:
    """Weights (n_sites, n_hidden), biases (n_sites,) and (n_hidden,), and the start of chains, all float32.

    `start` (n_starts, n_sites) contains the ALT probabilities from which a chain starts; chain i uses row i % n_starts.
    AGs whose chains start from the same row of alleles are siblings: they depend on each other (`sibling_distance`).
    Rectified units are 0 if the activation is below `relu_cutoff`, unless that is None; likelihoods ignore the cutoff.
    The alleles of an AG are drawn with the log-odds of the last sweep / `temperature`, shape (); see
    `models.temperature`.

    A machine with label units has `label_names` (n_labels, 2) str, population (empty if the label is the
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
        """Return weights, biases, the start of chains, the temperature and the arrays of the labels."""
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
        """Return the label of each of `n` AGs of a machine with labels, (n,) int64; see `labels.allotted_labels`."""
        return allotted_labels(self.label_shares, n, seed)

    def sample(self, n: int, seed: Seed, labels: np.ndarray | None = None) -> np.ndarray:
        """Return `n` artificial haplotypes, each the end of its own Gibbs chain: (n, n_sites) uint8.

        Parameters
        ----------
        labels : (n,) int64, optional
            Label of each AG of a machine with labels; by default, those of `allot_labels`.
        """
        return draw_alleles(self.sample_log_odds(n, seed, labels=labels), self.temperature, seed)

    def sample_log_odds(
        self, n: int, seed: Seed, context: np.ndarray | None = None, labels: np.ndarray | None = None
    ) -> np.ndarray:
        """Return the log-odds of ALT at the last sweep of `n` chains: (n, n_sites) float32.

        Throughout a chain, the first sites keep the alleles of `context` (n, n_context) uint8, if given, and the label
        units keep its label.
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

        1 means that AGs do not depend on where their chains started, so AGs that share a start are practically
        independent.

        Parameters
        ----------
        pairs
            Maximum number of starts, each for two AGs.
        """
        starts = self.start[:pairs]
        ags = replace(self, start=starts).sample(2 * len(starts), seed).astype(np.int8)
        first, second = ags[: len(starts)], ags[len(starts) :]
        across = np.abs(first - np.roll(second, 1, axis=0)).mean()
        return float(np.abs(first - second).mean() / across) if across else 1.0

    def chain(self, n: int, sweeps: int, seed: Seed) -> Iterator[np.ndarray]:
        """Yield the alleles of `n` chains, (n, n_sites) uint8, at their start and after each of `sweeps` sweeps."""
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

        Both are (n, n_sites) float32. Sites `known` keep the alleles `given`; the first chain starts from row `first`
        of `start`.
        """
        start = self.start[(np.arange(n) + first) % len(self.start)]
        visible = (rng.random(start.shape, np.float32) < start).astype(np.float32)
        while True:
            if given is not None:
                visible[:, known] = given
            hidden = self._draw_hidden(self._activation(visible, labels), rng)
            log_odds = hidden @ self.weights.T + self.visible_bias
            yield visible, log_odds
            visible = _draw_ones(log_odds, rng)

    def mean_field_step(self, magnetisation: np.ndarray) -> np.ndarray:
        """Return updated probabilities of ALT, (n, n_sites) float32, in the mean-field approximation.

        Sigmoid machines: the equations of Thouless, Anderson and Palmer to second order in the weights (Tramel et al.
        2018, doi 10.1103/PhysRevX.8.041006), which correct for the feedback of each unit on itself. ReLU machines:
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
        """Return the probability of ALT at every site of haplotypes, given some of their sites.

        Gibbs chains at temperature 1 keep the known alleles and draw the others, for as many sweeps as for an AG, since
        the machine is trained for chains of this length. Probabilities are means over chains and over the second half
        of their sweeps.

        Parameters
        ----------
        alleles : (n, n_sites) uint8
            Alleles at unknown sites are ignored.
        known : (n_sites,) bool
        chains
            Number of chains per haplotype.

        Returns
        -------
        (n, n_sites) float64
            Known sites keep their alleles.
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
        """Return the free energy of haplotypes (n, n_sites), minus the log of their unnormalized probability: (n,)."""
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

        The partition function is estimated by annealed importance sampling (Salakhutdinov and Murray 2008). If chains
        miss modes, the estimate of its logarithm tends to be too low, and that of the likelihood too high.
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
            visible = _draw_ones((1 - beta) * base + beta * inputs, rng)
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
        if self.hidden == "sigmoid":
            return _draw_ones(activation, rng)
        uniform = rng.random(activation.shape, np.float32)
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


def _draw_ones(log_odds: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw 1 with the probability expit(log_odds), float32, and else 0: float32 of the same shape."""
    # A random number below 1 / (1 + exp(-log_odds)): NumPy's exp takes an eighth of the time of SciPy's expit.
    with np.errstate(over="ignore", invalid="ignore"):
        odds = np.exp(-log_odds)
        odds += 1
        odds *= rng.random(log_odds.shape, np.float32)
    return (odds < 1).astype(np.float32)
