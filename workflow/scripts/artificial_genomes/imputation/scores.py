"""How true imputed genotypes are, and whether AGs in the panel make them truer."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

from artificial_genomes.errors import UserError
from artificial_genomes.haplotypes import Haplotypes
from artificial_genomes.imputation.result import Imputed
from artificial_genomes.imputation.target import minor_allele_frequencies, typed_sites
from artificial_genomes.metrics import METRIC_COLUMNS

log = logging.getLogger(__name__)

RARE_MAF = 0.05
_REPLICATES = 500
_NORMAL_975 = 1.959964
# Variances of allele counts and dosages are either zero but for rounding, or far above this.
_NO_VARIANCE = 1e-10


def true_r2(dosages: np.ndarray, truth: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
    """Return the squared correlation of dosage and true number of ALT alleles at every site.

    Parameters
    ----------
    dosages, truth : (n_people, n_sites) float64
    weights : (replicates, n_people) float64, optional
        Weights of people, rows sum to 1; without, all are equal.

    Returns
    -------
    (n_sites,) or (replicates, n_sites) float64
        NaN where the truth does not vary; 0 where it does and the dosage does not.
    """
    if weights is None:
        return true_r2(dosages, truth, np.full((1, len(truth)), 1 / len(truth)))[0]
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


@dataclass(frozen=True)
class Scores:
    """Tables of one imputation; columns as in `score_imputation`."""

    sites: pd.DataFrame
    bins: pd.DataFrame
    metrics: pd.DataFrame


def score_imputation(
    haplotypes: Haplotypes,
    split: np.ndarray,
    imputed: Imputed,
    baseline: Imputed | None,
    settings: dict,
    seed: int,
) -> Scores:
    """Score imputed test people against the truth.

    Parameters
    ----------
    haplotypes, split
        The real people of the dataset, targets among them (split "test").
    imputed
        The result for the panel in question.
    baseline
        The result for the panel of public people alone, which gains are measured against; None for that panel itself.
    settings
        typed_fraction, typed_maf_min, maf_bins (edges; the last bin has its upper edge in it).
    seed
        Of the bootstrap over target people, the same resamples for both panels.

    Returns
    -------
    Scores
        sites: contig position id maf_biobank typed r2 dr2 · bins: maf_low maf_high n_sites r2_mean r2_se dr2_mean, over
        imputed (not typed) sites whose truth varies, r2_se over sites · metrics: reference metric value ci_low ci_high
        n, the same sites; intervals are the value +- 1.96 bootstrap standard errors, because resamples lose the only
        carrier of a rare allele and percentiles would be off.

    Raises
    ------
    UserError
        No imputed site varies among the target people.
    """
    train = haplotypes.take_people(split == "train").alleles
    truth = allele_counts(haplotypes.take_people(split == "test"))
    maf = minor_allele_frequencies(train)
    typed = typed_sites(train, settings["typed_fraction"], settings["typed_maf_min"])
    r2 = true_r2(imputed.dosages, truth)
    scored = ~typed & np.isfinite(r2)
    log.info(
        "%d sites typed, %d imputed, of which %d vary among the %d target people",
        *(typed.sum(), (~typed).sum(), scored.sum(), len(truth)),
    )
    if not scored.any():
        raise UserError("no imputed site varies among the test people. Take more sites or a larger split.test.")

    sites = haplotypes.sites[["contig", "position", "id"]].assign(
        maf_biobank=maf, typed=typed.astype(int), r2=r2, dr2=imputed.quality
    )
    n = len(truth)
    weights = np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), _REPLICATES) / n
    resampled = true_r2(imputed.dosages, truth, weights)
    quantities = {"imputation_r2": (r2, resampled)}
    if baseline is not None:
        quantities["imputation_r2_gain"] = (
            r2 - true_r2(baseline.dosages, truth),
            resampled - true_r2(baseline.dosages, truth, weights),
        )
    rows = []
    for name, (values, replicates) in quantities.items():
        rare_name = name.replace("_r2", "_r2_rare")
        for metric, chosen in ((name, scored), (rare_name, scored & (maf < RARE_MAF))):
            rows.append(("test", metric, *_mean_interval(values[chosen], replicates[:, chosen]), int(chosen.sum())))
    return Scores(sites, _bins(sites[scored], settings["maf_bins"]), pd.DataFrame(rows, columns=METRIC_COLUMNS))


def allele_counts(haplotypes: Haplotypes) -> np.ndarray:
    """Return the number of ALT alleles of every person at every site: (n_people, n_sites) float64."""
    return haplotypes.alleles.reshape(-1, 2, haplotypes.n_sites).sum(axis=1, dtype=np.float64)


def _mean_interval(values: np.ndarray, replicates: np.ndarray) -> tuple[float, float, float]:
    """Return a mean over sites and its interval; NaN where there is no site."""
    if len(values) == 0:
        return np.nan, np.nan, np.nan
    defined = np.isfinite(replicates)
    with_sites = defined.any(axis=1)
    means = np.where(defined, replicates, 0).sum(axis=1)[with_sites] / defined.sum(axis=1)[with_sites]
    mean, margin = values.mean(), _NORMAL_975 * means.std(ddof=1)
    return mean, mean - margin, mean + margin


def _bins(sites: pd.DataFrame, edges: Sequence[float]) -> pd.DataFrame:
    """Return means by minor allele frequency in the biobank; a bin without sites has a row without numbers."""
    rows = []
    for low, high in pairwise(edges):
        below = sites["maf_biobank"] <= high if high == edges[-1] else sites["maf_biobank"] < high
        part = sites[(sites["maf_biobank"] >= low) & below]
        rows.append((low, high, len(part), part["r2"].mean(), part["r2"].sem(), part["dr2"].mean()))
    return pd.DataFrame(rows, columns=["maf_low", "maf_high", "n_sites", "r2_mean", "r2_se", "dr2_mean"])
