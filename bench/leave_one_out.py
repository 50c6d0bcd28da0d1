"""Impute every SNP of the authors' 10K file from all others, by a hidden Chow-Liu tree or by its AGs.

    python bench/leave_one_out.py --settings '{"hidden_states": 64, "ancestry_groups": 8}' --name hclt64_groups8
    python bench/leave_one_out.py --model hclt_ancestry --trained-on all --by tree ags train

As in published tables, every SNP is left out in turn and predicted, for every test haplotype, from its alleles at all
other SNPs: by the tree itself, with neither AGs nor a reference panel. With `--by ags` or `train`, Beagle predicts it
from as many AGs as there are canonical training haplotypes, or from these haplotypes. Every tenth SNP is then left out
at once, so that Beagle runs ten times and not 10,000 times.

The score is the squared correlation of the probability and the allele over test haplotypes, in which a SNP that does
not vary counts as 0, and its mean over all SNPs and over those with a minor allele frequency below 1 % and 0.1 % among
all haplotypes of the file. Files, split and settings are those of fidelity.py, 80 % of the people for training; in
other trainings only people of some superpopulations train, and only those of some are tested.

Written to results/bench/leave_one_out.tsv: one row per training, predictor, test and class of SNPs. Trained models are
kept, and shared with fidelity.py.
"""

import argparse
import json
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
from fidelity import ROOT, canonical_split, digest_of, folder_of, load_file, settings_of, trained, training_data
from threadpoolctl import threadpool_limits
from verdict import LABELS, labelled

from artificial_genomes.config.checks import read_defaults
from artificial_genomes.core import program
from artificial_genomes.core.errors import UserError
from artificial_genomes.core.haplotypes import Haplotypes, artificial_people
from artificial_genomes.core.tables import write_tsv
from artificial_genomes.imputation.impute import impute
from artificial_genomes.imputation.imputers import beagle
from artificial_genomes.imputation.result import read_imputed
from artificial_genomes.imputation.scores import true_r2
from artificial_genomes.io.vcf_writer import write_vcf
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

PREDICTED_BY = ("tree", "ags", "train")
"""The tree itself, or a panel: its AGs, or the training haplotypes."""

TESTED = ("all", "AFR", "not_EUR")
"""Groups that are tested, each by the models that learnt from all of it."""

MASKS, MEMORY_MB = 10, 3000
"""Number of times that Beagle imputes, each with another part of the SNPs left out, and its memory."""

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


def panel_r2(panel: np.ndarray, tested: Haplotypes, jar: Path, seed: int, threads: int) -> np.ndarray:
    """Return r2 of the sites of haplotypes, each imputed by Beagle from a panel and the sites that are not left out.

    Parameters
    ----------
    panel : (n_panel, n_sites) uint8
        Haplotypes of the panel, an even number.
    tested
        The haplotypes to impute.
    jar
        Beagle's.
    seed, threads
        Of Beagle.

    Returns
    -------
    (n_sites,) float64
        Squared correlation of probability and allele over haplotypes; 0 where a site does not vary.
    """
    # Each haplotype twice, as one individual: half of a dosage is then the probability of ALT.
    people = artificial_people(tested.n_haplotypes)
    people["sample"] = "T" + people["sample"]
    target = Haplotypes(np.repeat(tested.alleles, 2, axis=0), tested.sites, people)
    predicted = np.empty(tested.alleles.shape)
    run, version = partial(beagle.run, jar), beagle.version(jar)
    options = {"seed": seed, "threads": threads, "memory_mb": MEMORY_MB}
    with TemporaryDirectory() as temporary:
        reference, masked, imputed = (Path(temporary) / f"{name}.vcf.gz" for name in ("panel", "target", "imputed"))
        write_vcf(Haplotypes(panel, tested.sites, artificial_people(len(panel) // 2)), reference, "GRCh37")
        for mask in range(MASKS):
            left_out = np.arange(tested.n_sites) % MASKS == mask
            write_vcf(target.take_sites(~left_out), masked, "GRCh37")
            impute(reference, masked, tested.sites, run, version, imputed, **options)
            dosages = read_imputed(imputed, tested.sites, people["sample"].tolist()).dosages
            predicted[:, left_out] = dosages[:, left_out] / 2
            print(f"mask {mask + 1} of {MASKS}", flush=True)
    return np.nan_to_num(true_r2(predicted, tested.alleles.astype(np.float64)))


def main() -> None:
    """Train, predict, score, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="hclt", help="name of a tree in fidelity.yaml")
    parser.add_argument("--trained-on", choices=GROUPS, nargs="+", default=list(GROUPS))
    parser.add_argument("--by", choices=PREDICTED_BY, nargs="+", default=["tree"], help="what predicts")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--settings", type=json.loads, default={}, help="JSON: settings of the tree that differ")
    parser.add_argument("--name", help="name of the model in the table, where settings differ")
    parser.add_argument("--labels", type=Path, default=LABELS, help="table of people")
    parser.add_argument("--folder", type=Path, default=ROOT / "results" / "bench")
    args = parser.parse_args()

    haplotypes, _ = labelled(load_file("10k"), args.labels)
    if args.trained_on != ["all"] and not args.labels.exists():
        raise UserError(f"{args.labels} does not exist. Name a table of people, or train on all.")
    maf = minor_allele_counts(haplotypes.alleles) / haplotypes.n_haplotypes
    test, train = canonical_split(haplotypes, 80)
    settings = settings_of(args.model, "10k", args.settings)
    digest, kind = digest_of(settings), settings.pop("kind")
    title, table = args.name or args.model, args.folder / "leave_one_out.tsv"
    jar = ROOT / read_defaults(ROOT)["imputation"]["beagle_jar"]
    if args.by != ["tree"] and not jar.exists():
        raise UserError(f"{jar} is not there. Run make bench-gain, or predict by the tree alone.")
    keys = ["model", "seed", "trained_on", "by"]
    done = pd.read_csv(table, sep="\t") if table.exists() else pd.DataFrame(columns=keys)
    for trained_on in args.trained_on:
        label = f"{title}-{digest}" if trained_on == "all" else f"{title}-{digest}-{trained_on}"
        learnt = of_group(train, trained_on)
        run = TrainingRun(args.seed, args.threads)
        folder = folder_of(args.folder, "10k", 80, label, args.seed)
        model, cost = trained(kind, training_data(learnt), settings, run, folder)
        for by in args.by:
            rows = []
            for tested in [name for name in TESTED if {*GROUPS[name]} <= {*GROUPS[trained_on]}]:
                if tested != "all" and not args.labels.exists():
                    continue
                people = of_group(test, tested)
                with threadpool_limits(args.threads):
                    if by == "tree":
                        r2 = left_out_r2(model, people.alleles)
                    else:
                        panel = learnt.alleles if by == "train" else model.sample(learnt.n_haplotypes, args.seed)
                        r2 = panel_r2(panel, people, jar, args.seed, args.threads)
                varies = people.alleles.min(axis=0) < people.alleles.max(axis=0)
                for maf_class, below in MAF_BELOW.items():
                    chosen = maf < below
                    rows.append(
                        {
                            "model": title,
                            "seed": args.seed,
                            "trained_on": trained_on,
                            "by": by,
                            "tested_on": tested,
                            "n_panel": 0 if by == "tree" else len(panel),
                            "n_test": people.n_haplotypes,
                            "maf_below": maf_class,
                            "n_snps": chosen.sum(),
                            "n_varying": (chosen & varies).sum(),
                            "r2": r2[chosen].mean(),
                            "r2_varying": r2[chosen & varies].mean(),
                            "seconds": cost["seconds"],
                        }
                    )
            same = (done[keys] == [title, args.seed, trained_on, by]).all(axis=1)
            done = pd.concat([done[~same], pd.DataFrame(rows)], ignore_index=True)
            write_tsv(done, table)
            print(pd.DataFrame(rows).drop(columns=["model", "seed"]).to_string(index=False), flush=True)


if __name__ == "__main__":
    program.run(main)
