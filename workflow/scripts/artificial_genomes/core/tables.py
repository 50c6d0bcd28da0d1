"""Tab-separated tables: the one format in which the workflow reads and writes numbers for humans."""

import gzip
import io
import re
from pathlib import Path

import pandas as pd

from artificial_genomes.core.errors import UserError
from artificial_genomes.core.program import whole_output
from artificial_genomes.core.text_files import numbered_lines, read_text

# Columns of names that may look like numbers: 01 and 1 are different populations.
_TEXT = (
    *("contig", "sample", "sample_a", "sample_b", "population", "population_a", "population_b", "superpopulation"),
    *("dataset", "model", "set", "panel", "cohort"),
)

EXACT_FROM = 1e6
"""Smallest number with more than 6 digits before the decimal point."""


def write_tsv(table: pd.DataFrame, path: str | Path, header: bool = True) -> None:
    """Write `table` whole or not at all: tab separated, header, no index, floats as returned by `shortened`.

    A name that ends in .gz is compressed; equal tables give equal bytes. Without its header, the file can be appended
    to that of another table of the same columns, also if both are compressed.
    """
    with whole_output(path) as partial:
        text = table.to_csv(sep="\t", index=False, header=header, float_format=shortened, lineterminator="\n").encode()
        partial.write_bytes(gzip.compress(text, mtime=0) if partial.suffix == ".gz" else text)


def shortened(number: float) -> str:
    """Return a number with 6 significant digits, or 12 where 6 would lose digits before the decimal point.

    Positions in bp are floats in columns that also contain other numbers or gaps, and they stay exact.

    Examples
    --------
    >>> shortened(97540371.0), shortened(97540371.5), shortened(1 / 3)
    ('97540371', '97540371.5', '0.333333')
    """
    return f"{number:.12g}" if abs(number) >= EXACT_FROM else f"{number:.6g}"


def read_tsv(path: str | Path, columns: list[str] | None = None) -> pd.DataFrame:
    """Read a table written by `write_tsv`.

    Parameters
    ----------
    columns
        Required columns.

    Raises
    ------
    UserError
        The file is empty, is not tab separated or lacks a column; a row has more or fewer cells than the header, or a
        quotation mark that is not closed within its line.
    """
    text = read_text(path)
    lines = numbered_lines(text)
    n_columns = lines[0][1].count("\t") + 1 if lines else 0
    for number, line in lines:
        if line.count("\t") + 1 != n_columns:
            raise UserError(
                f"{path}, line {number} has {line.count(chr(9)) + 1} cells, the header has {n_columns}. Every cell "
                "needs a tab, even an empty one."
            )
    try:
        table = pd.read_csv(
            io.StringIO(text), sep="\t", keep_default_na=False, na_values=[""], dtype=dict.fromkeys(_TEXT, str)
        )
    except (pd.errors.EmptyDataError, pd.errors.ParserError) as error:
        raise UserError(f"{path} is not a tab-separated table with a header ({error}).") from error
    if len(table) != len(lines) - 1:
        raise UserError(f"{path}: a quotation mark is not closed within its line. Remove it.")
    missing = [name for name in columns or [] if name not in table.columns]
    if missing:
        raise UserError(f"{path} lacks the columns {', '.join(missing)}; it has {', '.join(map(str, table.columns))}.")
    return table


def set_of(path: str | Path) -> tuple[str, int]:
    """Return the model (or control, or imputation panel) and the seed of a file `.../{model}/seed{seed}/...`.

    Raises
    ------
    UserError
        The file is in another folder.
    """
    folder = Path(path).absolute().parent
    seed = re.fullmatch(r"seed(\d+)", folder.name)
    if not seed:
        raise UserError(f"{path} is not in a folder model/seed1 (seed2, ...), which would name its model and seed.")
    return folder.parent.name, int(seed[1])
