"""Imputation by a model itself: what it may see, what is written, and that it can be scored like that of a program."""

import sys

import numpy as np
import pytest

import impute_direct as script
from artificial_genomes.core.tables import write_tsv
from artificial_genomes.core.windows import cut
from artificial_genomes.imputation.direct import expected_r2, predict_directly, write_predicted
from artificial_genomes.imputation.result import read_imputed
from artificial_genomes.imputation.scores import score_imputation
from artificial_genomes.imputation.target import typed_table
from artificial_genomes.models import hclt, save_model
from artificial_genomes.models.hclt_model import Model
from artificial_genomes.models.training import TrainingData, TrainingRun
from imputation_helpers import SPLIT, allele_counts, on_two_contigs, simulated_people, written_target

SETTINGS = {
    "hidden_states": 12, "initial_persistence": 0.9, "transition_pseudocount": 0.1, "emission_pseudocount": 0.1,
    "labels": "none", "ancestry_groups": 2, "ancestry_change": 1e-3, "sampling_temperatures": [1.0],
    "epochs": 8, "score_every": 2, "patience": 8,
}  # fmt: skip


@pytest.fixture(scope="module")
def real():
    return on_two_contigs(simulated_people())


@pytest.fixture(scope="module")
def model(real) -> Model:
    return trained(real)


def trained(real) -> Model:
    train, validation = (real.take_people(part == SPLIT).alleles for part in ("train", "validation"))
    return hclt.fit(TrainingData(train, validation, real.sites), SETTINGS, TrainingRun(1))


def impute(monkeypatch, *arguments) -> None:
    monkeypatch.setattr(sys, "argv", ["impute_direct.py", *map(str, arguments)])
    script.main()


def test_the_expected_r2_is_the_true_one_where_probabilities_are_right():
    rng = np.random.default_rng(3)
    probability = rng.beta(0.3, 0.9, (200_000, 2))
    alleles = rng.random(probability.shape) < probability
    for site, expected in enumerate(expected_r2(probability)):
        assert np.corrcoef(probability[:, site], alleles[:, site])[0, 1] ** 2 == pytest.approx(expected, abs=0.01)
    exact = expected_r2(np.array([[0, 0.25, 0.5, 0, 1], [1, 0.75, 0.5, 0, 1]]))
    np.testing.assert_array_equal(exact, [1, 0.25, 0, np.nan, np.nan])


def test_alleles_that_are_not_typed_are_never_seen(real, model):
    target = real.take_people(SPLIT == "test").alleles
    typed = np.arange(real.n_sites) % 7 == 0
    windows = cut([real.n_sites], 1, 0)
    found = predict_directly([lambda: model], windows, target, typed)
    np.testing.assert_array_equal(found[:, typed], target[:, typed])
    np.testing.assert_array_equal(found, predict_directly([lambda: model], windows, target ^ ~typed, typed))


def test_each_window_is_predicted_from_its_own_sites_and_its_context(real):
    class Neighbors:
        """Predicts the number of typed sites it is shown."""

        def predict(self, alleles, observed):
            assert alleles.shape[1] == len(observed)
            return np.full(alleles.shape, observed.sum() / 100, np.float32)

    typed = np.arange(20) % 4 == 3
    windows = cut([20], 2, 5)
    found = predict_directly([Neighbors, Neighbors], windows, np.zeros((2, 20), np.uint8), typed)
    assert found[0, :10:2].tolist() == [pytest.approx(0.02)] * 5  # sites 3 and 7
    assert found[0, 10::2].tolist() == [pytest.approx(0.04)] * 5  # and of sites 5 to 9, site 7


def test_the_program_writes_what_can_be_scored_and_beats_the_frequency(real, model, tmp_path, monkeypatch):
    target, typed, target_vcf = written_target(real, tmp_path, typed_fraction=0.2)
    table = typed_table(real.sites, real.take_people(SPLIT == "train").alleles, typed)
    write_tsv(table, tmp_path / "typed.tsv")
    save_model(tmp_path / "model.npz", "hclt", SETTINGS, model)
    given = ["--name", "hclt@direct", "--target", target_vcf, "--sites", tmp_path / "typed.tsv"]
    for name in ("a", "b"):
        impute(monkeypatch, "--model", tmp_path / "model.npz", *given, "--output", tmp_path / f"{name}.vcf.gz")
    assert (tmp_path / "a.vcf.gz").read_bytes() == (tmp_path / "b.vcf.gz").read_bytes()
    imputed = read_imputed(tmp_path / "a.vcf.gz", target.sites, target.people["sample"])
    probability = predict_directly([lambda: model], cut([real.n_sites], 1, 0), target.alleles, typed)
    np.testing.assert_allclose(imputed.dosages, probability[::2] + probability[1::2], rtol=1e-3)
    np.testing.assert_array_equal(imputed.genotypes, (probability[::2] > 0.5).astype(int) + (probability[1::2] > 0.5))
    np.testing.assert_allclose(imputed.quality, expected_r2(probability), rtol=1e-3)
    np.testing.assert_array_equal(imputed.dosages[:, typed], allele_counts(target)[:, typed])
    scores = score_imputation(allele_counts(target).astype(float), table, imputed, None, 1)
    metrics = scores.metrics.set_index("metric")["value"]
    # Dosages by frequency alone do not vary, and have an r2 of 0.
    assert metrics["imputation_r2"] > 0.5
    assert metrics["imputation_dosage_slope"] == pytest.approx(1, abs=0.15)


@pytest.mark.integration
def test_models_of_windows_impute_their_sites(real, tmp_path, monkeypatch):
    target, typed, target_vcf = written_target(real, tmp_path, typed_fraction=0.2)
    write_tsv(typed_table(real.sites, real.take_people(SPLIT == "train").alleles, typed), tmp_path / "typed.tsv")
    half = real.n_sites // 2
    windows = cut([half, real.n_sites - half], 2, 10)
    for number, window in enumerate(windows):
        sites = np.arange(window.start, window.stop)
        save_model(tmp_path / f"{number}.npz", "hclt", SETTINGS, trained(real.take_sites(sites)))
    given = ["--windows", '{"n": 2, "context_sites": 10}', "--name", "hclt@direct", "--target", target_vcf]
    files = [tmp_path / f"{number}.npz" for number in range(2)]
    output = tmp_path / "imputed.vcf.gz"
    impute(monkeypatch, "--model", *files, *given, "--sites", tmp_path / "typed.tsv", "--output", output)
    imputed = read_imputed(output, target.sites, target.people["sample"])
    for rows in (slice(0, half), slice(half, None)):
        true = allele_counts(target)[:, rows].ravel()
        assert np.corrcoef(imputed.dosages[:, rows].ravel(), true)[0, 1] > 0.8


def test_sites_that_do_not_vary_have_no_quality(real, tmp_path):
    target = real.take_people(SPLIT == "test")
    probability = target.alleles.astype(np.float32)
    probability[:, 4] = 0
    write_predicted(probability, real.sites, target.people["sample"], [], "tree", tmp_path / "imputed.vcf.gz")
    imputed = read_imputed(tmp_path / "imputed.vcf.gz", real.sites, target.people["sample"])
    assert np.isnan(imputed.quality[4])
    assert np.nanmin(imputed.quality) == 1
