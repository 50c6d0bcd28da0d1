"""Genetic maps: from base pairs to centimorgan."""

import gzip
import io
import logging
import re
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from artificial_genomes.compressed import container, opened
from artificial_genomes.errors import UserError

log = logging.getLogger(__name__)

_PLINK_COLUMNS = ["contig", "id", "cm", "position"]
_PLINK_CODES = {"23": "X", "24": "Y", "26": "MT", "M": "MT"}
_CONTIG_IN_NAME = re.compile(r"chr(\d{1,2}|X|Y|MT?)(?![0-9A-Za-z])", re.IGNORECASE)
_TAR_MAGIC = slice(257, 262), b"ustar"
_GZIP_MAGIC = b"\x1f\x8b"

BEYOND_ENDS_MAX = 0.1
"""A larger share of sites beyond the ends of a map is worth a warning."""


def read_genetic_map(path: str | Path, contigs: Iterable[str] | None = None) -> pd.DataFrame:
    """Read a genetic map: a table (plain, gzip, xz or zip), or a tar (gzip, xz) or zip archive of tables.

    Two kinds of tables are known: PLINK .map (four columns without header: contig, id, cM, position) and tables with a
    header in which a column named pos... or bp holds the position and one named ...cM... (but not cM/Mb) the map
    position, as in the HapMap and 1000 Genomes maps; a column named chr... is used where there is one. Without map
    positions they are summed up from a column of rates (cM/Mb), each of which holds up to the next position.

    In an archive a chromosome's table has chr1, chrX, ... in its name. Several of one chromosome, such as the
    pseudoautosomal regions of X and what lies between them, are joined with no distance across the gaps.

    Parameters
    ----------
    contigs
        Read the map of these only; with or without "chr". None reads all.

    Returns
    -------
    DataFrame
        contig (str; without "chr", PLINK's 23 is X; empty where the file names none), position (int, bp), cm (float);
        contigs sorted as in the file.

    Raises
    ------
    UserError
        No such columns, no rows, positions that do not increase along a contig, two maps of one contig, none of a
        contig that is wanted, or a damaged archive.
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
        raise UserError(f"genetic map {path} has no map of contig {', '.join(missing)}. Give one that covers the data.")
    if not parts:
        raise UserError(f"genetic map {path} holds no table.")
    return pd.concat([_joined(some, contig, path) for contig, some in parts.items()], ignore_index=True)


def _files(path: str | Path, wanted: Callable[[str], bool]) -> dict[str, bytes]:
    """Return the wanted tables of an archive by name; of a file that is no archive, its content under an empty name."""
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
        raise UserError(f"genetic map {path} is truncated or damaged. Fetch or write it again.") from error
    # Where tables are named by chromosome, what has no chromosome in its name is a README.
    by_contig = any(_contig_in(name) for name in names)
    return {name: content for name, content in files.items() if _contig_in(name) or not by_contig}


def _contig_in(file: str) -> str | None:
    """Return the contig that the name of a file tells, or None."""
    found = _CONTIG_IN_NAME.search(Path(file).name)
    return _contig_name(found[1].upper()) if found else None


def _contig_name(contig: str) -> str:
    """Return the name by which contigs of maps and of sites are compared: without "chr", and X for its regions too."""
    name = re.sub(r"_(par\d?|nonpar)$", "", contig.removeprefix("chr"), flags=re.IGNORECASE)
    return _PLINK_CODES.get(name, name)


def _read_table(content: bytes, where: str, contig: str | None, wanted: set[str] | None) -> pd.DataFrame:
    """Read one table, of which the name tells that it is of `contig`; only rows of the wanted contigs are returned."""
    first, _, rest = content.lstrip().partition(b"\n")
    header = first.decode(errors="replace").split()
    if header and re.fullmatch(r"[0-9.eE+-]+", header[-1]):
        if len(header) != len(_PLINK_COLUMNS):
            raise UserError(
                f"genetic map {where} has neither a header nor the 4 columns of PLINK: contig id cM position."
            )
        columns, rest = _PLINK_COLUMNS, content
    else:
        columns = [_column_name(name) for name in header]
    numbers = ["position", "cm" if "cm" in columns else "cm_per_mb"]
    try:
        # By place: columns that are not used may share a name.
        types = {i: float if name in numbers else str for i, name in enumerate(columns) if name in ("contig", *numbers)}
        rows = pd.read_csv(io.BytesIO(rest), sep=r"\s+", header=None, dtype=types)
    except (pd.errors.EmptyDataError, pd.errors.ParserError, UnicodeDecodeError) as error:
        raise UserError(f"genetic map {where} is not a table ({error}).") from error
    except ValueError as error:
        raise UserError(f"genetic map {where} has a position or map position that is no number ({error}).") from error
    if rows.shape[1] != len(columns):
        raise UserError(f"genetic map {where} is not a table ({len(columns)} columns, then {rows.shape[1]}).")
    if any(columns.count(name) != 1 for name in numbers):
        raise UserError(
            f"genetic map {where} needs exactly one column of position and one of cM, or else of rates in cM/Mb; "
            f"it has {header}."
        )
    table = rows[[columns.index(name) for name in numbers]].set_axis(numbers, axis=1)
    if not np.isfinite(table.to_numpy()).all():
        raise UserError(f"genetic map {where} has a position or map position that is no number (a field is empty).")
    if "contig" in columns:
        named = rows[columns.index("contig")]
        table.insert(0, "contig", named.map({name: _contig_name(name) for name in named.unique()}))
        if wanted is not None:
            table = table[table["contig"].isin(wanted)]
    else:
        table.insert(0, "contig", contig or "")
    if "cm_per_mb" in table:
        table["cm"] = _summed_rates(table)
    for name, part in table.groupby("contig", sort=False):
        if np.any(np.diff(part["position"]) <= 0) or np.any(np.diff(part["cm"]) < 0):
            raise UserError(f"genetic map {where} does not increase along contig {name or '(unnamed)'}. Sort it.")
    return table[["contig", "position", "cm"]].astype({"position": int})


def _column_name(header: str) -> str:
    """Return our name for a column of a map with a header."""
    name = header.lower().lstrip("#")
    if name.startswith("chr"):
        return "contig"
    if name.startswith(("pos", "bp")):
        return "position"
    if "cm/mb" in name:
        return "cm_per_mb"
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


def map_positions(genetic_map: pd.DataFrame, contig: str, positions: np.ndarray) -> np.ndarray:
    """Interpolate the map position of sites on one contig.

    Sites beyond the ends of the map continue at the map's mean rate; where they are more than `BEYOND_ENDS_MAX`, a
    warning says how many.

    Parameters
    ----------
    genetic_map
        From `read_genetic_map`. Contigs match with and without "chr"; a map without contigs serves any.
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
        raise UserError(f"the genetic map has fewer than two positions on contig {contig}. Give a map that covers it.")
    x, y = part["position"].to_numpy(float), part["cm"].to_numpy()
    mean_rate = (y[-1] - y[0]) / (x[-1] - x[0])
    outside = np.minimum(positions - x[0], 0) + np.maximum(positions - x[-1], 0)
    beyond = np.count_nonzero(outside)
    if beyond > BEYOND_ENDS_MAX * len(positions):
        log.warning(
            "%d of %d sites on contig %s are beyond the ends of the genetic map (%d to %d bp): its mean rate holds",
            *(beyond, len(positions), contig, x[0], x[-1]),
        )
    return np.interp(positions, x, y) + mean_rate * outside
