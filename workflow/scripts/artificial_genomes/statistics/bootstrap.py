"""Bootstrap over individuals: how often each is drawn, means over the draws, and intervals from replicates.

Individuals are resampled, not haplotypes, since the two haplotypes of an individual are not independent. A resample is
a row of counts of individuals, so that means over many resamples are one matrix product.
"""

from collections.abc import Sequence

import numpy as np
from scipy.special import stdtrit

from artificial_genomes.statistics.checks import check_people

RESAMPLED_GROUPS = 50
"""Maximum number of groups of individuals."""

VALUES_AT_ONCE = 16_384
"""Number of values per haplotype that are averaged at a time."""

NORMAL_975 = 1.959964
"""Quantile of the standard normal distribution, for intervals of 95 %."""


def resample_people(n_people: int, replicates: int, rng: np.random.Generator) -> np.ndarray:
    """Draw individuals with replacement, `replicates` times.

    Returns
    -------
    (replicates, n_people) float64
        How often each individual was drawn: rows sum to n_people.
    """
    return rng.multinomial(n_people, np.full(n_people, 1 / n_people), size=replicates).astype(np.float64)


def group_people(n_people: int, replicates: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Assign individuals at random to groups of about equal size, and draw groups with replacement.

    Returns
    -------
    groups : (2 * n_people,) int64
        Group of every haplotype; rows 2i and 2i + 1 belong to individual i.
    draws : (replicates, n_groups) float64
        How often each group was drawn.
    """
    n_groups = min(RESAMPLED_GROUPS, n_people)
    return random_groups(n_people, n_groups, rng), resample_people(n_groups, replicates, rng)


def random_groups(n_people: int, n_groups: int, rng: np.random.Generator) -> np.ndarray:
    """Return the group of every haplotype, (2 * n_people,) int64, of groups of about equal size."""
    return rng.permutation(np.arange(n_people) % n_groups).repeat(2)


def half_groups(n_groups: int, replicates: int, rng: np.random.Generator) -> np.ndarray:
    """Draw half of the groups of `group_people` without replacement, `replicates` times.

    Returns
    -------
    (replicates, n_groups) bool
        Whether a half-sample contains each group; with an odd number of groups, the smaller half.
    """
    return rng.permuted(np.tile(np.arange(n_groups) < n_groups // 2, (replicates, 1)), axis=1)


def resampled_means(values: np.ndarray, draws: np.ndarray) -> np.ndarray:
    """Return the mean of a per-haplotype value in every resample.

    Parameters
    ----------
    values : (n_haplotypes,) or (n_haplotypes, n) float, int or bool
        Rows 2i and 2i + 1 belong to individual i.
    draws : (replicates, n_haplotypes / 2) float64
        From `resample_people`.

    Returns
    -------
    (replicates,) or (replicates, n) float64

    Examples
    --------
    >>> values = np.array([1, 0, 1, 1])  # of the haplotypes of two individuals
    >>> resampled_means(values, np.array([[1.0, 1.0], [2.0, 0.0]]))
    array([0.75, 0.5 ])
    """
    n_people = check_people(len(values))
    # In blocks: as eight-byte numbers, alleles would take eight times their memory.
    columns = values.reshape(len(values), -1)
    blocks = (columns[:, start : start + VALUES_AT_ONCE] for start in range(0, columns.shape[1], VALUES_AT_ONCE))
    # Shares of 0, 1/2 and 1 sum without rounding; equal shares stay equal.
    means = [draws @ block.reshape(n_people, 2, -1).mean(axis=1, dtype=np.float64) / n_people for block in blocks]
    return np.concatenate(means, axis=1).reshape(len(draws), *values.shape[1:])


def percentile_interval(replicates: np.ndarray) -> tuple[float, float]:
    """Return the 95 % percentile interval of bootstrap replicates, (replicates,) float."""
    low, high = np.percentile(replicates, [2.5, 97.5])
    return float(low), float(high)


def largest_interval(replicates: Sequence[np.ndarray]) -> tuple[float, float]:
    """Return a 95 % interval of the largest of several numbers, (n_replicates,) float of each.

    The upper end is the largest of the upper ends and needs no correction for their number: it is below the largest
    true value only if the interval of that very value is. The lower end is the largest of the lower ends, and any of
    them may be too high by chance, so the 2.5 % are divided among them (Bonferroni).
    """
    low = max(np.percentile(one, 2.5 / len(replicates)) for one in replicates)
    return float(low), float(max(np.percentile(one, 97.5) for one in replicates))


def correlation_interval(value: float, replicates: np.ndarray) -> tuple[float, float]:
    """Return a 95 % interval around a correlation from the spread of its bootstrap replicates.

    The replicates contain the sampling noise of the individuals twice (once in the data, once in the resampling), so
    they are lower than the value itself, and their percentiles would miss it. The interval is tanh(atanh(value) ± t
    standard deviations), with Student's t and the standard deviation of atanh(replicates), corrected for the doubled
    noise.

    With T = |b + e|² the squared difference of both sides, b its systematic part and e the noise, 1 - r is proportional
    to T. Of k independent, normal parts of e, log T has the variance (4 q - 2 q²) / k, with q the share of the noise in
    T; with the noise of the resamples added, log T has (4 q + 2 q²) / (k (1 + q)²). The replicates determine q, since
    their mean of 1 - r is 1 + q times that of the value.

    Parameters
    ----------
    value : float
        The correlation in the data.
    replicates : (replicates,) float
        The correlation in every resample. Undefined ones (NaN) are ignored.

    Returns
    -------
    tuple of float
        (NaN, NaN) if the value or the spread is undefined.
    """
    # A correlation of exactly 1 has no finite z; use the largest float below 1 instead.
    limit = np.nextafter(1, 0)
    z = np.arctanh(np.clip(replicates[~np.isnan(replicates)], -limit, limit))
    if np.isnan(value) or len(z) < 2:
        return np.nan, np.nan
    noise = noise_share((1 - replicates[~np.isnan(replicates)]).mean(), 1 - value)
    factor = np.sqrt((2 - noise) * (1 + noise) ** 2 / (2 + noise))
    centre, spread = np.arctanh(np.clip(value, -limit, limit)), factor * _half_width(z)
    return float(np.tanh(centre - spread)), float(np.tanh(centre + spread))


def spread_interval(
    value: float, replicates: np.ndarray, low: float = -np.inf, high: float = np.inf
) -> tuple[float, float]:
    """Return a 95 % interval around a value, 1.96 standard deviations of its bootstrap replicates to either side.

    Parameters
    ----------
    value : float
    replicates : (replicates,) float
        Undefined ones (NaN) are ignored.
    low, high : float
        Limits of the interval, for example 0 for a distance.

    Returns
    -------
    tuple of float
        (NaN, NaN) if the value or the spread is undefined.
    """
    defined = replicates[~np.isnan(replicates)]
    if np.isnan(value) or len(defined) < 2:
        return np.nan, np.nan
    spread = NORMAL_975 * defined.std(ddof=1)
    return float(max(value - spread, low)), float(min(value + spread, high))


def distance_interval(value: float, replicates: np.ndarray, high: float = np.inf) -> tuple[float, float]:
    """Return a 95 % interval around a distance between two samples, or a mean of absolute errors.

    The replicates are higher than the value and vary more, since they contain the noise twice; their standard deviation
    is corrected as in `correlation_interval`: the distance is the root of T.

    Parameters
    ----------
    value : float
        At least 0.
    replicates : (replicates,) float
        Undefined ones (NaN) are ignored.
    high
        Largest possible distance; the interval is limited to 0 and this value.

    Returns
    -------
    tuple of float
        (NaN, NaN) if the value or the spread is undefined.
    """
    defined = replicates[~np.isnan(replicates)]
    if np.isnan(value) or len(defined) < 2:
        return np.nan, np.nan
    noise = noise_share((defined**2).mean(), value**2)
    factor = np.sqrt((2 - noise) * (1 + noise) / (2 + noise))
    spread = factor * _half_width(defined)
    return float(max(value - spread, 0)), float(min(value + spread, high))


def _half_width(replicates: np.ndarray) -> float:
    """Return the half width of a 95 % interval from replicates, by Student's t, since replicates are few."""
    return float(stdtrit(len(replicates) - 1, 0.975) * replicates.std(ddof=1))


def noise_share(resampled: float, value: float) -> float:
    """Return the share of sampling noise in a squared difference, from 0 to 1.

    Parameters
    ----------
    resampled, value
        Its mean over bootstrap replicates, which contain the noise twice, and its value in the data.

    Examples
    --------
    >>> noise_share(resampled=1.5, value=1.0), noise_share(resampled=3.0, value=1.0)
    (0.5, 1.0)
    """
    return float(np.clip(resampled / value - 1, 0, 1)) if value > 0 else 1.0


def half_sample_interval(
    value: float, replicates: np.ndarray, n_groups: int, low: float = -np.inf, high: float = np.inf
) -> tuple[float, float]:
    """Return a 95 % interval around a value from the spread of the statistic in half-samples.

    A half-sample has no repeated individuals, so nearest neighbors can be recomputed in it. Means of halves drawn
    without replacement vary as the mean of the whole sample does: the standard deviation of the replicates is that of
    the value (Politis, Romano & Wolf 1999, "Subsampling"). The interval is that of Student's t, since the spread is
    estimated from `n_groups` groups of individuals.

    Parameters
    ----------
    value : float
    replicates : (replicates,) float
        The statistic in half-samples (see `half_groups`). Undefined ones (NaN) are ignored.
    n_groups
        Number of groups from which halves were drawn.
    low, high : float
        Range of the statistic, to which the interval is limited.

    Returns
    -------
    tuple of float
        (NaN, NaN) if the value or the spread is undefined.
    """
    defined = replicates[~np.isnan(replicates)]
    if np.isnan(value) or len(defined) < 2 or n_groups < 2:
        return np.nan, np.nan
    spread = stdtrit(n_groups - 1, 0.975) * defined.std(ddof=1)
    return float(max(value - spread, low)), float(min(value + spread, high))


def difference_interval(
    first: tuple[float, float, float], second: tuple[float, float, float]
) -> tuple[float, float, float]:
    """Return the difference of two numbers with its 95 % interval, from value, ci_low and ci_high of each.

    The distances of bounds from their values are added in quadrature, like independent errors (Zou & Donner 2008,
    doi 10.1002/sim.3095). For positively correlated numbers, the interval is too wide.

    Examples
    --------
    >>> [round(number, 3) for number in difference_interval((0.8, 0.5, 0.9), (0.3, 0.2, 0.7))]
    [0.5, 0.0, 0.641]
    """
    (a, a_low, a_high), (b, b_low, b_high) = first, second
    return a - b, float(a - b - np.hypot(a - a_low, b_high - b)), float(a - b + np.hypot(a_high - a, b - b_low))


def share_interval(share: float, n: int, replicates: np.ndarray) -> tuple[float, float]:
    """Return a 95 % interval of a small share: from its replicates, but at least as wide as Wilson's for n draws.

    If the share is 0, it is 0 in every resample; Wilson's interval then shows how much may have been missed.

    Examples
    --------
    >>> low, high = share_interval(0.0, 100, np.zeros(500))
    >>> low, round(high, 3)
    (0.0, 0.037)
    """
    square = NORMAL_975**2
    centre, half = (share + square / (2 * n)), NORMAL_975 * np.sqrt(share * (1 - share) / n + square / (4 * n * n))
    low, high = percentile_interval(replicates)
    return float(min(low, max((centre - half) / (1 + square / n), 0))), float(
        max(high, (centre + half) / (1 + square / n))
    )


def measurable(low: float, n_unseen: int, share: float) -> float:
    """Return the lower end of an interval; 0 where a share of the unseen haplotypes is less than one of them.

    The distance or score that separates one in a hundred of them is then unknown, and nothing can be refuted by it.
    """
    return low if n_unseen * share >= 1 else min(low, 0.0)
