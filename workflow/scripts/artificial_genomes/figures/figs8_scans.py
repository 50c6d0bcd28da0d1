"""Figure S8: scans that need no second population: iHS, nSL, H12, haplotype diversity, Tajima's D."""

import pandas as pd
from matplotlib.figure import Figure

from artificial_genomes.core.colors import model_colours
from artificial_genomes.core.labels import label
from artificial_genomes.figures.panels import dots
from artificial_genomes.figures.sets import metric_rows, models_in, panel, stack_panels
from artificial_genomes.figures.style import new_figure, panel_letters
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
from artificial_genomes.scans.statistics import STATISTICS

INPUTS, OPTIONS = SCAN_INPUTS, SCAN_OPTIONS
SHOWN = ("ihs", "nsl", "h12", "haplotype_diversity", "tajima_d")
PREFERRED = ("gan", "rbm")
"""Models whose tracks are drawn if the run has them: those of the paper."""


def numbers(tracks: pd.DataFrame, candidates: pd.DataFrame, metrics: pd.DataFrame, genes: pd.DataFrame) -> pd.DataFrame:
    """Return the tracks of real haplotypes and two models (first seed), the genes, and the agreement of all models.

    Parameters
    ----------
    tracks, candidates, metrics, genes
        As in figure 6.
    """
    models = models_in(tracks)
    chosen = [*(name for name in PREFERRED if name in models), *(name for name in models if name not in PREFERRED)][:2]
    shown = shown_tracks(tracks, SHOWN, chosen)
    names = [f"{statistic}_r" for statistic in shown["statistic"].unique()]
    return stack_panels(tracks=shown, genes=genes_shown(genes, shown, candidates), metrics=metric_rows(metrics, names))


def draw(numbers: pd.DataFrame) -> Figure:
    """Draw the figure from its numbers."""
    tracks, genes, metrics = (panel(numbers, name) for name in ("tracks", "genes", "metrics"))
    statistics = [name for name in SHOWN if (tracks["statistic"] == name).any()]
    genome, of_figure, models = Genome(tracks), models_in(metrics), models_in(tracks)
    placed = place_genes(genome, genes)
    rows = gene_rows(placed)
    gene_height = GENE_HEIGHT * rows + 0.05
    figure = new_figure(height=gene_height + 1.5 * len(statistics) + 0.4)
    grid = figure.subplots(
        len(statistics) + 1,
        2,
        squeeze=False,
        height_ratios=[gene_height] + [1.5] * len(statistics),
        width_ratios=[3, 1],
    )
    for left, right in grid[1:-1]:
        left.sharex(grid[-1, 0])
        left.tick_params(labelbottom=False)
        right.sharex(grid[-1, 1])
    grid[0, 0].sharex(grid[-1, 0])
    grid[0, 1].axis("off")
    draw_genes(grid[0, 0], placed, rows)
    colours = model_colours(of_figure)
    for (left, right), statistic in zip(grid[1:], statistics, strict=True):
        of_statistic = tracks[tracks["statistic"] == statistic]
        sets = {name: of_statistic[of_statistic["model"] == name] for name in ("real", *models)}
        draw_track(left, genome, sets["real"], {name: sets[name] for name in models}, statistic)
        separate_pieces(left, genome)
        left.set_ylabel(axis_title(statistic))
        unit = "sites" if STATISTICS[statistic].unit == "site" else "windows"
        left.set_title(f"{STATISTICS[statistic].title}, {len(sets['real']):,} {unit}", fontsize=7.5)
        dots(right, metrics, f"{statistic}_r", of_figure)
        right.set_title(STATISTICS[statistic].title, fontsize=7.5)
        right.set_xlabel("$r$ with real (better →)", fontsize=7)
    genome.name_axis(grid[-1, 0])
    figure.align_ylabels(grid[1:, 0])
    track_legend(figure, {name: (label(name), colours[name]) for name in models})
    panel_letters([*grid[1:, 0], *grid[1:, 1]])
    return figure
