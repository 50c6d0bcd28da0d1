"""Write the report of a run: one HTML file that needs no other file and no network."""

import argparse
from pathlib import Path

import yaml

from artificial_genomes import cli
from artificial_genomes.report import report_html
from artificial_genomes.tables import read_tsv
from artificial_genomes.verdict import COLUMNS as VERDICT_COLUMNS
from artificial_genomes.verdict import SUMMARY_COLUMNS

REPOSITORY = Path(__file__).resolve().parents[2]
PROVENANCE = ("software", "git", "inputs", "benchmarks")
SCORECARD_COLUMNS = ["dataset", "model", "seed", "reference", "metric", "value", "ceiling", "floor", "n"]


def main() -> None:
    """Gather what the report shows and write it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scorecard", type=Path, required=True, help="every number of the run")
    parser.add_argument("--verdict", type=Path, required=True, help="what every gate says of every AG set")
    parser.add_argument("--summary", type=Path, required=True, help="rank and release of every model")
    parser.add_argument("--figures", type=Path, nargs="*", default=[], help="PNG files, in the order to show them")
    parser.add_argument("--datasets", nargs="+", required=True, help="names of the datasets")
    parser.add_argument("--split", type=Path, nargs="+", required=True, help="people of each dataset")
    parser.add_argument("--qc", type=Path, nargs="+", required=True, help="quality control of each dataset")
    parser.add_argument("--provenance", type=Path, required=True, metavar="FOLDER", help="config.yaml and tables")
    parser.add_argument("--output", type=Path, required=True, help="output: the report")
    args = parser.parse_args()

    html = report_html(
        template=REPOSITORY / "workflow" / "report" / "report.html.j2",
        config=yaml.safe_load((args.provenance / "config.yaml").read_text()),
        scorecard=read_tsv(args.scorecard, SCORECARD_COLUMNS),
        verdict=read_tsv(args.verdict, VERDICT_COLUMNS),
        summary=read_tsv(args.summary, SUMMARY_COLUMNS),
        figures=args.figures,
        datasets=[
            (name, read_tsv(split, ["split", "superpopulation"]), read_tsv(qc, ["step", "what", "value"]))
            for name, split, qc in zip(args.datasets, args.split, args.qc, strict=True)
        ],
        provenance={name: read_tsv(args.provenance / f"{name}.tsv") for name in PROVENANCE},
        sources=read_tsv(REPOSITORY / "resources" / "sources.tsv", ["source", "version", "licence", "citation"]),
        citation=yaml.safe_load((REPOSITORY / "CITATION.cff").read_text()),
    )
    with cli.whole_output(args.output) as partial:
        partial.write_text(html)


if __name__ == "__main__":
    cli.run(main)
