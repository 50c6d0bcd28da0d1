"""Figures within the report."""

import json
import re
from xml.etree import ElementTree

import pytest

from artificial_genomes.report import pictures
from report_helpers import FIGURES, SVG, TEMPLATE, config


@pytest.mark.parametrize("name", [*FIGURES, "figs_models", "workflow"])
def test_captions_are_plain_sentences(name):
    text = (TEMPLATE.parent / f"{name}.rst").read_text()
    rendered = pictures.render_rst(text)  # an error of reStructuredText is an error of this test
    words = pictures.plain_text(rendered)
    assert len(words.split()) > 40
    assert words.endswith(".")
    assert "**" not in words
    assert not re.search(r"\{\{|\{%", text)


def test_a_broken_caption_is_an_error():
    with pytest.raises(Exception, match="start-string without end-string"):
        pictures.render_rst("This is **not closed.")


@pytest.mark.parametrize("name", [*FIGURES, "figs_models"])
def test_a_caption_is_cut_after_its_first_sentence(name):
    rst = (TEMPLATE.parent / f"{name}.rst").read_text()
    caption = pictures.split_caption(rst)
    whole = pictures.plain_text(pictures.render_rst(rst))
    parts = [f"{caption.title}.", pictures.plain_text(caption.first), pictures.plain_text(caption.rest)]
    assert " ".join(parts) == whole
    assert caption.first.endswith(".")
    for markup in (caption.first, caption.rest):
        ElementTree.fromstring(f"<div>{markup.replace('&nbsp;', ' ')}</div>")  # every tag is closed


def test_no_tag_is_cut_in_two():
    caption = pictures.split_caption("**A & b.** One *two. Three* four. Five.\n\nSix.\n")
    assert caption == ("A & b", "One <em>two. Three</em> four.", "<p>Five.</p>\n<p>Six.</p>")
    assert pictures.split_caption("**A.** Only one.\n").rest == ""


def test_an_svg_within_the_page_has_names_of_its_own_and_no_style_for_the_rest_of_it(tmp_path):
    (tmp_path / "a.svg").write_text(SVG)
    first, second = (pictures.inline_svg(tmp_path / "a.svg", name, 'What "it" <shows>') for name in ("fig1", "fig2"))
    root = ElementTree.fromstring(first)
    ids = set(re.findall(r' id="([^"]*)"', first))
    assert ids == {"fig1-clip", "fig1-mark", "fig1-model-gan.1", "fig1-model-rbm.1"}
    assert not ids & set(re.findall(r' id="([^"]*)"', second))
    # What refers to an id finds it.
    assert set(re.findall(r"url\(#([^)]*)\)|href=\"#([^\"]*)\"", first)) == {("fig1-clip", ""), ("", "fig1-mark")}
    assert json.loads(root.attrib.pop("data-panels"))[0]["x"] == {"label": "Sites", "low": 0, "high": 900}
    assert root.attrib == {"viewBox": "0 0 90 60", "role": "img", "aria-label": 'What "it" <shows>'}
    assert not re.search("<style|metadata|Matplotlib|<!DOCTYPE|<\\?xml", first)
    assert "a &lt; b" in first
    assert re.findall(r'data-model="([^"]*)"', first) == ["gan", "rbm"]


def test_an_svg_within_the_page_is_smaller(tmp_path):
    (tmp_path / "a.svg").write_text(SVG.replace("M 0 30 L", "M 0.12789 30\nL"))
    inline = pictures.inline_svg(tmp_path / "a.svg", "fig1", "")
    assert 'd="M0.12 30L90 30"' in inline
    assert not re.search(r">\s+<(?!text)", inline.partition("<text")[0])
    (tmp_path / "b.svg").write_text(re.sub("<dc:description>.*</dc:description>", "", SVG, flags=re.DOTALL))
    assert "data-panels" not in pictures.inline_svg(tmp_path / "b.svg", "fig1", "")


def test_a_figure_of_another_data_set_says_so(tmp_path):
    name = FIGURES[0]
    (tmp_path / f"{name}.biobank.png").write_bytes(b"png")
    drawn = pictures.figure_context(tmp_path / f"{name}.biobank.png", TEMPLATE.parent, config())
    assert (drawn["name"], drawn["files"], drawn["dataset"]) == (f"{name}-biobank", f"{name}.biobank", "biobank")
    assert drawn["alt"].endswith("Data set biobank; seeds 1, 2.")
    assert drawn["number"] == "1"


def test_a_picture_is_the_svg_unless_that_is_too_large(tmp_path, monkeypatch):
    name = FIGURES[0]
    (tmp_path / f"{name}.png").write_bytes(b"png")
    (tmp_path / f"{name}.svg").write_text(SVG)
    drawn = pictures.figure_context(tmp_path / f"{name}.png", TEMPLATE.parent, config())
    assert drawn["svg"].startswith("<svg")
    assert drawn["data"] == ""
    assert drawn["alt"] == f"Figure 1. {drawn['title']}. Data set structure; seeds 1, 2."
    monkeypatch.setattr(pictures, "SVG_BYTES_MAX", len(SVG) - 1)
    other = pictures.figure_context(tmp_path / f"{name}.png", TEMPLATE.parent, config())
    assert (other["svg"], other["data"]) == ("", "cG5n")
