"""Haplotypes with most sites masked, completed by the RBM, by Beagle and by the most common allele."""

import numpy as np
import pandas as pd

from artificial_genomes.imputation.result import Imputed
from artificial_genomes.imputation.scores import score_imputation
from artificial_genomes.models import Seed
from artificial_genomes.models.rbm_machine import Model

MEASURES = ("r2", "r2_rare", "concordance", "nonref_concordance")
"""Measures of `imputation.scores` that are reported."""


def completed(model: Model, alleles: np.ndarray, known: np.ndarray, chains: int, seed: Seed) -> Imputed:
    """Return individuals completed by an RBM from their known sites.

    Parameters
    ----------
    alleles : (2 * n_people, n_sites) uint8
        Alleles at masked sites are ignored.
    known : (n_sites,) bool
    chains
        Number of Gibbs chains per haplotype.
    """
    probability = model.complete(alleles, known, chains, seed)
    return _imputed(probability)


def commonest(alleles: np.ndarray, known: np.ndarray, train: np.ndarray) -> Imputed:
    """Return individuals with the most common allele of the training haplotypes at every masked site.

    Parameters
    ----------
    alleles, train : (2 * n_people, n_sites), (n_train, n_sites) uint8
    known : (n_sites,) bool
    """
    probability = np.tile((train.mean(axis=0) > 0.5).astype(np.float64), (len(alleles), 1))
    probability[:, known] = alleles[:, known]
    return _imputed(probability)


def _imputed(probability: np.ndarray) -> Imputed:
    """Return dosages and most likely genotypes, given the probability of ALT of every haplotype."""
    by_person = probability.reshape(-1, 2, probability.shape[1])
    return Imputed(
        by_person.sum(axis=1), np.full(probability.shape[1], np.nan), (by_person > 0.5).sum(axis=1, dtype=np.int8)
    )


def masked_metrics(
    truth: np.ndarray, typed: pd.DataFrame, results: dict[str, Imputed], baseline: str, seed: int
) -> dict[str, pd.DataFrame]:
    """Score completed individuals.

    Parameters
    ----------
    truth : (n_people, n_sites) float64
        Number of ALT alleles.
    typed : DataFrame
        `imputation.target.TYPED_COLUMNS`.
    results
        Results by name.
    baseline
        Name of the result with which the others are compared.
    seed
        Seed of the bootstrap over individuals, with the same resamples for all results.

    Returns
    -------
    dict of DataFrame
        `metric_table.METRIC_COLUMNS` by name: masked_r2, masked_r2_rare, masked_concordance, masked_nonref_concordance
        as `docs/imputation.md` defines them, and `..._over_{baseline}`, the difference from that of the baseline.
    """
    tables = {}
    for name, result in results.items():
        other = results[baseline] if name != baseline else None
        metrics = score_imputation(truth, typed, result, other, seed).metrics
        gains = {f"imputation_{measure}_gain": f"masked_{measure}_over_{baseline}" for measure in MEASURES}
        names = {f"imputation_{measure}": f"masked_{measure}" for measure in MEASURES} | gains
        known = metrics["metric"].isin(names)
        tables[name] = metrics[known].assign(metric=metrics["metric"].map(names)).dropna(subset="value")
    return tables
