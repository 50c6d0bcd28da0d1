"""Join the metrics of all stages into the scorecard of a run, and judge them.

Standard input lists the tables, too many for a command line, as JSON: {"metrics": [[dataset, model, seed,
path], ...], "trainings": [...], "sets": [[dataset, model, seed], ...], "differential_privacy": {dataset: {model:
settings}}}. The model ceiling or floor marks the metrics of a control, `trainings` are tables of scores by epoch, and
`sets` the AG sets to judge.
"""

import argparse
import sys
from itertools import starmap
from pathlib import Path

from artificial_genomes.core import program
from artificial_genomes.core.tables import write_tsv
from artificial_genomes.judge.gates import own_bounds, read_gates
from artificial_genomes.judge.metrics import describe_metrics
from artificial_genomes.judge.scorecard import MetricsFile, build_scorecard
from artificial_genomes.judge.verdict import (
    attacked_shares,
    guarantees_of,
    judge_scorecard,
    summarise,
    unfinished_trainings,
    with_verdict,
)


def main() -> None:
    """Read the tables of metrics and write the scorecard, its metrics, the verdict and its summary."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gates", type=program.json_object, required=True, help="the `verdict` settings, JSON")
    parser.add_argument(
        "--default-gates", type=program.json_object, required=True, help="`verdict` settings of config.yaml, JSON"
    )
    parser.add_argument("--output", type=Path, required=True, help="output: the scorecard")
    parser.add_argument("--metric-table", type=Path, required=True, help="output: definitions of the metrics")
    parser.add_argument("--verdict", type=Path, required=True, help="output: outcome of every gate for every AG set")
    parser.add_argument("--summary", type=Path, required=True, help="output: rank and verdict of every model")
    args = parser.parse_args()

    tables = program.json_object(sys.stdin.read())
    metrics, trainings = (list(starmap(MetricsFile, tables[name])) for name in ("metrics", "trainings"))
    scorecard = build_scorecard(metrics, trainings)
    gates = read_gates(args.gates)
    verdict = judge_scorecard(scorecard, gates, [tuple(ag_set) for ag_set in tables["sets"]])
    laxer = own_bounds(gates, read_gates(args.default_gates))
    summary = summarise(
        verdict,
        laxer,
        unfinished_trainings(scorecard),
        attacked_shares(scorecard),
        guarantees_of(tables["differential_privacy"]),
    )
    write_tsv(verdict, args.verdict)
    write_tsv(summary, args.summary)
    scorecard = with_verdict(scorecard, verdict, summary)
    write_tsv(describe_metrics(scorecard["metric"]), args.metric_table)
    write_tsv(scorecard, args.output)


if __name__ == "__main__":
    program.run(main)
