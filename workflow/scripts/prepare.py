"""Cut a cohort to one dataset: filter sites and individuals, make the split, and record what was kept and dropped."""

import argparse
from pathlib import Path

import pandas as pd

from artificial_genomes.core import program
from artificial_genomes.core.haplotypes import save_haplotypes
from artificial_genomes.core.private_folders import mark_private
from artificial_genomes.core.sites import DROP, KEEP
from artificial_genomes.core.tables import write_tsv
from artificial_genomes.io.people import read_people
from artificial_genomes.prepare.preparation import CohortFiles, prepare_dataset


def main() -> None:
    """Read the cohort, prepare the dataset, write it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--haplotypes",
        nargs="+",
        required=True,
        type=Path,
        help="VCF or BCF files; or one .pgen, or .hapt or .hap with --legend",
    )
    parser.add_argument("--legend", nargs="?", type=Path, help="legend of the .hapt or .hap file")
    parser.add_argument("--samples", nargs="?", type=Path, help="names of the individuals of a .hap file")
    parser.add_argument("--people", required=True, type=Path, help="table of individuals and their populations")
    parser.add_argument(
        "--unlabelled", choices=["error", "drop"], default="error", help="what to do with individuals not in the table"
    )
    parser.add_argument("--failed", choices=[DROP, KEEP], default=DROP, help="what to do with rows that fail a filter")
    parser.add_argument("--build", required=True, help="genome build of the files, such as GRCh37")
    parser.add_argument(
        "--phased", nargs="?", type=Path, help="table of what phasing left out, for a cohort phased by Beagle"
    )
    parser.add_argument("--settings", required=True, type=program.json_object, help="JSON settings of the dataset")
    parser.add_argument(
        "--split", required=True, type=program.json_object, help="JSON: test, validation, seed, relatives"
    )
    parser.add_argument("--output-haplotypes", required=True, type=Path, help="output: haplotype store (.vcz.zip)")
    parser.add_argument(
        "--output-split", required=True, type=Path, help="output: table of individuals and their part of the split"
    )
    parser.add_argument("--output-qc", required=True, type=Path, help="output: table of what was kept and dropped")
    parser.add_argument(
        "--output-relatives", required=True, type=Path, help="output: table of related pairs of individuals"
    )
    parser.add_argument("--private", action="store_true", help="private cohort: mark the output folder")
    args = parser.parse_args()
    if args.private:
        mark_private(args.output_haplotypes.parent)

    people = read_people(args.people)
    files = CohortFiles(args.haplotypes, args.legend, args.samples)
    dataset = prepare_dataset(
        files, people, args.build, args.settings, args.split, args.unlabelled == "drop", args.failed
    )
    save_haplotypes(dataset.haplotypes, args.output_haplotypes)
    write_tsv(dataset.split, args.output_split)
    phased = [] if args.phased is None else [pd.read_csv(args.phased, sep="\t", dtype=str, keep_default_na=False)]
    write_tsv(pd.concat([*phased, dataset.qc]), args.output_qc)
    write_tsv(dataset.relatives, args.output_relatives)


if __name__ == "__main__":
    program.run(main)
