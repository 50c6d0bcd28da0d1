"""Check that a .hapt file and the VCF files of its archive contain the same alleles of the same individuals."""

import argparse
from pathlib import Path

from artificial_genomes.core import program
from artificial_genomes.core.tables import write_tsv
from artificial_genomes.io.hapt import read_hapt
from artificial_genomes.prepare.archive_check import check_rebuilt


def main() -> None:
    """Run the program."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hapt", required=True, type=Path, help="the .hapt file")
    parser.add_argument("--legend", required=True, type=Path, help="its legend")
    parser.add_argument("--vcfs", nargs="+", required=True, type=Path, help="VCF files that contain its sites")
    parser.add_argument("--output", required=True, type=Path, help="output: table of what was compared")
    args = parser.parse_args()
    write_tsv(check_rebuilt(read_hapt(args.hapt, args.legend), args.vcfs), args.output)


if __name__ == "__main__":
    program.run(main)
