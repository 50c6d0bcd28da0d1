import numpy as np
import pandas as pd
import pytest

from artificial_genomes.core.colors import model_colours
from artificial_genomes.core.errors import UserError
from artificial_genomes.figures import fig6_scans, figs8_scans
from artificial_genomes.figures.sets import panel
from figure_helpers import (
    GENES,
    MODELS,
    NO_CANDIDATES,
    SEEDS,
    axes_with,
    candidates_of_real,
    scan_figure,
    scan_metrics,
    scan_tracks,
    sets,
    track_of,
)


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
    (axes,) = [axes for axes in figure.axes if axes.get_xlabel() == "Share of real top 1 %,\nXP-EHH (better →)"]
    names = ["ceiling", *MODELS, "floor"]
    expected = [f"$p$ ≤ {rows.loc[rows['model'] == name, 'value'].max():.3f}" for name in names]
    assert [text.get_text() for text in axes.texts] == expected
    assert [text.get_position()[1] for text in axes.texts] == list(range(len(names)))


@pytest.mark.integration
def test_overlaps_of_few_places_are_not_shown_and_the_figure_says_why():
    metrics = scan_metrics([1])
    few = metrics["metric"].isin(["top1_overlap_xpehh", "top1_p_xpehh"])
    metrics.loc[few, ["value", "ci_low", "ci_high"]] = np.nan
    metrics.loc[few, "n"] = 4
    tracks = sets(["real", *MODELS], scan_tracks(["xpehh"]), [1])
    figure = fig6_scans.draw(fig6_scans.numbers(tracks, candidates_of_real(tracks), metrics, GENES))
    (axes,) = [axes for axes in figure.axes if axes.get_xlabel() == "Share of real top 1 %,\nXP-EHH (better →)"]
    assert [text.get_text() for text in axes.texts] == ["not reported:\n4 sites in the\ntop 1 %, 20 needed"]
    assert not axes.lines


def test_tiny_chances_are_not_printed_as_none():
    metrics = scan_metrics([1])
    metrics.loc[metrics["metric"] == "top1_p_xpehh", "value"] = 0.0002
    tracks = sets(["real", *MODELS], scan_tracks(["xpehh"]), [1])
    figure = fig6_scans.draw(fig6_scans.numbers(tracks, candidates_of_real(tracks), metrics, GENES))
    texts = [text.get_text() for axes in figure.axes for text in axes.texts]
    assert texts.count("$p$ < 0.001") == len(MODELS) + 2


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
    assert texts.count("no position could be scored") == len(MODELS)
