"""The pages: their links lead somewhere, and their language is plain."""

import ast
import io
import re
import tokenize
import unicodedata
from collections import Counter
from pathlib import Path

import pytest

from artificial_genomes.judge import metrics, scorecard, verdict
from helpers import ROOT

PAGES = sorted(path for pattern in ("*.md", "[!.]*/*.md") for path in ROOT.glob(pattern))
CAPTIONS = sorted(ROOT.glob("workflow/report/*.rst"))

_ONE = (
    r"(?:one|a) (?:\w+ )?(?:row|line|dot|bar|panel|job|run|column|name|topic|table|file|module|VCF)|rows|dots|panels"
    r"|jobs|seconds|nats|chains|draws|bytes"
)
_EACH = (
    "person|individual|metric|line|seed|haplotype|allele|site|kind|chromosome|contig|genotype|model|file|epoch|step|rule"
    "|window|population|superpopulation|class|set|data ?set|name|number|program|stage"
)
AWKWARD = re.compile(
    r"\bso (?:many|much) (?!that\b|as\b|\w+ \w+ that\b)|\bso (?:many|much)[.,;:]|of which it cannot|\bat the most\b"
    r"|\bfor ever\b|\bt(?:old|ells?|elling) apart\b|\bforet[eo]lls?\b|\bforetold\b|\bgo(?:es)? out\b|\bwent out\b"
    r"|\blet out\b|\bbettered\b|\bplay(?:s|ed)? (?:the part of|no part)\b|\bin the place of\b|\bstretch(?:es)?\b"
    r"|\bby a hair\b|\bhas but one\b|\banew\b|\bby heart\b"
    r"|\bmend(?:s|ed)?\b|\bis to be had\b|\bgo(?:es|ing)? on from\b"
    r"|(?<!\bthere )\b(?:is|are) no (?:VCF|SNPs?|numbers?|positions?|tables?|texts?|places?|multiples?|programs?"
    r"|whole|faults?)\b"
    rf"|\b(?:{_ONE}) an? (?:{_EACH})\b",
    re.IGNORECASE,
)
"""Turns of phrase that cost a second reading: say the number, the thing, or `per`."""

AWKWARD_STILL = {
    "compare/audit.py",
    "compare/comparison.py",
    "compare/matching.py",
    "config/checks.py",
    "config/files.py",
    "config/manual.py",
    "config/resources.py",
    "figures/fig5_privacy.py",
    "judge/gates.py",
    "judge/metrics.py",
    "judge/paper.py",
    "judge/scorecard.py",
    "models/hclt.py",
    "statistics/privacy.py",
}
"""Modules whose docstrings and comments may still have some. Remove a module from here once it has none."""


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


@pytest.mark.parametrize(
    ("table", "columns"),
    {
        "scorecard": scorecard.COLUMNS,
        "verdict": verdict.COLUMNS,
        "summary": verdict.SUMMARY_COLUMNS,
        "metrics": metrics.COLUMNS,
    }.items(),
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_page_of_files_has_every_column_of_a_table_in_its_order(table, columns):
    text = (ROOT / "docs" / "files.md").read_text()
    (section,) = re.findall(rf"^## `{table}\.tsv`\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    cells = re.findall(r"^\| (`.+?) \|", section, re.MULTILINE)
    assert re.findall(r"`(\w+)`", " ".join(cells)) == columns


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
    """Return what readers see, by file: pages, captions, templates, rules, and messages of programs."""
    pages = [path for path in PAGES if path.name != "CHANGELOG.md" and path.parts[-2] in ("docs", "config", ROOT.name)]
    found = {str(path.relative_to(ROOT)): [without_code(path.read_text())] for path in [*pages, *CAPTIONS]}
    for path in sorted(path for kind in ("j2", "smk", "py") for path in ROOT.glob(f"workflow/**/*.{kind}")):
        text = path.read_text()
        found[str(path.relative_to(ROOT))] = literals(ast.parse(text)) if path.suffix == ".py" else [text]
    return found


def literals(tree: ast.AST) -> list[str]:
    """Return the texts in a program, without docstrings."""
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in docstrings]
    return [node.value for node in nodes if isinstance(node.value, str)]


def explanations(program: str) -> list[str]:
    """Return the docstrings and comments of a program, without code and names of parameters."""
    nodes = [node.value for node in ast.walk(ast.parse(program)) if isinstance(node, ast.Expr)]
    docstrings = [node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    tokens = tokenize.generate_tokens(io.StringIO(program).readline)
    comments = [token.string for token in tokens if token.type == tokenize.COMMENT]
    return [re.sub(r"`[^`]*`|^ *[\w*, ]+ : .*$", "", text, flags=re.MULTILINE) for text in docstrings + comments]


def awkward(text: str) -> list[str]:
    """Return the awkward turns of phrase in a text, also across the ends of lines."""
    return AWKWARD.findall(" ".join(text.split()))


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("Keep the first so many of the sites, at the most.", 2),
        ("one row a person, a dot a\nseed", 2),
        ("x.vcf is no VCF. It goes on from there, is written anew, and bytes a number in the place of one.", 5),
        ("There is no VCF; a file names a set, and a model is a file per kind", 0),
        ("So much that nothing else counts: the key names a model, and runs a model", 0),
    ],
)
def test_awkward_turns_are_found(text, number):
    assert len(awkward(text)) == number


@pytest.mark.integration
def test_pages_captions_and_messages_are_in_plain_words():
    found = {name: [turn for text in parts for turn in awkward(text)] for name, parts in texts().items()}
    assert not {name: turns for name, turns in found.items() if turns}


@pytest.mark.integration
def test_docstrings_and_comments_are_in_plain_words():
    found = {}
    for path in sorted(ROOT.glob("workflow/scripts/**/*.py")):
        name = path.relative_to(ROOT / "workflow" / "scripts").as_posix().removeprefix("artificial_genomes/")
        found[name] = [turn for text in explanations(path.read_text()) for turn in awkward(text)]
    assert not {name: turns for name, turns in found.items() if turns and name not in AWKWARD_STILL}


def test_explanations_have_no_code():
    program = """def f(stretch):
    '''Return a row a person.

    Parameters
    ----------
    stretch : int
        As in `stretches`.
    '''
    return stretch  # told apart
"""
    assert [turn for text in explanations(program) for turn in awkward(text)] == ["a row a person", "told apart"]
