"""Density ratio: how much more probable AGs make a haplotype than other real haplotypes do (DOMIAS).

Van Breugel et al. (2023, arXiv 2302.12580) compare two densities, one learnt from synthetic data and one from other
real data. Here both are hidden Chow-Liu trees, whose likelihoods are exact, so that memory which is spread over many
AGs is found too: each of them is far from the training haplotype, and all together make it more probable.

Both trees start from one that has learnt from AGs and other real haplotypes together, and take a few steps each towards
their own. If they start apart, most of their difference is chance: on 805 SNPs and AGs of a tree of 16 states, their
ratio has an AUC of 0.68, where this one has 0.75.
"""

from functools import lru_cache

import numpy as np

from artificial_genomes.compare.attacks.evidence import Evidence
from artificial_genomes.core.random_streams import derived_seed, stream
from artificial_genomes.core.sites import evenly_spread
from artificial_genomes.models import hclt
from artificial_genomes.models.hclt_model import Patterns
from artificial_genomes.models.training import TrainingData, TrainingRun

STATES = 16
"""Hidden states per site of the trees."""

ITERATIONS, PATIENCE = 20, 2
"""Maximum number of iterations of the common tree, and those without progress on held-out haplotypes that end them."""

STEPS = 3
"""Iterations of each tree towards its own haplotypes."""

SITES_MAX = 2000
"""Maximum number of sites that the trees use, evenly spread: more cost time, and `segments` looks at all of them."""

HELD_OUT_SHARE = 0.1
"""Share of the haplotypes that says when the common tree has learnt enough."""

_SETTINGS = {
    "hidden_states": STATES,
    "initial_persistence": 0.9,
    "transition_pseudocount": 1.0,
    "emission_pseudocount": 1.0,
    "ancestry_groups": 1,
    "ancestry_change": 0.5,
}


def score(evidence: Evidence) -> np.ndarray:
    """Return the log-likelihood of every haplotype under the AGs' tree minus that under the others': (n,) float64."""
    # What is planted among AGs is few, so the common tree need not learn again.
    honest = evidence.honest or evidence
    ags, others = moved_tree(common_tree(honest), evidence.ags, evidence), others_tree(honest)
    asked = list(Patterns.in_parts(ags.tree, _thinned(evidence.asked), STATES))
    return ags.log_likelihood_of(asked) - others.log_likelihood_of(asked)


@lru_cache(maxsize=1)
def common_tree(evidence: Evidence) -> hclt.Model:
    """Return a tree that has learnt from AGs and others together until held-out ones stop becoming more probable."""
    known = _thinned(np.concatenate([evidence.ags, evidence.others]))
    order = stream(evidence.seed, "density attack, held out").permutation(len(known))
    held_out, learnt = np.split(order, [max(1, int(HELD_OUT_SHARE * len(order)))])
    learner = _learner(known[learnt], evidence)
    validation = list(Patterns.in_parts(learner.model().tree, known[held_out], STATES))
    best, best_likelihood, since_best = learner.model(), -np.inf, 0
    for iteration in range(ITERATIONS):
        learner.run_epochs(iteration, 1)
        likelihood = learner.model().log_likelihood_of(validation).mean()
        if likelihood > best_likelihood:
            best, best_likelihood, since_best = learner.model(), likelihood, 0
        elif (since_best := since_best + 1) == PATIENCE:
            break
    return best


@lru_cache(maxsize=1)
def others_tree(evidence: Evidence) -> hclt.Model:
    """Return the common tree moved towards others."""
    return moved_tree(common_tree(evidence), evidence.others, evidence)


def moved_tree(tree: hclt.Model, haplotypes: np.ndarray, evidence: Evidence) -> hclt.Model:
    """Return a tree after `STEPS` iterations on haplotypes (n, n_sites)."""
    learner = _learner(_thinned(haplotypes), evidence, tree)
    learner.run_epochs(0, STEPS)
    return learner.model()


def _thinned(haplotypes: np.ndarray) -> np.ndarray:
    return haplotypes[:, evenly_spread(haplotypes.shape[1], SITES_MAX)]


def _learner(haplotypes: np.ndarray, evidence: Evidence, start: hclt.Model | None = None) -> hclt.Learner:
    data = TrainingData(haplotypes, haplotypes[:1], evidence.sites)
    return hclt.Learner(data, _SETTINGS, TrainingRun(derived_seed(evidence.seed, "density attack, templates")), start)
