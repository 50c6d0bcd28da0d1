"""The table of individuals: the population of each."""

import csv
import logging
import re
from collections.abc import Sequence
from itertools import dropwhile
from pathlib import Path

import pandas as pd

from artificial_genomes.core.errors import UserError, counted
from artificial_genomes.core.haplotypes import PEOPLE_COLUMNS
from artificial_genomes.core.text_files import numbered_lines, read_text, split_line

log = logging.getLogger(__name__)

# Names of the three columns in existing tables, ignoring case, #, spaces, hyphens and underscores.
_SYNONYMS = {
    "sample": ("sample", "sampleid", "samplename", "individual", "individualid", "iid"),
    "population": ("population", "populationcode", "pop"),
    "superpopulation": ("superpopulation", "superpopulationcode", "superpop"),
}
# The sample file of the haplotypes offered by IMPUTE's authors (1000GP_Phase3.sample). Elsewhere, ID may mean anything.
_IMPUTE_HEADER = ["id", "pop", "group"]
_NEEDS = {
    "\t": "Empty cells need a tab, too.",
    ",": "A cell that contains a comma needs quotation marks around it.",
    ";": "A cell that contains a semicolon needs quotation marks around it.",
    None: "Separate the columns by tabs if cells contain spaces or are empty.",
}


def read_people(path: str | Path) -> pd.DataFrame:
    """Read a table of individuals, separated by tabs, commas, semicolons or spaces.

    Parameters
    ----------
    path
        A table with a header and columns for sample and population, and optionally for superpopulation (UTF-8 or
        UTF-16; plain, gzip, xz or zip). Other common names (pop, super_pop, sample_id, ...) are recognized; comments
        before the header (##) and other columns are ignored. In tables separated by commas or semicolons, quotation
        marks may enclose cells that contain these. Elsewhere, quotation marks are ordinary characters, except for a
        pair around a whole cell, which is removed, and within which two mean one. A sample's name may begin with #.

    Returns
    -------
    DataFrame
        sample, population, superpopulation (str), one row per individual, in the table's order. Without a column of
        superpopulations, each population becomes its own superpopulation.

    Raises
    ------
    UserError
        A column is missing or duplicated, a row has more or fewer cells than the header, a cell is empty, a sample has
        two rows, a label has characters other than letters, digits, ``_``, ``-`` and ``.``, two labels differ only in
        case, or a population is in two superpopulations.
    """
    if Path(path).suffix.lower() in (".xlsx", ".xls", ".ods"):
        raise UserError(f"{path} is a spreadsheet. Save it as text, separated by tabs or commas.")
    lines = list(dropwhile(lambda line: line[1].startswith("##"), numbered_lines(read_text(path))))
    if not lines:
        raise UserError(f"{path} is empty. Write one row per individual below the header: sample, population.")
    separator = _separator(lines[0][1])
    (_, header), *rows = [(number, _cells(line, separator, f"{path}, line {number}")) for number, line in lines]
    while header and not header[-1]:
        header.pop()
    columns = {role: _column(header, role, path) for role in PEOPLE_COLUMNS}
    rows = [(number, cells) for number, cells in rows if any(cells)]
    for number, cells in rows:
        _check_row(cells, header, separator, f"{path}, line {number}", may_be_named_so=columns["sample"] == 0)
    if columns["superpopulation"] is None:
        log.info("%s has no column superpopulation: each population becomes its own superpopulation", path)
        columns["superpopulation"] = columns["population"]
    people = pd.DataFrame(
        [[cells[column] for column in columns.values()] for _, cells in rows], columns=PEOPLE_COLUMNS, dtype=str
    )
    _check(people, [number for number, _ in rows], path)
    return people


def _separator(header: str) -> str | None:
    """Return the column separator of a table: the one that yields the most known columns, or that occurs at all."""
    there = [mark for mark in ("\t", ",", ";") if mark in header]
    return max([*there, None], key=lambda mark: len(set(_known(split_line(header, mark)).values())))


def _cells(line: str, separator: str | None, place: str) -> list[str]:
    if separator not in (",", ";"):
        return split_line(line, separator)
    try:
        (cells,) = csv.reader([line], delimiter=separator, skipinitialspace=True, strict=True)
    except csv.Error as error:
        raise UserError(
            f"{place} is not a row of cells separated by {separator} ({error}). Close each quotation mark within "
            "its line, or remove it."
        ) from error
    return [cell.strip() for cell in cells]


def _check_row(cells: list[str], header: list[str], separator: str | None, place: str, may_be_named_so: bool) -> None:
    # A sample's name may begin with #; `check_commented_out` compares with the samples.
    is_row = len(cells) >= len(header) and not any(cells[len(header) :])
    if cells[0].startswith("#") and not (may_be_named_so and is_row and _uncommented(cells[0])):
        raise UserError(f"{place} begins with #. Remove the line, or the #.")
    if cells == header:
        raise UserError(f"{place} repeats the header. Remove it.")
    if len(cells) < len(header) or any(cells[len(header) :]):
        raise UserError(f"{place} has {len(cells)} cells, but the header has {len(header)}. {_NEEDS[separator]}")


def _uncommented(name: str) -> str:
    return name.lstrip("#").strip()


def _plain(name: str) -> str:
    return re.sub(r"[#\s_-]", "", name).lower()


def _known(header: list[str]) -> dict[int, str]:
    """Return the recognized columns of a header: role by index."""
    plain = [_plain(name) for name in header]
    if plain[: len(_IMPUTE_HEADER)] == _IMPUTE_HEADER:
        return dict(enumerate(PEOPLE_COLUMNS))
    return {at: role for at, name in enumerate(plain) for role, names in _SYNONYMS.items() if name in names}


def _column(header: list[str], role: str, path: str | Path) -> int | None:
    """Return the index of one of the three columns of a table; None if it has no superpopulations."""
    known = _known(header)
    found = [at for at in known if known[at] == role]
    if len(found) > 1:
        names = " and ".join(header[at] for at in found)
        raise UserError(f"{path}: {names} could both be the column {role}. Remove or rename one.")
    if found or role == "superpopulation":
        return found[0] if found else None
    # A first row that is not a header describes an individual, who must not be named.
    shown = ", ".join(header[at] for at in known) or "none, as if the first row were not a header"
    raise UserError(
        f"{path} has no column {role}. Of its {len(header)} columns, these are recognized: {shown}. Add the column, "
        "or rename the one that contains it."
    )


def _check(people: pd.DataFrame, numbers: Sequence[int], path: str | Path) -> None:
    def line(mask: pd.Series) -> int:
        """Return the number of the first marked line."""
        return numbers[int(mask.to_numpy().argmax())]

    if people.empty:
        raise UserError(f"{path} lists no individuals.")
    for column in PEOPLE_COLUMNS:
        empty = people[column] == ""
        if empty.any():
            raise UserError(
                f"{path}: {counted(int(empty.sum()), 'individual')} without {column}, first in line {line(empty)}. "
                "Fill it in or remove them."
            )
    repeated = people["sample"].duplicated()
    if repeated.any():
        raise UserError(
            f"{path}: {counted(int(repeated.sum()), 'sample')} listed twice, first in line {line(repeated)}. Keep one "
            "row per sample."
        )
    for column in ("population", "superpopulation"):
        labels = people[column]
        invalid = ~labels.str.fullmatch(r"\w[\w.-]*", flags=re.ASCII)
        if invalid.any():
            raise UserError(
                f"{path}, line {line(invalid)}: {column} {labels[invalid.idxmax()]!r} is not a valid label. Use the "
                "letters A to Z and a to z, digits, _, - and . only, and begin with a letter, a digit or _."
            )
        alike = _first_conflict(labels.str.lower(), labels)
        if alike:
            first, second = alike
            raise UserError(
                f"{path}: the {column}s {labels[first]} (line {numbers[first]}) and {labels[second]} (line "
                f"{numbers[second]}) differ only in case. Write them the same way."
            )
    conflict = _first_conflict(people["population"], people["superpopulation"])
    if conflict:
        named = " and ".join(f"{people['superpopulation'][row]} (line {numbers[row]})" for row in conflict)
        raise UserError(
            f"{path}: population {people['population'][conflict[0]]} is in two superpopulations, {named}. Assign it to "
            "one, or use two population names."
        )


def _first_conflict(keys: pd.Series, values: pd.Series) -> tuple[int, int] | None:
    """Return the first two rows that have the same key and different values; None if there are none."""
    differs = values != values.groupby(keys).transform("first")
    if not differs.any():
        return None
    second = int(differs.to_numpy().argmax())
    return int((keys == keys[second]).to_numpy().argmax()), second


def check_commented_out(samples: Sequence[str], people: pd.DataFrame) -> None:
    """Raise if rows of some samples are commented out: a name without its leading # is that of a sample."""
    commented = ~people["sample"].isin(samples) & people["sample"].str.startswith("#")
    commented &= people["sample"].map(_uncommented).isin(samples)
    if commented.any():
        raise UserError(
            f"{int(commented.sum())} of {len(samples)} samples have only a commented-out row (#) in the table of "
            "individuals. Remove these rows, or the #."
        )


def label_people(samples: Sequence[str], people: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of a table of individuals that belong to some samples, in the samples' order.

    Labels without a sample are normal (a table of the whole 1000 Genomes Project fits any subset): their number is
    logged.

    Raises
    ------
    UserError
        Samples without a label, or whose row is commented out by a leading #. They are counted, not named: cohorts may
        be private.
    """
    check_commented_out(samples, people)
    labelled = people.set_index("sample").reindex(samples)
    missing = labelled["population"].isna().to_numpy()
    if missing.any():
        hint = (
            "Check that sample names are spelled as in the table."
            if missing.all()
            else "Add them to the table, or write people_without_labels: drop in the cohort."
        )
        raise UserError(
            f"{int(missing.sum())} of {len(samples)} samples have no label in the table of individuals, first "
            "sample column "
            f"{int(missing.argmax()) + 1}. {hint}"
        )
    unused = len(people) - len(samples)
    if unused:
        log.info("%d of %d individuals of the table have no haplotypes: not used", unused, len(people))
    return labelled.rename_axis("sample").reset_index()[PEOPLE_COLUMNS]
