"""Measure how long an epoch of the GAN, the WGAN and the RBMs of a run takes on this machine.

    python bench/trainings.py results/paper --device gpu --table results/bench/trainings.tsv

Data sets are read from the run's folder as `prepare` left them, settings from `provenance/config.yaml` in it; with
--settings some differ. Of every training, one at a time: its first epoch, which compiles, then epochs for at least
--seconds. On a GPU, `peak_mb` is the most that TensorFlow allocated there. `hours` is what the run's number of epochs
takes at that rate; scores and checkpoints come on top. A row is added to the table for each, as soon as it is measured.
"""

import argparse
import gc
import json
import sys
import time
from pathlib import Path

import pandas as pd
import yaml
from threadpoolctl import threadpool_limits

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "workflow" / "scripts"))

from artificial_genomes.config.checks import Configuration
from artificial_genomes.core.kinds import NEURAL
from artificial_genomes.models import model_module
from artificial_genomes.models.devices import tensorflow_on
from artificial_genomes.models.training import TrainingData, TrainingRun
from train import read_training_data


def main() -> None:
    """Measure one training after another."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path, help="folder of a run's results")
    parser.add_argument("--device", choices=["cpu", "gpu"], default="cpu")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=5, help="shortest time that is measured")
    parser.add_argument("--datasets", nargs="+", help="only these")
    parser.add_argument("--models", nargs="+", help="only these")
    parser.add_argument("--settings", type=json.loads, default={}, help="JSON: settings that differ")
    parser.add_argument("--table", type=Path, default=ROOT / "results" / "bench" / "trainings.tsv")
    args = parser.parse_args()

    configuration = Configuration(yaml.safe_load((args.run / "provenance" / "config.yaml").read_text()), ROOT)
    for dataset in args.datasets or configuration.values["datasets"]:
        prepared = args.run / "prepare" / dataset
        data = read_training_data(prepared / "haplotypes.vcz.zip", prepared / "split.tsv")
        for model in args.models or configuration.models_of(dataset):
            settings = configuration.model_settings(dataset, model) | args.settings
            if settings["kind"] in NEURAL:
                row = {"dataset": dataset, "model": model, "device": args.device, "threads": args.threads}
                with threadpool_limits(args.threads):
                    row |= measure(data, settings, TrainingRun(1, args.threads, args.device), args.seconds)
                row |= {"changes": json.dumps(args.settings)}
                args.table.parent.mkdir(parents=True, exist_ok=True)
                table = pd.DataFrame([row])
                table.to_csv(
                    args.table, sep="\t", index=False, mode="a", header=not args.table.exists(), float_format="%.4g"
                )
                print(table.to_string(index=False, header=False), flush=True)


def measure(data: TrainingData, settings: dict, run: TrainingRun, seconds: float) -> dict:
    """Return what an epoch of one training takes, from epochs for at least `seconds` after the first one."""
    tf = tensorflow_on(run.device, run.threads)
    if run.device == "gpu":
        tf.config.experimental.reset_memory_stats("GPU:0")
    settings = dict(settings)
    started = time.perf_counter()
    learner = model_module(settings.pop("kind")).Learner(data, settings, run)
    learner.run_epochs(0, 1)
    first = time.perf_counter() - started
    epochs, ahead, started = 0, 1, time.perf_counter()
    while (elapsed := time.perf_counter() - started) < seconds:
        learner.run_epochs(1 + epochs, ahead)
        epochs += ahead
        # Few calls, as in a training: each waits for the device.
        ahead *= 2
    del learner
    gc.collect()
    steps = len(data.train) // min(settings["batch_size"], len(data.train))
    peak = tf.config.experimental.get_memory_info("GPU:0")["peak"] / 1e6 if run.device == "gpu" else None
    return {
        "n_train": len(data.train),
        "n_sites": data.n_sites,
        "first_epoch_s": first,
        "epochs": epochs,
        "epoch_s": elapsed / epochs,
        "steps_per_s": steps * epochs / elapsed,
        "peak_mb": peak,
        "run_epochs": settings["epochs"],
        "hours": settings["epochs"] * elapsed / epochs / 3600,
    }


if __name__ == "__main__":
    main()
