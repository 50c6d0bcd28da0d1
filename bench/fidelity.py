"""Train a model on the authors' 805- or 10K-SNP file and compare its AGs with real haplotypes, as published tables do.

Both splits are the canonical ones: people permuted by `numpy.random.RandomState(42).permutation(2504)`, the first 501
are test people (`--split 80`), or the first 1252 (`--split 50`). A tenth of the others chooses the epoch, and no model
learns from it; `train` in the table means those that it learns from. One run appends its numbers, one row each, to a
table; a run that is there with the same settings is not repeated, and one that was interrupted goes on.

    python bench/fidelity.py 805 rbm --seed 1 --threads 2
"""

import argparse
import hashlib
import json
import re
import resource
import shutil
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import yaml
from threadpoolctl import threadpool_limits

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "workflow" / "scripts"))

from artificial_genomes.compare.as_published import accuracy, published_metrics
from artificial_genomes.compare.matching import Candidate, match_people
from artificial_genomes.compare.membership import attack_membership
from artificial_genomes.config.checks import read_defaults
from artificial_genomes.core import program
from artificial_genomes.core.errors import UserError
from artificial_genomes.core.haplotypes import Haplotypes
from artificial_genomes.core.kinds import OWN_SITES
from artificial_genomes.io.hapt import read_hapt
from artificial_genomes.models import Model, load_model, model_module, save_model
from artificial_genomes.models.training import TrainingData, TrainingRun
from artificial_genomes.statistics import distances

FOLDERS = (ROOT / "resources" / "data" / "1000G_real_genomes", ROOT.parent / "shared" / "data")
FILES = {
    "805": ("805_SNP_1000G_real.hapt.zip", "805_SNP.legend"),
    "10k": ("10K_SNP_1000G_real.hapt.xz", "10k_SNP.legend"),
}
N_TEST_PEOPLE = {80: 501, 50: 1252}
VALIDATION_SHARE = 0.1
REPLICATES = 200


def load_file(name: str) -> Haplotypes:
    """Return all 5008 haplotypes of one of the authors' files, or end with what is missing."""
    for folder in FOLDERS:
        if (folder / FILES[name][0]).exists():
            return read_hapt(folder / FILES[name][0], folder / FILES[name][1])
    raise UserError(f"{FILES[name][0]} is in none of {', '.join(map(str, FOLDERS))}. Put it into the first.")


def canonical_split(haplotypes: Haplotypes, split: int) -> tuple[Haplotypes, Haplotypes]:
    """Return test and train people of the canonical split, 80 or 50 % for training."""
    order = np.random.RandomState(42).permutation(len(haplotypes.people))
    n_test = N_TEST_PEOPLE[split]
    return haplotypes.take_people(order[:n_test]), haplotypes.take_people(order[n_test:])


def training_data(train: Haplotypes) -> TrainingData:
    """Set the first tenth of the training people, who stand in random order, aside for the choice of the epoch."""
    n_validation = round(VALIDATION_SHARE * len(train.people))
    validation, learnt = np.arange(n_validation), np.arange(n_validation, len(train.people))
    return TrainingData(train.take_people(learnt).alleles, train.take_people(validation).alleles, train.sites)


def people_split(haplotypes: Haplotypes, split: int) -> np.ndarray:
    """Return test, validation or train for each of the people, (n_people,) object."""
    test, train = canonical_split(haplotypes, split)
    n_validation = len(training_data(train).validation) // 2
    parts = pd.Series("train", index=haplotypes.people["sample"])
    parts[test.people["sample"]] = "test"
    parts[train.people["sample"].iloc[:n_validation]] = "validation"
    return parts.to_numpy(object)


def attack_rows(haplotypes: Haplotypes, split: int, ags: np.ndarray, seed: int, threads: int) -> dict[str, float]:
    """Return what the attacks of the comparison find of the people that train, and the upper ends of the intervals."""
    people = match_people(people_split(haplotypes, split), seed)
    candidate = Candidate(ags, np.arange(0), people.known)
    found, _ = attack_membership(haplotypes, people, candidate, None, seed, REPLICATES, threads)
    chosen = ("mia_auc", "mia_tpr", "mia_individual_auc")
    return {name: found[name][0] for name in chosen} | {f"{name}_high": found[name][2] for name in chosen}


def accuracy_rows(name: str, real: np.ndarray, ags: np.ndarray) -> dict[str, float]:
    """Return both parts of AATS, strict and with half ties, for the first n of the larger side."""
    n = min(len(real), len(ags))
    parts = accuracy(real[:n], ags[:n])
    return {
        f"aa_truth_strict_{name}": parts.truth_strict.mean(),
        f"aa_syn_strict_{name}": parts.synthetic_strict.mean(),
        f"aa_truth_{name}": parts.truth.mean(),
        f"aa_syn_{name}": parts.synthetic.mean(),
        f"aats_{name}": parts.aats(),
    }


def score_genomes(
    name: str, ags: np.ndarray, real: np.ndarray, test: np.ndarray, train: np.ndarray, sites: pd.DataFrame
) -> dict[str, float]:
    """Return the numbers of the published table: on 805 against all real haplotypes, on 10K against the test ones.

    AATS parts are against equally many haplotypes. Those of `test` and `train` have the n of the smaller of the two,
    and are means over disjoint sets of n AGs; the privacy loss is the difference of the two AATS. `train` are the
    haplotypes that the model learnt from.
    """
    n = min(len(test), len(train))
    rows = published_metrics(real if name == "805" else test, ags, sites)
    if name == "805":
        rows |= accuracy_rows("all", real, ags)
        rows |= accuracy_rows("train_all", train, ags)
    # One set of n AGs says little: the mean over disjoint sets, each against training haplotypes of its own.
    sets = [slice(i * n, (i + 1) * n) for i in range(max(1, min(len(ags), len(train)) // n))]
    parts = [
        accuracy_rows("test", test[:n], ags[chosen]) | accuracy_rows("train", train[chosen], ags[chosen])
        for chosen in sets
    ]
    rows |= pd.DataFrame(parts).mean().to_dict()
    rows["privacy_loss"] = rows["aats_test"] - rows["aats_train"]
    rows["exact_copies"] = int((distances.nearest_neighbours(ags, train)[0] == 0).sum())
    return rows


def settings_of(model: str, file: str, changes: dict) -> dict:
    """Return the settings of a model: the defaults, those that the benchmark has for the file, and `changes`.

    A model that the benchmark alone has names the model whose defaults it takes (`of`).

    Raises
    ------
    UserError
        There is no such model, or its AGs have sites of their own.
    """
    defaults = read_defaults(ROOT)["model_params"]
    own = yaml.safe_load((Path(__file__).with_name("fidelity.yaml")).read_text())[file]
    changed = own.get(model, {})
    base = changed.pop("of", model)
    if base not in defaults or defaults[base]["kind"] in OWN_SITES:
        known = [name for name, settings in (own | defaults).items() if settings.get("kind") not in OWN_SITES]
        raise UserError(f"the benchmark has no model {model!r}. Write one of: {', '.join(known)}.")
    return {key: value for key, value in (defaults[base] | changed | changes).items() if key != "recipe"}


def main() -> None:
    """Train, generate, score, and append to the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", choices=FILES, help="the authors' file")
    parser.add_argument("model", help="name of a model in config.yaml or fidelity.yaml")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--split", type=int, choices=N_TEST_PEOPLE, default=80, help="per cent of people that train")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--settings", type=json.loads, default={}, help="JSON: settings that differ")
    parser.add_argument("--name", help="name of the model in the table, where settings differ")
    parser.add_argument("--attacks", action="store_true", help="attack the membership of the people that train, too")
    parser.add_argument("--table", type=Path, default=ROOT / "results" / "bench" / "fidelity.tsv")
    args = parser.parse_args()

    name = args.name or args.model
    settings = settings_of(args.model, args.file, args.settings)
    digest = digest_of(settings)
    run_keys = {"file": args.file, "split": str(args.split), "model": name, "seed": str(args.seed)}
    keys = run_keys | {"settings": digest}
    done = pd.read_csv(args.table, sep="\t", dtype=str) if args.table.exists() else pd.DataFrame(columns=list(keys))
    if (done[list(keys)] == pd.Series(keys)).all(axis=1).any():
        print(f"{args.file} {name} seed {args.seed} is in {args.table} already")
        return

    haplotypes = load_file(args.file)
    test, train = canonical_split(haplotypes, args.split)
    data = training_data(train)
    kind = settings.pop("kind")
    folder = folder_of(args.table.parent, args.file, args.split, f"{name}-{digest}", args.seed)
    model, cost = trained(kind, data, settings, TrainingRun(args.seed, args.threads), folder)
    with threadpool_limits(args.threads):
        ags = model.sample(5000 if args.file == "805" else len(train.alleles), args.seed)
        rows = score_genomes(args.file, ags, haplotypes.alleles, test.alleles, data.train, haplotypes.sites)
        if hasattr(model, "log_likelihood"):
            rows["log_likelihood_test"] = float(np.mean(model.log_likelihood(test.alleles)))
        if args.attacks:
            rows |= attack_rows(haplotypes, args.split, ags, args.seed, args.threads)
    table = pd.DataFrame(
        [{**keys, "metric": metric, "value": f"{value:.5g}"} for metric, value in (rows | cost).items()]
    )
    # Rows of other settings of the same run make way, also those that another process has just written.
    done = pd.read_csv(args.table, sep="\t", dtype=str) if args.table.exists() else pd.DataFrame(columns=table.columns)
    done = done[~(done[list(run_keys)] == pd.Series(run_keys)).all(axis=1)]
    pd.concat([done, table]).to_csv(args.table, sep="\t", index=False)
    print(re.sub(r"^", "  ", table[["metric", "value"]].to_string(index=False), flags=re.MULTILINE))


def digest_of(settings: dict) -> str:
    """Return a short hash of the settings of a model."""
    return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()[:8]


def folder_of(bench: Path, file: str, split: int, name: str, seed: int) -> Path:
    """Return the folder of a trained model."""
    return bench / file / f"split{split}" / name / f"seed{seed}"


def trained(kind: str, data: TrainingData, settings: dict, run: TrainingRun, folder: Path) -> tuple[Model, dict]:
    """Return a trained model, that of `folder` where it is there, with the seconds and the peak memory it took."""
    if not (folder / "cost.json").exists():
        run.checkpoint_folder = folder / "checkpoints"
        started = time.monotonic()
        with threadpool_limits(run.threads):
            model = model_module(kind).fit(data, settings, run)
        peak_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        save_model(folder / "model.npz", kind, settings, model)
        pd.DataFrame(run.progress).to_csv(folder / "training.tsv", sep="\t", index=False)
        cost = {"seconds": time.monotonic() - started, "peak_mb": peak_kb // 1024}
        (folder / "cost.json").write_text(json.dumps(cost))
        shutil.rmtree(folder / "checkpoints", ignore_errors=True)
    return load_model(folder / "model.npz"), json.loads((folder / "cost.json").read_text())


if __name__ == "__main__":
    program.run(main)
