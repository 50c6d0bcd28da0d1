"""Read artificial genomes made elsewhere at the sites of a dataset, and write the split of individuals."""

import argparse
from pathlib import Path

from artificial_genomes.core import program
from artificial_genomes.core.haplotypes import load_haplotypes, save_haplotypes
from artificial_genomes.core.private_folders import mark_private
from artificial_genomes.core.splits import load_split
from artificial_genomes.core.tables import write_tsv
from artificial_genomes.prepare.external import read_external, read_names, training_split


def main() -> None:
    """Read the files, write the artificial genomes and their split."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--genomes", required=True, type=Path, help="VCF or BCF, .hapt, or IMPUTE's .hap")
    parser.add_argument("--legend", nargs="?", type=Path, help="legend with the sites of a .hapt or .hap file")
    parser.add_argument("--trained-on", nargs="?", type=Path, help="names of the training individuals, one per line")
    parser.add_argument("--haplotypes", required=True, type=Path, help="haplotype store of the dataset")
    parser.add_argument("--split", required=True, type=Path, help="table of its individuals: sample ... split")
    parser.add_argument("--build", required=True, help="genome build of the dataset, such as GRCh37")
    parser.add_argument("--output-genomes", required=True, type=Path, help="haplotype store (.vcz.zip)")
    parser.add_argument(
        "--output-split", required=True, type=Path, help="output table of individuals: train, test, all or public"
    )
    parser.add_argument("--private", action="store_true", help="private cohort: mark the output folder")
    args = parser.parse_args()
    if args.private:
        mark_private(Path(args.output_genomes).parent)

    real = load_haplotypes(args.haplotypes)
    genomes = read_external(args.genomes, args.legend, real.sites, args.build)
    # The names from the store: in the table, 007 may be read as a number.
    split = training_split(
        real.people["sample"].to_numpy(),
        load_split(args.split, len(real.people)),
        read_names(args.trained_on) if args.trained_on else None,
    )
    write_tsv(real.people.assign(split=split), args.output_split)
    save_haplotypes(genomes, args.output_genomes)


if __name__ == "__main__":
    program.run(main)
