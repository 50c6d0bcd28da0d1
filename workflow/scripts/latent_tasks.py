"""Predict populations from hidden means, PCA, SNPs and discriminators, and by training on AGs."""

import argparse
from pathlib import Path

import pandas as pd

from artificial_genomes.core import program
from artificial_genomes.core.haplotypes import load_drawn
from artificial_genomes.core.metric_table import CONTROLS, METRIC_COLUMNS
from artificial_genomes.core.tables import write_tsv
from artificial_genomes.latent.encoding import feature_sets, read_rbm, read_real_sets
from artificial_genomes.latent.tasks import floor_rows, population_metrics
from artificial_genomes.latent.usefulness import usefulness_metrics
from artificial_genomes.models import load_model


def main() -> None:
    """Read the models, the haplotypes and the AGs; write metrics."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True, help="a trained RBM")
    parser.add_argument("--discriminator-names", nargs="*", default=[], help="names of further models")
    parser.add_argument("--discriminators", type=Path, nargs="*", default=[], help="trained models of these names")
    parser.add_argument("--haplotypes", type=Path, required=True, help="real haplotypes")
    parser.add_argument("--split", type=Path, required=True, help="table of individuals with the column split")
    parser.add_argument("--ag-names", nargs="+", required=True, help="names of the models whose AGs are training data")
    parser.add_argument("--genomes", type=Path, nargs="+", required=True, help="AGs of those models")
    parser.add_argument("--settings", type=program.json_object, required=True, help="JSON: folds, few_labels, draws")
    parser.add_argument("--seed", type=int, required=True, help="seed of folds, draws, permutations and the bootstrap")
    parser.add_argument("--output", type=Path, required=True, metavar="FOLDER", help="folder of the tables")
    args = parser.parse_args()

    real = read_real_sets(args.haplotypes, args.split)
    discriminators = {
        name: load_model(path).discriminator_features
        for name, path in zip(args.discriminator_names, args.discriminators, strict=True)
    }
    features = feature_sets(read_rbm(args.model).hidden_means, discriminators, real, args.seed)
    settings = args.settings
    metrics = population_metrics(
        features, real, settings["folds"], settings["few_labels"], settings["few_label_draws"], args.seed
    )
    write_tsv(metrics, args.output / "metrics.tsv")
    controls = {"floor": floor_rows(metrics)}
    taught = [pd.DataFrame(columns=["model", *METRIC_COLUMNS])]
    genomes = {name: load_drawn(path, len(real.people)) for name, path in zip(args.ag_names, args.genomes, strict=True)}
    for name, table in usefulness_metrics(genomes, real, settings["folds"], args.seed).items():
        if name in CONTROLS:
            write_tsv(pd.concat([table, controls.get(name)]), args.output / f"{name}.tsv")
        else:
            taught.append(table.assign(model=name))
    write_tsv(pd.concat(taught)[["model", *METRIC_COLUMNS]], args.output / "usefulness.tsv")


if __name__ == "__main__":
    program.run(main)
