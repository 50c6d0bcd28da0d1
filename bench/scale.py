"""Time and memory of runs with different numbers of sites: the tables and the figure of docs/scale.md.

    python bench/scale.py chromosome16k chromosome chromosome200k --page docs/scale.md

Time and memory are those of the benchmark files of the runs (benchmarks/{run}/). Processor time, which other work
hardly changes, and peaks of memory are those of their logs (logs/{run}/); sites are those of their data sets, one per
run. The limits are those that a run of 65,535 sites has to keep on two cores; for other sizes, time limits are in
proportion to the sites. Where some of the chunks have been trained, growth is that of all. Expected seconds are those
of the cost model (config/resources.py), which also says what all autosomes would take.

Without --page the tables are printed; with it they are written into the page, and the figure beside it.
"""

import argparse
import re
from pathlib import Path

import numpy as np
import pandas as pd
import yaml
from fidelity import ROOT
from matplotlib.figure import Figure

from artificial_genomes.config import resources
from artificial_genomes.core import program
from artificial_genomes.core.errors import UserError
from artificial_genomes.core.store import shape_of_store
from artificial_genomes.figures.style import new_figure, save_figure

STEPS = {
    "prepare": "prepare/*.tsv",
    "group": "group_ancestry/**/*.tsv",
    "train": "train/**/*window*.tsv",
    "generate": "generate/**/*.tsv",
    "publish": "publish_genomes/**/*.tsv",
    "compare": "compare/*/hclt/*.tsv",
    "compare, ceiling": "compare/*/ceiling/*.tsv",
    "compare, floor": "compare/*/floor/*.tsv",
    "compare together": "compare_together/**/*.tsv",
    "figures": "figures/**/*.tsv",
    "scorecard": "scorecard.tsv",
    "report": "report.tsv",
}
"""Benchmark files by step."""

LAST_LINE = re.compile(r"done in [0-9.]+ s, ([0-9.]+) s of processor time, peak memory ([0-9]+) MB")
"""The last line of a log."""

LIMIT_SITES, LIMIT_MB, LIMIT_MB_MORE = 65_535, 6000, 8000
SECONDS_MAX = {"prepare": 300, "train": 3600, "generate": 300, "compare": 900, "compare, ceiling": 900}
"""Limits for 65,535 sites: seconds of all jobs of a step on one core, MB of any job; MB of any job with more sites."""

RULES = {"group": "group_ancestry", "publish": "publish_genomes", "compare together": "compare_together"}
"""Rows of the cost model, where they have other names than the step."""

DRAWN = {"prepare": "#0072b2", "train": "#d55e00", "generate": "#009e73", "compare": "#cc79a7"}
PANELS = {"seconds": "Processor seconds", "mb": "Memory of the largest job, MB"}
"""Steps in the figure with their colors, and what is drawn."""

AUTOSOMES_MB = 2881
"""Length of the autosomes of GRCh37."""

SITES_PER_MB, CHUNK_SITES, CONTEXT_SITES = 4000, 2048, 200
ROWS_PER_SITE = 1.1
"""Rows of the files per site of a data set, where they hold few variants that are too rare."""

COHORTS = {"2,504 individuals": 2504, "500,000 individuals": 500_000}
INDIVIDUALS_MAX = 10_000
"""Individuals that are compared, at most: `compare.individuals_max`."""

BEGIN, END = "<!-- tables: bench/scale.py -->", "<!-- end of tables -->"


def main() -> None:
    """Read, print or write, draw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="+", help="names of runs, each with one data set")
    parser.add_argument("--page", type=Path, help="page that gets the tables")
    parser.add_argument("--folder", type=Path, default=Path(), help="where the runs ran; default: here")
    args = parser.parse_args()
    costs = pd.concat([costs_of(run, args.folder) for run in args.runs]).sort_values("sites", kind="stable")
    tables = [measured(costs), growth(costs), on_paper()]
    text = "\n\n".join([BEGIN, *(markdown(table) for table in tables if len(table)), END])
    if args.page is None:
        print(text)
        return
    page = args.page.read_text(encoding="utf-8")
    if not (BEGIN in page and END in page):
        raise UserError(f"{args.page} has no lines {BEGIN} and {END}. Add them where the tables belong.")
    args.page.write_text(page[: page.index(BEGIN)] + text + page[page.index(END) + len(END) :], encoding="utf-8")
    save_figure(drawn(costs), args.page.with_suffix(".svg"), args.page.with_suffix(".png"))
    args.page.with_suffix(".svg").unlink()


def configuration() -> dict:
    """Return the configuration of the runs."""
    return yaml.safe_load((ROOT / "config" / "examples" / "chromosome.yaml").read_text())


def settings() -> dict:
    """Return the settings of the model of the runs."""
    defaults = yaml.safe_load((ROOT / "config" / "config.yaml").read_text())
    return defaults["model_params"]["hclt"] | configuration()["model_params"]["hclt"]


def costs_of(run: str, folder: Path) -> pd.DataFrame:
    """Return what the steps of a run took, a row per step.

    Returns
    -------
    DataFrame
        sites, haplotypes, step, jobs; wall and seconds, the sums over jobs of time and of processor time; mb, memory of
        the largest job; share, the part of the jobs of the step that have run.
    """
    stores = list(folder.glob(f"results/{run}/prepare/*/haplotypes.vcz.zip"))
    if len(stores) != 1:
        raise UserError(f"results/{run} has {len(stores)} prepared data sets, not one. Run it, or name other runs.")
    (store,) = stores
    sites, haplotypes = shape_of_store(store)
    chunks = configuration()["dataset_params"][store.parent.name]["windows"]["n"]
    benchmarks, logs = folder / "benchmarks" / run, folder / "logs" / run
    rows = []
    for step, pattern in STEPS.items():
        files = sorted(benchmarks.glob(pattern))
        if files:
            jobs = pd.concat([pd.read_csv(file, sep="\t") for file in files])
            jobs = jobs[["s", "max_rss"]].apply(pd.to_numeric, errors="coerce")
            ends = [end_of((logs / file.relative_to(benchmarks)).with_suffix(".log")) for file in files]
            # Benchmarks look at a long job every 30 s, and miss peaks.
            mb = max(jobs["max_rss"].max(), *(peak for _, peak in ends))
            share = len(jobs) / chunks if step == "train" else 1
            rows.append((sites, haplotypes, step, len(jobs), jobs["s"].sum(), sum(own for own, _ in ends), mb, share))
    return pd.DataFrame(rows, columns=["sites", "haplotypes", "step", "jobs", "wall", "seconds", "mb", "share"])


def end_of(log: Path) -> tuple[float, float]:
    """Return the processor time and the peak memory in MB of a job from its log."""
    found = LAST_LINE.search(log.read_text(encoding="utf-8"))
    return (float(found[1]), float(found[2])) if found else (np.nan, np.nan)


def expected(step: str, sites: float, haplotypes: int, jobs: int = 1, share: float = 1) -> float:
    """Return the core seconds that the cost model expects of a step, NaN where it has no row for it."""
    if step == "train":
        return jobs * resources.training_seconds(settings(), sites * share / jobs + CONTEXT_SITES, haplotypes)
    if step == "group":
        sites = min(sites, resources.GROUPED_SITES)
    if step == "generate":
        return resources.generation_seconds(settings(), sites, CHUNK_SITES + CONTEXT_SITES, haplotypes)
    if step == "prepare":
        sites *= ROWS_PER_SITE
    rule = RULES.get(step, step.partition(",")[0])
    return resources.seconds(rule, sites, haplotypes) if rule in resources.NEEDS else np.nan


def measured(costs: pd.DataFrame) -> pd.DataFrame:
    """Return the table of all steps and sizes, with limits and how much of them is used."""
    limit = costs["step"].map(SECONDS_MAX) * costs["sites"] / LIMIT_SITES * costs["share"]
    mb_max = np.where(costs["sites"] > LIMIT_SITES, LIMIT_MB_MORE, LIMIT_MB)
    columns = ["step", "sites", "haplotypes", "jobs", "share"]
    model = [expected(*row) for row in costs[columns].itertuples(index=False)]
    planned = (costs["jobs"] / costs["share"]).round().astype(int).astype(str)
    return pd.DataFrame(
        {
            "sites": costs["sites"].map("{:,}".format),
            "step": costs["step"],
            "jobs": costs["jobs"].astype(str).where(costs["share"] == 1, costs["jobs"].astype(str) + " of " + planned),
            "time, s": costs["wall"].map("{:.0f}".format),
            "processor, s": costs["seconds"].map("{:.0f}".format),
            "limit, s": limit.map("{:.0f}".format),
            "ratio": (costs["seconds"] / limit).map("{:.2f}".format),
            "expected, s": pd.Series(model, index=costs.index).map("{:.0f}".format),
            "MB": costs["mb"].map("{:.0f}".format),
            "limit, MB": mb_max,
            "ratio of MB": (costs["mb"] / mb_max).map("{:.2f}".format),
        }
    ).replace("nan", "")


def growth(costs: pd.DataFrame) -> pd.DataFrame:
    """Return for every step the exponent of sites with which seconds and memory grow: 1 is linear."""
    costs, rows = costs.assign(seconds=costs["seconds"] / costs["share"]), []
    for step, of_step in costs.groupby("step", sort=False):
        if len(of_step) > 1:
            logs = np.log(of_step[["sites", "seconds", "mb"]].to_numpy(float))
            slopes = [np.polyfit(logs[:, 0], logs[:, k], 1)[0] for k in (1, 2)]
            of_sites = of_step["seconds"] / of_step["sites"] * 1000
            rows.append((step, *(f"{value:.2f}" for value in (*slopes, of_sites.iloc[0], of_sites.iloc[-1]))))
    names = [
        "step",
        "exponent of seconds",
        "exponent of MB",
        "s per 1,000 sites, smallest",
        "s per 1,000 sites, largest",
    ]
    return pd.DataFrame(rows, columns=names)


def on_paper() -> pd.DataFrame:
    """Return what all autosomes would take by the cost model: core hours, MB of the largest job, and disk, by stage."""
    model, rows = settings(), []
    sites = SITES_PER_MB * AUTOSOMES_MB
    largest = SITES_PER_MB * 249  # of chromosome 1
    chunks = round(sites / CHUNK_SITES)
    for cohort, people in COHORTS.items():
        haplotypes = 2 * people
        trained = CHUNK_SITES + CONTEXT_SITES
        seconds = chunks * resources.training_seconds(model, trained, haplotypes)
        disk = chunks * resources.model_file_mb(model, trained, haplotypes)
        rows.append((cohort, "train", chunks, seconds, resources.training_mb(model, trained, haplotypes), disk))
        for rule in ("prepare", "generate", "publish_genomes", "compare"):
            jobs = 22 * (3 if rule == "compare" else 1)
            worked_on = resources.with_ags(rule, haplotypes, None, INDIVIDUALS_MAX)
            # Of each chromosome by itself: time grows faster than with the number of sites.
            each = expected(rule, sites / 22, worked_on)
            read = largest * (ROWS_PER_SITE if rule == "prepare" else 1)
            row = (
                jobs * each,
                resources.memory_mb(rule, read, worked_on),
                resources.disk_mb(rule, sites, worked_on),
            )
            rows.append((cohort, rule, jobs, *row))
    table = pd.DataFrame(rows, columns=["cohort", "stage", "jobs", "seconds", "mb", "disk"])
    return pd.DataFrame(
        {
            "cohort": table["cohort"],
            "stage": table["stage"],
            "jobs": table["jobs"].map("{:,}".format),
            "core hours": (table["seconds"] / 3600).map("{:,.0f}".format),
            "GB of the largest job": (table["mb"] / 1000).map("{:,.1f}".format),
            "disk, GB": (table["disk"] / 1000).map("{:,.0f}".format),
        }
    )


def markdown(table: pd.DataFrame) -> str:
    """Return a table as Markdown."""
    rows = [table.columns, ["---"] * len(table.columns), *table.astype(str).to_numpy().tolist()]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def drawn(costs: pd.DataFrame) -> Figure:
    """Return the figure of core seconds and memory by sites, on logarithmic axes, beside linear growth."""
    costs = costs.assign(seconds=costs["seconds"] / costs["share"])
    figure = new_figure(height=2.6)
    panels = figure.subplots(1, 2)
    for axes, (column, name) in zip(panels, PANELS.items(), strict=True):
        for step, color in DRAWN.items():
            rows = costs[costs["step"] == step]
            if len(rows):
                axes.plot(rows["sites"], rows[column], "o-", color=color, label=step, markersize=3)
                linear = rows[column].iloc[0] * rows["sites"] / rows["sites"].iloc[0]
                if column == "seconds":
                    axes.plot(rows["sites"], linear, ":", color=color, linewidth=0.8)
        sizes = sorted(costs["sites"].unique())
        axes.set(xscale="log", yscale="log", xlabel="Sites", ylabel=name)
        axes.set_xticks(sizes, [f"{size:,}" for size in sizes])
        axes.minorticks_off()
    panels[0].legend()
    return figure


if __name__ == "__main__":
    program.run(main)
