"""Accuracy of imputed genotypes, and whether AGs in the panel improve it."""

import logging
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from artificial_genomes.core.errors import UserError
from artificial_genomes.core.haplotypes import Haplotypes
from artificial_genomes.core.metric_table import METRIC_COLUMNS
from artificial_genomes.core.random_streams import stream
from artificial_genomes.imputation.result import Imputed
from artificial_genomes.imputation.tables import CALIBRATION_COLUMNS
from artificial_genomes.statistics.bootstrap import spread_interval

log = logging.getLogger(__name__)

RARE_MAF = 0.05
"""Sites with a smaller minor allele frequency in the biobank are rare, as in the lowest bin of the paper."""

REPLICATES = 500
DOSAGE_BINS = np.linspace(0, 2, 21)
QUALITY_BINS = np.linspace(0, 1, 11)
# Variances of allele counts and dosages are either zero up to rounding, or far above this.
_NO_VARIANCE = 1e-10
_BLOCK_SITES = 2000


def allele_counts(haplotypes: Haplotypes) -> np.ndarray:
    """Return the number of ALT alleles of every individual at every site: (n_people, n_sites) float64."""
    return haplotypes.alleles.reshape(-1, 2, haplotypes.n_sites).sum(axis=1, dtype=np.float64)


def people_weights(n_people: int, seed: int) -> np.ndarray:
    """Return weights of individuals in bootstrap resamples: (`REPLICATES`, n_people) float64, rows sum to 1."""
    rng = stream(seed, "bootstrap of target people")
    return rng.multinomial(n_people, np.full(n_people, 1 / n_people), REPLICATES) / n_people


def true_r2(dosages: np.ndarray, truth: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
    """Return the squared correlation of dosage and true number of ALT alleles at every site.

    Parameters
    ----------
    dosages, truth : (n_people, n_sites) float64
    weights : (replicates, n_people) float64, optional
        Weights of individuals, rows sum to 1; by default, all are equal.

    Returns
    -------
    (n_sites,) or (replicates, n_sites) float64
        NaN if the truth does not vary; 0 if the truth varies but the dosage does not.
    """
    return _in_blocks(_true_r2, dosages, truth, weights)


def nonref_concordance(genotypes: np.ndarray, truth: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
    """Return the share of individuals, of those with ALT in truth or in the result, whose genotype is right at every
    site.

    Parameters
    ----------
    genotypes, truth : (n_people, n_sites) int8, float64
        Number of ALT alleles.
    weights : (replicates, n_people) float64, optional
        Weights of individuals; by default, all are equal.

    Returns
    -------
    (n_sites,) or (replicates, n_sites) float64
        NaN if no individual has ALT.
    """
    return _in_blocks(_nonref_concordance, genotypes, truth, weights)


def _in_blocks(
    measure: Callable[..., np.ndarray], imputed: np.ndarray, truth: np.ndarray, weights: np.ndarray | None
) -> np.ndarray:
    """Return a measure of sites in resamples of individuals, computed for some sites at a time to save memory."""
    if weights is None:
        return _in_blocks(measure, imputed, truth, np.full((1, len(truth)), 1 / len(truth)))[0]
    values = np.empty((len(weights), truth.shape[1]))
    for start in range(0, truth.shape[1], _BLOCK_SITES):
        block = slice(start, start + _BLOCK_SITES)
        values[:, block] = measure(imputed[:, block], truth[:, block], weights)
    return values


def _true_r2(dosages: np.ndarray, truth: np.ndarray, weights: np.ndarray) -> np.ndarray:
    x, y = dosages - dosages.mean(axis=0), truth - truth.mean(axis=0)
    mean_x, mean_y = weights @ x, weights @ y
    variance_x = weights @ (x * x) - mean_x**2
    variance_y = weights @ (y * y) - mean_y**2
    covariance = weights @ (x * y) - mean_x * mean_y
    r2 = np.zeros(covariance.shape)
    varying = (variance_x > _NO_VARIANCE) & (variance_y > _NO_VARIANCE)
    np.divide(covariance**2, variance_x * variance_y, out=r2, where=varying)
    r2[variance_y <= _NO_VARIANCE] = np.nan
    return r2


def _nonref_concordance(genotypes: np.ndarray, truth: np.ndarray, weights: np.ndarray) -> np.ndarray:
    carriers = (genotypes > 0) | (truth > 0)
    right = weights @ (carriers & (genotypes == truth)).astype(float)
    n = weights @ carriers.astype(float)
    return np.divide(right, n, out=np.full(n.shape, np.nan), where=n > 0)


def site_scores(imputed: Imputed, truth: np.ndarray, typed: pd.DataFrame) -> pd.DataFrame:
    """Return the accuracy of a result, site by site.

    Parameters
    ----------
    imputed
        Result for n individuals.
    truth : (n_people, n_sites) float64
        Number of ALT alleles.
    typed : DataFrame
        `target.TYPED_COLUMNS`.

    Returns
    -------
    DataFrame
        contig position id maf_biobank mac_biobank typed, af_truth (of the individuals imputed), r2 (`true_r2`),
        concordance (share of individuals whose genotype is right), nonref_concordance, quality (the program's own).
    """
    return typed[["contig", "position", "id", "maf_biobank", "mac_biobank", "typed"]].assign(
        af_truth=truth.mean(axis=0) / 2,
        r2=true_r2(imputed.dosages, truth),
        concordance=(imputed.genotypes == truth).mean(axis=0),
        nonref_concordance=nonref_concordance(imputed.genotypes, truth),
        quality=imputed.quality,
    )


def scored_sites(typed: pd.DataFrame, truth: np.ndarray) -> np.ndarray:
    """Return whether each site is scored, that is, imputed and variable in the truth: (n_sites,) bool.

    Raises
    ------
    UserError
        There are none.
    """
    scored = typed["typed"].eq(0).to_numpy() & (truth.min(axis=0) < truth.max(axis=0))
    if not scored.any():
        raise UserError("no imputed site varies among the test individuals. Use more sites or a larger split.test.")
    return scored


@dataclass(frozen=True)
class Scores:
    """Tables of one imputation.

    Attributes
    ----------
    sites : DataFrame
        From `site_scores`.
    calibration : DataFrame
        kind low high predicted observed n. kind `dosage`: genotypes at scored sites by imputed dosage, with the mean
        dosage and the mean true number of ALT alleles. kind `quality`: sites by the program's own quality, with its
        mean and that of the true r2.
    metrics : DataFrame
        `METRIC_COLUMNS`, over scored sites; names are explained in `docs/imputation.md`.
    """

    sites: pd.DataFrame
    calibration: pd.DataFrame
    metrics: pd.DataFrame


def score_imputation(
    truth: np.ndarray, typed: pd.DataFrame, imputed: Imputed, baseline: Imputed | None, seed: int, suffix: str = ""
) -> Scores:
    """Score imputed individuals against the truth.

    Parameters
    ----------
    truth : (n_people, n_sites) float64
        Number of ALT alleles.
    typed : DataFrame
        `target.TYPED_COLUMNS`.
    imputed
        The result for the panel to score.
    baseline
        The result for the panel of public individuals alone, against which gains are measured; None for that panel
        itself.
    seed
        Seed of the bootstrap over individuals, with the same resamples for both panels. Intervals are the value +- 1.96
        standard errors, since percentiles would be biased by resamples that lose the only carrier of a rare allele;
        intervals are limited to the range of the measure.
    suffix
        Suffix of the metric names.

    Raises
    ------
    UserError
        No imputed site varies among the individuals.
    """
    sites = site_scores(imputed, truth, typed)
    scored = scored_sites(typed, truth)
    rare = scored & (sites["maf_biobank"].to_numpy() < RARE_MAF)
    log.info(
        "%d sites typed, %d imputed, of which %d vary among the %d target individuals",
        *(sites["typed"].sum(), sites["typed"].eq(0).sum(), scored.sum(), len(truth)),
    )
    weights = people_weights(len(truth), seed)
    results = {"": _measures(imputed, truth, weights, scored, rare)}
    if baseline is not None:
        base = _measures(baseline, truth, weights, scored, rare)
        results["_gain"] = {
            name: (value - base[name][0], replicates - base[name][1])
            for name, (value, replicates) in results[""].items()
            if name != "dosage_slope"
        }
    rows = []
    for ending, measures in results.items():
        for name, (value, replicates) in measures.items():
            n = int(rare.sum() if name.endswith("_rare") else scored.sum())
            low, high = (-np.inf, np.inf) if name == "dosage_slope" else (-1.0, 1.0) if ending else (0.0, 1.0)
            interval = spread_interval(value, replicates, low, high)
            rows.append(("test", f"imputation_{name}{ending}{suffix}", value, *interval, n))
    return Scores(sites, calibration(imputed, truth, sites, scored), pd.DataFrame(rows, columns=METRIC_COLUMNS))


def _measures(
    imputed: Imputed, truth: np.ndarray, weights: np.ndarray, scored: np.ndarray, rare: np.ndarray
) -> dict[str, tuple[float, np.ndarray]]:
    """Return every measure over scored sites with its values in resamples of individuals (NaN where it has none)."""
    measures = {}
    for name, chosen in (("r2", scored), ("r2_rare", rare)):
        dosages, true = imputed.dosages[:, chosen], truth[:, chosen]
        measures[name] = mean_over_sites(true_r2(dosages, true)), mean_over_sites(true_r2(dosages, true, weights))
    calls, dosages, true = imputed.genotypes[:, scored], imputed.dosages[:, scored], truth[:, scored]
    right, carriers = calls == true, (calls > 0) | (true > 0)
    centred = true - true.mean()
    for name, above, below in (
        ("concordance", right.sum(axis=1), np.full(len(true), true.shape[1])),
        ("nonref_concordance", (right & carriers).sum(axis=1), carriers.sum(axis=1)),
        # Slope of truth on dosage, both about the mean of all.
        (
            "dosage_slope",
            ((dosages - dosages.mean()) * centred).sum(axis=1),
            ((dosages - dosages.mean()) ** 2).sum(axis=1),
        ),
    ):
        with np.errstate(divide="ignore", invalid="ignore"):
            measures[name] = float(above.sum() / below.sum()), (weights @ above) / (weights @ below)
    for name, chosen in (("quality", scored), ("quality_rare", rare)):
        measures[name] = mean_over_sites(imputed.quality[chosen]), np.full(len(weights), np.nan)
    return measures


def mean_over_sites(values: np.ndarray) -> np.ndarray:
    """Return the mean over the last axis without NaN; NaN if all are NaN."""
    defined = np.isfinite(values)
    n = defined.sum(axis=-1)
    total = np.where(defined, values, 0).sum(axis=-1)
    return np.divide(total, n, out=np.full(np.shape(total), np.nan), where=n > 0)[()]


def calibration(imputed: Imputed, truth: np.ndarray, sites: pd.DataFrame, scored: np.ndarray) -> pd.DataFrame:
    """Return the calibration of dosages and qualities; columns as in `Scores`."""
    pairs = {
        "dosage": (DOSAGE_BINS, imputed.dosages[:, scored].ravel(), truth[:, scored].ravel()),
        "quality": (QUALITY_BINS, imputed.quality[scored], sites["r2"].to_numpy(float)[scored]),
    }
    rows = []
    for kind, (edges, predicted, observed) in pairs.items():
        place = np.clip(np.searchsorted(edges, predicted, side="right") - 1, 0, len(edges) - 2)
        for i in range(len(edges) - 1):
            here = (place == i) & np.isfinite(predicted)
            if here.any():
                rows.append((kind, edges[i], edges[i + 1], predicted[here].mean(), observed[here].mean(), here.sum()))
    return pd.DataFrame(rows, columns=CALIBRATION_COLUMNS)
