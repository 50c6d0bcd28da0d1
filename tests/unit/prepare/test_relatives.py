"""Relatives: kinship as in plink2, how far chance reaches, duplicates in short regions, families in the split."""

import shutil
import subprocess

import numpy as np
import pandas as pd
import pytest

from artificial_genomes.core.haplotypes import Haplotypes
from artificial_genomes.io.vcf_writer import write_vcf
from artificial_genomes.prepare.preparation import split_people
from artificial_genomes.prepare.relatives import KINSHIP_MIN, families_of, find_relatives, kinship


def unrelated(n_people: int, n_sites: int, seed: int = 1) -> np.ndarray:
    """Haplotypes of independent sites: (2 * n_people, n_sites) uint8."""
    rng = np.random.default_rng(seed)
    return (rng.random((2 * n_people, n_sites)) < rng.uniform(0.1, 0.9, n_sites)).astype(np.uint8)


def child(alleles: np.ndarray, father: int, mother: int, seed: int) -> np.ndarray:
    """Haplotypes of a child; every site is inherited by itself."""
    rng, sites = np.random.default_rng(seed), np.arange(alleles.shape[1])
    return np.stack([alleles[2 * parent + rng.integers(0, 2, len(sites)), sites] for parent in (father, mother)])


def haplotypes(alleles: np.ndarray) -> Haplotypes:
    n_sites = alleles.shape[1]
    sites = pd.DataFrame({"contig": "1", "position": range(1, n_sites + 1), "id": ".", "ref": "A", "alt": "C"})
    people = pd.DataFrame({"sample": [f"s{i}" for i in range(len(alleles) // 2)]})
    return Haplotypes(alleles, sites, people.assign(population="AAA", superpopulation="AAA"))


def family(n_sites: int) -> Haplotypes:
    """60 unrelated people; 60 is the child of 0 and 1, 61 of 0 and 2 (half sibling), 62 is 3 again."""
    alleles = unrelated(60, n_sites)
    more = [child(alleles, 0, 1, 2), child(alleles, 0, 2, 3), alleles[6:8]]
    return haplotypes(np.concatenate([alleles, *more]))


def pairs_of(relatives) -> set[tuple[int, int]]:
    return set(zip(relatives.pairs["first"], relatives.pairs["second"], strict=True))


def test_kinship_is_that_of_a_loop_over_pairs():
    genotypes = family(50).alleles.reshape(63, 2, 50).sum(axis=1).astype(np.uint8)
    found = kinship(genotypes[:40], genotypes)
    for i in range(40):
        for j in range(63):
            both = int(((genotypes[i] == 1) & (genotypes[j] == 1)).sum())
            opposite = int((np.abs(genotypes[i].astype(int) - genotypes[j]) == 2).sum())
            fewer = min((genotypes[i] == 1).sum(), (genotypes[j] == 1).sum())
            one = int((genotypes[i] == 1).sum() + (genotypes[j] == 1).sum() - 2 * both)
            assert found[i, j] == pytest.approx(0.5 - (4 * opposite + one) / (4 * fewer), abs=1e-6)


@pytest.mark.integration
@pytest.mark.skipif(shutil.which("plink2") is None, reason="plink2 is not installed")
def test_kinship_is_that_of_plink2(tmp_path):
    people = family(300)
    write_vcf(people, tmp_path / "a.vcf.gz", "GRCh37")
    command = ["plink2", "--vcf", "a.vcf.gz", "--make-king-table", "--out", "king", "--threads", "1"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    table = pd.read_csv(tmp_path / "king.kin0", sep="\t")
    genotypes = (people.alleles[0::2] + people.alleles[1::2]).astype(np.uint8)
    place = {name: i for i, name in enumerate(people.people["sample"])}
    found = kinship(genotypes, genotypes)[table["#IID1"].map(place), table["IID2"].map(place)]
    assert len(table) == 63 * 62 // 2
    np.testing.assert_allclose(found, table["KINSHIP"], atol=1e-5)


def test_many_sites_show_second_degree_relatives():
    found = find_relatives(family(5000))
    assert found.degree == "second degree"
    assert found.cutoff == KINSHIP_MIN
    assert pairs_of(found) == {(0, 60), (1, 60), (0, 61), (2, 61), (60, 61), (3, 62)}
    assert found.duplicates == 1
    assert found.related.sum() == 7
    assert len(set(found.families[[0, 1, 2, 60, 61]])) == 1 < len(set(found.families[[0, 3]]))
    counts = found.counts(np.where(np.arange(63) < 61, "train", "test").astype(object))
    assert counts["related pairs on two sides of the split"] == 4
    assert counts["individuals with relatives"], counts["families"] == (7, 2)


def test_fewer_sites_show_fewer_relatives_and_never_wrong_ones():
    degrees = {}
    for n_sites in (5000, 400, 120, 20):
        found = find_relatives(family(n_sites))
        degrees[n_sites] = found.degree
        assert pairs_of(found) <= {(0, 60), (1, 60), (0, 61), (2, 61), (60, 61), (3, 62)}
        assert (3, 62) in pairs_of(found)
    assert degrees == {5000: "second degree", 400: "first degree", 120: "duplicates only", 20: "duplicates only"}


@pytest.mark.parametrize("seed", range(5))
def test_unrelated_people_have_no_relatives(seed):
    for n_sites in (10, 100, 1000):
        assert find_relatives(haplotypes(unrelated(100, n_sites, seed))).pairs.empty


def test_in_a_short_region_duplicates_are_found_by_both_haplotypes():
    rng = np.random.default_rng(4)
    founders = unrelated(400, 60, seed=5)
    alleles = founders[rng.integers(0, len(founders), 200)]  # linked: hardly any two sites are independent
    alleles[[20, 21]] = alleles[[151, 150]]
    found = find_relatives(haplotypes(np.repeat(alleles, 3, axis=1)))
    assert (10, 75) in pairs_of(found)


def test_where_people_share_haplotypes_nothing_can_be_told():
    rng = np.random.default_rng(6)
    alleles = unrelated(4, 60, seed=7)[rng.integers(0, 8, 400)]
    found = find_relatives(haplotypes(alleles))
    assert np.isnan(found.cutoff)
    assert not found.by_identity
    assert found.pairs.empty
    assert found.degree == "none: these sites cannot show relatives"


def test_families_are_those_of_the_table():
    samples = pd.Series(list("abcdef"))
    table = pd.DataFrame({"sample_a": ["a", "c", "x"], "sample_b": ["e", "e", "b"], "kinship": 0.25})
    families = families_of(samples, table)
    assert families[0] == families[2] == families[4]
    assert len(np.unique(families)) == 4


@pytest.mark.parametrize("seed", range(20))
def test_a_family_lies_on_one_side_of_the_split(seed):
    rng = np.random.default_rng(seed)
    families = rng.integers(0, 70, 100)
    parts = split_people(100, 0.2, 0.1, seed, families)
    assert pd.Series(parts).groupby(families).nunique().max() == 1
    counts = pd.Series(parts).value_counts()
    largest = np.bincount(families).max()
    assert 20 <= counts["test"] < 20 + largest
    assert counts["validation"] > 0
    np.testing.assert_array_equal(parts, split_people(100, 0.2, 0.1, seed, families))


def test_without_relatives_the_split_is_that_of_individuals():
    np.testing.assert_array_equal(split_people(50, 0.2, 0.1, 3, np.arange(50)), split_people(50, 0.2, 0.1, 3))


def test_a_large_family_trains():
    parts = split_people(100, 0.2, 0.1, 1, np.r_[np.zeros(60, int), 1:41])
    assert set(parts[:60]) == {"train"}
    assert (parts == "test").sum() == 20
