"""Impute masked individuals from a reference panel with one of the imputation programs."""

import argparse
from functools import partial
from pathlib import Path

from artificial_genomes.core import program
from artificial_genomes.core.haplotypes import SITE_COLUMNS
from artificial_genomes.core.tables import read_tsv
from artificial_genomes.imputation.impute import impute
from artificial_genomes.imputation.imputers import TOOLS, imputer
from artificial_genomes.io.genetic_map import read_map_of


def main() -> None:
    """Run the program and keep its result if it is complete."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tool", choices=TOOLS, required=True)
    parser.add_argument(
        "--program", required=True, help="program to run: a name on PATH or a path; for Beagle, its jar"
    )
    parser.add_argument(
        "--panel", type=Path, required=True, help="reference individuals at all sites (.vcf.gz), indexed"
    )
    parser.add_argument(
        "--target", type=Path, required=True, help="individuals to impute at typed sites (.vcf.gz), indexed"
    )
    parser.add_argument("--sites", type=Path, required=True, help="table of all sites: contig position id ref alt ...")
    parser.add_argument(
        "--genetic-map", nargs="?", type=Path, help="genetic map with positions in bp and cM; default: one rate"
    )
    parser.add_argument("--seed", type=int, required=True, help="seed of the program, if it takes one")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--memory-mb", type=int, required=True, help="memory of the job")
    parser.add_argument("--output", type=Path, required=True, help="output: imputed VCF (.vcf.gz), indexed")
    args = parser.parse_args()

    tool = imputer(args.tool)
    sites = read_tsv(args.sites, SITE_COLUMNS)
    impute(
        args.panel,
        args.target,
        sites,
        partial(tool.run, args.program),
        tool.version(args.program),
        args.output,
        seed=args.seed,
        threads=args.threads,
        memory_mb=args.memory_mb,
        genetic_map=read_map_of(args.genetic_map, sites) if args.genetic_map else None,
    )


if __name__ == "__main__":
    program.run(main)
