"""Inspect the inputs of all datasets before a run: what they contain, every problem, and what the run will cost."""

import argparse
from pathlib import Path

from artificial_genomes.check.survey import survey
from artificial_genomes.config.checks import Configuration
from artificial_genomes.core import program
from artificial_genomes.core.tables import write_tsv


def main() -> None:
    """Inspect the inputs and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--config",
        type=program.json_object,
        required=True,
        help="the part of the configuration that the check needs, JSON",
    )
    parser.add_argument("--output", type=Path, required=True, help="output table: topic dataset what value")
    args = parser.parse_args()

    configuration = Configuration(args.config, Path(__file__).resolve().parents[2])
    write_tsv(survey(configuration), args.output)


if __name__ == "__main__":
    program.run(main)
