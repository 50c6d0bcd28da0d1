"""Write the report of a run: one HTML file that needs no other file and no network."""

import argparse
from datetime import date
from pathlib import Path

import yaml

from artificial_genomes.core import program
from artificial_genomes.core.quality_record import QC_COLUMNS
from artificial_genomes.core.tables import read_tsv
from artificial_genomes.judge.metrics import COLUMNS as METRIC_COLUMNS
from artificial_genomes.judge.paper import read_table
from artificial_genomes.judge.scorecard import COLUMNS as SCORECARD_COLUMNS
from artificial_genomes.judge.verdict import COLUMNS as VERDICT_COLUMNS
from artificial_genomes.judge.verdict import SUMMARY_COLUMNS
from artificial_genomes.report.datasets import COLUMNS as DATASET_COLUMNS
from artificial_genomes.report.page import report_html

REPOSITORY = Path(__file__).resolve().parents[2]
PROVENANCE = ("software", "git", "inputs", "outputs", "benchmarks")


def main() -> None:
    """Collect the content of the report and write it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scorecard", type=Path, required=True, help="every number of the run")
    parser.add_argument("--metrics", type=Path, required=True, help="definitions of the metrics")
    parser.add_argument("--verdict", type=Path, required=True, help="outcome of every gate for every AG set")
    parser.add_argument("--summary", type=Path, required=True, help="rank and verdict of every model")
    parser.add_argument("--figures", type=Path, nargs="*", default=[], help="PNG files, in the order to show them")
    parser.add_argument("--datasets", type=Path, required=True, help="table of the data sets")
    parser.add_argument("--qc", type=Path, nargs="+", required=True, help="quality control of each, in the same order")
    parser.add_argument(
        "--paper", type=Path, nargs="*", default=[], help="comparison with published numbers, if there is one"
    )
    parser.add_argument(
        "--provenance",
        type=Path,
        required=True,
        metavar="FOLDER",
        help="folder with config.yaml and the provenance tables",
    )
    parser.add_argument("--output", type=Path, required=True, help="output: the report")
    args = parser.parse_args()

    datasets = read_tsv(args.datasets, DATASET_COLUMNS)
    html = report_html(
        template=REPOSITORY / "workflow" / "report" / "report.html.j2",
        config=yaml.safe_load((args.provenance / "config.yaml").read_text(encoding="utf-8")),
        scorecard=read_tsv(args.scorecard, SCORECARD_COLUMNS),
        metrics=read_tsv(args.metrics, METRIC_COLUMNS),
        verdict=read_tsv(args.verdict, VERDICT_COLUMNS),
        summary=read_tsv(args.summary, SUMMARY_COLUMNS),
        figures=args.figures,
        datasets=datasets,
        qc={name: read_tsv(path, QC_COLUMNS) for name, path in zip(datasets["dataset"], args.qc, strict=True)},
        paper=read_table(args.paper[0]) if args.paper else None,
        provenance={name: read_tsv(args.provenance / f"{name}.tsv") for name in PROVENANCE},
        sources=read_tsv(REPOSITORY / "resources" / "sources.tsv", ["source", "version", "licence", "citation"]),
        citation=yaml.safe_load((REPOSITORY / "CITATION.cff").read_text(encoding="utf-8")),
        written=date.today().isoformat(),
    )
    with program.whole_output(args.output) as partial:
        partial.write_text(html, encoding="utf-8")


if __name__ == "__main__":
    program.run(main)
