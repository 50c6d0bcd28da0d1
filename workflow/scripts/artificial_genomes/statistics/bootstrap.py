"""Bootstrap over people: how often each is drawn, means over the draws, and the intervals made from replicates.

People are resampled, not haplotypes, since the two haplotypes of a person are drawn together. A resample is a row of
counts of people, so that means over many resamples are one matrix product.
"""

import numpy as np

from artificial_genomes.statistics.checks import check_people

_NORMAL_975 = 1.959964


def resample_people(n_people: int, replicates: int, rng: np.random.Generator) -> np.ndarray:
    """Draw people with replacement, `replicates` times.

    Returns
    -------
    (replicates, n_people) float64
        How often each person was drawn: rows sum to n_people.
    """
    return rng.multinomial(n_people, np.full(n_people, 1 / n_people), size=replicates).astype(np.float64)


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
