"""LD of the compared haplotypes: its sites and pairs of sites, its metrics with their intervals, and its tables."""

import numpy as np
import pandas as pd

from artificial_genomes.core.metric_table import Metrics
from artificial_genomes.core.sites import evenly_spread
from artificial_genomes.statistics import bootstrap, ld

LD_REPLICATES, LD_INTERVAL_SITES = 40, 1000
"""Bootstrap replicates, and maximum number of evenly spaced sites, for intervals of LD."""

ALL_PAIRS_SITES = 10_000
"""LD of at most this many sites is that of all pairs, whatever `near_sites`."""

RARE_SITES_MIN = 5
"""Minimum number of rare sites in the reference for `ld_r2_r_rare`: with fewer, it describes single sites."""


def compare_ld(
    real: np.ndarray,
    ag: np.ndarray,
    groups: list[tuple[np.ndarray, np.ndarray]],
    sites: pd.DataFrame,
    sites_max: int | None,
    near_sites: int | None,
    seed: int,
    threads: int,
) -> tuple[Metrics, dict[str, pd.DataFrame]]:
    """Return ld_r2_r, ld_r2_r_rare, ld_r2_r_common and ld_decay_mae, and the tables ld_decay and ld_by_maf.

    Parameters
    ----------
    real, ag : (n, n_sites) uint8
    groups : of (n,) int64 and (replicates, n_groups) float64
        For either set, groups of its individuals, and their resamples.
    sites
        contig and position of every site.
    sites_max, near_sites, seed
        See `compared_decay`.
    threads
        Number of threads.
    """
    chosen, *places = _thinned(sites, sites_max)
    comparison = ld.compare_ld(
        real[:, chosen], ag[:, chosen], *places, threads=threads, near_sites=_near(chosen, near_sites), seed=seed
    )
    frequency = real[:, chosen].mean(axis=0)
    chosen, *places = _thinned(sites, LD_INTERVAL_SITES)
    resampled = [(of, draws[:LD_REPLICATES]) for of, draws in groups]
    replicates = ld.bootstrap_ld(real[:, chosen], ag[:, chosen], *places, *resampled)
    metrics: Metrics = {}
    for suffix in ("", "_rare", "_common"):
        r = getattr(comparison, f"r{suffix}")
        metrics[f"ld_r2_r{suffix}"] = (r, *bootstrap.correlation_interval(r, replicates[f"r{suffix}"]))
    minor = np.minimum(frequency, 1 - frequency)
    if np.count_nonzero((minor > 0) & (minor < ld.RARE_MAF)) < RARE_SITES_MIN:
        metrics["ld_r2_r_rare"] = (np.nan,) * 3
    error = comparison.decay_error()
    metrics["ld_decay_mae"] = (error, *bootstrap.distance_interval(error, replicates["decay_error"], high=1))
    by_maf = pd.DataFrame(
        {
            "maf_low": ld.MAF_CLASSES,
            "maf_high": [*ld.MAF_CLASSES[1:], 0.5],
            "pairs": comparison.class_pairs,
            "real": comparison.class_real,
            "ag": comparison.class_ag,
            "r": comparison.class_r,
        }
    )
    return metrics, {"ld_decay": decay_table(comparison), "ld_by_maf": by_maf}


def compared_decay(
    real: np.ndarray,
    ag: np.ndarray,
    real_sites: pd.DataFrame,
    ag_sites: pd.DataFrame,
    sites_max: int | None,
    near_sites: int | None,
    seed: int,
    threads: int,
) -> ld.LdDecay:
    """Compare the decay of LD in two sets with equally many different sites.

    Parameters
    ----------
    real, ag : (n, n_sites) uint8
    real_sites, ag_sites
        contig and position of their sites.
    sites_max
        Maximum number of evenly spaced sites; None = all.
    near_sites
        Of more than `ALL_PAIRS_SITES` sites, see `ld.compare_ld`.
    seed
        Of the distant pairs.
    threads
        Number of threads.
    """
    places = [_thinned(sites, sites_max) for sites in (real_sites, ag_sites)]
    return ld.compare_decay(
        real[:, places[0][0]],
        ag[:, places[1][0]],
        *(one[1:] for one in places),
        threads=threads,
        near_sites=_near(places[0][0], near_sites),
        seed=seed,
    )


def decay_table(decay: ld.LdDecay) -> pd.DataFrame:
    """Return the table ld_decay."""
    return pd.DataFrame({name: getattr(decay, name) for name in ("start_bp", "end_bp", "pairs", "real", "ag")})


def _thinned(sites: pd.DataFrame, sites_max: int | None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the sites that LD uses, their contigs and their positions."""
    chosen = evenly_spread(len(sites), sites_max)
    return chosen, sites["contig"].to_numpy()[chosen], sites["position"].to_numpy()[chosen]


def _near(chosen: np.ndarray, near_sites: int | None) -> int | None:
    return near_sites if len(chosen) > ALL_PAIRS_SITES else None
