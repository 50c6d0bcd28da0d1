"""AG sets between copies and independent sites, and how close each is to people whom no model has seen.

    python bench/frontier.py 805 --seed 1 --states 4 16

Split and files are those of fidelity.py, with 80 % of the people for training. Of the canonical training people, the
first tenth is validation people and as many as there are test people are taken away, so that they can stand in the
place of AGs; the others are the members, from whom all models learn. All sets have as many haplotypes as there are test
haplotypes:

- real_others: the people taken away, who are no members;
- planted_0.5, planted_1: the same, with 0.5 and 1 % of the haplotypes replaced by copies of members' haplotypes;
- li_stephens, and reshape1, reshape8 and reshape64 (its generations): mosaics of members;
- hclt4, ... (its hidden states), and bernoulli: models that learn from members.

With --train-all nobody is taken away: models learn from all canonical training people that are no validation people, as
in fidelity.py, and the sets of real haplotypes are left out.

Written to results/bench/frontier/{file}/{pool}/seed{seed}/: the alleles of every set, {set}.npy, and fidelity.tsv, one
row per set. Trained models are kept and not trained again.
"""

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from fidelity import FILES, ROOT, canonical_split, digest_of, folder_of, load_file, settings_of, trained, training_data
from threadpoolctl import threadpool_limits

from artificial_genomes.compare.as_published import accuracy
from artificial_genomes.core import program
from artificial_genomes.core.haplotypes import Haplotypes
from artificial_genomes.core.program import whole_output
from artificial_genomes.core.random_streams import stream
from artificial_genomes.core.tables import write_tsv
from artificial_genomes.models.training import TrainingData, TrainingRun
from artificial_genomes.statistics import frequencies, ld

SPLIT = 80
"""Per cent of the people that are canonical training people."""

PLANTED_PERCENT = (0.5, 1)
GENERATIONS = (1, 8, 64)
STATES = (4, 8, 16, 32)


@dataclass(frozen=True)
class Groups:
    """The people of one of the authors' files.

    Attributes
    ----------
    data : TrainingData
        `train` are the members, (n_members, n_sites) uint8; `validation` chooses the epoch.
    fresh : (n_test, n_sites) uint8, or (0, n_sites)
        People taken away from the training people, who are no members.
    test : (n_test, n_sites) uint8
        Canonical test people.
    """

    data: TrainingData
    fresh: np.ndarray
    test: np.ndarray


def grouped(haplotypes: Haplotypes, *, train_all: bool = False) -> Groups:
    """Return members, fresh and test people; with `train_all`, no fresh people."""
    test, train = canonical_split(haplotypes, SPLIT)
    data = training_data(train)
    # People stand in the random order of the canonical split.
    n_fresh = 0 if train_all else len(test.alleles)
    fresh, members = data.train[:n_fresh], data.train[n_fresh:]
    return Groups(TrainingData(members, data.validation, data.sites), fresh, test.alleles)


def ag_sets(
    file: str, groups: Groups, folder: Path, seed: int, states: Sequence[int] = STATES, threads: int = 1
) -> Iterator[tuple[str, np.ndarray]]:
    """Yield the name and the alleles of every set, (n_test, n_sites) uint8.

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
    """
    if len(groups.fresh):
        yield "real_others", groups.fresh
        for percent in PLANTED_PERCENT:
            yield f"planted_{percent}", planted(groups.fresh, groups.data.train, percent / 100, seed)
    models = [
        ("li_stephens", "li_stephens", {}),
        *((f"reshape{k}", "reshape", {"generations": k}) for k in GENERATIONS),
        *((f"hclt{k}", "hclt", {"hidden_states": k}) for k in states),
        ("bernoulli", "bernoulli", {}),
    ]
    for name, kind, changes in models:
        settings = settings_of(kind, file, changes)
        kept = folder_of(folder, file, SPLIT, f"{name}-{digest_of(settings)}", seed)
        model, _ = trained(settings.pop("kind"), groups.data, settings, TrainingRun(seed, threads), kept)
        yield name, model.sample(len(groups.test), seed)


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


def main() -> None:
    """Make every set, write it, and score it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", choices=FILES, help="the authors' file")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--states", type=int, nargs="*", default=STATES, help="hidden states of the trees")
    parser.add_argument("--train-all", action="store_true", help="take nobody away from the training people")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--folder", type=Path, default=ROOT / "results" / "bench" / "frontier")
    args = parser.parse_args()

    pool = "train_all" if args.train_all else "members"
    written = args.folder / args.file / pool / f"seed{args.seed}"
    groups = grouped(load_file(args.file), train_all=args.train_all)
    rows = []
    with threadpool_limits(args.threads):
        for name, ags in ag_sets(
            args.file, groups, args.folder / "models" / pool, args.seed, args.states, args.threads
        ):
            with whole_output(written / f"{name}.npy") as partial:
                np.save(partial, ags)
            numbers = fidelity(groups.test, ags, groups.data.sites, args.threads)
            rows.append({"set": name, "n": len(ags), **numbers})
            print(name, *(f"{key} {value:.4f}" for key, value in numbers.items()), flush=True)
    write_tsv(pd.DataFrame(rows), written / "fidelity.tsv")


if __name__ == "__main__":
    program.run(main)
