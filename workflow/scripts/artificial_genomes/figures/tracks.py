"""Tracks along the genome, as the figures of the scans draw them."""

import textwrap
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import FigureBase
from matplotlib.lines import Line2D

from artificial_genomes.core.colors import REAL, model_colours
from artificial_genomes.core.errors import UserError
from artificial_genomes.core.metric_table import CONTROLS
from artificial_genomes.figures.sets import METRICS, Input, Option, of_sets
from artificial_genomes.figures.style import PALE, marks_of, set_legend
from artificial_genomes.scans.candidates import COLUMNS as CANDIDATE_COLUMNS
from artificial_genomes.scans.candidates import GENE_COLUMNS, read_genes
from artificial_genomes.scans.places import GAP_MAX_BP
from artificial_genomes.scans.statistics import STATISTICS, TRACK_COLUMNS, top_places


def genes_of(paths: Sequence[Path], build: str) -> pd.DataFrame:
    """Return the genes of a build from a table, or none without a table; see `read_genes`."""
    return read_genes(paths[0], build) if paths else pd.DataFrame(columns=GENE_COLUMNS[1:])


SCAN_INPUTS = {
    "tracks": of_sets("tracks of real haplotypes and models", TRACK_COLUMNS),
    "candidates": of_sets("candidates of the real haplotypes", CANDIDATE_COLUMNS),
    "metrics": METRICS,
    "genes": Input("table of genes; default: no names", genes_of, needed=False),
}
SCAN_OPTIONS = {"build": Option("genome build of the dataset, for the genes")}
PALE_REAL = "#b3b3b3"
TITLE_LETTERS = 12
"""Longer labels of y axes have two lines."""

GENES_MAX = 8
GENE_HEIGHT = 0.2
"""Height of a row of genes, in inches."""
_CONTIG_GAP = 0.01
_GAP_MB, _GAP_SHARE = 0.1, 0.04  # no line is drawn across more than both, Mb and share of the axis
_BINS = 300
_RASTER_PLACES = 20_000  # tracks with more places are pixels in SVG files too
_LETTER_SHARE = 0.016  # of the width of an axis: a letter of a gene's or contig's name
_BAR_SHARE = 0.004  # of the width of an axis: the shortest bar of a gene


def shown_tracks(tracks: pd.DataFrame, statistics: Sequence[str], models: Sequence[str] | None = None) -> pd.DataFrame:
    """Return the tracks that a figure shows: of real haplotypes and models, the first seed of each.

    Parameters
    ----------
    tracks : DataFrame
        model, seed and the columns of `scans.tracks.TRACK_COLUMNS`.
    models
        Models to show; None for all.

    Returns
    -------
    DataFrame
        statistic, model, seed, contig, position (bp, the middle of a window), value, top (1 in the most extreme 1 %).
        Positions without a value are left out.

    Raises
    ------
    UserError
        No position has a value of any of the statistics.
    """
    chosen = tracks["statistic"].isin(statistics) & ~tracks["model"].isin(CONTROLS)
    if models is not None:
        chosen &= tracks["model"].isin([*models, "real"])
    first = tracks["seed"] == tracks.groupby("model")["seed"].transform("min")
    tracks = tracks[chosen & first & np.isfinite(tracks["value"])]
    parts = [
        track.assign(
            position=(track["start"] + track["end"]) / 2,
            top=top_places(track["value"].to_numpy(float), statistic).astype(int),
        )
        for (statistic, _), track in tracks.groupby(["statistic", "model"], sort=False)
    ]
    if not parts:
        titles = ", ".join(STATISTICS[name].title for name in statistics)
        raise UserError(
            f"the tracks have no value of {titles}. Scan with one of these statistics, or remove the figure."
        )
    return pd.concat(parts, ignore_index=True)[["statistic", "model", "seed", "contig", "position", "value", "top"]]


def pieces_of(tracks: pd.DataFrame) -> pd.DataFrame:
    """Return the pieces of contigs that an axis shows: contig, low and high (bp), in the order of the table.

    A contig is one piece, unless it has gaps longer than the rest of it, as between distant regions.

    Parameters
    ----------
    tracks : DataFrame
        contig and position of all sites or windows.
    """
    rows = []
    for contig, positions in tracks.groupby("contig", sort=False)["position"]:
        places = np.unique(positions)
        steps = np.diff(places)
        ordered = np.sort(steps)
        shorter = np.cumsum(ordered) - ordered
        long = ordered[(shorter > 0) & (ordered > np.maximum(shorter, GAP_MAX_BP))]
        cuts = np.flatnonzero(steps >= long[0]) + 1 if len(long) else []
        rows += [(contig, part[0], part[-1]) for part in np.split(places, cuts)]
    return pd.DataFrame(rows, columns=["contig", "low", "high"])


class Genome:
    """Arrangement of pieces of contigs on an axis: one after another, in Mb; a single piece keeps its own positions.

    Parameters
    ----------
    tracks : DataFrame
        contig and position of all sites or windows.

    Attributes
    ----------
    pieces : DataFrame
        `pieces_of` the tracks, with the shift of each on the axis (Mb).
    width
        Length of the axis in Mb.
    """

    def __init__(self, tracks: pd.DataFrame) -> None:
        pieces = pieces_of(tracks)
        lengths = (pieces["high"] - pieces["low"]) / 1e6
        gap = _CONTIG_GAP * lengths.sum()
        begins = np.r_[0, np.cumsum(lengths + gap)[:-1]]
        self.pieces = pieces.assign(shift=begins - pieces["low"] / 1e6 if len(pieces) > 1 else 0.0)
        self.width = lengths.sum() + gap * (len(pieces) - 1)

    def piece(self, contigs: pd.Series, positions: pd.Series) -> np.ndarray:
        """Return the piece that contains each position (bp), or the one before it: (n,) int64."""
        found = np.zeros(len(contigs), np.int64)
        for contig, rows in self.pieces.groupby("contig", sort=False):
            here = (contigs == contig).to_numpy()
            before = np.searchsorted(rows["low"], positions.to_numpy(float)[here], side="right") - 1
            found[here] = rows.index[0] + np.maximum(before, 0)
        return found

    def x(self, contigs: pd.Series, positions: pd.Series) -> np.ndarray:
        """Return the axis coordinates of positions (bp): (n,) float64."""
        return self.pieces["shift"].to_numpy()[self.piece(contigs, positions)] + positions.to_numpy(float) / 1e6

    def name_axis(self, axes: Axes, *what: str) -> None:
        """Label the x axis; `what` describes the marks and their number."""
        chromosomes = self.pieces["contig"].str.removeprefix("chr")
        if len(self.pieces) == 1:
            axes.set_xlabel(", ".join([f"Position on chromosome {chromosomes[0]} (Mb)", *what]))
            return
        middles = self.pieces["shift"] + (self.pieces["low"] + self.pieces["high"]) / 2e6
        cut = self.pieces["contig"].duplicated(keep=False)
        starts = [f"{low / 1e6:.1f} Mb" for low in self.pieces["low"]]
        texts = chromosomes.where(~cut, chromosomes + ": " + starts)
        named, free = [], -np.inf
        for piece, (middle, text) in enumerate(zip(middles, texts, strict=True)):
            half = (len(text) + 0.5) * _LETTER_SHARE * self.width / 2
            if middle - half >= free:
                named.append(piece)
                free = middle + half
        axes.set_xticks(middles[named], texts[named], fontsize=5.5)
        axes.set_xlabel(", ".join(["Chromosome", *what]))


def draw_track(axes: Axes, genome: Genome, real: pd.DataFrame, others: dict[str, pd.DataFrame], statistic: str) -> None:
    """Draw the real track and others, dots at the top 1 % of each, and a line at the threshold of the real one.

    Two-sided scores vary strongly from site to site: points, not lines, show the most extreme site in each 300th of the
    axis.

    Parameters
    ----------
    real
        Rows of `shown_tracks` of the real haplotypes.
    others
        Rows of models, by name.
    """
    if real.empty:
        axes.text(0.5, 0.5, "no position could be scored", ha="center", va="center", transform=axes.transAxes)
        return
    gap = max(_GAP_MB, _GAP_SHARE * genome.width)
    colours = model_colours(others)
    for name, rows in {"real": real, **others}.items():
        with marks_of(name, axes):
            _draw_set(axes, genome, rows, statistic, name == "real", colours.get(name, PALE_REAL), gap)
    top = _shown(real.loc[real["top"] == 1, "value"], statistic)
    limit = top.max() if STATISTICS[statistic].extreme == "low" else top.min()
    axes.axhline(limit, color=REAL, linestyle="--", linewidth=0.6, zorder=0.5)
    if all(rows.empty for rows in others.values()):
        axes.text(0.98, 0.9, "nothing could be scored in the AGs", ha="right", fontsize=6.5, transform=axes.transAxes)


def _draw_set(
    axes: Axes, genome: Genome, rows: pd.DataFrame, statistic: str, is_real: bool, colour: str, gap: float
) -> None:
    """Draw one track of `draw_track`."""
    order = 1 if is_real else 2
    points = {"linestyle": "", "marker": ".", "markersize": 3, "markeredgewidth": 0}
    is_two_sided = STATISTICS[statistic].extreme == "both"
    look = points if is_two_sided else {"linewidth": 0.8}
    for _, on_piece in rows.groupby(genome.piece(rows["contig"], rows["position"]), sort=False):
        on_piece = on_piece.sort_values("position")
        x = genome.x(on_piece["contig"], on_piece["position"])
        y = _shown(on_piece["value"], statistic).to_numpy(float)
        if is_two_sided:
            x, y = _highest_of_bins(x, y, genome.width / _BINS)
        gaps = np.flatnonzero(np.diff(x) > gap) + 1
        x, y = np.insert(x, gaps, np.nan), np.insert(y, gaps, np.nan)
        axes.plot(x, y, color=colour, zorder=order, rasterized=len(rows) > _RASTER_PLACES, **look)
    top = rows[rows["top"] == 1]
    axes.plot(
        genome.x(top["contig"], top["position"]),
        _shown(top["value"], statistic),
        "o",
        markersize=3.2 if is_real else 2.6,
        markeredgewidth=0.5,
        markeredgecolor="white",
        color=REAL if is_real else colour,
        zorder=order + 2,
    )


def _highest_of_bins(x: np.ndarray, y: np.ndarray, width: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the point with the largest y in each non-empty bin of the axis; x increases."""
    if width == 0:
        return x, y
    order = np.lexsort((-y, np.floor(x / width)))
    _, firsts = np.unique(np.floor(x / width)[order], return_index=True)
    return x[order[firsts]], y[order[firsts]]


def _shown(values: pd.Series, statistic: str) -> pd.Series:
    return values.abs() if STATISTICS[statistic].extreme == "both" else values


def axis_title(statistic: str) -> str:
    """Return the label of the y axis."""
    title = STATISTICS[statistic].title
    return f"|{title}|" if STATISTICS[statistic].extreme == "both" else textwrap.fill(title, TITLE_LETTERS)


def track_legend(figure: FigureBase, sets: dict[str, tuple[str, str]]) -> None:
    """Explain the marks of `draw_track` above the panels.

    Parameters
    ----------
    sets
        Text and color of AG sets by their names.
    """
    handles = {
        "real": Line2D([], [], color=PALE_REAL, label="real"),
        **{name: Line2D([], [], color=colour, label=text) for name, (text, colour) in sets.items()},
        "top": Line2D([], [], linestyle="", marker="o", color=REAL, markersize=3, label="top 1 % of each"),
        "threshold": Line2D([], [], linestyle="--", color=REAL, linewidth=0.6, label="threshold of the real top 1 %"),
    }
    set_legend(figure, handles, len(handles), loc="outside upper center")


def genes_shown(genes: pd.DataFrame, tracks: pd.DataFrame, candidates: pd.DataFrame) -> pd.DataFrame:
    """Return the genes to draw: at most eight in the region, first those with a candidate of the real individuals.

    With several seeds, the candidates of the first are used, as for the tracks.

    Parameters
    ----------
    genes : DataFrame
        name, contig (without chr), start, end.
    tracks : DataFrame
        From `shown_tracks`.
    candidates : DataFrame
        seed and `scans.candidates.COLUMNS` of the real haplotypes; only those of a statistic in `tracks` are used.

    Returns
    -------
    DataFrame
        name, contig (as in the tracks), start, end (cut to the region), candidate (1 or 0).
    """
    spans = pieces_of(tracks).astype({"low": int, "high": int})
    counted = (candidates["seed"] == candidates["seed"].min()) & candidates["statistic"].isin(tracks["statistic"])
    found = {name for names in candidates.loc[counted, "genes"].dropna() for name in str(names).split(",")}
    parts = []
    for contig, low, high in spans.itertuples(index=False):
        here = genes[(genes["contig"] == contig.removeprefix("chr")) & (genes["end"] >= low) & (genes["start"] <= high)]
        parts.append(here.assign(contig=contig, start=here["start"].clip(lower=low), end=here["end"].clip(upper=high)))
    shown = pd.concat(parts)
    shown = shown.assign(candidate=shown["name"].isin(found).astype(int), length=shown["end"] - shown["start"])
    shown = shown.sort_values(["candidate", "length", "start"], ascending=[False, False, True], kind="stable")
    return shown.head(GENES_MAX).sort_values(["contig", "start"]).drop(columns="length").reset_index(drop=True)


def place_genes(genome: Genome, genes: pd.DataFrame) -> pd.DataFrame:
    """Return genes with their place on the axis: left, right (Mb), and row, so that no two names overlap."""
    if genes.empty:
        return genes
    starts, ends = (genome.x(genes["contig"], genes[column]) for column in ("start", "end"))
    middle, half = (starts + ends) / 2, np.maximum(ends - starts, _BAR_SHARE * genome.width) / 2
    genes = genes.assign(left=middle - half, right=middle + half, row=0).sort_values("left")
    taken: list[float] = []
    for i, gene in genes.iterrows():
        reach = max(gene["right"] - gene["left"], (len(gene["name"]) + 1) * _LETTER_SHARE * genome.width) / 2
        centre = (gene["left"] + gene["right"]) / 2
        row = next((row for row, end in enumerate(taken) if centre - reach >= end), len(taken))
        taken[row : row + 1] = [centre + reach]
        genes.loc[i, "row"] = row
    return genes


def gene_rows(*placed: pd.DataFrame) -> int:
    """Return the number of rows of the genes of `place_genes`."""
    return max(0 if genes.empty else genes["row"].max() + 1 for genes in placed)


def draw_genes(axes: Axes, placed: pd.DataFrame, rows: int) -> None:
    """Draw genes of `place_genes` in `rows` rows: bars with names below, in bold if they contain a candidate."""
    axes.axis("off")
    for gene in placed.itertuples():
        colour, weight = (REAL, "bold") if gene.candidate else (PALE_REAL, "normal")
        axes.plot([gene.left, gene.right], [-gene.row] * 2, color=colour, linewidth=3, solid_capstyle="butt")
        middle = (gene.left + gene.right) / 2
        axes.annotate(
            gene.name,
            (middle, -gene.row),
            xytext=(0, -3),
            textcoords="offset points",
            ha="center",
            va="top",
            fontsize=6,
            style="italic",
            fontweight=weight,
            annotation_clip=False,
        )
    axes.set_ylim(0.2 - max(rows, 1), 0.3)


def separate_pieces(axes: Axes, genome: Genome) -> None:
    """Draw a pale line at the start of each piece of a contig, if there are several."""
    for x in (genome.pieces["shift"] + genome.pieces["low"] / 1e6)[1:]:
        axes.axvline(x, color=PALE, linewidth=0.5, zorder=0)
