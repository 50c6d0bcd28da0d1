import re

import matplotlib
import numpy as np
import pandas as pd
import pytest
from PIL import Image

from artificial_genomes.core.labels import label
from artificial_genomes.core.tables import read_tsv
from artificial_genomes.figures.style import (
    CONTROLS,
    REAL,
    SUPERPOPULATIONS,
    model_colours,
    new_figure,
    panel_letters,
    save_figure,
    save_figure_and_numbers,
    superpopulation_colours,
)


def example():
    figure = new_figure(height=2)
    axes = figure.subplots(1, 2)
    rng = np.random.default_rng(1)
    axes[0].scatter(*rng.normal(size=(2, 500)), s=2, rasterized=True)
    axes[0].set_xlabel("PC1 of 500 haplotypes")
    axes[1].plot([0, 1], [1, 0], label="real")
    axes[1].legend()
    panel_letters(axes)
    return figure


def test_two_drawings_of_the_same_numbers_have_the_same_bytes(tmp_path):
    for name in "ab":
        save_figure(example(), tmp_path / f"{name}.svg", tmp_path / f"{name}.png")
    for kind in ("svg", "png"):
        assert (tmp_path / f"a.{kind}").read_bytes() == (tmp_path / f"b.{kind}").read_bytes()


def test_the_settings_of_the_user_do_not_matter(tmp_path):
    save_figure(example(), tmp_path / "a.svg", tmp_path / "a.png")
    with matplotlib.rc_context({"font.size": 20, "axes.facecolor": "red", "svg.fonttype": "path", "savefig.dpi": 30}):
        save_figure(example(), tmp_path / "b.svg", tmp_path / "b.png")
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_svg_holds_text_and_no_date(tmp_path):
    save_figure(example(), tmp_path / "a.svg", tmp_path / "a.png")
    svg = (tmp_path / "a.svg").read_text()
    assert re.search(r"<text[^>]*>PC1 of 500 haplotypes</text>", svg)
    assert "dc:date" not in svg


def test_png_is_sharp_and_no_wider_than_a_report_needs(tmp_path):
    save_figure(example(), tmp_path / "a.svg", tmp_path / "a.png")
    with Image.open(tmp_path / "a.png") as image:
        assert image.size == (1500, 400)
        assert image.info["dpi"] == pytest.approx((200, 200), abs=0.1)


def test_a_figure_that_fails_leaves_nothing_behind(tmp_path):
    figure = example()
    figure.axes[0].set_title(r"$\unknowncommand$")
    with pytest.raises(ValueError, match="unknowncommand"):
        save_figure(figure, tmp_path / "a.svg", tmp_path / "a.png")
    assert list(tmp_path.iterdir()) == []


def test_numbers_are_written_beside_the_figure(tmp_path):
    numbers = pd.DataFrame({"panel": ["x"], "value": [0.25]})
    save_figure_and_numbers(example(), numbers, *(tmp_path / f"a.{kind}" for kind in ("svg", "png", "tsv")))
    assert read_tsv(tmp_path / "a.tsv").equals(numbers)


def test_known_models_keep_their_colours_whoever_stands_beside_them():
    alone = model_colours(["rbm"])["rbm"]
    assert model_colours(["gan", "something", "rbm"])["rbm"] == alone
    assert model_colours(["real"]) == {"real": REAL}


def test_unknown_models_get_colours_of_their_own_in_any_order():
    names = ["gan", "rbm", "markov", "bernoulli", "wgan", "vae", "hapgen", "external"]
    colours = model_colours(names)
    assert len(set(colours.values())) == len(names)
    assert model_colours(names[::-1]) == colours
    many = model_colours([f"model{i}" for i in range(40)])
    assert len(many) == 40


def relative_luminance(colour):
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in matplotlib.colors.to_rgb(colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def deuteranope(colour):
    # Machado, Oliveira and Fernandes 2009, severity 1.
    matrix = np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    )
    return matrix @ matplotlib.colors.to_rgb(colour)


@pytest.mark.parametrize("colours", [model_colours(["gan", "rbm", "markov", "bernoulli"]), SUPERPOPULATIONS])
def test_colours_differ_for_colour_blind_readers_and_stand_out_on_white(colours):
    values = list(colours.values())
    for i, first in enumerate(values):
        assert 1.05 / (relative_luminance(first) + 0.05) > 1.9
        for second in values[i + 1 :]:
            assert np.linalg.norm(deuteranope(first) - deuteranope(second)) > 0.15


def test_superpopulations_of_other_cohorts_get_colours():
    colours = superpopulation_colours(["EUR", "North", "South"])
    assert colours["EUR"] == SUPERPOPULATIONS["EUR"]
    assert colours["North"] != colours["South"]


def test_controls_are_told_apart_without_colour():
    assert CONTROLS["ceiling"]["linestyle"] != CONTROLS["floor"]["linestyle"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("gan", "GAN"),
        ("real+rbm", "Real + RBM"),
        ("my_model", "my_model"),
        ("ceiling", "Ceiling"),
        ("li_stephens", "Li-Stephens"),
        ("reshape64", "RESHAPE 64"),
        ("gan_early", "GAN early"),
        ("markov5", "Markov 5"),
        ("real+rbm_large_relu", "Real + RBM large relu"),
        ("gander", "gander"),
        ("rbm@100", "rbm@100"),
    ],
)
def test_labels(name, text):
    assert label(name) == text
