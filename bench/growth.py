"""Measure time, memory and disk of each stage by haplotypes and sites, and fit the model that `snakemake check` uses.

    python bench/growth.py measure     # an hour; measured runs are kept, an interrupted one goes on
    python bench/growth.py measure --again release   # measures a stage that has changed, one that is cheap, anew
    python bench/growth.py measure --repeat 1000 1000   # measures all stages at these people and sites once more
    python bench/growth.py add config/test.yaml   # adds the trainings of a finished run, with its configurations
    python bench/growth.py fit         # writes resources/growth.tsv

A stage is measured as the workflow runs it: its script, in a process of its own with one thread, on simulated people
(msprime, two populations). Seconds are of the processor, not of the clock, so that other work on the machine matters
little; since it can only add to them, a repeated run counts by its least. Memory is the largest resident set; disk is
what the stage writes. Trainings run few epochs, of different numbers, so that what starts once and what every epoch
takes can be told apart. Neural models, scans, imputation and the hidden layer are measured at smaller sizes than what
is cheap. Some sizes have many people and few sites, or the other way round, so that terms of either can be told apart.

How well the model predicts is measured by leaving out the largest size of each stage, and what is more than half as
large: the worst error of their prediction from the smaller ones stands in the table.

Trainings of a finished run, the demo for one, tell what many epochs take. Their seconds are those of the processor as
Snakemake samples them, which misses up to half a minute at the end: of those below 100 s only the memory and the disk
count.

Written to results/bench/growth.tsv (runs) and resources/growth.tsv (coefficients).
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Collection
from pathlib import Path

import msprime
import numpy as np
import pandas as pd

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "workflow" / "scripts"), str(ROOT / "tests" / "support")]

from artificial_genomes.config.checks import read_defaults
from artificial_genomes.config.growth import (
    COLUMNS,
    QUANTITIES,
    SPEED_STAGE,
    Size,
    fit,
    machine_speed,
    predict,
    terms,
)
from artificial_genomes.core.haplotypes import Haplotypes, load_haplotypes
from artificial_genomes.core.kinds import CUSTOM, NEURAL
from artificial_genomes.core.tables import read_tsv, write_tsv
from artificial_genomes.io.vcf import write_vcf
from artificial_genomes.release.release import SUMMARY_COLUMNS
from plan_helpers import DEFAULTS, merged

CONFIG = read_defaults(ROOT)
SIZES = {
    (200, 250): 4,
    (400, 250): 12,
    (200, 600): 12,
    (500, 400): 6,
    (300, 800): 4,
    (1000, 1000): 2,
    (1600, 1600): 6,
    (500, 1500): 20,
    (2000, 250): None,
    (250, 3000): None,
    (4000, 500): None,
    (1500, 1500): None,
    (3000, 2000): None,
}
"""People and sites of each run, and epochs of its trainings; None: of what is cheap alone, and 6 epochs."""

HCLT = CONFIG["model_params"]["hclt"]
UNSCORED = HCLT | {"epochs": 20, "score_every": 10, "patience": 20, "sampling_temperatures": [1.0]}
TRAININGS = {
    (400, 1200): [HCLT | {"hidden_states": 64, "epochs": 40, "score_every": 10, "patience": 40}],
    (1000, 2000): [HCLT | {"hidden_states": 32, "epochs": 20, "score_every": 2, "patience": 20}],
    # At one temperature no AGs are scored, which would hide what the rest takes.
    (600, 1800): [UNSCORED, UNSCORED | {"hidden_states": 64}],
    (2000, 800): [UNSCORED, UNSCORED | {"hidden_states": 64}],
    (2500, 5000): [HCLT | {"hidden_states": 64, "epochs": 20, "score_every": 10, "patience": 20}],
}
"""People and sites of runs of which single trainings are measured alone."""

SAMPLED_SECONDS_MIN = 100
"""Of runs that Snakemake has sampled, the fewest seconds that count: it may miss 30 more."""

LEFT_OUT_SHARE = 0.5
"""Runs of more than this share of the largest size, haplotypes times sites, are predicted from the smaller ones."""

RUNS = ROOT / "results" / "bench" / "growth.tsv"
TABLE = ROOT / "resources" / "growth.tsv"
SPLIT = {"test": 0.2, "validation": 0.1, "seed": 42, "relatives": "together"}
SCAN = {key: value for key, value in CONFIG["scan"].items() if key not in ("datasets", "controls")}


def main() -> None:
    """Measure, or fit."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["measure", "add", "fit"])
    parser.add_argument("config", nargs="*", type=Path, help="configurations of a finished run; none: the demo")
    parser.add_argument("--folder", type=Path, default=ROOT, help="where its results and benchmarks are")
    parser.add_argument("--again", nargs="+", default=[], metavar="STAGE", help="of `measure`: these stages alone")
    parser.add_argument(
        "--repeat", nargs=2, type=int, metavar=("PEOPLE", "SITES"), help="of `measure`: this size again"
    )
    args = parser.parse_args()
    match args.what:
        case "measure" if args.again:
            measure_again(args.again)
        case "measure" if args.repeat:
            add_size(*args.repeat, lambda *size: runs(*size, SIZES[tuple(args.repeat)]), repeat=True)
        case "measure":
            measure()
        case "add":
            add_run(args.config, args.folder)
        case "fit":
            fit_all()


def add_run(config_files: list[Path], folder: Path) -> None:
    """Add the trainings of a finished run, with the epochs that they ran, by Snakemake's benchmarks."""
    config = merged(DEFAULTS, *config_files)
    rows = []
    for file in sorted((folder / "benchmarks" / config["run"] / "train").glob("*/*/seed*.tsv")):
        dataset, model, seed = *file.parts[-3:-1], file.stem
        place = folder / "results" / config["run"] / "train" / dataset / model / seed
        prepared = folder / "results" / config["run"] / "prepare" / dataset
        log = folder / "logs" / config["run"] / "train" / dataset / model / f"{seed}.log"
        if "going on from the checkpoint" in log.read_text():
            continue  # its time is that of the rest alone
        settings = config["model_params"][model] | config["dataset_params"][dataset].get("model_params", {}).get(
            model, {}
        )
        training = read_tsv(place / "training.tsv")
        if not len(training):
            continue  # over in a second: too short for such benchmarks
        settings = settings | {"epochs": int(training["epoch"].max())}
        split = read_tsv(prepared / "split.tsv", ["split"])["split"]
        cost = read_tsv(file).iloc[-1]
        rows.append(
            {
                "stage": f"train_{settings['kind']}",
                "settings": json.dumps(settings),
                "haplotypes": 2 * int((split != "public").sum()),
                "file_alleles": 0,
                "all_haplotypes": 2 * len(split),
                "seconds": cost["cpu_time"] if cost["cpu_time"] >= SAMPLED_SECONDS_MIN else np.nan,
                "mb": cost["max_rss"],
                "disk_mb": (place / "model.npz").stat().st_size / 1e6,
                "people": len(split),
                "sites": load_haplotypes(prepared / "haplotypes.vcz.zip").n_sites,
            }
        )
    done = read_tsv(RUNS)
    write_tsv(pd.concat([done, pd.DataFrame(rows)[done.columns]], ignore_index=True).drop_duplicates(), RUNS)


def measure() -> None:
    """Run every stage at every size and write a row a run."""
    for (n_people, n_sites), epochs in SIZES.items():
        add_size(n_people, n_sites, lambda *size, epochs=epochs: runs(*size, epochs))
    for (n_people, n_sites), trainings in TRAININGS.items():
        add_size(n_people, n_sites, lambda *size, trainings=trainings: single_trainings(*size, trainings))


def measure_again(stages: list[str]) -> None:
    """Run stages that need no neural model at every size, in place of what was measured of them."""
    for n_people, n_sites in SIZES:
        add_size(n_people, n_sites, lambda *size: runs(*size, None), stages)


def add_size(
    n_people: int, n_sites: int, runs_of: Callable, stages: Collection[str] = (), repeat: bool = False
) -> None:
    """Write the runs of a size that is not there yet or is repeated, or some stages in place of what is there."""
    done = read_tsv(RUNS) if RUNS.exists() else pd.DataFrame(columns=["people", "sites", "stage"])
    # Trainings of finished runs say nothing of the files.
    here = (done["people"] == n_people) & (done["sites"] == n_sites) & (done["file_alleles"] > 0)
    if here.any() and not stages and not repeat:
        return
    with tempfile.TemporaryDirectory() as folder:
        rows, missing = [], set(stages)
        for row in runs_of(Path(folder), n_people, n_sites):
            if not stages or row["stage"] in stages:
                rows.append(row)
            missing.discard(row["stage"])
            if stages and not missing:
                break  # what comes later need not run
    table = pd.DataFrame(rows).assign(people=n_people, sites=n_sites)
    RUNS.parent.mkdir(parents=True, exist_ok=True)
    write_tsv(pd.concat([done[~(here & done["stage"].isin(stages))], table], ignore_index=True), RUNS)
    print(table.drop(columns="settings").to_string(), flush=True)


def single_trainings(folder: Path, n_people: int, n_sites: int, trainings: list[dict]):
    """Yield stage, settings, size and cost of the preparation and of some trainings."""
    size, common, prepare = prepared(folder, n_people, n_sites)
    yield prepare
    for settings in trainings:
        yield training(folder, settings["kind"], common, settings, size)


def prepared(folder: Path, n_people: int, n_sites: int) -> tuple[dict, list, dict]:
    """Prepare simulated people; return their size, the arguments that name them, and the row of the preparation."""
    file_rows = simulate(folder, n_people, n_sites)
    own = round(0.8 * n_people)  # the others are the public panel
    size = {"haplotypes": 2 * own, "file_alleles": 2 * n_people * file_rows, "all_haplotypes": 2 * n_people}
    dataset = {"region": None, "people": {"superpopulation": ["EUR", "JPT"]}, "public": True, "maf_min": 0.01}
    place = folder / "results" / "mine"
    place.mkdir(parents=True)
    haplotypes, split = place / "haplotypes.vcz.zip", place / "split.tsv"
    cost = run_script(
        "prepare.py",
        [
            *("--haplotypes", folder / "cohort.vcf.gz", "--people", folder / "people.tsv", "--build", "GRCh38"),
            *("--settings", json.dumps(dataset | {"sites_max": n_sites}), "--split", json.dumps(SPLIT)),
            *("--output-haplotypes", haplotypes, "--output-split", split, "--output-qc", folder / "qc.tsv"),
            *("--output-relatives", folder / "relatives.tsv"),
        ],
        [haplotypes, split],
    )
    assert load_haplotypes(haplotypes).n_sites == n_sites
    common = ["--haplotypes", haplotypes, "--split", split]
    return size, common, {"stage": "prepare", "settings": json.dumps({}), **size, **cost}


def training(folder: Path, name: str, common: list, settings: dict, size: dict) -> dict:
    """Train a model, `{name}.npz`; return the row."""
    model = folder / f"{name}.npz"
    arguments = [*common, "--settings", json.dumps(settings), "--seed", 1, "--threads", 1]
    cost = run_script("train.py", [*arguments, "--model", model, "--training", folder / f"{name}.tsv"], [model])
    return {"stage": f"train_{settings['kind']}", "settings": json.dumps(settings), **size, **cost}


KINDS = ["bernoulli", "markov", "hclt", "li_stephens"]


def redrawing(folder: Path) -> list[str | Path]:
    """Return the arguments of `generate.py` about near copies: they are replaced, as those of private cohorts are."""
    settings = json.dumps(CONFIG["generate"] | {"redraw": "all"})
    return ["--settings", settings, "--relatives", folder / "relatives.tsv", "--record", folder / "record.tsv"]


def runs(folder: Path, n_people: int, n_sites: int, epochs: int | None):
    """Yield stage, settings, size and cost of every stage at one size, or of the cheap ones."""
    size, common, prepare = prepared(folder, n_people, n_sites)
    place = folder / "results" / "mine"
    yield prepare

    def run(stage, name, arguments, outputs, settings=None):
        cost = run_script(name, arguments, outputs)
        return {"stage": stage, "settings": json.dumps(settings or {}), **size, **cost}

    for kind in [*KINDS, *(kind for kind in NEURAL if kind != CUSTOM and epochs is not None)]:
        settings = dict(CONFIG["model_params"][kind])
        if "epochs" in settings:
            n = epochs or 6
            settings |= {"epochs": n, "patience": n, "score_every": n // 2}
        yield training(folder, kind, common, settings, size)
        genomes = place / kind / "seed1" / "genomes.vcz.zip"
        genomes.parent.mkdir(parents=True)
        arguments = ["--model", folder / f"{kind}.npz", *common, "--seed", 1, *redrawing(folder)]
        yield run(f"generate_{kind}", "generate.py", [*arguments, "--genomes", genomes], [genomes], settings)
    genomes = place / "hclt" / "seed1" / "genomes.vcz.zip"
    published = [folder / name for name in ("genomes.vcf.gz", "genomes.hapt.gz", "genomes.legend")]
    arguments = ["--genomes", genomes, "--build", "GRCh38", "--vcf", published[0], "--hapt", published[1]]
    arguments += ["--legend", published[2]]
    yield run("publish", "publish.py", arguments, published)
    yield run("release", "release.py", [*common, "--genomes", genomes, *verdict_on_hclt(folder)], [folder / "release"])
    arguments = [*common, "--genomes", genomes, "--settings", json.dumps(CONFIG["compare"])]
    yield run("compare", "compare.py", [*arguments, "--output", folder / "compare"], [folder / "compare"])
    names = ["hclt", "markov", "bernoulli"]
    sets = [place / name / "seed1" / "genomes.vcz.zip" for name in names]
    arguments = [*common, "--models", *names, "--genomes", *sets, "--settings", json.dumps(CONFIG["compare"])]
    arguments += ["--seed", 1, "--output", folder / "all"]
    yield run("together", "compare_together.py", arguments, [folder / "all"], {"sets": len(names)})
    if epochs is None:
        return
    scan = SCAN | {"xpehh_reference": "YRI", "pbs_references": ["YRI", "YRI2"]}
    arguments = [*common, "--control", "real", "--build", "GRCh38", "--settings", json.dumps(scan), "--seed", 1]
    yield run("scan", "scan.py", [*arguments, "--output", folder / "scan"], [folder / "scan"])
    yield run("impute", *imputation(folder, common, {"typed_fraction": 0.2, "typed_maf_min": 0.05}))
    yield from latent(folder, place, common, size, run, epochs)


def verdict_on_hclt(folder: Path) -> list:
    """Write a verdict that lets the AGs of a tree go out; return the arguments of their release."""
    summary, verdict, scorecard = (folder / f"{name}.tsv" for name in ("summary", "verdict", "scorecard"))
    passed = dict.fromkeys(SUMMARY_COLUMNS, 0) | {"dataset": "mine", "model": "hclt", "verdict": "cleared", "why": "."}
    write_tsv(pd.DataFrame([passed]), summary)
    write_tsv(pd.DataFrame(columns=["metric", "value"]), verdict)
    columns = ["dataset", "model", "seed", "reference", "metric", "value", "ceiling", "floor"]
    write_tsv(pd.DataFrame(columns=columns), scorecard)
    config = {
        "run": "growth",
        "release": {"models": "best", "not_proven": "exclude", "licence": None},
        "dataset_params": {"mine": {"cohort": "mine", "region": None, "maf_min": 0.01}},
        "cohorts": {"mine": {"private": True, "build": "GRCh38"}},
        "model_params": {"hclt": CONFIG["model_params"]["hclt"]},
    }
    return [
        *("--scorecard", scorecard, "--verdict", verdict, "--summary", summary),
        *("--config", json.dumps(config), "--output", folder / "release"),
    ]


def latent(folder: Path, place: Path, common: list, size: dict, run, epochs: int):
    """Yield stage, settings, size and cost of the jobs about the hidden layer of the RBM."""
    genomes = place / "rbm" / "seed1" / "genomes.vcz.zip"
    arguments = ["--model", folder / "rbm.npz", *common, "--seed", 1]
    yield run(
        "latent", "latent.py", [*arguments, "--genomes", genomes, "--output", folder / "latent"], [folder / "latent"]
    )
    names = ["rbm", "hclt", "bernoulli"]
    tasks = {key: CONFIG["latent"][key] for key in ("folds", "few_labels", "few_label_draws")}
    yield run(
        "latent_tasks",
        "latent_tasks.py",
        [
            *(*arguments, "--discriminator-names", "wgan", "--discriminators", folder / "wgan.npz"),
            *("--ag-names", *names, "--genomes", *(place / name / "seed1" / "genomes.vcz.zip" for name in names)),
            *("--settings", json.dumps(tasks), "--output", folder / "tasks"),
        ],
        [folder / "tasks"],
        {"sets": len(names)},
    )
    known = {"typed_fraction": CONFIG["latent"]["masked_known"], "typed_maf_min": 0}
    run_script(*imputation(folder, common, known))
    masked = [*arguments, "--sites", folder / "typed.tsv", "--beagle", folder / "imputed.vcf.gz"]
    chains = {"masked_chains": CONFIG["latent"]["masked_chains"]}
    masked += ["--chains", *chains.values(), "--output", folder / "masked"]
    yield run("latent_masked", "latent_masked.py", masked, [folder / "masked"], CONFIG["model_params"]["rbm"] | chains)
    labelled = dict(CONFIG["model_params"]["rbm_labels"]) | {"epochs": epochs, "score_every": epochs}
    yield training(folder, "rbm_labels", common, labelled, size)
    genomes = place / "rbm_labels" / "seed1" / "genomes.vcz.zip"
    genomes.parent.mkdir(parents=True)
    arguments = ["--model", folder / "rbm_labels.npz", *common, "--seed", 1, *redrawing(folder)]
    yield run("generate_rbm", "generate.py", [*arguments, "--genomes", genomes], [genomes], labelled)
    arguments = [*common, "--genomes", genomes, "--folds", CONFIG["latent"]["folds"], "--seed", 1]
    conditional = folder / "conditional"
    yield run("latent_conditional", "latent_conditional.py", [*arguments, "--output", conditional], [conditional])


def imputation(folder: Path, common: list, known: dict) -> tuple[str, list, list]:
    """Make target and panel of an imputation; return script, arguments and outputs of the imputation itself."""
    target, typed, panel = folder / "target.vcf.gz", folder / "typed.tsv", folder / "panel.vcf.gz"
    arguments = [*common, "--build", "GRCh38", "--settings", json.dumps(known), "--target", target, "--sites", typed]
    run_script("impute_target.py", arguments, [])
    run_script("impute_panel.py", [*common, "--panel", "real", "--build", "GRCh38", "--output", panel], [])
    imputed = folder / "imputed.vcf.gz"
    arguments = ["--tool", "beagle", "--program", ROOT / CONFIG["imputation"]["beagle_jar"], "--panel", panel]
    arguments += ["--target", target, "--sites", typed, "--seed", 1, "--threads", 1, "--memory-mb", 2000]
    return "impute.py", [*arguments, "--output", imputed], [panel, imputed]


def simulate(folder: Path, n_people: int, n_sites: int) -> int:
    """Write a cohort of two populations and a public panel of two more, of a third one; return the rows of its VCF."""
    own = round(0.8 * n_people)
    numbers = {"EUR": own // 2, "JPT": own - own // 2, "YRI": n_people - own}
    demography = msprime.Demography.from_species_tree("((EUR:1000,JPT:1000):2000,YRI:3000)", initial_size=10_000)
    # About 2 % more sites than asked for pass the filter of frequency.
    ancestry = msprime.sim_ancestry(
        numbers, demography=demography, sequence_length=2000 * n_sites, recombination_rate=1e-8, random_seed=7
    )
    mutations = msprime.sim_mutations(ancestry, rate=3e-8, random_seed=7, model=msprime.BinaryMutationModel())
    alleles = mutations.genotype_matrix().T.astype(np.uint8)
    positions = np.maximum.accumulate(mutations.sites_position.astype(int)) + np.arange(alleles.shape[1]) + 1
    labels = np.repeat(list(numbers), list(numbers.values()))
    people = pd.DataFrame({"sample": [f"P{i:05d}" for i in range(n_people)], "population": labels})
    sites = pd.DataFrame({"contig": "chr1", "position": positions, "id": ".", "ref": "A", "alt": "C"})
    people["superpopulation"] = labels
    people.loc[people.index[-(numbers["YRI"] // 2) :], "population"] = "YRI2"
    write_vcf(Haplotypes(alleles, sites, people), folder / "cohort.vcf.gz", "GRCh38")
    people.to_csv(folder / "people.tsv", sep="\t", index=False)
    return alleles.shape[1]


def run_script(name: str, arguments: list, outputs: list[Path]) -> dict:
    """Run a script of the workflow with one thread; return seconds, mb and disk_mb.

    The memory is what the script says at its end. A shell stands between: the system's account of a process includes
    the one that has started it, and this one is large.
    """
    command = ["sh", "-c", '"$@"; exit $?', "sh", sys.executable, str(ROOT / "workflow" / "scripts" / name)]
    command += map(str, arguments)
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "TF_NUM_INTRAOP_THREADS"), "1")
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            command, env=os.environ | threads | {"TF_NUM_INTEROP_THREADS": "1"}, stdout=log, stderr=log
        )
        _, status, usage = os.wait4(process.pid, 0)
        log.seek(0)
        text = log.read().decode()
    if status:
        raise SystemExit(f"{name} failed:\n{text}")
    files = [file for path in outputs for file in (path.rglob("*") if path.is_dir() else [path])]
    return {
        "seconds": usage.ru_utime + usage.ru_stime,
        "mb": float(re.search(r"peak memory (\d+) MB", text)[1]),
        "disk_mb": sum(file.stat().st_size for file in files) / 1e6,
    }


def fit_all() -> None:
    """Fit every cost and write the coefficients, with the error of predicting the largest sizes from the others."""
    table = least_of_repeats(read_tsv(RUNS))
    rows = [(SPEED_STAGE, "speed", "products_per_second", machine_speed(), np.nan, np.nan)]
    for stage, of_stage in table.groupby("stage", sort=False):
        for quantity in QUANTITIES:
            known = of_stage[of_stage[quantity].notna()]
            sizes = known["haplotypes"] * known["sites"]
            is_largest = (sizes > LEFT_OUT_SHARE * sizes.max()).to_numpy()
            measured = [(terms_of(row, quantity), getattr(row, quantity)) for row in known.itertuples()]
            smaller = fit([one for one, out in zip(measured, is_largest, strict=True) if not out])
            held = [one for one, out in zip(measured, is_largest, strict=True) if out]
            error = max((predict(smaller, of) / cost - 1 for of, cost in held), key=abs)
            for term, coefficient in fit(measured).items():
                rows.append((stage, quantity, term, coefficient, len(measured), error))
    result = pd.DataFrame(rows, columns=COLUMNS)
    write_tsv(result, TABLE)
    print(result.drop_duplicates(["stage", "quantity"]).to_string())
    shutil.copy(RUNS, TABLE.with_name("growth_runs.tsv"))


def least_of_repeats(table: pd.DataFrame) -> pd.DataFrame:
    """Return one row for runs of the same stage, size and settings, with the least of each cost."""
    same = [name for name in table.columns if name not in QUANTITIES]
    return table.groupby(same, sort=False, as_index=False)[list(QUANTITIES)].min()


def terms_of(row, quantity: str) -> dict[str, float]:
    """Return the terms of a cost of a measured run."""
    size = Size(row.haplotypes, row.sites, row.file_alleles, row.all_haplotypes)
    return terms(row.stage, size, json.loads(row.settings), quantity)


if __name__ == "__main__":
    main()
