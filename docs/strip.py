"""Draw the picture of README.md: real haplotypes, AGs of the best model and of independent sites, on two PCA axes.

Its numbers are those of figure 1 of the demo, whose panels it shows.
"""

import sys
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "workflow" / "scripts"))

from artificial_genomes.core.colors import model_colours  # noqa: E402
from artificial_genomes.core.labels import label  # noqa: E402
from artificial_genomes.core.tables import read_tsv  # noqa: E402
from artificial_genomes.figures.aggregate import populations  # noqa: E402
from artificial_genomes.figures.fig1_pca import limits_of_clouds, model_cloud, real_cloud  # noqa: E402
from artificial_genomes.figures.sets import models_in, panel  # noqa: E402
from artificial_genomes.figures.style import new_figure, superpopulation_legend  # noqa: E402

INDEPENDENT = "bernoulli"
DPI = 130


def best_of(wasserstein: pd.DataFrame) -> str:
    """Return the model whose AGs are closest to test individuals on the axes of the PCA."""
    return wasserstein[wasserstein["model"].isin(models_in(wasserstein))].groupby("model")["value"].mean().idxmin()


def draw(numbers: pd.DataFrame) -> Figure:
    """Draw the picture from the table of figure 1."""
    points = panel(numbers, "points")
    best = best_of(panel(numbers, "wasserstein"))
    low, high, shape = limits_of_clouds(points)
    figure = new_figure(height=2.3 * shape + 0.75)
    panels = figure.subplots(1, 3, sharex=True, sharey=True)
    real = points[points["model"] == "real"]
    real_cloud(panels[0], real)
    for axes, model in zip(panels[1:], (best, INDEPENDENT), strict=True):
        model_cloud(axes, real, points[points["model"] == model], model_colours([model])[model])
    titles = ("Real haplotypes", f"Good AGs ({label(best)})", "Bad AGs (independent sites)")
    for axes, title in zip(panels, titles, strict=True):
        axes.set(xlim=(low["pc1"], high["pc1"]), ylim=(low["pc2"], high["pc2"]), aspect="equal", title=title)
        axes.set(xticks=[], yticks=[], xlabel="PC1")
    panels[0].set_ylabel("PC2")
    superpopulation_legend(figure, populations(real))
    return figure


if __name__ == "__main__":
    table, png = map(Path, sys.argv[1:])
    draw(read_tsv(table)).savefig(png, format="png", dpi=DPI)
