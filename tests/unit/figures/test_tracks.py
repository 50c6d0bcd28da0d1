"""Places along the genome, and the genes there."""

import numpy as np
import pandas as pd
import pytest

from artificial_genomes.figures.style import new_figure
from artificial_genomes.figures.tracks import Genome, gene_rows, genes_shown, pieces_of, place_genes, shown_tracks
from figure_helpers import NO_CANDIDATES, scan_tracks, sets


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


def test_chromosomes_are_named_once_whatever_the_files_call_them():
    axes = new_figure(height=1).subplots()
    places = pd.DataFrame({"contig": "chr12", "position": np.arange(9) * 1e5})
    Genome(places).name_axis(axes, "9 sites")
    assert axes.get_xlabel() == "Position on chromosome 12 (Mb), 9 sites"
    Genome(pd.concat([places, places.assign(contig="chrX")])).name_axis(axes)
    assert [text.get_text() for text in axes.get_xticklabels()] == ["12", "X"]
