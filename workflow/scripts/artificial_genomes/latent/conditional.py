"""AGs that were made of given populations: is each like the real people of its own population?"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from sklearn.model_selection import GroupKFold, cross_val_predict

from artificial_genomes.errors import UserError
from artificial_genomes.haplotypes import Haplotypes
from artificial_genomes.latent.encoding import RealSets
from artificial_genomes.latent.tasks import chosen_penalty, classifier
from artificial_genomes.metrics import metric_rows
from artificial_genomes.statistics.bootstrap import percentile_interval, spread_interval
from artificial_genomes.statistics.frequencies import frequency_correlation, pearson
from artificial_genomes.statistics.ld import r2_matrix, thin_sites
from artificial_genomes.statistics.population import hudson_fst

MEASURES = ("af_r", "ld_r2_r", "fst_own", "fst_nearest_other", "accuracy")
COLUMNS = ["set", "population", "n_ag", "n_real", *MEASURES]

LD_SITES = 300
"""Sites on which LD within a population is compared, at the most, evenly spread."""

REPLICATES = 100
PEOPLE_MIN = 10
"""Populations with fewer test people are left out: their frequencies say little."""


def label_column(ags: Haplotypes) -> str:
    """Return the column of the people table by which AGs were made: population, or superpopulation.

    Raises
    ------
    UserError
        The AGs carry no labels.
    """
    for column in ("population", "superpopulation"):
        if (ags.people[column] != "").all():
            return column
    raise UserError("the AGs carry no labels. Set `labels` of the model that latent.conditional names.")


def population_scores(
    candidates: dict[str, np.ndarray], reference: dict[str, np.ndarray], guesses: dict[str, np.ndarray]
) -> pd.DataFrame:
    """Compare haplotypes made of each population with real people of it, and with those of others.

    Parameters
    ----------
    candidates, reference
        (n, n_sites) uint8 by population, the same populations; reference are test people.
    guesses
        (n,) str by population: what a classifier of real training people takes each candidate for.

    Returns
    -------
    DataFrame
        population, n_ag, n_real; af_r: Pearson's r of allele frequencies; ld_r2_r: of r2 over pairs of sites that vary
        in both; fst_own, fst_nearest_other: Hudson's Fst to the own population and the least to another; accuracy: the
        share that the classifier takes for the own population.
    """
    rows = []
    for name, alleles in candidates.items():
        real = reference[name]
        sites = thin_sites(alleles.shape[1], LD_SITES)
        pairs = np.triu_indices(len(sites), 1)
        ld = np.array([r2_matrix(part[:, sites])[pairs] for part in (real, alleles)])
        ld = ld[:, np.isfinite(ld).all(axis=0)]
        fst = {other: hudson_fst(alleles, others) for other, others in reference.items()}
        rows.append(
            (
                name,
                len(alleles),
                len(real),
                frequency_correlation(real.mean(axis=0), alleles.mean(axis=0)),
                pearson(*ld) if ld.shape[1] > 1 else np.nan,
                fst.pop(name),
                min(fst.values()),
                float((guesses[name] == name).mean()),
            )
        )
    return pd.DataFrame(rows, columns=COLUMNS[1:])


def conditional_metrics(
    ags: Haplotypes, real: RealSets, n_folds: int, seed: int
) -> tuple[pd.DataFrame, dict[str, pd.DataFrame]]:
    """Compare AGs of given populations, population by population.

    Parameters
    ----------
    n_folds
        Of the cross-validation by individual that chooses the classifier's penalty among training people.
    seed
        Of the folds, the permutation of labels and the bootstrap.

    Returns
    -------
    table : DataFrame
        `COLUMNS`; set is `ag`, `ceiling` (training people) or `floor` (the AGs, their labels permuted).
    metrics : dict of DataFrame
        `metrics.METRIC_COLUMNS` by set, the means over populations: conditional_af_r, conditional_ld_r2_r,
        conditional_fst_own, conditional_fst_margin (to the nearest other less to the own population) and
        conditional_accuracy. Intervals of the AGs from resamples of test people and of AGs, within their population.

    Raises
    ------
    UserError
        The AGs carry no labels, or fewer than two populations have ten test people.
    """
    column = label_column(ags)
    truth = real.test.people[column]
    counts = truth.value_counts()
    made = set(ags.people[column])
    names = [name for name in sorted(counts.index) if counts[name] >= PEOPLE_MIN and name in made]
    if len(names) < 2:
        raise UserError(
            f"fewer than two {column}s have {PEOPLE_MIN} test people and AGs. Write latent.conditional: null."
        )
    labels = real.train.people[column].to_numpy(object)
    penalty = chosen_penalty(real.train.alleles, labels, n_folds, np.random.default_rng([seed, 0]))
    teacher = classifier(penalty).fit(real.train.alleles, np.repeat(labels, 2))

    order = np.random.default_rng([seed, 1]).permutation(len(ags.people))
    floor = Haplotypes(ags.alleles, ags.sites, ags.people.iloc[order].reset_index(drop=True))
    reference = _by_population(real.test, column, names)
    tables = {}
    for name, candidate in (("ag", ags), ("ceiling", real.train), ("floor", floor)):
        parts = _by_population(candidate, column, names)
        guesses = {population: teacher.predict(alleles) for population, alleles in parts.items()}
        if name == "ceiling":  # the teacher must not have seen whom it judges
            folds = GroupKFold(n_folds, shuffle=True, random_state=seed)
            people = np.arange(len(labels)).repeat(2)
            cross = cross_val_predict(
                classifier(penalty), candidate.alleles, np.repeat(labels, 2), groups=people, cv=folds
            )
            guesses = {population: cross[np.repeat(labels, 2) == population] for population in names}
        tables[name] = population_scores(parts, reference, guesses)
        if name == "ag":
            replicates = _replicates(parts, reference, guesses, np.random.default_rng([seed, 2]))
    metrics = {
        name: metric_rows("test", _means(table, replicates if name == "ag" else None), table["n_real"].sum())
        for name, table in tables.items()
    }
    return pd.concat([table.assign(set=name) for name, table in tables.items()], ignore_index=True)[COLUMNS], metrics


def _by_population(haplotypes: Haplotypes, column: str, names: Sequence[str]) -> dict[str, np.ndarray]:
    labels = haplotypes.haplotype_labels(column)
    return {name: haplotypes.alleles[labels == name] for name in names}


def _replicates(
    parts: dict[str, np.ndarray],
    reference: dict[str, np.ndarray],
    guesses: dict[str, np.ndarray],
    rng: np.random.Generator,
) -> list[pd.DataFrame]:
    """Return the scores in resamples of people on both sides."""

    def rows(alleles: np.ndarray) -> np.ndarray:
        people = rng.integers(len(alleles) // 2, size=len(alleles) // 2)
        return np.stack([2 * people, 2 * people + 1], axis=1).ravel()

    tables = []
    for _ in range(REPLICATES):
        drawn = {name: rows(alleles) for name, alleles in parts.items()}
        tables.append(
            population_scores(
                {name: alleles[drawn[name]] for name, alleles in parts.items()},
                {name: alleles[rows(alleles)] for name, alleles in reference.items()},
                {name: guess[drawn[name]] for name, guess in guesses.items()},
            )
        )
    return tables


def _means(table: pd.DataFrame, replicates: list[pd.DataFrame] | None) -> dict[str, tuple[float, ...]]:
    values = {f"conditional_{name}": value for name, value in _mean_scores(table).items()}
    if replicates is None:
        return {name: (value,) for name, value in values.items()}
    resampled = pd.DataFrame([_mean_scores(one) for one in replicates]).add_prefix("conditional_")
    return {
        name: (
            value,
            # Shares keep their level in resamples; correlations and Fst do not, but their spread is sound.
            *(
                percentile_interval(resampled[name].to_numpy())
                if name == "conditional_accuracy"
                else spread_interval(value, resampled[name].to_numpy())
            ),
        )
        for name, value in values.items()
    }


def _mean_scores(table: pd.DataFrame) -> dict[str, float]:
    mean = table[list(MEASURES)].mean()
    return {
        "af_r": mean["af_r"],
        "ld_r2_r": mean["ld_r2_r"],
        "fst_own": mean["fst_own"],
        "fst_margin": mean["fst_nearest_other"] - mean["fst_own"],
        "accuracy": mean["accuracy"],
    }
