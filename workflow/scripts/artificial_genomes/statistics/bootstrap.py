"""Bootstrap over people: how often each is drawn, means over the draws, and the intervals made from replicates.

People are resampled, not haplotypes, since the two haplotypes of a person are drawn together. A resample is a row of
counts of people, so that means over many resamples are one matrix product.
"""

import numpy as np

from artificial_genomes.statistics.checks import check_people

RESAMPLED_GROUPS = 50
"""Groups of people, at the most."""

_NORMAL_975 = 1.959964


def resample_people(n_people: int, replicates: int, rng: np.random.Generator) -> np.ndarray:
    """Draw people with replacement, `replicates` times.

    Returns
    -------
    (replicates, n_people) float64
        How often each person was drawn: rows sum to n_people.
    """
    return rng.multinomial(n_people, np.full(n_people, 1 / n_people), size=replicates).astype(np.float64)


def group_people(n_people: int, replicates: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Put people into groups of about equal size at random, and draw groups with replacement.

    Returns
    -------
    groups : (2 * n_people,) int64
        Group of every haplotype; rows 2i and 2i + 1 belong to person i.
    draws : (replicates, n_groups) float64
        How often each group was drawn.
    """
    n_groups = min(RESAMPLED_GROUPS, n_people)
    groups = rng.permutation(np.arange(n_people) % n_groups).repeat(2)
    return groups, resample_people(n_groups, replicates, rng)


def resampled_means(values: np.ndarray, draws: np.ndarray) -> np.ndarray:
    """Return the mean of a per-haplotype value in every resample.

    Parameters
    ----------
    values : (n_haplotypes,) or (n_haplotypes, n) float, int or bool
        Rows 2i and 2i + 1 belong to person i.
    draws : (replicates, n_haplotypes / 2) float64
        From `resample_people`.

    Returns
    -------
    (replicates,) or (replicates, n) float64
    """
    n_people = check_people(len(values))
    per_person = values.reshape(n_people, 2, *values.shape[1:]).mean(axis=1, dtype=np.float64)
    # Shares of 0, 1/2 and 1 sum without rounding; equal shares stay equal.
    return draws @ per_person / n_people


def percentile_interval(replicates: np.ndarray) -> tuple[float, float]:
    """Return the 95 % percentile interval of bootstrap replicates, (replicates,) float."""
    low, high = np.percentile(replicates, [2.5, 97.5])
    return float(low), float(high)


def correlation_interval(value: float, replicates: np.ndarray) -> tuple[float, float]:
    """Return a 95 % interval around a correlation from the spread of its bootstrap replicates.

    The replicates carry the sampling noise of the people twice (once in the data, once in the resampling), so they lie
    lower than the value itself and their percentiles would miss it. Their spread on Fisher's z scale is sound, though:
    the interval is tanh(atanh(value) ± 1.96 standard deviations of atanh(replicates)).

    Parameters
    ----------
    value : float
        The correlation in the data.
    replicates : (replicates,) float
        The correlation in every resample. Undefined ones (NaN) are left out.

    Returns
    -------
    tuple of float
        (NaN, NaN) where the value or the spread is undefined.
    """
    # A correlation of exactly 1 has no finite z; the largest float below 1 stands for it.
    limit = np.nextafter(1, 0)
    z = np.arctanh(np.clip(replicates[~np.isnan(replicates)], -limit, limit))
    if np.isnan(value) or len(z) < 2:
        return np.nan, np.nan
    centre, spread = np.arctanh(np.clip(value, -limit, limit)), _NORMAL_975 * z.std(ddof=1)
    return float(np.tanh(centre - spread)), float(np.tanh(centre + spread))


def spread_interval(
    value: float, replicates: np.ndarray, low: float = -np.inf, high: float = np.inf
) -> tuple[float, float]:
    """Return a 95 % interval around a value, 1.96 standard deviations of its bootstrap replicates to either side.

    For distances between samples and errors, whose replicates lie higher than the value as those of correlations lie
    lower (see `correlation_interval`).

    Parameters
    ----------
    value : float
    replicates : (replicates,) float
        Undefined ones (NaN) are left out.
    low, high : float
        The interval is cut there: a distance is never below 0.

    Returns
    -------
    tuple of float
        (NaN, NaN) where the value or the spread is undefined.
    """
    defined = replicates[~np.isnan(replicates)]
    if np.isnan(value) or len(defined) < 2:
        return np.nan, np.nan
    spread = _NORMAL_975 * defined.std(ddof=1)
    return float(max(value - spread, low)), float(min(value + spread, high))


def share_interval(share: float, n: int, replicates: np.ndarray) -> tuple[float, float]:
    """Return a 95 % interval of a small share: that of its replicates, at least as wide as Wilson's of n draws.

    Where nothing was found no resample finds anything; Wilson's interval then says how much may have been missed.
    """
    square = _NORMAL_975**2
    centre, half = (share + square / (2 * n)), _NORMAL_975 * np.sqrt(share * (1 - share) / n + square / (4 * n * n))
    low, high = percentile_interval(replicates)
    return float(min(low, max((centre - half) / (1 + square / n), 0))), float(
        max(high, (centre + half) / (1 + square / n))
    )
