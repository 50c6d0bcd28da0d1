"""Measure how fast models train and sample, as ratios to other programs and to the machine's matrix products.

    make bench                                  or: python bench/speed.py [--threads N] [--quick]

Ratios travel between machines, seconds do not. What is compared takes turns on the same threads, several times, and the
median of the ratios of each turn is shown, so that other work on the machine disturbs both sides alike. The numbers
go to results/bench/speed.tsv.

GAN, on the 4006 training haplotypes of the authors' 805-SNP file: steps per second of `gan.Learner.run_epochs` over
those of a Keras loop as in the paper's script (`keras_loop.py`).

Shares of the matrix-product rate: the floating point operations of the matrix products of a step, update or sweep
(`matrix_products.py` counts them; 2 for each multiply-add, 0 for all else), per second, over the rate of numpy
(OpenBLAS) in float32: at the product of two large squares (`of_square`), and at the step's own products
(`of_own_products`), which says what is lost to the shapes and what to everything else.

RBM, at 805 sites and 500 chains: `rbm.Learner.run_epochs` and `rbm.Model.sample`; epochs per second over those of
scikit-learn's BernoulliRBM (one sweep of persistent chains an update) and of `rbms` from PyPI (10 sweeps), which needs
PyTorch and is measured where it can be imported:

    python3 -m venv /tmp/rbms-venv && /tmp/rbms-venv/bin/pip install torch rbms
    PYTHONPATH=$(echo /tmp/rbms-venv/lib/python3*/site-packages) make bench

Markov chain, Li-Stephens mosaic, hidden Chow-Liu tree, at 5008 haplotypes x 10,000 sites: seconds to train and to
sample 5008 AGs; seconds a pass of the expectation maximisation.

Without the authors' files simulated haplotypes of the same size take their place. `--quick` measures very small ones:
it shows that the program works, and its numbers mean nothing.
"""

import argparse
import importlib.util
import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from fidelity import ROOT, canonical_split, load_file, settings_of
from matrix_products import gan_step, multiplier, operations, rbm_sweeps, rbm_update
from threadpoolctl import threadpool_limits

sys.path.insert(0, str(ROOT / "tests" / "support"))

import helpers
from artificial_genomes.models import gan, hclt, model_module, rbm
from artificial_genomes.models.training import Learner, TrainingData, TrainingRun

COLUMNS = ["measure", "value", "lowest", "highest", "unit", "target"]


@dataclass(frozen=True)
class Sizes:
    """How much is measured.

    Attributes
    ----------
    turns
        Of each comparison.
    square
        Side of the large matrices.
    hidden_units, chains, sweeps, batch_size
        Of the RBM.
    peer_batch_size
        Of the RBM, and of its chains, in the comparison with scikit-learn.
    shapes
        Haplotypes and sites of the simulated data by name; None = the authors' files where they are.
    """

    turns: int = 7
    square: int = 2048
    hidden_units: tuple[int, ...] = (300, 500)
    chains: int = 500
    sweeps: int = 20
    batch_size: int = 256
    peer_batch_size: int = 100
    shapes: dict[str, tuple[int, int]] | None = None


FULL = {"805": (4006, 805), "10k": (5008, 10_000)}
QUICK = Sizes(3, 256, (16,), 32, 2, 32, 16, {"805": (128, 48), "10k": (128, 120)})


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)), help="default: all there are")
    parser.add_argument("--quick", action="store_true", help="very small data; the numbers mean nothing")
    parser.add_argument("--table", type=Path, default=ROOT / "results" / "bench" / "speed.tsv")
    args = parser.parse_args()
    sizes = QUICK if args.quick else Sizes()
    run = TrainingRun(seed=1, threads=args.threads)
    rows = []
    print(f"{args.threads} threads; median of {sizes.turns} turns (lowest to highest)", flush=True)
    with threadpool_limits(args.threads):
        for row in measures(sizes, run):
            rows.append(row)
            print(line(row), flush=True)
    args.table.parent.mkdir(parents=True, exist_ok=True)
    pd.DataFrame(rows, columns=COLUMNS).to_csv(args.table, sep="\t", index=False, float_format="%.4g")
    print(f"written to {args.table}")


def measures(sizes: Sizes, run: TrainingRun) -> Iterator[tuple]:
    """Yield the rows of the table, one measurement after another."""
    data = data_of("805", sizes)
    yield from measure_gan(data, sizes, run)
    for hidden_units in sizes.hidden_units:
        yield from measure_rbm(data, hidden_units, sizes, run)
    yield from measure_other_rbms(data, sizes, run)
    dense = data_of("10k", sizes)
    yield measure_fit_and_sample("markov", dense, run)
    yield measure_fit_and_sample("li_stephens", dense, run)
    yield measure_tree(dense, run)


def line(row: tuple) -> str:
    """Return a row of the table as it is printed."""
    measure, value, lowest, highest, unit, target = row
    met = "" if not target else f"   target {target}: {'met' if reached(value, target) else 'NOT met'}"
    return f"  {measure:<34}{value:9.3g} {unit:<22} ({lowest:.3g} to {highest:.3g}){met}"


def reached(value: float, target: str) -> bool:
    """Return whether a value meets a target such as `>= 3.5` or `< 60`."""
    sign, bound = target.split()
    return value >= float(bound) if sign == ">=" else value < float(bound)


def data_of(name: str, sizes: Sizes) -> TrainingData:
    """Return the training haplotypes of one of the authors' files (all of 10K), or simulated ones of the same size."""
    if sizes.shapes is None:
        try:
            haplotypes = load_file(name)
        except SystemExit as missing:
            print(f"{missing}: measured on simulated haplotypes of the same size")
        else:
            train = canonical_split(haplotypes, 80)[1] if name == "805" else haplotypes
            return TrainingData(train.alleles, train.alleles[:0], train.sites)
    n, n_sites = (sizes.shapes or FULL)[name]
    rng = np.random.default_rng(1)
    founders = (rng.random((50, n_sites)) < rng.beta(0.5, 1, n_sites)).astype(np.uint8)
    # Mosaics of founders in segments of about 50 sites.
    segments = np.cumsum(rng.random((n, n_sites)) < 0.02, axis=1)
    copied = rng.integers(50, size=(n, segments.max() + 1))[np.arange(n)[:, None], segments]
    haplotypes = founders[copied, np.arange(n_sites)]
    return helpers.training_data(haplotypes, haplotypes[:0], 200)


def take_turns(turns: int, **tasks: Callable[[], object]) -> dict[str, np.ndarray]:
    """Run tasks one after another, `turns` times after one that does not count: seconds (turns,) by name."""
    seconds = {name: np.empty(turns) for name in tasks}
    for turn in range(-1, turns):
        for name, task in tasks.items():
            passed = seconds_of(task)
            if turn >= 0:
                seconds[name][turn] = passed
    return seconds


def seconds_of(task: Callable[[], object]) -> float:
    """Return how long a task takes."""
    started = time.perf_counter()
    task()
    return time.perf_counter() - started


def row_of(measure: str, values: np.ndarray | float, unit: str, target: str = "") -> tuple:
    """Return a row of the table."""
    return measure, float(np.median(values)), float(np.min(values)), float(np.max(values)), unit, target


def share_rows(
    name: str, seconds: dict[str, np.ndarray], counts: dict[str, int], task: str, target: str
) -> Iterator[tuple]:
    """Yield the rate of a task as shares of that of large squares and of its own products."""
    rates = {key: counts[key] / seconds[key] / 1e9 for key in counts}
    yield row_of(f"{name}_of_square", rates[task] / rates["square"], "share of product rate", target)
    yield row_of(f"{name}_of_own_products", rates[task] / rates[f"{task}_products"], "share of product rate")


def squares(side: int) -> tuple[Callable[[], None], int]:
    """Return a task that multiplies large squares for a good part of a second, and its operations."""
    products = [(side, side, side)] * 4
    return multiplier(products), operations(products)


def epochs_of(learner: Learner, n: int = 1) -> Callable[[], None]:
    """Return a task that trains the next `n` epochs."""
    done = 0

    def train() -> None:
        nonlocal done
        learner.run_epochs(done, n)
        done += n

    return train


def measure_gan(data: TrainingData, sizes: Sizes, run: TrainingRun) -> Iterator[tuple]:
    """Yield steps of the GAN compared with a Keras loop, and its share of the matrix-product rate."""
    settings = settings_of("gan", "805", {})
    learner = gan.Learner(data, settings, run)
    from keras_loop import KerasLoop

    loop = KerasLoop(data.train, settings, run.seed)
    products = gan_step(data.n_sites, settings)
    multiply, square_operations = squares(sizes.square)
    seconds = take_turns(
        sizes.turns,
        ours=epochs_of(learner),
        keras=lambda: loop.run_steps(loop.n_steps),
        square=multiply,
        ours_products=multiplier(products, loop.n_steps),
    )
    yield row_of("gan_vs_keras_loop", seconds["keras"] / seconds["ours"], "x steps/s", ">= 3.5")
    step_operations = loop.n_steps * operations(products)
    counts = {"ours": step_operations, "ours_products": step_operations, "square": square_operations}
    yield from share_rows("gan_training", seconds, counts, "ours", ">= 0.7")
    yield row_of("gan_training_rate", loop.n_steps / seconds["ours"], "steps/s")
    yield row_of("matrix_product_rate", square_operations / seconds["square"] / 1e9, "GFLOP/s")


def measure_rbm(data: TrainingData, hidden_units: int, sizes: Sizes, run: TrainingRun) -> Iterator[tuple]:
    """Yield the shares of the matrix-product rate that training and sampling of the RBM reach."""
    chains, sweeps = sizes.chains, sizes.sweeps
    batch_size = min(sizes.batch_size, len(data.train))
    learner = rbm.Learner(data, rbm_settings(hidden_units, chains, sweeps, batch_size, "restarted"), run)
    model = learner.model()
    n_updates = len(data.train) // batch_size
    update = rbm_update(data.n_sites, hidden_units, chains, sweeps, batch_size)
    sampling = rbm_sweeps(data.n_sites, hidden_units, chains, sweeps)
    multiply, square_operations = squares(sizes.square)
    seconds = take_turns(
        sizes.turns,
        training=epochs_of(learner),
        sampling=lambda: model.sample(chains, run.seed),
        square=multiply,
        training_products=multiplier(update, n_updates),
        sampling_products=multiplier(sampling),
    )
    counts = {
        "square": square_operations,
        "training": n_updates * operations(update),
        "sampling": operations(sampling),
    }
    counts |= {f"{task}_products": counts[task] for task in ("training", "sampling")}
    name = f"rbm{hidden_units}"
    for task, n_sweeps in (("training", n_updates * sweeps), ("sampling", sweeps)):
        yield from share_rows(f"{name}_{task}", seconds, counts, task, ">= 0.8")
        yield row_of(f"{name}_{task}_rate", n_sweeps / seconds[task], f"sweeps/s, {chains} chains")


def rbm_settings(hidden_units: int, chains: int, sweeps: int, batch_size: int, chain_start: str) -> dict:
    """Return the RBM's settings for 805 SNPs with what is measured; long enough a training for any number of turns."""
    return settings_of(
        "rbm",
        "805",
        {
            "hidden": "sigmoid",
            "hidden_units": hidden_units,
            "local_units": 0,
            "chains": chains,
            "chain_start": chain_start,
            "gibbs_sweeps": sweeps,
            "sampling_sweeps": sweeps,
            "batch_size": batch_size,
            "learning_rate": 0.01,
            "epochs": 1000,
        },
    )


def measure_other_rbms(data: TrainingData, sizes: Sizes, run: TrainingRun) -> Iterator[tuple]:
    """Yield epochs of the RBM compared with those of other libraries that do the same work."""
    from other_rbms import rbms_epoch, scikit_learn_epochs

    hidden_units, size, epochs = sizes.hidden_units[0], sizes.peer_batch_size, 5
    ours = rbm.Learner(data, rbm_settings(hidden_units, size, 1, size, "persistent"), run)
    seconds = take_turns(
        sizes.turns,
        ours=epochs_of(ours, epochs),
        theirs=scikit_learn_epochs(data.train, hidden_units, size, epochs),
    )
    yield row_of("rbm_vs_scikit_learn", seconds["theirs"] / seconds["ours"], "x epochs/s")

    if importlib.util.find_spec("rbms") is None:
        print("rbms: not installed, not measured")
        return
    work = {"hidden_units": hidden_units, "batch_size": sizes.batch_size, "chains": sizes.chains, "sweeps": 10}
    ours = rbm.Learner(data, rbm_settings(**work, chain_start="persistent"), run)
    seconds = take_turns(sizes.turns, ours=epochs_of(ours), theirs=rbms_epoch(data.train, **work, threads=run.threads))
    yield row_of("rbm_vs_rbms", seconds["theirs"] / seconds["ours"], "x epochs/s")


def measure_fit_and_sample(model: str, data: TrainingData, run: TrainingRun) -> tuple:
    """Return the seconds in which a model without epochs trains and makes as many AGs as there are haplotypes."""
    settings = settings_of(model, "10k", {})
    seconds = seconds_of(lambda: model_module(model).fit(data, settings, run).sample(len(data.train), run.seed))
    return row_of(f"{model}_fit_and_sample", seconds, "s", "< 60")


def measure_tree(data: TrainingData, run: TrainingRun) -> tuple:
    """Return the seconds of one pass of the hidden Chow-Liu tree's training."""
    learner = hclt.Learner(data, settings_of("hclt", "10k", {}), run)
    return row_of("hclt_pass", seconds_of(epochs_of(learner)), "s a pass")


if __name__ == "__main__":
    main()
