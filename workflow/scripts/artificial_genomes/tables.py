"""Tab-separated tables: the one way in which the workflow reads and writes numbers for people."""

from pathlib import Path

import pandas as pd

from artificial_genomes.cli import whole_output
from artificial_genomes.errors import UserError

# Columns of names that may look like numbers.
_TEXT = ("contig", "sample", "sample_a", "sample_b")


def write_tsv(table: pd.DataFrame, path: str | Path) -> None:
    """Write `table` whole or not at all: tab separated, header, no index, floats with 6 significant digits."""
    with whole_output(path) as partial:
        table.to_csv(partial, sep="\t", index=False, float_format="%.6g", lineterminator="\n")


def read_tsv(path: str | Path, columns: list[str] | None = None) -> pd.DataFrame:
    """Read a table written by `write_tsv`.

    Parameters
    ----------
    columns
        Columns that must be there.

    Raises
    ------
    UserError
        The file is empty, is not tab separated or lacks a column.
    """
    try:
        table = pd.read_csv(path, sep="\t", keep_default_na=False, na_values=[""], dtype=dict.fromkeys(_TEXT, str))
    except (pd.errors.EmptyDataError, pd.errors.ParserError, UnicodeDecodeError) as error:
        raise UserError(f"{path} is not a tab-separated table with a header ({error}).") from error
    missing = [name for name in columns or [] if name not in table.columns]
    if missing:
        raise UserError(f"{path} lacks the columns {', '.join(missing)}; it has {', '.join(map(str, table.columns))}.")
    return table
