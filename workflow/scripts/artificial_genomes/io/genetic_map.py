"""Genetic maps: from base pairs to centimorgan."""

import gzip
import io
import logging
import re
import tarfile
import zipfile
import zlib
from array import array
from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from pathlib import Path

import numpy as np
import pandas as pd

from artificial_genomes.core.compressed import container, opened
from artificial_genomes.core.errors import UserError
from artificial_genomes.core.regions import contig_in_name
from artificial_genomes.core.text_files import decoded, split_line

log = logging.getLogger(__name__)

_PLINK_COLUMNS = ["contig", "id", "cm", "position"]
_PLINK_CODES = {"23": "X", "24": "Y", "26": "MT", "M": "MT"}
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")
_POSITION_MAX = 2**31 - 1
_TAR_MAGIC = slice(257, 262), b"ustar"
_GZIP_MAGIC = b"\x1f\x8b"

BEYOND_ENDS_MAX = 0.1
"""Share of sites beyond the ends of a map above which a warning is logged."""


def read_genetic_map(path: str | Path, contigs: Iterable[str] | None = None) -> pd.DataFrame:
    """Read a genetic map: a table (plain, gzip, xz or zip), or a tar (gzip, xz) or zip archive of tables.

    Two kinds of tables are supported: PLINK .map (four columns without header: contig, id, cM, position) and tables
    with a header in which a column named pos... or bp holds the position and one named ...cM... (but not cM/Mb) the map
    position, as in the HapMap and 1000 Genomes maps; a column named chr... is used if there is one. Without map
    positions, they are computed from a column of rates (cM/Mb), each of which applies up to the next position.

    In an archive, the name of a chromosome's table contains chr1, chrX, ... Several tables of one chromosome, such as
    the pseudoautosomal regions of X and the region between them, are joined with no distance across the gaps.

    Parameters
    ----------
    contigs
        Contigs to read, with or without "chr"; None reads all.

    Returns
    -------
    DataFrame
        contig (str; without "chr", PLINK's 23 is X; empty where the file names none), position (int, bp), cm (float);
        contigs sorted as in the file.

    Raises
    ------
    UserError
        Missing columns, no rows, rows of different lengths, positions that are not whole numbers or do not increase
        along a contig, map positions that decrease, two maps of one contig, no map of a requested contig, or a damaged
        archive.
    """
    wanted = None if contigs is None else {_contig_name(contig) for contig in contigs}
    files = _files(path, lambda name: wanted is None or _contig_in(name) in (None, *wanted))
    parts: dict[str, list[pd.DataFrame]] = {}
    for name, content in files.items():
        table = _read_table(content, f"{path} ({name})" if name else str(path), _contig_in(name), wanted)
        for contig, part in table.groupby("contig", sort=False):
            parts.setdefault(contig, []).append(part)
    missing = [] if wanted is None or "" in parts else sorted(wanted - set(parts))
    if missing:
        raise UserError(f"genetic map {path} has no map of contig {', '.join(missing)}. Use one that covers the data.")
    if not parts:
        raise UserError(f"genetic map {path} contains no table.")
    return pd.concat([_joined(some, contig, path) for contig, some in parts.items()], ignore_index=True)


def _files(path: str | Path, wanted: Callable[[str], bool]) -> dict[str, bytes]:
    """Return the requested tables of an archive by name; the content of any other file under an empty name."""
    names = []

    def is_wanted(name: str) -> bool:
        names.append(name)
        return wanted(name) and not Path(name).name.startswith(".")

    try:
        if container(path) == "zip":
            with zipfile.ZipFile(path) as archive:
                members = [member for member in archive.infolist() if not member.is_dir()]
                files = {member.filename: archive.read(member) for member in members if is_wanted(member.filename)}
        else:
            with opened(path) as stream:
                place, magic = _TAR_MAGIC
                start = stream.read(tarfile.BLOCKSIZE)
                stream.seek(0)
                if start[place] != magic:
                    return {"": stream.read()}
                with tarfile.open(fileobj=stream, mode="r|") as archive:
                    members = (member for member in archive if member.isfile() and is_wanted(member.name))
                    files = {member.name: archive.extractfile(member).read() for member in members}
        files = {
            name: gzip.decompress(content) if content.startswith(_GZIP_MAGIC) else content
            for name, content in files.items()
        }
    except (zipfile.BadZipFile, tarfile.TarError, gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise UserError(f"genetic map {path} is truncated or damaged. Download or create it again.") from error
    # If tables are named by chromosome, a name without one is a README.
    by_contig = any(_contig_in(name) for name in names)
    return {name: content for name, content in files.items() if _contig_in(name) or not by_contig}


def _contig_in(file: str) -> str | None:
    """Return the contig in the name of a file, or None."""
    contig = contig_in_name(file)
    return contig and _contig_name(contig)


def _contig_name(contig: str) -> str:
    """Return the name by which contigs of maps and sites are compared: without "chr", and X for regions of X, too."""
    name = re.sub(r"_(par\d?|nonpar)$", "", contig.removeprefix("chr"), flags=re.IGNORECASE)
    return _PLINK_CODES.get(name, name)


def _read_table(content: bytes, where: str, contig: str | None, wanted: set[str] | None) -> pd.DataFrame:
    """Read one table, which is of `contig` if its name says so; only rows of the requested contigs are returned."""
    text = decoded(content, f"genetic map {where}")
    # Large maps have millions of lines, too many to keep as separate strings.
    lines = ((number, line) for number, line in enumerate(io.StringIO(text, newline=None), start=1) if line.strip())
    number, first = next(lines, (0, ""))
    while first.startswith("#") and "position" not in _columns(first):
        number, first = next(lines, (0, ""))
    if not first:
        raise UserError(f"genetic map {where} is not a table: it has no header and no rows.")
    separator = _separator(first)
    header = split_line(first, separator)
    columns = _columns(first)
    if _NUMBER.fullmatch(header[-1]):
        if len(header) != len(_PLINK_COLUMNS):
            raise UserError(
                f"genetic map {where} has neither a header nor the 4 columns of PLINK: contig id cM position."
            )
        columns, lines = _PLINK_COLUMNS, chain([(number, first)], lines)
    value = "cm" if "cm" in columns else "cm_per_mb"
    if any(columns.count(name) != 1 for name in ("position", value)) or columns.count("contig") > 1:
        raise UserError(
            f"genetic map {where} needs exactly one column of positions (pos, bp), one of cM or of rates in cM/Mb, "
            f"and at most one of contigs (chr); it has {', '.join(header)}. Rename its columns."
        )
    position_at, value_at = columns.index("position"), columns.index(value)
    contig_at = columns.index("contig") if "contig" in columns else None
    names: dict[str, str] = {}
    numbers, positions, values, contigs = array("q"), array("q"), array("d"), []
    n_rows = 0
    for number, line in lines:
        cells = split_line(line, separator)
        if len(cells) != len(columns) or line.startswith("#"):
            what = "begins with #" if line.startswith("#") else f"has {len(cells)} columns, not {len(columns)}"
            raise UserError(f"genetic map {where}, line {number} {what}. Correct or remove the line.")
        if not (_NUMBER.fullmatch(cells[position_at]) and _NUMBER.fullmatch(cells[value_at])):
            raise UserError(
                f"genetic map {where}, line {number}: a position or map position is not a number. Correct the line."
            )
        n_rows += 1
        position = float(cells[position_at])
        if not position.is_integer() or not 0 <= position <= _POSITION_MAX:
            raise UserError(
                f"genetic map {where}, line {number}: position {cells[position_at]} is not a whole number of base "
                "pairs. Convert positions in Mb or kb to base pairs."
            )
        name = contig or ""
        if contig_at is not None:
            name = names.get(cells[contig_at]) or names.setdefault(cells[contig_at], _contig_name(cells[contig_at]))
            if wanted is not None and name not in wanted:
                continue
        numbers.append(number)
        positions.append(int(position))
        values.append(float(cells[value_at]))
        contigs.append(name)
    if not n_rows:
        raise UserError(f"genetic map {where} is not a table: it has no rows.")
    table = pd.DataFrame({"contig": pd.Series(contigs, dtype=object), "position": positions, value: values})
    if value == "cm_per_mb":
        table["cm"] = _summed_rates(table)
    for name, part in table.groupby("contig", sort=False):
        _check_order(part, f"contig {name or '(unnamed)'}", where, numbers)
    return table[["contig", "position", "cm"]]


def _separator(first: str) -> str | None:
    """Return the column separator, judged by a table's first line: comma, semicolon, or None for blanks."""
    return next((mark for mark in ",;" if mark in first), None)


def _columns(first: str) -> list[str]:
    """Return the standard names of the columns of a map, given its header."""
    return [_column_name(name) for name in split_line(first, _separator(first))]


def _check_order(part: pd.DataFrame, contig: str, where: str, numbers: Sequence[int]) -> None:
    """Check that the positions of one contig increase, and its map positions do not decrease."""
    position, cm = part["position"].to_numpy(), part["cm"].to_numpy()
    wrong = np.flatnonzero((np.diff(position) <= 0) | (np.diff(cm) < 0))
    if not len(wrong):
        return
    row = wrong[0] + 1
    place = f"genetic map {where}, line {numbers[part.index[row]]}"
    if position[row] == position[row - 1]:
        raise UserError(f"{place}: position {position[row]} of {contig} appears twice. Keep one of the rows.")
    if position[row] < position[row - 1]:
        raise UserError(
            f"{place}: position {position[row]} of {contig} comes after {position[row - 1]}. Sort the map by position."
        )
    raise UserError(
        f"{place}: the map position of {contig} falls from {cm[row - 1]:g} to {cm[row]:g} cM. It must not decrease "
        "along a contig: correct the map."
    )


def _column_name(header: str) -> str:
    """Return the standard name of a column of a map with a header."""
    name = header.lower().lstrip("#").strip()
    if name.startswith("chr"):
        return "contig"
    if name.startswith(("pos", "bp")) and not re.search("[mk]b", name):
        return "position"
    if re.search(r"cm(/|per|_per_|_|\.)mb", name):
        return "cm_per_mb"
    if re.search(r"\(m\)|(?<!centi)morgan", name):
        return header
    return "cm" if ("cm" in name or "genetic_map" in name) and "rate" not in name else header


def _summed_rates(table: pd.DataFrame) -> pd.Series:
    """Return the map position in cM of every row, 0 at the first of a contig, from rates in cM/Mb."""
    by_contig = table.groupby("contig", sort=False)
    steps = by_contig["position"].diff() / 1e6 * by_contig["cm_per_mb"].shift()
    return steps.fillna(0).groupby(table["contig"], sort=False).cumsum()


def _joined(parts: list[pd.DataFrame], contig: str, path: str | Path) -> pd.DataFrame:
    """Join the maps of a contig's regions, each of which may start at 0 cM."""
    parts = sorted(parts, key=lambda part: part["position"].iloc[0])
    joined = parts[:1]
    for part in parts[1:]:
        end = joined[-1].iloc[-1]
        if part["position"].iloc[0] <= end["position"]:
            raise UserError(f"genetic map {path} has two maps of contig {contig or '(unnamed)'}. Keep one of them.")
        joined.append(part.assign(cm=part["cm"] + max(end["cm"] - part["cm"].iloc[0], 0)))
    return pd.concat(joined)


def read_map_of(path: str | Path, sites: pd.DataFrame) -> pd.DataFrame:
    """Read the genetic map of the contigs of some sites (`read_genetic_map`) and check that it covers them.

    Raises
    ------
    UserError
        As `read_genetic_map`; or no site lies between the ends of its contig's map.
    """
    genetic_map = read_genetic_map(path, sites["contig"].unique().tolist())
    if not is_covered(genetic_map, sites).any():
        first, last = sites["position"].agg(["min", "max"])
        low, high = genetic_map["position"].agg(["min", "max"])
        raise UserError(
            f"genetic map {path} covers none of the {len(sites)} sites: it has positions {low} to {high}, the sites "
            f"{first} to {last}. Use a map in base pairs of the same build."
        )
    return genetic_map


def is_covered(genetic_map: pd.DataFrame, sites: pd.DataFrame) -> np.ndarray:
    """Return whether each site lies between the ends of its contig's map: (n_sites,) bool."""
    ends = genetic_map.groupby("contig")["position"].agg(["min", "max"])
    contigs = sites["contig"].map(_contig_name)
    # A map without contigs applies to any contig.
    low, high = (contigs.map(ends[end]).fillna(ends[end].iloc[0]) for end in ("min", "max"))
    return sites["position"].between(low, high).to_numpy()


def has_points_at(genetic_map: pd.DataFrame, sites: pd.DataFrame) -> bool:
    """Return whether many more sites than by chance lie at points of a map: both then have positions of one build.

    Maps such as HapMap's have points at common SNPs. Many is at least ten, and ten times the number expected if the
    sites lay anywhere between the first and the last of their contig. Without such points, the builds may still agree.

    Examples
    --------
    >>> genetic_map = pd.DataFrame({"contig": "7", "position": range(0, 90_000, 900)})
    >>> sites = pd.DataFrame({"contig": "chr7", "position": range(450, 90_000, 450)})
    >>> has_points_at(genetic_map, sites), has_points_at(genetic_map, sites.assign(position=sites["position"] + 1))
    (True, False)
    """
    shared, expected = 0, 0.0
    for contig, positions in sites.groupby("contig", sort=False)["position"]:
        points = genetic_map.loc[genetic_map["contig"].isin(["", _contig_name(contig)]), "position"]
        points = points[points.between(positions.min(), positions.max())]
        shared += int(positions.isin(points).sum())
        expected += len(positions) * len(points) / (positions.max() - positions.min() + 1)
    return shared >= max(10, 10 * expected)


def map_positions(genetic_map: pd.DataFrame, contig: str, positions: np.ndarray) -> np.ndarray:
    """Interpolate the map position of sites on one contig.

    Sites beyond the ends of the map continue at the map's mean rate; if their share exceeds `BEYOND_ENDS_MAX`, a
    warning gives their number.

    Parameters
    ----------
    genetic_map
        From `read_genetic_map`. Contigs match with and without "chr"; a map without contigs applies to any.
    positions : (n_sites,) int
        Positions in bp.

    Returns
    -------
    (n_sites,) float64
        Positions in cM.

    Raises
    ------
    UserError
        The map has fewer than two positions on the contig.
    """
    names = genetic_map["contig"]
    fitting = [name for name in names.unique() if _contig_name(name) in ("", _contig_name(contig))]
    part = genetic_map[names.isin(fitting)]
    if len(part) < 2:
        raise UserError(f"the genetic map has fewer than two positions on contig {contig}. Use a map that covers it.")
    x, y = part["position"].to_numpy(float), part["cm"].to_numpy()
    mean_rate = (y[-1] - y[0]) / (x[-1] - x[0])
    outside = np.minimum(positions - x[0], 0) + np.maximum(positions - x[-1], 0)
    beyond = np.count_nonzero(outside)
    if beyond > BEYOND_ENDS_MAX * len(positions):
        log.warning(
            "%d of %d sites on contig %s are beyond the ends of the genetic map (%d to %d bp): its mean rate is used",
            *(beyond, len(positions), contig, x[0], x[-1]),
        )
    return np.interp(positions, x, y) + mean_rate * outside
