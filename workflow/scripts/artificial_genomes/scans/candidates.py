"""Candidates of selection: segments of extreme positions, and the genes in them."""

from pathlib import Path

import numpy as np
import pandas as pd

from artificial_genomes.core.errors import UserError
from artificial_genomes.core.tables import read_tsv
from artificial_genomes.scans.statistics import STATISTICS, top_places

MERGE_BP = 50_000
"""Maximum distance (bp) between extreme positions of one candidate."""

GENE_COLUMNS = ["build", "name", "contig", "start", "end"]
COLUMNS = ["statistic", "contig", "start", "end", "places", "peak_start", "peak_end", "peak_value", "genes", "in_real"]


def read_genes(path: str | Path, build: str) -> pd.DataFrame:
    """Read the positions of genes: tab separated, with the columns build, name, contig, start and end (bp, both
    included).

    Returns
    -------
    DataFrame
        name, contig (without chr), start, end of the genes of one build.

    Raises
    ------
    UserError
        A column is missing, or a position is not a whole number.
    """
    table = read_tsv(path, GENE_COLUMNS)
    table = table[table["build"] == build]
    try:
        table = table.astype({"start": int, "end": int})
    except ValueError as error:
        raise UserError(f"{path} has a gene whose start or end is not a whole number ({error}). Correct it.") from error
    contig = table["contig"].astype(str).str.removeprefix("chr")
    return table.assign(contig=contig)[["name", "contig", "start", "end"]].reset_index(drop=True)


def genes_in(genes: pd.DataFrame, contig: str, start: int, end: int) -> list[str]:
    """Return the names of the genes that overlap a segment, in their order along it."""
    here = genes["contig"].eq(contig.removeprefix("chr")) & genes["start"].le(end) & genes["end"].ge(start)
    return genes[here].sort_values("start")["name"].tolist()


def candidates(tracks: pd.DataFrame, genes: pd.DataFrame, real: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return the segments of neighboring positions among the most extreme 1 % of each track.

    Parameters
    ----------
    tracks : DataFrame
        From `tracks.scan`.
    genes : DataFrame
        From `read_genes`.
    real : DataFrame
        The candidates of the real haplotypes.

    Returns
    -------
    DataFrame
        statistic, contig, start, end (bp), places, peak_start, peak_end (of the most extreme position), peak_value,
        genes (joined by commas), in_real (1 if a candidate of the real haplotypes overlaps, else 0; empty without
        `real`).
    """
    rows = []
    for statistic, track in tracks.groupby("statistic", sort=False):
        top = track[top_places(track["value"].to_numpy(float), statistic)]
        for contig, places in top.groupby("contig", sort=False):
            places = places.sort_values("start")
            gaps = places["start"].to_numpy()[1:] - np.maximum.accumulate(places["end"].to_numpy())[:-1]
            for _, stretch in places.groupby(np.r_[0, np.cumsum(gaps > MERGE_BP)]):
                rows.append(_candidate(statistic, contig, stretch, genes, real))
    return pd.DataFrame(rows, columns=COLUMNS)


def _candidate(
    statistic: str, contig: str, places: pd.DataFrame, genes: pd.DataFrame, real: pd.DataFrame | None
) -> tuple:
    """Return the row of one segment."""
    peak = places.iloc[np.argmax(STATISTICS[statistic].extremeness(places["value"]))]
    start, end = int(places["start"].min()), int(places["end"].max())
    names = ",".join(genes_in(genes, contig, start, end))
    found = np.nan if real is None else int(_overlaps(real, statistic, contig, start, end))
    return statistic, contig, start, end, len(places), peak["start"], peak["end"], peak["value"], names, found


def _overlaps(real: pd.DataFrame, statistic: str, contig: str, start: int, end: int) -> bool:
    here = real["statistic"].eq(statistic) & real["contig"].eq(contig)
    return bool((here & real["start"].le(end) & real["end"].ge(start)).any())
