"""What a file of a user lacks to be a model, found without running it."""

import pytest

from artificial_genomes.models.interface import interface_problems

FIT = "def fit(data, settings, run):\n    return Model()\n"
MODEL = (
    "class Model:\n"
    "    @classmethod\n"
    "    def from_arrays(cls, settings, arrays): return cls()\n"
    "    def arrays(self): return {}\n"
    "    def sample(self, n, seed): return 0\n"
)


@pytest.mark.parametrize(
    "text",
    [
        FIT + MODEL,
        "raise SystemExit('never run')\n" + FIT + MODEL,
        "from elsewhere import Model, fit\n",
        "import elsewhere as fit\nModel = fit.Model\n",
        FIT + "class Model(dict):\n    pass\n",
        "def fit(data, *others): pass\n" + MODEL,
        "def fit(data, settings, run, more=3, *, last=4): pass\n" + MODEL,
        FIT + MODEL + "    sample_more = sample\n",
        "from elsewhere import *\n",
        "try:\n    from elsewhere import fit\nexcept ImportError:\n    fit = None\n" + MODEL,
        "if True:\n    def fit(data, settings, run): pass\n" + MODEL,
        "fit: object = max\n" + MODEL,
    ],
)
def test_a_whole_model_has_no_problem(tmp_path, text):
    (tmp_path / "mine.py").write_text(text)
    assert list(interface_problems(tmp_path / "mine.py")) == []


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        (
            "",
            [
                " has no function fit(data, settings, run). Define it, as docs/own-model.md says.",
                " has no class Model. Define it, as docs/own-model.md says.",
            ],
        ),
        (MODEL, [" has no function fit(data, settings, run). Define it, as docs/own-model.md says."]),
        ("def fit(data): pass\n" + MODEL, [" has no function fit(data, settings, run)."]),
        ("def fit(data, settings, run, more): pass\n" + MODEL, [" has no function fit(data, settings, run)."]),
        ("def fit(data, settings, run, *, more): pass\n" + MODEL, [" has no function fit(data, settings, run)."]),
        (
            FIT + "class Model:\n    def arrays(self): pass\n",
            [", line 3: Model has no from_arrays, sample. Define it, as docs/own-model.md says."],
        ),
        (
            FIT + MODEL + "    def simulate(self): pass\n",
            [": Model has a method simulate, but AGs of kind custom must have the sites of the data set. Rename it."],
        ),
        ("x = 1\ndef fit(:\n", [", line 2: not Python (invalid syntax). Correct it."]),
        ("x = '\0'\n", [": not Python (source code string cannot contain null bytes). Correct it."]),
    ],
)
def test_what_a_model_lacks_is_said(tmp_path, text, problems):
    path = tmp_path / "mine.py"
    path.write_text(text)
    found = list(interface_problems(path))
    assert len(found) == len(problems)
    for line, problem in zip(found, problems, strict=True):
        assert line.startswith(f"{path}{problem}")
