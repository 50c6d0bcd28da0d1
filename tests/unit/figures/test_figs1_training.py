import numpy as np
import pandas as pd
import pytest

import figure_helpers
from artificial_genomes.figures import figs1_training
from artificial_genomes.figures.sets import panel
from figure_helpers import SEEDS, axes_with, figure_s1, training_table


@pytest.mark.integration
def test_training_curves_are_those_of_the_tables(drawn):
    _, numbers, figure = drawn["s1"]
    table = training_table("gan", 2)
    expected = {
        "score": ["score"],
        "aats": ["aa_truth", "aa_syn"],
        "correlations": ["af_r", "ld_r2_r"],
        "excess": ["privacy_loss", "distance_w1"],
        "losses": ["discriminator_loss", "generator_loss"],
    }
    for axes, (name, quantities) in zip(figure.axes, expected.items(), strict=False):
        lines = {tuple(line.get_ydata()) for line in axes.lines if len(line.get_xdata()) == len(table)}
        rows = panel(numbers, name)
        rows = rows[(rows["model"] == "gan") & (rows["seed"] == 2)]
        assert list(rows["quantity"].unique()) == quantities
        for quantity in quantities:
            assert tuple(table[quantity]) in lines
            np.testing.assert_array_equal(rows.loc[rows["quantity"] == quantity, "value"], table[quantity])
    assert set(numbers["n"]) == {6}
    assert "n = 6 haplotypes" in figure.axes[0].get_ylabel()


def test_the_chosen_epoch_has_the_smallest_score_and_is_marked_in_every_panel(drawn):
    _, numbers, figure = drawn["s1"]
    best = [
        int(table.loc[table["score"].idxmin(), "epoch"]) for table in (training_table("gan", seed) for seed in SEEDS)
    ]
    chosen = numbers[(numbers["model"] == "gan") & (numbers["chosen"] == 1)]
    assert sorted(chosen["epoch"].unique()) == sorted(set(best))
    for axes in figure.axes[:5]:
        dots = [line.get_xdata()[0] for line in axes.lines if line.get_marker() == "o"]
        assert sorted(set(dots)) == sorted(set(best))
    assert f"chosen: {min(best)}–{max(best)}" in figure.axes[0].get_xlabel()


@pytest.mark.parametrize(("kept", "text"), [(3, "3,\nnot converged)"), (2, "2)")])
def test_a_training_whose_last_epoch_is_the_best_has_not_converged(kept, text):
    table = pd.DataFrame({"model": "gan", "seed": 1, "epoch": [1, 2, 3], "loss": 1.0, "score": 0.5})
    table["kept"] = (table["epoch"] == kept).astype(int)
    figure = figs1_training.draw(figs1_training.numbers([table], pd.DataFrame({"split": ["validation"]})))
    assert figure.axes[0].get_xlabel() == f"Epoch (chosen: {text}"


def test_models_without_epochs_are_left_out_and_likelihoods_say_so(drawn):
    _, numbers, figure = drawn["s1"]
    assert list(numbers["model"].unique()) == ["gan", "rbm", "my_model"]
    likelihood = axes_with(figure, "c")
    assert likelihood.get_ylabel().startswith("Own score")
    assert axes_with(figure, "a").get_ylabel().startswith("Score (0 = perfect)")
    figure = figs1_training.draw(figs1_training.numbers([], pd.DataFrame({"split": ["train"]})))
    assert [text.get_text() for text in figure.axes[0].texts] == ["no model that trains by epochs"]


@pytest.mark.parametrize("n_models", [1, pytest.param(7, marks=pytest.mark.integration)])
def test_rows_of_training_panels_do_not_overlap(n_models, monkeypatch):
    names = ["gan", "rbm", "my_model", "a_model_with_a_rather_long_name", "b", "c", "d"][:n_models]
    monkeypatch.setattr(figure_helpers, "MODELS", names)
    module, numbers = figure_s1([1, 2, 3, 4, 5])
    figure = module.draw(numbers)
    figure.get_layout_engine().execute(figure)
    boxes = [axes.get_tightbbox() for axes in figure.axes if axes.axison]
    for i, box in enumerate(boxes):
        assert not any(box.padded(-1).overlaps(other.padded(-1)) for other in boxes[:i])
