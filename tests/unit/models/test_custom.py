"""Models of the user's own: the example of the documentation, trained by the programs, and mistakes in such a file."""

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from artificial_genomes.core.errors import UserError
from artificial_genomes.core.haplotypes import Haplotypes, load_haplotypes, save_haplotypes
from artificial_genomes.core.tables import write_tsv
from artificial_genomes.models import custom, load_model, save_model
from artificial_genomes.models.interface import interface_problems
from artificial_genomes.models.training import TrainingData, TrainingRun
from helpers import ROOT, training_data
from workflow_helpers import cohort

SCRIPTS = ROOT / "workflow" / "scripts"
METHODS = """
class Model:
    def __init__(self, p): self.p = p
    @classmethod
    def from_arrays(cls, settings, arrays): return cls(arrays["p"])
    def arrays(self): return {"p": self.p}
    def sample(self, n, seed): return np.random.default_rng(seed).random((n, len(self.p))) < self.p
"""
FILE = f"import numpy as np\n{METHODS}\ndef fit(data, settings, run): return Model(data.train.mean(axis=0))\n"


def example() -> str:
    (text,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "own-model.md").read_text(), re.DOTALL)
    return text


def fitted(folder: Path, text: str, settings: dict | None = None, data: TrainingData | None = None) -> custom.Model:
    path = folder / "mine.py"
    path.write_text(text)
    data = data or training_data(np.eye(6, dtype=np.uint8), np.eye(6, dtype=np.uint8))
    return custom.fit(data, {"module": str(path), "settings": settings or {}}, TrainingRun(seed=1))


def run(script: str, *arguments: object) -> subprocess.CompletedProcess:
    command = [sys.executable, SCRIPTS / script, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300)


def test_the_example_of_the_documentation_is_a_model_of_thirty_lines(tmp_path):
    (tmp_path / "mine.py").write_text(example())
    assert list(interface_problems(tmp_path / "mine.py")) == []
    assert sum(bool(line.strip()) for line in example().splitlines()) <= 30


@pytest.fixture(scope="module")
def prepared(tmp_path_factory) -> tuple[Path, Haplotypes]:
    """Return a folder with a prepared dataset of 80 people of two groups, 40 sites, and its haplotypes."""
    folder = tmp_path_factory.mktemp("prepared")
    haplotypes = cohort()
    save_haplotypes(haplotypes, folder / "haplotypes.vcz.zip")
    parts = np.resize(["train", "train", "train", "validation", "test"], len(haplotypes.people))
    write_tsv(haplotypes.people.assign(split=parts), folder / "split.tsv")
    write_tsv(pd.DataFrame(columns=["sample_a", "sample_b"]), folder / "relatives.tsv")
    (folder / "my_model.py").write_text(example())
    return folder, haplotypes.take_people(parts == "train")


@pytest.mark.integration
@pytest.mark.parametrize("windows", [None, {"n": 2, "context_sites": 5}])
def test_the_programs_train_the_example_and_draw_its_ags(prepared, tmp_path, windows):
    folder, train = prepared
    settings = {"kind": "custom", "module": str(folder / "my_model.py"), "settings": {"label": "population"}}
    common = ["--haplotypes", folder / "haplotypes.vcz.zip", "--split", folder / "split.tsv", "--seed", 3]
    own = ["--windows", json.dumps(windows)] if windows else []
    models = []
    for window in range(1, windows["n"] + 1) if windows else [None]:
        models.append(tmp_path / f"model{window}.npz")
        number = ["--window", window] if window else []
        done = run(
            "train.py", *common, *own, *number, "--settings", json.dumps(settings), "--model", models[-1],
            "--training", tmp_path / "training.tsv",
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
    done = run(
        "generate.py", *common, *own, "--model", *models, "--relatives", folder / "relatives.tsv", "--settings",
        '{"n": null, "redraw": "private", "shared_by": 5}', "--genomes", tmp_path / "ags.vcz.zip", "--record",
        tmp_path / "record.tsv",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    ags = load_haplotypes(tmp_path / "ags.vcz.zip")
    assert ags.alleles.shape == (160, 40)
    wanted = [train.alleles[np.repeat(train.people["population"] == name, 2)].mean(axis=0) for name in ("AAA", "BBB")]
    if windows is None:
        arrays = load_model(models[0]).arrays()
        np.testing.assert_array_equal(arrays["model.shares"], [0.5, 0.5])
        np.testing.assert_array_equal(arrays["model.frequencies"], wanted)
        # AGs are as numpy's generator draws them from these numbers.
        rng = np.random.default_rng(3)
        group = rng.choice(2, size=160, p=[0.5, 0.5])
        np.testing.assert_array_equal(ags.alleles, rng.random((160, 40)) < np.array(wanted)[group])
    # 160 haplotypes: five standard errors.
    assert np.abs(ags.alleles.mean(axis=0) - np.mean(wanted, axis=0)).max() < 5 * 0.5 / np.sqrt(160)


def test_a_model_survives_its_file_and_continues_where_it_can(tmp_path):
    model = fitted(tmp_path, FILE)
    assert not hasattr(model, "continue_haplotypes")
    assert not hasattr(model, "simulate")
    settings = {"module": str(tmp_path / "mine.py")}
    save_model(tmp_path / "model.npz", "custom", settings, model)
    np.testing.assert_array_equal(load_model(tmp_path / "model.npz").sample(9, 4), model.sample(9, 4))
    able = METHODS + "    def continue_haplotypes(self, context, seed): return np.ones((len(context), 6), int)\n"
    context = np.ones((4, 2), np.uint8)
    drawn = fitted(tmp_path, FILE.replace(METHODS, able)).continue_haplotypes(context, 1)
    assert drawn.dtype == np.uint8
    np.testing.assert_array_equal(drawn, np.ones((4, 6)))


def test_progress_has_the_columns_of_other_models_in_their_order(tmp_path):
    text = FILE.replace(
        "return Model(data", "run.progress.append({'score': np.float32(2), 'loss': 3, 'epoch': 1}); return Model(data"
    )
    (tmp_path / "mine.py").write_text(text)
    data, run = training_data(np.eye(6, dtype=np.uint8), np.eye(6, dtype=np.uint8)), TrainingRun(seed=1)
    custom.fit(data, {"module": str(tmp_path / "mine.py")}, run)
    assert [list(row.items()) for row in run.progress] == [[("epoch", 1), ("loss", 3), ("score", 2.0)]]


def test_settings_reach_the_file_as_they_are(tmp_path):
    text = FILE.replace("data.train.mean(axis=0)", "np.full(6, settings['p'][0])")
    assert fitted(tmp_path, text, {"p": [1, None]}).sample(3, 1).all()


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (
            "import nothing_like_it\n" + FILE,
            "line 1: import failed (ModuleNotFoundError: No module named 'nothing_like",
        ),
        (FILE + "1 / 0\n", "line 11: import failed (ZeroDivisionError: division by zero). Correct the file."),
        (FILE.replace("def fit", "def fits"), "mine.py has no fit. Define it, as docs/own-model.md says."),
        (
            FILE.replace("data.train.", "data.trian."),
            "line 10: fit failed (AttributeError: 'TrainingData' object has no",
        ),
        (
            FILE.replace("return Model(data", "return (data"),
            "fit returned a ndarray without from_arrays, arrays, sample.",
        ),
        (
            FILE.replace("(n, len(self.p))", "(len(self.p), n)").replace("< self.p", "< 0.5"),
            "Model.sample returned an array 6x5 of bool. Return one of 5x6 with alleles 0 and 1, one haplotype per "
            "row.",
        ),
        (FILE.replace("< self.p", "+ self.p"), "Model.sample returned an array 5x6 of float64. Return one of 5x6"),
        (FILE.replace("(seed).random(", "(seed).ramdom("), "line 8: Model.sample failed (AttributeError: "),
        (FILE.replace('{"p": self.p}', "[self.p]"), "Model.arrays must return a dictionary of arrays"),
        (FILE.replace('{"p": self.p}', '{"p": [[1], [1, 2]]}'), "mine.py: Model.arrays failed (ValueError: "),
        (
            FILE.replace("return Model(data", "run.progress.append({'epoch': 1}); return Model(data"),
            "fit appended {'epoch': 1} to run.progress. Append dictionaries with numbers as epoch and score.",
        ),
        (
            FILE.replace("return Model(data", "run.progress.append(dict(epoch=1, score=np.nan)); return Model(data"),
            "fit appended {'epoch': 1, 'score': nan} to run.progress.",
        ),
        (FILE.replace('{"p": self.p}', '{"p": object()}'), "Model.arrays must return a dictionary of arrays"),
    ],
)
def test_a_mistake_in_the_file_ends_in_one_line(tmp_path, text, error):
    def use():
        model = fitted(tmp_path, text)
        model.sample(5, 1)
        model.arrays()

    with pytest.raises(UserError) as raised:
        use()
    assert error in str(raised.value)
    assert str(tmp_path / "mine.py") in str(raised.value)


@pytest.mark.integration
def test_a_mistake_ends_the_program_with_code_2_and_without_traceback(prepared, tmp_path):
    folder, _ = prepared
    (tmp_path / "mine.py").write_text(FILE.replace("data.train.", "data.trian."))
    settings = {"kind": "custom", "module": str(tmp_path / "mine.py")}
    done = run(
        "train.py", "--haplotypes", folder / "haplotypes.vcz.zip", "--split", folder / "split.tsv", "--seed", 3,
        "--settings", json.dumps(settings), "--model", tmp_path / "model.npz", "--training", tmp_path / "training.tsv",
    )  # fmt: skip
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert done.stderr.splitlines()[-1].startswith(f"error: {tmp_path / 'mine.py'}, line 10: fit failed (Attribute")
    assert not (tmp_path / "model.npz").exists()
