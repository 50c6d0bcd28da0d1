"""Figure 3: linkage disequilibrium of real and artificial haplotypes."""

import itertools

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter

from artificial_genomes.core.colors import REAL, model_colours
from artificial_genomes.core.labels import label
from artificial_genomes.figures.panels import dots, haplotypes_compared, mean_text, rows_needed, small_multiples
from artificial_genomes.figures.sets import (
    GATES,
    LD_DECAY,
    METRICS,
    limits_of,
    main_reference,
    metric_rows,
    models_in,
    of_run,
    panel,
    stack_panels,
)
from artificial_genomes.figures.style import CONTROLS, PALE, belong_to, marks_of, new_figure, panel_letters, set_legend
from artificial_genomes.figures.tracks import pieces_of

INPUTS = {
    "ld_matrix": of_run(
        "r2 of pairs of sites, one column per set", ["contig_a", "position_a", "contig_b", "position_b"]
    ),
    "ld_decay": LD_DECAY,
    "metrics": METRICS,
}
OPTIONS = GATES
COLUMNS = 4
DECAY_COLUMNS = 5
_PLACE = ("contig", "position")
PARTED_MAX = 20
"""Maximum number of segments with lines between them; more lines would hide the matrix."""

_NEXT_BIN = 1.01  # edges of bins are rounded
PAIRS_MIN = 20  # as is the mean r2 of fewer pairs

FIXED = "#d0d0d0"
"""Of pairs with a fixed site, which have no r2."""

_R2_COLOURS = LinearSegmentedColormap.from_list(
    "r2", ["#ffffff", "#fec287", "#f1605d", "#9e2f7f", "#440f76", "#000004"]
)


def numbers(
    ld_matrix: pd.DataFrame, ld_decay: pd.DataFrame, metrics: pd.DataFrame, gates: dict | None = None
) -> pd.DataFrame:
    """Return r2 of pairs of sites, its decay with distance, the correlation of real and AG r2, and what a gate allows.

    Parameters
    ----------
    ld_matrix
        contig_a, position_a, contig_b, position_b, r2_real, and r2_NAME of every model: one row per pair of sites.
    ld_decay
        model, seed, reference, start_bp, end_bp, pairs, real, ag.
    metrics
        Metrics of models and controls.
    gates
        See `limits_of`.
    """
    pairs = ld_matrix[[f"{name}_{end}" for end in "ab" for name in _PLACE]]
    matrices = [pairs.assign(model=name, r2=ld_matrix[f"r2_{name}"]) for name in ("real", *models_in(metrics))]
    metrics = main_reference(metric_rows(metrics, ["ld_r2_r"]))
    return stack_panels(
        matrix=pd.concat(matrices),
        decay=decay_lines(ld_decay),
        metrics=metrics,
        gates=limits_of(metrics, gates),
    )


def decay_lines(decay: pd.DataFrame) -> pd.DataFrame:
    """Return the mean r2 by distance of real haplotypes and of every set, if there are enough pairs of sites.

    Parameters
    ----------
    decay
        model, seed, reference, start_bp, end_bp, pairs, real, ag.
    """
    decay = main_reference(decay)
    decay = decay[decay["pairs"] >= PAIRS_MIN]
    # Only pairs that vary in both sets count: if AGs lost many sites, these say little about the real ones.
    of_real = decay[decay["reference"].isin(decay["reference"].unique()[:1])].sort_values("pairs", kind="stable")
    of_real = of_real.drop_duplicates("start_bp", keep="last").sort_values("start_bp")
    columns = ["model", "seed", "start_bp", "end_bp", "pairs", "r2"]
    return pd.concat([of_real.assign(model="real", r2=of_real["real"])[columns], decay.assign(r2=decay["ag"])[columns]])


def draw(numbers: pd.DataFrame) -> Figure:
    """Draw the figure from its numbers."""
    matrix, decay, metrics = (panel(numbers, name) for name in ("matrix", "decay", "metrics"))
    models = models_in(matrix)
    rows = rows_needed(len(models), COLUMNS)
    heights = [7.2 / rows_needed(len(models), rows) * rows, 2.5]
    figure = new_figure(height=sum(heights))
    top, bottom = figure.subfigures(2, 1, height_ratios=heights, hspace=0.03)
    squares = small_multiples(top, len(models), COLUMNS)
    image = _matrices(squares, matrix, models, metrics)
    bar = top.colorbar(image, ax=squares, shrink=0.8, aspect=20, pad=0.015)
    bar.set_label("$r^2$ between sites")
    bar.outline.set_visible(False)
    if matrix["r2"].isna().any():
        top.legend(handles=[Patch(color=FIXED, label="one allele only")], loc="outside upper right")

    lines, strip = bottom.subplots(1, 2, width_ratios=[7, 5])
    set_legend(bottom, draw_decay(lines, decay, models), DECAY_COLUMNS, loc="outside upper center")
    dots(strip, metrics, "ld_r2_r", models, limits=panel(numbers, "gates"))
    n = haplotypes_compared(metrics)
    strip.set_xlabel(f"Correlation of real and AG $r^2$ (better →)\n(n = {n:,} haplotypes each)")
    panel_letters([*squares, lines, strip])
    return figure


def _matrices(panels: list[Axes], matrix: pd.DataFrame, models: list[str], metrics: pd.DataFrame):
    ends = [pd.MultiIndex.from_frame(matrix[[f"{name}_{end}" for name in _PLACE]], names=_PLACE) for end in "ab"]
    # The first site is paired with all others, in their order.
    sites = ends[0][:1].append(ends[1]).unique()
    a, b = map(sites.get_indexer, ends)
    contigs, positions = sites.get_level_values("contig"), sites.get_level_values("position")
    real = (matrix["model"] == "real").to_numpy()
    image = None
    for axes, model in zip(panels, models, strict=True):
        square = np.full((len(positions), len(positions)), np.nan)
        square[a[real], b[real]] = matrix["r2"][real]
        of_model = (matrix["model"] == model).to_numpy()
        square[b[of_model], a[of_model]] = matrix["r2"][of_model]
        image = axes.imshow(square, cmap=_R2_COLOURS, vmin=0, vmax=1, interpolation="none")
        axes.set_facecolor(FIXED)
        axes.set(xticks=[], yticks=[], title=f"{label(model)}, $r$ = {mean_text(metrics, model, 'ld_r2_r')}")
        axes.spines[:].set(visible=True, color=PALE)
        for text, place in (("real", (0.97, 0.97)), ("AGs", (0.03, 0.03))):
            side = {"ha": "right", "va": "top"} if text == "real" else {"ha": "left", "va": "bottom"}
            white = {"facecolor": "white", "linewidth": 0, "pad": 1, "alpha": 0.9}
            axes.text(*place, text, transform=axes.transAxes, fontsize=7, bbox=white, **side)
        belong_to(model, axes)
    pieces = pieces_of(sites.to_frame(index=False))
    n_contigs = contigs.nunique()
    chromosome = str(contigs[0]).removesuffix(".0").removeprefix("chr")  # a number, if the table names no other
    span = f"chromosome {chromosome}, {positions[0] / 1e6:.2f} to {positions[-1] / 1e6:.2f} Mb"
    where = f"on {n_contigs} chromosomes" if n_contigs > 1 else span
    if len(pieces) > n_contigs:
        where = f"in {len(pieces)} segments, {where}"
    if len(pieces) <= PARTED_MAX:
        starts = sites.get_indexer(pd.MultiIndex.from_frame(pieces[["contig", "low"]]))[1:] - 0.5
        for axes, start in itertools.product(panels[: len(models)], starts):
            axes.axhline(start, color=PALE, linewidth=0.5)
            axes.axvline(start, color=PALE, linewidth=0.5)
    panels[0].set_ylabel(f"{len(sites)} sites,\n{where}", fontsize=7)
    return image


def draw_decay(axes: Axes, decay: pd.DataFrame, models: list[str]) -> dict[str, Line2D]:
    """Draw the mean r2 by distance, one line per set and seed, and return a line of each set.

    Lines do not cross distances without pairs, as between distant regions; isolated distances are dots.
    """
    if decay.empty:
        axes.text(0.5, 0.5, "too few pairs of sites\non one chromosome", transform=axes.transAxes, ha="center")
        axes.set_axis_off()
        return {}
    colours, lines = model_colours(models), {}
    middle = np.sqrt(np.maximum(decay["start_bp"], 1) * decay["end_bp"])
    for name in ["real", *models, "ceiling", "floor"]:
        style = CONTROLS.get(name, {"color": colours.get(name, REAL)})
        for _, rows in decay[decay["model"] == name].groupby("seed"):
            gaps = np.flatnonzero(rows["start_bp"].to_numpy()[1:] > _NEXT_BIN * rows["end_bp"].to_numpy()[:-1]) + 1
            x, y = (np.insert(values.to_numpy(float), gaps, np.nan) for values in (middle[rows.index], rows["r2"]))
            look = {"linewidth": 2.2 if name == "real" else 1.1} | style | {"zorder": 1 if name == "real" else 2}
            beside = np.isfinite(np.pad(y, 1, constant_values=np.nan))
            lone = beside[1:-1] & ~beside[:-2] & ~beside[2:]
            with marks_of(name, axes):
                (lines[name],) = axes.plot(x, y, **look, label=label(name))
                if lone.any():
                    axes.plot(x[lone], y[lone], "o", **look | {"markersize": 4 if name == "real" else 2.5})
    axes.set_xscale("log")
    real = decay.loc[decay["model"] == "real", "r2"].max()
    axes.set_ylim(0, min(1.05 * decay["r2"].max(), 2.5 * real))  # lines of collapsed models may leave the panel
    axes.xaxis.set_major_formatter(FuncFormatter(lambda bp, _: f"{bp / 1000:g}"))
    axes.set_xlabel("Distance between sites (kb)")
    axes.set_ylabel("Mean $r^2$")
    return lines
