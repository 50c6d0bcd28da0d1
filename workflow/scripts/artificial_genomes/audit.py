"""The privacy audit of one AG set: copies of training haplotypes, attacks on membership, and the power of those."""

import numpy as np
import pandas as pd

from artificial_genomes.haplotypes import Haplotypes
from artificial_genomes.matching import AUDIT, Candidate, MatchedPeople, haplotypes_of, population_labels
from artificial_genomes.metrics import EVERYBODY, Metrics, metric_rows
from artificial_genomes.statistics import bootstrap
from artificial_genomes.statistics.distances import distances_within, nearest_neighbours
from artificial_genomes.statistics.privacy import PLANTED_SHARE, Attack, Copies, find_copies, planted_rate

BOTH_REFERENCES = "train+test"
"""The reference of metrics that set train against test people."""

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
        knows the training people) · flagged (haplotype distance threshold reason population; the AGs not to release)
    """
    rng = np.random.default_rng([seed, AUDIT])
    seen = real.take_people(candidate.seen)
    distance, nearest = nearest_neighbours(candidate.alleles, seen.alleles, threads)
    if len(people.unseen):
        unseen, _ = nearest_neighbours(real.take_people(people.unseen).alleles, seen.alleles, threads)
    else:
        unseen = distances_within(seen.alleles, threads=threads).nearest
    copies = find_copies(distance, unseen)
    reference = "train" if "train" in people.references else EVERYBODY
    metrics = [metric_rows(reference, _copy_metrics(copies, unseen, replicates, rng), len(candidate.alleles))]
    labels = population_labels(real, people.train)
    flagged = _flagged(copies, distance, None if labels is None else labels[haplotypes_of(candidate.seen)][nearest])
    by_population = pd.DataFrame(columns=_COLUMNS)
    if len(people.unseen):
        attacks = _Attacks(real, people, candidate.alleles, labels, rng, threads)
        metrics.append(metric_rows(BOTH_REFERENCES, attacks.metrics(replicates, rng), 2 * people.n_people))
        by_population = attacks.by_population()
    return {"metrics": pd.concat(metrics, ignore_index=True), "privacy": by_population, "flagged": flagged}


_COLUMNS = [
    "population",
    "members",
    "others",
    "mia_auc",
    "mia_calibrated_auc",
    "mia_calibrated_tpr",
    "planted_tpr",
]


def _copy_metrics(copies: Copies, unseen: np.ndarray, replicates: int, rng: np.random.Generator) -> Metrics:
    draws, unseen_draws = (bootstrap.resample_people(n // 2, replicates, rng) for n in (len(copies.exact), len(unseen)))
    exact, by_chance = copies.exact.astype(float), (unseen == 0).astype(float)
    exact_replicates = bootstrap.resampled_means(exact, draws)
    excess = exact_replicates - bootstrap.resampled_means(by_chance, unseen_draws)
    near_replicates = bootstrap.resampled_means(copies.near.astype(float), draws)
    return {
        "exact_copies": (exact.sum(),),
        "exact_copies_share": (exact.mean(), *bootstrap.percentile_interval(exact_replicates)),
        "exact_copies_excess": (exact.mean() - by_chance.mean(), *bootstrap.percentile_interval(excess)),
        "near_copies_share": (copies.near.mean(), *bootstrap.percentile_interval(near_replicates)),
    }


def _flagged(copies: Copies, distance: np.ndarray, populations: np.ndarray | None) -> pd.DataFrame:
    """Return the flagged AGs, named as in their files; never the training haplotype that they are near to."""
    rows = np.flatnonzero(copies.flagged)
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
        ag: np.ndarray,
        labels: np.ndarray | None,
        rng: np.random.Generator,
        threads: int,
    ):
        sides = [people.references["train"], people.references["test"]]
        alleles = [real.take_people(side).alleles for side in sides]
        others = real.take_people(people.spare).alleles
        to_ag, to_others = ([nearest_neighbours(side, known, threads)[0] for side in alleles] for known in (ag, others))
        # A haplotype that others have too is nobody's: planted are those that tell of one person.
        telling = np.flatnonzero(to_others[0] > 0)
        n_planted = min(max(1, round(PLANTED_SHARE * 2 * people.n_people)), len(telling))
        self.planted = np.sort(rng.choice(telling, n_planted, replace=False))
        copies = alleles[0][self.planted] if n_planted else ag[:1]
        to_copies = [nearest_neighbours(side, copies, threads)[0] for side in alleles]
        self.plain = Attack(*to_ag)
        self.calibrated = Attack(*(near - far for near, far in zip(to_ag, to_others, strict=True)))
        self.to_planted = tuple(near - far for near, far in zip(to_copies, to_others, strict=True))
        self.labels = None if labels is None else [labels[haplotypes_of(side)] for side in sides]

    def metrics(self, replicates: int, rng: np.random.Generator) -> Metrics:
        n_people = len(self.plain.members) // 2
        draws = [bootstrap.resample_people(n_people, replicates, rng) for _ in range(2)]
        metrics: Metrics = {}
        for name, attack in (("mia", self.plain), ("mia_calibrated", self.calibrated)):
            auc, rate = (bootstrap.percentile_interval(one) for one in attack.replicates(*draws))
            metrics[f"{name}_auc"] = (attack.auc(), *auc)
            metrics[f"{name}_tpr"] = (attack.true_positive_rate(), *rate)
        judged = [
            self.calibrated.of(*masks).auc()
            for masks in self._populations().values()
            if min(mask.sum() for mask in masks) >= POPULATION_JUDGED_MIN
        ]
        metrics["mia_worst_population_auc"] = (max([self.calibrated.auc(), *judged]),)
        metrics["planted_tpr"] = (planted_rate(self.calibrated, self.planted, self.to_planted),)
        return metrics

    def by_population(self) -> pd.DataFrame:
        everybody = [np.ones(len(side), bool) for side in (self.plain.members, self.plain.others)]
        rows = []
        for name, masks in {EVERYBODY: everybody, **self._populations()}.items():
            calibrated = self.calibrated.of(*masks)
            planted = np.flatnonzero(np.isin(np.flatnonzero(masks[0]), self.planted))
            to_planted = tuple(side[mask] for side, mask in zip(self.to_planted, masks, strict=True))
            rows.append(
                (
                    name,
                    *(int(mask.sum()) for mask in masks),
                    self.plain.of(*masks).auc(),
                    calibrated.auc(),
                    calibrated.true_positive_rate(),
                    planted_rate(calibrated, planted, to_planted),
                )
            )
        return pd.DataFrame(rows, columns=_COLUMNS)

    def _populations(self) -> dict[str, list[np.ndarray]]:
        """Return masks of members and others by population, those with enough of both."""
        if self.labels is None:
            return {}
        masks = {name: [side == name for side in self.labels] for name in sorted(set(self.labels[0]))}
        return {name: both for name, both in masks.items() if min(mask.sum() for mask in both) >= POPULATION_MIN}
