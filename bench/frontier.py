"""AG sets between copies and independent sites: their fidelity, and what attacks on membership find in each.

    python bench/frontier.py 805 --seed 1 --states 4 16

Split and files are those of fidelity.py, with 80 % of the people for training. Of the canonical training people, the
first tenth is validation people and as many as there are test people are taken away, so that they can stand in the
place of AGs; the others are the members, from whom all models learn. Sets of real haplotypes are as large as the test
set, those of models have as many haplotypes as the file:

- real_others: the people taken away, who are no members;
- planted_0.5, planted_1: the same, with 0.5 and 1 % of the haplotypes replaced by copies of members' haplotypes;
- mosaic5, mosaic20: equally long segments of 5 and 20 members;
- li_stephens, and reshape1, reshape8 and reshape64 (its generations): mosaics of members by recombination;
- hclt4, ... (its hidden states), and bernoulli: models that learn from members;
- hclt_epsilon8, ...: trees that learn from members with differential privacy;
- hclt_panel: a tree that learns from the people taken away, here a public panel, and from no member; and
  hclt_panel_epsilon8, ...: the same, adapted to members with differential privacy;
- hclt4@1302, ...: the first haplotypes of these sets.

Written to results/bench/frontier/{file}/seed{seed}/: frontier.tsv, one row per set, and the tables of the attacks on
each, attacks.tsv and power.tsv in its folder. Trained models are kept and not trained again.
"""

import argparse
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from fidelity import FILES, ROOT, canonical_split, digest_of, folder_of, load_file, settings_of, trained, training_data
from threadpoolctl import threadpool_limits

from artificial_genomes.compare.as_published import accuracy
from artificial_genomes.compare.attacks import ATTACKS
from artificial_genomes.compare.attacks.planting import PLANTINGS
from artificial_genomes.compare.matching import Candidate, MatchedPeople
from artificial_genomes.compare.membership import attack_membership
from artificial_genomes.core import program
from artificial_genomes.core.haplotypes import Haplotypes, artificial_people
from artificial_genomes.core.metric_table import Metrics
from artificial_genomes.core.random_streams import stream
from artificial_genomes.core.tables import read_tsv, write_tsv
from artificial_genomes.models.hclt import panel_data
from artificial_genomes.models.training import TrainingData, TrainingRun
from artificial_genomes.statistics import frequencies, ld

SPLIT = 80
"""Per cent of the people that are canonical training people."""

PLANTED_PERCENT = (0.5, 1)
GENERATIONS = (1, 8, 64)
STATES = (4, 8, 16, 32)
N_AGS, FEWER_AGS = 5008, 1302
EPSILONS = (16, 8, 3, 1)
PRIVATE = {"hidden_states": 80, "epochs": 6, "score_every": 6, "sampling_temperatures": [1.0]}
PANEL_EPSILONS = (8, 3)
WITH_PANEL = {"hidden_states": 16, "initial_persistence": 0.7, "epochs": 300, "patience": 20}


@dataclass(frozen=True)
class Groups:
    """The people of one of the authors' files.

    Attributes
    ----------
    data : TrainingData
        `train` are the members, (n_members, n_sites) uint8; `validation` chooses the epoch.
    fresh : (n_test, n_sites) uint8
        People taken away from the training people, who are no members.
    test : (n_test, n_sites) uint8
        Canonical test people.
    """

    data: TrainingData
    fresh: np.ndarray
    test: np.ndarray


def grouped(haplotypes: Haplotypes) -> Groups:
    """Return members, fresh and test people."""
    test, train = canonical_split(haplotypes, SPLIT)
    data = training_data(train)
    # People stand in the random order of the canonical split.
    fresh, members = np.split(data.train, [len(test.alleles)])
    return Groups(TrainingData(members, data.validation, data.sites), fresh, test.alleles)


def ag_sets(
    file: str,
    groups: Groups,
    folder: Path,
    seed: int,
    states: Sequence[int] = STATES,
    threads: int = 1,
    only: Sequence[str] = (),
) -> Iterator[tuple[str, np.ndarray]]:
    """Yield the name and the alleles of every set, (n, n_sites) uint8.

    Parameters
    ----------
    file
        Key of `fidelity.FILES`, for the settings of its models.
    folder
        Trained models of these groups are kept here.
    seed
        Of trainings and draws.
    states
        Numbers of hidden states of the trees.
    threads
        Number of threads of a training.
    only
        Sets for which models are trained; none = all.
    """
    yield "real_others", groups.fresh
    for percent in PLANTED_PERCENT:
        yield f"planted_{percent}", planted(groups.fresh, groups.data.train, percent / 100, seed)
    contigs = groups.data.sites["contig"].to_numpy()
    for donors in (5, 20):
        yield f"mosaic{donors}", PLANTINGS[f"mosaic{donors}"](groups.data.train, contigs, stream(seed, "mosaics"))
    members = groups.data
    with_panel = replace(members, public=groups.fresh)
    models = [
        ("li_stephens", "li_stephens", {}, members),
        *((f"reshape{k}", "reshape", {"generations": k}, members) for k in GENERATIONS),
        *((f"hclt{k}", "hclt", {"hidden_states": k}, members) for k in states),
        *((f"hclt_epsilon{epsilon}", "hclt", PRIVATE | _budget(epsilon), members) for epsilon in EPSILONS),
        ("hclt_panel", "hclt", WITH_PANEL, panel_data(with_panel, seed)),
        *(
            (f"hclt_panel_epsilon{epsilon}", "hclt", WITH_PANEL | _budget(epsilon), with_panel)
            for epsilon in PANEL_EPSILONS
        ),
        ("bernoulli", "bernoulli", {}, members),
    ]
    for name, kind, changes, data in models:
        if only and not {name, f"{name}@{FEWER_AGS}"} & set(only):
            continue
        settings = settings_of(kind, file, changes)
        kept = folder_of(folder, file, SPLIT, f"{name}-{digest_of(settings)}", seed)
        model, _ = trained(settings.pop("kind"), data, settings, TrainingRun(seed, threads), kept)
        ags = model.sample(N_AGS, seed)
        yield name, ags
        if kind in ("hclt", "bernoulli"):
            yield f"{name}@{FEWER_AGS}", ags[:FEWER_AGS]


def _budget(epsilon: float) -> dict:
    return {"differential_privacy": {"epsilon": epsilon, "delta": 1e-5, "noise": "seed", "neighbours": 3}}


def planted(fresh: np.ndarray, members: np.ndarray, share: float, seed: int) -> np.ndarray:
    """Return `fresh` with a share of its haplotypes replaced by copies of different members' haplotypes."""
    rng = stream(seed, "planted copies")
    n_copies = round(share * len(fresh))
    haplotypes = fresh.copy()
    replaced, copied = (rng.permutation(len(part))[:n_copies] for part in (fresh, members))
    haplotypes[replaced] = members[copied]
    return haplotypes


def fidelity(test: np.ndarray, ags: np.ndarray, sites: pd.DataFrame, threads: int = 1) -> dict[str, float]:
    """Return the fidelity of AGs against as many test haplotypes, ties of AATS as one half."""
    contigs, positions = (sites[name].to_numpy() for name in ("contig", "position"))
    parts = accuracy(test, ags, threads)
    return {
        "af_r": frequencies.frequency_correlation(test.mean(axis=0), ags.mean(axis=0)),
        "ld_r2_r": ld.compare_ld(test, ags, contigs, positions, threads=threads).r,
        "aa_truth": parts.truth.mean(),
        "aa_syn": parts.synthetic.mean(),
    }


def attacked(groups: Groups, ags: np.ndarray, seed: int, threads: int) -> tuple[Metrics, dict[str, pd.DataFrame]]:
    """Return what `attack_membership` finds: as many members as there are test people, the others calibrate."""
    alleles = np.concatenate([groups.data.train, groups.test])
    real = Haplotypes(alleles, groups.data.sites, artificial_people(len(alleles) // 2))
    n_test, n_members = len(groups.test) // 2, len(groups.data.train) // 2
    members, test = np.arange(n_members), np.arange(n_members, n_members + n_test)
    references = {"train": members[:n_test], "test": test}
    people = MatchedPeople(references, {}, members[n_test:], members, members, test)
    candidate = Candidate(ags, np.arange(0), members)
    return attack_membership(real, people, candidate, None, seed, REPLICATES, threads)


REPLICATES = 200


def main() -> None:
    """Make every set and write its scores."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", choices=FILES, help="the authors' file")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--states", type=int, nargs="*", default=STATES, help="hidden states of the trees")
    parser.add_argument("--only", nargs="+", default=(), help="sets, by name; default: all")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--folder", type=Path, default=ROOT / "results" / "bench" / "frontier")
    args = parser.parse_args()

    written = args.folder / args.file / f"seed{args.seed}"
    groups = grouped(load_file(args.file))
    path = written / "frontier.tsv"
    rows = read_tsv(path).to_dict("records") if path.exists() else []
    with threadpool_limits(args.threads):
        models = args.folder / "models"
        for name, ags in ag_sets(args.file, groups, models, args.seed, args.states, args.threads, args.only):
            if args.only and name not in args.only:
                continue
            started = time.monotonic()
            metrics, tables = attacked(groups, ags, args.seed, args.threads)
            seconds = time.monotonic() - started
            for title, table in tables.items():
                write_tsv(table, written / name / f"{title}.tsv")
            numbers = fidelity(groups.test, ags[: len(groups.test)], groups.data.sites, args.threads)
            row = {"set": name, "n": len(ags), **numbers, "audit_seconds": seconds}
            for metric, (value, *interval) in metrics.items():
                row |= {metric: value} | dict(zip((f"{metric}_low", f"{metric}_high"), interval, strict=False))
            rows = [one for one in rows if one["set"] != name] + [row]
            shown = ["af_r", "ld_r2_r", "aa_truth", "aa_syn", "mia_auc", "mia_auc_high", "mia_tpr"]
            shown += ["mia_individual_auc", "mia_individual_auc_high", "mia_epsilon_low", "audit_seconds"]
            best = max(ATTACKS, key=lambda attack: metrics[f"mia_{attack}_auc"][0])
            print(name, best, *(f"{key} {row[key]:.3f}" for key in shown), flush=True)
            write_tsv(pd.DataFrame(rows), path)


if __name__ == "__main__":
    program.run(main)
