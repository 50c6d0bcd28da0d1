"""Complete masked test individuals with an RBM, and score it together with Beagle and the most common allele."""

import argparse
from pathlib import Path

from artificial_genomes.core import program
from artificial_genomes.core.haplotypes import load_haplotypes
from artificial_genomes.core.splits import load_split
from artificial_genomes.core.tables import read_tsv, write_tsv
from artificial_genomes.imputation.result import read_imputed
from artificial_genomes.imputation.scores import allele_counts
from artificial_genomes.imputation.target import TYPED_COLUMNS
from artificial_genomes.latent.encoding import read_rbm
from artificial_genomes.latent.masked import commonest, completed, masked_metrics


def main() -> None:
    """Write one table of metrics each for the RBM, Beagle and the most common allele."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True, help="a trained RBM")
    parser.add_argument("--haplotypes", type=Path, required=True, help="haplotype store of the dataset")
    parser.add_argument("--split", type=Path, required=True, help="table of its individuals: sample ... split")
    parser.add_argument("--sites", type=Path, required=True, help="table of its sites and which are known (`typed`)")
    parser.add_argument(
        "--beagle", type=Path, required=True, help="the test individuals as completed by Beagle (.vcf.gz)"
    )
    parser.add_argument("--chains", type=int, required=True, help="Gibbs chains per haplotype")
    parser.add_argument("--seed", type=int, required=True, help="seed of the chains and the bootstrap")
    parser.add_argument("--output", type=Path, required=True, metavar="FOLDER", help="folder of the tables")
    args = parser.parse_args()

    real = load_haplotypes(args.haplotypes)
    split = load_split(args.split, len(real.people))
    target = real.take_people(split == "test")
    typed = read_tsv(args.sites, TYPED_COLUMNS)
    known = typed["typed"].eq(1).to_numpy()
    results = {
        "metrics": completed(read_rbm(args.model), target.alleles, known, args.chains, args.seed),
        "beagle": read_imputed(args.beagle, target.sites, target.people["sample"]),
        "commonest": commonest(target.alleles, known, real.take_people(split == "train").alleles),
    }
    for name, table in masked_metrics(allele_counts(target), typed, results, "beagle", args.seed).items():
        write_tsv(table, args.output / f"{name}.tsv")


if __name__ == "__main__":
    program.run(main)
