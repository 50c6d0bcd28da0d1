"""How far the selection scan of AGs agrees with that of real haplotypes."""

import numpy as np
import pandas as pd
from scipy import stats

from artificial_genomes.errors import UserError
from artificial_genomes.metrics import METRIC_COLUMNS
from artificial_genomes.selection import Tracks

TOP_SHARE = 0.01
_BOOTSTRAP_BLOCKS = 20
_BOOTSTRAP_DRAWS = 1000


def block_correlation(x: np.ndarray, y: np.ndarray, seed: int) -> tuple[float, float, float, int]:
    """Return Pearson's r of two tracks with a 95 % interval that allows for the likeness of neighbours.

    The interval comes from a bootstrap of 20 equal blocks of neighbouring places, on Fisher's z scale.

    Parameters
    ----------
    x, y : (n,) float64
        NaN where not scored.

    Returns
    -------
    r, ci_low, ci_high, n
        n = places scored in both; NaN where a track does not vary or has too few places.
    """
    both = np.isfinite(x) & np.isfinite(y)
    x, y, n = x[both], y[both], int(both.sum())
    if n < 3 or np.ptp(x) == 0 or np.ptp(y) == 0:
        return np.nan, np.nan, np.nan, n
    x, y = x - x.mean(), y - y.mean()
    terms = np.stack([np.ones(n), x, y, x * x, y * y, x * y], axis=1)
    sums = np.stack([block.sum(axis=0) for block in np.array_split(terms, min(_BOOTSTRAP_BLOCKS, n))])
    draws = np.random.default_rng(seed).multinomial(len(sums), np.full(len(sums), 1 / len(sums)), _BOOTSTRAP_DRAWS)
    resampled = _pearson(draws @ sums)
    r = float(_pearson(terms.sum(axis=0)))
    # A correlation of exactly 1 has no finite z; the largest float below 1 stands for it.
    limit = np.nextafter(1, 0)
    z = np.arctanh(np.clip(r, -limit, limit))
    replicates = np.arctanh(np.clip(resampled[np.isfinite(resampled)], -limit, limit))
    # With few blocks their bootstrap variance is too small by the share 1 / blocks, and the normal by the t quantile.
    margin = stats.t.ppf(0.975, len(sums) - 1) * replicates.std() * np.sqrt(len(sums) / (len(sums) - 1))
    return r, float(np.tanh(z - margin)), float(np.tanh(z + margin)), n


def _pearson(sums: np.ndarray) -> np.ndarray:
    """Return r from the sums of 1, x, y, xx, yy, xy on the last axis."""
    n, x, y, xx, yy, xy = np.moveaxis(sums, -1, 0)
    variances = (n * xx - x * x) * (n * yy - y * y)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(variances > 0, (n * xy - x * y) / np.sqrt(np.abs(variances)), np.nan)


def top_overlap(real: np.ndarray, other: np.ndarray) -> tuple[float, int]:
    """Return the share of the highest 1 % of places in `real` that are among the highest 1 % in `other`.

    Returns
    -------
    share, n
        n = number of places in the highest 1 % (at least one).
    """
    both = np.isfinite(real) & np.isfinite(other)
    n = max(1, round(TOP_SHARE * int(both.sum())))
    top = [set(np.argsort(-track[both], kind="stable")[:n]) for track in (real, other)]
    return len(top[0] & top[1]) / n, n


def compare_tracks(real: Tracks, other: Tracks, seed: int) -> pd.DataFrame:
    """Return how far the tracks of AGs (or of a control) agree with those of real haplotypes.

    Returns
    -------
    DataFrame
        reference metric value ci_low ci_high n: xpehh_r (sites), pbs_r (windows), and the overlap of the highest 1 %
        of sites of either.

    Raises
    ------
    UserError
        The tracks are not of the same sites.
    """
    for name, column in (("xpehh", "position"), ("pbs", "position"), ("windows", "start")):
        places = [getattr(tracks, name)[["contig", column]].to_numpy(object) for tracks in (real, other)]
        if not np.array_equal(*places):
            raise UserError(f"the real {name} track was made from other sites. Run the scan of the real people again.")
    rows = []
    for metric, table, column in (("xpehh_r", "xpehh", "xpehh"), ("pbs_r", "windows", "pbs")):
        x, y = (getattr(tracks, table)[column].to_numpy(float) for tracks in (real, other))
        rows.append((metric, *block_correlation(x, y, seed)))
    for name in ("xpehh", "pbs"):
        share, n = top_overlap(*(getattr(tracks, name)[name].to_numpy(float) for tracks in (real, other)))
        rows.append((f"top1_overlap_{name}", share, np.nan, np.nan, n))
    table = pd.DataFrame(rows, columns=METRIC_COLUMNS[1:])
    return table.assign(reference="biobank")[METRIC_COLUMNS]
