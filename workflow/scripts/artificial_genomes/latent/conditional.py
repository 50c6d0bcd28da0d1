"""AGs of given populations: the similarity of each to the real individuals of its own population."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from artificial_genomes.compare.matching import haplotypes_of
from artificial_genomes.core.errors import UserError
from artificial_genomes.core.haplotypes import Haplotypes
from artificial_genomes.core.metric_table import metric_rows
from artificial_genomes.core.random_streams import stream
from artificial_genomes.core.sites import evenly_spread
from artificial_genomes.latent.encoding import RealSets
from artificial_genomes.latent.tables import MEASURES, POPULATION_COLUMNS
from artificial_genomes.latent.tasks import by_person, chosen_penalty, classifier, person_folds
from artificial_genomes.statistics.bootstrap import (
    percentile_interval,
    resample_people,
    resampled_means,
    spread_interval,
)
from artificial_genomes.statistics.frequencies import frequency_correlation, pearson
from artificial_genomes.statistics.ld import r2_matrix
from artificial_genomes.statistics.population import fst_of_counts

LD_SITES = 300
"""Maximum number of sites, evenly spaced, for comparing LD within a population."""

REPLICATES = 100
PEOPLE_MIN = 10
"""Minimum number of test individuals of a population; frequencies of smaller ones are too uncertain."""


def label_column(ags: Haplotypes) -> str:
    """Return the kind of label by which AGs were generated: population or superpopulation.

    Raises
    ------
    UserError
        The AGs have no labels.
    """
    for column in ("population", "superpopulation"):
        if (ags.people[column] != "").all():
            return column
    raise UserError("the AGs have no labels. Set `labels` of the model named by latent.conditional.")


@dataclass(frozen=True)
class Sample:
    """The statistics of a population that are compared.

    Attributes
    ----------
    n
        Number of haplotypes.
    alt : (n_sites,) float64
        Numbers of ALT alleles.
    r2 : (n_pairs,) float64
        r2 of pairs of at most `LD_SITES` sites; NaN if one does not vary.
    """

    n: int
    alt: np.ndarray
    r2: np.ndarray


class Draws:
    """Resamples of the same individuals, with different weights.

    Parameters
    ----------
    alleles : (n, n_sites) uint8
        Rows 2i and 2i + 1 belong to individual i.
    draws : (n_samples, n / 2) float64
        How often each individual was drawn.
    """

    def __init__(self, alleles: np.ndarray, draws: np.ndarray):
        self.draws = draws
        self._alt = draws @ alleles.reshape(draws.shape[1], 2, -1).sum(axis=1, dtype=np.float64)
        self._thinned = alleles[:, evenly_spread(alleles.shape[1], LD_SITES)]
        self._pairs = np.triu_indices(self._thinned.shape[1], 1)

    def __getitem__(self, i: int) -> Sample:
        people = np.repeat(np.arange(self.draws.shape[1]), self.draws[i].astype(np.int64))
        r2 = r2_matrix(self._thinned[haplotypes_of(people)])[self._pairs]
        return Sample(2 * len(people), self._alt[i], r2)


def population_scores(
    candidates: dict[str, Sample], reference: dict[str, Sample], accuracy: dict[str, float]
) -> pd.DataFrame:
    """Compare haplotypes generated for each population with real individuals of it, and with those of others.

    Parameters
    ----------
    candidates, reference
        Profiles by population, for the same populations; `reference` is from test individuals.
    accuracy
        By population: the share of candidates that a classifier of real training individuals assigns to it.

    Returns
    -------
    DataFrame
        population, n_ag, n_real; af_r: Pearson's r of allele frequencies; ld_r2_r: of r2 over pairs of sites that vary
        in both; fst_own, fst_nearest_other: Hudson's Fst to the own population and the smallest to another; accuracy.
    """
    rows = []
    for name, own in candidates.items():
        real = reference[name]
        ld = np.array([real.r2, own.r2])
        ld = ld[:, np.isfinite(ld).all(axis=0)]
        fst = {to: fst_of_counts(own.alt, own.n, other.alt, other.n) for to, other in reference.items()}
        rows.append(
            (
                name,
                own.n,
                real.n,
                frequency_correlation(real.alt / real.n, own.alt / own.n),
                pearson(*ld) if ld.shape[1] > 1 else np.nan,
                fst.pop(name),
                min(fst.values()),
                accuracy[name],
            )
        )
    return pd.DataFrame(rows, columns=POPULATION_COLUMNS[1:])


def judged_populations(tested: pd.Series, made: pd.Series) -> list[str]:
    """Return the populations, or superpopulations, by which AGs are judged.

    Parameters
    ----------
    tested, made
        The labels of test individuals and of AGs.

    Raises
    ------
    UserError
        There are fewer than two.
    """
    counts = tested.value_counts()
    names = [name for name in sorted(counts.index) if counts[name] >= PEOPLE_MIN and name in set(made)]
    if len(names) < 2:
        raise UserError(
            f"fewer than two {tested.name}s have {PEOPLE_MIN} test individuals and AGs. Set latent.conditional: []."
        )
    return names


def conditional_metrics(
    ags: Haplotypes, real: RealSets, n_folds: int, seed: int
) -> tuple[pd.DataFrame, dict[str, pd.DataFrame]]:
    """Compare AGs of given populations, population by population.

    Parameters
    ----------
    n_folds
        Folds of the cross-validation by individual that chooses the classifier's penalty on training individuals.
    seed
        Seed of the folds, the permutation of labels and the bootstrap.

    Returns
    -------
    table : DataFrame
        `POPULATION_COLUMNS`; set is `ag`, `ceiling` (training individuals) or `floor` (the AGs, their labels permuted).
    metrics : dict of DataFrame
        `metric_table.METRIC_COLUMNS` by set, the means over populations: conditional_af_r, conditional_ld_r2_r,
        conditional_fst_own, conditional_fst_margin (to the nearest other minus to the own population) and
        conditional_accuracy. Intervals of the AGs from resamples of test individuals and of AGs, within their
        population.

    Raises
    ------
    UserError
        The AGs have no labels, or fewer than two populations have ten test individuals.
    """
    column = label_column(ags)
    truth = real.test.people[column]
    names = judged_populations(truth, ags.people[column])
    labels = real.train.people[column].to_numpy(object)
    penalty = chosen_penalty(real.train.alleles, labels, n_folds, stream(seed, "conditional penalty folds"))
    fitted = classifier(penalty).fit(real.train.alleles, np.repeat(labels, 2))

    order = stream(seed, "conditional permutation").permutation(len(ags.people))
    guess = fitted.predict(ags.alleles)
    # The classifier must not be trained on the individuals that it judges.
    folds = by_person(person_folds(labels, n_folds, stream(seed, "conditional teacher folds")))
    from sklearn.model_selection import cross_val_predict  # slow, as in `tasks`

    unseen = cross_val_predict(classifier(penalty), real.train.alleles, np.repeat(labels, 2), cv=folds)
    candidates = {
        "ag": (ags.alleles, ags.people[column].to_numpy(object), guess),
        "ceiling": (real.train.alleles, labels, unseen),
        "floor": (ags.alleles, ags.people[column].to_numpy(object)[order], guess),
    }
    reference = _by_population(real.test.alleles, truth.to_numpy(object), names)
    tables = {}
    for name, (alleles, of_people, guesses) in candidates.items():
        parts = _by_population(alleles, of_people, names)
        own = np.repeat(of_people, 2)
        correct = {population: guesses[own == population] == population for population in names}
        tables[name] = _resampled_scores(parts, reference, correct)[0]
        if name == "ag":
            replicates = _resampled_scores(parts, reference, correct, stream(seed, "conditional bootstrap"))
    metrics = {
        name: metric_rows("test", _means(table, replicates if name == "ag" else None), table["n_real"].sum())
        for name, table in tables.items()
    }
    return pd.concat([table.assign(set=name) for name, table in tables.items()], ignore_index=True)[
        POPULATION_COLUMNS
    ], metrics


def _by_population(alleles: np.ndarray, labels: np.ndarray, names: Sequence[str]) -> dict[str, np.ndarray]:
    return {name: alleles[np.repeat(labels == name, 2)] for name in names}


def _resampled_scores(
    parts: dict[str, np.ndarray],
    reference: dict[str, np.ndarray],
    correct: dict[str, np.ndarray],
    rng: np.random.Generator | None = None,
) -> list[pd.DataFrame]:
    """Return the scores in resamples of individuals on both sides, or without `rng` those of the data."""

    def draws(alleles: np.ndarray) -> Draws:
        n_people = len(alleles) // 2
        return Draws(alleles, np.ones((1, n_people)) if rng is None else resample_people(n_people, REPLICATES, rng))

    ours, theirs = ({name: draws(alleles) for name, alleles in side.items()} for side in (parts, reference))
    accuracy = pd.DataFrame({name: resampled_means(correct[name], drawn.draws) for name, drawn in ours.items()})
    return [
        population_scores(
            {name: drawn[i] for name, drawn in ours.items()}, {name: drawn[i] for name, drawn in theirs.items()}, shares
        )
        for i, shares in enumerate(accuracy.to_dict("records"))
    ]


def _means(table: pd.DataFrame, replicates: list[pd.DataFrame] | None) -> dict[str, tuple[float, ...]]:
    values = {f"conditional_{name}": value for name, value in _mean_scores(table).items()}
    if replicates is None:
        return {name: (value,) for name, value in values.items()}
    resampled = pd.DataFrame([_mean_scores(one) for one in replicates]).add_prefix("conditional_")
    return {
        name: (
            value,
            # Shares are unbiased in resamples; correlations and Fst are not, but their spread is valid.
            *(
                percentile_interval(resampled[name].to_numpy())
                if name == "conditional_accuracy"
                else spread_interval(value, resampled[name].to_numpy(), low=-1, high=1)
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
