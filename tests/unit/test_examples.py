"""The examples in docstrings are right."""

import doctest
import importlib
import runpy
from xml.etree import ElementTree

import numpy as np
import pytest

from artificial_genomes.figures import fig1_pca
from figure_helpers import metrics_table, pca_tables, points_of
from helpers import ROOT

PACKAGE = ROOT / "workflow" / "scripts" / "artificial_genomes"
MODULES = sorted(
    f"artificial_genomes.{path.parent.name}.{path.stem}"
    for room in ("statistics", "models")
    for path in (PACKAGE / room).glob("*.py")
    if ">>> " in path.read_text()
)


@pytest.mark.parametrize("name", MODULES)
def test_examples_give_what_they_say(name):
    assert doctest.testmod(importlib.import_module(name), extraglobs={"np": np}).failed == 0


def test_every_statistic_has_an_example():
    names = {path.stem for path in (PACKAGE / "statistics").glob("[a-z]*.py")}
    assert names <= {name.rpartition(".")[2] for name in MODULES}


def test_the_picture_of_the_workflow_shows_every_rule_once():
    rulegraph = runpy.run_path(ROOT / "docs" / "rulegraph.py")
    needs = rulegraph["read_rules"](
        '0[label = "report"]; 1[label = "fig1_pca"]; 2[label = "figs_models"]; 3[label = "train"];'
        "1 -> 0 2 -> 0 3 -> 1 3 -> 2 3 -> 0"
    )
    assert needs == {"report": {"figures", "train"}, "figures": {"train"}, "train": set()}
    assert rulegraph["direct"](needs)["report"] == {"figures"}
    assert rulegraph["levels"](needs) == {"train": 0, "figures": 1, "report": 2}
    picture = ElementTree.fromstring(rulegraph["draw"](needs))
    assert sorted(text.text for text in picture.iter("{http://www.w3.org/2000/svg}text")) == [
        "figures",
        "report",
        "train",
    ]


def test_the_picture_of_the_readme_shows_real_haplotypes_the_best_model_and_independent_sites():
    strip = runpy.run_path(ROOT / "docs" / "strip.py")
    pca, variance = pca_tables()
    metrics = metrics_table()
    is_shown = metrics["metric"] == "pca_w1_mean"
    metrics.loc[is_shown, "value"] = (metrics.loc[is_shown, "model"] != "rbm") + 0.1
    figure = strip["draw"](fig1_pca.numbers(pca, variance, metrics))
    assert [axes.get_title() for axes in figure.axes] == [
        "Real haplotypes",
        "Good AGs (RBM)",
        "Bad AGs (independent sites)",
    ]
    for axes, name in zip(figure.axes, ("real", "rbm", "bernoulli"), strict=True):
        expected = pca.loc[pca["set"] == name, ["pc1", "pc2"]]
        np.testing.assert_allclose(points_of(axes, 0 if name == "real" else 1), expected)
