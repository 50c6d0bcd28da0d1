"""What an attacker on membership holds."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

import numpy as np
import pandas as pd

from artificial_genomes.statistics.distances import distances_of, nearest_neighbours


@dataclass(frozen=True)
class Nearness:
    """How near haplotypes are to known ones.

    Attributes
    ----------
    nearest : (n,) int64
        Hamming distance to the nearest known haplotype.
    log_kernels : (n,) float64
        Logarithm of the sum of exp(-d / width) over the distances d to all known haplotypes.
    """

    nearest: np.ndarray
    log_kernels: np.ndarray

    def first(self, n: int) -> Self:
        """Return the nearness of the first `n` haplotypes."""
        return type(self)(self.nearest[:n], self.log_kernels[:n])

    def joined(self, other: Self) -> Self:
        """Return the nearness to the known haplotypes of both."""
        nearest = np.minimum(self.nearest, other.nearest)
        return type(self)(nearest, np.logaddexp(self.log_kernels, other.log_kernels))


@dataclass(frozen=True, eq=False)
class Evidence:
    """What an attacker holds, and whom the attacks ask about. Distances are computed once for all attacks.

    Attributes
    ----------
    asked : (n, n_sites) uint8
        Haplotypes that the attacks ask about.
    ags : (n_ags, n_sites) uint8
        All AGs that are released.
    others : (n_others, n_sites) uint8
        Real haplotypes of the same populations, of individuals whom the attacks do not ask about.
    sites : DataFrame
        contig and position of every site.
    seed : int
        Of whatever an attack draws.
    threads : int
        Number of threads.
    honest : Evidence
        What there was before something was planted; None where nothing is.
    """

    asked: np.ndarray
    ags: np.ndarray
    others: np.ndarray
    sites: pd.DataFrame
    seed: int
    threads: int = 1
    honest: Self | None = None

    def with_planted(self, haplotypes: np.ndarray, n_asked: int) -> Self:
        """Return the evidence on the first `n_asked` haplotypes, with others (n, n_sites) planted among the AGs."""
        return replace(self, asked=self.asked[:n_asked], ags=np.concatenate([self.ags, haplotypes]), honest=self)

    @cached_property
    def kernel_width(self) -> float:
        """Width of the kernel, in sites: half of `others` have their nearest neighbor within twice the width."""
        if self.honest:
            return self.honest.kernel_width
        half = len(self.others) // 2
        return max(np.median(nearest_neighbours(self.others[:half], self.others[half:], self.threads)[0]) / 2, 1.0)

    @cached_property
    def near_ags(self) -> Nearness:
        """Nearness of the haplotypes that are asked about to AGs."""
        if not self.honest:
            return self._nearness(self.ags)
        planted = self.ags[len(self.honest.ags) :]
        return self.honest.near_ags.first(len(self.asked)).joined(self._nearness(planted))

    @cached_property
    def near_others(self) -> Nearness:
        """Nearness of the haplotypes that are asked about to `others`."""
        return self.honest.near_others.first(len(self.asked)) if self.honest else self._nearness(self.others)

    def _nearness(self, known: np.ndarray) -> Nearness:
        return nearness(self.asked, known, self.kernel_width, self.threads)


def nearness(haplotypes: np.ndarray, known: np.ndarray, width: float, threads: int = 1) -> Nearness:
    """Return how near haplotypes (n, n_sites) uint8 are to known ones (n_known, n_sites) uint8."""
    # One exponential per distance that can occur, relative to the nearest, so that the sum is not 0.
    kernel = np.exp(-np.arange(haplotypes.shape[1] + 1) / width)
    least, logs = [], []
    for block in distances_of(haplotypes, known, threads):
        nearest = block.min(axis=1)
        least.append(nearest)
        logs.append(np.log(kernel.take(block - nearest[:, None]).sum(axis=1)) - nearest / width)
    return Nearness(np.concatenate(least).astype(np.int64), np.concatenate(logs))
