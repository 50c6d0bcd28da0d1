"""Check that real haplotypes show known signals of selection, before any artificial genomes are scanned."""

import argparse
from pathlib import Path

from artificial_genomes.core import program
from artificial_genomes.core.haplotypes import load_haplotypes
from artificial_genomes.core.tables import read_tsv, write_tsv
from artificial_genomes.scans.controls import COLUMNS, check_controls


def main() -> None:
    """Compute the controls and write what was expected and found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--controls", type=Path, required=True, help="table of the controls")
    parser.add_argument("--datasets", nargs="+", required=True, help="names of the data sets that it uses")
    parser.add_argument(
        "--haplotypes", nargs="+", required=True, help="haplotype stores of these data sets, in the same order"
    )
    parser.add_argument("--output", type=Path, required=True, help="output: table of the controls and what was found")
    args = parser.parse_args()

    datasets = {name: load_haplotypes(path) for name, path in zip(args.datasets, args.haplotypes, strict=True)}
    write_tsv(check_controls(read_tsv(args.controls, COLUMNS), datasets), args.output)


if __name__ == "__main__":
    program.run(main)
