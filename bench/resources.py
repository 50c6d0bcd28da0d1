"""Compare what jobs used with what their rules asked for, from the benchmarks of runs.

Run with `snakemake --benchmark-extended`, so that the benchmarks know the requests; then

    python bench/resources.py benchmarks/test benchmarks/demo

prints a table of rules as Markdown (docs/resources.md). With --check it ends with exit code 1 where a job used more
memory or time than its rule asked for, or more processors than it was given.
"""

import argparse
import ast
import csv
import sys
from pathlib import Path

import pandas as pd

SNAKEMAKE_MB = 300
"""In a job of SLURM two Snakemakes live beside the program."""

SMALLEST_MB = 1000
"""Nobody waits longer for so little."""

LARGE = 6
"""A request so many times the use, in every job of a rule, is large."""

CORES_ABOVE = 1.3
"""A program may be so much above its threads for moments: the sampling of short jobs is coarse."""


def read_benchmarks(folders: list[Path]) -> pd.DataFrame:
    """Return what each job below some folders used and asked for.

    Returns
    -------
    DataFrame
        run, rule, seconds, peak_mb, cpu_seconds, threads, mem_mb, runtime (minutes): the last three are requests. Jobs
        that were too short to be measured have no peak_mb.

    Raises
    ------
    SystemExit
        A benchmark was written without --benchmark-extended.
    """
    rows = []
    for folder in folders:
        for file in sorted(folder.rglob("*.tsv")):
            with file.open() as lines:
                *_, row = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
            if "resources" not in row:
                sys.exit(f"{file} does not say what its rule asked for: run snakemake with --benchmark-extended")
            request, wildcards = ast.literal_eval(row["resources"]), ast.literal_eval(row["wildcards"])
            # What a training needs depends on what is trained.
            rule = f"train {wildcards['model']}" if row["rule_name"] == "train" else row["rule_name"]
            used = {key: pd.to_numeric(row[key], errors="coerce") for key in ("s", "max_rss", "cpu_time")}
            rows.append(
                {
                    "run": folder.name,
                    "rule": rule,
                    "seconds": used["s"],
                    "peak_mb": used["max_rss"],
                    "cpu_seconds": used["cpu_time"],
                    "threads": int(row["threads"]),
                    "mem_mb": request["mem_mb"],
                    "runtime": request["runtime"],
                }
            )
    return pd.DataFrame(rows)


def over_request(jobs: pd.DataFrame) -> pd.DataFrame:
    """Return the jobs that used more memory, time or processors than they were given."""
    cores = (jobs["cpu_seconds"] - 2) / jobs["seconds"]  # two seconds of start-up, where libraries look around
    over = (jobs["peak_mb"] > jobs["mem_mb"]) | (jobs["seconds"] > 60 * jobs["runtime"])
    return jobs[over | (cores > CORES_ABOVE * jobs["threads"])]


def by_rule(jobs: pd.DataFrame) -> pd.DataFrame:
    """Return requests and use of each rule in each run: of memory in the job that came nearest to its request.

    Returns
    -------
    DataFrame
        rule, run, jobs, threads, mem_mb, peak_mb, runtime, longest_s, verdict (`too small`, `large` or empty).
    """
    rows = []
    for (rule, run), group in jobs.groupby(["rule", "run"]):
        share = (group["peak_mb"].fillna(0) + SNAKEMAKE_MB) / group["mem_mb"]
        nearest = group.loc[share.idxmax()]
        large = share.max() < 1 / LARGE and nearest["mem_mb"] > SMALLEST_MB
        slow = (group["seconds"] > 30 * group["runtime"]).any()
        rows.append(
            {
                "rule": rule,
                "run": run,
                "jobs": len(group),
                "threads": nearest["threads"],
                "mem_mb": nearest["mem_mb"],
                "peak_mb": nearest["peak_mb"],
                "runtime": nearest["runtime"],
                "longest_s": group["seconds"].max(),
                "verdict": "too small" if share.max() > 1 or slow else "large" if large else "",
            }
        )
    return pd.DataFrame(rows)


def markdown(table: pd.DataFrame) -> str:
    """Return the table of rules as Markdown."""
    lines = [
        "| rule | run | jobs | threads | asked for, MB | used, MB | asked for, minutes | longest, s | |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for row in table.itertuples():
        peak = "-" if pd.isna(row.peak_mb) else f"{row.peak_mb:.0f}"
        lines.append(
            f"| {row.rule} | {row.run} | {row.jobs} | {row.threads} | {row.mem_mb} | {peak} | {row.runtime} |"
            f" {row.longest_s:.0f} | {row.verdict} |"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path, help="folders of benchmarks, one a run")
    parser.add_argument("--check", action="store_true", help="fail where a job went over its request")
    args = parser.parse_args()
    jobs = read_benchmarks(args.folders)
    if not args.check:
        print(markdown(by_rule(jobs)))
        return
    over = over_request(jobs)
    print(f"{len(jobs)} jobs, {len(over)} of them over what their rules ask for")
    if len(over):
        sys.exit(over.to_string(index=False))


if __name__ == "__main__":
    main()
