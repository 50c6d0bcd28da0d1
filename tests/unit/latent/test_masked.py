import itertools
import json
import subprocess
import sys

import cyvcf2
import numpy as np
import pandas as pd
import pytest

from artificial_genomes.core.haplotypes import save_haplotypes
from artificial_genomes.core.program import EXIT_USER_ERROR
from artificial_genomes.core.tables import read_tsv, write_tsv
from artificial_genomes.imputation.scores import allele_counts, true_r2
from artificial_genomes.latent.masked import commonest, completed, masked_metrics
from helpers import ROOT
from latent_helpers import people_of_three_populations, some_rbm


def test_completion_is_the_conditional_of_the_boltzmann_distribution():
    model = some_rbm(n_sites=5, n_hidden=3, scale=1.5)
    model.sweeps = 60
    known = np.array([True, False, True, False, False])
    alleles = np.array([[1, 0, 0, 0, 0], [0, 1, 1, 1, 1]], np.uint8)
    every = np.array(list(itertools.product([0, 1], repeat=5)), np.uint8)
    probability = np.exp(-model.free_energy(every).astype(float))
    for row, found in zip(alleles, model.complete(alleles, known, chains=400, seed=1), strict=True):
        fits = (every[:, known] == row[known]).all(axis=1)
        expected = (probability[fits, None] * every[fits]).sum(axis=0) / probability[fits].sum()
        np.testing.assert_allclose(found, expected, atol=0.02)


def test_masked_alleles_play_no_part():
    model, real = some_rbm(), people_of_three_populations(n_people=6)
    known = np.arange(60) % 3 == 0
    first = completed(model, real.alleles, known, 2, 1)
    other = real.alleles.copy()
    other[:, ~known] ^= 1
    np.testing.assert_array_equal(first.dosages, completed(model, other, known, 2, 1).dosages)
    np.testing.assert_array_equal(first.dosages[:, known], allele_counts(real)[:, known])


def test_scores_stand_beside_those_of_the_baseline():
    real = people_of_three_populations()
    known = np.arange(60) % 3 == 0
    truth = allele_counts(real)
    sites = real.sites.assign(maf_biobank=0.3, mac_biobank=10, typed=known.astype(int))
    results = {
        "rbm": completed(some_rbm(), real.alleles, known, 2, 1),
        "beagle": completed(some_rbm(), real.alleles, np.ones(60, bool), 1, 1),
        "commonest": commonest(real.alleles, known, real.alleles),
    }
    tables = {
        name: table.set_index("metric")["value"]
        for name, table in masked_metrics(truth, sites, results, "beagle", 1).items()
    }
    assert tables["beagle"]["masked_r2"] == pytest.approx(1)
    assert tables["commonest"]["masked_r2"] == 0
    expected = np.nanmean(true_r2(results["rbm"].dosages, truth)[~known])
    assert tables["rbm"]["masked_r2"] == pytest.approx(expected)
    assert tables["rbm"]["masked_r2_over_beagle"] == pytest.approx(expected - 1)
    major = (real.alleles.mean(axis=0) > 0.5) * 2
    assert tables["commonest"]["masked_concordance"] == pytest.approx((truth == major)[:, ~known].mean())


@pytest.fixture
def mask(tmp_path):
    real = people_of_three_populations(n_people=12)
    save_haplotypes(real, tmp_path / "real.vcz.zip")
    write_tsv(
        pd.DataFrame({"sample": real.people["sample"], "split": ["train", "test", "public"] * 4}),
        tmp_path / "split.tsv",
    )

    def of_fraction(fraction):
        settings = json.dumps({"typed_fraction": fraction, "typed_maf_min": 0})
        arguments = [
            "--haplotypes",
            "real.vcz.zip",
            "--split",
            "split.tsv",
            "--build",
            "GRCh37",
            "--settings",
            settings,
        ]
        arguments += ["--setting", "latent.masked_known", "--target", "target.vcf.gz", "--sites", "sites.tsv"]
        script = ROOT / "workflow" / "scripts" / "impute_target.py"
        command = [sys.executable, script, *arguments, "--panel", "panel.vcf.gz"]
        return real, subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    return of_fraction


@pytest.mark.integration
def test_test_people_are_masked_and_training_people_are_the_panel(mask, tmp_path):
    real, done = mask(0.25)
    assert done.returncode == 0, done.stderr
    known = read_tsv(tmp_path / "sites.tsv", ["position", "typed"])["typed"] == 1
    assert known.sum() == 15
    for name, first, positions in (
        ("target", 1, real.sites["position"][known]),
        ("panel", 0, real.sites["position"]),
    ):
        reader = cyvcf2.VCF(str(tmp_path / f"{name}.vcf.gz"))
        assert reader.samples == real.people["sample"][first::3].tolist()
        assert [record.POS for record in reader] == positions.tolist()
        assert (tmp_path / f"{name}.vcf.gz.tbi").exists()


@pytest.mark.integration
def test_too_few_known_sites_are_told_by_the_setting_that_asks_for_them(mask):
    _, done = mask(0.01)
    assert done.returncode == EXIT_USER_ERROR
    assert "1 of 60 sites would be typed" in done.stderr
    assert "Change latent.masked_known, or use more sites." in done.stderr
    assert "imputation." not in done.stderr
