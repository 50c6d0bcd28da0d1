"""Where AGs differ from a panel, beside real haplotypes, against counts by hand."""

import numpy as np
import pandas as pd
import pytest

from artificial_genomes.compare.differences import MAF_CLASSES, RUN_CLASSES, compare_differences
from artificial_genomes.core.haplotypes import Haplotypes, artificial_people
from artificial_genomes.statistics.mosaics import mosaics

N_SITES, N = 150, 60


@pytest.fixture(scope="module")
def sides():
    """Real haplotypes, AGs with more joins and errors, and a panel, all mosaics of the same founders."""
    rng = np.random.default_rng(1)
    founders = (rng.random((12, N_SITES)) < rng.beta(0.3, 0.6, N_SITES)).astype(np.uint8)

    def drawn(change, error):
        source = rng.integers(12, size=(N, N_SITES))
        for site in range(1, N_SITES):
            source[:, site] = np.where(rng.random(N) < change, source[:, site], source[:, site - 1])
        alleles = founders[source, np.arange(N_SITES)]
        return alleles ^ (rng.random(alleles.shape) < error).astype(np.uint8)

    sites = pd.DataFrame({"contig": np.repeat(np.array(["1", "2"], object), N_SITES // 2)})
    return drawn(0.01, 0.002), drawn(0.05, 0.02), Haplotypes(drawn(0.01, 0.002), sites, artificial_people(N // 2))


@pytest.fixture(scope="module")
def compared(sides):
    metrics, tables = compare_differences(*sides, seed=1)
    return metrics, tables["differences"]


def test_mismatches_are_those_with_the_nearest_haplotype(sides, compared):
    real, ag, others = sides
    frequency = np.concatenate([real, others.alleles]).mean(axis=0)
    minor = np.minimum(frequency, 1 - frequency)
    table = compared[1]
    for side, alleles in (("real", real), ("ag", ag)):
        distances = (alleles[:, None] != others.alleles).sum(axis=2)
        nearest = others.alleles[distances.argmin(axis=1)]
        rows = table[table["part"] == "mismatches"]
        assert rows[side].sum() == pytest.approx(distances.min(axis=1).mean())
        for row, high in zip(rows.itertuples(), (*MAF_CLASSES[1:], 1), strict=True):
            chosen = (minor >= row.low) & (minor < high)
            assert row.sites == chosen.sum()
            assert getattr(row, side) == pytest.approx((alleles != nearest)[:, chosen].sum() / N)
        runs = table[table["part"] == "runs"]
        assert list(runs["low"]) == list(RUN_CLASSES)
        assert runs[side].sum() == pytest.approx(rows[side].sum())


def test_joins_and_mutations_are_means_of_mosaics_and_their_ratios_metrics(sides, compared):
    real, ag, others = sides
    metrics, table = compared
    parts = [mosaics(side, others.alleles, others.sites["contig"].to_numpy()) for side in (real, ag)]
    means = table.groupby("part")[["real", "ag"]].sum()
    for name in ("joins", "mutations", "tracts"):
        np.testing.assert_allclose(means.loc[name], [getattr(one, name).mean() for one in parts])
    for name in ("joins", "mutations"):
        value, low, high = metrics[f"{name}_ratio"]
        assert value == pytest.approx(means.loc[name, "ag"] / means.loc[name, "real"])
        assert 1.5 < low < value < high
    assert set(table["n"]) == {N}


def test_other_real_haplotypes_differ_as_much(sides):
    real, _, others = sides
    swapped = Haplotypes(others.alleles[::-1].copy(), others.sites, others.people)
    metrics, _ = compare_differences(real, real[::-1].copy(), swapped, seed=1)
    assert metrics["joins_ratio"][0] == metrics["mutations_ratio"][0] == 1
    assert metrics["joins_ratio"][1] < 1 < metrics["joins_ratio"][2]


def test_where_real_haplotypes_have_no_joins_there_is_no_ratio(sides):
    _, ag, others = sides
    metrics, _ = compare_differences(others.alleles, ag, others, seed=1)
    assert np.isnan(metrics["joins_ratio"]).all()
