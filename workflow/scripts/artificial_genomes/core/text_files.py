"""Text files of users: their encoding, and their numbered lines."""

import codecs
import re
from pathlib import Path

from artificial_genomes.core.compressed import opened
from artificial_genomes.core.errors import UserError

_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def read_text(path: str | Path) -> str:
    """Return the text of a file, plain or compressed by gzip, xz or zip: see `decoded`.

    Raises
    ------
    UserError
        The file is damaged or not text.
    """
    with opened(path) as file:
        return decoded(file.read(), path)


def decoded(content: bytes, path: str | Path) -> str:
    """Return bytes as text: UTF-8, or UTF-16 if a byte order mark says so, as Excel's "Unicode text" does.

    Invalid bytes become U+FFFD, since unused columns may have any encoding.

    Parameters
    ----------
    path
        Where the bytes come from, for messages.

    Raises
    ------
    UserError
        The text has NUL characters.
    """
    text = content.decode("utf-16" if content.startswith(_UTF_16) else "utf-8", errors="replace")
    if "\0" in text:
        raise UserError(f"{path} contains NUL characters, so it is not a UTF-8 text file. Save it as UTF-8 text.")
    return text.removeprefix("\ufeff")


def numbered_lines(text: str) -> list[tuple[int, str]]:
    """Return the non-blank lines of a text with their line numbers as in text editors.

    Only line feeds and carriage returns end lines; `str.splitlines` would also split at rarer characters inside cells.
    """
    lines = enumerate(re.split(r"\r\n|\r|\n", text), start=1)
    return [(number, line) for number, line in lines if line.strip()]


def split_line(line: str, separator: str | None) -> list[str]:
    """Return the cells of a line, without blanks around them and without a pair of quotation marks around a cell.

    Within such a pair, two quotation marks mean one, as spreadsheets write them.

    Parameters
    ----------
    separator
        What stands between cells, which no quotation marks protect; None for blanks.
    """
    cells = [cell.strip() for cell in line.split(separator)]
    if '"' not in line:
        return cells
    quoted = [re.fullmatch(r'"((?:[^"]|"")*)"', cell) for cell in cells]
    return [found[1].replace('""', '"').strip() if found else cell for found, cell in zip(quoted, cells, strict=True)]
