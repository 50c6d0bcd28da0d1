"""The commands of Snakemake that the documentation and the templates tell people to type."""

import re
import shlex
from pathlib import Path

import pytest
from snakemake.cli import get_argument_parser

from helpers import ROOT

PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("*/*.md"), *ROOT.glob("config/**/*.yaml"), *ROOT.glob("bench/*.yaml")])
COMMAND = re.compile(r"(?:^#? *|`)(?:\S*/)?snakemake((?: [^`#\n]*)?)", re.MULTILINE)


def commands() -> list[tuple[str, str]]:
    """Return page and arguments of every command that begins a line or a piece of code, those without any left out."""
    found = {(str(page.relative_to(ROOT)), match[1]) for page in PAGES for match in COMMAND.finditer(page.read_text())}
    return sorted((page, arguments.strip()) for page, arguments in found if arguments.strip())


@pytest.mark.parametrize(("page", "arguments"), commands())
def test_snakemake_understands_a_documented_command_as_it_is_meant(page, arguments):
    parsed = get_argument_parser().parse_args(shlex.split(arguments))
    assert all(Path(name).suffix == ".yaml" for name in parsed.configfile or []), "a target taken for a file"
    assert all("=" in entry for entry in parsed.config or []), "a target taken for a key"
    text = "".join(path.read_text() for path in [ROOT / "Snakefile", *ROOT.glob("workflow/rules/*.smk")])
    rules = set(re.findall(r"^rule (\w+):", text, re.MULTILINE))
    assert set(parsed.targets) <= rules
    assert parsed.snakefile is None or str(parsed.snakefile) == "/path/to/clone/Snakefile"  # beside it lies the profile


def test_the_commands_of_every_kind_of_page_are_found():
    pages = {page for page, _ in commands()}
    assert {"README.md", "config/README.md", "docs/cohort.md", "config/examples/my_cohort.yaml"} <= pages
