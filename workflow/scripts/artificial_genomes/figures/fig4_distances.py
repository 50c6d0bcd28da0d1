"""Figure 4: pairwise distances within AGs, and between AGs and real haplotypes."""

import numpy as np
import pandas as pd
import seaborn
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from artificial_genomes.core.colors import REAL, model_colours
from artificial_genomes.core.labels import label
from artificial_genomes.figures.panels import CONTROL_TITLES, dots, haplotypes_compared, rows_needed, small_multiples
from artificial_genomes.figures.sets import (
    DISTANCES,
    GATES,
    METRICS,
    limits_of,
    main_reference,
    metric_rows,
    models_in,
    panel,
    stack_panels,
)
from artificial_genomes.figures.style import belong_to, new_figure, panel_letters

INPUTS = {"distances": DISTANCES, "metrics": METRICS}
OPTIONS = GATES
COLUMNS = 4
BINS = 60
LINES = {"within_real": "within real", "within_ag": "within AGs", "between": "AGs to real"}
PEAK = 4  # times the highest real fraction: higher peaks are cut
DASHES = (0, (3, 1.5))


def numbers(distances: pd.DataFrame, metrics: pd.DataFrame, gates: dict | None = None) -> pd.DataFrame:
    """Return histograms of pairwise distances, their Wasserstein distances to the real ones, and what gates allow.

    Parameters
    ----------
    distances
        model, seed, reference, comparison (within_real, within_ag, between), distance (sites that differ), count.
    metrics
        Metrics of models and controls.
    gates
        See `limits_of`.
    """
    metrics = main_reference(metric_rows(metrics, ["distance_within_w1", "distance_between_w1"]))
    return stack_panels(histogram=histograms(distances), metrics=metrics, gates=limits_of(metrics, gates))


def histograms(distances: pd.DataFrame) -> pd.DataFrame:
    """Return the fraction of pairs in bins of distance, of every set, seed and comparison; see `numbers`."""
    distances = main_reference(distances)
    width = max(1, int(np.ceil((distances["distance"].max() + 1) / BINS)))
    binned = distances.assign(bin_start=distances["distance"] // width * width)
    counts = binned.groupby(["model", "seed", "comparison", "bin_start"], sort=False)["count"].sum().reset_index()
    totals = counts.groupby(["model", "seed", "comparison"])["count"].transform("sum")
    histogram = counts.assign(bin_end=counts["bin_start"] + width, fraction=counts["count"] / totals)
    return histogram.drop(columns="count")


def draw(numbers: pd.DataFrame) -> Figure:
    """Draw the figure from its numbers."""
    histogram, metrics = panel(numbers, "histogram"), panel(numbers, "metrics")
    models = models_in(histogram)
    sets = [*models, *(name for name in CONTROL_TITLES if (histogram["model"] == name).any())]
    heights = [1.65 * rows_needed(len(sets), COLUMNS) + 0.3, 1.85]
    figure = new_figure(height=sum(heights))
    top, bottom = figure.subfigures(2, 1, height_ratios=heights, hspace=0.03)
    panels = small_multiples(top, len(sets), COLUMNS)
    for axes, name in zip(panels, sets, strict=True):
        _histograms(axes, histogram[histogram["model"] == name], model_colours(sets)[name])
        axes.set_title(CONTROL_TITLES.get(name, label(name)))
        belong_to(name, axes)
    shown = histogram.loc[histogram["fraction"] > 2e-4, ["bin_start", "bin_end"]]
    panels[0].set_xlim(max(0, shown["bin_start"].min()), shown["bin_end"].max())
    # Room for numbers of five digits.
    panels[0].xaxis.set_major_locator(MaxNLocator(4))
    _limit_heights(panels, histogram, sets)
    top.supxlabel(
        f"Sites that differ between two haplotypes (n = {haplotypes_compared(metrics):,} per set)", fontsize=8
    )
    top.supylabel("Fraction of pairs", fontsize=8)
    neutral = "#1f1f1f"
    handles = [
        Patch(color=REAL, alpha=0.3, linewidth=0, label=LINES["within_real"]),
        Line2D([], [], color=neutral, label=LINES["within_ag"]),
        Line2D([], [], color=neutral, linestyle=DASHES, label=LINES["between"]),
    ]
    top.legend(handles=handles, ncols=3, loc="outside upper center")

    within, between = bottom.subplots(1, 2)
    limits = panel(numbers, "gates")
    dots(within, metrics, "distance_within_w1", models, log_beyond=20, limits=limits)
    within.set_xlabel("← better: Wasserstein distance, within AGs (sites)")
    dots(between, metrics, "distance_between_w1", models, log_beyond=20, limits=limits)
    between.tick_params(labelleft=False)
    between.set_xlabel("← better: Wasserstein distance, AGs to real (sites)")
    panel_letters([*panels, within, between])
    return figure


def _histograms(axes: Axes, rows: pd.DataFrame, colour: str) -> None:
    """Draw the distances of one AG set, one line per seed, over those between real haplotypes (filled)."""
    styles = {
        "within_real": {"color": REAL, "alpha": 0.3, "fill": True, "linewidth": 0},
        "within_ag": {"color": colour, "fill": False},
        "between": {"color": colour, "fill": False, "linestyle": DASHES},
    }
    for comparison, style in styles.items():
        for i, (_, of_seed) in enumerate(rows[rows["comparison"] == comparison].groupby("seed")):
            if comparison == "within_real" and i:
                break  # the same for all seeds
            # One more bin on either side, so that every line starts and ends at 0.
            width = _width(of_seed)
            edges = np.arange(of_seed["bin_start"].min() - width, of_seed["bin_end"].max() + width + 1, width)
            starts = of_seed["bin_start"].to_numpy()
            seaborn.histplot(
                x=starts + width / 2,
                weights=of_seed["fraction"].to_numpy(),
                bins=list(edges),  # seaborn compares it with a word, which an array cannot be
                element="step",
                ax=axes,
                **style,
            )
    axes.set_ylabel("")


def _limit_heights(panels: list[Axes], histogram: pd.DataFrame, sets: list[str]) -> None:
    """Cut peaks far above the real histogram, which would flatten all others, and label their height."""
    real = histogram.loc[histogram["comparison"] == "within_real", "fraction"].max()
    top = min(1.05 * histogram["fraction"].max(), PEAK * real)
    panels[0].set_ylim(0, top)
    for axes, name in zip(panels, sets, strict=True):
        highest = histogram.loc[histogram.loc[histogram["model"] == name, "fraction"].idxmax()]
        if highest["fraction"] > top:
            place = (highest["bin_end"], 0.97 * top)
            axes.annotate(
                f"↑ {highest['fraction']:.2f}", place, xytext=(3, 0), textcoords="offset points", va="top", fontsize=7
            )


def _width(rows: pd.DataFrame) -> int:
    return int((rows["bin_end"] - rows["bin_start"]).iloc[0])
