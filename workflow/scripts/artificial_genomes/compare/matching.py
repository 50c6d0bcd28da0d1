"""Which haplotypes are compared: equally many of every kind, and the two controls.

Every comparison is of n haplotypes with n haplotypes, since distances to nearest neighbours, r2 and frequencies all
depend on n. Two controls are compared by the same code with other haplotypes in the place of the AGs:

- the *ceiling*: other real people, as good as AGs can be;
- the *floor*: haplotypes whose sites are drawn one by one from the allele frequencies of the training people.
"""

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from artificial_genomes.core.errors import UserError
from artificial_genomes.core.haplotypes import Haplotypes, load_haplotypes
from artificial_genomes.core.metric_table import EVERYBODY
from artificial_genomes.core.random_streams import stream
from artificial_genomes.core.same_sites import check_same_sites
from artificial_genomes.core.splits import load_split
from artificial_genomes.core.store import shape_of_store

log = logging.getLogger(__name__)

MIN_PEOPLE = 5

LABELLED_SHARE = 0.2
"""Share of the people that says how haplotypes of a population look, where there is no split."""


@dataclass(frozen=True)
class MatchedPeople:
    """People of the references, equally many, and those that are left for the ceiling.

    All are positions of people in the dataset.

    Attributes
    ----------
    references : dict of (n_people,) int64
        By name: test and train, or all.
    labelled : dict of (n_labelled,) int64
        By name of the reference: other people, by whose labels haplotypes are assigned to populations.
    spare : (n_spare,) int64
        People that models may have learnt from and that are in no reference; at least n_people.
    train : (n_train,) int64
        All people that models may have learnt from.
    known : (n_known,) int64
        Those and the validation people, whose haplotypes may not be among the AGs either.
    unseen : (n_unseen,) int64
        All people that no model has seen; nobody where there is no split.
    """

    references: dict[str, np.ndarray]
    labelled: dict[str, np.ndarray]
    spare: np.ndarray
    train: np.ndarray
    known: np.ndarray
    unseen: np.ndarray

    @property
    def n_people(self) -> int:
        """Number of people in every reference."""
        return len(next(iter(self.references.values())))


@dataclass(frozen=True)
class Candidate:
    """Haplotypes in the place of the AGs.

    Attributes
    ----------
    alleles : (n_all, n_sites) uint8
        All of them; privacy is judged by all.
    compared : (n,) int64
        Rows of those that are compared with as many real haplotypes.
    seen : (n_seen,) int64
        Positions of the people whose copies count as copies.
    own : (n_own,) int64
        Positions of the people whose haplotypes these are; nobody for AGs.
    names : (n_all / 2,) str, optional
        Names of artificial people, where they are not AG00001 onwards: of a draw of a larger set.
    drawn_share : float
        Share of the set of AGs that these are a draw of.
    """

    alleles: np.ndarray
    compared: np.ndarray
    seen: np.ndarray
    own: np.ndarray = field(default_factory=lambda: np.array([], np.int64))
    names: Sequence[str] | None = None
    drawn_share: float = 1


def match_people(split: np.ndarray, seed: int, n_people_max: int | None = None) -> MatchedPeople:
    """Choose equally many people for every reference, such that as many stay spare for the ceiling.

    There are as many as test people, or half the train people where those are fewer than two times the test people.
    Without a split (everybody is `all`) a fifth of the people give labels, and the others are halved.

    Parameters
    ----------
    split : (n_people,) str
        train, validation, test or public; or all and public.
    seed : int
        The draw is the same for every AG set of a dataset.
    n_people_max : int, optional
        No more than this: the number of AG people, where a set is small.

    Raises
    ------
    UserError
        Fewer than 5 people are left on a side.
    """
    rng = stream(seed, "matched people")
    # Real people stand sorted by population: any part of them has to be a random one.
    if (split == EVERYBODY).any():
        everybody = rng.permutation(np.flatnonzero(split == EVERYBODY))
        labelled, others = np.split(everybody, [int(LABELLED_SHARE * len(everybody))])
        n_people = _at_most(len(others) // 2, n_people_max)
        if n_people < MIN_PEOPLE:
            raise UserError(
                f"{len(everybody)} people and {n_people_max} artificial people are too few to compare without a split: "
                f"at least {3 * MIN_PEOPLE} and {MIN_PEOPLE} are needed. Widen the people filter of the dataset, or "
                "bring more artificial genomes."
            )
        return MatchedPeople(
            {EVERYBODY: np.sort(others[:n_people])},
            {EVERYBODY: np.sort(labelled)},
            np.sort(others[n_people:]),
            np.sort(everybody),
            np.sort(everybody),
            np.array([], np.int64),
        )
    test, train = (rng.permutation(np.flatnonzero(split == name)) for name in ("test", "train"))
    n_people = people_compared(len(train), len(test), n_people_max)
    references = {"test": np.sort(test[:n_people]), "train": np.sort(train[:n_people])}
    return MatchedPeople(
        references,
        {"test": references["train"], "train": references["test"]},
        np.sort(train[n_people:]),
        np.sort(train),
        np.flatnonzero(np.isin(split, ["train", "validation"])),
        np.sort(test),
    )


def load_compared(
    store: str | Path, split: str | Path, individuals_max: int | None, seed: int
) -> tuple[Haplotypes, np.ndarray]:
    """Read the people of a dataset that are compared and attacked (see `draw_real`), and their parts of the split.

    Raises
    ------
    UserError
        A file is damaged, or the split is not that of the dataset.
    """
    parts = load_split(split, shape_of_store(store)[1] // 2)
    drawn = draw_real(parts, individuals_max, seed)
    if len(drawn) == len(parts):
        return load_haplotypes(store), parts
    n_own = int((parts != "public").sum())
    log.info("%s: %d of %d individuals are read, a random draw", store, len(drawn), n_own)
    return replace(load_haplotypes(store, people=drawn), drawn_from=n_own), parts[drawn]


def draw_real(split: np.ndarray, individuals_max: int | None, seed: int) -> np.ndarray:
    """Draw the people of a dataset that are compared and attacked: positions, ascending, (n,) int64.

    Everybody, unless more than `individuals_max` belong to the dataset. Then a random draw of these, with every part of
    the split in its share, and no public ones.
    """
    own = np.flatnonzero(split != "public")
    if individuals_max is None or len(own) <= individuals_max:
        return np.arange(len(split))
    rng = stream(seed, "drawn people")
    parts = [own[split[own] == part] for part in np.unique(split[own])]
    return np.sort(
        np.concatenate([rng.permutation(part)[: round(individuals_max * len(part) / len(own))] for part in parts])
    )


def _at_most(n: int, n_max: int | None) -> int:
    return n if n_max is None else min(n, n_max)


def people_compared(n_train: int, n_test: int, n_artificial: int | None = None) -> int:
    """Return how many people every reference has.

    Parameters
    ----------
    n_train, n_test
        People of the split.
    n_artificial
        Artificial people; None where there are as many as real ones.

    Raises
    ------
    UserError
        Fewer than 5 people are left on a side.
    """
    n_people = _at_most(min(n_test, n_train // 2), n_artificial)
    if n_people < MIN_PEOPLE:
        there_are, needed = f"{n_train} train, {n_test} test", f"{2 * MIN_PEOPLE} train, {MIN_PEOPLE} test"
        if n_artificial is not None:
            there_are, needed = f"{there_are}, {n_artificial} artificial", f"{needed}, {MIN_PEOPLE} artificial"
        raise UserError(
            f"{there_are} individuals are too few to compare: at least {needed} are needed. Widen the people filter of "
            "the dataset, or change split."
        )
    return n_people


def draw_artificial(alleles: np.ndarray, n_people: int, seed: int) -> np.ndarray:
    """Draw `n_people` of the artificial people of a set; returns the rows of their haplotypes: (2 * n_people,) int64.

    AGs that somebody else made may stand sorted by population, so that the first ones would be a poor choice. The draw
    depends on the AGs too: whoever makes them cannot know which ones will be looked at.

    Parameters
    ----------
    alleles : (n, n_sites) uint8
        The whole set; rows 2i and 2i + 1 are a person.
    """
    content = int.from_bytes(hashlib.sha256(np.packbits(alleles)).digest()[:8], "little")
    rng = stream(seed, "compared AGs", content)
    return haplotypes_of(np.sort(rng.choice(len(alleles) // 2, n_people, replace=False)))


def model_candidate(real: Haplotypes, people: MatchedPeople, genomes: Haplotypes, seed: int) -> Candidate:
    """Return the AGs of a model, to be compared with the people of `real`; `seed` draws those that are compared.

    Raises
    ------
    UserError
        The sites of the AGs are not those of the dataset.
    """
    check_same_sites(genomes.sites, real.sites, "the set of artificial genomes")
    compared = draw_artificial(genomes.alleles, people.n_people, seed)
    share = len(genomes.people) / (genomes.drawn_from or len(genomes.people))
    return Candidate(
        genomes.alleles, compared, people.known, names=genomes.people["sample"].tolist(), drawn_share=share
    )


def ceiling_candidate(
    real: Haplotypes, people: MatchedPeople, seed: int, control_seed: int, n_people: int | None = None
) -> Candidate:
    """Draw people that no reference holds to stand in for AGs.

    Parameters
    ----------
    n_people
        As many people as a set of AGs has, by default as many as a reference. As many as a reference are left out where
        there are that many, since the audit needs others to calibrate its attack.
    """
    rng = stream(seed, "ceiling people", control_seed)
    at_most = max(people.n_people, len(people.spare) - people.n_people)
    drawn = rng.permutation(people.spare)[: min(n_people or people.n_people, at_most)]
    alleles = real.take_people(drawn).alleles
    return Candidate(alleles, _first(people, alleles), np.setdiff1d(people.known, drawn), np.sort(drawn))


def floor_candidate(
    real: Haplotypes, people: MatchedPeople, seed: int, control_seed: int, n_people: int | None = None
) -> Candidate:
    """Draw haplotypes with independent sites from the allele frequencies of all train people.

    Parameters
    ----------
    n_people
        As many people as a set of AGs has, by default as many as a reference.
    """
    rng = stream(seed, "floor haplotypes", control_seed)
    frequencies = real.take_people(people.train).allele_frequencies()
    shape = (2 * (n_people or people.n_people), real.n_sites)
    alleles = (rng.random(shape, dtype=np.float32) < frequencies).astype(np.uint8)
    return Candidate(alleles, _first(people, alleles), people.known)


def _first(people: MatchedPeople, alleles: np.ndarray) -> np.ndarray:
    """Return the rows of the haplotypes that are compared: the first ones, in random order already."""
    return np.arange(min(2 * people.n_people, len(alleles)))


def population_labels(real: Haplotypes, own: np.ndarray) -> np.ndarray | None:
    """Return the label of every haplotype: its superpopulation, or its population where all are of one superpopulation.

    Parameters
    ----------
    own : (n_own,) int64
        Positions of the people that the dataset is about.

    Returns
    -------
    (n_haplotypes,) object, or None where all of them are of one population, or not all have a label.
    """
    for column in ("superpopulation", "population"):
        labels = real.people[column].iloc[own]
        if labels.nunique() > 1 and (labels != "").all():
            return real.haplotype_labels(column)
    return None


def haplotypes_of(people: np.ndarray) -> np.ndarray:
    """Return the rows of the haplotypes of some people: (2 * n_people,) int64."""
    return np.stack([2 * people, 2 * people + 1], axis=1).ravel()
