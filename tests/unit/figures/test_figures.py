"""What holds for every figure."""

import numpy as np
import pytest
from matplotlib.text import Text

import figure_helpers
from artificial_genomes.core.labels import label
from artificial_genomes.core.tables import read_tsv
from artificial_genomes.figures.style import save_figure_and_numbers
from figure_helpers import FIGURES, MODELS, NUMBERS, figure_1, figure_2, figure_3, figure_6, figure_s8, figure_s12


@pytest.mark.integration
@pytest.mark.parametrize("make", FIGURES)
def test_every_figure_can_be_drawn_again_from_its_table_on_disk(make, tmp_path):
    module, numbers = make([1])
    paths = [tmp_path / f"a.{kind}" for kind in ("svg", "png", "tsv")]
    figure = module.draw(numbers)
    save_figure_and_numbers(figure, numbers, *paths)
    again = module.draw(read_tsv(paths[2]))
    for first, second in zip(figure.axes, again.axes, strict=True):
        assert first.get_title() == second.get_title()
        assert len(first.get_children()) == len(second.get_children())
        for a, b in zip(first.lines, second.lines, strict=True):
            np.testing.assert_allclose(a.get_xydata().astype(float), b.get_xydata().astype(float), rtol=1e-5)
    assert b"AG0000" not in paths[2].read_bytes()  # no names of people


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
@pytest.mark.parametrize("model_count", [1, 6])
def test_any_number_of_models_fits(make, model_count, monkeypatch):
    names = [*MODELS, "a", "b"][:model_count]
    monkeypatch.setattr(figure_helpers, "MODELS", names)
    module, numbers = make([1])
    figure = module.draw(numbers)
    figure.get_layout_engine().execute(figure)  # warns, and warnings are errors, where panels have no room
    assert {label(name) for name in names} <= {text.get_text() for text in figure.findobj(Text)}
