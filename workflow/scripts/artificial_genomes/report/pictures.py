"""The figures in the report: pictures within the page, their captions, and texts for those who cannot see them."""

import base64
import html
import re
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

from docutils.core import publish_parts

from artificial_genomes.core.labels import label

SVG_BYTES_MAX = 1_000_000
"""Larger SVG files make a page slow: the report shows their PNG files."""

_SVG, _XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
_DESCRIPTION = ".//{http://purl.org/dc/elements/1.1/}description"
_SPACES = re.compile(r" ?([A-Za-z]) ")
_DECIMALS = re.compile(r"(\.\d\d)\d+")
ElementTree.register_namespace("", _SVG)
ElementTree.register_namespace("xlink", _XLINK)


class Caption(NamedTuple):
    """A caption as its title, without markup, and as HTML its first sentence and the paragraphs of all others."""

    title: str
    first: str
    rest: str


def render_rst(text: str) -> str:
    """Return reStructuredText as HTML; nothing is read from other files."""
    settings = {"file_insertion_enabled": False, "raw_enabled": False, "halt_level": 2, "initial_header_level": 3}
    return publish_parts(text, writer="html5", settings_overrides=settings)["body"]


def plain_text(markup: str) -> str:
    """Return HTML without its tags, on one line."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", "", markup)).split())


def split_caption(rst: str) -> Caption:
    """Return the parts of a caption in reStructuredText, which begins with its title in bold."""
    markup = render_rst(rst)
    title = re.match(r"\s*<p><strong>(.*?)\.?</strong>\s*", markup, re.DOTALL)
    paragraph, _, others = markup[title.end() :].partition("</p>")
    ends = [end.end() for end in re.finditer(r"\.(?=\s+[A-Z(])", paragraph)]
    # A sentence that ends within an element would leave it open.
    whole = (end for end in ends if paragraph[:end].count("</") * 2 == paragraph[:end].count("<"))
    end = next(whole, len(paragraph))
    rest = f"<p>{paragraph[end:].strip()}</p>{others}" if paragraph[end:].strip() else others
    return Caption(plain_text(title[1]), paragraph[:end], rest.strip())


def figure_context(png: Path, captions: Path, config: dict) -> dict[str, str]:
    """Return the template's context for a figure.

    Its caption is `{captions}/{what it draws}.rst`, under the title from the configuration, if any. The picture is the
    SVG file beside the PNG file, unless that is larger than `SVG_BYTES_MAX` or missing.
    """
    # The workflow names the files of other data sets {figure}.{dataset}.
    figure, _, other = png.stem.partition(".")
    name = png.stem.replace(".", "-")
    settings = config["figure_params"][figure]
    settings = settings | {"dataset": other or settings["dataset"]}
    caption = split_caption((captions / f"{settings.get('draws', figure)}.rst").read_text(encoding="utf-8"))
    title = settings.get("title", caption.title)
    number = "".join(re.match(r"fig(s?)(\d+[a-z]?)_", figure).groups()).replace("s", "S", 1)
    shows = _shown(settings, config)
    alt = f"Figure {number}. {title}. {shows}"
    svg = png.with_suffix(".svg")
    is_drawn = svg.exists() and svg.stat().st_size <= SVG_BYTES_MAX
    return {
        "name": name,
        "files": png.stem,
        "number": number,
        "title": title,
        "short_title": title.partition(":")[0],
        "first": caption.first,
        "rest": caption.rest,
        "dataset": settings["dataset"],
        "shows": shows,
        "alt": alt,
        "svg": inline_svg(svg, name, alt) if is_drawn else "",
        "data": "" if is_drawn else base64.b64encode(png.read_bytes()).decode(),
    }


def inline_svg(path: Path, name: str, alt: str) -> str:
    """Return an SVG file as an element of a page.

    Its ids begin with `name`, so that no two figures share one; what belongs to a model says so in `data-model`, and
    the scales of its panels, its description, are in `data-panels`. Its metadata and its style sheet, which would apply
    to the whole page, are left out (`report.css` has the style), and so are its size (it is as wide as the page lets it
    be), spaces, and digits beyond a hundredth of a point.
    """
    root = ElementTree.parse(path).getroot()
    panels = root.findtext(_DESCRIPTION)
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag in (f"{{{_SVG}}}metadata", f"{{{_SVG}}}style"):
                parent.remove(child)
    for element in root.iter():
        # Text and what follows it: spaces between two pieces of text count.
        for part in ("text", "tail") if not element.tag.endswith(("text", "tspan")) else ():
            if not (getattr(element, part) or "").strip():
                setattr(element, part, None)
        if "style" in element.attrib:
            element.set("style", element.get("style").replace(": ", ":").replace("; ", ";"))
        for key, value in list(element.attrib.items()):
            if key in ("d", "x", "y", "transform"):
                element.set(key, _SPACES.sub(r"\1", _DECIMALS.sub(r"\1", " ".join(value.split()))))
            elif key == "id":
                element.set(key, f"{name}-{value}")
                # As `figures.style` names what belongs to a model.
                if group := re.fullmatch(r"model-(.+)\.\d+", value):
                    element.set("data-model", group[1])
            elif key in ("href", f"{{{_XLINK}}}href") and value.startswith("#"):
                element.set(key, f"#{name}-{value[1:]}")
            elif "url(#" in value:
                element.set(key, value.replace("url(#", f"url(#{name}-"))
    for key in ("width", "height"):
        root.attrib.pop(key, None)
    root.attrib |= {"role": "img", "aria-label": alt} | ({"data-panels": panels} if panels else {})
    return ElementTree.tostring(root, encoding="unicode", short_empty_elements=False)


def _shown(settings: dict, config: dict) -> str:
    """Return data set, models and seeds of a figure as one line."""
    seeds = config["seeds"]
    parts = [f"Data set {settings['dataset']}"]
    if "models" in settings:
        parts.append("models " + ", ".join(label(one) for one in config["models"] if one in settings["models"]))
    parts.append(f"seed{'s' if len(seeds) > 1 else ''} {', '.join(map(str, seeds))}")
    return "; ".join(parts) + "."
