"""The privacy audit of one AG set: copies of training haplotypes, attacks on membership, and the power of those."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from artificial_genomes.compare.matching import Candidate, MatchedPeople, haplotypes_of, population_labels
from artificial_genomes.compare.membership import ATTACK_COLUMNS, POWER_COLUMNS, attack_membership
from artificial_genomes.core.haplotypes import Haplotypes, artificial_people
from artificial_genomes.core.metric_table import EVERYBODY, Metrics, metric_rows
from artificial_genomes.core.random_streams import stream
from artificial_genomes.statistics import bootstrap
from artificial_genomes.statistics.distances import distances_within, nearest_neighbours
from artificial_genomes.statistics.privacy import (
    NEAR_SHARE,
    Copies,
    find_copies,
    near_share_replicates,
)

BOTH_REFERENCES = "train+test"
"""The reference of metrics that set train against test people."""

DRAWN, DRAWN_REAL = "ags_attacked_share", "individuals_attacked_share"
"""Metrics of AG sets, and of datasets, so large that a draw of them is audited."""


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
        metrics (reference metric value ci_low ci_high n) · attacks, power (see `membership`; without rows where nobody
        knows the training individuals) · flagged (haplotype distance threshold reason population; AGs too near to a
        training haplotype)
    """
    rng = stream(seed, "audit bootstrap")
    seen = real.take_people(candidate.seen).alleles
    distance, nearest = nearest_neighbours(candidate.alleles, seen, threads)
    n = len(candidate.alleles)
    if len(people.unseen):
        test = real.take_people(people.unseen).alleles
        unseen, _ = nearest_neighbours(test, seen, threads)
        # The same the other way round: near to people whom no model can know?
        to_test, _ = nearest_neighbours(candidate.alleles, test, threads)
        seen_to_test, _ = nearest_neighbours(seen, test, threads)
        copies = _copy_metrics(distance, unseen, replicates, rng)
        excess = bootstrap.difference_interval(
            _near_share(to_test, seen_to_test, replicates, rng), copies["near_copies_share"]
        )
        metrics = [metric_rows("train", copies, n), metric_rows(BOTH_REFERENCES, {"near_unseen_excess": excess}, n)]
    else:
        unseen = distances_within(seen, threads=threads).nearest
        metrics = [metric_rows(EVERYBODY, _copy_metrics(distance, unseen, replicates, rng), n)]
    shares = {DRAWN: candidate.drawn_share, DRAWN_REAL: len(real.people) / (real.drawn_from or len(real.people))}
    if drawn := {name: (share,) for name, share in shares.items() if share < 1}:
        metrics.append(metric_rows(metrics[0]["reference"].iloc[0], drawn, n))
    del seen  # the attacks need the memory
    labels = population_labels(real, people.train)
    populations = None if labels is None else labels[haplotypes_of(candidate.seen)][nearest]
    tables = {"attacks": pd.DataFrame(columns=ATTACK_COLUMNS), "power": pd.DataFrame(columns=POWER_COLUMNS)}
    if len(people.unseen):
        attacked, tables = attack_membership(real, people, candidate, labels, seed, replicates, threads)
        metrics.append(metric_rows(BOTH_REFERENCES, attacked, 2 * people.n_people))
    return {
        "metrics": pd.concat(metrics, ignore_index=True),
        **tables,
        "flagged": _flagged(find_copies(distance, unseen), distance, populations, candidate.names),
    }


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
    return share, bootstrap.measurable(low, len(unseen), NEAR_SHARE), high


def _flagged(
    copies: Copies, distance: np.ndarray, populations: np.ndarray | None, names: Sequence[str] | None
) -> pd.DataFrame:
    """Return the flagged AGs, named as in their files; never the training haplotype that they are near to."""
    rows = np.flatnonzero(copies.near)
    names = artificial_people(len(distance) // 2)["sample"] if names is None else names
    return pd.DataFrame(
        {
            "haplotype": [f"{names[row // 2]}_{'AB'[row % 2]}" for row in rows],
            "distance": distance[rows],
            "threshold": copies.threshold,
            "reason": np.where(copies.exact[rows], "exact copy", "near copy"),
            "population": "" if populations is None else populations[rows],
        }
    )
