import importlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.text import Text

from artificial_genomes.compare.together import common_sites, ld_matrix
from artificial_genomes.core.errors import UserError
from artificial_genomes.core.haplotypes import Haplotypes, artificial_people
from artificial_genomes.core.labels import label
from artificial_genomes.core.tables import read_tsv, write_tsv
from artificial_genomes.figures import (
    fig1_pca,
    fig2_frequencies,
    fig3_ld,
    fig4_distances,
    fig5_privacy,
    fig6_scans,
    fig7_imputation,
    fig8_latent,
    figs1_training,
    figs8_scans,
    figs9_imputation,
    figs_models,
)
from artificial_genomes.figures.panels import dots
from artificial_genomes.figures.sets import (
    main_reference,
    metric_rows,
    panel,
    read_sets,
)
from artificial_genomes.figures.style import REAL, model_colours, new_figure, save_figure_and_numbers
from artificial_genomes.figures.tracks import Genome, gene_rows, genes_shown, pieces_of, place_genes, shown_tracks
from artificial_genomes.imputation.tables import CALIBRATION_COLUMNS, GAIN_COLUMNS
from artificial_genomes.scans.candidates import candidates
from artificial_genomes.scans.statistics import STATISTICS
from artificial_genomes.statistics.ld import r2_matrix

SCRIPTS = Path(importlib.import_module("artificial_genomes").__file__).parents[1]
MODELS = ["gan", "rbm", "bernoulli", "my_model"]
CONTROLS = ["ceiling", "floor"]
SEEDS = [1, 2]
METRICS = [
    "aa_truth",
    "aa_syn",
    "af_r",
    "af_r_rare",
    "distance_within_w1",
    "distance_between_w1",
    "ld_r2_r",
    "pca_w1_mean",
    "three_point_r",
    *(
        name.format(statistic)
        for statistic in ("xpehh", "pbs", "ihs", "h12", "tajima_d")
        for name in ("{}_r", "{}_spearman", "top1_overlap_{}", "top1_p_{}")
    ),
]


def sets(names, table, seeds=SEEDS):
    """Stack table(model, seed) as `read_sets` does."""
    return pd.concat(
        [table(name, seed).assign(model=name, seed=seed) for name in names for seed in seeds], ignore_index=True
    )


def rng_of(*words):
    return np.random.default_rng([sum(map(ord, str(word))) for word in words])


def haplotypes(n_people=30, n_sites=40, seed=1):
    """Haplotypes with linkage disequilibrium: mosaics of a few founders, one site fixed."""
    rng = np.random.default_rng(seed)
    founders = rng.random((6, n_sites)) < 0.4
    founders[:, 5] = True
    alleles = founders[rng.integers(6, size=(2 * n_people, 1)), np.arange(n_sites)].astype(np.uint8)
    flips = rng.random(alleles.shape) < 0.03
    flips[:, 5] = False
    sites = pd.DataFrame(
        {"contig": "1", "position": np.arange(n_sites) * 500 + 1000, "id": ".", "ref": "A", "alt": "C"}
    )
    people = artificial_people(n_people).assign(superpopulation=np.array(["AFR", "EUR", ""])[np.arange(n_people) % 3])
    return Haplotypes(np.where(flips, 1 - alleles, alleles).astype(np.uint8), sites, people)


def metrics_table(names=None, seeds=SEEDS):
    def table(name, seed):
        rng = rng_of(name, seed)
        rows = [
            (reference, metric, value, value - 0.05, value + 0.05, 60)
            for reference in ("train", "test")
            for metric, value in zip(METRICS, rng.uniform(0.2, 0.9, len(METRICS)), strict=True)
        ]
        rows.append(("train+test", "privacy_loss", rng.normal(0, 0.02), np.nan, np.nan, 60))
        rows.append(("train+test", "mia_calibrated_auc", rng.normal(0.5, 0.02), 0.45, 0.56, 60))
        return pd.DataFrame(rows, columns=["reference", "metric", "value", "ci_low", "ci_high", "n"])

    return sets([*MODELS, *CONTROLS] if names is None else names, table, seeds)


def pca_tables():
    """Scores of more sets than a figure shows, in an order of their own, on more axes than it shows."""
    parts = []
    for name in ("floor", *MODELS[::-1], "real", "other"):
        points = pd.DataFrame(rng_of(name, "pca").normal(size=(60, 3)), columns=["pc1", "pc2", "pc3"])
        labels = np.array(["AFR", "EUR", None])[np.arange(60) // 2 % 3] if name == "real" else None
        parts.append(points.assign(set=name, superpopulation=labels))
    return pd.concat(parts, ignore_index=True), pd.DataFrame({"axis": [1, 2, 3], "explained": [0.2, 0.1, 0.05]})


def figure_1(seeds=SEEDS):
    return fig1_pca, fig1_pca.numbers(*pca_tables(), metrics_table(seeds=seeds))


def frequency_table(name, seed):
    real, rng = haplotypes().allele_frequencies(), rng_of(name, seed)
    ag = np.clip(real + rng.normal(0, 0.03, len(real)), 0, 1)
    return pd.DataFrame({"reference": "test", "contig": "1", "position": range(len(real)), "real": real, "ag": ag})


def figure_2(seeds=SEEDS):
    def three_point(name, seed):
        rng = rng_of(name, seed)
        real = rng.normal(0, 0.03, 60)
        ag = real * 0 if name == "floor" else real + rng.normal(0, 0.01, 60)
        return pd.DataFrame({"reference": "test", "gap": ["1", "4", "random"] * 20, "real": real, "ag": ag})

    return fig2_frequencies, fig2_frequencies.numbers(
        sets(MODELS, frequency_table, seeds), sets([*MODELS, *CONTROLS], three_point, seeds), metrics_table(seeds=seeds)
    )


def decay_table(name, seed):
    edges = np.array([100, 1000, 10000, 20000])
    ag = rng_of(name, seed).random(3)
    return pd.DataFrame(
        {
            "reference": "test",
            "start_bp": edges[:-1],
            "end_bp": edges[1:],
            "pairs": [50, 90, 3],
            "real": [0.5, 0.2, 0.9],
            "ag": ag,
        }
    )


def matrix_table(models, sites=None):
    """The LD of the real haplotypes and of models, at sites that may lie elsewhere."""
    real = haplotypes()
    alleles = {model: haplotypes(seed=i).alleles for i, model in enumerate(models, 2)}
    return ld_matrix(real.sites if sites is None else sites, {"real": real.alleles, **alleles})


NO_DECAY = pd.DataFrame(columns=["model", "seed", "reference", "start_bp", "end_bp", "pairs", "real", "ag"])


def figure_3(seeds=SEEDS):
    decay = sets([*MODELS, *CONTROLS], decay_table, seeds)
    return fig3_ld, fig3_ld.numbers(matrix_table(MODELS), decay, metrics_table(seeds=seeds))


def distance_table(name, seed):
    rng, parts = rng_of(name, seed), []
    for reference in ("test", "train"):
        for comparison in ("within_real", "within_ag", "between"):
            drawn = rng.binomial(200, 0.3, 500)
            values, counts = np.unique(drawn, return_counts=True)
            parts.append(
                pd.DataFrame({"reference": reference, "comparison": comparison, "distance": values, "count": counts})
            )
    return pd.concat(parts)


def figure_4(seeds=SEEDS):
    return fig4_distances, fig4_distances.numbers(
        sets([*MODELS, *CONTROLS], distance_table, seeds), metrics_table(seeds=seeds)
    )


def figure_5(seeds=SEEDS):
    def nearest(name, seed):
        rng, parts = rng_of(name, seed), []
        for kind in ("dTT", "dTS", "dST", "dSS"):
            values, counts = np.unique(rng.poisson(8, 60), return_counts=True)
            parts.append(pd.DataFrame({"reference": "test", "kind": kind, "distance": values, "count": counts}))
        return pd.concat(parts)

    return fig5_privacy, fig5_privacy.numbers(sets([*MODELS, *CONTROLS], nearest, seeds), metrics_table(seeds=seeds))


NO_CANDIDATES = pd.DataFrame(columns=["model", "seed", "statistic", "genes"])
GENES = pd.DataFrame(
    [("IN", "7", 20_000, 60_000), ("OUT", "7", 900_000, 950_000), ("EDGE", "7", 140_000, 400_000)],
    columns=["name", "contig", "start", "end"],
)


def scan_tracks(statistics, contigs="7"):
    """Return a function that makes the tracks of a set: 150 sites or 29 windows a statistic, one without a value."""

    def tracks(name, seed):
        rng, parts = rng_of(name, seed), []
        for statistic in statistics:
            of_site = STATISTICS[statistic].unit == "site"
            start = np.arange(150) * 1000 + 5000 if of_site else np.arange(29) * 5000 + 5000
            contig = np.array(contigs.split())[np.arange(len(start)) * len(contigs.split()) // len(start)]
            values = rng.normal(size=len(start))
            values[3] = np.nan
            parts.append(
                pd.DataFrame(
                    {
                        "statistic": statistic,
                        "contig": contig,
                        "start": start,
                        "end": start if of_site else start + 9000,
                        "id": "",
                        "n": 1 if of_site else 10,
                        "raw": values,
                        "value": values,
                    }
                )
            )
        return pd.concat(parts)

    return tracks


def scan_metrics(seeds):
    metrics = metrics_table(seeds=seeds)
    return metrics[metrics["reference"] == "test"].assign(reference="test")


def candidates_of_real(tracks):
    of_real = tracks[tracks["model"] == "real"]
    return sets(["real"], lambda _, seed: candidates(of_real[of_real["seed"] == seed], GENES), of_real["seed"].unique())


def scan_figure(module, statistics, seeds=SEEDS, contigs="7"):
    tracks = sets(["real", *MODELS], scan_tracks(statistics, contigs), seeds)
    return module, module.numbers(tracks, candidates_of_real(tracks), scan_metrics(seeds), GENES)


def figure_6(seeds=SEEDS):
    return scan_figure(fig6_scans, ["xpehh", "pbs", "pbsn1", "ihs"], seeds)


def figure_s8(seeds=SEEDS):
    return scan_figure(figs8_scans, ["xpehh", "ihs", "h12", "tajima_d"], seeds)


PANELS = ["real", "real+gan", "real+rbm", "real+biobank"]


def gains_table(panels, tool="beagle"):
    """Gains as `imputation_gains` writes them; the second bin holds no site."""
    axes = [("all", 0, 0.5), ("rare", 0, 0.05), ("maf", 0, 0.05), ("maf", 0.05, 0.1), ("maf", 0.1, 0.5)]
    axes += [("mac", 0, 0), ("mac", 1, 2), ("mac", 3, np.inf)]
    rows = []
    for name in panels:
        rng = rng_of(name, tool)
        for measure in ("r2", "nonref_concordance", "quality"):
            for axis, low, high in axes:
                value, gain = rng.uniform(0.4, 0.9), 0.0 if name == "real" else rng.normal(0, 0.02)
                n = 0 if (axis, low) == ("maf", 0.05) else 20
                numbers = (value, 0.02, gain, gain - 0.01, gain + 0.01, 0.3, 0.2) if n else (np.nan,) * 7
                rows.append((name, measure, axis, low, high, *numbers, n, 30, 2))
    return pd.DataFrame(rows, columns=GAIN_COLUMNS)


def figure_7(seeds=SEEDS):
    return fig7_imputation, fig7_imputation.numbers(gains_table([*PANELS, "real+rbm@100", "rbm"]))


def test_figure_7_of_a_data_set_without_rare_sites_says_so():
    gains = gains_table(PANELS)
    gains.loc[(gains["axis"] == "rare") | ((gains["axis"] == "maf") & (gains["low"] == 0)), "value":"share_worse"] = (
        np.nan
    )
    gains.loc[gains["value"].isna(), "n_sites"] = 0
    figure = fig7_imputation.draw(fig7_imputation.numbers(gains))
    assert "no site with a minor allele\nfrequency below 5 %" in [
        text.get_text() for text in axes_with(figure, "d").texts
    ]


def figure_s9(seeds=SEEDS):
    def calibration(name, seed):
        rng = rng_of(name, seed)
        rows = [
            (kind, low, low + 0.1, low + 0.05, rng.random(), 9) for kind in ("dosage", "quality") for low in (0, 0.9)
        ]
        return pd.DataFrame(rows, columns=CALIBRATION_COLUMNS)

    panels = [*PANELS, "real+rbm@100", "real+rbm@20", "rbm"]
    gains = pd.concat([gains_table(panels, tool).assign(tool=tool) for tool in ("beagle", "minimac4")])
    return figs9_imputation, figs9_imputation.numbers(gains, sets(panels, calibration, seeds))


def figure_8(seeds=SEEDS):
    def coordinates(_, seed):
        rng, parts = np.random.default_rng(seed), []
        for space in ("hidden", "genotypes"):
            for name in ("train", "test", "ag"):
                points = pd.DataFrame(rng.normal(size=(20, 2)), columns=["pc1", "pc2"])
                people = [None] * 20 if name == "ag" else ["AFR", "EUR"] * 10
                parts.append(points.assign(space=space, set=name, superpopulation=people))
        return pd.concat(parts)

    def variance(_, seed):
        return pd.DataFrame({"space": ["hidden"] * 2 + ["genotypes"] * 2, "axis": [1, 2] * 2, "explained": 0.1 * seed})

    def metrics(_, seed):
        rows = [("test", name, 0.5 + 0.1 * seed, 0.4, 0.8, 40) for name in fig8_latent.FEATURES]
        return pd.DataFrame(rows, columns=["reference", "metric", "value", "ci_low", "ci_high", "n"])

    tables = (sets(["structure"], table, seeds) for table in (coordinates, variance, metrics))
    return fig8_latent, fig8_latent.numbers(*tables)


def training_table(model, seed):
    """What trainings write: two losses or one, a score with its parts or a likelihood, and nothing without epochs."""
    if model == "bernoulli":
        return pd.DataFrame(columns=["epoch", "score", "kept"], dtype=object)
    rng, epochs = rng_of(model, seed), np.arange(5, 125, 5)
    losses = (
        {"discriminator_loss": rng.random(24), "generator_loss": rng.random(24)} if model == "gan" else {"loss": 1.0}
    )
    table = pd.DataFrame({"epoch": epochs, **losses, "score": rng.uniform(0.2, 2, 24)})
    table["kept"] = (table.index == table["score"].idxmin()).astype(int)
    if model == "my_model":
        return table.assign(score=400 + table["score"])
    parts = {name: rng.random(24) for names in figs1_training.PARTS.values() for name in names}
    return table.assign(**parts, variety=1.0)


def figure_s1(seeds=SEEDS):
    tables = [training_table(model, seed).assign(model=model, seed=seed) for model in MODELS for seed in seeds]
    people = pd.DataFrame({"split": ["train"] * 8 + ["validation"] * 3 + ["test"] * 2})
    return figs1_training, figs1_training.numbers(tables, people)


def figure_models(seeds=SEEDS):
    """The figure of some models; that of sites of its own has no AGs, frequencies and AATS parts there."""
    everybody = [*MODELS, "coalescent", *CONTROLS]
    metrics = metrics_table(everybody, seeds)
    metrics = metrics[(metrics["model"] != "coalescent") | (metrics["metric"] == "distance_within_w1")]
    return figs_models, figs_models.numbers(
        *pca_tables(),
        sets(MODELS, frequency_table, seeds),
        sets(everybody, decay_table, seeds),
        sets(everybody, distance_table, seeds),
        metrics,
    )


MAIN_FIGURES = [figure_1, figure_2, figure_3, figure_4, figure_5, figure_6, figure_7, figure_8]
FIGURES = [*MAIN_FIGURES, figure_s1, figure_s8, figure_s9, figure_models]


@pytest.fixture(scope="module")
def drawn():
    """Every figure of two seeds: its module, its numbers and the figure, by number."""
    made = {}
    for name, make in zip([*range(1, 9), "s1", "s8", "s9", "models"], FIGURES, strict=True):
        module, numbers = make()
        made[name] = (module, numbers, module.draw(numbers))
    return made


def axes_with(figure, letter):
    return next(axes for axes in figure.axes if axes.get_title(loc="left") == letter)


def points_of(axes, nth=0):
    return np.asarray(axes.collections[nth].get_offsets())


# ---------------------------------------------------------------------------------------------------------- all figures


@pytest.mark.parametrize("make", FIGURES)
def test_every_figure_can_be_drawn_again_from_its_table_on_disk(make, tmp_path):
    module, numbers = make([1])
    paths = [tmp_path / f"a.{kind}" for kind in ("svg", "png", "tsv")]
    figure = module.draw(numbers)
    save_figure_and_numbers(figure, numbers, *paths)
    again = module.draw(read_tsv(paths[2]))
    for first, second in zip(figure.axes, again.axes, strict=True):
        assert first.get_title() == second.get_title()
        assert len(first.get_children()) == len(second.get_children())
        for a, b in zip(first.lines, second.lines, strict=True):
            np.testing.assert_allclose(a.get_xydata().astype(float), b.get_xydata().astype(float), rtol=1e-5)
    assert b"AG0000" not in paths[2].read_bytes()  # no names of people


@pytest.mark.parametrize("number", [*range(1, 9), "s1", "s8", "s9", "models"])
def test_panels_have_letters_labels_and_a_drawing(drawn, number):
    figure = drawn[number][2]
    panels = [axes for axes in figure.axes if axes.get_title(loc="left")]
    letters = [axes.get_title(loc="left") for axes in panels]
    assert sorted(letters) == list("abcdefghijklmnopqrstuvwxyz"[: len(letters)])
    assert len(letters) >= 3
    for axes in panels:
        assert axes.lines or axes.collections or axes.images or axes.patches


@pytest.mark.parametrize("make", [figure_1, figure_2, figure_3, figure_6, figure_s8])
@pytest.mark.parametrize("model_count", [1, 6])
def test_any_number_of_models_fits(make, model_count, monkeypatch):
    names = [*MODELS, "a", "b"][:model_count]
    monkeypatch.setattr(sys.modules[__name__], "MODELS", names)
    module, numbers = make([1])
    figure = module.draw(numbers)
    figure.get_layout_engine().execute(figure)  # warns, and warnings are errors, where panels have no room
    assert {label(name) for name in names} <= {text.get_text() for text in figure.findobj(Text)}


# ------------------------------------------------------------------------------------------- models beside each other


def test_models_beside_each_other_show_what_the_figures_of_one_statistic_show(drawn):
    _, numbers, figure = drawn["models"]
    # The same tables as those of figures 1 to 4.
    for name, alone in (("points", 1), ("frequency", 2)):
        shown, expected = (panel(table, name).dropna(axis=1, how="all") for table in (numbers, drawn[alone][1]))
        pd.testing.assert_frame_equal(shown, expected, check_dtype=False)
    for name, alone in (("decay", 3), ("histogram", 4)):
        of_models = panel(numbers, name)
        shown = of_models[of_models["model"] != "coalescent"].reset_index(drop=True).dropna(axis=1, how="all")
        expected = panel(drawn[alone][1], name).dropna(axis=1, how="all")
        pd.testing.assert_frame_equal(shown, expected, check_dtype=False, check_like=True)
    for letter, model in zip("bcde", MODELS, strict=True):
        points = panel(numbers, "points")
        expected = points.loc[points["model"] == model, ["pc1", "pc2"]]
        np.testing.assert_allclose(points_of(axes_with(figure, letter), 1), expected)
    for letter, model in zip("fghi", MODELS, strict=True):
        rows = panel(numbers, "frequency")
        expected = rows.loc[rows["model"] == model, ["real", "ag"]]
        np.testing.assert_allclose(points_of(axes_with(figure, letter)), expected)


def test_a_model_with_sites_of_its_own_stands_only_in_what_needs_no_common_sites(drawn):
    _, numbers, figure = drawn["models"]
    assert "coalescent" not in set(panel(numbers, "points")["model"]) | set(panel(numbers, "parts")["model"])
    decay = axes_with(figure, "j")
    assert "Coalescent" in [text.get_text() for text in decay.get_legend().get_texts()]
    assert "Coalescent" not in [text.get_text() for text in axes_with(figure, "k").get_yticklabels()]
    names = [text.get_text() for text in axes_with(figure, "n").get_yticklabels()]
    assert names == ["Ceiling", "GAN", "RBM", "Bernoulli", "my_model", "Coalescent", "Floor"]


def test_distances_of_models_lie_over_those_of_real_people_in_one_panel(drawn):
    _, numbers, figure = drawn["models"]
    rows = panel(numbers, "histogram")
    within = axes_with(figure, "l")
    assert within.get_title() == "within AGs"
    # Real people, and a line for each seed of five models and two controls.
    assert len(within.patches) == 1 + 7 * len(SEEDS)
    assert within.patches[0].get_fill()
    of_gan = rows[(rows["model"] == "gan") & (rows["seed"] == 1) & (rows["comparison"] == "within_ag")]
    heights = [patch.get_data().values.sum() for patch in within.patches]
    assert min(heights) == pytest.approx(1) == of_gan["fraction"].sum()


def test_the_privacy_loss_of_both_references_is_there(drawn):
    rows = panel(drawn["models"][1], "metrics")
    assert set(rows.loc[rows["metric"] == "privacy_loss", "reference"]) == {"train+test"}
    assert set(rows.loc[rows["metric"] == "af_r", "reference"]) == {"test"}


# ------------------------------------------------------------------------------------------------------------- figure 1


def test_points_are_those_of_the_models_shown_in_their_order(drawn):
    for table in (drawn[1][1], drawn["models"][1]):
        points = panel(table, "points")
        assert list(points["model"].unique()) == ["real", *MODELS]
        pca, _ = pca_tables()
        for name in ("real", *MODELS):
            shown = points.loc[points["model"] == name, ["pc1", "pc2"]]
            np.testing.assert_array_equal(shown, pca.loc[pca["set"] == name, ["pc1", "pc2"]])
        explained = panel(table, "explained").iloc[0]
        assert explained[["pc1", "pc2"]].tolist() == [0.2, 0.1]
    assert drawn[1][2].axes[0].get_xlabel() == "PC1 (20.0% of variance)"


def test_people_without_labels_have_points_and_no_outlines():
    pca, variance = pca_tables()
    numbers = fig1_pca.numbers(pca.assign(superpopulation=None), variance, metrics_table())
    figure = fig1_pca.draw(numbers)
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["no label"]
    assert len(axes_with(figure, "b").collections) == 2


def test_pca_panels_show_the_points_of_the_table(drawn):
    _, numbers, figure = drawn[1]
    points = panel(numbers, "points")
    for letter, model in zip("bcde", MODELS, strict=True):
        expected = points.loc[points["model"] == model, ["pc1", "pc2"]]
        np.testing.assert_allclose(points_of(axes_with(figure, letter), 1), expected)
    real = points[points["model"] == "real"]
    np.testing.assert_allclose(points_of(axes_with(figure, "a")), real[["pc1", "pc2"]])
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    assert legend == ["AFR", "EUR", "no label"]


def test_dots_stand_at_the_values_of_seeds_and_controls(drawn):
    _, numbers, figure = drawn[1]
    rows = panel(numbers, "wasserstein")
    axes = axes_with(figure, "f")
    names = [text.get_text() for text in axes.get_yticklabels()]
    assert names == ["Ceiling", "GAN", "RBM", "Bernoulli", "my_model", "Floor"]
    dots = {
        (round(line.get_ydata()[0]), round(float(line.get_xdata()[0]), 9))
        for line in axes.lines
        if line.get_marker() == "o"
    }
    expected = {
        (height, round(value, 9))
        for height, model in enumerate(MODELS, 1)
        for value in rows.loc[rows["model"] == model, "value"]
    }
    assert dots == expected
    dashed = [line.get_xdata()[0] for line in axes.lines if line.get_linestyle() == "--"]
    assert dashed == [pytest.approx(rows.loc[rows["model"] == "ceiling", "value"].mean())]


# ------------------------------------------------------------------------------------------------------------- figure 2


def test_scatters_show_the_first_seed(drawn):
    _, numbers, figure = drawn[2]
    for letters, name in (("abcd", "frequency"), ("efgh", "three_point")):
        table = panel(numbers, name)
        assert set(table["seed"]) == {1}
        for letter, model in zip(letters, MODELS, strict=True):
            expected = table.loc[table["model"] == model, ["real", "ag"]]
            np.testing.assert_allclose(points_of(axes_with(figure, letter)), expected)


def test_correlations_by_gap_are_pearsons_and_undefined_ones_stay_out(drawn):
    numbers = drawn[2][1]
    by_gap, points = panel(numbers, "three_point_by_gap"), panel(numbers, "three_point")
    for row in by_gap[by_gap["seed"] == 1].itertuples():
        of_gap = points[(points["model"] == row.model) & (points["gap"] == row.gap)]
        if row.model in MODELS:
            assert row.value == pytest.approx(of_gap["real"].corr(of_gap["ag"]))
    assert by_gap.loc[by_gap["model"] == "floor", "value"].isna().all()


def test_text_in_a_panel_is_the_mean_over_seeds(drawn):
    _, numbers, figure = drawn[2]
    metrics = panel(numbers, "metrics")
    value = metrics.loc[(metrics["model"] == "gan") & (metrics["metric"] == "af_r"), "value"].mean()
    assert f"= {value:.3f}" in axes_with(figure, "a").texts[0].get_text()


# ------------------------------------------------------------------------------------------------------------- figure 3


def test_matrices_show_real_above_and_ags_below_the_diagonal(drawn):
    _, _, figure = drawn[3]
    chosen = common_sites(haplotypes().alleles)
    real = r2_matrix(haplotypes().alleles[:, chosen])
    for i, letter in enumerate("abcd", 2):
        shown = np.ma.filled(axes_with(figure, letter).images[0].get_array(), np.nan)
        ag = r2_matrix(haplotypes(seed=i).alleles[:, chosen])
        above, below = np.triu_indices(len(chosen), 1), np.tril_indices(len(chosen), -1)
        np.testing.assert_allclose(shown[above], real[above])
        np.testing.assert_allclose(shown[below], ag[below])


def test_matrices_keep_the_order_of_sites_over_contigs():
    real = haplotypes()
    half = real.n_sites // 2
    contig = np.where(np.arange(real.n_sites) < half, "9", "10")
    position = np.r_[5000 + np.arange(half), 1000 + np.arange(real.n_sites - half)]
    figures = [
        fig3_ld.draw(fig3_ld.numbers(matrix_table(["gan"], sites), NO_DECAY, metrics_table(["gan"])))
        for sites in (real.sites, real.sites.assign(contig=contig, position=position))
    ]
    images = [np.ma.filled(axes_with(figure, "a").images[0].get_array(), np.nan) for figure in figures]
    np.testing.assert_array_equal(*images)
    assert axes_with(figures[1], "a").get_ylabel().endswith("on 2 chromosomes")


def test_stretches_far_apart_are_kept_apart_in_matrices_and_decay():
    real = haplotypes()
    third = np.arange(real.n_sites) // 15
    sites = real.sites.assign(contig=np.where(third < 2, "9", "10"))
    sites["position"] += 60_000_000 * (third == 1)

    def decay(name, seed):
        bins = {"start_bp": [100, 1000, 3000, 3e7], "end_bp": [999.6, 3000, 10_000, 1e8], "pairs": [90, 90, 90, 225]}
        return pd.DataFrame(bins).assign(reference="test", real=[0.5, 0.3, 0.2, 0.1], ag=[0.4, 0.2, 0.1, 0.1])

    metrics = metrics_table(["gan"])
    numbers = fig3_ld.numbers(matrix_table(["gan"], sites), sets(["gan"], decay, [1]), metrics)
    figure = fig3_ld.draw(numbers)
    square = axes_with(figure, "a")
    chosen = common_sites(real.alleles)
    starts = [np.flatnonzero(third[chosen] == number)[0] - 0.5 for number in (1, 2)]
    assert sorted(line.get_xdata()[0] for line in square.lines if line.get_ydata() == [0, 1]) == starts
    assert sorted(line.get_ydata()[0] for line in square.lines if line.get_xdata() == [0, 1]) == starts
    assert square.get_ylabel().endswith("in 3 stretches, on 2 chromosomes")
    thick, dot = (line for line in axes_with(figure, "b").lines if line.get_color() == REAL)
    np.testing.assert_allclose(thick.get_ydata(), [0.5, 0.3, 0.2, np.nan, 0.1])
    assert (dot.get_linestyle(), dot.get_ydata().tolist()) == ("None", [0.1])


def test_no_lines_part_a_matrix_of_very_many_stretches():
    real = haplotypes()
    sites = real.sites.assign(contig=[str(i) for i in range(real.n_sites)])
    numbers = fig3_ld.numbers(matrix_table(["gan"], sites), NO_DECAY, metrics_table(["gan"]))
    square = axes_with(fig3_ld.draw(numbers), "a")
    assert "chromosomes" in square.get_ylabel()
    assert not [line for line in square.lines if [0, 1] in (line.get_xdata(), line.get_ydata())]


def test_ticks_of_a_logarithmic_row_of_dots_are_few_and_plain():
    axes = new_figure(height=2).subplots()
    rows = pd.DataFrame({"model": ["a", "b"], "seed": 1, "metric": "m", "value": [1.5, 45.0]})
    dots(axes, rows, "m", log_beyond=20)
    axes.figure.draw_without_rendering()
    low, high = axes.get_xlim()
    shown = [text.get_text() for text in axes.get_xticklabels() if low <= text.get_position()[0] <= high]
    assert shown == ["2", "5", "10", "20", "50"]
    assert not any(text.get_text() for text in axes.get_xticklabels(minor=True))


def test_decay_leaves_out_bins_of_few_pairs(drawn):
    _, numbers, figure = drawn[3]
    axes = axes_with(figure, "e")
    decay = panel(numbers, "decay")
    thick = next(line for line in axes.lines if line.get_color() == REAL and line.get_linestyle() == "-")
    np.testing.assert_allclose(thick.get_ydata(), [0.5, 0.2])
    np.testing.assert_allclose(thick.get_xdata(), np.sqrt([100 * 1000, 1000 * 10000]))
    gan = [line for line in axes.lines if line.get_color() == model_colours(["gan"])["gan"]]
    expected = decay[(decay["model"] == "gan") & (decay["seed"] == 2)]
    np.testing.assert_allclose(gan[1].get_ydata(), expected["r2"])
    np.testing.assert_allclose(expected["r2"], rng_of("gan", 2).random(3)[:2])


def test_haplotypes_whose_ld_is_not_defined_have_a_figure_that_says_so():
    def decay(name, seed):
        return pd.DataFrame({"start_bp": [1], "end_bp": [10], "pairs": [0]}).assign(
            reference="test", real=np.nan, ag=np.nan
        )

    metrics = metrics_table(["gan"], [1])
    metrics.loc[metrics["metric"] == "ld_r2_r", ["value", "ci_low", "ci_high"]] = np.nan
    real = haplotypes()
    matrix = ld_matrix(real.sites, {"real": real.alleles, "gan": real.alleles * 0})
    figure = fig3_ld.draw(fig3_ld.numbers(matrix, sets(["gan"], decay, [1]), metrics))
    assert any("not defined" in text for axes in figure.axes for text in (axes.get_title(), axes.get_xlabel()))


def test_real_decay_comes_from_the_set_that_kept_most_sites():
    def decay(name, seed):
        few = name == "gan"
        table = {"start_bp": [1, 10], "end_bp": [10, 100], "pairs": [30, 0] if few else [900, 800]}
        return pd.DataFrame(table).assign(reference="test", real=0.9 if few else [0.4, 0.3], ag=0.1)

    names = ["gan", "rbm"]
    numbers = fig3_ld.numbers(matrix_table(names), sets(names, decay, [1]), metrics_table(names, [1]))
    shown = panel(numbers, "decay")
    assert shown.loc[shown["model"] == "real", "r2"].tolist() == [0.4, 0.3]


def test_sites_on_many_chromosomes_have_no_decay_but_a_figure():
    numbers = fig3_ld.numbers(matrix_table(["gan"]), NO_DECAY, metrics_table(["gan"]))
    figure = fig3_ld.draw(numbers)
    assert [text.get_text() for text in axes_with(figure, "b").texts] == ["too few pairs of sites\non one chromosome"]


# ------------------------------------------------------------------------------------------------------------- figure 4


def test_histograms_hold_all_pairs_of_the_test_reference(drawn):
    _, numbers, figure = drawn[4]
    histogram = panel(numbers, "histogram")
    sums = histogram.groupby(["model", "seed", "comparison"])["fraction"].sum()
    np.testing.assert_allclose(sums, 1)
    rows = histogram[
        (histogram["model"] == "rbm") & (histogram["seed"] == 1) & (histogram["comparison"] == "within_ag")
    ]
    lines = [patch for patch in axes_with(figure, "b").patches if not patch.get_fill()]
    values, edges, _ = lines[0].get_data()
    np.testing.assert_allclose(values[values > 0], rows.sort_values("bin_start")["fraction"])
    assert edges[0] == rows["bin_start"].min()
    assert edges[-1] == rows["bin_end"].max()


def test_the_peak_of_a_collapsed_model_is_cut_and_written_down():
    def distances(name, seed):
        real = pd.DataFrame({"comparison": "within_real", "distance": range(20), "count": 10})
        ag = pd.DataFrame({"comparison": "within_ag", "distance": [0, 5], "count": [90, 10]})
        return pd.concat([real, ag]).assign(reference="test")

    figure = fig4_distances.draw(fig4_distances.numbers(sets(["gan"], distances, [1]), metrics_table(["gan"], [1])))
    axes = axes_with(figure, "a")
    assert axes.get_ylim() == (0, pytest.approx(4 * 0.05))
    assert [text.get_text() for text in axes.texts] == ["↑ 0.90"]


def test_bins_of_long_haplotypes_are_few():
    def distances(name, seed):
        values = np.arange(0, 6000, 7)
        return pd.DataFrame({"reference": "test", "comparison": "within_ag", "distance": values, "count": 1})

    numbers = fig4_distances.numbers(sets(["gan"], distances, [1]), metrics_table(["gan"], [1]))
    assert 30 <= len(panel(numbers, "histogram")) <= fig4_distances.BINS


# ------------------------------------------------------------------------------------------------------------- figure 5


def test_parts_of_aats_stand_at_their_values(drawn):
    _, numbers, figure = drawn[5]
    parts = panel(numbers, "parts")
    axes = axes_with(figure, "a")
    for metric, marker in (("aa_truth", "o"), ("aa_syn", "s")):
        shown = sorted(line.get_xdata()[0] for line in axes.lines if line.get_marker() == marker)
        np.testing.assert_allclose(shown, sorted(parts.loc[parts["metric"] == metric, "value"]))
    assert any(list(line.get_xdata()) == [0.5, 0.5] for line in axes.lines)


def test_cumulative_distances_count_every_haplotype(drawn):
    _, numbers, figure = drawn[5]
    nearest = panel(numbers, "nearest")
    last = nearest.groupby(["model", "seed", "kind"])["fraction"].max()
    np.testing.assert_allclose(last, 1)
    drawn_distances = rng_of("gan", 1).poisson(8, 60)  # dTT comes first
    rows = nearest[(nearest["model"] == "gan") & (nearest["seed"] == 1) & (nearest["kind"] == "dTT")]
    expected = [(drawn_distances <= distance).mean() for distance in rows["distance"]]
    np.testing.assert_allclose(rows["fraction"], expected)
    line = axes_with(figure, "d").lines[0]
    np.testing.assert_allclose(line.get_ydata()[1:], expected)


# ------------------------------------------------------------------------------------------------------------- figure 6


def track_of(numbers, statistic, model):
    tracks = panel(numbers, "tracks")
    return tracks[(tracks["statistic"] == statistic) & (tracks["model"] == model)].reset_index(drop=True)


def test_tracks_follow_the_table_and_mark_the_top(drawn):
    _, numbers, figure = drawn[6]
    rows = track_of(numbers, "xpehh", "gan")
    assert len(rows) == 149  # the place without a value is left out
    axes = axes_with(figure, "a")
    line = next(line for line in axes.lines if line.get_color() == model_colours(["gan"])["gan"])
    np.testing.assert_allclose(line.get_ydata(), rows["value"])
    np.testing.assert_allclose(line.get_xdata(), rows["position"] / 1e6)
    highest = rows["value"].nlargest(1)
    assert set(rows.index[rows["top"] == 1]) == set(highest.index)
    assert set(panel(numbers, "tracks")["seed"]) == {1}
    assert set(panel(numbers, "tracks")["statistic"]) == {"xpehh", "pbs"}


def test_windows_stand_at_their_middle(drawn):
    assert track_of(drawn[6][1], "pbs", "real")["position"].iloc[0] == (5000 + 14000) / 2


def test_titles_tell_the_agreement_of_the_first_seed(drawn):
    _, numbers, figure = drawn[6]
    rows = panel(numbers, "metrics").query("model == 'gan' and seed == 1").set_index("metric")
    r = rows.loc["xpehh_r"]
    text = f"{r['value']:.2f} ({r['ci_low']:.2f} to {r['ci_high']:.2f}), Spearman {rows['value']['xpehh_spearman']:.2f}"
    assert text.replace("-", "−") in axes_with(figure, "a").get_title()


@pytest.mark.parametrize("number", [6, "s8"])
def test_genes_of_the_region_are_named_and_cut_to_it(drawn, number):
    _, numbers, figure = drawn[number]
    genes = panel(numbers, "genes")
    expected = [["IN", 20_000, 60_000], ["EDGE", 140_000, 154_000]]
    assert genes[["name", "start", "end"]].drop_duplicates().to_numpy().tolist() == expected
    texts = [text.get_text() for axes in figure.axes for text in axes.texts]
    assert {name: texts.count(name) for name in ("IN", "EDGE", "OUT")} == dict.fromkeys(
        ("IN", "EDGE"), len(genes) // 2
    ) | {"OUT": 0}


def test_a_gene_is_bold_where_the_first_seed_has_a_candidate_of_the_statistic_shown():
    tracks = sets(["real", "gan"], scan_tracks(["xpehh", "pbs", "ihs"]), SEEDS)
    found = pd.DataFrame(
        [("real", 1, "xpehh", "IN"), ("real", 1, "pbs", ""), ("real", 1, "ihs", "EDGE"), ("real", 2, "pbs", "EDGE")],
        columns=["model", "seed", "statistic", "genes"],
    )
    numbers = fig6_scans.numbers(tracks, found, scan_metrics(SEEDS), GENES)
    genes = panel(numbers, "genes").set_index(["statistic", "name"])["candidate"]
    assert genes.to_dict() == {("xpehh", "IN"): 1, ("xpehh", "EDGE"): 0, ("pbs", "IN"): 0, ("pbs", "EDGE"): 0}
    figure = fig6_scans.draw(numbers)
    bold = [text.get_text() for axes in figure.axes for text in axes.texts if text.get_fontweight() == "bold"]
    assert bold == ["IN"]


def test_regions_far_apart_stand_beside_each_other():
    near, far = np.arange(1, 100) * 10_000.0, 60e6 + np.arange(1, 100) * 10_000.0
    tracks = pd.DataFrame({"statistic": "xpehh", "contig": "7", "position": np.r_[near, far]})
    tracks = pd.concat(
        [tracks, pd.DataFrame({"statistic": "xpehh", "contig": "10", "position": near})], ignore_index=True
    )
    genome = Genome(tracks)
    assert genome.pieces[["contig", "low", "high"]].to_numpy().tolist() == [
        ["7", 10_000, 990_000],
        ["7", 60_010_000, 60_990_000],
        ["10", 10_000, 990_000],
    ]
    x = genome.x(tracks["contig"], tracks["position"])
    assert (np.diff(x) > 0).all()
    assert genome.width == pytest.approx(3 * 0.98 + 2 * 0.0294)
    assert x[-1] == pytest.approx(genome.width)
    np.testing.assert_allclose(np.diff(x)[[97, 98, 99, 196, 197]], [0.01, 0.0294, 0.01, 0.01, 0.0294])
    axes = new_figure(height=1).subplots()
    genome.name_axis(axes)
    assert [text.get_text() for text in axes.get_xticklabels()] == ["7: 0.0 Mb", "7: 60.0 Mb", "10"]
    # A gene between the regions is not shown; a gap shorter than the rest does not cut a contig.
    genes = pd.DataFrame([("BETWEEN", "7", 30_000_000, 30_100_000), ("IN", "7", 59_000_000, 60_500_000)])
    shown = genes_shown(genes.set_axis(["name", "contig", "start", "end"], axis=1), tracks, NO_CANDIDATES)
    assert shown[["name", "start", "end"]].to_numpy().tolist() == [["IN", 60_010_000, 60_500_000]]
    assert len(pieces_of(pd.DataFrame({"contig": "7", "position": np.r_[near, 1.5e6 + near]}))) == 1
    assert len(pieces_of(pd.DataFrame({"contig": "7", "position": np.arange(9) * 3e6}))) == 1


def test_lines_of_tracks_end_with_regions():
    tracks = sets(["real", "gan"], scan_tracks(["xpehh"]), [1])
    late = tracks["start"] > 75_000
    tracks.loc[late, ["start", "end"]] += 50_000_000
    figure = fig6_scans.draw(fig6_scans.numbers(tracks, NO_CANDIDATES, scan_metrics([1]), GENES))
    colour = model_colours(["gan"])["gan"]
    lines = [
        line for line in axes_with(figure, "a").lines if line.get_color() == colour and line.get_linestyle() == "-"
    ]
    assert len(lines) == 2
    assert lines[0].get_xdata()[-1] < lines[1].get_xdata()[0] < 0.2


def test_at_most_eight_genes_are_named_candidates_first():
    tracks = shown_tracks(sets(["real"], scan_tracks(["xpehh"]), [1]), ["xpehh"])
    starts = np.arange(12) * 10_000 + 6000
    many = pd.DataFrame({"name": [f"G{i}" for i in range(12)], "contig": "7", "start": starts})
    many["end"] = many["start"] + np.arange(12)[::-1] * 100 + 100  # the first ones are the longest
    found = pd.DataFrame({"seed": [1], "statistic": ["xpehh"], "genes": ["G10,G11"]})
    assert genes_shown(many, tracks, found)["name"].tolist() == [*(f"G{i}" for i in range(6)), "G10", "G11"]


def test_names_of_genes_at_one_place_stand_in_rows():
    genome = Genome(pd.DataFrame({"contig": ["7", "7", "8", "8"], "position": [0, 10e6, 0, 10e6]}))
    genes = pd.DataFrame(
        [("EIGHT", "8", 5_000_000, 5_000_100), ("A", "7", 5_000_000, 5_000_100), ("B", "7", 5_000_200, 5_000_300)],
        columns=["name", "contig", "start", "end"],
    )
    placed = place_genes(genome, genes).set_index("name")
    assert placed["row"].to_dict() == {"A": 0, "B": 1, "EIGHT": 0}
    assert placed.loc["EIGHT", "left"] < 10.2 + 5 < placed.loc["EIGHT", "right"]  # a gap of 1 % between contigs
    assert gene_rows(placed) == 2
    assert gene_rows(placed.iloc[:0]) == 0


def test_figures_of_scans_do_without_genes():
    tracks = sets(["real", "gan"], scan_tracks(["xpehh", "ihs"]), [1])
    for module in (fig6_scans, figs8_scans):
        figure = module.draw(module.numbers(tracks, candidates_of_real(tracks), scan_metrics([1]), GENES.iloc[:0]))
        assert axes_with(figure, "a").lines


def test_without_any_of_its_scans_a_figure_says_so():
    tracks = sets(["real", "gan"], scan_tracks(["ihs"]), [1])
    with pytest.raises(UserError, match="no value of XP-EHH, PBS"):
        fig6_scans.numbers(tracks, candidates_of_real(tracks), scan_metrics([1]), GENES)


def test_overlaps_have_their_largest_chance_beside_them(drawn):
    _, numbers, figure = drawn[6]
    rows = panel(numbers, "metrics").query("metric == 'top1_p_xpehh'")
    (axes,) = [axes for axes in figure.axes if axes.get_xlabel() == "Share of real top 1 %,\nXP-EHH"]
    names = ["ceiling", *MODELS, "floor"]
    expected = [f"$p$ ≤ {rows.loc[rows['model'] == name, 'value'].max():.3f}".replace("0.", ".") for name in names]
    assert [text.get_text() for text in axes.texts] == expected
    assert [text.get_position()[1] for text in axes.texts] == list(range(len(names)))


def test_overlaps_of_few_places_are_not_shown_and_the_figure_says_why():
    metrics = scan_metrics([1])
    few = metrics["metric"].isin(["top1_overlap_xpehh", "top1_p_xpehh"])
    metrics.loc[few, ["value", "ci_low", "ci_high"]] = np.nan
    metrics.loc[few, "n"] = 4
    tracks = sets(["real", *MODELS], scan_tracks(["xpehh"]), [1])
    figure = fig6_scans.draw(fig6_scans.numbers(tracks, candidates_of_real(tracks), metrics, GENES))
    (axes,) = [axes for axes in figure.axes if axes.get_xlabel() == "Share of real top 1 %,\nXP-EHH"]
    assert [text.get_text() for text in axes.texts] == ["not reported:\n4 sites are the\ntop 1 %, 20 needed"]
    assert not axes.lines


def test_chromosomes_are_named_once_whatever_the_files_call_them():
    axes = new_figure(height=1).subplots()
    places = pd.DataFrame({"contig": "chr12", "position": np.arange(9) * 1e5})
    Genome(places).name_axis(axes, "9 sites")
    assert axes.get_xlabel() == "Position on chromosome 12 (Mb), 9 sites"
    Genome(pd.concat([places, places.assign(contig="chrX")])).name_axis(axes)
    assert [text.get_text() for text in axes.get_xticklabels()] == ["12", "X"]


def test_tiny_chances_are_not_printed_as_none():
    metrics = scan_metrics([1])
    metrics.loc[metrics["metric"] == "top1_p_xpehh", "value"] = 0.0002
    tracks = sets(["real", *MODELS], scan_tracks(["xpehh"]), [1])
    figure = fig6_scans.draw(fig6_scans.numbers(tracks, candidates_of_real(tracks), metrics, GENES))
    texts = [text.get_text() for axes in figure.axes for text in axes.texts]
    assert texts.count("$p$ < .001") == len(MODELS) + 2


def test_contigs_lie_one_after_the_other():
    module, numbers = scan_figure(fig6_scans, ["xpehh", "pbs"], [1], contigs="7 8 9")
    figure = module.draw(numbers)
    (last,) = [axes for axes in figure.axes if axes.get_xlabel() == "Chromosome, 149 sites"]
    assert [text.get_text() for text in last.get_xticklabels()] == ["7", "8", "9"]
    assert np.all(np.diff(last.get_xticks()) > 0)
    lines = [line for line in last.lines if line.get_color() == model_colours(MODELS)[MODELS[-1]]]
    ends = [line.get_xdata()[[0, -1]] for line in lines if len(line.get_xdata()) > 10]
    assert len(ends) == 3
    assert ends[0][1] < ends[1][0] < ends[1][1] < ends[2][0]


def test_sites_far_apart_are_joined_but_not_across_a_gap():
    far = scan_tracks(["xpehh"])("gan", 1).assign(start=lambda table: table["start"] * 1000)
    far.loc[75:, "start"] += 30_000_000
    tracks = sets(["real", "gan"], lambda *_: far.assign(end=far["start"]), [1])
    axes = axes_with(
        fig6_scans.draw(fig6_scans.numbers(tracks, candidates_of_real(tracks), scan_metrics([1]), GENES)), "a"
    )
    drawn_x = next(line for line in axes.lines if line.get_color() == model_colours(["gan"])["gan"]).get_xdata()
    assert np.isnan(drawn_x).sum() == 1
    assert drawn_x[np.flatnonzero(np.isnan(drawn_x))[0] - 1] == 79.0


def test_a_track_without_a_value_says_so():
    tracks = sets(["real", *MODELS], scan_tracks(["xpehh", "pbs"]), [1])
    tracks.loc[(tracks["model"] == "gan") & (tracks["statistic"] == "xpehh"), "value"] = np.nan
    tracks.loc[tracks["statistic"].eq("pbs") & tracks["model"].eq("real"), "value"] = np.nan
    figure = fig6_scans.draw(fig6_scans.numbers(tracks, candidates_of_real(tracks), scan_metrics([1]), GENES))
    texts = [text.get_text() for axes in figure.axes for text in axes.texts]
    assert texts.count("nothing could be scored in the AGs") == 1
    assert texts.count("no place could be scored") == len(MODELS)


# ------------------------------------------------------------------------------------------------------------ figure s8


def test_further_scans_show_the_models_of_the_paper(drawn):
    _, numbers, figure = drawn["s8"]
    assert panel(numbers, "tracks")["model"].unique().tolist() == ["real", "gan", "rbm"]
    assert panel(numbers, "tracks")["statistic"].unique().tolist() == ["ihs", "h12", "tajima_d"]
    assert set(panel(numbers, "metrics")["model"]) == {*MODELS, *CONTROLS}
    points = axes_with(figure, "a").lines[0]
    np.testing.assert_allclose(points.get_ydata(), track_of(numbers, "ihs", "real")["value"].abs())
    lowest = track_of(numbers, "tajima_d", "real")
    assert lowest["value"].idxmin() == lowest["top"].idxmax()


def test_of_dense_scores_with_two_ends_the_line_joins_the_highest_of_each_bin():
    rng = np.random.default_rng(1)
    dense = pd.DataFrame({"contig": "7", "start": np.arange(3001) * 100 + 50, "value": rng.normal(size=3001), "id": ""})
    dense = dense.assign(statistic="ihs", end=dense["start"], n=1, raw=dense["value"])
    tracks = sets(["real", "gan"], lambda *_: dense, [1])
    figure = figs8_scans.draw(figs8_scans.numbers(tracks, candidates_of_real(tracks), scan_metrics([1]), GENES))
    line = axes_with(figure, "a").lines[0]
    heights = dense["value"].abs().to_numpy()
    np.testing.assert_allclose(line.get_ydata(), [*heights[:3000].reshape(300, 10).max(axis=1), heights[3000]])
    assert np.all(np.diff(line.get_xdata()) > 0)


# ------------------------------------------------------------------------------------------------------------- figure 7


def test_panels_of_part_of_the_ags_and_of_ags_alone_are_left_to_figure_s9(drawn):
    assert panel(drawn[7][1], "by_maf")["panel_added"].unique().tolist() == PANELS
    assert panel(drawn[7][1], "overall")["panel_added"].unique().tolist() == PANELS[1:]


def test_empty_bins_are_not_drawn(drawn):
    _, _, figure = drawn[7]
    labels = [text.get_text() for text in axes_with(figure, "a").get_xticklabels()]
    assert labels == ["0–5\n20", "10–50\n20"]


def test_panels_have_the_colour_of_the_model_that_they_add(drawn):
    _, numbers, figure = drawn[7]
    colours = {line.get_label(): line.get_color() for line in axes_with(figure, "a").lines}
    assert colours["Real + GAN"] == model_colours(["gan"])["gan"]
    values = panel(numbers, "by_maf").query("panel_added == 'real+rbm'")["value"]
    line = next(line for line in axes_with(figure, "a").lines if line.get_label() == "Real + RBM")
    np.testing.assert_allclose(line.get_ydata(), values)


def test_gains_stand_with_their_intervals(drawn):
    _, numbers, figure = drawn[7]
    rows = panel(numbers, "overall").query("panel_added == 'real+rbm'")
    lines = [line for line in axes_with(figure, "c").lines if line.get_color() == model_colours(["rbm"])["rbm"]]
    drawn_intervals = {tuple(np.round(line.get_xdata(), 6)) for line in lines if len(line.get_xdata()) == 2}
    assert drawn_intervals >= {tuple(np.round(pair, 6)) for pair in rows[["gain_low", "gain_high"]].to_numpy(float)}


def test_own_quality_stands_against_the_truth(drawn):
    _, numbers, figure = drawn[7]
    rare = panel(numbers, "overall").query("panel_added == 'real+gan' and axis == 'rare'")["gain"].item()
    own = panel(numbers, "quality").query("panel_added == 'real+gan'")["gain"].item()
    points = [line.get_xydata()[0] for line in axes_with(figure, "d").lines if len(line.get_xdata()) == 1]
    assert any(np.allclose(point, (rare, own)) for point in points)


# ------------------------------------------------------------------------------------------------------------ figure s9


def test_sizes_lie_in_order_and_programs_side_by_side(drawn):
    _, numbers, figure = drawn["s9"]
    axes = next(axes for axes in figure.axes if axes.get_xlabel() == "AGs in the panel")
    assert [text.get_text() for text in axes.get_xticklabels()] == ["20", "100", "all"]
    by_size = panel(numbers, "by_size")
    line = next(line for line in axes.lines if len(line.get_xdata()) == 3)
    expected = by_size.set_index("panel_added")["gain"][["real+rbm@20", "real+rbm@100", "real+rbm"]]
    np.testing.assert_allclose(line.get_ydata(), expected)
    labels = [axes.get_xlabel() for axes in figure.axes]
    assert labels[-2:] == ["Gain in true $r^2$, Beagle", "Gain in true $r^2$, Minimac4"]


def test_one_program_and_whole_panels_leave_two_panels():
    gains = gains_table(PANELS).assign(tool="beagle")
    calibration = pd.DataFrame([("real", 1, "quality", 0, 0.1, 0.05, 0.1, 9)])
    calibration.columns = ["model", "seed", *CALIBRATION_COLUMNS]
    figure = figs9_imputation.draw(figs9_imputation.numbers(gains, calibration))
    assert len(figure.axes) == 2


# ------------------------------------------------------------------------------------------------------------- figure 8


def test_bars_are_means_over_seeds(drawn):
    _, _, figure = drawn[8]
    widths = [bar.get_width() for bar in axes_with(figure, "d").patches]
    np.testing.assert_allclose(widths, [0.65] * len(fig8_latent.FEATURES))


def test_maps_show_real_people_and_ags_of_the_first_seed(drawn):
    _, numbers, figure = drawn[8]
    points = panel(numbers, "points")
    assert set(points["seed"]) == {1}
    genotypes = points[(points["space"] == "genotypes") & (points["set"] != "ag")]
    np.testing.assert_allclose(points_of(axes_with(figure, "a")), genotypes[["pc1", "pc2"]])
    ags = points[(points["space"] == "hidden") & (points["set"] == "ag")]
    np.testing.assert_allclose(points_of(axes_with(figure, "c"), 1), ags[["pc1", "pc2"]])


# ------------------------------------------------------------------------------------------------------------ figure S1


def test_training_curves_are_those_of_the_tables(drawn):
    _, numbers, figure = drawn["s1"]
    table = training_table("gan", 2)
    expected = {
        "score": ["score"],
        "aats": ["aa_truth", "aa_syn"],
        "correlations": ["af_r", "ld_r2_r"],
        "excess": ["privacy_loss", "distance_w1"],
        "losses": ["discriminator_loss", "generator_loss"],
    }
    for axes, (name, quantities) in zip(figure.axes, expected.items(), strict=False):
        lines = {tuple(line.get_ydata()) for line in axes.lines if len(line.get_xdata()) == len(table)}
        rows = panel(numbers, name)
        rows = rows[(rows["model"] == "gan") & (rows["seed"] == 2)]
        assert list(rows["quantity"].unique()) == quantities
        for quantity in quantities:
            assert tuple(table[quantity]) in lines
            np.testing.assert_array_equal(rows.loc[rows["quantity"] == quantity, "value"], table[quantity])
    assert set(numbers["n"]) == {6}
    assert "n = 6 haplotypes" in figure.axes[0].get_ylabel()


def test_the_chosen_epoch_has_the_smallest_score_and_is_marked_in_every_panel(drawn):
    _, numbers, figure = drawn["s1"]
    best = [
        int(table.loc[table["score"].idxmin(), "epoch"]) for table in (training_table("gan", seed) for seed in SEEDS)
    ]
    chosen = numbers[(numbers["model"] == "gan") & (numbers["chosen"] == 1)]
    assert sorted(chosen["epoch"].unique()) == sorted(set(best))
    for axes in figure.axes[:5]:
        dots = [line.get_xdata()[0] for line in axes.lines if line.get_marker() == "o"]
        assert sorted(set(dots)) == sorted(set(best))
    assert f"chosen: {min(best)}–{max(best)}" in figure.axes[0].get_xlabel()


@pytest.mark.parametrize(("kept", "text"), [(3, "3,\nnot converged)"), (2, "2)")])
def test_a_training_whose_last_epoch_is_the_best_has_not_converged(kept, text):
    table = pd.DataFrame({"model": "gan", "seed": 1, "epoch": [1, 2, 3], "loss": 1.0, "score": 0.5})
    table["kept"] = (table["epoch"] == kept).astype(int)
    figure = figs1_training.draw(figs1_training.numbers([table], pd.DataFrame({"split": ["validation"]})))
    assert figure.axes[0].get_xlabel() == f"Epoch (chosen: {text}"


def test_models_without_epochs_are_left_out_and_likelihoods_say_so(drawn):
    _, numbers, figure = drawn["s1"]
    assert list(numbers["model"].unique()) == ["gan", "rbm", "my_model"]
    likelihood = axes_with(figure, "c")
    assert likelihood.get_ylabel().startswith("−log-likelihood")
    assert axes_with(figure, "a").get_ylabel().startswith("Score (0 = perfect)")
    figure = figs1_training.draw(figs1_training.numbers([], pd.DataFrame({"split": ["train"]})))
    assert [text.get_text() for text in figure.axes[0].texts] == ["no model that trains by epochs"]


@pytest.mark.parametrize("n_models", [1, 2, 7])
def test_rows_of_training_panels_do_not_overlap(n_models, monkeypatch):
    names = ["gan", "rbm", "my_model", "a_model_with_a_rather_long_name", "b", "c", "d"][:n_models]
    monkeypatch.setattr(sys.modules[__name__], "MODELS", names)
    module, numbers = figure_s1([1, 2, 3, 4, 5])
    figure = module.draw(numbers)
    figure.get_layout_engine().execute(figure)
    boxes = [axes.get_tightbbox() for axes in figure.axes if axes.axison]
    for i, box in enumerate(boxes):
        assert not any(box.padded(-1).overlaps(other.padded(-1)) for other in boxes[:i])


# ---------------------------------------------------------------------------------------------------------- AG sets


def test_tables_of_sets_are_stacked_in_the_order_given(tmp_path):
    paths = [tmp_path / model / f"seed{seed}" / "x.tsv" for model in ("rbm", "gan") for seed in (2, 1)]
    for i, path in enumerate(paths):
        write_tsv(pd.DataFrame({"value": [i]}), path)
    table = read_sets(paths, ["value"])
    assert table.to_dict("list") == {"model": ["rbm", "rbm", "gan", "gan"], "seed": [2, 1, 2, 1], "value": [0, 1, 2, 3]}
    with pytest.raises(UserError, match="lacks the columns"):
        read_sets(paths, ["other"])


def test_metrics_come_in_the_order_asked_for():
    rows = metric_rows(metrics_table(["gan"], [1]), ["pca_w1_mean", "af_r"])
    assert list(rows["metric"]) == ["pca_w1_mean"] * 2 + ["af_r"] * 2


def test_test_people_are_the_main_reference_where_there_are_any():
    table = pd.DataFrame({"model": "gan", "reference": ["train", "test", "all"], "value": [1, 2, 3]})
    assert list(main_reference(table)["value"]) == [2]
    assert list(main_reference(table[table["reference"] != "test"])["value"]) == [1]
    theirs = pd.DataFrame({"model": "theirs", "reference": ["all"], "value": [4]})
    assert list(main_reference(pd.concat([theirs, table]))["value"]) == [4, 2]
    assert main_reference(table[:0]).empty


def test_the_same_tables_give_the_same_bytes_in_another_process(tmp_path):
    inputs = {"distances": [], "metrics": []}
    metrics = metrics_table()
    for model in [*MODELS, *CONTROLS]:
        folder = tmp_path / model / "seed1"
        of_set = metrics[(metrics["model"] == model) & (metrics["seed"] == 1)]
        write_tsv(of_set.drop(columns=["model", "seed"]), folder / "metrics.tsv")
        values = np.arange(5, 60)
        table = pd.DataFrame({"reference": "test", "comparison": "within_ag", "distance": values, "count": values})
        write_tsv(table, folder / "distances.tsv")
        for name, files in inputs.items():
            files.append(str(folder / f"{name}.tsv"))
    for hash_seed in ("1", "2"):
        outputs = [f"--{kind}={tmp_path / hash_seed}.{kind}" for kind in ("svg", "png", "tsv")]
        options = ["--distances", *inputs["distances"], "--metrics", *inputs["metrics"], *outputs]
        command = [sys.executable, str(SCRIPTS / "figure.py"), "fig4_distances", *options]
        subprocess.run(command, check=True, capture_output=True, env={"PYTHONHASHSEED": hash_seed, "PATH": ""})
    for kind in ("svg", "png", "tsv"):
        assert (tmp_path / f"1.{kind}").read_bytes() == (tmp_path / f"2.{kind}").read_bytes()
