"""Impute every SNP of the authors' 10K file from all others, by a hidden Chow-Liu tree itself, as published tables do.

    python bench/leave_one_out.py --settings '{"hidden_states": 64, "ancestry_groups": 8}' --name hclt64_groups8

Every SNP is left out in turn and predicted, for every test haplotype, from its alleles at all other SNPs; no AGs and no
reference panel. The score is the squared correlation of the probability and the allele over test haplotypes, in which
a SNP that does not vary counts as 0, and its mean over all SNPs and over those with a minor allele frequency below 1 %
and 0.1 % among all haplotypes of the file. Files, split and settings are those of fidelity.py, 80 % of the people for
training; in other trainings only people of some superpopulations train, and only those of some are tested.

Written to results/bench/leave_one_out.tsv: one row per training, test and class of SNPs. Trained models are kept, and
shared with fidelity.py.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import pandas as pd
from fidelity import ROOT, canonical_split, digest_of, folder_of, load_file, settings_of, trained, training_data
from threadpoolctl import threadpool_limits
from verdict import LABELS, labelled

from artificial_genomes.core import program
from artificial_genomes.core.errors import UserError
from artificial_genomes.core.haplotypes import Haplotypes
from artificial_genomes.core.tables import write_tsv
from artificial_genomes.imputation.scores import true_r2
from artificial_genomes.models import Model
from artificial_genomes.models.training import TrainingRun
from artificial_genomes.statistics.frequencies import minor_allele_counts

GROUPS = {
    "all": ("AFR", "AMR", "EAS", "EUR", "SAS"),
    "AFR": ("AFR",),
    "AFR_EUR": ("AFR", "EUR"),
    "not_EUR": ("AFR", "AMR", "EAS", "SAS"),
}
"""Superpopulations that train, by name."""

TESTED = ("all", "AFR", "not_EUR")
"""Groups that are tested, each by the models that learnt from all of it."""

MAF_BELOW = {"all": 1.0, "1 %": 0.01, "0.1 %": 0.001}
"""Classes of SNPs: the smallest minor allele frequency that no longer belongs to it."""


def of_group(haplotypes: Haplotypes, name: str) -> Haplotypes:
    """Return the people of a group; all need no labels."""
    if name == "all":
        return haplotypes
    return haplotypes.take_people(haplotypes.people["superpopulation"].isin(GROUPS[name]).to_numpy())


def left_out_r2(model: Model, alleles: np.ndarray) -> np.ndarray:
    """Return r2 of sites of haplotypes (n, n_sites), each predicted from all others: (n_sites,); 0 if it is fixed."""
    return np.nan_to_num(true_r2(model.predict(alleles).astype(np.float64), alleles.astype(np.float64)))


def main() -> None:
    """Train, predict, score, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trained-on", choices=GROUPS, nargs="+", default=list(GROUPS))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--settings", type=json.loads, default={}, help="JSON: settings of the tree that differ")
    parser.add_argument("--name", default="hclt", help="name of the model, where settings differ")
    parser.add_argument("--labels", type=Path, default=LABELS, help="table of people")
    parser.add_argument("--folder", type=Path, default=ROOT / "results" / "bench")
    args = parser.parse_args()

    haplotypes, _ = labelled(load_file("10k"), args.labels)
    if args.trained_on != ["all"] and not args.labels.exists():
        raise UserError(f"{args.labels} does not exist. Name a table of people, or train on all.")
    maf = minor_allele_counts(haplotypes.alleles) / haplotypes.n_haplotypes
    test, train = canonical_split(haplotypes, 80)
    settings = settings_of("hclt", "10k", args.settings)
    digest, kind = digest_of(settings), settings.pop("kind")
    table = args.folder / "leave_one_out.tsv"
    done = pd.read_csv(table, sep="\t") if table.exists() else pd.DataFrame(columns=["model", "seed", "trained_on"])
    for trained_on in args.trained_on:
        name = f"{args.name}-{digest}" if trained_on == "all" else f"{args.name}-{digest}-{trained_on}"
        data = training_data(of_group(train, trained_on))
        run = TrainingRun(args.seed, args.threads)
        model, cost = trained(kind, data, settings, run, folder_of(args.folder, "10k", 80, name, args.seed))
        rows = []
        for tested in [name for name in TESTED if {*GROUPS[name]} <= {*GROUPS[trained_on]}]:
            if tested != "all" and not args.labels.exists():
                continue
            alleles = of_group(test, tested).alleles
            with threadpool_limits(args.threads):
                r2 = left_out_r2(model, alleles)
            varies = alleles.min(axis=0) < alleles.max(axis=0)
            for label, below in MAF_BELOW.items():
                chosen = maf < below
                rows.append(
                    {
                        "model": args.name,
                        "seed": args.seed,
                        "trained_on": trained_on,
                        "tested_on": tested,
                        "n_train": len(data.train),
                        "n_test": len(alleles),
                        "maf_below": label,
                        "n_snps": chosen.sum(),
                        "n_varying": (chosen & varies).sum(),
                        "r2": r2[chosen].mean(),
                        "r2_varying": r2[chosen & varies].mean(),
                        "seconds": cost["seconds"],
                    }
                )
        same = (done[["model", "seed", "trained_on"]] == [args.name, args.seed, trained_on]).all(axis=1)
        done = pd.concat([done[~same], pd.DataFrame(rows)], ignore_index=True)
        write_tsv(done, table)
        print(pd.DataFrame(rows).drop(columns=["model", "seed"]).to_string(index=False), flush=True)


if __name__ == "__main__":
    program.run(main)
