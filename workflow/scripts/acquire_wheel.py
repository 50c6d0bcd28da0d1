"""Download one wheel from the package index that pip uses, pinned by its sha256; nothing is installed or run."""

import argparse
from pathlib import Path

from artificial_genomes.acquire import sources
from artificial_genomes.core import program


def main() -> None:
    """Run the program."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requirement", required=True, help="what to ask the index for, such as pypgx==0.11.0")
    parser.add_argument("--sha256", required=True, help="checksum of the wheel")
    program.add_attempts(parser)
    parser.add_argument("--output", required=True, type=Path, help="the wheel")
    args = parser.parse_args()
    sources.download_wheel(args.requirement, args.sha256, args.output, args.attempts, args.wait)


if __name__ == "__main__":
    program.run(main)
