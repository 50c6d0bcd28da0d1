"""Print the table of `fidelity.py` as Markdown: mean and, of several seeds, lowest to highest.

python bench/summary.py 805 [--split 80] [--table results/bench/fidelity.tsv]
"""

import argparse
from pathlib import Path

import pandas as pd
from fidelity import FILES, N_TEST_PEOPLE, ROOT

ROWS = {
    "805": {
        "aa_truth_strict_train_all": "AAtruth, strict, training people",
        "aa_syn_strict_train_all": "AAsyn, strict, training people",
        "aa_truth_strict_all": "AAtruth, strict, all people",
        "aa_syn_strict_all": "AAsyn, strict, all people",
        "privacy_loss": "privacy loss",
        "exact_copies": "exact copies of training haplotypes",
        "af_r": "allele frequency r",
        "af_r_rare": "the same, AF ≤ 0.2",
        "ld_r2_r": "LD r",
        "pca_w1_mean": "Wasserstein-1, mean of 6 PCs",
        "distance_within_w1": "Wasserstein-1 of distances within",
        "distance_between_w1": "the same, between",
        "three_point_r": "three-point r",
    },
    "10k": {
        "aa_truth_strict_train": "AAtruth, strict, training people",
        "aa_syn_strict_train": "AAsyn, strict, training people",
        "aa_truth_strict_test": "AAtruth, strict, test people",
        "aa_syn_strict_test": "AAsyn, strict, test people",
        "privacy_loss": "privacy loss",
        "exact_copies": "exact copies of training haplotypes",
        "af_r": "allele frequency r",
        "af_r_rare": "the same, AF ≤ 0.2",
        "ld_r2_r": "LD r",
        "pca_w1_pc1": "Wasserstein-1, PC1",
        "pca_w1_pc2": "Wasserstein-1, PC2",
        "distance_within_w1": "Wasserstein-1 of distances within",
        "distance_between_w1": "the same, between",
        "three_point_r": "three-point r",
    },
}
COST = {
    "log_likelihood_test": "log-likelihood of a test haplotype, nats",
    "seconds": "seconds to train",
    "peak_mb": "peak memory, MB",
}


def main() -> None:
    """Print the table of one file and split, a column a model in the order in which they were measured."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", choices=FILES, help="the authors' file")
    parser.add_argument("--split", type=int, choices=N_TEST_PEOPLE, default=80, help="per cent of people that train")
    parser.add_argument("--table", type=Path, default=ROOT / "results" / "bench" / "fidelity.tsv")
    args = parser.parse_args()
    table = pd.read_csv(args.table, sep="\t")
    table = table[(table["file"].astype(str) == args.file) & (table["split"] == args.split)]
    models = list(dict.fromkeys(table["model"]))
    seeds = table.groupby("model")["seed"].nunique()
    print("|", *(f"| {model} ({seeds[model]})" for model in models), "|")
    print("|---" * (len(models) + 1) + "|")
    values = table.groupby(["metric", "model"])["value"]
    for metric, name in (ROWS[args.file] | COST).items():
        cells = [
            cell(values.get_group((metric, model))) if (metric, model) in values.groups else "" for model in models
        ]
        print(f"| {name} |", *(f"{text} |" for text in cells))


def cell(values: pd.Series) -> str:
    """Return the mean, and the range of more than one value, with as many digits as their size asks for."""
    if values.isna().all():
        return ""
    digits = 0 if values.abs().mean() >= 100 or (values % 1 == 0).all() else 3 if values.abs().mean() < 2 else 1
    mean, low, high = (f"{number:.{digits}f}" for number in (values.mean(), values.min(), values.max()))
    return mean if len(values) == 1 else f"{mean} ({low}–{high})"


if __name__ == "__main__":
    main()
