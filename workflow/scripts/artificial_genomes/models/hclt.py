"""A hidden Chow-Liu tree: a hidden state per site, on the tree that joins the sites with the most mutual information.

`hclt_model` has the tree, its probabilities and its draws. Here its parameters are learnt by expectation maximization,
whose expectations are exact (belief propagation). With differential privacy, `private_tree` learns another tree, or
`public_tree` adapts one that is learnt here from a public panel.
"""

import logging
from dataclasses import replace

import numpy as np

from artificial_genomes.core.random_streams import derived_seed, stream
from artificial_genomes.models import Seed, private_tree, public_tree
from artificial_genomes.models.ancestry import ancestry_groups, blocks_of_states, spread_over_states, with_groups
from artificial_genomes.models.chow_liu import chow_liu_tree
from artificial_genomes.models.hclt_model import EMISSION_MIN, TINY, Model, Patterns
from artificial_genomes.models.labels import label_units
from artificial_genomes.models.preconditions import require_panel, require_trainable
from artificial_genomes.models.training import TrainingData, TrainingRun, train_epochs, validation_score

log = logging.getLogger(__name__)

TEMPLATE_WEIGHT = 0.9
"""At the start an allele is that of its state's template with this probability, and else drawn from its frequency."""

VALIDATION_SHARE = 0.1
"""Share of a public panel's individuals that choose the epoch."""


class Learner:
    """A hidden Chow-Liu tree in training by expectation maximisation; see `training.Learner`.

    An epoch is one iteration: expectations over all training haplotypes, then the parameters that fit them best.
    At the start, every state is a template, a training haplotype drawn at random, of its group of ancestry where states
    belong to groups; or the tree is one that is given.
    """

    def __init__(self, data: TrainingData, settings: dict, run: TrainingRun, start: Model | None = None) -> None:
        train, n_states = data.train, settings["hidden_states"]
        self._settings = settings
        # Smoothed, so that no allele is impossible.
        self._frequencies = ((train.sum(axis=0) + 0.5) / (len(train) + 1)).astype(np.float32)
        groups = data.groups
        if groups is None:
            groups = ancestry_groups(train, settings["ancestry_groups"], run.seed)
        sizes = np.bincount(groups)
        self._blocks = blocks_of_states(n_states, len(sizes))
        # Where a state leads that forgets all but its ancestry: evenly everywhere, where there is one group.
        self._spread = spread_over_states(self._blocks, sizes / sizes.sum(), settings["ancestry_change"])
        self._model = start or self._templates(train, groups, run)
        # Held fixed in chunks, whose groups would otherwise drift apart.
        self._fixed_groups = data.groups is not None and self._model.state_groups is not None
        known = with_groups(train, groups[:, None]) if self._fixed_groups else train
        self._parts = list(Patterns.in_parts(self._model.tree, known, n_states))

    def _templates(self, train: np.ndarray, groups: np.ndarray, run: TrainingRun) -> Model:
        """Return the tree at the start of a training."""
        parents, n_states = chow_liu_tree(train), len(self._blocks)
        rng = stream(run.seed, "hclt templates")
        members = (np.flatnonzero(groups == group) for group in range(self._blocks[-1] + 1))
        numbers = np.bincount(self._blocks)
        chosen = [of[rng.choice(len(of), n, replace=len(of) < n)] for of, n in zip(members, numbers, strict=True)]
        templates = train[np.concatenate(chosen)].T
        emissions = TEMPLATE_WEIGHT * templates + (1 - TEMPLATE_WEIGHT) * self._frequencies[:, None]
        stay = self._settings["initial_persistence"]
        transitions = stay * np.eye(n_states) + (1 - stay) * self._spread
        # Unequal, so that no two states of the same template stay the same.
        transitions = (transitions * rng.uniform(0.9, 1.1, (len(parents), n_states, n_states))).astype(np.float32)
        transitions /= transitions.sum(axis=2, keepdims=True)
        root = parents.argmin()
        first_states = np.searchsorted(self._blocks, np.arange(len(numbers)))
        transitions[root] = np.bincount(groups) / len(groups) @ transitions[root][first_states]
        state_groups = self._blocks.astype(np.uint8) if self._blocks[-1] else None
        return Model(parents, transitions, emissions.astype(np.float32), state_groups=state_groups)

    def run_epochs(self, first: int, n: int) -> dict[str, float]:
        """Iterate `n` times; return minus the mean log-likelihood of the training haplotypes before the last time."""
        for _ in range(n):
            loss = self._iterate()
        return {"loss": loss}

    def _iterate(self) -> float:
        transitions, alleles, log_likelihoods = self._model.expected_counts(self._parts[0], self._fixed_groups)
        for patterns in self._parts[1:]:
            more_transitions, more_alleles, more_log_likelihoods = self._model.expected_counts(
                patterns, self._fixed_groups
            )
            transitions += more_transitions
            alleles += more_alleles
            log_likelihoods = np.concatenate([log_likelihoods, more_log_likelihoods])
        # A state that no haplotype has goes anywhere.
        pseudocounts = self._settings["transition_pseudocount"] * self._spread
        transitions += np.maximum(TINY, pseudocounts.astype(np.float32))
        transitions /= transitions.sum(axis=2, keepdims=True)
        pseudocount = max(TINY, np.float32(self._settings["emission_pseudocount"]))
        alt = alleles[:, 1] + pseudocount * self._frequencies[:, None]
        emissions = alt / (alleles.sum(axis=1) + pseudocount)
        emissions = np.clip(emissions, EMISSION_MIN, 1 - EMISSION_MIN)
        self._model = replace(self._model, transitions=transitions, emissions=emissions)
        return -float(log_likelihoods.mean())

    def state(self) -> dict[str, np.ndarray]:
        """Return the tree and the probabilities."""
        return self._model.arrays()

    def restore(self, state: dict[str, np.ndarray]) -> None:
        """Take over the probabilities."""
        self._model = Model(**state)

    def model(self) -> Model:
        """Return the present tree."""
        return self._model


def with_labels(model: Model, data: TrainingData, labels: str, pseudocount: float) -> Model:
    """Return a tree with labels, `superpopulation` or `population`, each with probabilities of its own.

    The probabilities of a label are those that its training haplotypes are expected to have under the tree of all
    haplotypes, together with `pseudocount` haplotypes per state that follow the probabilities of all.
    """
    names, shares, one_hot = label_units(data, labels)
    transitions = np.empty((len(names), *model.transitions.shape), np.float32)
    emissions = np.empty((len(names), *model.emissions.shape), np.float32)
    weight = max(TINY, np.float32(pseudocount))
    for label in range(len(names)):
        states = np.maximum(TINY, weight * model.transitions)
        alleles = weight * np.stack([1 - model.emissions, model.emissions], axis=1)
        for patterns in Patterns.in_parts(model.tree, data.train[one_hot[:, label] == 1], model.n_states):
            more_states, more_alleles, _ = model.expected_counts(patterns)
            states += more_states
            alleles += more_alleles
        transitions[label] = states / states.sum(axis=2, keepdims=True)
        emissions[label] = np.clip(alleles[:, 1] / alleles.sum(axis=1), EMISSION_MIN, 1 - EMISSION_MIN)
    return replace(
        model,
        label_names=names,
        label_shares=shares.astype(np.float32),
        label_transitions=transitions,
        label_emissions=emissions,
    )


def fit(data: TrainingData, settings: dict, run: TrainingRun) -> Model:
    """Train the tree and return that of the epoch with the largest likelihood of the validation haplotypes.

    The temperature is the one whose AGs have the best `training.validation_score`.
    """
    if settings.get("differential_privacy"):
        has_panel = data.public is not None and len(data.public) > 0
        require_trainable("hclt", settings, len(data.public) if has_panel else len(data.train), has_panel)
        if not has_panel:
            return private_tree.fit(data, settings, run)
        panel = fit(panel_data(data, run.seed), settings | {"differential_privacy": None}, run)
        return public_tree.fit(panel, data, settings, run)
    learner = Learner(data, settings, run)
    validation = list(Patterns.in_parts(learner.model().tree, data.validation, settings["hidden_states"]))

    def score(model: Model, seed: Seed) -> tuple[Model, dict[str, float]]:
        return model, {"score": -float(model.log_likelihood_of(validation).mean())}

    best = train_epochs(
        learner, data, run, settings["epochs"], settings["score_every"], settings["patience"], score=score
    )
    model, scores = Model.from_arrays(settings, best), []
    if settings["labels"] != "none":
        model = with_labels(model, data, settings["labels"], settings["label_pseudocount"])
    temperatures = settings["sampling_temperatures"]
    for temperature in temperatures if len(temperatures) > 1 else []:
        model.temperature = np.float32(temperature)
        scores.append(validation_score(data, model.sample, derived_seed(run.seed, "temperatures"))["score"])
        log.info("score of AGs at temperature %g: %.4g (0 = perfect)", temperature, scores[-1])
    model.temperature = np.float32(temperatures[int(np.argmin(scores))] if scores else temperatures[0])
    return model


def panel_data(data: TrainingData, seed: Seed) -> TrainingData:
    """Return the public panel as training data; `VALIDATION_SHARE` of its individuals, drawn at random, validate.

    Raises
    ------
    UserError
        See `preconditions.require_panel`.
    """
    pairs = data.public.reshape(-1, 2, data.n_sites)
    require_panel(len(pairs))
    order = stream(seed, "hclt panel").permutation(len(pairs))
    n = max(1, round(VALIDATION_SHARE * len(pairs)))
    validation, train = (pairs[np.sort(part)].reshape(-1, data.n_sites) for part in (order[:n], order[n:]))
    return TrainingData(train, validation, data.sites)
