"""The report: one HTML file that needs no other file and no network."""

import base64
import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import yaml
from docutils.core import publish_parts

from artificial_genomes.core.labels import label
from artificial_genomes.core.metric_table import CONTROLS
from artificial_genomes.core.quality_record import DETAILED_STEPS
from artificial_genomes.core.templates import render
from artificial_genomes.judge.gates import OUTCOMES, closeness
from artificial_genomes.judge.metrics import GROUPS, KEY_METRICS, in_order, metric_of, number_text, value_text
from artificial_genomes.judge.paper import counts_text, run_text
from artificial_genomes.judge.verdict import REFERENCE as VERDICT_REFERENCE
from artificial_genomes.judge.verdict import VERDICTS, own_bounds_of, worst_seeds
from artificial_genomes.report.datasets import used_sources

PAPER = (
    "Yelmen et al. 2021, Creating artificial human genomes using generative neural networks, PLOS Genetics "
    "17(2):e1009303, doi 10.1371/journal.pgen.1009303"
)
MAIN_REFERENCE = "test"
TRAINING = "train"

PAPER_MARKS = {
    "reproduced": "✓ reproduced",
    "better": "▲ better",
    "missed": "✗ missed",
    "differs": "✗ differs",
    "missing": "? missing",
    "not run": "– not run",
}
OUTCOME_MARKS = {"pass": "✓", "fail": "✗", "missing": "?", "not proven": "?", "not applicable": "–"}
VERDICT_MARKS = dict(zip(VERDICTS, "✓~?✗", strict=True))


@dataclass(frozen=True)
class Cell:
    """A number of the scoreboard.

    Attributes
    ----------
    text, spread
        The mean over seeds, and their range (or the interval, if there is one seed).
    details
        Shown on hover.
    value
        Unrounded value for sorting; None without a number.
    closeness
        1 at the ceiling, 0 as far away as the floor or farther; None if not meaningful.
    failure
        Why a gate on the metric fails for any seed; "" if none does.
    """

    text: str
    spread: str
    details: str
    value: float | None
    closeness: float | None
    failure: str = ""


@dataclass(frozen=True)
class Column:
    """A metric in the header of a scoreboard: its name, its definition, and its ceiling and floor."""

    label: str
    meaning: str
    controls: list[str]
    first: str
    """Order of the first click on its name: the best first."""


@dataclass(frozen=True)
class Scoreboard:
    """Models by metrics of one dataset, one group of metrics, one reference."""

    title: str
    columns: list[Column]
    rows: list[tuple[str, list[Cell]]]


Failures = Mapping[tuple[str, str, str], str]
"""Reason why a gate fails, by dataset, model and metric."""


def gate_failures(verdict: pd.DataFrame) -> Failures:
    """Return the reasons of all gates that fail, of all seeds; see `verdict.judge_scorecard`."""
    failures: dict[tuple[str, str, str], list[str]] = {}
    for row in verdict[verdict["outcome"] == "fail"].itertuples():
        text = f"{row.kind} gate failed with seed {row.seed}, against {row.reference}: {row.reason}"
        failures.setdefault((row.dataset, row.model, row.gate), []).append(text)
    return {key: "; ".join(texts) for key, texts in failures.items()}


def scoreboards(
    scorecard: pd.DataFrame, dataset: str, failures: Failures, *, training: bool = False
) -> list[Scoreboard]:
    """Return the scoreboards of a dataset, one per group of metrics.

    Parameters
    ----------
    scorecard
        dataset model seed reference metric value ci_low ci_high ceiling floor n.
    dataset
        Its name.
    failures
        See `gate_failures`; metrics that have one are marked.
    training
        Only comparisons with training individuals; otherwise all others. Metrics without another reference always
        belong to the others.
    """
    rows = scorecard[(scorecard["dataset"] == dataset) & (scorecard["reference"] != VERDICT_REFERENCE)]
    elsewhere = rows.loc[rows["reference"] != TRAINING, "metric"].unique()
    is_training = (rows["reference"] == TRAINING) & rows["metric"].isin(elsewhere)
    rows = rows[is_training if training else ~is_training]
    groups = rows["metric"].map(lambda name: metric_of(name).group)
    return [
        _scoreboard(group, rows[groups == group], failures, in_order(rows.loc[groups == group, "metric"].unique()))
        for group in GROUPS
        if (groups == group).any()
    ]


def _scoreboard(title: str, rows: pd.DataFrame, failures: Failures, metrics: Sequence[str]) -> Scoreboard:
    columns = [_column(metric, rows[rows["metric"] == metric]) for metric in metrics]
    boards = [
        (model, [_cell(metric, of_model[of_model["metric"] == metric], failures) for metric in metrics])
        for model, of_model in rows.groupby("model", sort=False)
    ]
    return Scoreboard(title, columns, boards)


def first_board(
    scorecard: pd.DataFrame, dataset: str, failures: Failures, verdict: dict
) -> tuple[Scoreboard, dict[str, list[str]]]:
    """Return the scoreboard of a data set's first page: models, best first, by the key metrics.

    Parameters
    ----------
    scorecard, dataset, failures
        See `scoreboards`.
    verdict
        Result of `verdict_context` for the data set, whose models are shown in its order.

    Returns
    -------
    board : Scoreboard
    controls : dict of list of str
        Values of ceiling and floor, one text per column.
    """
    models = [row["model"] for row in verdict["rows"]] or [
        model for model in scorecard.loc[scorecard["dataset"] == dataset, "model"].unique() if "+" not in model
    ]
    rows = scorecard[
        (scorecard["dataset"] == dataset)
        & scorecard["metric"].isin(KEY_METRICS)
        & scorecard["model"].isin(models)
        & ~scorecard["reference"].isin([TRAINING, VERDICT_REFERENCE])
    ]
    rows = rows.sort_values("model", key=lambda names: names.map(models.index), kind="stable")
    metrics = [name for name in KEY_METRICS if (rows["metric"] == name).any()]
    means = {name: rows.groupby("metric")[name].mean() for name in CONTROLS}
    controls = {name: [number_text(means[name][metric], metric) for metric in metrics] for name in CONTROLS}
    return _scoreboard(dataset, rows, failures, metrics), controls


def _column(name: str, rows: pd.DataFrame) -> Column:
    metric = metric_of(name)
    references = [reference for reference in rows["reference"].unique() if reference != MAIN_REFERENCE]
    against = f" Compared with: {', '.join(references)}." if references else ""
    controls = {control: rows[control].mean() for control in CONTROLS}
    return Column(
        metric.label,
        f"{name}: {metric.definition}{against}",
        [f"{control} {number_text(value, name)}" for control, value in controls.items() if np.isfinite(value)],
        "ascending" if metric.sense < 0 else "descending",
    )


def _cell(metric: str, rows: pd.DataFrame, failures: Failures) -> Cell:
    rows = rows[np.isfinite(rows["value"])]
    if rows.empty:
        return Cell("–", "", "not defined", None, None)
    value, ceiling, floor = rows["value"].mean(), rows["ceiling"].mean(), rows["floor"].mean()
    first = rows.iloc[0]
    if len(rows) > 1:
        spread = " to ".join(dict.fromkeys(number_text(rows["value"].agg(end), metric) for end in ("min", "max")))
        details = "; ".join(f"seed {row.seed}: {number_text(row.value, metric)}" for row in rows.itertuples())
    elif np.isfinite(first["ci_low"]):
        spread = f"{number_text(first['ci_low'], metric)} to {number_text(first['ci_high'], metric)}"
        details = "95 % interval below"
    else:
        spread, details = "", f"seed {first['seed']}"
    if pd.notna(first["n"]):
        details += f"; n = {int(first['n']):,}"
    near = closeness(metric, value, ceiling, floor) if metric_of(metric).is_graded else np.nan
    failure = failures.get((first["dataset"], first["model"], metric), "")
    return Cell(number_text(value, metric), spread, details, float(value), None if np.isnan(near) else near, failure)


@dataclass(frozen=True)
class Note:
    """A gate that was not passed: a short text and the reason."""

    text: str
    reason: str


def verdict_context(dataset: str, verdict: pd.DataFrame, summary: pd.DataFrame) -> dict:
    """Return the template's context for the verdict on a dataset, the best model first.

    Parameters
    ----------
    dataset
        Its name.
    verdict, summary
        See `verdict.judge_scorecard` and `verdict.summarise`.
    """
    verdict = verdict[verdict["dataset"] == dataset]
    worst = worst_seeds(verdict)
    rows = []
    for row in summary[summary["dataset"] == dataset].sort_values("fidelity_rank", kind="stable").itertuples():
        own = worst[worst["model"] == row.model]
        fidelity, privacy = (own[own["kind"] == kind] for kind in ("fidelity", "privacy"))
        rows.append(
            {
                "model": row.model,
                "rank": row.fidelity_rank,
                "verdict": row.verdict,
                "place": VERDICTS.index(row.verdict),
                "why": row.why,
                "not_converged": "" if pd.isna(row.not_converged) else row.not_converged,
                "fidelity": _gate_notes(fidelity, row.fidelity_gates),
                "privacy": _gate_notes(privacy, row.privacy_gates),
            }
        )
    gates = verdict.assign(label=[metric_of(metric).label for metric in verdict["gate"]])
    return {"name": dataset, "rows": rows, "gates": _records(gates)}


def _gate_notes(worst: pd.DataFrame, n_gates: int) -> dict:
    notes = {outcome: [] for outcome in OUTCOMES}
    for row in worst.itertuples():
        number = f" {value_text(row.value, row.gate)}" if row.outcome in ("fail", "not proven") else ""
        notes[row.outcome].append(Note(metric_of(row.gate).label + number, row.reason))
    open_gates = {outcome: notes[outcome] for outcome in ("fail", "not proven", "missing") if notes[outcome]}
    return {"gates": n_gates, "passed": len(notes["pass"]), "open": open_gates}


def render_rst(text: str) -> str:
    """Return reStructuredText as HTML; nothing is read from other files."""
    settings = {"file_insertion_enabled": False, "raw_enabled": False, "halt_level": 2, "initial_header_level": 3}
    return publish_parts(text, writer="html5", settings_overrides=settings)["body"]


def plain_text(markup: str) -> str:
    """Return HTML without its tags, on one line."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", "", markup)).split())


def figure_context(png: Path, captions: Path, config: dict) -> dict[str, str]:
    """Return the template's context for a figure.

    Its caption is `{captions}/{what it draws}.rst`, under the title from the configuration, if any. The first sentence
    is the alternative text for readers who cannot see the figure.
    """
    settings = config["figure_params"][png.stem]
    caption = render_rst((captions / f"{settings.get('draws', png.stem)}.rst").read_text(encoding="utf-8"))
    if "title" in settings:
        caption = re.sub(
            r"<strong>.*?</strong>", lambda _: f"<strong>{html.escape(settings['title'])}.</strong>", caption, count=1
        )
    number = "".join(re.match(r"fig(s?)(\d+[a-z]?)_", png.stem).groups()).replace("s", "S", 1)
    return {
        "name": png.stem,
        "number": number,
        "caption": caption.replace("<p>", f"<p><strong>Figure {number}.</strong> ", 1),
        "shows": _shown(settings, config),
        "alt": plain_text(caption).split(". ")[0] + ".",
        "data": base64.b64encode(png.read_bytes()).decode(),
    }


def _shown(settings: dict, config: dict) -> str:
    """Return data set, models and seeds of a figure as one line."""
    seeds = config["seeds"]
    parts = [f"Data set {settings['dataset']}"]
    if "models" in settings:
        parts.append("models " + ", ".join(label(one) for one in config["models"] if one in settings["models"]))
    parts.append(f"seed{'s' if len(seeds) > 1 else ''} {', '.join(map(str, seeds))}")
    return "; ".join(parts) + "."


def paper_context(table: pd.DataFrame | None, config: dict) -> dict | None:
    """Return the template's context for the comparison with the paper; None if no data set corresponds to the paper's.

    Parameters
    ----------
    table
        See `paper.compare_with_paper`.
    config
        The configuration.
    """
    if table is None:
        return None
    shown = table[(table["outcome"] != "not run") | (table["authors_from"] == "this run")]
    rows = []
    for row in shown.itertuples():
        authors = "" if not row.authors_from else f"{value_text(row.authors, row.metric)} ({row.authors_from})"
        rows.append(
            {
                "dataset": f"{row.dataset}: {row.played_by}",
                "model": label(row.model),
                "quantity": row.quantity,
                "meaning": f"{row.metric}: {metric_of(row.metric).definition}",
                "reference": row.reference,
                "published": value_text(row.published, row.metric),
                "published_value": row.published,
                "who": "; ".join(filter(None, [row.who, row.note])),
                "unverified": row.verified == "no",
                "authors": authors,
                "authors_outcome": row.authors_outcome,
                "run": run_text(row),
                "run_value": row.run_mean if np.isfinite(row.run_mean) else "",
                "details": f"{row.seeds} seed{'s' if row.seeds != 1 else ''}"
                + ("" if pd.isna(row.n) else f"; n = {int(row.n):,}")
                + f"; tolerance {row.tolerance:g}",
                "outcome": row.outcome,
                "mark": PAPER_MARKS[row.outcome],
                "gates": row.gates == "yes",
            }
        )
    biobank = config["paper"]["datasets"].get("biobank")
    about = f"{biobank} ({_people_text(config['dataset_params'][biobank])})" if biobank in config["datasets"] else ""
    return {
        "rows": rows,
        "counts": counts_text(table),
        "left_out": len(table) - len(shown),
        "biobank": about,
    }


def _people_text(settings: dict) -> str:
    """Return the selection of individuals of a data set as text."""
    chosen = [", ".join(map(str, labels)) for labels in (settings.get("people") or {}).values()]
    return "; ".join(chosen) or "all individuals"


def parameter_rows(config: dict) -> list[dict[str, str]]:
    """Return the settings of every model of the run, and exceptions for some data sets, as text."""
    rows = []
    for model in config["models"]:
        settings = config["model_params"][model]
        changes = [
            f"{dataset}: {_settings_text(config['dataset_params'][dataset]['model_params'][model])}"
            for dataset in config["datasets"]
            if model in config["dataset_params"][dataset].get("model_params", {})
        ]
        own = {key: value for key, value in settings.items() if key != "kind"}
        rows.append(
            {
                "model": label(model),
                "kind": settings["kind"],
                "settings": _settings_text(own),
                "changes": "; ".join(changes),
            }
        )
    return rows


def _settings_text(settings: dict) -> str:
    return ", ".join(f"{key} {value}" for key, value in settings.items())


def citations(sources: pd.DataFrame, config: dict) -> list[dict[str, str]]:
    """Return the citations of the public sources whose files the configuration uses."""
    used = used_sources(re.findall(r"resources/data/[^'\"]+", str(config)), sources)
    return used[["source", "version", "licence", "citation"]].drop_duplicates().to_dict("records")


def link_dois(text: str) -> list[tuple[str, str]]:
    """Return a text in pieces (text, address): a DOI has its address, other pieces an empty one."""
    pieces, end = [], 0
    for match in re.finditer(r"\b10\.\d{4,}/[^\s;,)]*[\w]", text):
        pieces += [(text[end : match.start()], ""), (match[0], f"https://doi.org/{match[0]}")]
        end = match.end()
    return [piece for piece in [*pieces, (text[end:], "")] if piece[0]]


def citation_text(citation: dict) -> str:
    """Return a CITATION.cff as one line."""
    authors = ", ".join(
        author.get("name") or f"{author['family-names']} {author['given-names'][:1]}" for author in citation["authors"]
    )
    return f"{authors}: {citation['title']}, version {citation['version']}."


def facts(config: dict, git: pd.DataFrame) -> list[tuple[str, str]]:
    """Return the facts of a run for the head of the report."""
    code = dict(zip(git["key"], git["value"], strict=True))
    commit = code["commit"][:12]
    if code["uncommitted changes"] == "yes":
        commit += ", with uncommitted changes"
    return [
        ("Data sets", ", ".join(config["datasets"])),
        ("Models", ", ".join(label(model) for model in config["models"])),
        ("Seeds", _seeds_text(config)),
        ("Device", config["device"]),
        ("Code", commit),
    ]


def _seeds_text(config: dict) -> str:
    """Return the seeds of the run: for models, the split and comparisons."""
    models = ", ".join(map(str, config["seeds"]))
    return (
        f"{models} (models); {config['split']['seed']} (split of individuals); {config['compare']['seed']} "
        "(comparisons)"
    )


def report_html(
    template: Path,
    config: dict,
    scorecard: pd.DataFrame,
    metrics: pd.DataFrame,
    verdict: pd.DataFrame,
    summary: pd.DataFrame,
    figures: Sequence[Path],
    datasets: pd.DataFrame,
    qc: dict[str, pd.DataFrame],
    provenance: dict[str, pd.DataFrame],
    sources: pd.DataFrame,
    citation: dict,
    paper: pd.DataFrame | None = None,
) -> str:
    """Return the report of a run.

    Parameters
    ----------
    template
        The Jinja template; captions (`{figure}.rst`) and the introduction (`workflow.rst`) are next to it.
    config
        The configuration, private file names hidden.
    scorecard
        dataset model seed reference metric value ci_low ci_high ceiling floor n.
    metrics
        Definitions of the metrics in the scorecard; see `metrics.describe_metrics`.
    verdict, summary
        Outcomes of gates for every AG set, and verdicts for every model; see `verdict`.
    figures
        PNG files, in the order to show them.
    datasets
        See `datasets.describe_datasets`.
    qc
        Quality control of each data set by its name.
    provenance
        Tables `software`, `git`, `inputs`, `outputs`, `benchmarks`.
    sources
        Public sources of data: source version licence citation.
    citation
        Content of CITATION.cff.
    paper
        The run compared with published numbers, if data sets correspond to the paper's; see `paper.compare_with_paper`.
    """
    names = [name for name in config["datasets"] if (scorecard["dataset"] == name).any()]
    benchmarks = provenance["benchmarks"]
    failures = gate_failures(verdict)
    verdicts = [verdict_context(name, verdict, summary) for name in names]
    first = [first_board(scorecard, judged["name"], failures, judged) for judged in verdicts]
    return render(
        template,
        run=config["run"],
        introduction=render_rst((template.parent / "workflow.rst").read_text(encoding="utf-8")),
        facts=facts(config, provenance["git"]),
        first=[
            {
                "name": judged["name"],
                "judged": {row["model"]: row for row in judged["rows"]},
                "board": board,
                "controls": controls,
            }
            for judged, (board, controls) in zip(verdicts, first, strict=True)
        ],
        verdicts=verdicts,
        outcome_marks=OUTCOME_MARKS,
        verdict_marks=VERDICT_MARKS,
        own_bounds=own_bounds_of(summary),
        boards=[
            {
                "name": name,
                "main": scoreboards(scorecard, name, failures),
                "training": scoreboards(scorecard, name, failures, training=True),
            }
            for name in names
        ],
        labels={model: label(model) for model in scorecard["model"].unique()},
        metrics=_records(metrics),
        paper_table=paper_context(paper, config),
        figures=[figure_context(png, template.parent, config) for png in figures],
        datasets=_records(datasets),
        qc={name: _records(table[~table["step"].isin(DETAILED_STEPS)]) for name, table in qc.items()},
        parameters=parameter_rows(config),
        config_text=yaml.safe_dump(config, sort_keys=False, allow_unicode=True),
        software=_records(provenance["software"]),
        git=_records(provenance["git"]),
        inputs=_records(provenance["inputs"]),
        outputs=_records(provenance["outputs"]),
        benchmarks=_records(benchmarks.assign(seconds=benchmarks["seconds"].map("{:,.1f}".format))),
        minutes=benchmarks["seconds"].sum() / 60,
        paper=PAPER,
        citation=citation_text(citation),
        sources=citations(sources, config),
        link_dois=link_dois,
    )


def _records(table: pd.DataFrame) -> list[dict]:
    return table.astype(object).fillna("").to_dict("records")
