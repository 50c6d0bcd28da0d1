"""The test of mutated inputs notices every way in which a reader can break its contract."""

import os
import signal

import pytest

from artificial_genomes.core.errors import UserError
from fuzz import BYTE_CHANGES, LINE_CHANGES, Format, UnreadableError, fuzz, on

NAMES = b"Anna\nBerta\nCarl\n"


def names(folder):
    """Read a list of names, at most 8 letters each."""
    found = (folder / "names.txt").read_text(errors="replace").split("\n")[:-1]
    if not all(name.isascii() and name.isalpha() and len(name) <= 8 for name in found):
        raise UserError("names.txt has a line that is no name. Remove it.")
    return found


def names_by_bytes(folder):
    found = (folder / "names.txt").read_bytes().decode(errors="replace").split("\n")[:-1]
    if not all(name.isascii() and name.isalpha() for name in found):
        raise UnreadableError("letters")
    return found


def wrong(folder):
    return [name.upper() for name in names(folder)]


def failing(folder):
    return dict(zip("ABC", names(folder), strict=True))


def crashing(folder):
    found = names(folder)
    if len(found) != 3:
        os.kill(os.getpid(), signal.SIGSEGV)
    return found


def form(read):
    changes = [on("names.txt", change) for change in BYTE_CHANGES + LINE_CHANGES]
    return Format({"names.txt": NAMES}, changes, read, names_by_bytes)


def test_a_reader_that_keeps_the_contract_passes(tmp_path):
    counts = fuzz(form(names), 60, tmp_path)
    assert counts["read"] > 5
    assert counts["refused"] > 5
    assert counts["read"] + counts["refused"] == 61


@pytest.mark.parametrize(
    ("read", "message"), [(wrong, "but it holds"), (failing, "Traceback"), (crashing, "crashed or took too long")]
)
def test_a_reader_that_breaks_it_is_shown(read, message, tmp_path):
    with pytest.raises(AssertionError, match=message):
        fuzz(form(read), 12, tmp_path)


def test_the_seed_alone_decides_what_is_damaged(tmp_path):
    for place in "ab":
        (tmp_path / place).mkdir()
        fuzz(form(names), 10, tmp_path / place)
    for path in (tmp_path / "a").rglob("*.txt"):
        assert path.read_bytes() == (tmp_path / "b" / path.relative_to(tmp_path / "a")).read_bytes()
