import base64
import io
import re
from itertools import combinations

import matplotlib
import numpy as np
import pandas as pd
import pytest
from PIL import Image

from artificial_genomes.core.colors import REAL, model_colours
from artificial_genomes.core.kinds import KINDS
from artificial_genomes.core.labels import label
from artificial_genomes.core.tables import read_tsv
from artificial_genomes.figures.style import (
    CONTROLS,
    SUPERPOPULATIONS,
    marks_of,
    new_figure,
    panel_letters,
    save_figure,
    save_figure_and_numbers,
    set_legend,
    superpopulation_colours,
)
from color_vision import CONES, ciede2000, contrast_on_white, lab


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


@pytest.mark.integration
def test_two_drawings_of_the_same_numbers_have_the_same_bytes(tmp_path):
    for name in "ab":
        save_figure(example(), tmp_path / f"{name}.svg", tmp_path / f"{name}.png")
    for kind in ("svg", "png"):
        assert (tmp_path / f"a.{kind}").read_bytes() == (tmp_path / f"b.{kind}").read_bytes()


@pytest.mark.integration
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


# Sharma, Wu and Dalal 2005, Color Research and Application 30:21, table 1: two colors in CIELAB, and their difference.
SHARMA = """
50 2.6772 -79.7751 50 0 -82.7485 2.0425
50 3.1571 -77.2803 50 0 -82.7485 2.8615
50 2.8361 -74.0200 50 0 -82.7485 3.4412
50 -1.3802 -84.2814 50 0 -82.7485 1
50 -1.1848 -84.8006 50 0 -82.7485 1
50 -0.9009 -85.5211 50 0 -82.7485 1
50 0 0 50 -1 2 2.3669
50 -1 2 50 0 0 2.3669
50 2.49 -0.001 50 -2.49 0.0009 7.1792
50 2.49 -0.001 50 -2.49 0.001 7.1792
50 2.49 -0.001 50 -2.49 0.0011 7.2195
50 2.49 -0.001 50 -2.49 0.0012 7.2195
50 -0.001 2.49 50 0.0009 -2.49 4.8045
50 -0.001 2.49 50 0.001 -2.49 4.8045
50 -0.001 2.49 50 0.0011 -2.49 4.7461
50 2.5 0 50 0 -2.5 4.3065
50 2.5 0 73 25 -18 27.1492
50 2.5 0 61 -5 29 22.8977
50 2.5 0 56 -27 -3 31.9030
50 2.5 0 58 24 15 19.4535
50 2.5 0 50 3.1736 0.5854 1
50 2.5 0 50 3.2972 0 1
50 2.5 0 50 1.8634 0.5757 1
50 2.5 0 50 3.2592 0.3350 1
60.2574 -34.0099 36.2677 60.4626 -34.1751 39.4387 1.2644
63.0109 -31.0961 -5.8663 62.8187 -29.7946 -4.0864 1.2630
61.2901 3.7196 -5.3901 61.4292 2.2480 -4.9620 1.8731
35.0831 -44.1164 3.7933 35.0232 -40.0716 1.5901 1.8645
22.7233 20.0904 -46.6940 23.0331 14.9730 -42.5619 2.0373
36.4612 47.8580 18.3852 36.2715 50.5065 21.2231 1.4146
90.8027 -2.0831 1.4410 91.1528 -1.6435 0.0447 1.4441
90.9257 -0.5406 -0.9208 88.6381 -0.8985 -0.7239 1.5381
6.7747 -0.2908 -2.4247 5.8714 -0.0985 -2.2286 0.6377
2.0776 0.0795 -1.1350 0.9033 -0.0636 -0.5514 0.9082
"""


def test_differences_of_colors_are_the_published_ones():
    pairs = np.array([line.split() for line in SHARMA.split("\n")[1:-1]], float)
    assert len(pairs) == 34
    for pair in pairs:
        assert ciede2000(pair[:3], pair[3:6]) == pytest.approx(pair[6], abs=5e-5)


DEMO = ("gan", "wgan", "rbm", "hclt", "markov", "bernoulli")
SPARE = [f"spare{i}" for i in range(6)]


@pytest.mark.parametrize(("models", "least"), [(DEMO, 11), (tuple(KINDS), 8.5), ((*KINDS, *SPARE), 7)])
@pytest.mark.parametrize("cones", CONES)
def test_colors_of_models_populations_and_real_haplotypes_differ_for_every_reader(models, least, cones):
    colors = [*model_colours(["real", *models]).values(), *SUPERPOPULATIONS.values()]
    seen = [lab(color, cones) for color in colors]
    assert min(ciede2000(*pair) for pair in combinations(seen, 2)) > least


def test_thin_lines_stand_out_on_white():
    colors = [*model_colours(["real", *KINDS, *SPARE]).values(), *SUPERPOPULATIONS.values()]
    assert min(map(contrast_on_white, colors)) > 3


@pytest.mark.parametrize(("known", "n", "least"), [((), 3, 30), ((), 10, 11), (tuple(SUPERPOPULATIONS), 5, 11)])
@pytest.mark.parametrize("cones", CONES)
def test_colors_of_other_groups_differ_for_every_reader(known, n, least, cones):
    names = [*known, *(f"group{i}" for i in range(n))]
    colors = superpopulation_colours(names)
    seen = [lab(color, cones) for color in (colors[name] for name in names)]
    assert min(ciede2000(*pair) for pair in combinations(seen, 2)) > least
    assert min(ciede2000(lab(REAL, cones), one) for one in seen) > 11
    assert min(contrast_on_white(colors[name]) for name in names) > 3


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


def test_legends_read_by_rows_and_their_entries_belong_to_models():
    figure = new_figure(height=2)
    axes = figure.subplots()
    handles = {name: axes.plot([0, 1], label=name.upper())[0] for name in "abcde"}
    set_legend(axes, handles, 3, loc="upper left")
    figure.draw_without_rendering()
    legend = axes.get_legend()
    boxes = {text.get_text(): text.get_window_extent() for text in legend.get_texts()}
    assert sorted(boxes, key=lambda name: (-boxes[name].y0.round(), boxes[name].x0)) == list("ABCDE")
    assert {text.get_gid() for text in legend.get_texts()} == {f"model-{name}" for name in "abcde"}


def test_groups_of_a_model_have_unique_ids_however_often_a_figure_is_written(tmp_path):
    figure = new_figure(height=2)
    axes = figure.subplots()
    with marks_of("gan", axes):
        axes.plot([0, 1])
        axes.annotate("end", (1, 1), xytext=(0.5, 0.5), arrowprops={"arrowstyle": "-"})
    axes.plot([1, 0])
    for name in "ab":
        save_figure(figure, tmp_path / f"{name}.svg", tmp_path / f"{name}.png")
        ids = re.findall(r'id="(model-[^"]*)"', (tmp_path / f"{name}.svg").read_text())
        assert sorted(ids) == ["model-gan.1", "model-gan.2", "model-gan.3"]


def layers_of(svg):
    return [Image.open(io.BytesIO(base64.b64decode(png))) for png in re.findall(r"base64,([^\"]+)", svg.read_text())]


@pytest.mark.integration
def test_images_within_an_svg_have_a_palette_and_keep_their_colors(tmp_path):
    figure = new_figure(height=2)
    left, right = figure.subplots(1, 2)
    steps = np.arange(20.0).reshape(4, 5)
    left.imshow(steps, interpolation="none", cmap="viridis")
    rng = np.random.default_rng(1)
    right.scatter(*rng.normal(size=(2, 3000)), s=9, c=rng.random((3000, 4)), rasterized=True)
    save_figure(figure, tmp_path / "a.svg", tmp_path / "a.png")
    few, many = layers_of(tmp_path / "a.svg")
    assert few.mode == many.mode == "P"
    wanted = matplotlib.colormaps["viridis"](steps / steps.max(), bytes=True)
    np.testing.assert_array_equal(np.asarray(few.convert("RGBA")), wanted)
    colors = np.unique(np.asarray(many.convert("RGBA")).reshape(-1, 4), axis=0)
    assert 100 < len(colors) <= 256
