"""Score imputed test individuals against their true genotypes, and against imputation from public individuals alone."""

import argparse
from pathlib import Path

from artificial_genomes.core import program
from artificial_genomes.core.haplotypes import load_haplotypes
from artificial_genomes.core.splits import load_split
from artificial_genomes.core.tables import read_tsv, write_tsv
from artificial_genomes.imputation.result import read_imputed
from artificial_genomes.imputation.scores import allele_counts, score_imputation
from artificial_genomes.imputation.target import TYPED_COLUMNS


def main() -> None:
    """Read the imputed genotypes, score them, write the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--haplotypes", type=Path, required=True, help="haplotype store of the dataset")
    parser.add_argument("--split", type=Path, required=True, help="table of its individuals: sample ... split")
    parser.add_argument("--typed", type=Path, required=True, help="table of its sites and which of them are typed")
    parser.add_argument("--imputed", type=Path, required=True, help="VCF imputed from the panel to score")
    parser.add_argument(
        "--baseline", type=Path, required=True, help="VCF imputed from public individuals alone; may be the same file"
    )
    parser.add_argument("--suffix", default="", help="suffix of the metric names")
    parser.add_argument("--seed", type=int, required=True, help="seed of the bootstrap")
    parser.add_argument("--output", type=Path, required=True, metavar="FOLDER", help="folder of the tables")
    args = parser.parse_args()

    haplotypes = load_haplotypes(args.haplotypes)
    is_target = load_split(args.split, len(haplotypes.people)) == "test"
    target = haplotypes.take_people(is_target)
    imputed = read_imputed(args.imputed, target.sites, target.people["sample"])
    is_baseline = args.imputed == args.baseline
    baseline = None if is_baseline else read_imputed(args.baseline, target.sites, target.people["sample"])
    typed = read_tsv(args.typed, TYPED_COLUMNS)
    scores = score_imputation(allele_counts(target), typed, imputed, baseline, args.seed, args.suffix)
    for name in ("sites", "calibration", "metrics"):
        write_tsv(getattr(scores, name), args.output / f"{name}.tsv")


if __name__ == "__main__":
    program.run(main)
