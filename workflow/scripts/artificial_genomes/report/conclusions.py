"""The conclusions at the head of the report: a few sentences, each with its numbers, from the tables of a run."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import pandas as pd

from artificial_genomes.core.labels import label
from artificial_genomes.judge.metrics import metric_of, value_text
from artificial_genomes.judge.verdict import CLEARED, FAITHFUL, VERDICTS, what_would_prove_privacy, worst_seeds

GAINS = {
    "imputation_r2_rare_gain": "the mean true r² of imputed rare sites (MAF below 5 %)",
    "imputation_r2_gain": "the mean true r² of imputed sites",
}
"""What AGs in a reference panel may raise; a data set is described by the first of them that it has."""

TRACKS = ("xpehh_r", "pbs_r", "ihs_r", "nsl_r", "h12_r", "tajima_d_r")
"""Agreement of scans with those of real haplotypes; a data set is described by the first of them that it has."""

LEAKS_MAX = 3
"""Leaks that are written out, in the order of the data sets; the others are counted."""


class Conclusion(NamedTuple):
    """What a run says on a topic: paragraphs, one per data set where the topic needs it."""

    topic: str
    texts: list[str]


def conclusions(verdict: pd.DataFrame, summary: pd.DataFrame, scorecard: pd.DataFrame) -> list[Conclusion]:
    """Return the conclusions of a run, at most six.

    Parameters
    ----------
    verdict, summary
        See `verdict.judge_scorecard` and `verdict.summarise`.
    scorecard
        dataset model seed reference metric value ci_low ci_high ceiling floor n.
    """
    summary = summary.sort_values("fidelity_rank", kind="stable")
    names = list(dict.fromkeys(verdict["dataset"]))
    found = {
        "Cleared for release": _cleared(summary, names),
        "Faithful": _faithful(summary, names),
        "Leaks": _leaks(verdict, summary),
        "Undecided": _undecided(verdict, summary, names),
        "Imputation": _imputation(scorecard, summary),
        "Selection scans": _scans(scorecard, summary),
    }
    return [Conclusion(topic, texts) for topic, texts in found.items() if texts and len(summary)]


def _cleared(summary: pd.DataFrame, names: list[str]) -> list[str]:
    cleared = summary[summary["verdict"] == CLEARED]
    counts = summary["verdict"].value_counts()
    words = "; ".join(f"{counts[word]} {word}" for word in VERDICTS if word in counts)
    n = len(summary)
    verdicts = f"{n} verdict{'s' if n > 1 else ''}, one per model and data set: {words}."
    if cleared.empty:
        return [f"No model. {verdicts}"]
    privacy, fidelity = (
        " or ".join(map(str, sorted(cleared[f"{kind}_gates"].unique()))) for kind in ("privacy", "fidelity")
    )
    passed = f"all {privacy} privacy gates and all {fidelity} fidelity gates passed"
    return [f"{_by_dataset(cleared, names)}: {passed}. {verdicts}"]


def _by_dataset(rows: pd.DataFrame, names: list[str]) -> str:
    """Return models by data set as text; data sets with the same models are named together."""
    groups: dict[str, list[str]] = {}
    for name in names:
        if models := listed(label(model) for model in rows.loc[rows["dataset"] == name, "model"]):
            groups.setdefault(models, []).append(name)
    return "; ".join(f"{models} on {listed(datasets)}" for models, datasets in groups.items())


def listed(words: Iterable[str]) -> str:
    """Return words as a list within a sentence.

    Examples
    --------
    >>> listed(["RBM"]), listed(["RBM", "GAN", "HCLT"])
    ('RBM', 'RBM, GAN and HCLT')
    """
    *others, last = list(words) or [""]
    return f"{', '.join(others)} and {last}" if others else last


def _faithful(summary: pd.DataFrame, names: list[str]) -> list[str]:
    """Return which models have no failed fidelity gate, by data set; of a data set without one, the best model."""
    judged = summary[summary["fidelity_gates"] > 0]
    is_faithful = (judged["fidelity_failed"] == 0) & (judged["fidelity_missing"] == 0)
    clauses, is_complete = [], True
    for name in names:
        here, faithful = (rows[rows["dataset"] == name] for rows in (judged, judged[is_faithful]))
        if here.empty:
            continue
        shown = faithful if len(faithful) else here.head(1)
        texts = [f"{label(row.model)} ({_passed(row)} of {row.fidelity_gates} gates)" for row in shown.itertuples()]
        is_complete &= all(_passed(row) == row.fidelity_gates for row in faithful.itertuples())
        clauses.append(f"on {name} {'' if len(faithful) else 'no model; the closest is '}{listed(texts)}")
    if not clauses:
        return []
    text = "; ".join(clauses)
    chance = "" if is_complete else " Chance explains the gates that these models do not pass."
    return [f"{text[0].upper()}{text[1:]}.{chance}"]


def _passed(row: tuple) -> int:
    return row.fidelity_gates - row.fidelity_failed - row.fidelity_missing - row.fidelity_not_proven


def _leaks(verdict: pd.DataFrame, summary: pd.DataFrame) -> list[str]:
    worst = worst_seeds(verdict)
    privacy = worst[worst["kind"] == "privacy"]
    if privacy.empty:
        return []
    leaks = privacy[privacy["outcome"] == "fail"]
    sets = leaks.drop_duplicates(["dataset", "model"])
    if sets.empty:
        return [f"None is found by the {privacy['gate'].nunique()} privacy gates in any of {len(summary)} verdicts."]
    texts = []
    for row in sets.head(LEAKS_MAX).itertuples():
        n = ((leaks["dataset"] == row.dataset) & (leaks["model"] == row.model)).sum() - 1
        others = f", and {n} more gate{'s' if n > 1 else ''}" if n else ""
        texts.append(f"{label(row.model)} on {row.dataset}: {row.reason}{others}.")
    if len(sets) > LEAKS_MAX:
        texts.append(f"Leaks are found in {len(sets)} of {len(summary)} verdicts.")
    return texts


def _undecided(verdict: pd.DataFrame, summary: pd.DataFrame, names: list[str]) -> list[str]:
    """Return which models are faithful without proof of privacy, what would prove it, and who is not converged."""
    sentences = []
    undecided = summary[summary["verdict"] == FAITHFUL]
    needs: dict[tuple[str, int, int, str], list[str]] = {}
    for name in names:
        for row in undecided[undecided["dataset"] == name].itertuples():
            judged = verdict[(verdict["dataset"] == name) & (verdict["model"] == row.model)]
            key = name, row.privacy_not_proven, row.privacy_gates, what_would_prove_privacy(judged)
            needs.setdefault(key, []).append(label(row.model))
    for (name, n_open, n_gates, need), models in needs.items():
        gates = f"{n_open} of {n_gates} privacy gates not proven" if n_gates else "no privacy gate is set"
        sentences.append(f"{listed(models)} on {name}: {gates}. {need}".strip())
    early = summary[summary["not_converged"].notna() & (summary["not_converged"] != "")]
    if len(early):
        trainings = "; ".join(
            f"{label(row.model)} on {row.dataset} ({row.not_converged})"
            for name in names
            for row in early[early["dataset"] == name].itertuples()
        )
        sentences.append(f"Not converged, so that more epochs may give better AGs: {trainings}.")
    return sentences


def _of_models(scorecard: pd.DataFrame, summary: pd.DataFrame, metrics: Iterable[str]) -> Iterable[tuple]:
    """Yield data set, metric and its numbers over seeds for the first metric that a data set has.

    The numbers have one row per judged model: value, ceiling and floor are means, ci_low and ci_high the lowest and the
    highest end of the intervals of all seeds.
    """
    for name in dict.fromkeys(summary["dataset"]):
        rows = scorecard[
            (scorecard["dataset"] == name)
            & scorecard["model"].isin(summary["model"])
            & (scorecard["reference"] == "test")
            & np.isfinite(scorecard["value"])
        ]
        metric = next((metric for metric in metrics if (rows["metric"] == metric).any()), None)
        if metric:
            over_seeds = {"value": "mean", "ci_low": "min", "ci_high": "max", "ceiling": "mean", "floor": "mean"}
            numbers = rows[rows["metric"] == metric].groupby("model", sort=False).agg(over_seeds)
            yield name, metric, numbers.sort_values("value", ascending=False, kind="stable").reset_index()


def _imputation(scorecard: pd.DataFrame, summary: pd.DataFrame) -> list[str]:
    """Return for every data set what AGs add to a public reference panel."""
    texts = []
    for name, metric, gains in _of_models(scorecard, summary, GAINS):
        better, worse = gains[gains["ci_low"] > 0], gains[gains["ci_high"] < 0]
        real = gains["ceiling"].mean()
        ceiling = f"; the biobank's own haplotypes (ceiling) by {value_text(real, metric)}" if np.isfinite(real) else ""
        raised = f"{GAINS[metric]} when they are added to the public reference panel"
        if len(better):
            text = f"On {name}, AGs raise {raised}: those of {_numbered(better, metric)}{ceiling}."
        else:
            best = _numbered(gains.head(1), metric)
            text = f"On {name}, AGs of no model raise {raised}, beyond chance: those of {best} at best{ceiling}."
        harm = f" Below 0 with its whole interval: {_numbered(worse, metric)}." if len(worse) else ""
        texts.append(text + harm)
    return texts


def _numbered(rows: pd.DataFrame, metric: str, before: str = "by") -> str:
    """Return models with their numbers and intervals."""
    texts = []
    for row in rows.itertuples():
        ends = (row.ci_low, row.ci_high)
        interval = f" ({' to '.join(value_text(end, metric) for end in ends)})" if np.isfinite(ends).all() else ""
        texts.append(f"{label(row.model)} {before} {value_text(row.value, metric)}{interval}")
    return listed(texts)


def _scans(scorecard: pd.DataFrame, summary: pd.DataFrame) -> list[str]:
    """Return for every data set how well scans of AGs agree with those of real haplotypes."""
    texts = []
    for name, metric, tracks in _of_models(scorecard, summary, TRACKS):
        ceiling, floor = (value_text(tracks[control].mean(), metric) for control in ("ceiling", "floor"))
        best = _numbered(tracks.head(1), metric, "with")
        above = tracks[tracks["ci_low"] > tracks["floor"]]
        models = listed(label(model) for model in above["model"])
        whose = f"The whole interval of {models} lies" if len(above) else "No whole interval of a model lies"
        is_compared = np.isfinite(tracks[["ci_low", "floor"]]).all(axis=1).any()
        texts.append(
            f"On {name}, {metric_of(metric).label} of AGs and real haplotypes is highest for {best}; other real "
            f"individuals score {ceiling} and independent sites {floor}."
            + (f" {whose} above independent sites." if is_compared else "")
        )
    return texts
