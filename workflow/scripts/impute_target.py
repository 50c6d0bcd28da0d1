"""Choose the sites that an array types, and write the test individuals of a dataset with these sites alone.

This masks all other sites of the test individuals; training individuals can be written as a panel.
"""

import argparse
from pathlib import Path

from artificial_genomes.core import program
from artificial_genomes.core.haplotypes import load_haplotypes
from artificial_genomes.core.splits import load_split
from artificial_genomes.core.tables import write_tsv
from artificial_genomes.imputation.target import SETTING, chosen_sites, typed_table
from artificial_genomes.io.vcf_writer import write_vcf


def main() -> None:
    """Write the masked target, the table of sites, and the panel if requested."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--haplotypes", type=Path, required=True, help="haplotype store of the dataset")
    parser.add_argument("--split", type=Path, required=True, help="table of its individuals: sample ... split")
    parser.add_argument("--build", required=True, help="genome build of the dataset")
    parser.add_argument(
        "--typed-sites", nargs="?", type=Path, help="table of the sites of an array; default: choose them"
    )
    parser.add_argument(
        "--settings", type=program.json_object, required=True, help="JSON: typed_fraction, typed_maf_min"
    )
    parser.add_argument("--setting", default=SETTING, help="setting to name in the error if too few sites are typed")
    parser.add_argument("--target", type=Path, required=True, help="output: masked test individuals (.vcf.gz), indexed")
    parser.add_argument(
        "--sites", type=Path, required=True, help="output: table of all sites and whether they are typed"
    )
    parser.add_argument("--panel", type=Path, help="output, optional: training individuals (.vcf.gz), indexed")
    args = parser.parse_args()

    real = load_haplotypes(args.haplotypes)
    split = load_split(args.split, len(real.people))
    train = real.take_people(split == "train")
    typed = chosen_sites(real.sites, train.alleles, args.settings, args.typed_sites, args.setting)
    write_tsv(typed_table(real.sites, train.alleles, typed), args.sites)
    write_vcf(real.take_people(split == "test").take_sites(typed), args.target, args.build)
    if args.panel:
        write_vcf(train, args.panel, args.build)


if __name__ == "__main__":
    program.run(main)
