"""Text files and the output of programs are UTF-8, whatever the language settings of the machine say."""

import ast
from pathlib import Path

import pytest

from helpers import ROOT

SOURCES = sorted((ROOT / "workflow" / "scripts").rglob("*.py"))


def without_encoding(source: str) -> list[int]:
    """Return the lines of calls that read or write text in the encoding of the machine.

    Ruff's PLW1514 finds `open`, but not the methods of a path whose type it cannot tell.
    """
    lines = []
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        given = {keyword.arg: keyword.value for keyword in node.keywords}
        modes = [part.value for part in [*node.args, *given.values()] if isinstance(part, ast.Constant)]
        is_text = (
            (name in ("read_text", "write_text") and isinstance(node.func, ast.Attribute))
            or name == "TextIOWrapper"
            or (name == "open" and any(mode in ("r", "w", "a", "rt", "wt", "at") for mode in modes))
            or "text" in given
            or "universal_newlines" in given
        )
        if is_text and "encoding" not in given:
            lines.append(node.lineno)
    return lines


@pytest.mark.parametrize(
    "source",
    [
        "path.write_text(text)",
        "(folder / 'a').read_text()",
        "gzip.open(path, 'rt')",
        "path.open('w')",
        "subprocess.run(command, text=True)",
        "io.TextIOWrapper(raw)",
    ],
)
def test_text_without_an_encoding_is_found(source):
    assert without_encoding(source) == [1]


@pytest.mark.parametrize(
    "source", ["path.write_text(text, encoding='utf-8')", "path.open('rb')", "subprocess.run(command)"]
)
def test_bytes_and_utf8_pass(source):
    assert without_encoding(source) == []


@pytest.mark.integration
def test_no_program_asks_the_machine_for_an_encoding():
    found = {str(path.relative_to(ROOT)): without_encoding(Path(path).read_text(encoding="utf-8")) for path in SOURCES}
    assert {path: lines for path, lines in found.items() if lines} == {}
