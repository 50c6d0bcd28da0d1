"""Training loop: choice of the epoch, early stop, divergence, and resuming to the same bytes after a kill."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

import train as script
from artificial_genomes.core.errors import UserError
from artificial_genomes.core.haplotypes import Haplotypes, artificial_people, save_haplotypes
from artificial_genomes.models import bernoulli, gan, model_module, training
from artificial_genomes.models.training import TrainingData, TrainingRun, train_epochs, validation_score
from helpers import RECIPES, ROOT, training_data
from uncompiled import leave_uncompiled

SCRIPT = ROOT / "workflow" / "scripts" / "train.py"
SUPPORT = ROOT / "tests" / "support"
SMALL = {
    "gan": RECIPES["gan"]["ours"] | {
        "kind": "gan", "latent_size": 8, "batch_size": 16, "generator_average": 0.9, "sampling_temperatures": [0, 1.0],
        "epochs": 40, "score_every": 2, "patience": 40,
    },
    "rbm": RECIPES["rbm"]["ours"] | {
        "kind": "rbm", "hidden_units": 8, "local_units": 3, "local_sites": 5, "batch_size": 32, "chains": 32,
        "gibbs_sweeps": 5, "sampling_sweeps": 5, "weight_average": 0.9, "l1": 1e-4, "sampling_temperatures": [1.0, 0.9],
        "epochs": 40, "score_every": 2, "patience": 40,
    },
    "hclt": {
        "kind": "hclt", "hidden_states": 4, "initial_persistence": 0.5, "transition_pseudocount": 0.1,
        "emission_pseudocount": 0.1, "ancestry_groups": 1, "ancestry_change": 1e-3, "labels": "none",
        "sampling_temperatures": [1.0, 0.8], "epochs": 40, "score_every": 2, "patience": 40,
    },
    "wgan": {
        "kind": "wgan", "latent_size": 8, "batch_size": 16, "generator_units": [16], "critic_units": [16],
        "pack_units": [16], "packing": 2,
        "critic_steps": 2, "gradient_penalty": 10, "generator_learning_rate": 1e-3, "critic_learning_rate": 2e-3,
        "generator_average": 0.9, "sampling_temperatures": [1.0, 1.2],
        "epochs": 40, "score_every": 2, "patience": 40,
    },
}  # fmt: skip


def two_types(n: int, n_sites: int = 20, seed: int = 1) -> np.ndarray:
    rng = np.random.default_rng(seed)
    types = np.random.default_rng(0).integers(0, 2, (2, n_sites))
    return (types[rng.integers(0, 2, n)] ^ (rng.random((n, n_sites)) < 0.08)).astype(np.uint8)


class ScriptedLearner:
    """Makes AGs whose noise is given by epoch; counts the epochs that were run."""

    def __init__(self, noise: list[float], loss: float = 1.0) -> None:
        self.noise, self.loss, self.epoch, self.ran = noise, loss, 0, 0

    def run_epochs(self, first: int, n: int) -> dict[str, float]:
        self.epoch = first + n
        self.ran += n
        return {"loss": self.loss}

    def state(self) -> dict[str, np.ndarray]:
        return {"epoch": np.array(self.epoch)}

    def restore(self, state: dict[str, np.ndarray]) -> None:
        self.epoch = int(state["epoch"])

    def model(self):
        noise, epoch = self.noise[self.epoch - 1], self.epoch

        class Model:
            def sample(self, n, seed):
                haplotypes = two_types(n, seed=epoch + 100)
                return haplotypes ^ (np.random.default_rng(seed).random(haplotypes.shape) < noise).astype(np.uint8)

            def arrays(self):
                return {"epoch": np.array(epoch)}

        return Model()


@pytest.fixture
def data(monkeypatch) -> TrainingData:
    """Return training data; one AG set per score is enough, since scores of these epochs are far apart."""
    monkeypatch.setattr(training, "SCORE_DRAWS_MAX", 1)
    return training_data(two_types(400, seed=2), two_types(200, seed=3))


def test_the_score_prefers_real_people_over_noise_and_over_copies(data):
    def score(generate):
        return np.mean([validation_score(data, generate, seed)["score"] for seed in range(5)])

    real = score(lambda n, seed: two_types(n, seed=[7, seed]))
    independent = score(lambda n, seed: bernoulli.fit(data, {}, TrainingRun(1)).sample(n, seed))
    copies = score(lambda n, seed: data.train[np.random.default_rng(seed).integers(0, 20, n)])
    assert real < 0.5 * independent
    assert real < 0.5 * copies


def test_the_best_epoch_is_kept_and_patience_ends_the_training(data):
    learner, run = ScriptedLearner([0.4, 0.2, 0.0, 0.3, 0.3, 0.3, 0.3, 0.3]), TrainingRun(1)
    best = train_epochs(learner, data, run, epochs=8, score_every=1, patience=3)
    assert best["epoch"] == 3
    assert learner.ran == 6
    assert [row["epoch"] for row in run.progress] == [1, 2, 3, 4, 5, 6]


def test_divergence_names_the_epoch(data):
    with pytest.raises(UserError, match="diverged by epoch 1"):
        train_epochs(ScriptedLearner([0, 0], loss=float("nan")), data, TrainingRun(1), 4, 2, 4)


@pytest.mark.parametrize("weight", [np.nan, np.inf, -1e5])
def test_weights_that_no_training_ends_with_are_a_divergence_whatever_losses_and_scores_say(data, weight):
    class Huge(ScriptedLearner):
        def model(self):
            model = super().model()
            model.arrays = lambda: {"bias": np.zeros(2), "kernel": np.array([1.0, weight])}
            return model

    with pytest.raises(UserError, match=re.escape(f"by epoch 2: the largest weight is {abs(weight):.3g}. Lower")):
        train_epochs(Huge([0] * 4), data, TrainingRun(1), 4, 2, 4)


@pytest.mark.usefixtures("uncompiled")
@pytest.mark.parametrize(
    ("kind", "rate"),
    [
        ("rbm", "learning_rate"),
        ("gan", "generator_learning_rate"),
        ("gan", "discriminator_learning_rate"),
        ("wgan", "generator_learning_rate"),
        ("wgan", "critic_learning_rate"),
    ],
)
def test_a_rate_that_no_training_survives_ends_with_a_line(kind, rate):
    settings = {key: value for key, value in SMALL[kind].items() if key != "kind"}
    settings |= {"epochs": 4, "patience": 4, rate: 1e30}
    with pytest.raises(UserError, match="diverged by epoch"):
        model_module(kind).fit(training_data(two_types(200), two_types(40, seed=2)), settings, TrainingRun(1))


def test_the_log_says_where_a_training_has_not_converged(data, caplog):
    with caplog.at_level("WARNING"):
        train_epochs(ScriptedLearner([0.4, 0.2, 0.0, 0.3]), data, TrainingRun(1), 4, 1, 4)
        assert not caplog.messages
        train_epochs(ScriptedLearner([0.4, 0.3, 0.2, 0.0]), data, TrainingRun(1), 4, 1, 4)
    assert caplog.messages == [
        "not converged: the last epoch, 4, is the best. Raise epochs (and patience) of the model."
    ]


def test_a_generator_that_makes_copies_of_one_is_refused(data):
    class Collapsed(ScriptedLearner):
        def model(self):
            model = super().model()
            model.sample = lambda n, seed: np.repeat(data.train[:1], n, axis=0)
            return model

    with pytest.raises(UserError, match="collapsed: at every scored epoch up to 4"):
        train_epochs(Collapsed([0] * 4), data, TrainingRun(1), 4, 2, 4)


def test_a_given_score_chooses_and_a_monitor_only_tells(data):
    run = TrainingRun(1)
    scores = iter([3.0, 1.0, 2.0])
    best = train_epochs(
        ScriptedLearner([0] * 3), data, run, 3, 1, 3,
        score=lambda model, seed: (model, {"score": next(scores)}), monitor=lambda model, seed: {"height": 7.0},
    )  # fmt: skip
    assert best["epoch"] == 2
    assert run.progress[0] == {"epoch": 1, "loss": 1.0, "score": 3.0, "height": 7.0}
    with pytest.raises(UserError, match="score at epoch 1 is not a number"):
        train_epochs(
            ScriptedLearner([0]),
            data,
            TrainingRun(1),
            1,
            1,
            1,
            score=lambda model, seed: (model, {"score": float("nan")}),
        )


def test_the_model_that_a_score_returns_is_watched_and_kept(data):
    def score(model, seed):
        kept = SimpleNamespace(arrays=lambda: model.arrays() | {"temperature": np.float32(0.5)})
        return kept, {"score": 1.0}

    run = TrainingRun(1)
    watched = []
    best = train_epochs(
        ScriptedLearner([0]), data, run, 1, 1, 1, score=score, monitor=lambda model, seed: watched.append(model) or {}
    )
    assert best["temperature"] == np.float32(0.5)
    assert watched[0].arrays()["temperature"] == np.float32(0.5)


def test_sigterm_saves_the_state_before_it_ends_the_training(data, tmp_path):
    class Terminated(ScriptedLearner):
        def run_epochs(self, first, n):
            if first == 2:
                os.kill(os.getpid(), signal.SIGTERM)
            return super().run_epochs(first, n)

    noise = [0.4, 0.0, 0.2, 0.3]
    whole = TrainingRun(1)
    train_epochs(ScriptedLearner(noise), data, whole, 4, 1, 4)
    handler = signal.getsignal(signal.SIGTERM)
    with pytest.raises(SystemExit) as stop:
        train_epochs(Terminated(noise), data, TrainingRun(1, checkpoint_folder=tmp_path), 4, 1, 4)
    assert stop.value.code == 128 + signal.SIGTERM
    assert signal.getsignal(signal.SIGTERM) == handler
    again, run = ScriptedLearner(noise), TrainingRun(1, checkpoint_folder=tmp_path)
    train_epochs(again, data, run, 4, 1, 4)
    assert again.ran == 1
    assert run.progress == whole.progress


def test_a_checkpoint_takes_up_where_it_was(data, tmp_path, monkeypatch):
    monkeypatch.setattr(training, "CHECKPOINT_SECONDS", 0)
    noise = [0.4, 0.0, 0.2, 0.3]
    whole = TrainingRun(1)
    train_epochs(ScriptedLearner(noise), data, whole, 4, 1, 4)

    class KilledLearner(ScriptedLearner):
        def run_epochs(self, first, n):
            if first == 3:
                raise KeyboardInterrupt
            return super().run_epochs(first, n)

    with pytest.raises(KeyboardInterrupt):
        train_epochs(KilledLearner(noise), data, TrainingRun(1, checkpoint_folder=tmp_path), 4, 1, 4)
    again, run = ScriptedLearner(noise), TrainingRun(1, checkpoint_folder=tmp_path)
    best = train_epochs(again, data, run, 4, 1, 4)
    assert again.ran < 4
    assert best["epoch"] == 2
    assert run.progress == whole.progress


def stopped_training(data, folder, noise) -> Path:
    """Train three of four epochs and return the checkpoint of the third."""

    class Terminated(ScriptedLearner):
        def run_epochs(self, first, n):
            if first == 2:
                os.kill(os.getpid(), signal.SIGTERM)
            return super().run_epochs(first, n)

    with pytest.raises(SystemExit):
        train_epochs(Terminated(noise), data, TrainingRun(1, checkpoint_folder=folder), 4, 1, 4)
    return folder / "checkpoint.npz"


DAMAGES = {
    "emptied": lambda content: b"",
    "truncated": lambda content: content[: len(content) // 2],
    "end lost": lambda content: content[:-1],
    "start lost": lambda content: content[1000:],
    "zeros": lambda content: bytes(len(content)),
    "text": lambda content: b"<html>404</html>",
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_checkpoint_is_told_and_the_training_starts_anew(data, tmp_path, caplog, damage):
    noise = [0.4, 0.0, 0.2, 0.3]
    checkpoint = stopped_training(data, tmp_path, noise)
    checkpoint.write_bytes(damage(checkpoint.read_bytes()))
    again, run = ScriptedLearner(noise), TrainingRun(1, checkpoint_folder=tmp_path)
    best = train_epochs(again, data, run, 4, 1, 4)
    assert again.ran == 4
    assert best["epoch"] == 2
    assert f"the checkpoint {checkpoint} is damaged" in caplog.text
    assert "the training starts over" in caplog.text


def test_a_checkpoint_with_wrong_bits_is_never_taken_for_another(data, tmp_path):
    noise = [0.4, 0.0, 0.2, 0.3]
    checkpoint = stopped_training(data, tmp_path, noise)
    whole = TrainingRun(1)
    train_epochs(ScriptedLearner(noise), data, whole, 4, 1, 4)
    content = np.frombuffer(checkpoint.read_bytes(), np.uint8)
    rng = np.random.default_rng(5)
    for _ in range(8):
        flipped = content.copy()
        flipped[rng.integers(0, len(content), 3)] ^= np.uint8(1) << rng.integers(0, 8, 3).astype(np.uint8)
        checkpoint.write_bytes(flipped.tobytes())
        learner, run = ScriptedLearner(noise), TrainingRun(1, checkpoint_folder=tmp_path)
        best = train_epochs(learner, data, run, 4, 1, 4)
        assert best["epoch"] == 2
        assert run.progress == whole.progress


def test_a_batch_larger_than_the_data_is_refused(data):
    settings = {name: value for name, value in SMALL["gan"].items() if name != "kind"} | {"batch_size": 401}
    with pytest.raises(UserError, match="batch_size 401 exceeds the 400 training haplotypes"):
        gan.fit(data, settings, TrainingRun(1))


@pytest.mark.usefixtures("uncompiled")
@pytest.mark.parametrize(
    "changes",
    [
        {"order": "shuffled", "blur": "once", "generator_average": 0},
        {"order": "shuffled", "latent": "shared"},
        {"discriminator_step": "joint"},
        {"judged": "alleles"},
        {"precision": "mixed"},
    ],
    ids=lambda changes: "-".join(map(str, changes.values())),
)
def test_every_way_to_train_a_gan_learns_the_frequencies(data, changes):
    settings = {name: value for name, value in SMALL["gan"].items() if name != "kind"} | changes
    learner = gan.Learner(data, settings | {"generator_learning_rate": 5e-4}, TrainingRun(1))
    start = learner.state()
    before = learner.model().sample(2000, 1).mean(axis=0)
    learner.run_epochs(0, 40)
    after = learner.model().sample(2000, 1).mean(axis=0)
    real = data.train.mean(axis=0)
    assert np.abs(after - real).mean() < 0.7 * np.abs(before - real).mean()
    # The same number of epochs in two parts.
    trained = learner.model().layers[0][0]
    learner.restore(start)
    learner.run_epochs(0, 15)
    learner.run_epochs(15, 25)
    np.testing.assert_array_equal(learner.model().layers[0][0], trained)


@pytest.mark.usefixtures("uncompiled")
def test_the_average_follows_the_generators_of_all_updates(data):
    few = TrainingData(data.train[:16], data.validation, data.sites, data.people)  # an update an epoch
    settings = {name: value for name, value in SMALL["gan"].items() if name != "kind"} | {
        "generator_learning_rate": 0.1
    }
    one, plain = (
        gan.Learner(few, settings, TrainingRun(1)),
        gan.Learner(few, settings | {"generator_average": 0}, TrainingRun(1)),
    )
    expected = one.model().layers[0][0]
    for update in range(40):
        one.run_epochs(update, 1)
        plain.run_epochs(update, 1)
        kept = min(0.9, update / (update + 10))
        expected = kept * expected + (1 - kept) * plain.model().layers[0][0]
    np.testing.assert_allclose(one.model().layers[0][0], expected, rtol=1e-3, atol=1e-4)
    assert np.abs(expected - plain.model().layers[0][0]).max() > 0.01


def train_command(folder: Path, kind: str, out: str) -> list[str]:
    return [
        str(SCRIPT), "--haplotypes", str(folder / "haplotypes.vcz.zip"),
        "--split", str(folder / "split.tsv"), "--settings", json.dumps(SMALL[kind] | {"epochs": 8}), "--seed", "3",
        "--checkpoints", str(folder / out / "checkpoints"),
        "--model", str(folder / out / "model.npz"), "--training", str(folder / out / "training.tsv"),
    ]  # fmt: skip


@pytest.mark.parametrize("kind", ["gan", "rbm", "hclt", "wgan"])
def test_a_killed_training_ends_in_the_same_bytes(tmp_path, kind, monkeypatch, caplog):
    # The RBM as users have it: GANs take much longer to compile.
    runner = [str(SUPPORT / "uncompiled.py")] if kind.endswith("gan") else []
    if runner:
        leave_uncompiled(monkeypatch.setattr)

    def train(out: str) -> None:
        monkeypatch.setattr(sys, "argv", train_command(tmp_path, kind, out))
        script.main()

    alleles = two_types(200)
    sites = pd.DataFrame({"contig": "1", "position": range(1, 21), "id": "", "ref": "A", "alt": "C"})
    people = artificial_people(100)
    save_haplotypes(Haplotypes(alleles, sites, people), tmp_path / "haplotypes.vcz.zip")
    people["split"] = ["train"] * 70 + ["validation"] * 20 + ["test"] * 10
    people.to_csv(tmp_path / "split.tsv", sep="\t", index=False)
    # A checkpoint after every score, so that there is one before the end.
    slowed = {**os.environ, "ARTIFICIAL_GENOMES_CHECKPOINT_SECONDS": "0"}
    command = [sys.executable, *runner, *train_command(tmp_path, kind, "killed")]
    process = subprocess.Popen(command, env=slowed, stderr=subprocess.DEVNULL)
    checkpoints = tmp_path / "killed" / "checkpoints"
    while not list(checkpoints.glob("*/checkpoint.npz")):
        assert process.poll() is None, "the training ended before it could be killed"
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not (tmp_path / "killed" / "model.npz").exists()

    with caplog.at_level("INFO"):
        train("killed")
    assert "resuming from the checkpoint" in caplog.text
    caplog.clear()
    train("whole")
    assert "resuming from the checkpoint" not in caplog.text
    for name in ("model.npz", "training.tsv"):
        assert (tmp_path / "killed" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()
    table = pd.read_csv(tmp_path / "whole" / "training.tsv", sep="\t")
    kept = table[table["kept"] == 1]
    assert len(kept) == 1
    assert kept["score"].item() == table["score"].min()
    if "temperature" in table:
        # That of the kept epoch is the model's.
        with np.load(tmp_path / "whole" / "model.npz") as model:
            assert np.float32(kept["temperature"].item()) == model["temperature"]
    assert ("temperature" in table) == (kind != "hclt")
    assert not checkpoints.exists()
