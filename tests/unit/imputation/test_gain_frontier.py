"""The benchmark of gains and attacks: which panel each site is imputed from, and who trains which tree."""

import numpy as np
import pytest

from artificial_genomes.imputation.result import Imputed
from artificial_genomes.models import bernoulli
from helpers import ROOT
from imputation_helpers import SPLIT, simulated_people


@pytest.fixture
def bench(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "bench")
    import gain_frontier

    return gain_frontier


def test_ags_impute_sites_that_public_individuals_impute_badly(bench):
    def result(value, quality):
        return Imputed(np.full((2, 4), value), np.array(quality), np.full((2, 4), value, np.int8))

    chosen = bench.by_public_quality(result(1.0, [0.5] * 4), result(0.0, [0.1, 0.79, 0.8, np.nan]))
    assert chosen.dosages.tolist() == chosen.genotypes.tolist() == [[1, 1, 0, 1]] * 2
    np.testing.assert_array_equal(chosen.quality, [0.5, 0.5, 0.8, 0.5])


def test_every_individual_trains_one_of_the_trees_that_share_the_ags(bench, monkeypatch):
    real, trained = simulated_people(), []

    def fit(data, settings, run):
        trained.append(data.train)
        return bernoulli.fit(data, settings, run)

    monkeypatch.setattr(bench, "model_module", lambda kind: type("Module", (), {"fit": staticmethod(fit)}))
    monkeypatch.setattr(bench.Region, "settings", lambda region, one: {"kind": one.kind})
    region = bench.Region("dpyd", real, SPLIT, ROOT, None, ROOT, "GRCh37")
    ags = bench.generated(region, bench.AgSet("bernoulli", subsets=3), seed=1, threads=1)
    n_people = (SPLIT != "public").sum()
    assert len(ags) == 2 * (n_people // 3) * 3

    def individuals(alleles):
        return sorted(one.tobytes() for one in alleles.reshape(-1, 2, alleles.shape[1]))

    assert individuals(np.concatenate(trained)) == individuals(real.take_people(SPLIT == "train").alleles)
    assert len(trained) == 3
