"""The verdict on a run: gates on the numbers of the scorecard, models ranked by fidelity, and one word for each.

A gate looks at every reference of its metric, and the worst one counts; over seeds, it fails where it fails with any.
What has no number is missing and never passes: without a fidelity number AGs are not faithful, without a privacy number
their privacy is not proven.
"""

import math
from collections.abc import Collection, Mapping, Sequence

import numpy as np
import pandas as pd

from artificial_genomes.core.metric_table import EVERYBODY
from artificial_genomes.judge.gates import (
    NOT_PROVEN,
    OUTCOMES,
    SHORTFALL_MAX,
    Gate,
    Judgement,
    allowed_range,
    judge,
    shortfall,
)
from artificial_genomes.judge.metrics import METRICS, metric_of

COLUMNS = [
    "dataset",
    "model",
    "seed",
    "kind",
    "gate",
    "reference",
    "value",
    "ci_low",
    "ci_high",
    "ceiling",
    "floor",
    "rule",
    "bound",
    "margin",
    "outcome",
    "reason",
]

SUMMARY_COLUMNS = [
    "dataset",
    "model",
    "seeds",
    "verdict",
    "why",
    "own_bounds",
    "not_converged",
    "guarantee",
    "fidelity_rank",
    "fidelity_shortfall",
    "fidelity_gates",
    "fidelity_failed",
    "fidelity_missing",
    "fidelity_not_proven",
    "fidelity_failed_names",
    "fidelity_not_proven_names",
    "privacy_gates",
    "privacy_failed",
    "privacy_not_proven",
    "privacy_failed_names",
    "privacy_not_proven_names",
]

CLEARED, SAFE, FAITHFUL, REFUSED = VERDICTS = (
    "cleared",
    "safe, not faithful",
    "faithful, privacy not proven",
    "refused",
)
"""What the verdict says of a model on a data set, in one word each; `decide` says which."""

REFERENCE = "verdict"
"""The reference of what the verdict adds to the scorecard."""

_NUMBERS = ["value", "ci_low", "ci_high", "ceiling", "floor"]
_SET = ["dataset", "model", "seed"]


AgSet = tuple[str, str, int]
"""Dataset, model and seed."""


def judge_scorecard(scorecard: pd.DataFrame, gates: Sequence[Gate], sets: Sequence[AgSet]) -> pd.DataFrame:
    """Put every gate to every AG set.

    Parameters
    ----------
    scorecard
        dataset model seed reference metric value ci_low ci_high ceiling floor n.
    gates
        See `gates.read_gates`.
    sets
        The AG sets to judge. Other rows, such as those of the panels of an imputation, are passed over.

    Returns
    -------
    DataFrame
        COLUMNS, a row per gate and AG set: outcome is one of `gates.OUTCOMES`, margin the distance from the bound
        (`gates.Judgement`). The numbers are those of the worst reference.
    """
    rows = []
    groups = dict(iter(scorecard.groupby(_SET, sort=False)))
    known = scorecard.groupby("dataset")["metric"].agg(set)
    for names in sets:
        group = groups.get(names, scorecard[:0])
        is_unknown = (group["reference"] == EVERYBODY).any()
        for gate in gates:
            row = _judge_references(group[group["metric"] == gate.metric], gate)
            nobody_has_it = gate.metric in METRICS and gate.metric not in known.get(names[0], ())
            if gate.kind == "fidelity" and nobody_has_it:
                row |= {"outcome": "not applicable", "reason": f"{row['reason']} for any model of this data set"}
            if is_unknown and gate.kind == "privacy" and row["outcome"] == "missing":
                row["reason"] += ": the training individuals are not known"
            rows.append(dict(zip(_SET, names, strict=True)) | row)
    table = pd.DataFrame(rows, columns=COLUMNS)
    return table.astype(dict.fromkeys([*_NUMBERS, "bound", "margin"], float))


def _judge_references(rows: pd.DataFrame, gate: Gate) -> dict:
    """Return the row of a gate, that of the worst reference."""
    worst, judged = (
        Judgement("missing", math.nan, f"{metric_of(gate.metric).label} was not computed"),
        {"reference": ""},
    )
    if len(rows):
        found = [
            (judge(gate, row["value"], row["ceiling"], row["floor"], row["ci_low"], row["ci_high"]), row)
            for row in rows[["reference", *_NUMBERS]].to_dict("records")
        ]
        worst, judged = min(found, key=lambda one: _badness(*one[0][:2]))
    return judged | {
        "kind": gate.kind,
        "gate": gate.metric,
        "rule": gate.rule,
        "bound": gate.bound,
        **worst._asdict(),
    }


def _badness(outcome: str, margin: float) -> tuple[int, float]:
    """Return a key that sorts the worst outcome first, and of equal ones that with the smallest margin."""
    return OUTCOMES.index(outcome), math.inf if math.isnan(margin) else margin


def worst_seeds(verdict: pd.DataFrame) -> pd.DataFrame:
    """Return of every gate of a data set and model the row of the seed with which it does worst, in the order given."""
    badness = [_badness(*row) for row in verdict[["outcome", "margin"]].itertuples(index=False)]
    order = sorted(range(len(verdict)), key=badness.__getitem__)
    keys = ["dataset", "model", "kind", "gate"]
    worst = verdict.iloc[order].drop_duplicates(keys)
    return verdict[keys].drop_duplicates().merge(worst, on=keys)[verdict.columns]


def _gate_of(row: tuple) -> Gate:
    return Gate(row.kind, row.gate, row.rule, row.bound)


def decide(fidelity: Collection[str], privacy: Collection[str]) -> str:
    """Return one of VERDICTS from the outcomes of fidelity gates and of privacy gates.

    =================================  ============  ============================  =======
    fidelity, then privacy             all pass      not proven, missing, no gate  a fail
    =================================  ============  ============================  =======
    all that apply pass                cleared       faithful, privacy not proven  refused
    some not proven, no fail           safe, not ..  faithful, privacy not proven  refused
    a fail, missing, none that apply   safe, not ..  refused                       refused
    =================================  ============  ============================  =======

    To clear AGs everything has to be shown; to refuse them one thing has to be shown against them. AGs that are neither
    faithful nor proven safe have nothing to be said for them.
    """
    applying = set(fidelity) - {"not applicable"}
    if privacy and set(privacy) == {"pass"}:
        return CLEARED if applying == {"pass"} else SAFE
    is_unfaithful = not applying or applying & {"fail", "missing"}
    return REFUSED if is_unfaithful or "fail" in privacy else FAITHFUL


def unfinished_trainings(scorecard: pd.DataFrame) -> dict[tuple[str, str], list[int]]:
    """Return the seeds with which a training ended at its best epoch, by dataset and model."""
    last = scorecard[(scorecard["metric"] == "best_epoch_share") & (scorecard["value"] == 1)]
    return {names: group["seed"].drop_duplicates().tolist() for names, group in last.groupby(["dataset", "model"])}


_DRAWN = {
    "ags_attacked_share": "of the AGs, a random draw: privacy is not proven, since more reveal more.",
    "individuals_attacked_share": "of the individuals, a random draw: privacy is not proven, as AGs may copy others.",
}


def attacked_shares(scorecard: pd.DataFrame) -> dict[tuple[str, str], str]:
    """Return sentences on what attacks have seen, by dataset and model, where that is only a draw."""
    found: dict[tuple[str, str], str] = {}
    for metric, consequence in _DRAWN.items():
        shares = scorecard[scorecard["metric"] == metric].groupby(["dataset", "model"])["value"].min()
        for names, share in shares.items():
            found[names] = f"{found.get(names, '')} Attacks saw {share:.2%} {consequence}"
    return found


def guarantees_of(privacy: Mapping[str, Mapping[str, Mapping]]) -> dict[tuple[str, str], str]:
    """Return the guarantees in words, by data set and model, from the settings of models with differential privacy."""
    return {
        (dataset, model): f"epsilon {settings['epsilon']:g}, delta {settings['delta']:g}"
        for dataset, models in privacy.items()
        for model, settings in models.items()
    }


def summarise(
    verdict: pd.DataFrame,
    own_bounds: str = "",
    unfinished: Mapping[tuple[str, str], Sequence[int]] = {},
    attacked: Mapping[tuple[str, str], str] = {},
    guarantees: Mapping[tuple[str, str], str] = {},
) -> pd.DataFrame:
    """Sum a verdict up: a row per data set and model, over seeds.

    Models of a data set that pass every fidelity gate rank before those that do not. Within either group the smaller
    shortfall comes first: the root of the mean square of `gates.shortfall` over fidelity gates, which lets a bad part
    weigh more than many small ones, and the mean over seeds. A missing number counts as the largest shortfall.

    Parameters
    ----------
    verdict
        See `judge_scorecard`.
    own_bounds
        Which gates are laxer than the defaults; see `gates.own_bounds`.
    unfinished
        See `unfinished_trainings`.
    attacked
        See `attacked_shares`. Privacy is not proven where attacks have seen only a draw.
    guarantees
        See `guarantees_of`. They change no verdict.

    Returns
    -------
    DataFrame
        SUMMARY_COLUMNS; fidelity_gates counts those that apply. verdict is one of VERDICTS, why says so in words.
    """
    shortfalls = verdict.assign(
        square=[
            (SHORTFALL_MAX if row.outcome == "missing" else shortfall(_gate_of(row), row.value, row.ceiling, row.floor))
            ** 2
            for row in verdict.itertuples()
        ]
    )
    worst = worst_seeds(verdict)
    rows = []
    for (dataset, model), group in shortfalls.groupby(["dataset", "model"], sort=False):
        own = worst[(worst["dataset"] == dataset) & (worst["model"] == model)]
        fidelity, privacy = (own[own["kind"] == kind] for kind in ("fidelity", "privacy"))
        per_seed = np.sqrt(group[group["kind"] == "fidelity"].groupby("seed")["square"].mean())
        seeds = group["seed"].drop_duplicates()
        drawn = attacked.get((dataset, model), "")
        word = decide(list(fidelity["outcome"]), [*privacy["outcome"], *(["not proven"] if drawn else [])])
        why = _why(word, fidelity, privacy, (group["reference"] == EVERYBODY).any(), len(seeds)) + drawn
        last_best = ", ".join(f"seed {seed}" for seed in unfinished.get((dataset, model), ()))
        rows.append(
            {
                "dataset": dataset,
                "model": model,
                "seeds": ", ".join(map(str, seeds)),
                "verdict": word,
                "why": f"By bounds of your own: {own_bounds}. {why}" if own_bounds else why,
                "own_bounds": own_bounds,
                "not_converged": last_best,
                "guarantee": guarantees.get((dataset, model), ""),
                "fidelity_shortfall": per_seed.mean(),
                "fidelity_gates": int((fidelity["outcome"] != "not applicable").sum()),
                "fidelity_failed": int((fidelity["outcome"] == "fail").sum()),
                "fidelity_missing": int((fidelity["outcome"] == "missing").sum()),
                "fidelity_not_proven": int((fidelity["outcome"] == "not proven").sum()),
                "fidelity_failed_names": _names(fidelity, "fail"),
                "fidelity_not_proven_names": _names(fidelity, "not proven"),
                # A privacy gate that says nothing has not passed.
                "privacy_gates": len(privacy),
                "privacy_failed": int((privacy["outcome"] == "fail").sum()),
                "privacy_not_proven": int(privacy["outcome"].isin(NOT_PROVEN).sum()),
                "privacy_failed_names": _names(privacy, "fail"),
                "privacy_not_proven_names": _names(privacy, *NOT_PROVEN),
            }
        )
    summary = pd.DataFrame(rows, columns=SUMMARY_COLUMNS)
    not_passed = summary[["fidelity_failed", "fidelity_missing", "fidelity_not_proven"]].sum(axis=1) > 0
    # A shortfall that is nowhere defined comes last.
    place = summary.groupby([not_passed, summary["fidelity_shortfall"].fillna(np.inf)]).ngroup()
    summary["fidelity_rank"] = place.groupby(summary["dataset"]).rank(method="min").astype(int)
    return summary


def own_bounds_of(summary: pd.DataFrame) -> str:
    """Return which bounds of a summary, also of one that was read from its file, are laxer than the defaults."""
    texts = summary["own_bounds"].dropna()
    return next((text for text in texts if text), "")


def _why(word: str, fidelity: pd.DataFrame, privacy: pd.DataFrame, is_unknown: bool, n_seeds: int) -> str:
    """Return the reasons for a verdict in full sentences, and what would prove privacy where that is all it lacks."""
    failed, open_gates = (privacy[privacy["outcome"].isin(outcomes)] for outcomes in (["fail"], NOT_PROVEN))
    why = []
    if word == CLEARED:
        seeds = "" if n_seeds == 1 else f", with each of {n_seeds} seeds"
        return f"All {len(privacy)} privacy gates and all fidelity gates passed{seeds}."
    if word == REFUSED and failed.empty:
        why.append("Neither faithful nor proven to be private.")
    if word in (SAFE, FAITHFUL) or (word == REFUSED and failed.empty):
        why += _not_passed(fidelity)
    if is_unknown:
        why.append("Unknown training individuals.")
    for row in failed.itertuples():
        why.append(f"{row.reason}{'' if n_seeds == 1 else f', with seed {row.seed}'}.")
    if privacy.empty:
        why.append("There is no privacy gate.")
    elif len(open_gates) and failed.empty:
        why.append(f"Privacy not proven: {_labels(open_gates['gate'])}.")
    if word == FAITHFUL:
        why += _what_would_prove_it(open_gates, is_unknown)
    return " ".join(why)


def _not_passed(fidelity: pd.DataFrame) -> list[str]:
    """Return sentences on the fidelity gates that were not passed."""
    if fidelity["outcome"].eq("not applicable").all():
        return ["There is no fidelity gate that applies."]
    sentences = []
    for outcomes, text in ((["fail", "missing"], ""), (["not proven"], ", by no more than chance explains")):
        bad = fidelity.loc[fidelity["outcome"].isin(outcomes), "gate"]
        if len(bad):
            sentences.append(f"Fidelity gates not passed{text}: {_labels(bad)}.")
    return sentences


def _what_would_prove_it(open_gates: pd.DataFrame, is_unknown: bool) -> list[str]:
    """Return sentences on what privacy gates without an answer need."""
    is_missing = open_gates["outcome"] == "missing"
    is_undefined = is_missing & (open_gates["gate"].map(lambda name: metric_of(name).undefined) != "")
    shows_power = ~open_gates["gate"].map(lambda name: metric_of(name).can_fail).astype(bool)
    is_powerless = shows_power & ~(open_gates["value"] >= open_gates["bound"])
    reasons = dict.fromkeys(metric_of(name).undefined for name in open_gates.loc[is_undefined, "gate"])
    sentences = [f"{reason[0].upper()}{reason[1:]}." for reason in reasons]
    needs_length = (is_undefined | is_powerless).any()
    if needs_length:
        sentences.append("A longer region would prove it, in which fewer haplotypes are shared.")
    if is_unknown:
        sentences.append("The list of training individuals would prove it.")
    elif (is_missing & ~is_undefined).any():
        sentences.append(f"Not computed: {_labels(open_gates.loc[is_missing & ~is_undefined, 'gate'])}.")
    wide = open_gates[(open_gates["outcome"] == "not proven") & ~is_powerless]
    if len(wide):
        sentences.append(_more_individuals(list(wide.itertuples())))
        if needs_length:
            sentences.append("Both are needed.")
    return sentences


def what_would_prove_privacy(judged: pd.DataFrame) -> str:
    """Return what privacy gates without an answer need, in sentences, from the rows of a model and a data set.

    Parameters
    ----------
    judged
        Rows of `judge_scorecard`.
    """
    worst = worst_seeds(judged)
    open_gates = worst[(worst["kind"] == "privacy") & worst["outcome"].isin(NOT_PROVEN)]
    return " ".join(_what_would_prove_it(open_gates, (judged["reference"] == EVERYBODY).any()))


def _more_individuals(rows: Sequence[tuple]) -> str:
    """Return how many more individuals would bring intervals inside their limits, if the numbers stayed the same."""
    factors = []
    for row in rows:
        low, high = allowed_range(_gate_of(row), row.ceiling, row.floor)
        for reach, room in ((row.ci_high - row.value, high - row.value), (row.value - row.ci_low, row.value - low)):
            if reach > room > 0:
                factors.append((reach / room) ** 2)
            elif room <= 0:
                return "More individuals would tell: a number lies beyond its limit, by no more than chance explains."
    if not factors or not math.isfinite(max(factors)):
        return "More individuals would prove it."
    return f"About {max(factors):.1f} times as many individuals would prove it, if the numbers stay as they are."


def _labels(metrics: pd.Series) -> str:
    return "; ".join(metric_of(name).label for name in metrics)


def _names(worst: pd.DataFrame, *outcomes: str) -> str:
    return ", ".join(worst.loc[worst["outcome"].isin(outcomes), "gate"])


_COUNTED = (
    ("fidelity_gates_failed", "fidelity", ["fail"]),
    ("fidelity_gates_missing", "fidelity", ["missing"]),
    ("fidelity_gates_not_proven", "fidelity", ["not proven"]),
    ("privacy_gates_failed", "privacy", ["fail"]),
    ("privacy_gates_not_proven", "privacy", NOT_PROVEN),
)


def with_verdict(scorecard: pd.DataFrame, verdict: pd.DataFrame, summary: pd.DataFrame) -> pd.DataFrame:
    """Return the scorecard, every AG set followed by what the verdict says of it.

    The rows have the reference "verdict": fidelity_rank (over all seeds of a model), and the numbers of gates that this
    seed does not pass: fidelity_gates_failed, fidelity_gates_missing, fidelity_gates_not_proven, privacy_gates_failed,
    privacy_gates_not_proven.
    """
    ranks = summary.set_index(["dataset", "model"])["fidelity_rank"]
    judged = dict(iter(verdict.groupby(_SET, sort=False)))
    parts = []
    for names, group in scorecard.groupby(_SET, sort=False):
        rows = group.to_dict("records")
        if names in judged:
            values = {"fidelity_rank": ranks[names[:2]]}
            for name, kind, outcomes in _COUNTED:
                own = judged[names].loc[judged[names]["kind"] == kind, "outcome"]
                values[name] = own.isin(outcomes).sum()
            about = dict(zip(_SET, names, strict=True)) | {"reference": REFERENCE}
            rows += [about | {"metric": metric, "value": value} for metric, value in values.items()]
        parts += rows
    table = pd.DataFrame(parts, columns=scorecard.columns)
    return table.astype(dict.fromkeys(_NUMBERS, float) | {"n": "Int64"})
