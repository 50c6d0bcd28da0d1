"""Download one file of sources.tsv, verified by its checksum; an interrupted download goes on where it ended."""

import argparse
from pathlib import Path

from artificial_genomes.acquire import downloads, sources
from artificial_genomes.core import program


def main() -> None:
    """Run the program."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sources", required=True, type=Path, help="resources/sources.tsv")
    parser.add_argument("--file", required=True, help="the file's path below resources/data")
    program.add_attempts(parser)
    parser.add_argument("--output", required=True, type=Path, help="the file")
    args = parser.parse_args()
    file = sources.read_url_files(args.sources)[args.file]
    downloads.download_url(
        file.url, file.sha256, args.output, args.attempts, args.wait, file.mirrors, file.content_sha256
    )


if __name__ == "__main__":
    program.run(main)
