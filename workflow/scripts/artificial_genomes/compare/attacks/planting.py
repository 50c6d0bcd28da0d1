"""What is planted among AGs, to see whether attacks find it: copies of members, whole or in parts."""

from collections.abc import Callable

import numpy as np

ERROR_RATE = 0.02
"""Share of the alleles of a copy with errors that are drawn from the allele frequencies."""


def copies(haplotypes: np.ndarray, contigs: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return the haplotypes themselves."""
    return haplotypes


def copies_with_errors(haplotypes: np.ndarray, contigs: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return the haplotypes, `ERROR_RATE` of the alleles drawn from the frequencies among them."""
    drawn = rng.random(haplotypes.shape) < haplotypes.mean(axis=0)
    return np.where(rng.random(haplotypes.shape) < ERROR_RATE, drawn, haplotypes).astype(np.uint8)


def mosaics(donors: int) -> Callable[[np.ndarray, np.ndarray, np.random.Generator], np.ndarray]:
    """Return a function that makes mosaics of equally long segments of several haplotypes.

    Every segment of every haplotype is planted once, so that all of a haplotype is there, spread over `donors` mosaics.
    """

    def make(haplotypes: np.ndarray, contigs: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        n, n_sites = haplotypes.shape
        segment = np.arange(n_sites) * donors // n_sites
        # Another haplotype in each segment, a random one, and each of them in one mosaic.
        order = np.stack([rng.permutation(n) for _ in range(donors)])
        return np.take_along_axis(haplotypes, order[segment].T, axis=0)

    return make


def children(haplotypes: np.ndarray, contigs: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return haplotypes that individuals could pass on: both haplotypes of each cross over once per contig."""
    return np.concatenate([gametes(haplotypes, contigs, rng), gametes(haplotypes, contigs, rng)])


def gametes(haplotypes: np.ndarray, contigs: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return a haplotype per individual, (n / 2, n_sites) uint8, that crosses over once per contig."""
    people = haplotypes.reshape(len(haplotypes) // 2, 2, -1)
    second = np.empty((len(people), people.shape[2]), bool)
    for contig in dict.fromkeys(contigs):
        sites = np.flatnonzero(contigs == contig)
        crossing = rng.integers(0, len(sites) + 1, len(people))
        first = rng.integers(0, 2, len(people))
        second[:, sites] = first[:, None] ^ (np.arange(len(sites)) >= crossing[:, None])
    return np.where(second, people[:, 1], people[:, 0])


PLANTINGS: dict[str, Callable[[np.ndarray, np.ndarray, np.random.Generator], np.ndarray]] = {
    "copies": copies,
    "errors": copies_with_errors,
    "mosaic2": mosaics(2),
    "mosaic5": mosaics(5),
    "mosaic20": mosaics(20),
    "children": children,
}
"""By name, from haplotypes (n, n_sites) uint8, the contig of every site and a random generator to what is planted, as
many rows. Rows 2i and 2i + 1 of the haplotypes are an individual's. `PLANTED` of the package says what each is."""
