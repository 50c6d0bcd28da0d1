"""Figure 6: do AGs inherit signals of selection? XP-EHH and PBS along the genome."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from artificial_genomes.core.labels import label
from artificial_genomes.figures.panels import dots
from artificial_genomes.figures.sets import metric_rows, models_in, panel, stack_panels
from artificial_genomes.figures.style import belong_to, marks_of, new_figure, panel_letters
from artificial_genomes.figures.tracks import (
    GENE_HEIGHT,
    SCAN_INPUTS,
    SCAN_OPTIONS,
    Genome,
    axis_title,
    draw_genes,
    draw_track,
    gene_rows,
    genes_shown,
    place_genes,
    separate_pieces,
    shown_tracks,
    track_legend,
)
from artificial_genomes.scans.statistics import STATISTICS, TOP_PLACES_MIN

INPUTS, OPTIONS = SCAN_INPUTS, SCAN_OPTIONS
SHOWN = ("xpehh", "pbs")


def numbers(tracks: pd.DataFrame, candidates: pd.DataFrame, metrics: pd.DataFrame, genes: pd.DataFrame) -> pd.DataFrame:
    """Return the tracks of the first seed of real haplotypes and models, the genes, and the agreement of all seeds.

    Parameters
    ----------
    tracks
        model, seed and `scans.tracks.TRACK_COLUMNS`, of models and of `real`.
    candidates
        seed and `scans.candidates.COLUMNS` of the real haplotypes.
    metrics
        Metrics of models and controls.
    genes
        name, contig, start, end.
    """
    shown = shown_tracks(tracks, SHOWN)
    names = [
        name.format(statistic)
        for statistic in shown["statistic"].unique()
        for name in ("{}_r", "{}_spearman", "top1_overlap_{}", "top1_p_{}")
    ]
    # A gene is marked if the statistic of its column has a candidate there.
    of_columns = [
        genes_shown(genes, shown, candidates[candidates["statistic"] == statistic]).assign(statistic=statistic)
        for statistic in shown["statistic"].unique()
    ]
    return stack_panels(
        tracks=shown, genes=pd.concat(of_columns, ignore_index=True), metrics=metric_rows(metrics, names)
    )


def draw(numbers: pd.DataFrame) -> Figure:
    """Draw the figure from its numbers."""
    tracks, genes, metrics = (panel(numbers, name) for name in ("tracks", "genes", "metrics"))
    statistics = [name for name in SHOWN if (tracks["statistic"] == name).any()]
    models, genome = models_in(tracks), Genome(tracks)
    placed = [place_genes(genome, genes[genes["statistic"] == name] if len(genes) else genes) for name in statistics]
    rows = gene_rows(*placed)
    gene_height = GENE_HEIGHT * rows + 0.05
    heights = [gene_height + 1.2 * len(models) + 0.3, 1.75]
    figure = new_figure(height=sum(heights))
    above, below = figure.subfigures(2, 1, height_ratios=heights, hspace=0.03)
    grid = above.subplots(
        len(models) + 1, len(statistics), sharex="col", squeeze=False, height_ratios=[gene_height] + [1.2] * len(models)
    )
    for axes in grid[2:].flat:
        axes.sharey(grid[1, axes.get_subplotspec().colspan.start])
    strips = below.subplots(1, 2 * len(statistics), squeeze=False)[0]
    for column, statistic in enumerate(statistics):
        of_statistic = tracks[tracks["statistic"] == statistic]
        real = of_statistic[of_statistic["model"] == "real"]
        for axes, model in zip(grid[1:, column], models, strict=True):
            ags = of_statistic[of_statistic["model"] == model]
            draw_track(axes, genome, real, {model: ags}, statistic)
            separate_pieces(axes, genome)
            axes.set_title(f"{label(model)}, {_agreement(metrics, model, statistic)}", fontsize=7.5)
            axes.set_ylabel(axis_title(statistic))
            belong_to(model, axes)
        draw_genes(grid[0, column], placed[column], rows)
        unit = "sites" if STATISTICS[statistic].unit == "site" else "windows"
        genome.name_axis(grid[-1, column], f"{len(real):,} {unit}")
        pair = strips[2 * column : 2 * column + 2]
        title = STATISTICS[statistic].title
        for axes, metric, text in (
            (pair[0], f"{statistic}_r", f"$r$ of {title} with real\nbetter →"),
            (pair[1], f"top1_overlap_{statistic}", f"Share of real top 1 %,\n{title} (better →)"),
        ):
            dots(axes, metrics, metric, models)
            axes.set_xlabel(text, fontsize=7)
        pair[1].set_xlim(-0.04, 1.04)
        _write_chances(pair[1], metrics, f"top1_p_{statistic}")
        overlaps = metrics[metrics["metric"] == f"top1_overlap_{statistic}"]
        if len(overlaps) and overlaps["value"].isna().all():
            n = int(overlaps["n"].max())
            counted = f"{n} {unit}" if n != 1 else f"1 {unit.removesuffix('s')}"
            text = f"not reported:\n{counted} in the\ntop 1 %, {TOP_PLACES_MIN} needed"
            pair[1].text(0.5, 0.5, text, transform=pair[1].transAxes, ha="center", va="center", fontsize=7)
    for axes in strips[1:]:
        axes.set_yticklabels([])
    above.align_ylabels(grid[1:])
    track_legend(above, {"ags": ("AGs (color of the model)", "#1f1f1f")})
    panel_letters([*grid[1:].flat, *strips])
    return figure


def _write_chances(axes: Axes, metrics: pd.DataFrame, metric: str) -> None:
    """Write p next to the rows of a panel of `dots`: the largest over seeds."""
    of_metric = metrics[metrics["metric"] == metric]
    largest = of_metric["value"].groupby(of_metric["model"]).max().dropna()
    sign = "≤" if of_metric["seed"].nunique() > 1 else "="
    names = {label(name): name for name in largest.index}
    for height, text in zip(axes.get_yticks(), axes.get_yticklabels(), strict=True):
        if name := names.get(text.get_text()):
            chance = _p_text(largest[name], sign)
            with marks_of(name, axes):
                axes.text(1.02, height, chance, fontsize=6, va="center", transform=axes.get_yaxis_transform())


def _p_text(p: float, sign: str) -> str:
    return f"$p$ {sign} {p:.3f}" if p >= 0.0005 else "$p$ < 0.001"


def _agreement(metrics: pd.DataFrame, model: str, statistic: str) -> str:
    """Return the correlations of a model's first seed with the real track as text, with the interval of the first."""
    of_model = metrics[metrics["model"] == model]
    rows = of_model[of_model["seed"] == of_model["seed"].min()].set_index("metric")
    values = rows.reindex([f"{statistic}_r", f"{statistic}_spearman"])
    (r, low, high), rho = values[["value", "ci_low", "ci_high"]].to_numpy(float)[0], values["value"].iloc[1]
    if not np.isfinite(r):
        return "no correlation"
    return f"$r$ = {r:.2f} ({low:.2f} to {high:.2f}), Spearman {rho:.2f}".replace("-", "−")
