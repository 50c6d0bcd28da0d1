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
    "rbm": Kind("RBM", "#d55e00", is_neural=True, has_labels=True),
    "wgan": Kind("WGAN", "#56b4e9", is_neural=True, has_discriminator=True),
    "hclt": Kind("HCLT", "#332288", has_labels=True, predicts=True),
    "li_stephens": Kind("Li-Stephens", "#999933", is_baseline=True),
    "reshape": Kind("RESHAPE", "#a50026", is_baseline=True),
    "coalescent": Kind("Coalescent", "#44aa99", has_own_sites=True, is_baseline=True),
    "markov": Kind("Markov", "#cc79a7", is_baseline=True),
    "bernoulli": Kind("Bernoulli", "#009e73", is_baseline=True),
    # A user's model may be trained by TensorFlow.
    CUSTOM: Kind("Custom", "#a6761d", is_neural=True),
}

NEURAL = tuple(name for name, kind in KINDS.items() if kind.is_neural)
OWN_SITES = tuple(name for name, kind in KINDS.items() if kind.has_own_sites)
DISCRIMINATORS = tuple(name for name, kind in KINDS.items() if kind.has_discriminator)
LABELED = tuple(name for name, kind in KINDS.items() if kind.has_labels)
PREDICTING = tuple(name for name, kind in KINDS.items() if kind.predicts)
BASELINES = tuple(name for name, kind in KINDS.items() if kind.is_baseline)
