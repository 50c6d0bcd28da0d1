"""The privacy audit of one AG set: copies of training haplotypes, attacks on membership, and the power of those."""

import numpy as np
import pandas as pd

from artificial_genomes.compare.matching import Candidate, MatchedPeople, haplotypes_of, population_labels
from artificial_genomes.core.haplotypes import Haplotypes
from artificial_genomes.core.metric_table import EVERYBODY, Metrics, metric_rows
from artificial_genomes.core.random_streams import stream
from artificial_genomes.statistics import bootstrap
from artificial_genomes.statistics.distances import distances_within, nearest_neighbours
from artificial_genomes.statistics.privacy import (
    FALSE_POSITIVE_RATE,
    NEAR_SHARE,
    PLANTED_SHARE,
    Attack,
    Copies,
    find_copies,
    near_share_replicates,
    planted_rate,
    planted_replicates,
)

BOTH_REFERENCES = "train+test"
"""The reference of metrics that set train against test people."""

PLANTINGS = 5
"""So often are copies planted; the power is the mean."""

POPULATION_MIN, POPULATION_JUDGED_MIN = 20, 100
"""Haplotypes of a population, members and others each: from so many on it has a row, and its attack counts."""


def audit(
    real: Haplotypes, people: MatchedPeople, candidate: Candidate, seed: int, replicates: int, threads: int = 1
) -> dict[str, pd.DataFrame]:
    """Audit all haplotypes of a candidate, as an attacker sees them.

    Parameters
    ----------
    real, people, candidate
        See `matching`.
    seed, replicates
        Of the planted copies and of the bootstrap over people.
    threads
        Number of threads.

    Returns
    -------
    dict of DataFrame
        metrics (reference metric value ci_low ci_high n) · privacy (population members others mia_auc
        mia_calibrated_auc mia_calibrated_tpr planted_tpr; a row a population, `all` first; without rows where nobody
        knows the training people) · flagged (haplotype distance threshold reason population; AGs too near to a
        training haplotype)
    """
    rng = stream(seed, "audit bootstrap")
    seen = real.take_people(candidate.seen)
    distance, nearest = nearest_neighbours(candidate.alleles, seen.alleles, threads)
    n = len(candidate.alleles)
    if len(people.unseen):
        test = real.take_people(people.unseen).alleles
        unseen, _ = nearest_neighbours(test, seen.alleles, threads)
        # The same the other way round: near to people whom no model can know?
        to_test, _ = nearest_neighbours(candidate.alleles, test, threads)
        seen_to_test, _ = nearest_neighbours(seen.alleles, test, threads)
        copies = _copy_metrics(distance, unseen, replicates, rng)
        excess = bootstrap.difference_interval(
            _near_share(to_test, seen_to_test, replicates, rng), copies["near_copies_share"]
        )
        metrics = [metric_rows("train", copies, n), metric_rows(BOTH_REFERENCES, {"near_unseen_excess": excess}, n)]
    else:
        unseen = distances_within(seen.alleles, threads=threads).nearest
        metrics = [metric_rows(EVERYBODY, _copy_metrics(distance, unseen, replicates, rng), n)]
    labels = population_labels(real, people.train)
    populations = None if labels is None else labels[haplotypes_of(candidate.seen)][nearest]
    by_population = pd.DataFrame(columns=_COLUMNS)
    if len(people.unseen):
        attacks = _Attacks(real, people, candidate, labels, seed, threads)
        metrics.append(metric_rows(BOTH_REFERENCES, attacks.metrics(replicates, rng), 2 * people.n_people))
        by_population = attacks.by_population()
    return {
        "metrics": pd.concat(metrics, ignore_index=True),
        "privacy": by_population,
        "flagged": _flagged(find_copies(distance, unseen), distance, populations),
    }


_COLUMNS = [
    "population",
    "members",
    "others",
    "mia_auc",
    "mia_calibrated_auc",
    "mia_calibrated_tpr",
    "planted_tpr",
]


def _copy_metrics(distance: np.ndarray, unseen: np.ndarray, replicates: int, rng: np.random.Generator) -> Metrics:
    draws, unseen_draws = (bootstrap.resample_people(len(one) // 2, replicates, rng) for one in (distance, unseen))
    exact, by_chance = (distance == 0).astype(float), (unseen == 0).astype(float)
    exact_replicates = bootstrap.resampled_means(exact, draws)
    low, high = bootstrap.share_interval(exact.mean(), len(exact), exact_replicates)
    excess = exact_replicates - bootstrap.resampled_means(by_chance, unseen_draws)
    excess_low, excess_high = bootstrap.percentile_interval(excess)
    return {
        "exact_copies": (exact.sum(),),
        "exact_copies_share": (exact.mean(), low, high),
        "exact_copies_excess": (
            exact.mean() - by_chance.mean(),
            min(excess_low, low - by_chance.mean()),
            max(excess_high, high - by_chance.mean()),
        ),
        "near_copies_share": _near_share(distance, unseen, replicates, rng),
    }


def _near_share(
    distance: np.ndarray, unseen: np.ndarray, replicates: int, rng: np.random.Generator
) -> tuple[float, float, float]:
    share = find_copies(distance, unseen).near_share()
    if np.isnan(share):
        return share, np.nan, np.nan
    resampled = near_share_replicates(distance, unseen, replicates, rng)
    low, high = bootstrap.share_interval(share, len(distance), resampled)
    return share, _measurable(low, len(unseen), NEAR_SHARE), high


def _measurable(low: float, n_unseen: int, share: float) -> float:
    """Return the lower end of an interval; 0 where a share of the unseen haplotypes is less than one of them.

    The distance or score that divides off one in a hundred of them is then not known, and nothing can be refuted by it.
    """
    return low if n_unseen * share >= 1 else min(low, 0.0)


def _flagged(copies: Copies, distance: np.ndarray, populations: np.ndarray | None) -> pd.DataFrame:
    """Return the flagged AGs, named as in their files; never the training haplotype that they are near to."""
    rows = np.flatnonzero(copies.near)
    return pd.DataFrame(
        {
            "haplotype": [f"AG{row // 2 + 1:05d}_{'AB'[row % 2]}" for row in rows],
            "distance": distance[rows],
            "threshold": copies.threshold,
            "reason": np.where(copies.exact[rows], "exact copy", "near copy"),
            "population": "" if populations is None else populations[rows],
        }
    )


class _Attacks:
    """Attacks on the membership of train people (members) among test people (others), given all AGs."""

    def __init__(
        self,
        real: Haplotypes,
        people: MatchedPeople,
        candidate: Candidate,
        labels: np.ndarray | None,
        seed: int,
        threads: int,
    ):
        sides = [people.references["train"], people.references["test"]]
        alleles = [real.take_people(side).alleles for side in sides]
        # Whose haplotypes stand in for AGs cannot also say how near others are.
        others = np.setdiff1d(people.spare, candidate.own)
        known = real.take_people(others if len(others) else people.spare).alleles
        to_ag, self.to_others = (
            [nearest_neighbours(side, one, threads)[0] for side in alleles] for one in (candidate.alleles, known)
        )
        self.plain = Attack(*to_ag)
        self.calibrated = self._calibrated(to_ag)
        # A haplotype that others have too is nobody's: planted are those that tell of one person.
        telling = np.flatnonzero(self.to_others[0] > 0)
        n_planted = min(max(1, round(PLANTED_SHARE * 2 * people.n_people)), len(telling))
        self.plantings = []
        for planting in range(PLANTINGS if n_planted else 0):
            rng = stream(seed, "planted copies", planting)
            planted = np.sort(rng.choice(telling, n_planted, replace=False))
            to_copies = [nearest_neighbours(side, alleles[0][planted], threads)[0] for side in alleles]
            self.plantings.append((planted, self._calibrated(to_copies)))
        self.labels = None if labels is None else [labels[haplotypes_of(side)] for side in sides]

    def _calibrated(self, distances: list[np.ndarray]) -> Attack:
        return Attack(*(near - far for near, far in zip(distances, self.to_others, strict=True)))

    def _planted_rate(self, masks: list[np.ndarray]) -> float:
        """Return the mean share of planted haplotypes found, over the plantings, among some of the people."""
        attack = self.calibrated.of(*masks)
        rates = []
        for planted, to_copies in self.plantings:
            rows = np.flatnonzero(np.isin(np.flatnonzero(masks[0]), planted))
            if len(rows):
                rates.append(planted_rate(attack, rows, to_copies.of(*masks)))
        return float(np.mean(rates)) if rates else np.nan

    def metrics(self, replicates: int, rng: np.random.Generator) -> Metrics:
        n_people = len(self.plain.members) // 2
        draws = [bootstrap.resample_people(n_people, replicates, rng) for _ in range(2)]
        metrics: Metrics = {}
        for name, attack in (("mia", self.plain), ("mia_calibrated", self.calibrated)):
            auc, rate = (bootstrap.percentile_interval(one) for one in attack.replicates(*draws))
            metrics[f"{name}_auc"] = (attack.auc(), *auc)
            low = _measurable(rate[0], len(attack.others), FALSE_POSITIVE_RATE)
            metrics[f"{name}_tpr"] = (attack.true_positive_rate(), low, rate[1])
        resampled = [self.calibrated.replicates(*draws)[0]]
        values = [metrics["mia_calibrated_auc"][0]]
        for masks in self._populations().values():
            if min(mask.sum() for mask in masks) >= POPULATION_JUDGED_MIN:
                attack = self.calibrated.of(*masks)
                sides = [
                    bootstrap.resample_people(len(side) // 2, replicates, rng)
                    for side in (attack.members, attack.others)
                ]
                values.append(attack.auc())
                resampled.append(attack.replicates(*sides)[0])
        metrics["mia_worst_population_auc"] = (max(values), *bootstrap.largest_interval(resampled))
        metrics["planted_tpr"] = self._power(*draws)
        return metrics

    def _power(self, member_draws: np.ndarray, other_draws: np.ndarray) -> tuple[float, float, float]:
        """Return the share of planted haplotypes found and its interval, the mean over plantings."""
        value = self._planted_rate(self._everybody())
        if not self.plantings:
            return value, np.nan, np.nan
        replicates = np.mean(
            [
                planted_replicates(self.calibrated, planted, to_copies, member_draws, other_draws)
                for planted, to_copies in self.plantings
            ],
            axis=0,
        )
        n_planted = len(np.unique(np.concatenate([planted for planted, _ in self.plantings])))
        low, high = bootstrap.share_interval(value, n_planted, replicates[~np.isnan(replicates)])
        return value, _measurable(low, len(self.calibrated.others), FALSE_POSITIVE_RATE), high

    def by_population(self) -> pd.DataFrame:
        rows = []
        for name, masks in {EVERYBODY: self._everybody(), **self._populations()}.items():
            calibrated = self.calibrated.of(*masks)
            numbers = (int(mask.sum()) for mask in masks)
            scores = (self.plain.of(*masks).auc(), calibrated.auc(), calibrated.true_positive_rate())
            rows.append((name, *numbers, *scores, self._planted_rate(masks)))
        return pd.DataFrame(rows, columns=_COLUMNS)

    def _everybody(self) -> list[np.ndarray]:
        return [np.ones(len(side), bool) for side in (self.plain.members, self.plain.others)]

    def _populations(self) -> dict[str, list[np.ndarray]]:
        """Return masks of members and others by population, those with enough of both."""
        if self.labels is None:
            return {}
        masks = {name: [side == name for side in self.labels] for name in sorted(set(self.labels[0]))}
        return {name: both for name, both in masks.items() if min(mask.sum() for mask in both) >= POPULATION_MIN}
