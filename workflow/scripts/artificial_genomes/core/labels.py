"""Display names of models, controls, imputation panels and features of haplotypes in figures, tables and the report."""

import re
from typing import NamedTuple

from artificial_genomes.core.kinds import KINDS

LABELS = {
    **{name: kind.label for name, kind in KINDS.items()},
    "gan_authors": "GAN, released",
    "rbm_authors": "RBM, released",
    "real_half": "Real half",
    "real_train": "Training individuals",
    "real": "Real",
    "ceiling": "Ceiling",
    "floor": "Floor",
}


_VARIANT = re.compile(rf"({'|'.join(KINDS)})(?:_([a-z0-9_]+)|(\d+))")


def label(name: str) -> str:
    """Return the display name of a model, a control or an imputation panel.

    `real+gan` becomes `Real + GAN`, and a variant named after its kind, `gan_early`, becomes `GAN early`.
    """
    return " + ".join(_part(part) for part in name.split("+"))


def _part(name: str) -> str:
    variant = _VARIANT.fullmatch(name)
    if name in LABELS or not variant:
        return LABELS.get(name, name)
    kind, words, number = variant.groups()
    return f"{LABELS[kind]} {(words or number).replace('_', ' ')}"


class Feature(NamedTuple):
    """Features from which populations are predicted.

    Attributes
    ----------
    label
        In figures.
    text
        Within a sentence.
    """

    label: str
    text: str


FEATURES = {
    "latent": Feature("Hidden means", "hidden means"),
    "pca": Feature("PCA, same dimension", "as many principal axes as there are hidden units"),
    "pca10": Feature("PCA, ten axes", "ten principal axes"),
    "snps": Feature("All SNPs", "the alleles themselves"),
}
"""Features of haplotypes that supervised tasks compare, by their name in metrics."""


def feature(name: str) -> Feature:
    """Return the display names of features: an entry of `FEATURES`, or the discriminator of the model `name`."""
    discriminator = f"{label(name)} discriminator"
    return FEATURES.get(name, Feature(discriminator, f"the last hidden layer of the {discriminator}"))
