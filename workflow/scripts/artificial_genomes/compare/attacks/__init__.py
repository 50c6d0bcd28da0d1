"""Attacks on membership: was a haplotype among those that a model has learnt from?

Every attack is a function of a module, usually `score`. It is given what an attacker holds (`evidence`) and the
haplotypes that the attacker asks about, and returns one number for each of them: the larger, the more it speaks for
membership. No attack sees the model, nor which of the haplotypes are members. A new attack is such a module, an entry
here, and its function in `scores`.
"""

from typing import NamedTuple


class Attack(NamedTuple):
    """What there is to say of an attack.

    Attributes
    ----------
    looks
        What it looks at.
    knows
        What the attacker has to know beside the haplotypes asked about.
    """

    looks: str
    knows: str


_AGS, _ALIKE = "the AGs", "the AGs and haplotypes of other individuals of the same populations"

COMBINED = "combined"
"""The attack that has learnt from known members how to weigh all others."""

ATTACKS = {
    "nearest": Attack("the distance to the nearest AG", _AGS),
    "calibrated": Attack("that distance minus the distance to the nearest haplotype of other individuals", _ALIKE),
    "local": Attack("the density of AGs near the haplotype against that of other haplotypes", _ALIKE),
    "density": Attack("the probability under a tree of AGs against that under a tree of other haplotypes", _ALIKE),
    "segments": Attack("the lengths of segments shared with AGs against those shared with others", _ALIKE),
    "frequencies": Attack("alleles that are more frequent among AGs than among others", _ALIKE),
    "whitened": Attack("frequencies of alleles, without linkage and structure", _ALIKE),
    COMBINED: Attack(
        "the scores of all other attacks, weighted by logistic regression",
        f"{_ALIKE}, and which of four fifths of the individuals are members",
    ),
}
"""All attacks by name."""

PLANTED = {
    "copies": "whole copies",
    "errors": "copies with 2 % errors",
    "mosaic2": "mosaics of 2 haplotypes",
    "mosaic5": "mosaics of 5 haplotypes",
    "mosaic20": "mosaics of 20 haplotypes",
    "children": "possible children",
}
"""What is planted among AGs to measure the power of attacks, by name; `planting` makes it."""
