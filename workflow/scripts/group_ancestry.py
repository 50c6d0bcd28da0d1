"""Group the training haplotypes of a dataset by ancestry, once for the trainings of all its windows."""

import argparse
from pathlib import Path

import pandas as pd
from threadpoolctl import threadpool_limits

from artificial_genomes.core import program
from artificial_genomes.core.haplotypes import load_haplotypes
from artificial_genomes.core.private_folders import mark_private
from artificial_genomes.core.sites import evenly_spread
from artificial_genomes.core.splits import load_split
from artificial_genomes.core.store import shape_of_store
from artificial_genomes.core.tables import write_tsv
from artificial_genomes.models.ancestry import ancestry_groups

GROUPED_SITES = 2000
"""Maximum number of sites, evenly spread over the dataset, by which haplotypes are grouped."""


def main() -> None:
    """Read, group, and write one row per training haplotype."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--haplotypes", required=True, help="haplotypes of the dataset (.vcz.zip)")
    parser.add_argument("--split", required=True, help="table of individuals with the column split")
    parser.add_argument("--groups", required=True, type=int, help="largest number of groups")
    parser.add_argument("--seed", required=True, type=int)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--output", required=True, help="output: group of each training haplotype")
    parser.add_argument("--private", action="store_true", help="private cohort: mark the output folder")
    args = parser.parse_args()
    if args.private:
        mark_private(Path(args.output).parent)

    n_sites, n_haplotypes = shape_of_store(args.haplotypes)
    is_train = load_split(args.split, n_haplotypes // 2) == "train"
    haplotypes = load_haplotypes(args.haplotypes, evenly_spread(n_sites, GROUPED_SITES), is_train)
    with threadpool_limits(args.threads):
        groups = ancestry_groups(haplotypes.alleles, args.groups, args.seed)
    write_tsv(pd.DataFrame({"group": groups}), args.output)


if __name__ == "__main__":
    program.run(main)
