"""Candidates of selection: stretches of extreme places and the genes in them."""

import numpy as np
import pandas as pd
import pytest

from artificial_genomes.core.errors import UserError
from artificial_genomes.scans.candidates import COLUMNS, GENE_COLUMNS, candidates, genes_in, read_genes
from artificial_genomes.scans.statistics import top_places
from helpers import ROOT

GENES = pd.DataFrame(
    [("B", "1", 150_000, 160_000), ("A", "1", 90_000, 100_500), ("C", "2", 1, 10**6)], columns=GENE_COLUMNS[1:]
)


def tracks_of(values, statistic="xpehh", contigs="1", step=1000):
    starts = step * np.arange(1, len(values) + 1)
    return pd.DataFrame(
        {
            "statistic": statistic,
            "contig": contigs,
            "start": starts,
            "end": starts,
            "id": "",
            "n": 1,
            "raw": values,
            "value": values,
        }
    )


def test_neighbouring_top_places_are_one_candidate_and_are_named_by_genes():
    values = np.zeros(400)
    values[[99, 101, 140]] = [5, 7, 6]  # 100 kb and 102 kb, then 141 kb, less than 50 kb away
    values[300] = 4
    found = candidates(tracks_of(values), GENES)
    assert list(found) == COLUMNS
    assert found.iloc[:, :9].to_numpy().tolist() == [
        ["xpehh", "1", 100_000, 141_000, 3, 102_000, 102_000, 7, "A"],
        ["xpehh", "1", 301_000, 301_000, 1, 301_000, 301_000, 4, ""],
    ]
    assert found["in_real"].isna().all()
    real = candidates(tracks_of(np.roll(values, 30)), GENES)
    assert candidates(tracks_of(values), GENES, real)["in_real"].tolist() == [1, 0]


def test_contigs_are_apart_and_the_extreme_end_is_that_of_the_statistic():
    values = np.zeros(200)
    values[[99, 100]] = [-9, -8]
    tracks = tracks_of(values, "tajima_d", ["1"] * 100 + ["2"] * 100)
    assert candidates(tracks, GENES)[["contig", "places", "peak_value", "genes"]].to_numpy().tolist() == [
        ["1", 1, -9, "A"],
        ["2", 1, -8, "C"],
    ]
    assert candidates(tracks.assign(statistic="ihs"), GENES)["peak_value"].tolist() == [-9, -8]
    assert candidates(tracks.assign(statistic="xpehh"), GENES)["peak_value"].tolist() == [0]


def test_nothing_scored_is_no_candidate():
    assert candidates(tracks_of(np.full(10, np.nan)), GENES).empty


def test_top_places():
    values = np.r_[np.arange(1.0, 251.0), np.nan, -1000]  # 251 scored places: the top are three
    assert np.flatnonzero(top_places(values, "xpehh")).tolist() == [247, 248, 249]
    assert np.flatnonzero(top_places(values, "haplotype_diversity")).tolist() == [0, 1, 251]
    assert np.flatnonzero(top_places(values, "ihs")).tolist() == [248, 249, 251]
    assert top_places(np.array([1.0]), "pbs").tolist() == [True]
    assert not top_places(np.array([np.nan]), "pbs").any()


def test_genes_of_the_repository_are_in_order_and_of_two_builds():
    for build in ("GRCh37", "GRCh38"):
        genes = read_genes(ROOT / "resources" / "genes.tsv", build)
        assert (genes["end"] > genes["start"]).all()
        assert genes["name"].is_unique
    b37, b38 = (read_genes(ROOT / "resources" / "genes.tsv", build) for build in ("GRCh37", "GRCh38"))
    assert b37["name"].tolist() == b38["name"].tolist()
    # A gene is about as long on either build.
    assert ((b37["end"] - b37["start"]) / (b38["end"] - b38["start"])).between(0.9, 1.1).all()
    # rs12913832 lies in HERC2, rs9934438 in VKORC1, rs776746 in CYP3A5.
    assert genes_in(b37, "15", 28365618, 28365618) == ["HERC2"]
    assert genes_in(b37, "chr16", 31104878, 31104878) == ["VKORC1"]
    assert genes_in(b37, "7", 99270539, 99270539) == ["CYP3A5"]
    assert genes_in(b38, "15", 28120472, 28120472) == ["HERC2"]


def test_a_table_of_genes_without_places(tmp_path):
    path = tmp_path / "genes.tsv"
    path.write_text("build\tname\tcontig\tstart\tend\nGRCh37\tA\t1\tone\t2\n")
    with pytest.raises(UserError, match="not a whole number"):
        read_genes(path, "GRCh37")
