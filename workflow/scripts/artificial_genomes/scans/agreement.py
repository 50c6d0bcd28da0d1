"""Agreement of the selection scan of AGs with that of real haplotypes.

Neighboring positions are correlated, so intervals come from a bootstrap of blocks of neighboring positions, and the
chance overlap from shifting one track along the other, which keeps correlated positions together.
"""

import logging
from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from artificial_genomes.core.errors import UserError
from artificial_genomes.core.metric_table import METRIC_COLUMNS
from artificial_genomes.core.random_streams import stream
from artificial_genomes.scans.statistics import STATISTICS, TOP_PLACES_MIN, top_places

log = logging.getLogger(__name__)

REFERENCE = "test"
_BLOCKS = 20
_DRAWS = 1000


def compare_tracks(real: pd.DataFrame, other: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Return the agreement of the tracks of AGs (or of a control) with those of real haplotypes.

    Parameters
    ----------
    real, other : DataFrame
        Tracks from `tracks.scan`.
    seed
        Seed of the bootstrap.

    Returns
    -------
    DataFrame
        `METRIC_COLUMNS`; for every statistic in `real` the rows `{statistic}_r` (Pearson), `{statistic}_spearman`,
        `{statistic}_nrmse` (root mean square difference before standardization, in standard deviations of the real
        track), `top1_overlap_{statistic}` and `top1_p_{statistic}`. n = positions scored in both, for the last two the
        positions in the highest 1 %; if these are fewer than `TOP_PLACES_MIN`, both are NaN.

    Raises
    ------
    UserError
        The tracks have different positions.
    """
    rows = []
    for statistic in real["statistic"].unique():
        one, two = (tracks[tracks["statistic"] == statistic] for tracks in (real, other))
        places = [table[["contig", "start", "end"]].to_numpy(object) for table in (one, two)]
        if not np.array_equal(*places):
            title = STATISTICS[statistic].title
            raise UserError(f"the real {title} track has different sites. Run the scan of the real haplotypes again.")
        both = np.isfinite(one["value"].to_numpy(float)) & np.isfinite(two["value"].to_numpy(float))
        x, y = (table["value"].to_numpy(float)[both] for table in (one, two))
        raw = [table["raw"].to_numpy(float)[both] for table in (one, two)]
        top = [top_places(values, statistic) for values in (x, y)]
        n, n_top = len(x), int(top[0].sum())
        ranks = [pd.Series(one).rank().to_numpy() for one in (x, y)]
        if n_top < TOP_PLACES_MIN:
            log.info(
                "%s: the top 1 %% are %d of %d positions, but %d are needed: the overlap is not reported",
                *(STATISTICS[statistic].title, n_top, n, TOP_PLACES_MIN),
            )
            top = [np.zeros(n, bool)] * 2
        rows += [
            (f"{statistic}_r", *block_correlation(x, y, seed), n),
            (f"{statistic}_spearman", *block_correlation(*ranks, seed), n),
            (f"{statistic}_nrmse", *relative_difference(*raw, seed), n),
            (f"top1_overlap_{statistic}", *top_overlap(*top, seed), n_top),
            (f"top1_p_{statistic}", shift_p_value(*top), np.nan, np.nan, n_top),
        ]
    return pd.DataFrame(rows, columns=METRIC_COLUMNS[1:]).assign(reference=REFERENCE)[METRIC_COLUMNS]


def block_correlation(x: np.ndarray, y: np.ndarray, seed: int) -> tuple[float, float, float]:
    """Return Pearson's r of two tracks with a 95 % interval that accounts for the correlation of neighbors.

    The interval comes from a bootstrap of 20 equal blocks of neighboring positions, on Fisher's z scale.

    Parameters
    ----------
    x, y : (n,) float64

    Returns
    -------
    r, ci_low, ci_high
        NaN if a track does not vary or has fewer than three positions.
    """
    if len(x) < 3 or np.ptp(x) == 0 or np.ptp(y) == 0:
        return np.nan, np.nan, np.nan
    x, y = x - x.mean(), y - y.mean()
    terms = np.stack([np.ones(len(x)), x, y, x * x, y * y, x * y], axis=1)
    # A correlation of exactly 1 has no finite z; use the largest float below 1 instead.
    limit = np.nextafter(1, 0)
    r, replicates = _block_bootstrap(terms, _pearson, seed)
    z = np.arctanh(np.clip(r, -limit, limit))
    margin = _margin(np.arctanh(np.clip(replicates, -limit, limit)), len(x))
    return r, float(np.tanh(z - margin)), float(np.tanh(z + margin))


def relative_difference(x: np.ndarray, y: np.ndarray, seed: int) -> tuple[float, float, float]:
    """Return the root mean square of y - x in standard deviations of x, with a 95 % interval.

    It is 0 for equal tracks and about 1.4 for unrelated ones of equal mean and spread. Unlike a correlation, it also
    detects a track that is too high, too low or too flat everywhere.

    Parameters
    ----------
    x, y : (n,) float64

    Returns
    -------
    value, ci_low, ci_high
        NaN if x does not vary.
    """
    if len(x) < 3 or np.ptp(x) == 0:
        return np.nan, np.nan, np.nan
    centred = x - x.mean()
    terms = np.stack([np.ones(len(x)), centred, centred * centred, (y - x) ** 2], axis=1)
    value, replicates = _block_bootstrap(terms, _relative_rms, seed)
    if value == 0:
        return 0.0, 0.0, 0.0
    margin = _margin(np.log(replicates[replicates > 0]), len(x))
    return value, float(value * np.exp(-margin)), float(value * np.exp(margin))


def top_overlap(real: np.ndarray, other: np.ndarray, seed: int) -> tuple[float, float, float]:
    """Return the share of the top positions of `real` that are top positions of `other`, with a 95 % block interval.

    Parameters
    ----------
    real, other : (n,) bool

    Returns
    -------
    share, ci_low, ci_high
        NaN without positions.
    """
    if not real.any():
        return np.nan, np.nan, np.nan
    share, replicates = _block_bootstrap(np.stack([real, real & other], axis=1).astype(float), _share, seed)
    low, high = np.quantile(replicates, [0.025, 0.975])
    return share, float(low), float(high)


def shift_p_value(real: np.ndarray, other: np.ndarray) -> float:
    """Return the p value of the overlap of top positions, over all circular shifts of one track.

    Parameters
    ----------
    real, other : (n,) bool

    Returns
    -------
    float
        Share of the n shifts (including no shift) with at least the observed overlap; NaN without positions.
    """
    if not real.any():
        return np.nan
    overlaps = np.fft.irfft(np.conj(np.fft.rfft(real)) * np.fft.rfft(other), n=len(real))
    return float(np.mean(np.rint(overlaps) >= np.count_nonzero(real & other)))


def _block_bootstrap(
    terms: np.ndarray, of_sums: Callable[[np.ndarray], np.ndarray], seed: int
) -> tuple[float, np.ndarray]:
    """Return a statistic of the summed terms of all positions, and its finite values in resamples of blocks.

    Parameters
    ----------
    terms : (n, n_terms) float64
    of_sums
        The statistic from sums on the last axis.
    """
    sums = np.stack([block.sum(axis=0) for block in np.array_split(terms, min(_BLOCKS, len(terms)))])
    draws = stream(seed, "bootstrap of blocks").multinomial(len(sums), np.full(len(sums), 1 / len(sums)), _DRAWS)
    with np.errstate(divide="ignore", invalid="ignore"):
        replicates = of_sums(draws @ sums)
        value = float(of_sums(terms.sum(axis=0)))
    return value, replicates[np.isfinite(replicates)]


def _margin(replicates: np.ndarray, n: int) -> float:
    """Return the half width of a 95 % interval from bootstrap replicates.

    With few blocks, the bootstrap variance is too small by the factor 1 - 1 / blocks, and the t quantile replaces the
    normal.
    """
    blocks = min(_BLOCKS, n)
    return float(stdtrit(blocks - 1, 0.975) * replicates.std() * np.sqrt(blocks / (blocks - 1)))


def _pearson(sums: np.ndarray) -> np.ndarray:
    """Return r from the sums of 1, x, y, xx, yy, xy on the last axis; NaN if one does not vary."""
    n, x, y, xx, yy, xy = np.moveaxis(sums, -1, 0)
    variances = (n * xx - x * x) * (n * yy - y * y)
    return np.where(variances > 0, (n * xy - x * y) / np.sqrt(np.abs(variances)), np.nan)


def _relative_rms(sums: np.ndarray) -> np.ndarray:
    """Return the root mean square difference over the standard deviation, from the sums of 1, x, xx, (y - x)^2."""
    n, x, xx, squares = np.moveaxis(sums, -1, 0)
    return np.sqrt(squares / n / (xx / n - (x / n) ** 2))


def _share(sums: np.ndarray) -> np.ndarray:
    """Return the second sum divided by the first; NaN if that is 0."""
    return np.where(sums[..., 0] > 0, sums[..., 1] / np.maximum(sums[..., 0], 1), np.nan)
