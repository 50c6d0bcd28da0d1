"""Impute masked individuals by a model itself, without a reference panel."""

import argparse
from functools import partial
from pathlib import Path

import numpy as np

from artificial_genomes.core import program
from artificial_genomes.core.tables import read_tsv
from artificial_genomes.core.windows import Window, contig_sizes, cut
from artificial_genomes.imputation.direct import predict_directly, write_predicted
from artificial_genomes.imputation.result import header_lines
from artificial_genomes.imputation.target import TYPED_COLUMNS
from artificial_genomes.io.vcf import read_alleles
from artificial_genomes.models import load_model


def main() -> None:
    """Read the typed alleles, predict the others, write what an imputation program would."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True, nargs="+", help="trained model (.npz), one per window")
    parser.add_argument(
        "--windows", type=program.json_object, help="JSON: n, context_sites; the models' windows of the sites"
    )
    parser.add_argument("--name", required=True, help="name of the model, for the header")
    parser.add_argument("--target", type=Path, required=True, help="individuals to impute at typed sites (.vcf.gz)")
    parser.add_argument("--sites", type=Path, required=True, help="table of all sites and whether they are typed")
    parser.add_argument("--output", type=Path, required=True, help="output: imputed VCF (.vcf.gz), indexed")
    args = parser.parse_args()

    sites = read_tsv(args.sites, TYPED_COLUMNS)
    typed = sites["typed"].eq(1).to_numpy()
    samples, typed_alleles, _ = read_alleles([args.target], sites[typed])
    alleles = np.zeros((len(typed_alleles), len(sites)), np.uint8)
    alleles[:, typed] = typed_alleles
    whole = [Window(0, 0, len(sites))]
    windows = cut(contig_sizes(sites["contig"].to_numpy()), **args.windows) if args.windows else whole
    probability = predict_directly([partial(load_model, path) for path in args.model], windows, alleles, typed)
    contigs = header_lines(args.target, "##contig=")
    write_predicted(probability, sites, samples, contigs, f"{args.name}, without a panel", args.output)


if __name__ == "__main__":
    program.run(main)
