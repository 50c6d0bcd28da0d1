"""Describe what the hidden layer of an RBM has learned: maps, modes, receptive fields, prototypes and chains."""

import argparse
from pathlib import Path

from artificial_genomes.core import program
from artificial_genomes.core.haplotypes import load_drawn
from artificial_genomes.core.tables import write_tsv
from artificial_genomes.latent.encoding import read_rbm, read_real_sets
from artificial_genomes.latent.explore import explore


def main() -> None:
    """Read the model, the haplotypes and the AGs; write the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True, help="a trained RBM")
    parser.add_argument("--haplotypes", type=Path, required=True, help="real haplotypes")
    parser.add_argument("--split", type=Path, required=True, help="table of individuals with the column split")
    parser.add_argument("--genomes", type=Path, required=True, help="AGs of the model")
    parser.add_argument("--seed", type=int, required=True, help="seed of the chains and neighbor maps")
    parser.add_argument("--output", type=Path, required=True, metavar="FOLDER", help="folder of the tables")
    args = parser.parse_args()

    real = read_real_sets(args.haplotypes, args.split)
    tables = explore(
        read_rbm(args.model),
        real,
        load_drawn(args.genomes, len(real.people)).alleles,
        args.seed,
    )
    for title, table in tables.items():
        write_tsv(table, args.output / f"{title}.tsv")


if __name__ == "__main__":
    program.run(main)
