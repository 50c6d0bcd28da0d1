"""All AG sets of a dataset beside the real haplotypes, on common axes and by their LD."""

import sys

import numpy as np
import pandas as pd
import pytest

import compare_together as script
from artificial_genomes.compare import together
from artificial_genomes.compare.comparison import Settings
from artificial_genomes.compare.tables import TOGETHER
from artificial_genomes.compare.together import common_sites, compare_together, ld_matrix
from artificial_genomes.core.errors import UserError
from artificial_genomes.core.haplotypes import Haplotypes, artificial_people, save_haplotypes
from artificial_genomes.core.tables import read_tsv, write_tsv

N_SITES, N_PEOPLE = 60, 120
SETTINGS = {
    "references": ["test", "train"],
    "pca_axes": 4,
    "three_point_gaps": [1],
    "three_point_triplets": 10,
    "ld_sites_max": None,
    "ld_near_sites": None,
    "haplotype_window_sites": 10,
    "seed": 5,
    "bootstrap_replicates": 20,
}
SITES = pd.DataFrame(
    {
        "contig": np.repeat(["1", "2"], N_SITES // 2).astype(object),
        "position": np.arange(N_SITES) * 900 + 1,
        "id": ".",
        "ref": "A",
        "alt": "C",
    }
)


def alleles_of(n_people: int, seed: int) -> np.ndarray:
    """Draw haplotypes of two populations in turn, as mosaics of founders of their own."""
    founders = np.random.default_rng(0).random((2, 8, N_SITES)) < np.random.default_rng(1).beta(1, 2, (2, 1, N_SITES))
    rng = np.random.default_rng(seed)
    population = (np.arange(n_people) % 2).repeat(2)
    return founders[population, rng.integers(8, size=2 * n_people)].astype(np.uint8) ^ (
        rng.random((2 * n_people, N_SITES)) < 0.05
    )


def as_genomes(alleles: np.ndarray) -> Haplotypes:
    return Haplotypes(alleles, SITES, artificial_people(len(alleles) // 2))


@pytest.fixture(scope="module")
def real() -> Haplotypes:
    people = artificial_people(N_PEOPLE).assign(superpopulation=np.array(["AFR", "EUR"])[np.arange(N_PEOPLE) % 2])
    return Haplotypes(alleles_of(N_PEOPLE, 2), SITES, people)


@pytest.fixture(scope="module")
def split() -> np.ndarray:
    parts = np.array(["test", "test", "train", "train", "train", "train", "train", "validation"]).repeat(15)
    parts[-10:] = "public"
    return np.random.default_rng(3).permutation(parts)


@pytest.fixture(scope="module")
def genomes() -> dict[str, Haplotypes]:
    """Return AG sets of two models, and one that others brought, of fewer individuals."""
    bad = np.zeros((2 * N_PEOPLE, N_SITES), np.uint8)
    return {"bad": as_genomes(bad), "theirs": as_genomes(alleles_of(9, 4)), "good": as_genomes(alleles_of(N_PEOPLE, 5))}


@pytest.fixture(scope="module")
def tables(real, split, genomes) -> dict[str, pd.DataFrame]:
    return compare_together(real, split, genomes, ["bad", "good"], 1, Settings(**SETTINGS))


def test_metrics_are_of_the_fitted_sets_and_the_controls(tables):
    assert set(tables) == set(TOGETHER)
    metrics = tables["metrics"]
    assert list(metrics["model"].unique()) == ["bad", "good", "ceiling", "floor"]
    assert set(metrics["reference"]) == {"test"}
    assert set(metrics["n"]) == {60}
    value = metrics.set_index(["metric", "model"])["value"]
    names = [f"pca_combined_{name}" for name in ("w1_mean", "w1_pc1", "w1_pc2", "w2d")]
    assert list(metrics["metric"].unique()) == names
    assert value["pca_combined_w1_mean", "good"] < value["pca_combined_w1_mean", "bad"] / 3
    assert value["pca_combined_w1_mean", "ceiling"] < value["pca_combined_w1_mean", "floor"]


def test_the_axes_are_those_of_n_haplotypes_of_each_fitted_set(real, split, genomes, tables):
    alone = {name: genomes[name] for name in ("bad", "good")}
    without = compare_together(real, split, alone, ["bad", "good"], 1, Settings(**SETTINGS))
    pd.testing.assert_frame_equal(without["metrics"], tables["metrics"])
    pd.testing.assert_frame_equal(without["pca_variance"], tables["pca_variance"])
    kept = tables["pca"][tables["pca"]["set"] != "theirs"]
    pd.testing.assert_frame_equal(without["pca"].reset_index(drop=True), kept.reset_index(drop=True))
    assert list(tables["pca_variance"]["axis"]) == [1, 2, 3, 4]
    assert tables["pca_variance"]["explained"].is_monotonic_decreasing


def test_every_haplotype_that_the_dataset_is_about_has_its_place(real, split, tables):
    pca = tables["pca"]
    assert list(pca.columns) == ["set", "superpopulation", "pc1", "pc2", "pc3", "pc4"]
    own = real.take_people(split != "public")
    counts = pca["set"].value_counts().to_dict()
    assert counts == {"real": 220, "bad": 240, "theirs": 18, "good": 240, "ceiling": 60, "floor": 60}
    of_real = pca[pca["set"] == "real"]
    assert list(of_real["superpopulation"]) == list(own.haplotype_labels("superpopulation"))
    assert set(pca.loc[pca["set"] != "real", "superpopulation"]) == {""}
    # Scores are linear in the alleles: the same for all axes and sets.
    stacked = np.column_stack([own.alleles, np.ones(len(own.alleles))])
    scores = of_real.filter(like="pc").to_numpy()
    loadings, *_ = np.linalg.lstsq(stacked, scores, rcond=None)
    np.testing.assert_allclose(stacked @ loadings, scores, atol=1e-8)
    good = np.column_stack([alleles_of(N_PEOPLE, 5), np.ones(2 * N_PEOPLE)]) @ loadings
    np.testing.assert_allclose(pca[pca["set"] == "good"].filter(like="pc"), good, atol=1e-6)


def test_large_sets_have_the_places_of_evenly_spread_individuals(real, split, genomes, tables, monkeypatch):
    monkeypatch.setattr(together, "SHOWN_HAPLOTYPES", 20)
    fewer = compare_together(real, split, genomes, ["bad", "good"], 1, Settings(**SETTINGS))
    pd.testing.assert_frame_equal(fewer["metrics"], tables["metrics"])
    counts = fewer["pca"]["set"].value_counts()
    assert (counts["real"], counts["good"], counts["theirs"]) == (20, 20, 18)
    labels = fewer["pca"].loc[fewer["pca"]["set"] == "real", "superpopulation"]
    assert (labels.iloc[::2].to_numpy() == labels.iloc[1::2].to_numpy()).all()


def test_ags_that_are_brought_have_places_where_nothing_is_trained(real, split, genomes):
    tables = compare_together(real, split, {"theirs": genomes["theirs"]}, [], 1, Settings(**SETTINGS))
    assert list(tables["metrics"]["model"].unique()) == ["ceiling", "floor"]
    assert set(tables["pca"]["set"]) == {"real", "theirs", "ceiling", "floor"}


def test_other_sites_are_a_mistake_of_the_user(real, split, genomes):
    theirs = genomes["theirs"]
    moved = Haplotypes(theirs.alleles, SITES.assign(position=SITES["position"] + 1), theirs.people)
    with pytest.raises(UserError, match="the set of theirs AGs has different sites from the dataset"):
        compare_together(real, split, genomes | {"theirs": moved}, ["good"], 1, Settings(**SETTINGS))


def test_the_matrix_is_the_squared_correlation_of_each_set(real, split, genomes, tables):
    matrix = tables["ld_matrix"]
    own = real.take_people(split != "public").alleles
    chosen = common_sites(own)
    a, b = np.triu_indices(len(chosen), 1)
    assert list(matrix.columns) == [
        *("contig_a", "position_a", "contig_b", "position_b", "r2_real", "r2_bad", "r2_theirs", "r2_good")
    ]
    np.testing.assert_array_equal(matrix["position_a"], SITES["position"].to_numpy()[chosen[a]])
    np.testing.assert_array_equal(matrix["contig_b"], SITES["contig"].to_numpy()[chosen[b]])
    for name, alleles in (("real", own), ("good", genomes["good"].alleles)):
        expected = np.corrcoef(alleles[:, chosen].T)[a, b] ** 2
        np.testing.assert_allclose(matrix[f"r2_{name}"], expected, atol=1e-10)
    assert matrix["r2_bad"].isna().all()


def test_sites_of_the_matrix_are_common_even_and_few():
    rng = np.random.default_rng(1)
    frequency = np.tile([0.01, 0.3, 0.99, 0.5], 250)
    alleles = (rng.random((500, 1000)) < frequency).astype(np.uint8)
    chosen = common_sites(alleles, n_sites=100)
    assert len(chosen) == 100
    assert set(chosen % 4) == {1, 3}
    assert np.diff(chosen).max() <= 12  # 500 common sites, every fifth, on every second place
    np.testing.assert_array_equal(common_sites(alleles[:, :4]), [1, 3])
    np.testing.assert_array_equal(common_sites(np.zeros((10, 3), np.uint8)), [0, 1, 2])
    assert len(ld_matrix(SITES, {"real": alleles[:, :60]})) == 30 * 29 / 2


def test_the_matrix_of_many_sites_is_of_those_in_the_middle(monkeypatch):
    monkeypatch.setattr(together, "LD_SPAN_SITES", 20)
    alleles = np.random.default_rng(1).integers(0, 2, (50, len(SITES)), np.uint8)
    matrix = ld_matrix(SITES, {"real": alleles})
    middle = SITES["position"].to_numpy()[len(SITES) // 2 - 10 : len(SITES) // 2 + 10]
    assert matrix["position_a"].iloc[0] == middle[0]
    assert matrix["position_b"].iloc[-1] == middle[-1]
    assert len(matrix) == 20 * 19 / 2


def test_the_program_names_sets_by_their_folders(real, split, genomes, tables, tmp_path, monkeypatch):
    save_haplotypes(real, tmp_path / "real.vcz.zip")
    write_tsv(real.people.assign(split=split), tmp_path / "split.tsv")
    paths = [tmp_path / name / "seed1" / "genomes.vcz.zip" for name in genomes]
    for path, one in zip(paths, genomes.values(), strict=True):
        path.parent.mkdir(parents=True)
        save_haplotypes(one, path)
    settings = str(SETTINGS).replace("'", '"').replace("None", "null")
    files = ["--haplotypes", str(tmp_path / "real.vcz.zip"), "--split", str(tmp_path / "split.tsv")]
    rest = ["--fitted", "bad", "good", "--settings", settings, "--seed", "1", "--output", str(tmp_path / "out")]
    monkeypatch.setattr(sys, "argv", ["compare_together.py", *files, "--genomes", *map(str, paths), *rest])
    script.main()
    for name, table in tables.items():
        written = read_tsv(tmp_path / "out" / f"{name}.tsv")
        assert list(written.columns) == list(table.columns)
        assert len(written) == len(table)
        numbers = table.select_dtypes(float).columns
        np.testing.assert_allclose(written[numbers], table[numbers], rtol=1e-5, atol=1e-8)
