"""AGs that are near copies of single individuals, and their replacement before anything is scored.

An AG is a near copy if both conditions hold:

- it is equal to a real haplotype, or closer to one than 99 % of unshared real haplotypes are to those of unrelated
  individuals, or less than half as far from one as that one is from those of unrelated individuals;
- fewer than `shared_by` unrelated individuals have a haplotype as close to the AG as that one: a widely shared
  haplotype identifies no individual, and removing it would distort the frequencies of common haplotypes.

Real haplotypes are those that can influence a model: those of the training individuals, and of the validation
individuals, on whom the epoch was chosen. A test individual close to an AG is a coincidence, and replacing that AG
would make AGs depend on individuals that the model has not seen. Comparison with test individuals therefore measures
what the replacement itself reveals: a gap where a model would have generated AGs may point to a real haplotype (Ganev
and De Cristofaro 2023, arXiv 2312.05114).
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from artificial_genomes.core.random_streams import derived_seed
from artificial_genomes.models import Draw
from artificial_genomes.statistics.distances import groups_within, nearest_neighbours, nearest_of_other_groups
from artificial_genomes.statistics.privacy import NEAR_SHARE

log = logging.getLogger(__name__)

ROUNDS = 20
"""Maximum number of rounds in which replacements are drawn for the remaining near copies."""

N_CRITERIA = 3
"""Rows of the record, the first ones, that say what a near copy is."""

LEFT = "near copies left"
"""Row of the record with the number of AGs that could not be replaced."""


@dataclass(frozen=True)
class Protected:
    """Real haplotypes of which AGs must not be near copies.

    Attributes
    ----------
    alleles : (n, n_sites) uint8
        Two rows per individual.
    families : (n,) int64
        Family of each haplotype, from 0.
    shared_by : int
        Minimum number of unrelated individuals with a haplotype for it to count as common, so that it may be copied.
    apart : (n,) int64
        Distance of each haplotype to the nearest one of another family, in sites.
    radius : int
        Distance in sites below which an AG is close to a real haplotype: 1 % of the haplotypes that no unrelated
        individual shares are closer than this to those of unrelated individuals.
    """

    alleles: np.ndarray
    families: np.ndarray
    shared_by: int
    apart: np.ndarray
    radius: int

    def near(self, alleles: np.ndarray, threads: int = 1) -> np.ndarray:
        """Return which AGs are near copies of single individuals: (n_ag,) bool."""
        distance, index = nearest_neighbours(alleles, self.alleles, threads)
        near = (distance < self.radius) | (2 * distance < self.apart[index]) | (distance == 0)
        rows = np.flatnonzero(near)
        if len(rows):
            n_sharing = groups_within(alleles[rows], self.alleles, self.families, distance[rows], threads)
            near[rows[n_sharing >= self.shared_by]] = False
        return near


def protect(alleles: np.ndarray, families: np.ndarray, shared_by: int, threads: int = 1) -> Protected:
    """Return real haplotypes with the distances needed to recognize near copies of them.

    Parameters
    ----------
    alleles : (2 * n_people, n_sites) uint8
        Rows 2i and 2i + 1 belong to individual i.
    families : (n_people,) int64
        Family of each individual; an unrelated individual is a family of one.
    shared_by
        See `Protected`.
    threads
        Number of threads.
    """
    families = np.repeat(np.unique(families, return_inverse=True)[1], 2)
    apart = nearest_of_other_groups(alleles, families, threads)
    unshared = apart[apart > 0]
    place = int(NEAR_SHARE * len(unshared))
    radius = int(np.partition(unshared, place)[place]) if len(unshared) else 0
    return Protected(alleles, families, shared_by, apart, radius)


def without_near_copies(
    drawn: Draw,
    sample: Callable[..., Draw],
    seed: int,
    protected: Protected,
    threads: int = 1,
    labels: np.ndarray | None = None,
) -> tuple[Draw, pd.DataFrame]:
    """Replace AGs that are near copies of single individuals by others of the same model.

    Parameters
    ----------
    drawn : Draw
        Alleles of the AGs, and their groups of ancestry if they have any.
    sample
        Function that draws AGs: number, seed (and labels, if given) -> Draw.
    seed
        Seed of the AGs; replacements have their own streams.
    protected
        The real haplotypes.
    threads
        Number of threads.
    labels : (n,) int64, optional
        Labels of AGs, if any; a replacement has the label of the AG that it replaces.

    Returns
    -------
    drawn : Draw
        The AGs, with near copies replaced; those that are still near copies after 20 rounds stay.
    record : DataFrame
        what, value: the criterion, and the numbers of near copies found, replaced and left.
    """
    alleles, groups = (None if each is None else each.copy() for each in drawn)
    near = protected.near(alleles, threads)
    todo, n_drawn = np.flatnonzero(near), 0
    log.info("%d of %d AGs are near copies of single individuals", len(todo), len(alleles))
    for attempt in range(1, ROUNDS + 1):
        if not len(todo):
            break
        round_seed = derived_seed(seed, "replacements", attempt)
        alleles[todo], more = sample(len(todo), round_seed, *([] if labels is None else [labels[todo]]))
        if groups is not None:
            groups[todo] = more
        n_drawn += len(todo)
        todo = todo[protected.near(alleles[todo], threads)]
        log.info("round %d: %d near copies are left", attempt, len(todo))
    record = {
        "individuals protected": len(protected.alleles) // 2,
        "individuals who make a haplotype common": protected.shared_by,
        "near below, in sites": protected.radius,
        "artificial haplotypes": len(alleles),
        "near copies replaced": int(near.sum()) - len(todo),
        "haplotypes drawn as replacements": n_drawn,
        LEFT: len(todo),
    }
    return (alleles, groups), record_table(record)


def record_table(record: dict[str, int] | None = None) -> pd.DataFrame:
    """Return the record of a replacement as a table, without rows if near copies were not searched for."""
    return pd.DataFrame((record or {}).items(), columns=["what", "value"])


def joined_record(records: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Return the record of a set of AGs from those of its pieces: their numbers of AGs added up."""
    total = records[0].copy()
    counted = total.index >= N_CRITERIA
    total.loc[counted, "value"] = sum(record["value"][counted] for record in records)
    return total
