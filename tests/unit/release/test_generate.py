"""AGs that are drawn piece by piece."""

import importlib.util
import json
import signal
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from artificial_genomes.core import haplotypes as stores
from artificial_genomes.core import store_writer
from artificial_genomes.core.haplotypes import Haplotypes, artificial_people, load_haplotypes, save_haplotypes
from artificial_genomes.core.random_streams import derived_seed
from artificial_genomes.core.tables import read_tsv, write_tsv
from artificial_genomes.core.windows import cut
from artificial_genomes.models import coalescent, hclt, load_model, markov, save_model
from artificial_genomes.models.chunked import draw_through
from artificial_genomes.models.training import TrainingData, TrainingRun
from helpers import ROOT
from workflow_helpers import cohort

PIECE = 8
SEED = 3


@pytest.fixture(scope="module")
def generate():
    spec = importlib.util.spec_from_file_location("generate", ROOT / "workflow" / "scripts" / "generate.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(autouse=True)
def short_pieces(generate, monkeypatch):
    for module in (generate, store_writer, stores):
        monkeypatch.setattr(module, "PIECE_PEOPLE", PIECE)


@pytest.fixture
def folder(tmp_path) -> Path:
    """A prepared dataset and a Markov chain that was trained on it."""
    real = cohort(30, 40)
    save_haplotypes(real, tmp_path / "real.vcz.zip")
    parts = np.resize(["train", "train", "validation", "test"], 30)
    write_tsv(real.people.assign(split=parts), tmp_path / "split.tsv")
    write_tsv(pd.DataFrame(columns=["sample_a", "sample_b"]), tmp_path / "relatives.tsv")
    data = TrainingData(real.alleles, real.alleles, real.sites)
    save_model(tmp_path / "model.npz", "markov", {"window": 2}, markov.fit(data, {"window": 2}, TrainingRun(1)))
    return tmp_path


def draw(
    generate,
    folder: Path,
    n: int,
    name: str = "a",
    redraw: str = "none",
    seed: int = SEED,
    models: Sequence[Path] = (),
    windows: dict | None = None,
) -> Path:
    """Run the program and return the folder of its outputs."""
    out = folder / name
    words = ["--haplotypes", "real.vcz.zip", "--split", "split.tsv", "--relatives", "relatives.tsv"]
    words = [str(folder / word) if "." in word else word for word in words]
    words += ["--model", *map(str, models or [folder / "model.npz"])]
    words += ["--windows", json.dumps(windows)] if windows else []
    words += ["--seed", str(seed), "--settings", json.dumps({"n": n, "redraw": redraw, "shared_by": 3})]
    for option, file in (("genomes", "genomes.vcz.zip"), ("record", "record.tsv"), ("ancestry", "ancestry.tsv.gz")):
        words += [f"--{option}", str(out / file)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["generate.py", *words, "--checkpoints", str(out / "checkpoints")])
        generate.main()
    return out


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


@pytest.mark.parametrize("n", [1, PIECE])
def test_one_piece_is_what_the_model_draws_at_once(generate, folder, n):
    out = draw(generate, folder, n)
    alleles = load_model(folder / "model.npz").sample(2 * n, SEED)
    sites = load_haplotypes(folder / "real.vcz.zip").sites
    save_haplotypes(Haplotypes(alleles, sites, artificial_people(n)), folder / "whole.vcz.zip")
    assert (out / "genomes.vcz.zip").read_bytes() == (folder / "whole.vcz.zip").read_bytes()


@pytest.mark.parametrize("n", [PIECE + 1, 2 * PIECE, 2 * PIECE + 3])
def test_each_piece_has_a_random_stream_of_its_own(generate, folder, n):
    genomes = load_haplotypes(draw(generate, folder, n) / "genomes.vcz.zip")
    model = load_model(folder / "model.npz")
    expected = [model.sample(2 * PIECE, SEED)]
    while sum(map(len, expected)) < 2 * n:
        left = min(2 * PIECE, 2 * n - sum(map(len, expected)))
        expected.append(model.sample(left, derived_seed(SEED, "piece of AGs", len(expected))))
    np.testing.assert_array_equal(genomes.alleles, np.concatenate(expected))
    assert genomes.people["sample"].tolist() == artificial_people(n)["sample"].tolist()


def test_a_job_that_was_killed_resumes_and_ends_with_the_same_bytes(generate, folder, monkeypatch):
    whole = contents(draw(generate, folder, 5 * PIECE - 2, redraw="all"))
    drawn, draws = [], markov.Model.sample

    def sample(self, n, seed):
        drawn.append(seed)
        if seed == derived_seed(SEED, "piece of AGs", 3) and drawn.count(seed) == 1:
            raise SystemExit(143)
        return draws(self, n, seed)

    monkeypatch.setattr(markov.Model, "sample", sample)
    with pytest.raises(SystemExit):
        draw(generate, folder, 5 * PIECE - 2, "b", redraw="all")
    (checkpoints,) = (folder / "b" / "checkpoints").iterdir()
    # What zarr leaves of a chunk that it was writing.
    (checkpoints / "store" / "call_genotype" / "0.3.0123.partial").write_bytes(b"half")
    first = list(drawn)
    again = draw(generate, folder, 5 * PIECE - 2, "b", redraw="all")
    assert contents(again) == whole
    firsts = {SEED, *(derived_seed(SEED, "piece of AGs", number) for number in (1, 2))}
    assert firsts <= set(first)
    assert not firsts & set(drawn[len(first) :]), "finished pieces are not drawn again"


@pytest.mark.integration
def test_a_program_that_is_killed_outright_resumes(tmp_path):
    """`kill -9` after the first of five pieces of the usual size."""
    real = cohort(30, 500)
    save_haplotypes(real, tmp_path / "real.vcz.zip")
    write_tsv(real.people.assign(split=np.resize(["train", "train", "validation", "test"], 30)), tmp_path / "split.tsv")
    write_tsv(pd.DataFrame(columns=["sample_a", "sample_b"]), tmp_path / "relatives.tsv")
    data = TrainingData(real.alleles, real.alleles, real.sites)
    save_model(tmp_path / "model.npz", "markov", {"window": 5}, markov.fit(data, {"window": 5}, TrainingRun(1)))
    words = [sys.executable, ROOT / "workflow" / "scripts" / "generate.py", "--model", "model.npz", "--seed", "1"]
    words += ["--haplotypes", "real.vcz.zip", "--split", "split.tsv", "--relatives", "relatives.tsv"]
    words += ["--settings", '{"n": 22000, "redraw": "none", "shared_by": 5}']

    def command(name: str) -> list:
        return [*words, "--genomes", f"{name}/a.vcz.zip", "--record", f"{name}/r.tsv", "--checkpoints", f"{name}/c"]

    subprocess.run(command("whole"), cwd=tmp_path, check=True, capture_output=True)
    with subprocess.Popen(command("killed"), cwd=tmp_path, stderr=subprocess.DEVNULL) as killed:
        while not list(tmp_path.glob("killed/c/*/piece0.finished")):
            assert killed.poll() is None
            time.sleep(0.005)
        killed.kill()
    assert killed.returncode == -signal.SIGKILL
    again = subprocess.run(command("killed"), cwd=tmp_path, check=True, capture_output=True, text=True)
    assert "of 5 pieces were drawn before" in again.stderr
    assert contents(tmp_path / "killed") == contents(tmp_path / "whole")


def test_pieces_of_another_seed_are_not_used(generate, folder, monkeypatch):
    whole = contents(draw(generate, folder, 3 * PIECE))
    add = store_writer.StoreWriter.add
    monkeypatch.setattr(store_writer.StoreWriter, "add", lambda self, number, alleles: number == 2 and 1 / 0)
    with pytest.raises(ZeroDivisionError):
        draw(generate, folder, 3 * PIECE, "b", seed=SEED + 1)
    monkeypatch.setattr(store_writer.StoreWriter, "add", add)
    assert contents(draw(generate, folder, 3 * PIECE, "b")) == whole


def test_near_copies_are_replaced_in_every_piece_and_their_numbers_added(generate, folder):
    real = load_haplotypes(folder / "real.vcz.zip")
    known = real.alleles[:40]

    class Copies:
        """Draws copies of real haplotypes, but as replacements haplotypes that nobody has."""

        def sample(self, n, seed):
            pieces = [SEED, *(derived_seed(SEED, "piece of AGs", number) for number in (1, 2))]
            return known[:n].copy() if seed in pieces else np.tile([0, 1], (n, 20)).astype(np.uint8)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(generate, "load_model", lambda path: Copies())
        out = draw(generate, folder, 3 * PIECE - 1, redraw="all")
    record = read_tsv(out / "record.tsv").set_index("what")["value"]
    assert record["artificial haplotypes"] == 6 * PIECE - 2
    assert record["individuals protected"] == 23
    alleles = load_haplotypes(out / "genomes.vcz.zip").alleles
    is_new = (alleles == np.tile([0, 1], 20)).all(axis=1)
    assert is_new.reshape(-1, 2)[:PIECE].any()
    assert is_new.reshape(-1, 2)[2 * PIECE :].any()
    assert record["near copies replaced"] == is_new.sum()


def test_windows_are_drawn_through_piece_by_piece(generate, folder):
    real = load_haplotypes(folder / "real.vcz.zip")
    windows = {"n": 2, "context_sites": 5}
    for number, sites in enumerate((slice(0, 20), slice(15, 40))):
        part = TrainingData(real.alleles[:, sites], real.alleles[:, sites], real.sites[sites])
        model = markov.fit(part, {"window": 2}, TrainingRun(number))
        save_model(folder / f"{number}.npz", "markov", {"window": 2}, model)
    paths = [folder / "0.npz", folder / "1.npz"]
    out = draw(generate, folder, 2 * PIECE, models=paths, windows=windows)
    load, cuts = [partial(load_model, path) for path in paths], cut([40], **windows)
    seeds = SEED, derived_seed(SEED, "piece of AGs", 1)
    expected = [draw_through(load, cuts, 2 * PIECE, seed)[0] for seed in seeds]
    np.testing.assert_array_equal(load_haplotypes(out / "genomes.vcz.zip").alleles, np.concatenate(expected))


def test_a_simulation_with_sites_of_its_own_is_one_in_all_pieces(generate, folder):
    real = load_haplotypes(folder / "real.vcz.zip")
    settings = {"demography": "constant", "mutation_rate": 1e-8, "recombination_cm_per_mb": 1.0, "oversampling": 5.0}
    data = TrainingData(real.alleles, real.alleles, real.sites)
    model = coalescent.fit(data, settings, TrainingRun(1))
    save_model(folder / "model.npz", "coalescent", settings, model)
    alleles, sites = model.simulate(4 * PIECE + 2, SEED)
    genomes = load_haplotypes(draw(generate, folder, 2 * PIECE + 1) / "genomes.vcz.zip")
    np.testing.assert_array_equal(genomes.alleles, alleles)
    assert genomes.sites["position"].tolist() == sites["position"].tolist()


def labelled_tree() -> hclt.Model:
    """A tree with three labels of known alleles, whose two states are two ancestries."""
    rng = np.random.default_rng(5)
    transitions = rng.dirichlet([1, 1], (3, 40, 2)).astype(np.float32)
    emissions = np.repeat(np.array([0, 0.5, 1], np.float32), 80).reshape(3, 40, 2)
    names = np.array([["P1", "S1"], ["P2", "S1"], ["P3", "S2"]])
    parents, shares = np.arange(40) - 1, np.array([0.5, 0.25, 0.25], np.float32)
    return hclt.Model(
        parents,
        transitions[0],
        emissions[1],
        np.float32(1),
        names,
        shares,
        transitions,
        emissions,
        np.array([0, 1], np.uint8),
    )


def test_labels_and_ancestries_are_those_of_each_piece(generate, folder):
    save_model(folder / "model.npz", "hclt", {}, labelled_tree())
    n = 3 * PIECE + 4
    out = draw(generate, folder, n)
    genomes, tracts = load_haplotypes(out / "genomes.vcz.zip"), read_tsv(out / "ancestry.tsv.gz")
    assert genomes.people["population"].value_counts().to_dict() == {"P1": 14, "P2": 7, "P3": 7}
    of_people = genomes.alleles.reshape(n, -1).mean(axis=1)
    assert (of_people[genomes.people["population"] == "P1"] == 0).all()
    assert (of_people[genomes.people["population"] == "P3"] == 1).all()
    # Every site of every haplotype is in one tract.
    sites = tracts.groupby(["sample", "haplotype"], sort=False)["n_sites"].sum()
    assert sites.to_dict() == {(name, side): 40 for name in genomes.people["sample"] for side in (1, 2)}
    assert list(dict.fromkeys(tracts["sample"])) == genomes.people["sample"].tolist()


@pytest.mark.integration
def test_memory_does_not_grow_with_the_number_of_ags(generate, folder, monkeypatch):
    real = cohort(30, 3000)
    save_haplotypes(real, folder / "real.vcz.zip")
    data = TrainingData(real.alleles, real.alleles, real.sites)
    save_model(folder / "model.npz", "markov", {"window": 2}, markov.fit(data, {"window": 2}, TrainingRun(1)))
    for module in (generate, store_writer, stores):
        monkeypatch.setattr(module, "PIECE_PEOPLE", 100)
    monkeypatch.setattr(markov.Model, "sample", lambda self, n, seed: np.ones((n, 3000), np.uint8))
    peaks = []
    for n in (200, 2000):
        tracemalloc.start()
        draw(generate, folder, n, str(n))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    # All alleles are 12 MB, those of a piece 0.6 MB.
    assert peaks[1] < peaks[0] + 2e6
