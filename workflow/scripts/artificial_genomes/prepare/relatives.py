"""Relatives and duplicates among the individuals of a dataset, found by their genotypes.

Kinship is KING's robust coefficient (Manichaikul et al. 2010, doi 10.1093/bioinformatics/btq559), computed as by
`plink2 --make-king`: 0.5 for duplicates and identical twins, 0.25 for first-degree and 0.125 for second-degree
relatives, 0 or less for unrelated individuals. It needs sites from many parts of the genome. The cutoff is estimated
from the coefficients of the dataset itself: it rises until chance alone is unlikely to bring a single pair above it. If
not even duplicates would exceed it, individuals that share both haplotypes count as duplicates, provided that
haplotypes are diverse enough that hardly any two unrelated individuals are expected to share both.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from artificial_genomes.core.haplotypes import Haplotypes

KINSHIP_MIN = 0.0884
"""Lower limit of the kinship of second-degree relatives, the lowest cutoff that is used: KING's."""

KINSHIP_MAX = 0.45
"""The highest cutoff: duplicates have a kinship of 0.5, or slightly less if genotypes differ by errors."""

FIRST_DEGREE_CUTOFF = 0.2
"""The highest cutoff that finds most first-degree relatives, whose kinship is 0.25 on average."""

DUPLICATE_MIN = 0.354
"""Lower limit of the kinship of duplicates and identical twins: KING's."""

CHANCE_PAIRS_MAX = 0.05
"""Maximum number of pairs expected to share both haplotypes by chance for identity to show duplicates."""

SITES_MAX = 5_000
"""Maximum number of sites that kinship is computed from, evenly spaced; more add time and hardly any information."""

_REFERENCE_PEOPLE = 1000
_PAIRS_MIN = 500
_BLOCK = 1000
_UPPER, _UPPER_Z = 0.95, 1.645


@dataclass(frozen=True)
class Relatives:
    """Related individuals of a dataset.

    Attributes
    ----------
    pairs : DataFrame
        first, second (positions of individuals), kinship; one row per related pair.
    families : (n_people,) int64
        Number of the family of each individual; individuals connected by related pairs are one family.
    cutoff : float
        Smallest kinship of a related pair; NaN if kinship cannot be estimated from these sites.
    by_identity : bool
        Whether individuals that share both haplotypes count as duplicates because kinship cannot be estimated.
    """

    pairs: pd.DataFrame
    families: np.ndarray
    cutoff: float
    by_identity: bool

    @property
    def degree(self) -> str:
        """The most distant relatives that these sites can show, in words."""
        if np.isnan(self.cutoff):
            return "duplicates only" if self.by_identity else "none: these sites cannot show relatives"
        if self.cutoff > FIRST_DEGREE_CUTOFF:
            return "duplicates only"
        return "second degree" if self.cutoff == KINSHIP_MIN else "first degree"

    @property
    def related(self) -> np.ndarray:
        """Whether each individual has a relative: (n_people,) bool."""
        return np.bincount(self.families)[self.families] > 1

    @property
    def n_families(self) -> int:
        """Number of families of at least two individuals."""
        return len(np.unique(self.families[self.related]))

    @property
    def duplicates(self) -> int:
        """Number of pairs of duplicates or identical twins."""
        return int((self.pairs["kinship"] > DUPLICATE_MIN).sum())

    def apart(self, split: np.ndarray) -> int:
        """Return the number of related pairs whose members are in different parts of the split, (n_people,) str."""
        first, second = (split[self.pairs[column]] for column in ("first", "second"))
        return int((first != second).sum())

    def counts(self, split: np.ndarray) -> dict[str, object]:
        """Return the rows of the quality record about relatives.

        Parameters
        ----------
        split : (n_people,) str
            Part of the split of each individual.
        """
        return {
            "most distant relatives that these sites can show": self.degree,
            "smallest kinship of a related pair": "none" if np.isnan(self.cutoff) else round(self.cutoff, 4),
            "related pairs": len(self.pairs),
            "of them duplicates or identical twins": self.duplicates,
            "individuals with relatives": int(self.related.sum()),
            "families": self.n_families,
            "related pairs on two sides of the split": self.apart(split),
        }


def find_relatives(haplotypes: Haplotypes) -> Relatives:
    """Find the pairs of related individuals.

    Parameters
    ----------
    haplotypes
        All individuals of the dataset, with labels: chance is judged within superpopulations, whose individuals are
        more similar to each other.
    """
    n = len(haplotypes.people)
    step = max(1, -(-haplotypes.n_sites // SITES_MAX))
    alleles = haplotypes.alleles[:, ::step]
    genotypes = alleles[0::2] + alleles[1::2]
    labels = pd.factorize(haplotypes.people["superpopulation"])[0]
    cutoff = _cutoff(genotypes, labels)
    if np.isnan(cutoff):
        by_identity = _chance_pairs(haplotypes.alleles, labels) < CHANCE_PAIRS_MAX
        pairs = _identical(haplotypes.alleles) if by_identity else _pairs([])
    else:
        by_identity = False
        pairs = _pairs(_related(genotypes, cutoff))
    return Relatives(pairs, _families(n, pairs["first"], pairs["second"]), cutoff, by_identity)


def families_of(samples: pd.Series, relatives: pd.DataFrame) -> np.ndarray:
    """Return the family of individuals by the table of related pairs that `prepare` writes: (n_people,) int64.

    Parameters
    ----------
    samples : (n_people,) str
        Names of the individuals.
    relatives
        sample_a, sample_b, kinship; pairs with an individual outside `samples` are ignored.
    """
    place = pd.Series(range(len(samples)), index=samples)
    known = relatives[relatives["sample_a"].isin(samples) & relatives["sample_b"].isin(samples)]
    return _families(len(samples), place[known["sample_a"]], place[known["sample_b"]])


def _families(n: int, first: pd.Series, second: pd.Series) -> np.ndarray:
    edges = coo_array((np.ones(len(first)), (first.to_numpy(), second.to_numpy())), shape=(n, n))
    return connected_components(edges, directed=False)[1].astype(np.int64)


def kinship(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the KING-robust kinship of individuals of one set with those of another: (n_first, n_second) float32.

    Parameters
    ----------
    first, second : (n, n_sites) uint8
        Number of ALT alleles of each individual at each site.

    Returns
    -------
    (n_first, n_second) float32
        -inf, or NaN for identical genotypes, if one of a pair has no heterozygous site.
    """
    heterozygous = np.minimum.outer(*((side == 1).sum(axis=1).astype(np.float32) for side in (first, second)))
    first, second = first.astype(np.float32), second.astype(np.float32)
    # float32 is exact: no sum exceeds 4 * SITES_MAX.
    squares = np.square(first).sum(axis=1)[:, None] + np.square(second).sum(axis=1) - 2 * first @ second.T
    with np.errstate(divide="ignore", invalid="ignore"):
        return 0.5 - squares / (4 * heterozygous)


def _cutoff(genotypes: np.ndarray, labels: np.ndarray) -> float:
    """Return the smallest kinship that chance is unlikely to reach in any pair; NaN if duplicates may not reach it.

    The spread comes from the upper half of the coefficients below their 95 % quantile: relatives are fewer than 5 % of
    the pairs, and unrelated individuals of different populations lie below the median.
    """
    n = len(genotypes)
    chosen = np.unique(np.linspace(0, n - 1, min(n, _REFERENCE_PEOPLE)).astype(int))
    apart = np.triu_indices(len(chosen), 1)
    within = labels[chosen][apart[0]] == labels[chosen][apart[1]]
    coefficients = kinship(genotypes[chosen], genotypes[chosen])[apart]
    if within.sum() >= _PAIRS_MIN:
        coefficients = coefficients[within]
    coefficients = np.nan_to_num(coefficients, nan=0.5, neginf=-1)
    median, upper = np.quantile(coefficients, [0.5, _UPPER])
    # The largest of N normal numbers is hardly larger than sqrt(2 log N) standard deviations.
    largest = median + np.sqrt(2 * np.log(n * (n - 1) / 2)) * (upper - median) / _UPPER_Z
    cutoff = max(KINSHIP_MIN, float(largest))
    return cutoff if cutoff <= KINSHIP_MAX else np.nan


def _related(genotypes: np.ndarray, cutoff: float) -> Iterator[tuple[int, int, float]]:
    starts = range(0, len(genotypes), _BLOCK)
    for row in starts:
        for column in starts[row // _BLOCK :]:
            block = kinship(genotypes[row : row + _BLOCK], genotypes[column : column + _BLOCK])
            for first, second in np.argwhere(block >= cutoff):
                if row + first < column + second:
                    yield row + first, column + second, float(block[first, second])


def _pairs(rows: Iterator[tuple[int, int, float]] | list) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["first", "second", "kinship"])
    return table.astype({"first": np.int64, "second": np.int64, "kinship": float})


def _identical(alleles: np.ndarray) -> pd.DataFrame:
    """Return the pairs of individuals that share both haplotypes, each individual with the first one like it."""
    both = pd.DataFrame(np.sort(_kinds(alleles).reshape(-1, 2), axis=1))
    first = both.groupby([0, 1])[0].transform(lambda group: group.index[0]).to_numpy()
    again = np.flatnonzero(first != np.arange(len(first)))
    return _pairs([(int(first[person]), int(person), 0.5) for person in again])


def _chance_pairs(alleles: np.ndarray, labels: np.ndarray) -> float:
    """Return how many pairs of unrelated individuals of a superpopulation are expected to share both haplotypes."""
    kinds, expected = _kinds(alleles).reshape(-1, 2), 0.0
    for label in np.unique(labels):
        carried = kinds[labels == label]
        n, counts = len(carried), np.unique(carried, return_counts=True)[1]
        if n > 1:
            # Haplotypes of different individuals; the two of one individual say nothing about others.
            alike = (counts * (counts - 1)).sum() - 2 * (carried[:, 0] == carried[:, 1]).sum()
            homozygosity = alike / (2 * n * (2 * n - 2))
            expected += n * (n - 1) * homozygosity**2
    return expected


def _kinds(alleles: np.ndarray) -> np.ndarray:
    """Return a number for every haplotype, the same for equal ones: (n_haplotypes,) int64."""
    return np.unique(np.packbits(alleles, axis=1), axis=0, return_inverse=True)[1].ravel()
