import numpy as np

from artificial_genomes.core.colors import model_colours
from artificial_genomes.figures import fig7_imputation
from artificial_genomes.figures.sets import panel
from figure_helpers import PANELS, axes_with, gains_table


def test_figure_7_of_a_data_set_without_rare_sites_says_so():
    gains = gains_table(PANELS)
    gains.loc[(gains["axis"] == "rare") | ((gains["axis"] == "maf") & (gains["low"] == 0)), "value":"share_worse"] = (
        np.nan
    )
    gains.loc[gains["value"].isna(), "n_sites"] = 0
    figure = fig7_imputation.draw(fig7_imputation.numbers(gains))
    assert "no site with a minor allele\nfrequency below 5 %" in [
        text.get_text() for text in axes_with(figure, "d").texts
    ]


def test_panels_of_part_of_the_ags_and_of_ags_alone_are_left_to_figure_s9(drawn):
    assert panel(drawn[7][1], "by_maf")["panel_added"].unique().tolist() == PANELS
    assert panel(drawn[7][1], "overall")["panel_added"].unique().tolist() == PANELS[1:]


def test_a_model_that_imputes_by_itself_is_named_so_and_marked():
    figure = fig7_imputation.draw(fig7_imputation.numbers(gains_table(["real", "real+hclt", "hclt@direct"])))
    lines = {line.get_label(): line for line in figure.legends[0].get_lines()}
    added, alone = lines["Real + HCLT"], lines["HCLT, no panel"]
    assert added.get_color() == alone.get_color() == model_colours(["hclt"])["hclt"]
    assert added.get_marker() != alone.get_marker()
    names = [text.get_text() for text in axes_with(figure, "c").get_yticklabels()]
    assert names == ["+ HCLT", "HCLT, no panel"]


def test_empty_bins_are_not_drawn(drawn):
    _, _, figure = drawn[7]
    labels = [text.get_text() for text in axes_with(figure, "a").get_xticklabels()]
    assert labels == ["0–5\n20", "10–50\n20"]


def test_panels_have_the_colour_of_the_model_that_they_add(drawn):
    _, numbers, figure = drawn[7]
    (legend,) = figure.legends
    colours = {line.get_label(): line.get_color() for line in legend.get_lines()}
    assert colours["Real + GAN"] == model_colours(["gan"])["gan"]
    values = panel(numbers, "by_maf").query("panel_added == 'real+rbm'")["value"]
    line = next(line for line in axes_with(figure, "a").lines if line.get_color() == colours["Real + RBM"])
    np.testing.assert_allclose(line.get_ydata(), values)


def test_gains_stand_with_their_intervals(drawn):
    _, numbers, figure = drawn[7]
    rows = panel(numbers, "overall").query("panel_added == 'real+rbm'")
    lines = [line for line in axes_with(figure, "c").lines if line.get_color() == model_colours(["rbm"])["rbm"]]
    drawn_intervals = {tuple(np.round(line.get_xdata(), 6)) for line in lines if len(line.get_xdata()) == 2}
    assert drawn_intervals >= {tuple(np.round(pair, 6)) for pair in rows[["gain_low", "gain_high"]].to_numpy(float)}


def test_own_quality_stands_against_the_truth(drawn):
    _, numbers, figure = drawn[7]
    rare = panel(numbers, "overall").query("panel_added == 'real+gan' and axis == 'rare'")["gain"].item()
    own = panel(numbers, "quality").query("panel_added == 'real+gan'")["gain"].item()
    points = [line.get_xydata()[0] for line in axes_with(figure, "d").lines if len(line.get_xdata()) == 1]
    assert any(np.allclose(point, (rare, own)) for point in points)


def test_intervals_of_r2_stay_within_its_range():
    gains = gains_table(PANELS)
    gains.loc[gains["axis"] == "maf", ["value", "se_sites"]] = [0.99, 0.02]
    figure = fig7_imputation.draw(fig7_imputation.numbers(gains))
    ends = np.concatenate([lines.get_segments() for lines in axes_with(figure, "a").collections])[:, :, 1]
    np.testing.assert_allclose(ends, np.broadcast_to([0.99 - 1.96 * 0.02, 1.0], ends.shape))
