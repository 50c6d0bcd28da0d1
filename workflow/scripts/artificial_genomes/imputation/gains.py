"""Gains of every panel over public individuals alone, by frequency, with intervals over individuals and seeds."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

from artificial_genomes.core.random_streams import stream
from artificial_genomes.imputation.result import Imputed
from artificial_genomes.imputation.scores import (
    RARE_MAF,
    REPLICATES,
    mean_over_sites,
    nonref_concordance,
    people_weights,
    scored_sites,
    true_r2,
)
from artificial_genomes.imputation.tables import BASE, GAIN_COLUMNS
from artificial_genomes.statistics.bootstrap import NORMAL_975

CHANGE_MIN = 0.01
"""Minimum change of a site's measure for the site to count as better or worse."""


QUALITY_BINS = (0, 0.3, 0.8, 1)
"""Classes of imputation quality: many studies discard imputed sites below 0.3 and trust those from 0.8."""


def classes(sites: pd.DataFrame, quality: np.ndarray, settings: dict) -> Iterator[tuple[str, float, float, np.ndarray]]:
    """Yield classes of sites: axis, lower and upper end, and whether each site belongs to it, (n_sites,) bool.

    Axes: `all`; `rare` (minor allele frequency in the biobank below 5 %); `maf` (`settings["maf_bins"]`, the last bin
    including its upper end); `mac` (minor allele count, classes that begin at `settings["mac_bins"]`, and the one below
    the first); `quality` (the program's own estimate for public individuals alone, (n_sites,), which is known without
    the truth, so that users can choose panels by it).
    """
    maf, mac = sites["maf_biobank"].to_numpy(), sites["mac_biobank"].to_numpy()
    yield "all", 0.0, 0.5, np.ones(len(sites), bool)
    yield "rare", 0.0, RARE_MAF, maf < RARE_MAF
    edges = settings["maf_bins"]
    for low, high in pairwise(edges):
        yield "maf", low, high, (maf >= low) & ((maf <= high) if high == edges[-1] else (maf < high))
    for low, high in pairwise([0, *settings["mac_bins"], np.inf]):
        yield "mac", low, high - 1, (mac >= low) & (mac < high)
    for low, high in pairwise(QUALITY_BINS):
        yield "quality", low, high, (quality >= low) & ((quality <= high) if high == 1 else (quality < high))


@dataclass(frozen=True)
class _Measured:
    """Measures of one result: of scored sites, (n_scored,), and of classes in resamples, (replicates, n)."""

    of_sites: dict[str, np.ndarray]
    of_classes: dict[str, np.ndarray]


def _measure(imputed: Imputed, true: np.ndarray, scored: np.ndarray, groups: list, weights: np.ndarray) -> _Measured:
    """Measure one result; `true` are the allele counts at scored sites, and `groups` their classes from `classes`."""
    dosages, genotypes = imputed.dosages[:, scored], imputed.genotypes[:, scored]
    of_sites = {
        "r2": true_r2(dosages, true),
        "nonref_concordance": nonref_concordance(genotypes, true),
        "quality": imputed.quality[scored],
    }
    replicates = {
        "r2": true_r2(dosages, true, weights),
        "nonref_concordance": nonref_concordance(genotypes, true, weights),
    }
    # In resamples, too, only sites whose truth varies count: the same ones for every panel and measure.
    replicates["nonref_concordance"][np.isnan(replicates["r2"])] = np.nan
    of_classes = {
        name: np.stack([mean_over_sites(values[:, chosen]) for *_, chosen in groups], axis=1)
        for name, values in replicates.items()
    }
    return _Measured(of_sites, of_classes)


def imputation_gains(
    results: Iterable[tuple[tuple[str, int], Imputed]],
    truth: np.ndarray,
    typed: pd.DataFrame,
    settings: dict,
    seed: int,
) -> pd.DataFrame:
    """Return means and gains of every panel.

    Parameters
    ----------
    results
        Panel, seed and imputation result, read one at a time; `BASE` comes first, with every seed.
    truth : (n_people, n_sites) float64
        Number of ALT alleles.
    typed : DataFrame
        `target.TYPED_COLUMNS`.
    settings
        maf_bins, mac_bins.
    seed
        Seed of the bootstrap.

    Returns
    -------
    DataFrame
        `tables.GAIN_COLUMNS`. measure: `r2` (true), `nonref_concordance` or `quality` (the program's own); value: its
        mean over scored sites of the class and seeds; se_sites: its standard error over sites; gain: over `BASE` with
        the same seed, with a 95 % interval (the value +- 1.96 standard errors of a paired bootstrap: individuals are
        resampled once for all panels and seeds, seeds of the panel with replacement; that of `quality` is over seeds
        alone, and empty with one); share_better, share_worse: share of sites whose measure rises or falls by more
        than 0.01.

    Raises
    ------
    UserError
        No imputed site varies among the individuals.
    """
    weights = people_weights(len(truth), seed)
    scored = scored_sites(typed, truth)
    true = truth[:, scored]
    groups, measured = [], {}
    for key, imputed in results:
        if not groups:
            groups = [(*group[:3], group[3][scored]) for group in classes(typed, imputed.quality, settings)]
        measured[key] = _measure(imputed, true, scored, groups, weights)

    rows = []
    for panel in dict.fromkeys(panel for panel, _ in measured):
        seeds = [seed for name, seed in measured if name == panel]
        own, base = [measured[panel, seed] for seed in seeds], [measured[BASE, seed] for seed in seeds]
        # Each replicate draws as many seeds as there are, with replacement; the draws do not depend on other panels.
        rng = stream(seed, "bootstrap of seeds")
        seed_weights = rng.multinomial(len(seeds), np.full(len(seeds), 1 / len(seeds)), REPLICATES) / len(seeds)
        for measure in own[0].of_sites:
            values = np.array([one.of_sites[measure] for one in own])
            gains = values - [one.of_sites[measure] for one in base]
            by_seed = np.stack([mean_over_sites(gains[:, chosen]) for *_, chosen in groups], axis=1)
            if measure in own[0].of_classes:
                differences = [o.of_classes[measure] - b.of_classes[measure] for o, b in zip(own, base, strict=True)]
                spread = _spread(np.einsum("rs,srg->rg", seed_weights, differences))
            else:
                spread = _spread(by_seed) / np.sqrt(len(seeds))
            for (axis, low, high, chosen), gain, margin in zip(
                groups, by_seed.mean(axis=0), NORMAL_975 * spread, strict=True
            ):
                of_sites, change = values[:, chosen].mean(axis=0), gains[:, chosen].mean(axis=0)
                rows.append(
                    (
                        *(panel, measure, axis, low, high),
                        *(mean_over_sites(of_sites), pd.Series(of_sites).sem()),
                        *(gain, max(gain - margin, -1), min(gain + margin, 1)),
                        *(_share(change > CHANGE_MIN), _share(change < -CHANGE_MIN)),
                        *(chosen.sum(), len(truth), len(seeds)),
                    )
                )
    return pd.DataFrame(rows, columns=GAIN_COLUMNS)


def _spread(values: np.ndarray) -> np.ndarray:
    """Return the standard deviation of each column without NaN; NaN for fewer than two numbers."""
    return pd.DataFrame(values).std().to_numpy()


def _share(chosen: np.ndarray) -> float:
    return float(chosen.mean()) if len(chosen) else np.nan
