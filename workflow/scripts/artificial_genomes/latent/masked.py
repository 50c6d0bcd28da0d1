"""Haplotypes of which most sites are masked, completed by the RBM, by Beagle and by the commonest allele."""

import numpy as np
import pandas as pd

from artificial_genomes.imputation.result import Imputed
from artificial_genomes.imputation.scores import score_imputation
from artificial_genomes.models import Seed
from artificial_genomes.models.rbm_machine import Model

MEASURES = ("r2", "r2_rare", "concordance", "nonref_concordance")
"""Of `imputation.scores`, those that are reported."""


def completed(model: Model, alleles: np.ndarray, known: np.ndarray, chains: int, seed: Seed) -> Imputed:
    """Return what an RBM makes of individuals from their known sites.

    Parameters
    ----------
    alleles : (2 * n_people, n_sites) uint8
        What they hold at masked sites plays no part.
    known : (n_sites,) bool
    chains
        Gibbs chains a haplotype.
    """
    probability = model.complete(alleles, known, chains, seed)
    return _imputed(probability)


def commonest(alleles: np.ndarray, known: np.ndarray, train: np.ndarray) -> Imputed:
    """Return individuals with the commonest allele of the training haplotypes at every masked site.

    Parameters
    ----------
    alleles, train : (2 * n_people, n_sites), (n_train, n_sites) uint8
    known : (n_sites,) bool
    """
    probability = np.tile((train.mean(axis=0) > 0.5).astype(np.float64), (len(alleles), 1))
    probability[:, known] = alleles[:, known]
    return _imputed(probability)


def _imputed(probability: np.ndarray) -> Imputed:
    """Return dosages and likeliest genotypes from the probability of ALT of every haplotype."""
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
        By name.
    baseline
        The name of the result that the others are compared with.
    seed
        Of the bootstrap over individuals, the same resamples for all results.

    Returns
    -------
    dict of DataFrame
        `metric_table.METRIC_COLUMNS` by name: masked_r2, masked_r2_rare, masked_concordance, masked_nonref_concordance
        as `docs/imputation.md` defines them, and `..._over_{baseline}`, the same less that of the baseline.
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
