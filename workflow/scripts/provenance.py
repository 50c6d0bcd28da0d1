"""Record where the results of a run come from: configuration, software, code, checksums and the cost of each rule."""

import argparse
from pathlib import Path

import yaml

from artificial_genomes.core import program
from artificial_genomes.core.tables import write_tsv
from artificial_genomes.report.provenance import (
    git_state,
    hide_private,
    input_checksums,
    merge_benchmarks,
    output_checksums,
    software_versions,
)

REPOSITORY = Path(__file__).resolve().parents[2]


def main() -> None:
    """Write the six files of the provenance folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", type=program.json_object, required=True, help="the merged configuration, JSON")
    parser.add_argument("--files", nargs="*", default=[], help="input files to checksum")
    parser.add_argument("--results", type=Path, nargs="+", required=True, help="tables of the run to checksum")
    parser.add_argument("--benchmarks", type=Path, required=True, help="folder of the benchmarks of the run")
    parser.add_argument("--output", type=Path, required=True, metavar="FOLDER", help="folder of the tables")
    args = parser.parse_args()

    with program.whole_output(args.output / "config.yaml") as partial:
        partial.write_text(
            yaml.safe_dump(hide_private(args.config), sort_keys=False, allow_unicode=True), encoding="utf-8"
        )
    write_tsv(software_versions(REPOSITORY / "pyproject.toml"), args.output / "software.tsv")
    write_tsv(git_state(REPOSITORY), args.output / "git.tsv")
    write_tsv(input_checksums(args.config, args.files), args.output / "inputs.tsv")
    write_tsv(output_checksums(args.results, args.output.parent), args.output / "outputs.tsv")
    write_tsv(merge_benchmarks(args.benchmarks), args.output / "benchmarks.tsv")


if __name__ == "__main__":
    program.run(main)
