"""What the verdict says of real individuals in the place of AGs: nothing has leaked, so it must not refuse them.

    python bench/verdict_draws.py --people 100 500 1000 --draws 200

A cohort of n individuals is drawn from the authors' 805-SNP file, and n others (all others where there are fewer) stand
in for its AGs. Split, comparison, privacy audit, gates and verdict are the workflow's.

Written to results/bench/draws/: a scorecard per size, one seed per draw; draws that are there are not repeated. Printed
and written to results/bench/draws.tsv: how many draws get each word, and how many are kept from being cleared by which
privacy gate.
"""

import argparse
from dataclasses import replace
from pathlib import Path
from unittest import mock

import numpy as np
import pandas as pd
import yaml
from fidelity import ROOT, load_file
from threadpoolctl import threadpool_limits
from verdict import LABELS

from artificial_genomes.compare import comparison
from artificial_genomes.compare.audit import audit
from artificial_genomes.compare.matching import (
    Candidate,
    MatchedPeople,
    ceiling_candidate,
    floor_candidate,
    match_people,
    model_candidate,
)
from artificial_genomes.core import program
from artificial_genomes.core.haplotypes import Haplotypes
from artificial_genomes.core.metric_table import metric_rows
from artificial_genomes.core.tables import read_tsv, write_tsv
from artificial_genomes.io.people import label_people, read_people
from artificial_genomes.judge.gates import read_gates
from artificial_genomes.judge.scorecard import COLUMNS
from artificial_genomes.judge.verdict import VERDICTS, judge_scorecard, summarise
from artificial_genomes.prepare.preparation import split_people
from artificial_genomes.statistics import bootstrap

FIDELITY = {"bootstrap_replicates": 50, "three_point_triplets": 300}
FIDELITY_SITES = slice(None, None, 2)
"""All resamples, triplets and sites would cost time."""


def main() -> None:
    """Draw, compare, judge, count."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, nargs="+", default=[100, 500, 1000])
    parser.add_argument("--draws", type=int, default=200)
    parser.add_argument("--fidelity", type=int, default=60, help="draws whose fidelity is compared too")
    parser.add_argument("--labels", type=Path, default=LABELS, help="table of people")
    parser.add_argument("--folder", type=Path, default=ROOT / "results" / "bench" / "draws")
    parser.add_argument("--output", type=Path, default=ROOT / "results" / "bench" / "draws.tsv")
    args = parser.parse_args()

    defaults = yaml.safe_load((ROOT / "config" / "config.yaml").read_text())
    real = load_file("805")
    real = Haplotypes(real.alleles, real.sites, label_people(real.people["sample"].tolist(), read_people(args.labels)))
    rows = []
    with threadpool_limits(1):
        for n_people in args.people:
            path = args.folder / f"{n_people}.tsv"
            cards = [read_tsv(path, ["seed"])] if path.exists() else []
            done = set(cards[0]["seed"]) if cards else set()
            for draw in range(1, args.draws + 1):
                if draw not in done:
                    with_fidelity = draw <= args.fidelity
                    cards.append(scorecard_of(real, n_people, draw, defaults, with_fidelity))
                if draw % 10 == 0:
                    write_tsv(pd.concat(cards), path)
            card = pd.concat(cards)
            rows.append(counted(card[card["seed"] <= args.draws], n_people, defaults["verdict"]))
            write_tsv(pd.DataFrame(rows), args.output)
    print(pd.DataFrame(rows).T.to_string())


def scorecard_of(real: Haplotypes, n_people: int, draw: int, defaults: dict, with_fidelity: bool) -> pd.DataFrame:
    """Return the scorecard of one draw, in which real individuals are the AG set `real`."""
    drawn = np.random.default_rng([n_people, draw]).permutation(len(real.people))
    own, others = np.sort(drawn[:n_people]), drawn[n_people : 2 * n_people]
    people = match_people(
        split_people(n_people, *(defaults["split"][part] for part in ("test", "validation")), draw), draw
    )
    settings = comparison.Settings(**defaults["compare"] | {"seed": draw})
    cohort, ags = (real.take_people(some) for some in (own, others))
    candidate = model_candidate(cohort, people, ags, draw)
    parts = [
        audit(cohort, people, candidate, draw, settings.bootstrap_replicates)["metrics"],
        privacy_loss(cohort, people, candidate, settings),
    ]
    if with_fidelity:
        sites = np.arange(real.n_sites)[FIDELITY_SITES]
        cohort, ags = (some.take_sites(sites) for some in (cohort, ags))
        parts.append(fidelity(cohort, ags, people, replace(settings, **FIDELITY)))
    card = pd.concat(parts).assign(dataset="real805", model="real", seed=draw)
    return card.reindex(columns=COLUMNS)


def fidelity(cohort: Haplotypes, ags: Haplotypes, people: MatchedPeople, settings: comparison.Settings) -> pd.DataFrame:
    """Return the numbers of fidelity, with ceiling and floor."""
    sets = {
        "value": model_candidate(cohort, people, ags, settings.seed),
        "ceiling": ceiling_candidate(cohort, people, settings.seed, 1),
        "floor": floor_candidate(cohort, people, settings.seed, 1),
    }
    nothing = {"metrics": metric_rows("", {}, 0)}
    key, columns = ["reference", "metric"], []
    with (
        mock.patch.object(comparison, "audit", return_value=nothing, side_effect=lambda *_: dict(nothing)),
        mock.patch.object(
            comparison.pca, "independent_pca", lambda real, ag, axes: comparison.pca.coupled_pca(real, ag, axes)
        ),
    ):
        for name, one in sets.items():
            table = comparison.compare(cohort, people, one, settings)["metrics"].set_index(key)
            columns.append(table[["value", "ci_low", "ci_high"]] if name == "value" else table["value"].rename(name))
    card = pd.concat(columns, axis=1).reset_index()
    return card[~card["metric"].isin(["privacy_loss", "privacy_loss_strict"])]


def privacy_loss(
    cohort: Haplotypes, people: MatchedPeople, candidate: Candidate, settings: comparison.Settings
) -> pd.DataFrame:
    """Return the privacy loss with its interval."""
    rng = np.random.default_rng(settings.seed)
    sides = [
        candidate.alleles[candidate.compared],
        *(cohort.take_people(people.references[name]).alleles for name in ("test", "train")),
    ]
    halves = bootstrap.half_groups(min(bootstrap.RESAMPLED_GROUPS, people.n_people), settings.bootstrap_replicates, rng)
    ag, *references = (comparison._Sample(one, settings.bootstrap_replicates, rng, 1) for one in sides)
    loss = comparison._privacy_loss(*(comparison._Neighbours(one, ag, halves, 1) for one in references))
    return metric_rows("train+test", loss, 2 * people.n_people)


def counted(card: pd.DataFrame, n_people: int, settings: dict) -> dict:
    """Return how many draws get each word, and how many each privacy gate keeps from being cleared."""
    draws = card["seed"].unique()
    verdict = judge_scorecard(card, read_gates(settings), [("real805", "real", draw) for draw in draws])
    words = pd.concat([summarise(one) for _, one in verdict.groupby("seed")])["verdict"].value_counts()
    bad = verdict[verdict["outcome"].isin(["fail", "not proven", "missing"])]
    row = {
        "people": n_people,
        "unseen_haplotypes": int(card.loc[card["metric"] == "mia_auc", "n"].iloc[0] // 1),
        "draws": len(draws),
    }
    row |= {word: words.get(word, 0) for word in VERDICTS}
    row |= {"fidelity_failed": bad.loc[bad["kind"] == "fidelity", "seed"].nunique()}
    for kind, outcomes in (("privacy", ("fail", "not proven", "missing")), ("fidelity", ("fail",))):
        for gate in verdict.loc[verdict["kind"] == kind, "gate"].unique():
            for outcome in outcomes:
                row[f"{gate}: {outcome}"] = int(((bad["gate"] == gate) & (bad["outcome"] == outcome)).sum())
    return row


if __name__ == "__main__":
    program.run(main)
