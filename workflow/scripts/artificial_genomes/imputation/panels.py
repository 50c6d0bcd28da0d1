"""Reference panels: the individuals and AGs that they contain."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from artificial_genomes.core.errors import UserError
from artificial_genomes.core.haplotypes import Haplotypes
from artificial_genomes.core.same_sites import check_same_sites

log = logging.getLogger(__name__)

PUBLIC, BIOBANK = "real", "biobank"
_SPLITS = {PUBLIC: "public", BIOBANK: "train"}


@dataclass(frozen=True)
class Part:
    """A part of a panel.

    Attributes
    ----------
    name
        "real" (the public individuals), "biobank" (the training individuals) or a model.
    n_ags
        Number of AGs of the model to use, the first ones; None uses all.
    """

    name: str
    n_ags: int | None = None


def parse_panel(panel: str, models: Sequence[str]) -> list[Part]:
    """Return the parts of a panel such as "real+rbm@100".

    Parameters
    ----------
    panel
        Parts joined by +: "real", "biobank" or a model, where @ and a number select the first AGs only.
    models
        Names of the available models.

    Raises
    ------
    UserError
        A part is unknown or comes twice, or its number of AGs is not an even number from 2.
    """
    parts = []
    known = [PUBLIC, BIOBANK, *models]
    for text in panel.split("+"):
        name, at, number = text.partition("@")
        if name not in known:
            raise UserError(
                f"panel {panel!r}: unknown part {name!r}. Parts are joined by +; known: {', '.join(known)}."
            )
        if at and name in _SPLITS:
            raise UserError(f"panel {panel!r} has a size for {name}, which is always used whole. Write {name} alone.")
        if at and not (number.isdecimal() and int(number) >= 2 and int(number) % 2 == 0):
            raise UserError(
                f"panel {panel!r}: {number!r} AGs of {name}, but an individual needs two. Write an even number."
            )
        parts.append(Part(name, int(number) if at else None))
    if len({part.name for part in parts}) < len(parts):
        raise UserError(f"panel {panel!r} lists a part twice. List each part once.")
    return parts


def require_enough(part: Part, n_ags: int) -> None:
    """Raise a `UserError` if a part needs more AGs than its model generates."""
    if part.n_ags is not None and part.n_ags > n_ags:
        raise UserError(
            f"the panel needs {part.n_ags} AGs of {part.name}, but there are only {n_ags}. Write at most that number."
        )


def build_panel(
    parts: Sequence[Part], haplotypes: Haplotypes, split: np.ndarray, genomes: dict[str, Haplotypes]
) -> Haplotypes:
    """Return a reference panel.

    Parameters
    ----------
    parts
        From `parse_panel`.
    haplotypes
        All real individuals of the dataset.
    split : (n_people,) str
        Their split. Panels never contain test or validation individuals.
    genomes
        AGs by model. Sample names are prefixed with the model's name, so that those of two models differ.

    Raises
    ------
    UserError
        A part is empty, AGs have other sites than the dataset, or there are fewer of them than requested.
    """
    groups = []
    for part in parts:
        if part.name in _SPLITS:
            group = haplotypes.take_people(split == _SPLITS[part.name])
        else:
            group = _artificial(part, genomes[part.name], haplotypes.sites)
        if len(group.people) == 0:
            raise UserError(f"part {part.name!r} of the panel is empty. Set `public: true` for the data set.")
        log.info("panel: %d individuals from %s", len(group.people), part.name)
        groups.append(group)
    return Haplotypes(
        np.concatenate([group.alleles for group in groups]),
        haplotypes.sites,
        pd.concat([group.people for group in groups], ignore_index=True),
    )


def _artificial(part: Part, genomes: Haplotypes, sites: pd.DataFrame) -> Haplotypes:
    """Return the AGs of a part, as individuals of the panel."""
    check_same_sites(genomes.sites, sites, f"the set of artificial genomes of {part.name}")
    if part.n_ags is not None:
        require_enough(part, genomes.n_haplotypes)
        genomes = genomes.take_people(range(part.n_ags // 2))
    return Haplotypes(genomes.alleles, sites, genomes.people.assign(sample=f"{part.name}_" + genomes.people["sample"]))
