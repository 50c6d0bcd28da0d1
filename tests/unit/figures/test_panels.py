"""Panels that several figures share."""

import pandas as pd

from artificial_genomes.figures.panels import dots
from artificial_genomes.figures.style import new_figure


def test_ticks_of_a_logarithmic_row_of_dots_are_few_and_plain():
    axes = new_figure(height=2).subplots()
    rows = pd.DataFrame({"model": ["a", "b"], "seed": 1, "metric": "m", "value": [1.5, 45.0]})
    dots(axes, rows, "m", log_beyond=20)
    axes.figure.draw_without_rendering()
    low, high = axes.get_xlim()
    shown = [text.get_text() for text in axes.get_xticklabels() if low <= text.get_position()[0] <= high]
    assert shown == ["2", "5", "10", "20", "50"]
    assert not any(text.get_text() for text in axes.get_xticklabels(minor=True))
