"""Join the metrics of all stages into the scorecard of a run, and judge them."""

import argparse
from pathlib import Path

from artificial_genomes.core import program
from artificial_genomes.core.tables import write_tsv
from artificial_genomes.judge.gates import own_bounds, read_gates
from artificial_genomes.judge.metrics import describe_metrics
from artificial_genomes.judge.scorecard import build_scorecard, parse_metrics_file
from artificial_genomes.judge.verdict import judge_scorecard, parse_set, summarise, unfinished_trainings, with_verdict


def main() -> None:
    """Read the tables of metrics and write the scorecard, what its metrics are, the verdict and its summary."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--metrics",
        nargs="+",
        type=parse_metrics_file,
        required=True,
        metavar="DATASET:MODEL:SEED:PATH",
        help="tables of metrics and what they are about; the model ceiling or floor marks those of a control",
    )
    parser.add_argument(
        "--trainings",
        nargs="*",
        type=parse_metrics_file,
        default=[],
        metavar="DATASET:MODEL:SEED:PATH",
        help="tables of scores by epoch of trained models",
    )
    parser.add_argument(
        "--sets", nargs="+", type=parse_set, required=True, metavar="DATASET:MODEL:SEED", help="AG sets to judge"
    )
    parser.add_argument("--gates", type=program.json_object, required=True, help="the `verdict` settings, JSON")
    parser.add_argument("--default-gates", type=program.json_object, required=True, help="those of config.yaml, JSON")
    parser.add_argument("--output", type=Path, required=True, help="output: the scorecard")
    parser.add_argument("--metric-table", type=Path, required=True, help="output: what the metrics are")
    parser.add_argument("--verdict", type=Path, required=True, help="output: what every gate says of every AG set")
    parser.add_argument("--summary", type=Path, required=True, help="output: rank and verdict of every model")
    args = parser.parse_args()

    scorecard = build_scorecard(args.metrics, args.trainings)
    gates = read_gates(args.gates)
    verdict = judge_scorecard(scorecard, gates, args.sets)
    summary = summarise(verdict, own_bounds(gates, read_gates(args.default_gates)), unfinished_trainings(scorecard))
    write_tsv(verdict, args.verdict)
    write_tsv(summary, args.summary)
    scorecard = with_verdict(scorecard, verdict, summary)
    write_tsv(describe_metrics(scorecard["metric"]), args.metric_table)
    write_tsv(scorecard, args.output)


if __name__ == "__main__":
    program.run(main)
