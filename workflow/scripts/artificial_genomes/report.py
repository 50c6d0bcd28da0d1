"""The report: one HTML file that needs no other file and no network."""

import base64
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import yaml
from docutils.core import publish_parts
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from artificial_genomes.definitions import DEFINITIONS, GROUPS, definition_of
from artificial_genomes.gates import RELATIVE_GAP, Gate, judge, read_gates, value_text
from artificial_genomes.labels import label, number_text
from artificial_genomes.verdict import REFERENCE as VERDICT_REFERENCE
from artificial_genomes.verdict import worst_seeds

PAPER = (
    "Yelmen et al. 2021, Creating artificial human genomes using generative neural networks, PLOS Genetics "
    "17(2):e1009303, doi 10.1371/journal.pgen.1009303"
)
MAIN_REFERENCE = "test"
TRAINING = "train"
OUTCOME_TEXT = {"pass": "✓ passed", "fail": "✗ failed", "missing": "? missing", "not_applicable": "– not applicable"}
RELEASE_TEXT = {"yes": "✓ yes", "no": "✗ do not release", "unclear": "? cannot be told", "no data": "? no data"}


@dataclass(frozen=True)
class Cell:
    """A number of the scoreboard.

    Attributes
    ----------
    text, spread
        The mean over seeds, and below it their range (or the interval, where there is one seed).
    details
        Shown on hover.
    value
        Unrounded, to sort by; None where there is no number.
    closeness
        1 at the ceiling, 0 as far away as the floor or farther; None where that says nothing.
    failure
        Why a gate refuses the number, with any seed; "" where none does.
    """

    text: str
    spread: str
    details: str
    value: float | None
    closeness: float | None
    failure: str = ""


@dataclass(frozen=True)
class Column:
    """A metric at the head of a scoreboard: its name, its definition, what ceiling and floor reach."""

    label: str
    meaning: str
    controls: list[str]


@dataclass(frozen=True)
class Scoreboard:
    """Models by metrics of one dataset, one group of metrics, one reference."""

    title: str
    columns: list[Column]
    rows: list[tuple[str, list[Cell]]]


def scoreboards(
    scorecard: pd.DataFrame, dataset: str, training: bool = False, gates: Sequence[Gate] = ()
) -> list[Scoreboard]:
    """Return the scoreboards of a dataset, a group of metrics each.

    Parameters
    ----------
    scorecard
        dataset model seed reference metric value ci_low ci_high ceiling floor n.
    dataset
        Its name.
    training
        Only comparisons with the people that models were trained on; otherwise all others. Metrics that have no other
        reference always count as others.
    gates
        Numbers that they refuse are marked.
    """
    rows = scorecard[(scorecard["dataset"] == dataset) & (scorecard["reference"] != VERDICT_REFERENCE)]
    elsewhere = rows.loc[rows["reference"] != TRAINING, "metric"].unique()
    is_training = (rows["reference"] == TRAINING) & rows["metric"].isin(elsewhere)
    rows = rows[is_training if training else ~is_training]
    groups = rows["metric"].map(lambda metric: definition_of(metric).group)
    return [_scoreboard(group, rows[groups == group], gates) for group in GROUPS if (groups == group).any()]


def _scoreboard(title: str, rows: pd.DataFrame, gates: Sequence[Gate]) -> Scoreboard:
    metrics = in_order(list(rows["metric"].unique()), list(DEFINITIONS))
    return Scoreboard(
        title,
        [_column(metric, rows[rows["metric"] == metric]) for metric in metrics],
        [
            (model, [_cell(metric, of_model[of_model["metric"] == metric], gates) for metric in metrics])
            for model, of_model in rows.groupby("model", sort=False)
        ],
    )


def _column(metric: str, rows: pd.DataFrame) -> Column:
    definition = definition_of(metric)
    references = [reference for reference in rows["reference"].unique() if reference != MAIN_REFERENCE]
    against = f" Compared with: {', '.join(references)}." if references else ""
    controls = {name: rows[name].mean() for name in ("ceiling", "floor")}
    return Column(
        definition.label,
        f"{metric}: {definition.meaning}{against}",
        [f"{name} {number_text(value, metric)}" for name, value in controls.items() if np.isfinite(value)],
    )


def _cell(metric: str, rows: pd.DataFrame, gates: Sequence[Gate]) -> Cell:
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
    near = closeness(value, ceiling, floor) if definition_of(metric).graded else None
    failure = "; ".join(_failures(rows, [gate for gate in gates if gate.metric == metric]))
    return Cell(number_text(value, metric), spread, details, float(value), near, failure)


def _failures(rows: pd.DataFrame, gates: Sequence[Gate]) -> Iterator[str]:
    for gate in gates:
        for row in rows.itertuples():
            judged = judge(gate, row.value, row.ceiling, row.floor, row.ci_low, row.ci_high)
            if judged.outcome == "fail":
                yield f"{gate.kind} gate failed with seed {row.seed}, against {row.reference}: {judged.reason}"


def closeness(value: float, ceiling: float, floor: float) -> float | None:
    """Return how near a value is to the ceiling, in units of the distance of the floor from it: 1 = there, 0 = as far.

    Values beyond the ceiling count as far from it as values before it: better than real is not real.
    """
    gap = abs(floor - ceiling)
    if not np.isfinite(gap) or gap <= RELATIVE_GAP * max(abs(floor), abs(ceiling)):
        return None
    return float(np.clip(1 - abs(value - ceiling) / gap, 0, 1))


@dataclass(frozen=True)
class Note:
    """A gate that was not passed: in short, and why."""

    text: str
    reason: str


def verdict_context(dataset: str, verdict: pd.DataFrame, summary: pd.DataFrame) -> dict:
    """Return what the template shows of the verdict on a dataset, the best model first.

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
                "release": row.release,
                "why": row.why,
                "fidelity": _gate_notes(fidelity, row.fidelity_gates),
                "privacy": _gate_notes(privacy, row.privacy_gates),
            }
        )
    gates = verdict.assign(label=[definition_of(metric).label for metric in verdict["gate"]])
    return {"name": dataset, "rows": rows, "gates": _records(gates)}


def _gate_notes(worst: pd.DataFrame, n_gates: int) -> dict:
    notes = {"fail": [], "missing": [], "not_applicable": [], "pass": []}
    for row in worst.itertuples():
        number = f" {value_text(row.value, row.gate)}" if row.outcome == "fail" else ""
        notes[row.outcome].append(Note(definition_of(row.gate).label + number, row.reason))
    return {"gates": n_gates, "passed": len(notes["pass"]), "failed": notes["fail"], "missing": notes["missing"]}


def render_rst(text: str) -> str:
    """Return reStructuredText as HTML; nothing is read from other files."""
    settings = {"file_insertion_enabled": False, "raw_enabled": False, "halt_level": 2, "initial_header_level": 3}
    return publish_parts(text, writer="html5", settings_overrides=settings)["body"]


def plain_text(html: str) -> str:
    """Return HTML without its tags, on one line."""
    text = re.sub(r"<[^>]+>", "", html)
    for entity, character in (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&amp;", "&")):
        text = text.replace(entity, character)
    return " ".join(text.split())


def figure_context(png: Path, captions: Path) -> dict[str, str]:
    """Return what the template shows of a figure; its caption is `{captions}/{name of the figure}.rst`.

    The first sentence of the caption is what readers get who do not see the figure.
    """
    caption = render_rst((captions / f"{png.stem}.rst").read_text())
    number = re.match(r"fig(s?\d+)", png.stem)[1].upper()
    return {
        "name": png.stem,
        "number": number,
        "caption": caption.replace("<p>", f"<p><strong>Figure {number}.</strong> ", 1),
        "alt": plain_text(caption).split(". ")[0] + ".",
        "data": base64.b64encode(png.read_bytes()).decode(),
    }


def dataset_context(name: str, settings: dict, split: pd.DataFrame, qc: pd.DataFrame) -> dict:
    """Return what the template shows of a dataset: counts of people, never their names."""
    sites = qc.loc[qc["what"] == "sites", "value"]
    own = split.loc[split["split"] != "public", "superpopulation"].fillna("")
    return {
        "name": name,
        "cohort": settings.get("cohort", ""),
        "region": settings.get("region") or "all sites",
        "people": {part: int((split["split"] == part).sum()) for part in ("train", "validation", "test", "public")},
        "superpopulations": own.value_counts().sort_index().to_dict(),
        "sites": f"{int(sites.iloc[-1]):,}" if len(sites) else "–",
        "qc": _records(qc),
    }


def citations(sources: pd.DataFrame, config: dict) -> list[dict[str, str]]:
    """Return the citations of the public sources whose files the configuration names."""
    named = str(config)
    used = [f"resources/data/{row.source}/{row.version}/" in named for row in sources.itertuples()]
    columns = ["source", "version", "licence", "citation"]
    return sources.loc[used, columns].drop_duplicates().to_dict("records")


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
    """Return the facts of a run that stand at the head of the report."""
    code = dict(zip(git["key"], git["value"], strict=True))
    commit = code["commit"][:12]
    if code["uncommitted changes"] == "yes":
        commit += ", with uncommitted changes"
    return [
        ("Data sets", ", ".join(config["datasets"])),
        ("Models", ", ".join(label(model) for model in config["models"])),
        ("Seeds", ", ".join(map(str, config["seeds"]))),
        ("Code", commit),
    ]


def report_html(
    template: Path,
    config: dict,
    scorecard: pd.DataFrame,
    verdict: pd.DataFrame,
    summary: pd.DataFrame,
    figures: Sequence[Path],
    datasets: Sequence[tuple[str, pd.DataFrame, pd.DataFrame]],
    provenance: dict[str, pd.DataFrame],
    sources: pd.DataFrame,
    citation: dict,
) -> str:
    """Return the report of a run.

    Parameters
    ----------
    template
        The Jinja2 template; captions (`{figure}.rst`) and the introduction (`workflow.rst`) lie beside it.
    config
        The configuration, private file names hidden.
    scorecard
        dataset model seed reference metric value ci_low ci_high ceiling floor n.
    verdict, summary
        What gates say of every AG set, and of every model; see `verdict`.
    figures
        PNG files, in the order to show them.
    datasets
        Name, people (with column split) and quality control of each dataset.
    provenance
        Tables `software`, `git`, `inputs`, `benchmarks`.
    sources
        Public sources of data: source version licence citation.
    citation
        Content of CITATION.cff.
    """
    names = in_order(list(scorecard["dataset"].unique()), config["datasets"])
    benchmarks = provenance["benchmarks"]
    gates = read_gates(config["verdict"])
    shown = set(scorecard["metric"])
    return render(
        template,
        run=config["run"],
        introduction=render_rst((template.parent / "workflow.rst").read_text()),
        facts=facts(config, provenance["git"]),
        verdicts=[verdict_context(name, verdict, summary) for name in names],
        outcomes=OUTCOME_TEXT,
        releases=RELEASE_TEXT,
        boards=[
            {
                "name": name,
                "main": scoreboards(scorecard, name, gates=gates),
                "training": scoreboards(scorecard, name, training=True, gates=gates),
            }
            for name in names
        ],
        labels={model: label(model) for model in scorecard["model"].unique()},
        definitions=[(metric, definition) for metric, definition in DEFINITIONS.items() if metric in shown],
        figures=[figure_context(png, template.parent) for png in figures],
        datasets=[dataset_context(name, config["dataset_params"][name], people, qc) for name, people, qc in datasets],
        config_text=yaml.safe_dump(config, sort_keys=False, allow_unicode=True),
        software=_records(provenance["software"]),
        git=_records(provenance["git"]),
        inputs=_records(provenance["inputs"]),
        benchmarks=_records(benchmarks.assign(seconds=benchmarks["seconds"].map("{:,.1f}".format))),
        minutes=benchmarks["seconds"].sum() / 60,
        paper=PAPER,
        citation=citation_text(citation),
        sources=citations(sources, config),
    )


def _records(table: pd.DataFrame) -> list[dict]:
    return table.astype(object).fillna("").to_dict("records")


def render(template: Path, **context: object) -> str:
    """Return the report; every value that the template asks for must be given, and is escaped."""
    environment = Environment(
        loader=FileSystemLoader(template.parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["link_dois"] = link_dois
    environment.filters["number"] = number_text
    return environment.get_template(template.name).render(**context)


def in_order(names: Sequence[str], wanted: Sequence[str]) -> list[str]:
    """Return `names` in the order of `wanted`; those that are not wanted come last."""
    return sorted(names, key=lambda name: wanted.index(name) if name in wanted else len(wanted))
