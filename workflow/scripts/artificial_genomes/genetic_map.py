"""Genetic maps: from base pairs to centimorgan."""

from pathlib import Path

import numpy as np
import pandas as pd

from artificial_genomes.errors import UserError

_PLINK_COLUMNS = ["contig", "id", "cm", "position"]


def read_genetic_map(path: str | Path) -> pd.DataFrame:
    """Read a genetic map, plain or gzipped.

    Two kinds are known: PLINK .map (four columns without header: contig, id, cM, position) and tables with a header
    in which a column named pos... or bp holds the position and one named ...cM... (but not cM/Mb) the map position,
    as in the HapMap and 1000 Genomes maps; a column named chr... is used where there is one.

    Returns
    -------
    DataFrame
        contig (str; empty where the file names none), position (int, bp), cm (float); sorted as in the file.

    Raises
    ------
    UserError
        No such columns, no rows, or positions that do not increase along a contig.
    """
    try:
        rows = pd.read_csv(path, sep=r"\s+", header=None, dtype=str, compression="infer")
    except (pd.errors.EmptyDataError, pd.errors.ParserError, UnicodeDecodeError, EOFError, OSError) as error:
        if isinstance(error, FileNotFoundError):
            raise
        raise UserError(f"genetic map {path} is not a table ({error}).") from error
    if rows.iloc[0].str.fullmatch(r"[0-9.eE+-]+").iloc[-1]:
        if rows.shape[1] != len(_PLINK_COLUMNS):
            raise UserError(
                f"genetic map {path} has neither a header nor the 4 columns of PLINK: contig id cM position."
            )
        table = rows.set_axis(_PLINK_COLUMNS, axis=1)
    else:
        table = rows.iloc[1:].set_axis([_column_name(name) for name in rows.iloc[0]], axis=1)
    for name in ("position", "cm"):
        if list(table.columns).count(name) != 1:
            raise UserError(f"genetic map {path} needs exactly one column of {name}; it has {list(rows.iloc[0])}.")
    if "contig" not in table:
        table = table.assign(contig="")
    try:
        table = table[["contig", "position", "cm"]].astype({"position": float, "cm": float}).astype({"position": int})
    except ValueError as error:
        raise UserError(f"genetic map {path} has a position or map position that is no number ({error}).") from error
    for contig, part in table.groupby("contig", sort=False):
        if np.any(np.diff(part["position"]) <= 0) or np.any(np.diff(part["cm"]) < 0):
            raise UserError(f"genetic map {path} does not increase along contig {contig or '(unnamed)'}. Sort it.")
    return table.reset_index(drop=True)


def _column_name(header: str) -> str:
    """Return our name for a column of a map with a header."""
    name = header.lower()
    if name.startswith("chr"):
        return "contig"
    if name.startswith(("pos", "bp")):
        return "position"
    return "cm" if ("cm" in name or "genetic_map" in name) and "cm/mb" not in name and "rate" not in name else header


def map_positions(genetic_map: pd.DataFrame, contig: str, positions: np.ndarray) -> np.ndarray:
    """Interpolate the map position of sites on one contig.

    Sites beyond the ends of the map continue at the map's mean rate.

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
    names = genetic_map["contig"].str.removeprefix("chr")
    part = genetic_map[(names == contig.removeprefix("chr")) | (names == "")]
    if len(part) < 2:
        raise UserError(f"the genetic map has fewer than two positions on contig {contig}. Give a map that covers it.")
    x, y = part["position"].to_numpy(float), part["cm"].to_numpy()
    mean_rate = (y[-1] - y[0]) / (x[-1] - x[0])
    outside = np.minimum(positions - x[0], 0) + np.maximum(positions - x[-1], 0)
    return np.interp(positions, x, y) + mean_rate * outside
