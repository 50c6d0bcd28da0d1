"""A report of a small made-up run."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from artificial_genomes.config.schema import FIGURES
from artificial_genomes.core.tables import read_tsv, write_tsv
from artificial_genomes.judge.gates import read_gates
from artificial_genomes.judge.metrics import describe_metrics
from artificial_genomes.judge.paper import COLUMNS as PAPER_COLUMNS
from artificial_genomes.judge.verdict import judge_scorecard, summarise, with_verdict
from artificial_genomes.report import page
from artificial_genomes.report.datasets import describe_datasets
from artificial_genomes.report.provenance import hide_private
from helpers import ROOT

TEMPLATE = ROOT / "workflow" / "report" / "report.html.j2"
SHOWN = [*FIGURES, "figs3_markov", "figs7a_ld"]
DRAWN = FIGURES[0]
"""The figure that has an SVG file."""

SVG = """<?xml version="1.0" encoding="utf-8" standalone="no"?>
<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">
<svg xmlns:xlink="http://www.w3.org/1999/xlink" width="90pt" height="60pt" viewBox="0 0 90 60"
 xmlns="http://www.w3.org/2000/svg">
 <metadata xmlns:dc="http://purl.org/dc/elements/1.1/"><title>Matplotlib</title><dc:description>[{"box": [0, 0, 90, 60],
 "x": {"label": "Sites", "low": 0, "high": 900}, "y": {"label": "Share (%)", "low": 0.001, "high": 1, "log": true,
 "unit": 100}}]</dc:description></metadata>
 <defs><style type="text/css">*{stroke-linejoin: round}</style></defs>
 <defs><clipPath id="clip"><rect x="0" y="0" width="90" height="60"/></clipPath></defs>
 <defs><path id="mark" d="M 0 0 L 9 9 L 9 0 z"/></defs>
 <g clip-path="url(#clip)"><g id="model-gan.1">
  <path d="M 0 30 L 90 30" style="stroke: #0072b2; stroke-width: 20"/></g></g>
 <g id="model-rbm.1"><use xlink:href="#mark" x="40" y="50" style="fill: #d55e00"/></g>
 <text x="2" y="9" style="font: 8px sans-serif">a &lt; b</text>
</svg>
"""
"""As the figures are written: a line of the GAN, a mark of the RBM, and the scales of the panel."""


def scorecard():
    rows = []
    for model, values in {"gan": (0.9, 0.8), "rbm": (0.97, 0.99), "<b>bold</b>": (0.1, 0.2)}.items():
        for seed, value in enumerate(values, 1):
            rows.append(("structure", model, seed, "test", "ld_r2_r", value, value, value, 0.98, 0.02, 1002))
            seen = value - 0.05
            rows.append(("structure", model, seed, "train", "ld_r2_r", seen, seen, seen, 0.97, 0.01, 1002))
            rows.append(("structure", model, seed, "train", "exact_copies", seed, np.nan, np.nan, 0, 0, 5008))
    rows.append(("biobank", "gan", 1, "biobank", "xpehh_r", 0.5, 0.4, 0.6, 0.9, 0.0, 480))
    rows.append(("biobank", "gan", 1, "test", "af_r", 0.99, 0.98, 0.995, 0.997, 0.996, 202))
    rows.append(("biobank", "gan", 1, "test", "privacy_loss", -0.01, np.nan, np.nan, 0.5, -0.5, 202))
    rows.append(("biobank", "gan", 1, "test", "a_new_metric", np.nan, np.nan, np.nan, np.nan, np.nan, np.nan))
    columns = ["dataset", "model", "seed", "reference", "metric", "value", "ci_low", "ci_high", "ceiling", "floor", "n"]
    return pd.DataFrame(rows, columns=columns)


def config():
    return {
        "run": "demo",
        "seeds": [1, 2],
        "device": "cpu",
        "split": {"test": 0.2, "validation": 0.1, "seed": 42, "relatives": "together"},
        "compare": {"seed": 7},
        "paper": {"datasets": {"snps805": "structure", "biobank": "biobank"}},
        "figure_params": {name: {"dataset": "structure"} for name in FIGURES}
        | {
            "figs3_markov": {
                "dataset": "structure",
                "draws": "figs_models",
                "models": ["rbm", "gan"],
                "title": "Two <i>models</i>",
            },
            "figs7a_ld": {"dataset": "biobank", "draws": "fig3_ld"},
        },
        "model_params": {"gan": {"kind": "gan", "epochs": 5, "order": "shuffled"}, "rbm": {"kind": "rbm", "epochs": 9}},
        "cohorts": {
            "open": {
                "vcf": ["resources/data/pypgx/0.11.0/GRCh37/DPYD.vcf.gz"],
                "people": "p.csv",
                "build": "GRCh37",
                "private": False,
            },
            "closed": {
                "vcf": ["/secret/place/a.vcf.gz"],
                "people": "/secret/place/p.tsv",
                "build": "GRCh38",
                "private": True,
            },
        },
        "datasets": ["structure", "biobank"],
        "dataset_params": {
            "structure": {"cohort": "open", "region": None},
            "biobank": {
                "cohort": "closed",
                "region": "1:1-100",
                "people": {"superpopulation": ["EUR"]},
                "model_params": {"gan": {"epochs": 3}},
            },
        },
        "models": ["gan", "rbm"],
        "verdict": {
            "fidelity": {"ld_r2_r": {"below_ceiling_max": 0.1}, "af_r": {"closeness_min": 0.9}},
            "privacy": {"exact_copies": {"at_most": 1}, "privacy_loss": {"at_most": 0.05}},
        },
    }


def judged(folder):
    """Return scorecard, metrics, verdict and summary of a run as they come from its files."""
    card = scorecard()
    sets = list(dict.fromkeys(card[["dataset", "model", "seed"]].itertuples(index=False, name=None)))
    verdict = judge_scorecard(card, read_gates(config()["verdict"]), sets)
    summary = summarise(verdict)
    full = with_verdict(card, verdict, summary)
    tables = {"scorecard": full, "metrics": describe_metrics(full["metric"]), "verdict": verdict, "summary": summary}
    for name, table in tables.items():
        write_tsv(table, folder / f"{name}.tsv")
    return [read_tsv(folder / f"{name}.tsv") for name in tables]


def beside_the_paper():
    """Return a run beside four published numbers."""
    shared = {"dataset": "snps805", "played_by": "structure", "reference": "all", "source": "D", "verified": "yes"}
    shared |= {"authors": np.nan, "authors_from": "", "authors_outcome": "", "gates": "yes", "note": "", "n": 5008}
    shared |= {"quantity": "AF r", "metric": "af_r", "published": 0.98, "better": "higher", "tolerance": 0.01}
    rows = [
        {"model": "gan", "who": "released", "run_mean": 0.95, "run_lowest": 0.94, "run_highest": 0.96, "seeds": 2}
        | {"outcome": "missed", "authors": 0.97, "authors_from": "this run", "authors_outcome": "differs"},
        {"model": "rbm", "who": "released", "run_mean": 0.99, "run_lowest": 0.99, "run_highest": 0.99, "seeds": 1}
        | {"outcome": "reproduced", "authors": 0.98, "authors_from": "published"},
        {"model": "wgan", "who": "later", "seeds": 0, "outcome": "not run", "gates": "no"},
        {"model": "gan", "who": "figure", "run_mean": 0.5, "run_lowest": 0.5, "run_highest": 0.5, "seeds": 1}
        | {"outcome": "missed", "verified": "no", "gates": "no", "dataset": "biobank", "played_by": "biobank"},
    ]
    return pd.DataFrame([shared | row for row in rows], columns=PAPER_COLUMNS)


def report_of(folder: Path, png: Callable[[int], bytes]) -> str:
    """Return the report; `png` makes the content of each figure from its place in SHOWN."""
    for i, name in enumerate(SHOWN):
        (folder / f"{name}.png").write_bytes(png(i))
    (folder / f"{DRAWN}.svg").write_text(SVG)
    people = pd.DataFrame(
        {
            "sample": [f"SECRET{i}" for i in range(10)],
            "superpopulation": ["AFR", "EUR"] * 4 + ["EUR", None],
            "split": ["train"] * 6 + ["validation", "test", "public", "test"],
        }
    )
    qc = pd.DataFrame({"step": ["read", "sites"], "what": ["records", "sites"], "value": ["1300", "1234"]})
    provenance = {
        "software": pd.DataFrame({"name": ["numpy"], "version": ["2.4.6"], "source": ["installed"]}),
        "git": pd.DataFrame(
            {"key": ["commit", "date", "uncommitted changes"], "value": ["0123456789abcdef", "2026-01-01", "yes"]}
        ),
        "inputs": pd.DataFrame({"cohort": ["open"], "file": ["x.vcf.gz"], "bytes": [10], "sha256": ["ab" * 32]}),
        "outputs": pd.DataFrame({"file": ["scorecard.tsv"], "bytes": [10], "sha256": ["cd" * 32]}),
        "benchmarks": pd.DataFrame(
            {"rule": ["train"], "jobs": [4], "seconds": [90.0], "cpu_seconds": [60.0], "peak_mb": [900.5]}
        ),
    }
    sources = pd.DataFrame(
        {
            "source": ["pypgx", "other"],
            "version": ["0.11.0", "1"],
            "licence": ["open access", "none"],
            "citation": ["The Project 2015, Nature 526:68, doi 10.1038/nature15393; Others 2022", "Never used"],
        }
    )
    return page.report_html(
        TEMPLATE,
        hide_private(config()),
        *judged(folder),
        [folder / f"{name}.png" for name in SHOWN],
        describe_datasets([("structure", people, qc), ("biobank", people, qc)], config(), sources),
        {"structure": qc, "biobank": qc},
        provenance,
        sources,
        {"title": "artificial-genomes", "version": "0.1.0", "authors": [{"name": "The authors"}]},
        "2026-01-02",
        beside_the_paper(),
    )
