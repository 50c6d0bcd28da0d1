"""Haplotypes in memory and in their store."""

import tracemalloc
import zipfile

import numpy as np
import pandas as pd
import pytest
import zarr

from artificial_genomes.core import haplotypes as module
from artificial_genomes.core import store_writer
from artificial_genomes.core.errors import UserError
from artificial_genomes.core.haplotypes import (
    Haplotypes,
    StoredHaplotypes,
    artificial_people,
    load_drawn,
    load_haplotypes,
    save_haplotypes,
)
from artificial_genomes.core.store import check_stores, contigs_of_store, shape_of_store


@pytest.fixture
def haplotypes() -> Haplotypes:
    """7 people at 2300 sites (more than two chunks of the store) on contigs whose order is not alphabetical."""
    rng = np.random.default_rng(1)
    n_people, n_sites = 7, 2300
    sites = pd.DataFrame(
        {
            "contig": ["2"] * 1200 + ["10"] * 1100,
            "position": np.concatenate([np.arange(1200) * 7 + 1, np.arange(1100) * 250_000_0 // 11 + 5]),
            "id": [f"rs{i}" for i in range(n_sites)],
            "ref": rng.choice(list("ACGT"), n_sites),
            "alt": rng.choice(list("ACGT"), n_sites),
        }
    )
    people = pd.DataFrame(
        {
            "sample": [f"P{i}" for i in range(n_people)],
            "population": ["CEU", "GBR", "YRI", "YRI", "JPT", "", "FIN"],
            "superpopulation": ["EUR", "EUR", "AFR", "AFR", "EAS", "", "EUR"],
        }
    )
    return Haplotypes(rng.integers(0, 2, (2 * n_people, n_sites), dtype=np.uint8), sites, people)


def assert_same(one: Haplotypes, other: Haplotypes) -> None:
    np.testing.assert_array_equal(one.alleles, other.alleles)
    assert one.alleles.dtype == other.alleles.dtype == np.uint8
    pd.testing.assert_frame_equal(one.sites, other.sites, check_dtype=False)
    pd.testing.assert_frame_equal(one.people, other.people, check_dtype=False)


def test_store_returns_what_was_saved(haplotypes, tmp_path):
    save_haplotypes(haplotypes, tmp_path / "new" / "a.vcz.zip")
    assert_same(load_haplotypes(tmp_path / "new" / "a.vcz.zip"), haplotypes)


@pytest.mark.parametrize("sites", [slice(990, 1210), np.array([3, 999, 1000, 2299])])
def test_store_reads_some_sites(haplotypes, tmp_path, sites):
    save_haplotypes(haplotypes, tmp_path / "a.vcz.zip")
    part = load_haplotypes(tmp_path / "a.vcz.zip", sites)
    assert_same(part, haplotypes.take_sites(np.arange(2300)[sites]))


def test_equal_haplotypes_give_equal_bytes(haplotypes, tmp_path):
    save_haplotypes(haplotypes, tmp_path / "a.vcz.zip")
    save_haplotypes(haplotypes.take_sites(np.ones(haplotypes.n_sites, bool)), tmp_path / "b.vcz.zip")
    assert (tmp_path / "a.vcz.zip").read_bytes() == (tmp_path / "b.vcz.zip").read_bytes()


def test_store_is_vcf_zarr(haplotypes, tmp_path):
    """The fields that other readers of VCF Zarr (sgkit, vcztools) rely on, read by zarr alone."""
    save_haplotypes(haplotypes, tmp_path / "a.vcz.zip")
    store = zarr.storage.ZipStore(tmp_path / "a.vcz.zip", mode="r")
    root = zarr.open_group(store, mode="r")
    assert root.attrs["vcf_zarr_version"] == "0.4"
    assert root["call_genotype"].shape == (2300, 7, 2)
    np.testing.assert_array_equal(root["call_genotype"][5, 3], haplotypes.alleles[6:8, 5])
    assert root["contig_id"][:][root["variant_contig"][0]] == "2"
    assert root["call_genotype"].attrs["_ARRAY_DIMENSIONS"] == ["variants", "samples", "ploidy"]
    store.close()


@pytest.mark.parametrize("keep", [0, 30, 0.5, -10])
def test_broken_store_is_an_error_of_the_user(haplotypes, tmp_path, keep):
    save_haplotypes(haplotypes, tmp_path / "a.vcz.zip")
    whole = (tmp_path / "a.vcz.zip").read_bytes()
    (tmp_path / "b.vcz.zip").write_bytes(whole[: int(len(whole) * keep) if isinstance(keep, float) else keep])
    with pytest.raises(UserError, match=r"b\.vcz\.zip is not a haplotype store"):
        load_haplotypes(tmp_path / "b.vcz.zip")


@pytest.fixture
def in_pieces(haplotypes, tmp_path, monkeypatch) -> StoredHaplotypes:
    """The same haplotypes in a store with chunks of 4 people, the last one of 3."""
    for one in (module, store_writer):
        monkeypatch.setattr(one, "PIECE_PEOPLE", 4)
    monkeypatch.setattr(module, "BLOCK_ALLELES", 14 * 300)
    save_haplotypes(haplotypes, tmp_path / "pieces.vcz.zip")
    return StoredHaplotypes(tmp_path / "pieces.vcz.zip")


def test_a_store_in_pieces_is_read_in_blocks_of_sites_and_of_haplotypes(haplotypes, in_pieces):
    assert_same(load_haplotypes(in_pieces.path), haplotypes)
    assert (in_pieces.n_haplotypes, in_pieces.n_sites) == haplotypes.alleles.shape
    by_site = list(in_pieces.site_rows())
    assert [len(block) for block in by_site] == [300, 300, 300, 100] * 2 + [300]
    np.testing.assert_array_equal(np.concatenate(by_site), haplotypes.alleles.T)
    np.testing.assert_array_equal(np.concatenate(list(haplotypes.site_rows())), haplotypes.alleles.T)
    by_haplotype = list(in_pieces.haplotype_rows())
    assert [len(block) for block in by_haplotype] == [8, 6]
    np.testing.assert_array_equal(np.concatenate(by_haplotype), haplotypes.alleles)


def test_a_store_in_pieces_is_vcf_zarr(haplotypes, in_pieces):
    store = zarr.storage.ZipStore(in_pieces.path, mode="r")
    root = zarr.open_group(store, mode="r")
    assert root["call_genotype"].chunks == (1000, 4, 2)
    np.testing.assert_array_equal(root["call_genotype"][:].reshape(2300, 14).T, haplotypes.alleles)
    assert root["call_genotype_phased"][:].all()
    store.close()


@pytest.mark.parametrize("people", [slice(None), slice(3, 6), slice(0, 20), [0], [1, 4, 6], [3, 5], []])
@pytest.mark.parametrize("sites", [slice(None), slice(990, 1210), slice(2000, 2001), slice(1000, 2000)])
def test_parts_of_a_store_in_pieces_are_read(haplotypes, in_pieces, people, sites):
    read = load_haplotypes(in_pieces.path, sites, people)
    expected = haplotypes.take_sites(np.arange(2300)[sites]).take_people(np.arange(7)[people])
    assert_same(read, expected)


@pytest.mark.integration
def test_a_draw_of_a_large_set_depends_on_its_alleles(haplotypes, in_pieces, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "DRAWN_PEOPLE", 3)
    assert_same(load_drawn(in_pieces.path, 7), haplotypes)
    assert load_drawn(in_pieces.path, 7).drawn_from is None
    assert len(load_drawn(in_pieces.path, 5).people) == 5
    drawn = load_drawn(in_pieces.path, 2)
    assert drawn.drawn_from == 7
    names = haplotypes.people["sample"].tolist()
    rows = [names.index(name) for name in drawn.people["sample"]]
    assert rows == sorted(set(rows))
    assert len(rows) == 3
    assert_same(drawn, haplotypes.take_people(rows))
    draws = {tuple(drawn.people["sample"])}
    for flipped in range(8):
        other = Haplotypes(haplotypes.alleles.copy(), haplotypes.sites, haplotypes.people)
        other.alleles[0, flipped] ^= 1
        save_haplotypes(other, tmp_path / "other.vcz.zip")
        draws.add(tuple(load_drawn(tmp_path / "other.vcz.zip").people["sample"]))
    assert len(draws) > 1


def test_memory_of_a_draw_is_that_of_what_is_drawn(tmp_path, monkeypatch):
    for one in (module, store_writer):
        monkeypatch.setattr(one, "PIECE_PEOPLE", 100)
    monkeypatch.setattr(module, "DRAWN_PEOPLE", 50)
    sites = pd.DataFrame({"contig": "1", "position": np.arange(1, 2001), "id": ".", "ref": "A", "alt": "C"})
    alleles = np.ones((4000, 2000), np.uint8)
    save_haplotypes(Haplotypes(alleles, sites, artificial_people(2000)), tmp_path / "a.vcz.zip")
    del alleles
    tracemalloc.start()
    assert load_drawn(tmp_path / "a.vcz.zip").alleles.shape == (100, 2000)
    # All alleles are 8 MB, those of a chunk, which is held a few times, 0.2 MB.
    assert tracemalloc.get_traced_memory()[1] < 3e6
    tracemalloc.stop()


def test_people_are_taken_with_both_haplotypes(haplotypes):
    part = haplotypes.take_people([4, 1])
    np.testing.assert_array_equal(part.alleles, haplotypes.alleles[[8, 9, 2, 3]])
    assert part.people["sample"].tolist() == ["P4", "P1"]
    mask = np.array([0, 1, 0, 0, 1, 0, 0], bool)
    assert_same(haplotypes.take_people(mask), haplotypes.take_people([1, 4]))


def test_sites_are_taken_in_the_order_asked_for(haplotypes):
    part = haplotypes.take_sites([2299, 0])
    np.testing.assert_array_equal(part.alleles, haplotypes.alleles[:, [2299, 0]])
    assert part.sites["contig"].tolist() == ["10", "2"]
    assert part.alleles.flags.c_contiguous


def test_labels_and_frequencies(haplotypes):
    assert haplotypes.haplotype_labels("population")[:6].tolist() == ["CEU", "CEU", "GBR", "GBR", "YRI", "YRI"]
    expected = [sum(int(a) for a in haplotypes.alleles[:, site]) / 14 for site in (0, 7)]
    assert haplotypes.allele_frequencies()[[0, 7]] == pytest.approx(expected)


def test_alleles_must_fit_the_tables(haplotypes):
    with pytest.raises(ValueError, match="do not match"):
        Haplotypes(haplotypes.alleles[:-1], haplotypes.sites, haplotypes.people)


def test_artificial_people_have_names_and_no_population():
    people = artificial_people(3)
    assert people["sample"].tolist() == ["AG00001", "AG00002", "AG00003"]
    assert (people[["population", "superpopulation"]] == "").all(axis=None)


def test_alt_counts_are_those_of_the_people_asked_for(haplotypes, monkeypatch):
    people = np.array([True, False, True, True, False, False, True])
    own = [row for row in range(14) if people[row // 2]]
    monkeypatch.setattr(module, "_COUNTED_HAPLOTYPES", 3)
    np.testing.assert_array_equal(haplotypes.alt_counts(people), [sum(column) for column in haplotypes.alleles[own].T])
    assert not haplotypes.alt_counts(np.zeros(7, bool)).any()


@pytest.mark.parametrize("keep", [0, 1, 100, -1, -30])
def test_numbers_of_a_broken_store_name_its_file(haplotypes, tmp_path, keep):
    path = tmp_path / "a.vcz.zip"
    save_haplotypes(haplotypes, path)
    check_stores({str(path): {"n": 2}, str(tmp_path / "not_yet.vcz.zip"): None})
    assert shape_of_store(path) == (2300, 14)
    path.write_bytes(path.read_bytes()[:keep])
    for read in (shape_of_store, contigs_of_store, lambda path: check_stores({str(path): None})):
        with pytest.raises(UserError, match=r"a\.vcz\.zip is not a haplotype store .* Delete it and run again"):
            read(path)


@pytest.mark.parametrize("array", ["variant_contig", "call_genotype"])
def test_a_store_without_an_array_names_its_file(haplotypes, tmp_path, array):
    whole, path = tmp_path / "whole.vcz.zip", tmp_path / "a.vcz.zip"
    save_haplotypes(haplotypes, whole)
    with zipfile.ZipFile(whole) as source, zipfile.ZipFile(path, "w") as target:
        for name in source.namelist():
            if not name.startswith(array + "/"):
                target.writestr(name, source.read(name))
    with pytest.raises(UserError, match=r"a\.vcz\.zip is not a haplotype store"):
        check_stores({str(path): {"n": 2}})


def test_a_store_that_is_not_there_yet_is_a_missing_file(tmp_path):
    for read in (shape_of_store, contigs_of_store):
        with pytest.raises(FileNotFoundError):
            read(tmp_path / "a.vcz.zip")
