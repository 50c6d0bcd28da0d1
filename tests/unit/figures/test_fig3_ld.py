import numpy as np
import pandas as pd

from artificial_genomes.compare.together import common_sites, ld_matrix
from artificial_genomes.core.colors import REAL, model_colours
from artificial_genomes.figures import fig3_ld
from artificial_genomes.figures.sets import panel
from artificial_genomes.statistics.ld import r2_matrix
from figure_helpers import NO_DECAY, axes_with, haplotypes, matrix_table, metrics_table, rng_of, sets


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
    assert square.get_ylabel().endswith("in 3 segments, on 2 chromosomes")
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
