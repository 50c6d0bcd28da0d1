"""Mask test people but for evenly spread sites, and write the training people as the panel that completes them."""

import argparse
from pathlib import Path

from artificial_genomes import cli
from artificial_genomes.haplotypes import load_haplotypes
from artificial_genomes.imputation.target import typed_sites, typed_table
from artificial_genomes.tables import read_tsv, write_tsv
from artificial_genomes.vcf import write_vcf


def main() -> None:
    """Write target, panel and the table of sites."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--haplotypes", type=Path, required=True, help="haplotype store of the dataset")
    parser.add_argument("--split", type=Path, required=True, help="table of its people: sample ... split")
    parser.add_argument("--build", required=True, help="genome build of the dataset")
    parser.add_argument("--known-fraction", type=float, required=True, help="share of the sites that stay known")
    parser.add_argument("--target", type=Path, required=True, help="masked test people (.vcf.gz), indexed")
    parser.add_argument("--panel", type=Path, required=True, help="training people (.vcf.gz), indexed")
    parser.add_argument("--sites", type=Path, required=True, help="table of all sites, and whether they are known")
    args = parser.parse_args()

    real = load_haplotypes(args.haplotypes)
    split = read_tsv(args.split, ["split"])["split"].to_numpy()
    train = real.take_people(split == "train")
    known = typed_sites(train.alleles, args.known_fraction, 0)
    write_tsv(typed_table(real.sites, train.alleles, known), args.sites)
    write_vcf(real.take_people(split == "test").take_sites(known), args.target, args.build)
    write_vcf(train, args.panel, args.build)


if __name__ == "__main__":
    cli.run(main)
