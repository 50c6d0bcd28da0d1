"""A hidden Chow-Liu tree of a public panel that is adapted to individuals with differential privacy.

The tree, its states and their transitions are those of the public panel. The unit of privacy is the individual, as in
`private_tree`, and the individuals are used in three steps, whose sums are clipped and released with noise:

1. States: the probability of each state at some sites, given an individual's haplotypes. The tree is tilted, so that
   its states there are as frequent as among the individuals: of all such models it is the closest to the panel's.
2. Emissions: alleles minus what the states of the haplotypes lead one to expect, at every site.
3. Frequencies: alleles minus their frequency in the tree, at every site.

What is released is trusted as far as it differs from the tree by more than its noise. Individuals like those of the
panel therefore change it little, and others as much as their number allows.
"""

import logging
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from scipy.special import expit, logit

from artificial_genomes.models.accountant import Accountant
from artificial_genomes.models.clipping import released_sum
from artificial_genomes.models.hclt_model import EMISSION_MIN, Model
from artificial_genomes.models.training import TrainingData, TrainingRun

log = logging.getLogger(__name__)

SHARES = {"states": 0.3, "emissions": 0.3, "frequencies": 0.4}
"""Share of the budget of each step. Chosen, as all constants here, on the validation individuals of the 805 SNPs."""

STATE_SITES = 100
"""Number of sites at which states are counted: evenly among all sites."""

TILT_ITERATIONS = 60
"""Largest number of iterations that look for the tilt."""

SHIFT_ITERATIONS = 40
"""Number of Newton steps that look for the shift of a site's emissions, each of at most 1 in log-odds."""


def state_shares(model: Model) -> np.ndarray:
    """Return the probability of every state of every site: (n_sites, n_states) float64."""
    shares = np.empty(model.emissions.shape)
    for site in model.tree.order:
        above = shares[model.parents[site]] if model.parents[site] >= 0 else np.eye(1, model.n_states)[0]
        shares[site] = above @ model.transitions[site]
    return shares


def reduced(model: Model, sites: np.ndarray) -> tuple[Model, np.ndarray]:
    """Return a model of few sites with the same probabilities of the states at `sites`, and where `sites` are in it.

    What remains beside `sites` are the sites at which paths between them meet, and the root.
    """
    order, parents = model.tree.order, model.parents.tolist()
    wanted, branches = np.isin(np.arange(len(parents)), sites), np.zeros(len(parents), int)
    for site in reversed(order[1:]):
        branches[parents[site]] += wanted[site] or branches[site] > 0
    kept = wanted | (branches > 1)
    kept[order[0]] = True
    number = np.cumsum(kept) - 1
    new_parents, new_transitions = np.full(kept.sum(), -1), np.empty((kept.sum(), *model.transitions.shape[1:]))
    # By site that leads to a kept one: the last kept site above it, and its transitions from there.
    above = {}
    for site in order:
        if not (kept[site] or branches[site]):
            continue
        start, transitions = parents[site], model.transitions[site].astype(np.float64)
        if start >= 0 and not kept[start]:
            start, before = above[start]
            transitions = before @ transitions
        above[site] = start, transitions
        if kept[site]:
            new_transitions[number[site]] = transitions
            new_parents[number[site]] = number[start] if start >= 0 else -1
    return Model(new_parents, new_transitions, model.emissions[kept]), number[sites]


def tilted(model: Model, sites: np.ndarray, tilt: np.ndarray) -> tuple[Model, float]:
    """Return the model whose probabilities are those of `model` times a factor for the states at some sites.

    Parameters
    ----------
    model
        Its tree and emissions stay.
    sites : (n_chosen,) int
        Each once.
    tilt : (n_chosen, n_states) float64
        Natural logarithm of the factor of each state.

    Returns
    -------
    model
        The tilted model.
    float
        Natural logarithm of the sum of all probabilities before they are scaled to add up to 1.
    """
    # By site, the logarithm of the sum over the states below it, given its state.
    below = np.zeros(model.emissions.shape)
    below[sites] = tilt
    transitions, total = np.empty_like(model.transitions), 0.0
    for site in reversed(model.tree.order):
        largest = below[site].max()
        products = model.transitions[site] * np.exp(below[site] - largest)
        sums = np.maximum(products.sum(axis=1), np.finfo(np.float64).tiny)
        transitions[site] = products / sums[:, None]
        message = np.log(sums) + largest
        if model.parents[site] >= 0:
            below[model.parents[site]] += message
        else:
            total = float(message[0])
    return replace(model, transitions=transitions), total


def tilted_towards(model: Model, sites: np.ndarray, shares: np.ndarray, doubt: float) -> Model:
    """Return the tilted model whose states at some sites have about the given shares.

    Parameters
    ----------
    model
        Before.
    sites : (n_chosen,) int
        Each once.
    shares : (n_chosen, n_states)
        What the shares of the states are measured to be: they add up to 1 at every site, but noise may have made some
        negative.
    doubt
        The relative entropy to `model`, plus half of the squared distance to `shares` divided by `doubt`, is the
        smallest possible. 0 for the shares themselves.
    """
    from scipy.optimize import minimize  # slow, and not needed by programs that train no tree

    small, places = reduced(model, sites)

    def objective(flat: np.ndarray) -> tuple[float, np.ndarray]:
        tilt = flat.reshape(shares.shape)
        present, total = tilted(small, places, tilt)
        value = total - (tilt * shares).sum() + doubt * (tilt**2).sum() / 2
        return value, (state_shares(present)[places] - shares + doubt * tilt).ravel()

    options = {"maxiter": TILT_ITERATIONS}
    found = minimize(objective, np.zeros(shares.size), jac=True, method="L-BFGS-B", options=options)
    return tilted(model, sites, found.x.reshape(shares.shape))[0]


def allele_frequencies(model: Model) -> np.ndarray:
    """Return the frequency of ALT at every site: (n_sites,) float64."""
    return (state_shares(model) * model.emissions).sum(axis=1)


def with_frequencies(model: Model, frequencies: np.ndarray) -> Model:
    """Return the model with other allele frequencies (n_sites,): the log-odds of a site's emissions move by the same.

    Frequencies that only emissions nearer to 0 or 1 than `EMISSION_MIN` would give are not quite reached.
    """
    shares, log_odds = state_shares(model), logit(model.emissions.astype(np.float64))
    shift = np.zeros((len(frequencies), 1))
    for _ in range(SHIFT_ITERATIONS):
        emissions = expit(log_odds + shift)
        missing = frequencies - (shares * emissions).sum(axis=1)
        slope = (shares * emissions * (1 - emissions)).sum(axis=1)
        shift[:, 0] += np.clip(missing / np.maximum(slope, 1e-6), -1, 1)
    emissions = np.clip(expit(log_odds + shift), EMISSION_MIN, 1 - EMISSION_MIN)
    return replace(model, emissions=emissions.astype(np.float32))


def excess_variance(differences: np.ndarray, variance: float) -> float:
    """Return by how much the mean square of `differences` exceeds the variance of their noise; 0 if it does not."""
    return max(0.0, float((differences**2).mean()) - variance)


class Adapter:
    """The three steps.

    Parameters
    ----------
    model
        Of the public panel.
    train : (n, n_sites) uint8
        Haplotypes of the individuals; rows 2i and 2i + 1 belong to one.
    accountant
        Pays for every release.
    """

    def __init__(self, model: Model, train: np.ndarray, accountant: Accountant) -> None:
        self._model, self._train, self._n, self._accountant = model, train, len(train), accountant

    def adapted(self) -> Model:
        """Return the adapted tree."""
        self._adapt_states()
        residuals = self._residual_variance()
        self._adapt_frequencies("emissions", residuals, lambda alleles: alleles - self._model.expected_alleles(alleles))
        frequencies = allele_frequencies(self._model)
        variance = float((frequencies * (1 - frequencies)).sum())
        expected = frequencies.astype(np.float32)
        self._adapt_frequencies("frequencies", variance, lambda alleles: alleles - expected)
        return self._model

    def _adapt_states(self) -> None:
        n, n_sites = self._n, self._train.shape[1]
        sites = np.unique(np.linspace(0, n_sites - 1, STATE_SITES + 2)[1:-1].round().astype(int))
        counts, sd = released_sum(
            self._accountant,
            lambda alleles: self._model.states_given(alleles, sites),
            self._train,
            n // 2,
            2 * len(sites),
            SHARES["states"],
        )
        before, variance = state_shares(self._model)[sites], (sd / n) ** 2
        # Clipping takes from the sum over states, and noise changes it.
        shares = counts / n + (1 - counts.sum(axis=1, keepdims=True) / n) / self._model.n_states
        excess = excess_variance(shares - before, variance)
        log.info("states: shares differ from the panel's by %.3g (sd), with noise of %.3g", excess**0.5, sd / n)
        if excess:
            self._model = tilted_towards(self._model, sites, shares, variance * before.mean() / excess)

    def _residual_variance(self) -> float:
        """Return the variance of alleles within states, summed over the sites."""
        emissions = self._model.emissions
        return float((state_shares(self._model) * emissions * (1 - emissions)).sum())

    def _adapt_frequencies(self, step: str, variance: float, differences: Callable[[np.ndarray], np.ndarray]) -> None:
        """Move the frequencies by the mean `differences` of haplotypes (n, n_sites), of this variance each."""
        n = self._n
        total, sd = released_sum(self._accountant, differences, self._train, n // 2, 2 * variance, SHARES[step])
        noise, frequencies = (sd / n) ** 2, allele_frequencies(self._model)
        excess = excess_variance(total / n, noise)
        log.info("%s: frequencies differ by %.3g (sd), with noise of %.3g", step, excess**0.5, sd / n)
        if not excess:
            return
        # A frequency near 0 or 1 has little room to differ.
        room = frequencies * (1 - frequencies)
        signal = excess * room / room.mean()
        moved = frequencies + signal / (signal + noise) * total / n
        lowest, highest = np.minimum(frequencies, 0.5 / n), np.maximum(frequencies, 1 - 0.5 / n)
        self._model = with_frequencies(self._model, np.clip(moved, lowest, highest))


def fit(panel: Model, data: TrainingData, settings: dict, run: TrainingRun) -> Model:
    """Adapt the tree of a public panel to `data.train` within the budget of `settings["differential_privacy"]`."""
    privacy = settings["differential_privacy"]
    accountant = Accountant(privacy["epsilon"], privacy["delta"], privacy["noise"], run.seed)
    model = Adapter(panel, data.train, accountant).adapted()
    accountant.log_spent()
    return model
