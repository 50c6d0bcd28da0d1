"""Encode real and artificial haplotypes by the hidden layer of an RBM, map the codes and classify populations."""

import argparse
from pathlib import Path

from artificial_genomes import cli
from artificial_genomes.errors import UserError
from artificial_genomes.haplotypes import load_haplotypes
from artificial_genomes.latent import explore
from artificial_genomes.models import load_model
from artificial_genomes.tables import read_tsv, write_tsv


def main() -> None:
    """Read the model, the haplotypes and the AGs; write coordinates, variance and metrics."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True, help="a trained RBM")
    parser.add_argument("--haplotypes", type=Path, required=True, help="real haplotypes")
    parser.add_argument("--split", type=Path, required=True, help="which people train and test")
    parser.add_argument("--genomes", type=Path, required=True, help="AGs of the model")
    parser.add_argument("--seed", type=int, required=True, help="of the bootstrap and the permuted labels")
    parser.add_argument("--coordinates", type=Path, required=True, help="output: main axes of both spaces")
    parser.add_argument("--variance", type=Path, required=True, help="output: variance explained by the axes")
    parser.add_argument("--metrics", type=Path, required=True, help="output: accuracy of classification")
    args = parser.parse_args()

    model = load_model(args.model)
    if not hasattr(model, "hidden_means"):
        raise UserError(f"{args.model} is not an RBM: it has no hidden layer. Set latent.model to an RBM.")
    coordinates, variance, metrics = explore(
        model.hidden_means,
        load_haplotypes(args.haplotypes),
        read_tsv(args.split, ["sample", "split"])["split"],
        load_haplotypes(args.genomes).alleles,
        args.seed,
    )
    write_tsv(coordinates, args.coordinates)
    write_tsv(variance, args.variance)
    write_tsv(metrics, args.metrics)


if __name__ == "__main__":
    cli.run(main)
