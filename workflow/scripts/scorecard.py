"""Join the metrics of all stages into the scorecard of a run."""

import argparse
from pathlib import Path

from artificial_genomes import cli
from artificial_genomes.scorecard import build_scorecard, parse_metrics_file
from artificial_genomes.tables import write_tsv


def main() -> None:
    """Read the tables of metrics and write the scorecard."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--metrics",
        nargs="+",
        type=parse_metrics_file,
        required=True,
        metavar="DATASET:MODEL:SEED:PATH",
        help="tables of metrics and what they are about; the model ceiling or floor marks those of a control",
    )
    parser.add_argument("--output", type=Path, required=True, help="the scorecard")
    args = parser.parse_args()
    write_tsv(build_scorecard(args.metrics), args.output)


if __name__ == "__main__":
    cli.run(main)
