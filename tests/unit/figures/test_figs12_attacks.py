"""The figure of attacks on membership."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.text import Text

from artificial_genomes.compare.attacks import ATTACKS, PLANTED
from artificial_genomes.figures import figs12_attacks
from artificial_genomes.figures.sets import panel
from figure_helpers import CONTROLS, MODELS, attack_metrics, axes_with

BEST = "mia_individual_auc"
MANY = [*"abcdefgh", "gan", "rbm", "wgan", "hclt", "a long name of a model"]


def draw(metrics):
    numbers = figs12_attacks.numbers(metrics)
    return numbers, figs12_attacks.draw(numbers)


def marks(axes, size):
    """Return where marks of a size stand."""
    lines = [line for line in axes.lines if line.get_marker() != "None" and line.get_markersize() == size]
    return {(round(line.get_xdata()[0], 6), round(line.get_ydata()[0], 6)) for line in lines}


def texts(figure):
    return [text.get_text() for text in figure.findobj(Text)]


def value_of(metrics, model, metric, reference="train+test"):
    of_metric = metrics[(metrics["model"] == model) & (metrics["metric"] == metric)]
    return of_metric.loc[of_metric["reference"] == reference, "value"].mean()


def without(metrics, models, name):
    """Leave out the metrics of some models whose names begin with `name`."""
    return metrics[~(metrics["model"].isin(models) & metrics["metric"].str.startswith(name))]


def test_means_over_seeds_have_the_outermost_ends_of_the_intervals():
    rows = [
        ("gan", 1, "test", "ld_r2_r", 0.8, 0.7, 0.85, 60),
        ("gan", 2, "test", "ld_r2_r", 0.9, 0.88, 0.95, 60),
        ("gan", 1, "train", "ld_r2_r", 0.1, 0.0, 0.2, 60),
        ("gan", 1, "train+test", BEST, 0.5, 0.45, 0.6, 60),
        ("gan", 2, "train+test", BEST, 0.6, 0.4, 0.65, 60),
        ("gan", 1, "train+test", "mia_density_auc", 0.52, 0.5, 0.54, 60),
        ("gan", 2, "train+test", "mia_density_auc", 0.53, 0.51, 0.58, 60),
        ("gan", 1, "train+test", "planted_copies_tpr", 0.25, 0.125, 0.5, 60),
        ("gan", 2, "train+test", "planted_copies_tpr", 0.75, 0.375, 1.0, 60),
    ]
    columns = ["model", "seed", "reference", "metric", "value", "ci_low", "ci_high", "n"]
    numbers = figs12_attacks.numbers(pd.DataFrame(rows, columns=columns))
    shown = numbers[numbers["panel"] != "seeds"].set_index(["panel", "metric"])[["value", "ci_low", "ci_high"]]
    expected = {
        ("frontier", "ld_r2_r"): (0.85, 0.7, 0.95),
        ("frontier", BEST): (0.55, 0.4, 0.65),
        ("attacks", "mia_density_auc"): (0.525, 0.5, 0.58),
        ("power", "planted_copies_tpr"): (0.5, 0.125, 1.0),
    }
    assert list(shown.index) == list(expected)
    np.testing.assert_allclose(shown, list(expected.values()))
    assert panel(numbers, "seeds")["value"].tolist() == [0.8, 0.9, 0.5, 0.6]


def test_models_stand_at_their_fidelity_and_best_attack(drawn):
    axes, metrics = axes_with(drawn["s12"][2], "a"), attack_metrics()
    places = {
        (round(value_of(metrics, name, BEST), 6), round(value_of(metrics, name, "ld_r2_r", "test"), 6))
        for name in [*MODELS, *CONTROLS]
    }
    assert marks(axes, 6) == places
    of_seeds = [metrics[(metrics["seed"] == seed) & metrics["model"].isin(MODELS)] for seed in (1, 2)]
    assert marks(axes, 3) == {
        (round(value_of(rows, name, BEST), 6), round(value_of(rows, name, "ld_r2_r", "test"), 6))
        for rows in of_seeds
        for name in MODELS
    }
    assert axes.get_xlabel().endswith("n = 30 individuals each)")  # of 60 haplotypes
    assert any(list(line.get_xdata()) == [0.5, 0.5] and line.get_linestyle() == ":" for line in axes.lines)


def test_one_seed_has_no_marks_of_seeds():
    assert not marks(axes_with(draw(attack_metrics(seeds=[1]))[1], "a"), 3)


@pytest.mark.parametrize(
    ("letter", "metric", "names", "labels", "chance"),
    [("b", "mia_{}_auc", ATTACKS, [*ATTACKS], 0.5), ("c", "planted_{}_tpr", PLANTED, [*PLANTED.values()], 0.01)],
)
def test_every_attack_and_planting_has_a_row_with_all_models(drawn, letter, metric, names, labels, chance):
    axes, metrics = axes_with(drawn["s12"][2], letter), attack_metrics()
    assert [text.get_text() for text in axes.get_yticklabels()] == labels
    shown = sorted((round(y), x) for x, y in marks(axes, 3.6))
    expected = sorted(
        (place, round(value_of(metrics, model, metric.format(name)), 6))
        for place, name in enumerate(names)
        for model in [*MODELS, *CONTROLS]
    )
    assert shown == expected
    dashed = [line.get_xdata()[0] for line in axes.lines if line.get_linestyle() == "--"]
    np.testing.assert_allclose(dashed, [value_of(metrics, "ceiling", metric.format(name)) for name in names])
    assert [line.get_xdata()[0] for line in axes.lines if line.get_linestyle() == ":"] == [chance]


def test_models_without_known_training_people_are_named_as_not_attacked():
    metrics = without(without(attack_metrics(), ["rbm"], "mia_"), ["rbm"], "planted_")
    metrics["reference"] = metrics["reference"].mask(metrics["model"] == "rbm", "all")
    _, figure = draw(metrics)
    legend = [text.get_text() for text in figure.subfigs[0].legends[0].get_texts()]
    assert legend[:3] == ["GAN", "RBM (not attacked)", "Bernoulli"]
    assert len(marks(axes_with(figure, "a"), 6)) == len(MODELS) - 1 + len(CONTROLS)
    assert len(marks(axes_with(figure, "b"), 3.6)) == len(ATTACKS) * (len(MODELS) - 1 + len(CONTROLS))


@pytest.mark.integration
@pytest.mark.parametrize("attacked", [[], CONTROLS])
def test_panels_without_attacks_say_why(attacked):
    others = [name for name in [*MODELS, *CONTROLS] if name not in attacked]
    metrics = without(without(attack_metrics(), others, "mia_"), others, "planted_")
    numbers, figure = draw(metrics)
    assert texts(figure).count("Not attacked: the training individuals are unknown") == 3
    assert not {"attacks", "power"} & {*numbers["panel"]}
    assert not any(text.startswith("Nothing was planted") for text in texts(figure))


def test_a_panel_without_plantings_says_why():
    metrics = attack_metrics()
    is_planted = metrics["metric"].str.startswith("planted_") & (metrics["model"] != "ceiling")
    metrics.loc[is_planted, ["value", "ci_low", "ci_high"]] = np.nan
    numbers, figure = draw(metrics)
    assert [text.startswith("Nothing was planted") for text in texts(figure)].count(True) == 1
    assert "power" not in {*numbers["panel"]}
    assert marks(axes_with(figure, "b"), 3.6)


def test_numbers_without_intervals_have_marks_all_the_same():
    metrics = attack_metrics().assign(ci_low=np.nan, ci_high=np.nan)
    figure = draw(metrics)[1]
    assert len(marks(axes_with(figure, "a"), 6)) == len(MODELS) + len(CONTROLS)
    assert len(marks(axes_with(figure, "c"), 3.6)) == len(PLANTED) * (len(MODELS) + len(CONTROLS))


def test_a_model_without_ld_is_not_on_the_frontier():
    metrics = attack_metrics()
    metrics.loc[(metrics["model"] == "rbm") & (metrics["metric"] == "ld_r2_r"), "value"] = np.nan
    figure = draw(metrics)[1]
    assert len(marks(axes_with(figure, "a"), 6)) == len(MODELS) - 1 + len(CONTROLS)
    assert len(marks(axes_with(figure, "b"), 3.6)) == len(ATTACKS) * (len(MODELS) + len(CONTROLS))


def test_numbers_of_haplotypes_that_differ_between_models_are_a_range():
    metrics = attack_metrics()
    metrics.loc[metrics["model"] == "rbm", "n"] = 1200
    figure = draw(metrics)[1]
    assert axes_with(figure, "a").get_xlabel().endswith("n = 30 to 600 individuals each)")
    assert axes_with(figure, "b").get_xlabel().endswith("n = 60 to 1,200 haplotypes each")


@pytest.mark.parametrize("names", [["hclt"], pytest.param(MANY, marks=pytest.mark.integration)])
def test_any_number_of_models_fits_and_has_marks_of_its_own(names):
    metrics = attack_metrics([*names, *CONTROLS], [1, 2, 3])
    metrics["n"] = 1002
    figure = draw(metrics)[1]
    figure.draw_without_rendering()
    legend = figure.subfigs[0].legends[0]
    looks = {(line.get_marker(), line.get_markerfacecolor() == "white") for line in legend.get_lines()}
    assert len(looks) == len(names) + len(CONTROLS)
    assert not any(legend.get_window_extent().overlaps(axes.get_tightbbox()) for axes in figure.axes)
    rows = [text for letter in "bc" for text in axes_with(figure, letter).get_yticklabels()]
    labels = [text for axes in figure.axes for text in (axes.xaxis.label, axes.yaxis.label, axes.title)]
    for shown in (legend, *rows, *(text for text in labels if text.get_text())):
        box = shown.get_window_extent()
        assert box.x0 >= 0
        assert box.y0 >= 0
        assert box.x1 <= figure.bbox.x1
        assert box.y1 <= figure.bbox.y1
