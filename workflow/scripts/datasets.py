"""Describe the data sets of a run in a table: individuals, haplotypes, sites, region, source and license."""

import argparse
from pathlib import Path

from artificial_genomes.core import program
from artificial_genomes.core.quality_record import QC_COLUMNS
from artificial_genomes.core.tables import read_tsv, write_tsv
from artificial_genomes.report.datasets import describe_datasets

SOURCES = Path(__file__).resolve().parents[2] / "resources" / "sources.tsv"


def main() -> None:
    """Read the counts of the preparation and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--datasets", nargs="+", required=True, help="names of the datasets")
    parser.add_argument("--split", type=Path, nargs="+", required=True, help="individuals of each dataset (split.tsv)")
    parser.add_argument("--qc", type=Path, nargs="+", required=True, help="quality control of each dataset")
    parser.add_argument(
        "--settings",
        type=program.json_object,
        required=True,
        help="cohorts and dataset_params of the configuration, JSON",
    )
    parser.add_argument("--output", type=Path, required=True, help="output: the table")
    args = parser.parse_args()

    tables = [
        (name, read_tsv(split, ["split", "superpopulation"]), read_tsv(qc, QC_COLUMNS))
        for name, split, qc in zip(args.datasets, args.split, args.qc, strict=True)
    ]
    sources = read_tsv(SOURCES, ["source", "version", "licence"])
    write_tsv(describe_datasets(tables, args.settings, sources), args.output)


if __name__ == "__main__":
    program.run(main)
