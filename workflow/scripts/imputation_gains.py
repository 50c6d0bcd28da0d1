"""Compare all panels of one imputation program with public individuals alone, over all seeds."""

import argparse
from pathlib import Path

from artificial_genomes.core import program
from artificial_genomes.core.haplotypes import load_haplotypes
from artificial_genomes.core.splits import load_split
from artificial_genomes.core.tables import read_tsv, set_of, write_tsv
from artificial_genomes.imputation.gains import imputation_gains
from artificial_genomes.imputation.result import read_imputed
from artificial_genomes.imputation.scores import allele_counts
from artificial_genomes.imputation.tables import BASE
from artificial_genomes.imputation.target import TYPED_COLUMNS


def main() -> None:
    """Read all imputed genotypes, write the gains."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--haplotypes", type=Path, required=True, help="haplotype store of the dataset")
    parser.add_argument("--split", type=Path, required=True, help="table of its individuals: sample ... split")
    parser.add_argument("--typed", type=Path, required=True, help="table of its sites and which of them are typed")
    parser.add_argument("--imputed", type=Path, nargs="+", required=True, help="imputed VCFs: .../panel/seed1/...")
    parser.add_argument("--settings", type=program.json_object, required=True, help="JSON: maf_bins, mac_bins")
    parser.add_argument("--seed", type=int, required=True, help="seed of the bootstrap")
    parser.add_argument("--output", type=Path, required=True, help="output: table of the gains")
    args = parser.parse_args()

    haplotypes = load_haplotypes(args.haplotypes)
    target = haplotypes.take_people(load_split(args.split, len(haplotypes.people)) == "test")
    base_first = sorted(args.imputed, key=lambda path: set_of(path)[0] != BASE)
    results = ((set_of(path), read_imputed(path, target.sites, target.people["sample"])) for path in base_first)
    typed = read_tsv(args.typed, TYPED_COLUMNS)
    write_tsv(imputation_gains(results, allele_counts(target), typed, args.settings, args.seed), args.output)


if __name__ == "__main__":
    program.run(main)
