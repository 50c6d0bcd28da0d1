"""A hidden Chow-Liu tree that is learnt with differential privacy.

The model is a mixture of Chow-Liu trees: a haplotype belongs to one of several classes, within which sites are
independent except along the edges of one tree, which all classes share. It is written as a model of `hclt_model`, whose
hidden state of a site is the class together with the allele, so sampling, likelihoods and conditional draws need
nothing new. One class is a plain Chow-Liu tree.

The unit of privacy is the individual with its two haplotypes. Neighbouring data sets differ in one individual, whose
contribution to every sum is replaced by 0; the number of individuals is public (Ponomareva et al. 2023, "zero-out").
The data are used in five steps only, and each passes through `Accountant.release`:

1. Frequencies: alleles minus 1/2, summed.
2. Coarse classes: expectation maximisation. Every iteration releases the summed weights of the classes and, by class,
   the summed differences between the alleles and the present frequencies. `low_rank` removes noise from the result.
3. Frequencies again: the summed differences between the alleles and what the classes expect.
4. Classes: the same as step 2 for more classes, whose frequencies lie in the few dimensions that step 2 has found, so
   that few numbers are released.
5. Edges: products of the differences at two sites, summed, for candidate pairs of sites: those close to each other.

In steps 2 to 5 the contribution of an individual is clipped, that is, scaled down to a largest L2 norm. That norm is a
multiple of the one that the model released so far expects; which multiple, the numbers of individuals with norms in
certain ranges tell, which are released first. All else works on what has been released and costs nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.special import softmax

from artificial_genomes.core.random_streams import stream
from artificial_genomes.models.accountant import Accountant
from artificial_genomes.models.chow_liu import maximum_spanning_tree, rooted
from artificial_genomes.models.clipping import clipped_sum, released_sum
from artificial_genomes.models.hclt_model import EMISSION_MIN, Model
from artificial_genomes.models.training import TrainingData, TrainingRun

SHARES = {"start": 0.04, "coarse": 0.81, "frequencies": 0.05, "classes": 0.05, "edges": 0.05}
"""Share of the budget (rho) of each step. Chosen, as all constants here, on 1000 Genomes and simulated data."""

PLAIN_SHARES = {"start": 0.1, "frequencies": 0.4, "edges": 0.5}
"""Share of the budget of each step for a plain tree."""

LAST_SHARE = 0.7
"""Share of the coarse classes' budget that the last iteration has; the others share the rest equally."""

CLASS_ITERATIONS = 4
"""Iterations of step 4."""

COARSE_CLASSES_MIN = 4
"""Smallest number of coarse classes, unless there are fewer classes."""

CLASS_COST = 840
"""Number of haplotypes times `mu` that each coarse class needs."""

WEIGHT_SCALE = 0.3
"""The weight of a class counts in the norm of step 2 with this factor on the root of the variance of a haplotype."""

INITIAL_SPREAD = 0.3
"""Standard deviation of the classes at the start, in log-odds of the frequencies."""

CERTAIN = 2.5
"""A correlation counts if it is more than this number of standard deviations of its noise."""

CORRELATION_SD_MAX = 0.25
"""A correlation whose noise has a larger standard deviation does not count."""


@dataclass
class Classes:
    """A mixture of classes within which sites are independent.

    Attributes
    ----------
    weights : (n_classes,) float64
        Share of each class.
    frequencies : (n_classes, n_sites) float64
        Frequency of ALT; never 0 or 1.
    """

    weights: np.ndarray
    frequencies: np.ndarray

    def posterior(self, alleles: np.ndarray) -> np.ndarray:
        """Return the probability of every class given each of the haplotypes (n, n_sites): (n, n_classes)."""
        alt, ref = np.log(self.frequencies), np.log1p(-self.frequencies)
        likelihoods = alleles @ (alt - ref).T.astype(np.float32) + ref.sum(axis=1)
        return softmax(likelihoods + np.log(self.weights), axis=1)

    def variance(self) -> np.ndarray:
        """Return the variance of the allele by class and site."""
        return self.frequencies * (1 - self.frequencies)

    def haplotype_variance(self) -> float:
        """Return the variance summed over the sites, within the most diverse class that is not rare."""
        frequent = self.weights >= 0.5 / len(self.weights)
        return float(self.variance()[frequent].sum(axis=1).max())

    def differences(self, alleles: np.ndarray) -> np.ndarray:
        """Return alleles (n, n_sites) minus what the classes expect, given the posterior of each haplotype."""
        return alleles - self.posterior(alleles) @ self.frequencies


def coarse_squared_norms(classes: Classes, shares: np.ndarray, alleles: np.ndarray, scale: float) -> np.ndarray:
    """Return the squared norms of what individuals contribute to the coarse classes.

    A haplotype contributes the probability of each class times (`scale`, allele minus frequency at every site). These
    contributions are as large as the classes times the data, and are therefore never made: neither here nor in
    `coarse_sum`.

    Parameters
    ----------
    classes
        The coarse classes.
    shares : (n, n_classes)
        Their probabilities for each haplotype.
    alleles : (n, n_sites) float32
    scale
        Factor on the weights of classes.
    """
    means = classes.frequencies
    products = alleles @ means.T.astype(np.float32)
    squares = (means**2).sum(axis=1) + scale**2
    # Squared norms of the contributions of both haplotypes by class, and the product of the two.
    own = shares**2 * (alleles.sum(axis=1)[:, None] - 2 * products + squares)
    across = np.einsum("ij,ij->i", alleles[::2], alleles[1::2])[:, None] - products[::2] - products[1::2] + squares
    return (own[::2] + own[1::2] + 2 * shares[::2] * shares[1::2] * across).sum(axis=1)


def coarse_sum(
    classes: Classes, shares: np.ndarray, alleles: np.ndarray, scale: float, factors: np.ndarray
) -> np.ndarray:
    """Return the sum of the contributions to the coarse classes, each individual times its factor.

    Returns
    -------
    (n_classes, 1 + n_sites) float64
    """
    shares = shares * factors.repeat(2)[:, None]
    weights = shares.sum(axis=0)
    sums = shares.T.astype(np.float32) @ alleles - weights[:, None] * classes.frequencies
    return np.column_stack([scale * weights, sums])


def class_contributions(
    mean: np.ndarray, axes: np.ndarray, places: np.ndarray, classes: Classes, alleles: np.ndarray
) -> np.ndarray:
    """Return what haplotypes contribute to classes that lie at `places` of a space with few dimensions.

    Parameters
    ----------
    mean : (n_sites,)
        Frequencies at the origin of the space.
    axes : (n_axes, n_sites)
        Orthonormal.
    places : (n_classes, n_axes)
        Of the classes.
    classes
        With the frequencies at these places.
    alleles : (n, n_sites)

    Returns
    -------
    (n, n_classes, 1 + n_axes)
        The probability of each class times (1, place of the haplotype minus that of the class).
    """
    offsets = ((alleles - mean) @ axes.T)[:, None, :] - places
    return classes.posterior(alleles)[:, :, None] * np.concatenate([np.ones_like(offsets[:, :, :1]), offsets], axis=2)


def edge_contributions(classes: Classes, pairs: np.ndarray, alleles: np.ndarray) -> np.ndarray:
    """Return the products of the differences at both sites of each pair: (n, n_pairs) float32."""
    differences = classes.differences(alleles).astype(np.float32)
    return differences[:, pairs[:, 0]] * differences[:, pairs[:, 1]]


def low_rank(matrix: np.ndarray) -> np.ndarray:
    """Return a matrix of low rank with less noise.

    Parameters
    ----------
    matrix
        A matrix of low rank plus independent normal noise of standard deviation 1.

    Returns
    -------
    array
        Its singular values shrunk so that the expected squared error is smallest (Gavish and Donoho 2017).
    """
    left, values, right = np.linalg.svd(matrix, full_matrices=False)
    root, ratio = np.sqrt(max(matrix.shape)), min(matrix.shape) / max(matrix.shape)
    scaled = values / root
    inside = np.maximum((scaled**2 - ratio - 1) ** 2 - 4 * ratio, 0)
    kept = scaled > 1 + np.sqrt(ratio)
    return (left[:, kept] * (root * np.sqrt(inside[kept]) / scaled[kept])) @ right[kept]


def candidate_pairs(sites: pd.DataFrame, neighbours: int) -> np.ndarray:
    """Return all pairs of sites of one contig with at most `neighbours - 1` sites between them: (n_pairs, 2)."""
    contigs = sites["contig"].to_numpy()
    first = [np.flatnonzero(contigs[gap:] == contigs[:-gap]) for gap in range(1, min(neighbours, len(contigs) - 1) + 1)]
    return np.concatenate([np.column_stack([at, at + gap]) for gap, at in enumerate(first, start=1)])


class Learner:
    """The five steps.

    Parameters
    ----------
    data
        Only `train` and the places of the sites are used.
    settings
        Of the model.
    run
        Its seed draws what does not depend on the data.
    """

    def __init__(self, data: TrainingData, settings: dict, run: TrainingRun) -> None:
        privacy = settings["differential_privacy"]
        self.accountant = Accountant(privacy["epsilon"], privacy["delta"], privacy["noise"], run.seed)
        self._alleles = data.train.astype(np.float32)
        self._n, self._n_sites = self._alleles.shape
        self._sites = data.sites
        (self._temperature,) = settings["sampling_temperatures"]
        self._neighbours, self._iterations = privacy["neighbours"], settings["epochs"]
        self._n_classes = settings["hidden_states"] // 2
        self._shares = SHARES if self._n_classes > 1 else PLAIN_SHARES
        self._rng = stream(run.seed, "private tree templates")
        self._mean, self._mean_variance = np.full(self._n_sites, 0.5), np.inf

    def fit(self) -> Model:
        """Return the tree."""
        total, sd = self.accountant.release(
            (self._alleles - 0.5).sum(axis=0, dtype=np.float64), np.sqrt(self._n_sites), self._shares["start"]
        )
        self._learn_mean(0.5 + total / self._n, sd)
        start = self._possible(self._mean)
        classes = Classes(np.ones(1), start[None])
        axes = np.empty((0, self._n_sites))
        if self._n_classes > 1:
            classes, axes = self._coarse(self._initial(start))
        deviations = classes.frequencies - self._mean
        classes = self._frequencies(classes, deviations)
        if len(axes):
            classes = self._classes(classes, axes)
        edges, correlations = self._edges(classes)
        model = as_hclt(classes, edges, correlations)
        model.temperature = np.float32(self._temperature)
        return model

    def _released(self, contributions: Callable, expected: float, share: float) -> tuple[np.ndarray, float]:
        return released_sum(self.accountant, contributions, self._alleles, self._n // 2, expected, share)

    def _possible(self, frequencies: np.ndarray) -> np.ndarray:
        return np.clip(frequencies, 0.5 / self._n, 1 - 0.5 / self._n)

    def _learn_mean(self, measured: np.ndarray, sd: float) -> None:
        """Average frequencies over all haplotypes with those released before; `sd` is that of the sum's noise."""
        variance = (sd / self._n) ** 2
        gain = 1 / (1 + variance / self._mean_variance)
        self._mean = self._mean + gain * (measured - self._mean)
        self._mean_variance = gain * variance

    def _initial(self, mean: np.ndarray) -> Classes:
        """Return coarse classes to start from, drawn at random."""
        affordable = round(self._n * self.accountant.mu / CLASS_COST)
        n = min(max(affordable, COARSE_CLASSES_MIN), self._n_classes)
        spread = self._rng.normal(0, INITIAL_SPREAD, (n, self._n_sites))
        return Classes(np.full(n, 1 / n), _shifted(mean, spread))

    def _coarse(self, classes: Classes) -> tuple[Classes, np.ndarray]:
        """Return the coarse classes and the axes of the space in which they lie."""
        share, n_classes = self._shares["coarse"], len(classes.weights)
        earlier = share * (1 - LAST_SHARE) / max(self._iterations - 1, 1)
        variance = float((self._possible(self._mean) * (1 - self._possible(self._mean))).sum())
        for iteration in range(self._iterations):
            if iteration:
                variance = classes.haplotype_variance()
            scale = WEIGHT_SCALE * np.sqrt(variance)
            shares = classes.posterior(self._alleles)
            sums, sd = clipped_sum(
                self.accountant,
                coarse_squared_norms(classes, shares, self._alleles, scale),
                self._n // 2,
                2 * variance + 4 * scale**2,
                share * LAST_SHARE if iteration == self._iterations - 1 else earlier,
                partial(coarse_sum, classes, shares, self._alleles, scale),
            )
            counts = np.maximum(sums[:, 0] / scale, 0.002 * self._n)
            counts *= self._n / counts.sum()
            frequencies = classes.frequencies + sums[:, 1:] / counts[:, None]
            weights = counts / self._n
            mean = weights @ frequencies
            self._learn_mean(mean, np.sqrt(n_classes) * sd)
            # In units of the noise of each row.
            deviations = low_rank((frequencies - mean) * counts[:, None] / sd)
            frequencies = self._mean + deviations * sd / counts[:, None]
            classes = Classes(weights, self._possible(frequencies))
        _, values, axes = np.linalg.svd(deviations, full_matrices=False)
        axes = axes[values > 1e-6 * max(values[0], 1)]
        # Where nothing but noise tells the classes apart, there is one.
        return (classes if len(axes) else Classes(np.ones(1), self._possible(self._mean)[None])), axes

    def _frequencies(self, classes: Classes, deviations: np.ndarray) -> Classes:
        """Return the classes with better frequencies over all haplotypes."""
        total, sd = self._released(classes.differences, 2 * classes.haplotype_variance(), self._shares["frequencies"])
        self._learn_mean(self._mean + total / self._n, sd)
        return Classes(classes.weights, self._possible(self._mean + deviations))

    def _classes(self, coarse: Classes, axes: np.ndarray) -> Classes:
        """Return more classes, at places of the space of the coarse ones."""
        n = self._n_classes
        mean = self._possible(self._mean)
        # Haplotypes drawn from the coarse classes are where haplotypes may be.
        drawn = self._rng.choice(len(coarse.weights), n, p=coarse.weights / coarse.weights.sum())
        places = (self._rng.random((n, self._n_sites)) < coarse.frequencies[drawn]) @ axes.T - mean @ axes.T
        weights = np.full(n, 1 / n)
        # The variance of an allele is 1/4 at most, and so is that along an axis if sites are independent. Weights: 4.
        expected = 2 * len(axes) / 4 + 4
        for _ in range(CLASS_ITERATIONS):
            classes = Classes(weights, self._possible(mean + places @ axes))
            sums, sd = self._released(
                partial(class_contributions, mean, axes, places, classes),
                expected,
                self._shares["classes"] / CLASS_ITERATIONS,
            )
            counts = sums[:, 0]
            # A class of which nothing but noise is known stays where it is.
            moves = sums[:, 1:] / np.maximum(counts, 4 * sd)[:, None]
            places = places + np.where(counts[:, None] > 2 * sd, moves, 0)
            weights = np.maximum(counts, 0.25 * sd)
            weights /= weights.sum()
        weights = np.maximum(counts, 1e-9)
        weights /= weights.sum()
        # The frequencies over all classes stay those that are known best.
        places = places - weights @ places
        return Classes(weights, self._possible(mean + places @ axes))

    def _edges(self, classes: Classes) -> tuple[np.ndarray, np.ndarray]:
        """Return the edges of the tree and the correlation of the alleles of each within classes."""
        pairs = candidate_pairs(self._sites, self._neighbours)
        variance = classes.weights @ classes.variance()
        # What two haplotypes have if their sites are independent; with LD it is more.
        expected = 2 * float((variance[pairs[:, 0]] * variance[pairs[:, 1]]).sum())
        sums, sd = self._released(partial(edge_contributions, classes, pairs), expected, self._shares["edges"])
        deviation = np.sqrt(classes.variance())
        scale = np.zeros(len(pairs))
        for weight, row in zip(classes.weights, deviation, strict=True):
            scale += self._n * weight * row[pairs[:, 0]] * row[pairs[:, 1]]
        correlations = np.clip(sums / scale, -1, 1)
        correlations[(np.abs(sums) < CERTAIN * sd) | (sd / scale > CORRELATION_SD_MAX)] = 0
        values, places = correlations.astype(np.float32), (pairs[:, 0], pairs[:, 1])
        half = coo_array((values, places), (self._n_sites, self._n_sites))
        matrix = (half + half.T).tocsr()
        edges = maximum_spanning_tree(lambda site: matrix[[site]].toarray()[0] ** 2, self._n_sites)
        return edges, np.array([matrix[tuple(edge)] for edge in edges], np.float32)


def _shifted(frequencies: np.ndarray, log_odds: np.ndarray) -> np.ndarray:
    return 1 / (1 + (1 / frequencies - 1) * np.exp(-log_odds))


def as_hclt(classes: Classes, edges: np.ndarray, correlations: np.ndarray) -> Model:
    """Return a mixture of trees as a hidden Chow-Liu tree: state 2c + a of a site is allele a of class c.

    Parameters
    ----------
    classes
        Weights and frequencies.
    edges : (n_sites - 1, 2)
        Of the tree.
    correlations : (n_sites - 1,)
        Of the alleles at both ends of each edge within every class; brought nearer to 0 where the frequencies of a
        class do not allow it.
    """
    parents = rooted(edges)
    n_classes, n_sites = classes.frequencies.shape
    of_pair = {frozenset(pair): value for pair, value in zip(edges.tolist(), correlations.tolist(), strict=True)}
    transitions = np.zeros((n_sites, n_classes, 2, n_classes, 2), np.float32)
    each = np.arange(n_classes)
    for site, parent in enumerate(parents.tolist()):
        alt = classes.frequencies[:, site]
        if parent < 0:
            transitions[site] = classes.weights[:, None] * np.stack([1 - alt, alt], axis=1)
            continue
        above = classes.frequencies[:, parent]
        spread = np.sqrt(alt * (1 - alt) * above * (1 - above))
        both = alt * above + of_pair[frozenset((site, parent))] * spread
        both = np.clip(both, np.maximum(0, alt + above - 1), np.minimum(alt, above))
        for allele, given in enumerate([(alt - both) / (1 - above), both / above]):
            given = np.clip(given, 0, 1)
            transitions[site, each, allele, each, 0], transitions[site, each, allele, each, 1] = 1 - given, given
    transitions = transitions.reshape(n_sites, 2 * n_classes, 2 * n_classes)
    transitions /= transitions.sum(axis=2, keepdims=True)
    emissions = np.tile(np.array([EMISSION_MIN, 1 - EMISSION_MIN], np.float32), (n_sites, n_classes))
    return Model(parents, transitions, emissions)


def fit(data: TrainingData, settings: dict, run: TrainingRun) -> Model:
    """Train the tree within the budget of `settings["differential_privacy"]`; `run.progress` stays empty.

    Validation individuals are not looked at, and no number that describes the training is kept: it would have to be
    paid for.
    """
    learner = Learner(data, settings, run)
    model = learner.fit()
    learner.accountant.log_spent()
    return model
