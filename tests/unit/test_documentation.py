"""The pages: their links lead somewhere, and their language is plain."""

import ast
import re
import unicodedata
from collections import Counter
from pathlib import Path

import pytest

from helpers import ROOT

PAGES = sorted(path for pattern in ("*.md", "[!.]*/*.md") for path in ROOT.glob(pattern))
CAPTIONS = sorted(ROOT.glob("workflow/report/*.rst"))

_ONE = r"(?:one|a) (?:\w+ )?(?:row|line|dot|job|run|column|name|topic)|rows|dots|jobs|seconds|nats"
_EACH = "person|individual|metric|line|seed|haplotype|site|kind|chromosome|contig|genotype|model|file|epoch|step|rule"
AWKWARD = re.compile(
    r"\bso (?:many|much) (?!that\b|as\b)|\bso (?:many|much)[.,;:]|of which it cannot|\bat the most\b|\bfor ever\b"
    r"|\bt(?:old|ells?) apart\b|\bforet[eo]lls?\b|\bforetold\b|\bmay go out\b|\bwent out\b|\blet out\b|\bbettered\b"
    r"|\bplay(?:s|ed)? the part of\b|\bin the place of\b|\bstretch(?:es)?\b|\bby a hair\b|\bhas but one\b"
    rf"|\b(?:{_ONE}) an? (?:{_EACH})\b",
    re.IGNORECASE,
)
"""Turns of phrase that cost a second reading: say the number, the thing, or `per`."""

AWKWARD_STILL: dict[str, int] = {}
"""Numbers of them in the files that still have some. It may only shrink: lower a number with the text."""


def without_code(text: str) -> str:
    """Return Markdown without its blocks of code."""
    return re.sub(r"^( *)```.*?^\1```", "", text, flags=re.MULTILINE | re.DOTALL)


def anchors(page: Path) -> set[str]:
    """Return the names of the headings of a page, as web views of repositories make them."""
    names = Counter()
    found = set()
    for heading in re.findall(r"^#+ +(.+?) *$", without_code(page.read_text()), re.MULTILINE):
        text = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading).lower().replace(" ", "-")
        name = "".join(letter for letter in text if letter in "-_" or unicodedata.category(letter)[0] in "LN")
        found.add(f"{name}-{names[name]}" if names[name] else name)
        names[name] += 1
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_to_files_and_headings(page):
    text = re.sub(r"`[^`\n]*`", "", without_code(page.read_text()))
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        if not re.match(r"[a-z]+:", link):
            name, _, anchor = link.partition("#")
            target = (page.parent / name).resolve() if name else page
            assert target.exists(), f"{link}: there is no such file"
            assert not anchor or anchor in anchors(target), f"{link}: {name or 'this page'} has no such heading"


def texts() -> dict[str, list[str]]:
    """Return what readers see, by file: pages, captions, and what programs say."""
    pages = [path for path in PAGES if path.name != "CHANGELOG.md" and path.parts[-2] in ("docs", "config", ROOT.name)]
    found = {str(path.relative_to(ROOT)): [without_code(path.read_text())] for path in [*pages, *CAPTIONS]}
    for path in sorted(ROOT.glob("workflow/scripts/**/*.py")):
        found[str(path.relative_to(ROOT))] = literals(ast.parse(path.read_text()))
    return found


def literals(tree: ast.AST) -> list[str]:
    """Return the texts in a program, without docstrings."""
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in docstrings]
    return [node.value for node in nodes if isinstance(node.value, str)]


def awkward(text: str) -> list[str]:
    """Return the awkward turns of phrase in a text, also across the ends of lines."""
    return AWKWARD.findall(" ".join(text.split()))


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("Keep the first so many of the sites, at the most.", 2),
        ("one row a person, a dot a\nseed", 2),
        ("So much that nothing else counts: the key names a model, and runs a model", 0),
    ],
)
def test_awkward_turns_are_found(text, number):
    assert len(awkward(text)) == number


def test_pages_captions_and_messages_are_in_plain_words():
    found = {name: [turn for text in parts for turn in awkward(text)] for name, parts in texts().items()}
    assert {name: len(turns) for name, turns in found.items() if turns} == AWKWARD_STILL, found
