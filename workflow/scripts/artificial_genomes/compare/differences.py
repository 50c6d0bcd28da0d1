"""Where AGs differ from real haplotypes of other individuals, beside where real haplotypes do: mutations and joins."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from artificial_genomes.core.haplotypes import Haplotypes
from artificial_genomes.core.metric_table import Metrics
from artificial_genomes.core.random_streams import stream
from artificial_genomes.core.sites import evenly_spread
from artificial_genomes.statistics import bootstrap
from artificial_genomes.statistics.distances import nearest_neighbours
from artificial_genomes.statistics.mosaics import Mosaics, mismatch_runs, mosaics

HAPLOTYPES_MAX, SITES_MAX = 500, 10_000
"""Maximum number of haplotypes per side and in the panel, and of evenly spaced sites: together they take seconds."""

REPLICATES = 500
"""Bootstrap resamples behind the intervals."""

MAF_CLASSES = (0, 0.01, 0.05, 0.2)
"""Lowest minor allele frequencies of the classes of sites; a site on a bound belongs to the class above."""

RUN_CLASSES = (1, 2, 5, 20)
"""Lowest numbers of mismatches of the classes of runs; one by itself is isolated."""


def compare_differences(
    real: np.ndarray, ag: np.ndarray, others: Haplotypes, seed: int, threads: int = 1
) -> tuple[Metrics, dict[str, pd.DataFrame]]:
    """Compare where AGs, and real haplotypes, differ from a panel of other real haplotypes.

    Parameters
    ----------
    real, ag : (n, n_sites) uint8
        Rows 2i and 2i + 1 belong to an individual.
    others
        The panel: none of these individuals.
    seed
        Seed of the bootstrap.

    Returns
    -------
    metrics
        joins_ratio, mutations_ratio.
    tables
        differences: part, low, high, sites, real, ag, n: means per haplotype. `mismatches` and `runs` count sites at
        which a haplotype differs from its nearest one of the panel, by minor allele frequency among real haplotypes and
        by the number of mismatches of their run; `mutations` (by frequency), `joins` and `tracts` are those of
        `mosaics`. `sites` is the number of sites of a class.
    """
    chosen = evenly_spread(others.n_sites, SITES_MAX)
    real, ag, panel = (_thinned(side, chosen) for side in (real, ag, others.alleles))
    contigs = others.sites["contig"].to_numpy()[chosen]
    frequency = np.concatenate([real, panel]).mean(axis=0)
    classes = np.digitize(np.minimum(frequency, 1 - frequency), MAF_CLASSES) - 1
    sides = {name: mosaics(alleles, panel, contigs) for name, alleles in (("real", real), ("ag", ag))}
    counts = {
        name: _counts(alleles, sides[name], panel, contigs, classes, threads)
        for name, alleles in (("real", real), ("ag", ag))
    }
    table = pd.DataFrame(_classes(classes), columns=["part", "low", "high", "sites"])
    table = table.assign(
        **{name: np.concatenate(list(parts)) / len(real) for name, parts in counts.items()}, n=len(real)
    )
    rng = stream(seed, "differences")
    draws = [bootstrap.resample_people(len(real) // 2, REPLICATES, rng) for _ in sides]
    metrics = {}
    for metric in ("joins", "mutations"):
        values = [getattr(side, metric) for side in sides.values()]
        resampled = [bootstrap.resampled_means(*pair) for pair in zip(values, draws, strict=True)]
        with np.errstate(divide="ignore", invalid="ignore"):
            ratios = resampled[1] / resampled[0]
        is_defined = values[0].any() and np.isfinite(ratios).all()
        interval = bootstrap.percentile_interval(ratios) if is_defined else (np.nan, np.nan)
        ratio = values[1].mean() / values[0].mean() if values[0].any() else np.nan
        metrics[f"{metric}_ratio"] = (ratio, *interval)
    return metrics, {"differences": table}


def _thinned(alleles: np.ndarray, sites: np.ndarray) -> np.ndarray:
    """Return some sites of at most `HAPLOTYPES_MAX` haplotypes, those of individuals evenly spread."""
    people = evenly_spread(len(alleles) // 2, HAPLOTYPES_MAX // 2)
    return alleles.reshape(len(alleles) // 2, 2, -1)[people][:, :, sites].reshape(-1, len(sites))


def _classes(classes: np.ndarray) -> Iterator[tuple[str, float, float, float]]:
    """Yield part, bounds and number of sites of every row of the table."""
    by_maf = list(
        zip(MAF_CLASSES, (*MAF_CLASSES[1:], 0.5), np.bincount(classes, minlength=len(MAF_CLASSES)), strict=True)
    )
    yield from (("mismatches", *row) for row in by_maf)
    yield from (("runs", low, high, np.nan) for low, high in zip(RUN_CLASSES, (*RUN_CLASSES[1:], np.inf), strict=True))
    yield from (("mutations", *row) for row in by_maf)
    yield from (("joins", np.nan, np.nan, np.nan), ("tracts", np.nan, np.nan, np.nan))


def _counts(
    alleles: np.ndarray, explained: Mosaics, panel: np.ndarray, contigs: np.ndarray, classes: np.ndarray, threads: int
) -> Iterator[np.ndarray]:
    """Yield the sums over haplotypes of every part of the table, by class."""
    mismatches = alleles != panel[nearest_neighbours(alleles, panel, threads)[1]]
    yield np.bincount(classes, mismatches.sum(axis=0), minlength=len(MAF_CLASSES))
    runs = np.digitize(mismatch_runs(mismatches, contigs), RUN_CLASSES) - 1
    yield np.bincount(runs, minlength=len(RUN_CLASSES))
    yield np.bincount(classes, explained.mutations_at, minlength=len(MAF_CLASSES))
    yield np.array([explained.joins.sum(), explained.tracts.sum()])
