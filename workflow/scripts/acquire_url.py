"""Download one file from its address, pinned by its sha256; an interrupted download goes on where it ended."""

import argparse
from pathlib import Path

from artificial_genomes import cli, downloads


def main() -> None:
    """Run the program."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True, help="the address")
    parser.add_argument("--sha256", required=True, help="checksum of the file")
    parser.add_argument("--attempts", type=int, default=3, help="how often to try (default: %(default)s)")
    parser.add_argument(
        "--wait", type=float, default=5.0, help="seconds before the second attempt, then doubled (default: %(default)s)"
    )
    parser.add_argument("--output", required=True, type=Path, help="the file")
    args = parser.parse_args()
    downloads.download_url(args.url, args.sha256, args.output, args.attempts, args.wait)


if __name__ == "__main__":
    cli.run(main)
