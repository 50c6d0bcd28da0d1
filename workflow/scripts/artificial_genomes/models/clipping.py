"""Sums over individuals whose contributions are clipped, released with differential privacy.

The contribution of an individual is scaled down to a largest L2 norm. That norm is a multiple of the one that is
expected; which multiple, the numbers of individuals with norms in certain ranges tell, which are released first.
"""

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from artificial_genomes.models.accountant import Accountant

MARGINS = 1.2 * 2.0 ** np.arange(-3, 6)
"""Factors between the expected squared norm of a contribution and the one to which it may be clipped."""

CLIPPED_SHARE = 0.2
"""Contributions are clipped to the smallest norm that leaves this share of the individuals or fewer above it."""

NORM_SHARE = 0.04
"""Share of the budget of every release that the choice of the norm has."""

BATCH = 100
"""Individuals whose contributions are held at once."""


def squared_norms(contributions: Callable[[np.ndarray], np.ndarray], alleles: np.ndarray) -> np.ndarray:
    """Return the squared L2 norm of the contribution of every individual: (n_individuals,) float64.

    Parameters
    ----------
    contributions
        From haplotypes (n, n_sites) to what each of them contributes (n, ...).
    alleles : (2 n_individuals, n_sites)
        The two haplotypes of an individual are rows 2i and 2i + 1; their contributions are added.
    """
    return np.concatenate([(pairs**2).sum(axis=1) for pairs, _ in _by_individual(contributions, alleles)])


def scaled_sum(
    contributions: Callable[[np.ndarray], np.ndarray], alleles: np.ndarray, factors: np.ndarray
) -> np.ndarray:
    """Return the sum of the contributions of all individuals, each times its factor; see `squared_norms`."""
    total, rest = 0.0, factors
    for pairs, shape in _by_individual(contributions, alleles):
        own, rest = np.split(rest, [len(pairs)])
        total = total + (own @ pairs).reshape(shape)
    return total


def _by_individual(contributions: Callable, alleles: np.ndarray) -> Iterator[tuple[np.ndarray, tuple[int, ...]]]:
    """Yield contributions of some individuals, (n, size) float64, and the shape that each of them has."""
    for start in range(0, len(alleles), 2 * BATCH):
        of_haplotypes = contributions(alleles[start : start + 2 * BATCH])
        pairs = of_haplotypes[::2].astype(np.float64) + of_haplotypes[1::2]
        yield pairs.reshape(len(pairs), -1), of_haplotypes.shape[1:]


def clip_factors(squared: np.ndarray, bound: float) -> np.ndarray:
    """Return the factors with which contributions of these squared norms have the norm `bound` at most."""
    return np.minimum(1, bound / np.sqrt(np.maximum(squared, 1e-12)))


def clipped_sum(
    accountant: Accountant,
    squared: np.ndarray,
    n_individuals: int,
    expected: float,
    share: float,
    add: Callable[[np.ndarray], np.ndarray],
) -> tuple[np.ndarray, float]:
    """Release a sum over individuals whose contributions are clipped, and return it with the sd of the noise.

    Parameters
    ----------
    accountant
        Pays for it.
    squared : (n,)
        Squared norms of the contributions.
    n_individuals
        Their number, which is public.
    expected
        What the squared norms are roughly.
    share
        Share of the budget.
    add
        From factors (n,) to the sum of the contributions times these.
    """
    ranges = np.searchsorted(expected * MARGINS, squared)
    counts, _ = accountant.release(np.bincount(ranges, minlength=len(MARGINS) + 1), 1.0, share * NORM_SHARE)
    above = np.cumsum(counts[::-1])[::-1][1:]
    few = np.flatnonzero(above <= CLIPPED_SHARE * n_individuals)
    bound = np.sqrt(expected * MARGINS[few[0] if len(few) else -1])
    # Slightly below the bound, because norms of coarse contributions are from products in float32.
    total = add(clip_factors(squared, bound * (1 - 1e-4)))
    return accountant.release(total, bound, share * (1 - NORM_SHARE))


def released_sum(
    accountant: Accountant,
    contributions: Callable[[np.ndarray], np.ndarray],
    alleles: np.ndarray,
    n_individuals: int,
    expected: float,
    share: float,
) -> tuple[np.ndarray, float]:
    """Release the sum of the contributions of individuals; see `squared_norms` and `clipped_sum`."""
    squared = squared_norms(contributions, alleles)
    return clipped_sum(accountant, squared, n_individuals, expected, share, partial(scaled_sum, contributions, alleles))
