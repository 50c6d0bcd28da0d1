"""What holds for every figure."""

import re
from functools import partial
from itertools import combinations
from xml.etree import ElementTree

import numpy as np
import pytest
from matplotlib.text import Text

import figure_helpers
from artificial_genomes.core.colors import model_colours
from artificial_genomes.core.labels import label
from artificial_genomes.core.tables import read_tsv, write_tsv
from artificial_genomes.figures.sets import models_in, panel
from artificial_genomes.figures.style import new_figure, save_figure
from figure_helpers import (
    FIGURES,
    MODELS,
    NUMBERS,
    PANELS,
    figure_1,
    figure_2,
    figure_3,
    figure_4,
    figure_5,
    figure_6,
    figure_s8,
    figure_s12,
)


@pytest.mark.integration
@pytest.mark.parametrize("make", FIGURES)
def test_every_figure_can_be_drawn_again_from_its_table_on_disk(make, tmp_path):
    module, numbers = make([1])
    figure = module.draw(numbers)
    write_tsv(numbers, tmp_path / "a.tsv")
    again = module.draw(read_tsv(tmp_path / "a.tsv"))
    for first, second in zip(figure.axes, again.axes, strict=True):
        assert first.get_title() == second.get_title()
        assert len(first.get_children()) == len(second.get_children())
        for a, b in zip(first.lines, second.lines, strict=True):
            np.testing.assert_allclose(a.get_xydata().astype(float), b.get_xydata().astype(float), rtol=1e-5)
    assert b"AG0000" not in (tmp_path / "a.tsv").read_bytes()  # no names of people


@pytest.mark.parametrize("number", NUMBERS)
def test_panels_have_letters_labels_and_a_drawing(drawn, number):
    figure = drawn[number][2]
    panels = [axes for axes in figure.axes if axes.get_title(loc="left")]
    letters = [axes.get_title(loc="left") for axes in panels]
    assert sorted(letters) == list("abcdefghijklmnopqrstuvwxyz"[: len(letters)])
    assert len(letters) >= 3
    for axes in panels:
        assert axes.lines or axes.collections or axes.images or axes.patches


@pytest.mark.parametrize("make", [figure_1, figure_2, figure_3, figure_6, figure_s8, figure_s12])
@pytest.mark.parametrize("model_count", [1, pytest.param(6, marks=pytest.mark.integration)])
def test_any_number_of_models_fits(make, model_count, monkeypatch):
    names = [*MODELS, "a", "b"][:model_count]
    monkeypatch.setattr(figure_helpers, "MODELS", names)
    module, numbers = make([1])
    figure = module.draw(numbers)
    figure.get_layout_engine().execute(figure)  # warns, and warnings are errors, where panels have no room
    assert {label(name) for name in names} <= {text.get_text() for text in figure.findobj(Text)}


GATES = {
    "fidelity": {
        "af_r": {"below_ceiling_max": 0.02},
        "ld_r2_r": {"below_ceiling_max": 0.05},
        "pca_w1_mean": {"above_ceiling_max": 0.1},
        "distance_within_w1": {"above_ceiling_max": 0.1},
        "aa_truth": {"from_half_max": 0.1},
    },
    "privacy": {"privacy_loss": {"at_most": 0.05}, "mia_auc": {"at_most": 0.58}},
}


def drawn_texts(figure):
    """Return the boxes of all texts that a drawing shows."""
    shown, draw = {}, Text.draw

    def record(text, renderer):
        if text.get_visible() and text.get_text().strip():
            shown[text] = None
        draw(text, renderer)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Text, "draw", record)
        figure.draw_without_rendering()
    # That of an annotation would hold its line.
    return {text: Text.get_window_extent(text) for text in shown}


def overlapping(texts, dpi):
    """Return pairs of texts whose boxes overlap, by more than a third of a point on each side."""
    boxes = [(text.get_text(), box.padded(-dpi / 216)) for text, box in texts.items()]
    return [(one, other) for (one, a), (other, b) in combinations(boxes, 2) if a.overlaps(b)]


def outside(texts, canvas):
    """Return the texts that leave the canvas."""
    return [
        text.get_text() for text, box in texts.items() if (box.min < canvas.min).any() or (box.max > canvas.max).any()
    ]


def test_texts_that_overlap_or_leave_the_canvas_are_found():
    figure = new_figure(height=1)
    axes = figure.subplots()
    axes.set_axis_off()
    axes.text(0.5, 0.5, "one")
    axes.text(0.51, 0.5, "other")
    axes.text(0.1, 0.5, "alone")
    axes.text(1.2, 0.2, "far").set_in_layout(False)
    texts = drawn_texts(figure)
    assert overlapping(texts, figure.dpi) == [("one", "other")]
    assert outside(texts, figure.bbox) == ["far"]


@pytest.mark.integration
@pytest.mark.parametrize("number", NUMBERS)
def test_texts_neither_overlap_nor_leave_the_canvas(drawn, number):
    figure = drawn[number][2]
    texts = drawn_texts(figure)
    assert not overlapping(texts, figure.dpi)
    assert not outside(texts, figure.bbox)


@pytest.mark.integration
@pytest.mark.parametrize("number", NUMBERS)
def test_everything_in_the_color_of_a_model_is_in_a_group_of_the_model(drawn, number, tmp_path):
    _, numbers, figure = drawn[number]
    save_figure(figure, tmp_path / "a.svg", tmp_path / "a.png")
    root = ElementTree.parse(tmp_path / "a.svg").getroot()
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    owners = {color: name for name, color in model_colours(MODELS).items()}
    found = set()

    def look(element, groups):
        groups = groups | {(element.get("id") or "").partition(".")[0]}
        colors = re.findall(r"(?:stroke|fill): (#[0-9a-f]{6})", element.get("style") or "")
        for name in {owners[color] for color in colors if color in owners}:
            assert f"model-{name}" in groups, f"{element.tag} {element.attrib}"
            found.add(name)
        for child in element:
            look(child, groups)

    look(root, frozenset())
    shown = models_in(numbers) if "model" in numbers else [name for name in MODELS if f"real+{name}" in PANELS]
    assert found == {*shown} & {*MODELS} if number != 8 else found == {"rbm"}


@pytest.mark.integration
@pytest.mark.parametrize(
    ("make", "n_gates"), [(figure_1, 1), (figure_2, 1), (figure_3, 1), (figure_4, 1), (figure_5, 3)]
)
def test_what_gates_allow_stands_above_their_panels(make, n_gates):
    module, _ = make([1])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "numbers", partial(module.numbers, gates=GATES))
        module, numbers = make([1])
    figure = module.draw(numbers)
    texts = [text.get_text() for text in figure.findobj(Text) if text.get_text().startswith("gate: ")]
    assert len(texts) == n_gates == len(panel(numbers, "gates"))
    assert not overlapping(drawn_texts(figure), figure.dpi)
    if make is figure_5:
        assert texts == ["gate: 0.4 to 0.6", "gate: ≤ 0.05", "gate: ≤ 0.58"]
