"""All attacks on membership against one AG set, their power, and the numbers that the verdict looks at."""

import logging
from collections.abc import Sequence

import numpy as np
import pandas as pd

from artificial_genomes.compare.attacks import ATTACKS, COMBINED
from artificial_genomes.compare.attacks.evidence import Evidence
from artificial_genomes.compare.attacks.planting import PLANTINGS, gametes
from artificial_genomes.compare.attacks.scores import SCORES
from artificial_genomes.compare.matching import Candidate, MatchedPeople, haplotypes_of
from artificial_genomes.core.haplotypes import Haplotypes
from artificial_genomes.core.metric_table import EVERYBODY, Metrics
from artificial_genomes.core.random_streams import stream
from artificial_genomes.statistics import bootstrap
from artificial_genomes.statistics.membership import FALSE_POSITIVE_RATE, Scores

log = logging.getLogger(__name__)

LOW_RATE = 0.001
"""The lower of both false positive rates at which true positive rates are reported."""

PLANTED_SHARE = 0.05
"""Haplotypes that are planted in each way, as a share of the members' haplotypes."""

FOLDS = 5
"""Parts of the individuals; the combined attack on one of them has learnt from the others."""

RELEARNT = 40
"""Number of resamples of individuals from which the combined attack is learned again, for its interval."""

RARE_SHARE = 0.1
"""Share of the haplotypes, those farthest from all others, that is reported as a group of its own."""

RARE = "rarest tenth"
"""The name of that group."""

GROUP_MIN, GROUP_JUDGED_MIN = 20, 100
"""Minimum number of members' and of others' haplotypes for a group to have rows, and to enter `mia_worst_group_auc`."""

ATTACK_COLUMNS = [
    *("attack", "unit", "group", "members", "others", "auc", "auc_low", "auc_high"),
    *("tpr_at_0.01", "tpr_at_0.01_low", "tpr_at_0.01_high", "tpr_at_0.001", "tpr_at_0.001_low", "tpr_at_0.001_high"),
    "epsilon_low",
]
POWER_COLUMNS = ["planting", "attack", "planted", "tpr_at_0.01", "tpr_at_0.01_low", "tpr_at_0.01_high"]


def attack_membership(
    real: Haplotypes,
    people: MatchedPeople,
    candidate: Candidate,
    labels: np.ndarray | None,
    seed: int,
    replicates: int,
    threads: int = 1,
) -> tuple[Metrics, dict[str, pd.DataFrame]]:
    """Attack the membership of train individuals (members) among test individuals (others), given all AGs.

    Parameters
    ----------
    real, people, candidate
        See `matching`. The attacker holds the haplotypes of the spare individuals too.
    labels : (n_haplotypes,) object, optional
        Population of every haplotype.
    seed, replicates
        Of what is drawn, and of the bootstrap over individuals.
    threads
        Number of threads.

    Returns
    -------
    metrics
        mia_auc, mia_tpr, mia_individual_auc, mia_relative_auc, mia_epsilon_low: those of the attack that does best;
        mia_worst_group_auc: those of the combined attack in the group where it does best; mia_{attack}_auc and
        mia_{attack}_tpr; planted_{planting}_tpr: of the attack that finds most.
    tables
        attacks (ATTACK_COLUMNS; a row per attack, unit and group: unit is haplotype, individual or relative) and power
        (POWER_COLUMNS; a row per planting and attack).
    """
    sides = [people.references["train"], people.references["test"]]
    alleles = [real.take_people(side).alleles for side in sides]
    # Haplotypes that stand in for AGs cannot also be what the attacker knows of others.
    others = np.setdiff1d(people.spare, candidate.own)
    known = real.take_people(others if len(others) else people.spare).alleles
    contigs = real.sites["contig"].to_numpy()
    rng = stream(seed, "attacks on membership")
    children = [gametes(side, contigs, rng) for side in alleles]
    n = len(alleles[0])
    evidence = Evidence(np.concatenate([*alleles, *children]), candidate.alleles, known, real.sites, seed, threads)
    far = evidence.near_others.nearest[: 2 * n]
    plan = _plan_plantings(np.flatnonzero(far[:n] > 0), n, rng)
    planted = {name: PLANTINGS[name](alleles[0][rows], contigs, rng) for name, rows in plan.items()}
    with_planted = evidence.with_planted(np.concatenate([alleles[0][:0], *planted.values()]), 2 * n)

    haplotypes, relatives, found = {}, {}, {}
    for name, score in SCORES.items():
        log.info("attack on membership by %s", ATTACKS[name].looks)
        members, strangers, *of_children = np.split(score(evidence), [n, 2 * n, 2 * n + n // 2])
        haplotypes[name], relatives[name] = Scores(members, strangers), Scores(*of_children)
        if plan:
            found[name] = Scores(*np.split(score(with_planted), 2))
    haplotypes[COMBINED] = combine(list(haplotypes.values()), seed)
    units = {
        "haplotype": haplotypes,
        "individual": {name: scores.of_individuals() for name, scores in haplotypes.items()},
        "relative": relatives,
    }
    groups = _groups([None if labels is None else labels[haplotypes_of(side)] for side in sides], np.split(far, 2))
    rows, draws = _attack_rows(units, groups, replicates, seed, rng)
    power = _power_rows(found, plan, replicates, rng)
    return _metrics(rows, draws) | _power_metrics(power), {
        "attacks": pd.DataFrame(rows, columns=ATTACK_COLUMNS),
        "power": pd.DataFrame(power, columns=POWER_COLUMNS),
    }


def combine(attacks: list[Scores], seed: int, weights: list[np.ndarray] | None = None) -> Scores:
    """Return the scores of an attacker who knows of most individuals whether they are members.

    A logistic regression on the scores of all attacks learns from four fifths of the individuals and is put to the
    others; both haplotypes of an individual are on the same side.

    Parameters
    ----------
    attacks
        Scores of each attack.
    seed
        Of the draw of the parts.
    weights : two (n,) float64, optional
        Weights of members and others in the learning.
    """
    from sklearn.linear_model import LogisticRegression  # slow, and needed only where an attack is learned
    from sklearn.preprocessing import StandardScaler

    features = [np.stack([getattr(attack, side) for attack in attacks], axis=1) for side in ("members", "others")]
    n = len(features[0])
    part = np.concatenate(
        [stream(seed, "parts of individuals", side).permutation(np.arange(n // 2) % FOLDS).repeat(2) for side in (0, 1)]
    )
    x, is_member = np.concatenate(features), np.repeat([True, False], n)
    scores, weight = np.empty(2 * n), np.ones(2 * n) if weights is None else np.concatenate(weights)
    for fold in range(FOLDS):
        learnt = part != fold
        scaled = StandardScaler().fit(x[learnt]).transform(x)
        # This solver takes half the time of the default one, and is closer to the optimum.
        classifier = LogisticRegression(solver="newton-cholesky")
        classifier.fit(scaled[learnt], is_member[learnt], weight[learnt])
        scores[~learnt] = classifier.decision_function(scaled[~learnt])
    return Scores(*np.split(scores, 2))


def _plan_plantings(telling: np.ndarray, n: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Return which of the members' haplotypes are planted how: different ones for every way.

    A haplotype that others have too is nobody's: planted are `telling` ones, and those of their individuals where a
    way takes both.
    """
    people = np.flatnonzero(np.isin(np.arange(n), telling).reshape(-1, 2).all(axis=1))
    each = min(max(5, round(PLANTED_SHARE * n)), 2 * len(people) // len(PLANTINGS)) // 2
    if not each:
        return {}
    chosen = rng.choice(people, each * len(PLANTINGS), replace=False).reshape(len(PLANTINGS), each)
    return {name: haplotypes_of(rows) for name, rows in zip(PLANTINGS, chosen, strict=True)}


def _groups(labels: list[np.ndarray | None], far: list[np.ndarray]) -> dict[str, list[np.ndarray]]:
    """Return masks of members and others by group, those with enough of both."""
    threshold = np.quantile(np.concatenate(far), 1 - RARE_SHARE)
    groups = {RARE: [side >= threshold for side in far]}
    if labels[0] is not None:
        groups |= {name: [side == name for side in labels] for name in sorted(set(labels[0]))}
    return {name: both for name, both in groups.items() if min(mask.sum() for mask in both) >= GROUP_MIN}


Draws = dict[tuple[str, str, str], tuple[np.ndarray, np.ndarray]]
"""Replicates of AUC and of the true positive rate, by attack, unit and group."""


def _attack_rows(
    units: dict[str, dict[str, Scores]],
    groups: dict[str, list[np.ndarray]],
    replicates: int,
    seed: int,
    rng: np.random.Generator,
) -> tuple[list[dict], Draws]:
    n_people = len(units["individual"][COMBINED].members)
    # The same individuals are drawn for every attack, so that differences between attacks are not chance.
    of_people = [bootstrap.resample_people(n_people, replicates, rng) for _ in range(2)]
    of_haplotypes = [draws.repeat(2, axis=1) for draws in of_people]
    single = [scores for name, scores in units["haplotype"].items() if name != COMBINED]
    again = [combine(single, seed, [side[row] for side in of_haplotypes]) for row in range(min(RELEARNT, replicates))]
    relearnt = {"haplotype": again, "individual": [scores.of_individuals() for scores in again]}
    rows, draws = [], {}

    everybody = (slice(None), slice(None))

    def add(attack: str, unit: str, group: str, weights: list[np.ndarray], masks: Sequence = everybody) -> None:
        scores = units[unit][attack].of(*masks)
        weights = [side[:, mask] for side, mask in zip(weights, masks, strict=True)]
        again_learnt = [one.of(*masks) for one in relearnt[unit]] if attack == COMBINED else []
        row, draws[attack, unit, group] = _attack_row(scores, weights, again_learnt)
        is_bounded = unit == "individual"
        row["epsilon_low"] = scores.epsilon_low(1 - 0.05 / len(units[unit])) if is_bounded else np.nan
        rows.append({"attack": attack, "unit": unit, "group": group} | row)

    for unit, attacks in units.items():
        for attack in attacks:
            add(attack, unit, EVERYBODY, of_haplotypes if unit == "haplotype" else of_people)
    for group, masks in groups.items():
        for attack in units["haplotype"]:
            add(attack, "haplotype", group, of_haplotypes, masks)
    return rows, draws


def _attack_row(
    scores: Scores, weights: list[np.ndarray], relearnt: Sequence[Scores] = ()
) -> tuple[dict, tuple[np.ndarray, np.ndarray]]:
    auc, rate, low_rate = scores.replicates(*weights, FALSE_POSITIVE_RATE, LOW_RATE)
    if relearnt:
        auc = _with_learning(scores.auc(), auc, relearnt, weights)
    row = {"members": len(scores.members), "others": len(scores.others), "auc": scores.auc()}
    row["auc_low"], row["auc_high"] = bootstrap.percentile_interval(auc)
    for false_positives, replicates in ((FALSE_POSITIVE_RATE, rate), (LOW_RATE, low_rate)):
        name = f"tpr_at_{false_positives:g}"
        low, row[f"{name}_high"] = bootstrap.percentile_interval(replicates)
        row[f"{name}_low"] = bootstrap.measurable(low, len(scores.others), false_positives)
        row[name] = scores.true_positive_rate(false_positives)
    return row, (auc, rate)


def _with_learning(
    value: float, replicates: np.ndarray, relearnt: Sequence[Scores], weights: list[np.ndarray]
) -> np.ndarray:
    """Return replicates of the AUC of a learned attack, (replicates,) float64, that vary as if it were learned in each.

    Other individuals would have taught the attack other weights, so its AUC varies more than with the scores held
    fixed. Their spread is stretched to that of the AUCs of the attacks `relearnt` from the first of the resamples;
    these are not replicates themselves, since an attack on a resample meets some of the individuals it has learned from
    with other weights, which shifts its AUC.
    """
    again = [scores.replicates(*(side[[row]] for side in weights))[0][0] for row, scores in enumerate(relearnt)]
    spread = replicates[: len(again)].std()
    return value + max(1.0, np.std(again) / spread) * (replicates - value) if spread else replicates


def _metrics(rows: list[dict], draws: Draws) -> Metrics:
    """Return the numbers of every attack, and of the one that does best."""
    metrics: Metrics = {}
    of_all = {(row["unit"], row["attack"]): row for row in rows if row["group"] == EVERYBODY}
    attacks = [name for unit, name in of_all if unit == "haplotype"]
    for name, unit, place, column in (
        ("mia_auc", "haplotype", 0, "auc"),
        ("mia_tpr", "haplotype", 1, "tpr_at_0.01"),
        ("mia_individual_auc", "individual", 0, "auc"),
        ("mia_relative_auc", "relative", 0, "auc"),
    ):
        chosen = [attack for attack in attacks if (unit, attack) in of_all]
        low, high = bootstrap.largest_interval([draws[attack, unit, EVERYBODY][place] for attack in chosen])
        row = of_all[unit, attacks[0]]
        low = bootstrap.measurable(low, row["others"], FALSE_POSITIVE_RATE) if place else low
        metrics[name] = (max(of_all[unit, attack][column] for attack in chosen), low, high)
    judged = [
        row
        for row in rows
        if row["attack"] == COMBINED
        and row["unit"] == "haplotype"
        and (row["group"] == EVERYBODY or min(row["members"], row["others"]) >= GROUP_JUDGED_MIN)
    ]
    intervals = [draws[COMBINED, "haplotype", row["group"]][0] for row in judged]
    metrics["mia_worst_group_auc"] = (max(row["auc"] for row in judged), *bootstrap.largest_interval(intervals))
    metrics["mia_epsilon_low"] = (max(of_all["individual", attack]["epsilon_low"] for attack in attacks),)
    for attack in attacks:
        row = of_all["haplotype", attack]
        metrics[f"mia_{attack}_auc"] = (row["auc"], row["auc_low"], row["auc_high"])
        metrics[f"mia_{attack}_tpr"] = (row["tpr_at_0.01"], row["tpr_at_0.01_low"], row["tpr_at_0.01_high"])
    return metrics


def _power_rows(
    found: dict[str, Scores], plan: dict[str, np.ndarray], replicates: int, rng: np.random.Generator
) -> list[dict]:
    rows = []
    # As above, the same individuals are drawn for every attack.
    n_others = len(next(iter(found.values())).others) if found else 0
    of_others = bootstrap.resample_people(n_others // 2, replicates, rng).repeat(2, axis=1) if found else None
    for planting, planted in plan.items():
        draws = bootstrap.resample_people(len(planted) // 2, replicates, rng).repeat(2, axis=1), of_others
        for attack, scores in found.items():
            of_planted = Scores(scores.members[planted], scores.others)
            value = of_planted.true_positive_rate()
            _, rates = of_planted.replicates(*draws, FALSE_POSITIVE_RATE)
            low, high = bootstrap.share_interval(value, len(planted), rates)
            low = bootstrap.measurable(low, len(scores.others), FALSE_POSITIVE_RATE)
            rows.append(dict(zip(POWER_COLUMNS, (planting, attack, len(planted), value, low, high), strict=True)))
    return rows


def _power_metrics(rows: list[dict]) -> Metrics:
    """Return the power of the best attack for everything that is planted; NaN where nothing can be."""
    metrics: Metrics = {}
    for planting in PLANTINGS:
        own = [tuple(row.values())[-3:] for row in rows if row["planting"] == planting]
        metrics[f"planted_{planting}_tpr"] = max(own, default=(np.nan, np.nan, np.nan))
    return metrics
