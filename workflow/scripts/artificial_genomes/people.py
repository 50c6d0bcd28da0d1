"""The table of people: who belongs to which population."""

import csv
import logging
import re
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from artificial_genomes.errors import UserError
from artificial_genomes.haplotypes import PEOPLE_COLUMNS

log = logging.getLogger(__name__)

# Names that tables in use give to the three columns, without case, spaces, hyphens and underscores.
_SYNONYMS = {
    "sample": ("sample", "sampleid", "samplename", "individual", "individualid", "iid"),
    "population": ("population", "populationcode", "pop"),
    "superpopulation": ("superpopulation", "superpopulationcode", "superpop"),
}


def read_people(path: str | Path) -> pd.DataFrame:
    """Read a table of people, separated by tabs, commas or spaces.

    Parameters
    ----------
    path
        A table with a header and columns for sample, population and superpopulation. Usual other names (pop,
        super_pop, sample_id, ...) are understood and further columns are ignored.

    Returns
    -------
    DataFrame
        sample, population, superpopulation (str), one row a person, in the table's order.

    Raises
    ------
    UserError
        A column is missing or there twice, a cell is empty, a sample has two rows, or a label has characters other
        than letters, digits, ``_``, ``-`` and ``.``.
    """
    header, *rows = _cells(path)
    columns = [_column(header, role, path) for role in PEOPLE_COLUMNS]
    # A short row gets empty cells, which the check then finds.
    cells = [[row[column] if column < len(row) else "" for column in columns] for row in rows]
    people = pd.DataFrame(cells, columns=PEOPLE_COLUMNS, dtype=str)
    _check(people, path)
    return people


def _cells(path: str | Path) -> list[list[str]]:
    with open(path, encoding="utf-8-sig", errors="replace") as file:
        lines = [line for line in file.read().splitlines() if line.strip()]
    if not lines:
        raise UserError(f"{path} is empty; expected a table of people with a header.")
    separator = next((mark for mark in "\t," if mark in lines[0]), None)
    rows = csv.reader(lines, delimiter=separator) if separator else map(str.split, lines)
    return [[cell.strip() for cell in row] for row in rows]


def _plain(name: str) -> str:
    return re.sub(r"[\s_-]", "", name).lower()


def _column(header: list[str], role: str, path: str | Path) -> int:
    """Return where a table has one of the three columns."""
    found = [at for at, name in enumerate(header) if _plain(name) in _SYNONYMS[role]]
    if len(found) == 1:
        return found[0]
    if found:
        names = " and ".join(header[at] for at in found)
        raise UserError(f"{path}: {names} both look like the column {role}. Remove or rename one.")
    # A first row that is no header holds a person, who is not to be named.
    others = [name for synonyms in _SYNONYMS.values() for name in header if _plain(name) in synonyms]
    known = f"{', '.join(others)} are known" if others else "none is known, as if the first row were no header"
    raise UserError(
        f"{path} has no column {role}; of its {len(header)} columns {known}. Add it, or rename the one that holds it."
    )


def _check(people: pd.DataFrame, path: str | Path) -> None:
    if people.empty:
        raise UserError(f"{path} names no people.")
    for column in PEOPLE_COLUMNS:
        empty = people[column] == ""
        if empty.any():
            raise UserError(
                f"{path}: {int(empty.sum())} people have no {column}, first in row {_row(empty)}. "
                "Fill it in or remove them."
            )
    repeated = people["sample"].duplicated()
    if repeated.any():
        raise UserError(
            f"{path}: {int(repeated.sum())} samples are there twice, first in row {_row(repeated)}. Keep one."
        )
    for column in ("population", "superpopulation"):
        odd = ~people[column].str.fullmatch(r"[\w.-]+", flags=re.ASCII)
        if odd.any():
            raise UserError(
                f"{path}, row {_row(odd)}: {column} {people[column][odd.idxmax()]!r} has characters other than "
                "letters, digits, _, - and . Labels become parts of names: rename it."
            )


def _row(mask: pd.Series) -> int:
    """Return the number of the first row marked, counted as in a text editor (the header is row 1)."""
    return int(mask.to_numpy().argmax()) + 2


def label_people(samples: Sequence[str], people: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of a table of people that belong to some samples, in the samples' order.

    Labels without a sample are normal (a table of all of 1000 Genomes serves any part of it): their number is logged.

    Raises
    ------
    UserError
        Samples without a label. They are counted, not named: cohorts may be private.
    """
    labelled = people.set_index("sample").reindex(samples)
    missing = labelled["population"].isna().to_numpy()
    if missing.any():
        hint = (
            "Do the names of the samples agree with those of the table?"
            if missing.all()
            else "Add them to the table, or write people_without_labels: drop in the cohort."
        )
        raise UserError(
            f"{int(missing.sum())} of {len(samples)} samples have no label in the table of people, first sample column "
            f"{int(missing.argmax()) + 1}. {hint}"
        )
    unused = len(people) - len(samples)
    if unused:
        log.info("%d of %d people of the table have no haplotypes: not used", unused, len(people))
    return labelled.rename_axis("sample").reset_index()[PEOPLE_COLUMNS]
