import numpy as np
import pandas as pd

from artificial_genomes.figures import figs9_imputation
from artificial_genomes.figures.sets import panel
from artificial_genomes.imputation.tables import CALIBRATION_COLUMNS
from figure_helpers import PANELS, gains_table


def test_sizes_lie_in_order_and_programs_side_by_side(drawn):
    _, numbers, figure = drawn["s9"]
    axes = next(axes for axes in figure.axes if axes.get_xlabel() == "AGs in the panel")
    assert [text.get_text() for text in axes.get_xticklabels()] == ["20", "100", "all"]
    by_size = panel(numbers, "by_size")
    line = next(line for line in axes.lines if len(line.get_xdata()) == 3)
    expected = by_size.set_index("panel_added")["gain"][["real+rbm@20", "real+rbm@100", "real+rbm"]]
    np.testing.assert_allclose(line.get_ydata(), expected)
    labels = [axes.get_xlabel() for axes in figure.axes]
    assert labels[-2:] == [f"Gain in true $r^2$, {name} (better →)" for name in ("Beagle", "Minimac4")]


def test_one_program_and_whole_panels_leave_two_panels():
    gains = gains_table(PANELS).assign(tool="beagle")
    calibration = pd.DataFrame([("real", 1, "quality", 0, 0.1, 0.05, 0.1, 9)])
    calibration.columns = ["model", "seed", *CALIBRATION_COLUMNS]
    figure = figs9_imputation.draw(figs9_imputation.numbers(gains, calibration))
    assert len(figure.axes) == 2
