"""How often the interval of the combined attack holds the AUC that the learned attack has among new individuals.

    python bench/learned_attack.py --draws 60

Seven attacks give correlated normal scores, in which membership is a shift of given size; the combined attack is
learned from the individuals it attacks, as in the comparison. Printed, by individuals on either side and AUC of the
best combination: the coverage, and how often the upper end of the interval lies below the limit of the verdict, with
scores held fixed and with the attack learned again.
"""

import argparse
from unittest import mock

import numpy as np
import pandas as pd
from fidelity import ROOT
from scipy.stats import norm
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from artificial_genomes.compare import membership
from artificial_genomes.compare.attacks import COMBINED
from artificial_genomes.config.checks import read_defaults
from artificial_genomes.core import program
from artificial_genomes.core.metric_table import EVERYBODY
from artificial_genomes.judge.gates import read_gates
from artificial_genomes.statistics.membership import Scores

N_ATTACKS, CORRELATION, REPLICATES = 7, 0.4, 200
WITHIN_INDIVIDUALS = 0.25
"""Correlation of the scores of both haplotypes of an individual."""


def interval(attacks: dict[str, Scores], seed: int, relearnt: int) -> dict:
    """Return the row of the combined attack on haplotypes, learned again from `relearnt` resamples."""
    units = {"haplotype": attacks | {COMBINED: membership.combine(list(attacks.values()), seed)}}
    units["individual"] = {name: scores.of_individuals() for name, scores in units["haplotype"].items()}
    with mock.patch.object(membership, "RELEARNT", relearnt):
        rows, _ = membership._attack_rows(units, {}, REPLICATES, seed, np.random.default_rng(seed))
    return next(row for row in rows if (row["attack"], row["unit"], row["group"]) == (COMBINED, "haplotype", EVERYBODY))


def drawn(n_people: int, shift: np.ndarray, mixing: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return scores (2 n_people, N_ATTACKS) with the correlations `mixing @ mixing.T` and the mean `shift`."""
    own, shared = (rng.standard_normal((n_people, copies, N_ATTACKS)) for copies in (2, 1))
    mixed = np.sqrt(1 - WITHIN_INDIVIDUALS) * own + np.sqrt(WITHIN_INDIVIDUALS) * shared
    return mixed.reshape(-1, N_ATTACKS) @ mixing.T + shift


def main() -> None:
    """Draw, attack, count."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, nargs="+", default=[100, 200, 500], help="on either side")
    parser.add_argument("--aucs", type=float, nargs="+", default=[0.5, 0.58], help="of the best combination")
    parser.add_argument("--draws", type=int, default=60)
    args = parser.parse_args()

    gates = read_gates(read_defaults(ROOT)["verdict"])
    limit = next(gate.bound for gate in gates if gate.metric == "mia_auc")
    mixing = np.linalg.cholesky(np.full((N_ATTACKS, N_ATTACKS), CORRELATION) + (1 - CORRELATION) * np.eye(N_ATTACKS))
    direction = mixing @ np.full(N_ATTACKS, N_ATTACKS**-0.5)
    rows = []
    with threadpool_limits(1):
        for n_people in args.people:
            for auc in args.aucs:
                shift = np.sqrt(2) * norm.ppf(auc) * direction
                for draw in range(args.draws):
                    rng = np.random.default_rng([n_people, round(1000 * auc), draw])
                    members, others = drawn(n_people, shift, mixing, rng), drawn(n_people, 0 * shift, mixing, rng)
                    attacks = {f"attack {k}": Scores(members[:, k], others[:, k]) for k in range(N_ATTACKS)}
                    new = drawn(20_000, shift, mixing, rng), drawn(20_000, 0 * shift, mixing, rng)
                    learnt = LogisticRegression().fit(
                        np.concatenate([members, others]), np.arange(4 * n_people) < 2 * n_people
                    )
                    true = Scores(*(learnt.decision_function(side) for side in new)).auc()
                    for name, relearnt in (("held fixed", 0), ("learned again", membership.RELEARNT)):
                        row = interval(attacks, draw, relearnt)
                        holds = row["auc_low"] <= true <= row["auc_high"]
                        rows.append([n_people, auc, name, holds, row["auc_high"] < limit])
    columns = ["individuals", "AUC", "interval", "coverage", "below the limit"]
    table = pd.DataFrame(rows, columns=columns).groupby(columns[:3], sort=False).mean()
    print(table.round(2).to_string())


if __name__ == "__main__":
    program.run(main)
