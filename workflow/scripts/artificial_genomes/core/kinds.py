"""The kinds of models, and what other modules need to know about each; the model itself is in `models/KIND.py`."""

from typing import NamedTuple


class Kind(NamedTuple):
    """Properties of a kind of model.

    Attributes
    ----------
    label, color
        Its name and its color in figures, tables and the report.
    is_neural
        Whether TensorFlow trains it, which needs its own environment, memory and time.
    has_own_sites
        Whether its AGs have other sites than the dataset: no figures of sites, no scans, no panels.
    has_discriminator
        Whether its `Model` has `discriminator_features`.
    has_labels
        Whether its setting `labels` lets it make AGs of given populations.
    predicts
        Whether its `Model` has `predict`, so that it can impute without a reference panel.
    is_baseline
        Whether it is a baseline for the others: released only if named, never by default.
    """

    label: str
    color: str
    is_neural: bool = False
    has_own_sites: bool = False
    has_discriminator: bool = False
    has_labels: bool = False
    predicts: bool = False
    is_baseline: bool = False


CUSTOM = "custom"
"""The kind of models that are defined by a user's file."""

KINDS = {
    "gan": Kind("GAN", "#0072b2", is_neural=True, has_discriminator=True),
    "rbm": Kind("RBM", "#f76203", is_neural=True, has_labels=True),
    "wgan": Kind("WGAN", "#4b97e5", is_neural=True, has_discriminator=True),
    "hclt": Kind("HCLT", "#332288", has_labels=True, predicts=True),
    "li_stephens": Kind("Li-Stephens", "#78a049", is_baseline=True),
    "reshape": Kind("RESHAPE", "#f93a7d", is_baseline=True),
    "coalescent": Kind("Coalescent", "#08866d", has_own_sites=True, is_baseline=True),
    "markov": Kind("Markov", "#bb7ea7", is_baseline=True),
    "bernoulli": Kind("Bernoulli", "#00a483", is_baseline=True),
    # A user's model may be trained by TensorFlow.
    CUSTOM: Kind("Custom", "#8c3428", is_neural=True),
}

NEURAL = tuple(name for name, kind in KINDS.items() if kind.is_neural)
OWN_SITES = tuple(name for name, kind in KINDS.items() if kind.has_own_sites)
DISCRIMINATORS = tuple(name for name, kind in KINDS.items() if kind.has_discriminator)
LABELED = tuple(name for name, kind in KINDS.items() if kind.has_labels)
PREDICTING = tuple(name for name, kind in KINDS.items() if kind.predicts)
BASELINES = tuple(name for name, kind in KINDS.items() if kind.is_baseline)
