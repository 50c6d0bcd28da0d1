"""Compare artificial genomes with real haplotypes as a published table does: all haplotypes at once."""

import argparse
from pathlib import Path

from threadpoolctl import threadpool_limits

from artificial_genomes.compare.as_published import compare_as_published
from artificial_genomes.compare.expectations import REAL_HALF, REAL_TRAIN
from artificial_genomes.core import program
from artificial_genomes.core.haplotypes import load_drawn, load_haplotypes
from artificial_genomes.core.splits import load_split
from artificial_genomes.core.tables import write_tsv


def main() -> None:
    """Run the comparison and write its table of metrics."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--haplotypes", type=Path, required=True, help="haplotype store of the dataset")
    parser.add_argument("--split", type=Path, required=True, help="table of its individuals: sample ... split")
    candidate = parser.add_mutually_exclusive_group(required=True)
    candidate.add_argument("--genomes", type=Path, help="haplotype store of the artificial genomes")
    candidate.add_argument("--real", choices=(REAL_HALF, REAL_TRAIN), help="real individuals to compare instead of AGs")
    parser.add_argument("--reference", choices=("all", "test"), required=True, help="individuals to compare with")
    parser.add_argument("--seed", type=int, required=True, help="seed for drawing haplotypes")
    parser.add_argument("--threads", type=int, default=1, help="number of threads")
    parser.add_argument("--output", type=Path, required=True, help="output: reference metric value ci_low ci_high n")
    args = parser.parse_args()

    real = load_haplotypes(args.haplotypes)
    split = load_split(args.split, len(real.people))
    genomes = args.real or load_drawn(args.genomes, len(real.people))
    with threadpool_limits(args.threads):
        table = compare_as_published(real, split, genomes, args.reference, args.seed, args.threads)
    write_tsv(table, args.output)


if __name__ == "__main__":
    program.run(main)
