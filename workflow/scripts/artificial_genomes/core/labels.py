"""What figures, tables and the report call models, controls, imputation panels and features of haplotypes."""

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

    `real+gan` is `Real + GAN`; a variant that is named after its kind is so here too: `gan_early` is `GAN early`.
    """
    return " + ".join(_part(part) for part in name.split("+"))


def _part(name: str) -> str:
    variant = _VARIANT.fullmatch(name)
    if name in LABELS or not variant:
        return LABELS.get(name, name)
    kind, words, number = variant.groups()
    return f"{LABELS[kind]} {(words or number).replace('_', ' ')}"


class Feature(NamedTuple):
    """What populations are told apart by.

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
    """Return what features are called: those of `FEATURES`, or the last hidden layer of the discriminator `name`."""
    discriminator = f"{label(name)} discriminator"
    return FEATURES.get(name, Feature(discriminator, f"the last hidden layer of the {discriminator}"))
