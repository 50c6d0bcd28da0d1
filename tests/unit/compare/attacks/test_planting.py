import numpy as np
import pytest

from artificial_genomes.compare.attacks.planting import PLANTINGS, gametes

SITES = 60
CONTIGS = np.repeat(["1", "2"], [40, 20])


@pytest.fixture
def haplotypes():
    """Each haplotype has its own number at every site, so that donors are seen."""
    return np.arange(20, dtype=np.uint8)[:, None].repeat(SITES, axis=1)


def planted(name, haplotypes):
    return PLANTINGS[name](haplotypes, CONTIGS, np.random.default_rng(1))


@pytest.mark.parametrize("donors", [2, 5, 20])
def test_mosaics_plant_every_segment_of_every_haplotype_once(donors, haplotypes):
    mosaics = planted(f"mosaic{donors}", haplotypes)
    np.testing.assert_array_equal(np.sort(mosaics, axis=0), haplotypes)
    changes = (np.diff(mosaics.astype(int), axis=1) != 0).sum(axis=1)
    # Neighbouring segments come from one haplotype by chance, one in twenty.
    assert changes.max() <= donors - 1
    assert changes.mean() == pytest.approx((donors - 1) * 0.95, rel=0.15)


def test_copies_have_errors_where_that_is_asked(haplotypes):
    assert (planted("copies", haplotypes) == haplotypes).all()
    rng = np.random.default_rng(2)
    alleles = (rng.random((500, 400)) < 0.5).astype(np.uint8)
    wrong = PLANTINGS["errors"](alleles, np.repeat("1", 400), rng) != alleles
    assert wrong.mean() == pytest.approx(0.02 / 2, rel=0.1), "half of the drawn alleles are right by chance"


def test_children_have_each_contig_from_one_parent_with_one_crossover(haplotypes):
    children = planted("children", haplotypes)
    assert children.shape == haplotypes.shape
    for row, child in enumerate(children):
        person = row % 10
        assert set(child // 2) == {person}
        for contig in ("1", "2"):
            assert (np.diff(child[contig == CONTIGS].astype(int)) != 0).sum() <= 1
    many = gametes(np.tile(haplotypes, (200, 1)), CONTIGS, np.random.default_rng(3))
    assert (many % 2).mean() == pytest.approx(0.5, abs=0.02), "both haplotypes of an individual are passed on equally"
    ends = many[:, [0, 40]] % 2
    assert (ends[:, 0] == ends[:, 1]).mean() == pytest.approx(0.5, abs=0.05), "contigs are passed on independently"
