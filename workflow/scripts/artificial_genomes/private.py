"""Data of private cohorts: which AGs may leave."""

import numpy as np

from artificial_genomes.errors import UserError
from artificial_genomes.haplotypes import Haplotypes
from artificial_genomes.statistics.distances import nearest_neighbours

_ROWS = 1000


def without_near_copies(
    genomes: Haplotypes, real: Haplotypes, threads: int = 1, nearest: int | None = None
) -> tuple[Haplotypes, int, int]:
    """Leave out AGs that are equal to a real haplotype, or nearer to one than any two real people are to each other.

    Parameters
    ----------
    genomes
        The AGs. Both haplotypes of an artificial person go where one of them is too near.
    real
        All real people of the dataset, whether a model has seen them or not.
    threads
        Number of threads.
    nearest
        What `nearest_pair` says of them, where it is known.

    Returns
    -------
    genomes : Haplotypes
        What is left, numbered anew.
    left_out : int
        Number of artificial people left out.
    nearest : int
        Sites by which the two nearest haplotypes of different real people differ.

    Raises
    ------
    UserError
        Nothing is left.
    """
    nearest = nearest_pair(real) if nearest is None else nearest
    distance, _ = nearest_neighbours(genomes.alleles, real.alleles, threads)
    too_near = (distance < max(1, nearest)).reshape(-1, 2).any(axis=1)
    if too_near.all():
        raise UserError(
            f"all {len(too_near)} artificial people have a haplotype that is a real one, or nearer to one than any two "
            f"real people are ({nearest} sites): nothing can be released. Take more sites, or a model that copies less."
        )
    left = genomes.take_people(~too_near)
    people = left.people.assign(sample=genomes.people["sample"].iloc[: len(left.people)].to_numpy())
    return Haplotypes(left.alleles, left.sites, people), int(too_near.sum()), nearest


def nearest_pair(real: Haplotypes) -> int:
    """Return the number of sites by which the two nearest haplotypes of different people differ.

    Haplotypes are taken a block at a time, so that memory grows with the block alone.
    """
    carried = real.alleles.sum(axis=1, dtype=np.float32)
    people = np.arange(real.n_haplotypes) // 2
    starts = range(0, real.n_haplotypes, _ROWS)
    nearest = real.n_sites
    for start in starts:
        rows = slice(start, start + _ROWS)
        ones = real.alleles[rows].astype(np.float32)
        for other in starts[start // _ROWS :]:
            columns = slice(other, other + _ROWS)
            # Distances of 0 and 1 haplotypes are counts of differing sites: a + b - 2ab.
            distance = carried[rows, None] + carried[columns] - 2 * ones @ real.alleles[columns].astype(np.float32).T
            distance[people[rows, None] == people[columns]] = np.inf
            nearest = min(nearest, distance.min())
    return int(nearest)
