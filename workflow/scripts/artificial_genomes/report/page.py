"""The report: one HTML file that needs no other file and no network."""

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

from artificial_genomes.core.colors import model_colours
from artificial_genomes.core.labels import label
from artificial_genomes.core.quality_record import DETAILED_STEPS
from artificial_genomes.core.templates import render
from artificial_genomes.judge.metrics import metric_of, value_text
from artificial_genomes.judge.paper import counts_text, run_text
from artificial_genomes.judge.verdict import VERDICTS, own_bounds_of
from artificial_genomes.report.conclusions import conclusions
from artificial_genomes.report.datasets import used_sources
from artificial_genomes.report.pictures import figure_context, render_rst
from artificial_genomes.report.scoreboard import first_board, gate_failures, records, scoreboards, verdict_context

PAPER = (
    "Yelmen et al. 2021, Creating artificial human genomes using generative neural networks, PLOS Genetics "
    "17(2):e1009303, doi 10.1371/journal.pgen.1009303"
)
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


def facts(
    config: dict, provenance: dict[str, pd.DataFrame], datasets: pd.DataFrame, scorecard: pd.DataFrame, written: str
) -> list[tuple[str, list[str]]]:
    """Return the facts of a run for the head of the report: a name and one or more lines for each."""
    code = dict(provenance["git"].itertuples(index=False, name=None))
    commit = code["commit"][:12]
    if code["uncommitted changes"] == "yes":
        commit += ", with uncommitted changes"
    return [
        ("Written", [written]),
        ("Data sets", [_size_text(row, scorecard) for row in datasets.itertuples()]),
        ("Models", [", ".join(label(model) for model in config["models"])]),
        ("Seeds", [_seeds_text(config)]),
        ("Time", [_time_text(provenance["benchmarks"])]),
        ("Device", [config["device"]]),
        ("Code", [commit]),
    ]


def _size_text(row: tuple, scorecard: pd.DataFrame) -> str:
    """Return how large a data set is, and how many AGs a model has made of it."""
    copies = scorecard[(scorecard["dataset"] == row.dataset) & (scorecard["metric"] == "exact_copies")]
    numbers = [f"{n:,}" for n in sorted(copies["n"].dropna().astype(int).unique())]
    ags = f"; {' to '.join(dict.fromkeys([numbers[0], numbers[-1]]))} AGs per model and seed" if numbers else ""
    sites = "" if pd.isna(row.sites) else f"{int(row.sites):,} sites, "
    return (
        f"{row.dataset}: {sites}{row.people:,} individuals ({row.train:,} training, {row.validation:,} validation, "
        f"{row.test:,} test){ags}"
    )


def _time_text(benchmarks: pd.DataFrame) -> str:
    minutes, processor = (benchmarks[column].sum() / 60 for column in ("seconds", "cpu_seconds"))
    return f"{minutes:,.1f} minutes if jobs ran one after another; {processor:,.1f} minutes of processor time"


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
    written: str,
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
    written
        The date.
    paper
        The run compared with published numbers, if data sets correspond to the paper's; see `paper.compare_with_paper`.
    """
    names = [name for name in config["datasets"] if (scorecard["dataset"] == name).any()]
    benchmarks = provenance["benchmarks"]
    failures = gate_failures(verdict)
    verdicts = [verdict_context(name, verdict, summary) for name in names]
    labels = {model: label(model) for model in scorecard["model"].unique()}
    pictures = [figure_context(png, template.parent, config) for png in figures]
    return render(
        template,
        run=config["run"],
        introduction=render_rst((template.parent / "workflow.rst").read_text(encoding="utf-8")),
        facts=facts(config, provenance, datasets, scorecard, written),
        conclusions=conclusions(verdict, summary, scorecard),
        first=[
            {**judged, "judged": {row["model"]: row for row in judged["rows"]}}
            | {"board": first_board(scorecard, judged["name"], failures, judged)}
            for judged in verdicts
        ],
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
        labels=labels,
        models=[(model, label(model), color) for model, color in model_colours(summary["model"]).items()],
        metrics=records(metrics),
        paper_table=paper_context(paper, config),
        figures=pictures,
        figures_of={name: [one for one in pictures if one["dataset"] == name] for name in names},
        datasets=records(datasets),
        qc={name: records(table[~table["step"].isin(DETAILED_STEPS)]) for name, table in qc.items()},
        parameters=parameter_rows(config),
        config_text=yaml.safe_dump(config, sort_keys=False, allow_unicode=True),
        software=records(provenance["software"]),
        git=records(provenance["git"]),
        inputs=records(provenance["inputs"]),
        outputs=records(provenance["outputs"]),
        benchmarks=records(
            benchmarks.assign(**{name: benchmarks[name].map("{:,.1f}".format) for name in ("seconds", "cpu_seconds")})
        ),
        minutes=benchmarks["seconds"].sum() / 60,
        paper=PAPER,
        citation=citation_text(citation),
        sources=citations(sources, config),
        link_dois=link_dois,
    )
