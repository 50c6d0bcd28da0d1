"""Gains of every panel over public people alone, by frequency, over all seeds, with intervals over people and seeds."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pandas as pd

from artificial_genomes.imputation.result import Imputed
from artificial_genomes.imputation.scores import (
    NORMAL_975,
    RARE_MAF,
    REPLICATES,
    mean_over_sites,
    people_weights,
    scored_sites,
    site_scores,
    true_r2,
)
from artificial_genomes.imputation.tables import BASE, GAIN_COLUMNS

CHANGE_MIN = 0.01
"""A site is better or worse where its r2 changes by more."""


def classes(sites: pd.DataFrame, settings: dict) -> Iterator[tuple[str, float, float, np.ndarray]]:
    """Yield classes of sites: axis, lower and upper end, and which sites belong to it, (n_sites,) bool.

    Axes: `all`; `rare` (minor allele frequency in the biobank below 5 %); `maf` (`settings["maf_bins"]`, the last bin
    with its upper end); `mac` (minor allele count, classes that begin at `settings["mac_bins"]`, and that below the
    first).
    """
    maf, mac = sites["maf_biobank"].to_numpy(), sites["mac_biobank"].to_numpy()
    yield "all", 0.0, 0.5, np.ones(len(sites), bool)
    yield "rare", 0.0, RARE_MAF, maf < RARE_MAF
    edges = settings["maf_bins"]
    for low, high in pairwise(edges):
        yield "maf", low, high, (maf >= low) & ((maf <= high) if high == edges[-1] else (maf < high))
    for low, high in pairwise([0, *settings["mac_bins"], np.inf]):
        yield "mac", low, high - 1, (mac >= low) & (mac < high)


def imputation_gains(
    results: dict[tuple[str, int], Imputed], truth: np.ndarray, typed: pd.DataFrame, settings: dict, seed: int
) -> pd.DataFrame:
    """Return means and gains of every panel.

    Parameters
    ----------
    results
        What one program imputed, by panel and seed; `BASE` with every seed.
    truth : (n_people, n_sites) float64
        Number of ALT alleles.
    typed : DataFrame
        `target.TYPED_COLUMNS`.
    settings
        maf_bins, mac_bins.
    seed
        Of the bootstrap.

    Returns
    -------
    DataFrame
        `tables.GAIN_COLUMNS`. value: mean of the measure over scored sites of the class and seeds; se_sites: its
        standard error over sites; gain: over `BASE` with the same seed, with a 95 % interval (the value +- 1.96
        standard errors of a paired bootstrap: people are resampled once for all panels and seeds, seeds of the panel
        with replacement); share_better, share_worse: share of sites whose measure rises or falls by more than 0.01.
        measure: `r2` (true) or `quality` (the program's own, whose interval is over seeds alone, and empty with one).
    """
    weights = people_weights(len(truth), seed)
    rng = np.random.default_rng([seed, 1])
    scored = scored_sites(site_scores(next(iter(results.values())), truth, typed))
    groups = [(*group[:3], group[3][scored]) for group in classes(typed, settings)]
    true = truth[:, scored]
    cache: dict[tuple[str, int], tuple[np.ndarray, np.ndarray, np.ndarray]] = {}

    def measured(key: tuple[str, int]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return r2 of sites, r2 of sites in resamples of people, and quality of sites."""
        if key not in cache:
            dosages = results[key].dosages[:, scored]
            cache[key] = true_r2(dosages, true), true_r2(dosages, true, weights), results[key].quality[scored]
        return cache[key]

    rows = []
    for panel in dict.fromkeys(panel for panel, _ in results):
        seeds = [seed for name, seed in results if name == panel]
        # In each replicate as many seeds as there are, drawn with replacement.
        seed_weights = rng.multinomial(len(seeds), np.full(len(seeds), 1 / len(seeds)), REPLICATES) / len(seeds)
        r2, quality, r2_gain, quality_gain = [], [], [], []
        replicates = np.empty((len(seeds), REPLICATES, len(groups)))
        for i, of_seed in enumerate(seeds):
            own, base = measured((panel, of_seed)), measured((BASE, of_seed))
            r2.append(own[0])
            quality.append(own[2])
            r2_gain.append(own[0] - base[0])
            quality_gain.append(own[2] - base[2])
            difference = own[1] - base[1]
            for j, (_, _, _, chosen) in enumerate(groups):
                replicates[i, :, j] = mean_over_sites(difference[:, chosen])
            if panel != BASE:
                del cache[panel, of_seed]
        means = {"r2": np.mean(r2, axis=0), "quality": np.mean(quality, axis=0)}
        gains = {"r2": np.array(r2_gain), "quality": np.array(quality_gain)}
        resampled = np.einsum("rs,srg->rg", seed_weights, replicates)
        for j, (axis, low, high, chosen) in enumerate(groups):
            for measure, of_sites in means.items():
                by_seed = mean_over_sites(gains[measure][:, chosen])
                if measure == "r2":
                    spread = np.nanstd(resampled[:, j], ddof=1) if np.isfinite(resampled[:, j]).sum() > 1 else np.nan
                else:
                    spread = by_seed.std(ddof=1) / np.sqrt(len(seeds)) if len(seeds) > 1 else np.nan
                change = gains[measure][:, chosen].mean(axis=0)
                gain, margin, n = float(by_seed.mean()), NORMAL_975 * spread, int(chosen.sum())
                rows.append(
                    (
                        *(panel, measure, axis, low, high),
                        *(mean_over_sites(of_sites[chosen]), pd.Series(of_sites[chosen]).sem()),
                        *(gain, gain - margin, gain + margin),
                        *(
                            (change > CHANGE_MIN).mean() if n else np.nan,
                            (change < -CHANGE_MIN).mean() if n else np.nan,
                        ),
                        *(n, len(truth), len(seeds)),
                    )
                )
    return pd.DataFrame(rows, columns=GAIN_COLUMNS)


def _share(chosen: np.ndarray) -> float:
    return float(chosen.mean()) if len(chosen) else np.nan
