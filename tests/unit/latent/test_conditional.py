import numpy as np
import pytest

from artificial_genomes.core.errors import UserError
from artificial_genomes.core.haplotypes import Haplotypes
from artificial_genomes.latent.conditional import Draws, conditional_metrics
from artificial_genomes.models import load_model, rbm, save_model
from artificial_genomes.models.training import TrainingData, TrainingRun
from artificial_genomes.statistics.ld import r2_matrix
from artificial_genomes.statistics.population import fst_of_counts, hudson_fst
from helpers import RECIPES
from latent_helpers import POPULATIONS, people_of_three_populations, real_sets_of

SETTINGS = RECIPES["rbm"]["ours"] | {
    "hidden_units": 12, "local_units": 2, "local_sites": 10, "batch_size": 30, "chains": 60, "gibbs_sweeps": 5,
    "sampling_sweeps": 5, "learning_rate": 0.1, "weight_average": 0.9, "labels": "superpopulation",
    "sampling_temperatures": [1.0], "epochs": 600, "score_every": 600, "patience": 600,
}  # fmt: skip


def data_of(people: Haplotypes) -> TrainingData:
    return TrainingData(people.alleles[:120], people.alleles[120:], people.sites, people.people.iloc[:60])


@pytest.fixture(scope="module")
def trained() -> rbm.Model:
    return rbm.fit(data_of(people_of_three_populations(n_sites=30)), SETTINGS, TrainingRun(1))


@pytest.mark.integration
def test_ags_of_a_label_have_the_frequencies_of_its_people(trained):
    real = people_of_three_populations(n_sites=30)
    labels = real.haplotype_labels("superpopulation")
    assert trained.label_names.tolist() == [["", name] for name in POPULATIONS]
    for k in range(len(POPULATIONS)):
        made = trained.sample(1000, 3, np.full(1000, k)).mean(axis=0)
        r = [np.corrcoef(made, real.alleles[labels == other].mean(axis=0))[0, 1] for other in POPULATIONS]
        assert int(np.argmax(r)) == k
        assert r[k] > max(0.7, *(value + 0.2 for i, value in enumerate(r) if i != k))


@pytest.mark.integration
def test_labels_come_in_pairs_and_in_the_shares_of_the_training_people(trained):
    labels = trained.allot_labels(600, 1)
    np.testing.assert_array_equal(labels[::2], labels[1::2])
    assert np.bincount(labels).tolist() == [200, 200, 200]
    assert (trained.allot_labels(600, 1) == labels).all()
    assert (trained.allot_labels(600, 2) != labels).any()


@pytest.mark.integration
def test_a_machine_with_labels_is_the_same_after_saving(trained, tmp_path):
    save_model(tmp_path / "model.npz", "rbm", SETTINGS, trained)
    again = load_model(tmp_path / "model.npz")
    np.testing.assert_array_equal(again.sample(50, 4), trained.sample(50, 4))
    assert again.label_names.tolist() == trained.label_names.tolist()


def test_real_people_in_the_place_of_ags_are_of_their_population_and_permuted_labels_are_not():
    real = real_sets_of(people_of_three_populations(n_people=150), 90)
    ags = Haplotypes(real.train.alleles, real.train.sites, real.train.people.assign(population=""))
    table, metrics = conditional_metrics(ags, real, 3, seed=1)
    values = {name: rows.set_index("metric")["value"] for name, rows in metrics.items()}
    assert values["ag"]["conditional_af_r"] > 0.8
    assert values["floor"]["conditional_af_r"] < values["ag"]["conditional_af_r"] - 0.1
    assert values["ceiling"]["conditional_accuracy"] > 0.85
    assert values["floor"]["conditional_accuracy"] < 0.6
    afr = [part.alleles[part.haplotype_labels("superpopulation") == "AFR"] for part in (real.train, real.test)]
    row = table[(table["set"] == "ag") & (table["population"] == "AFR")].iloc[0]
    assert row["n_ag"] == len(afr[0])
    assert row["fst_own"] == pytest.approx(hudson_fst(*afr))
    assert row["fst_nearest_other"] > row["fst_own"] + 0.05
    interval = metrics["ag"].set_index("metric")
    assert (interval["ci_low"] <= interval["value"]).all()


def test_a_resample_is_that_of_the_haplotypes_drawn():
    real = people_of_three_populations(n_people=20)
    draws = np.stack([np.ones(20), np.bincount([3, 3, 3, 7, 19], minlength=20) * 4.0])
    drawn = Draws(real.alleles, draws)
    for i, people in enumerate((np.arange(20), np.repeat([3, 7, 19], [12, 4, 4]))):
        alleles, sample = real.take_people(people).alleles, drawn[i]
        assert sample.n == 40
        np.testing.assert_array_equal(sample.alt, alleles.sum(axis=0))
        np.testing.assert_allclose(sample.r2, r2_matrix(alleles)[np.triu_indices(60, 1)])
        assert fst_of_counts(sample.alt, 40, drawn[0].alt, 40) == pytest.approx(hudson_fst(alleles, real.alleles))


def test_ags_without_labels_are_refused():
    real = real_sets_of(people_of_three_populations())
    unlabelled = Haplotypes(
        real.train.alleles, real.train.sites, real.train.people.assign(population="", superpopulation="")
    )
    with pytest.raises(UserError, match="have no labels"):
        conditional_metrics(unlabelled, real, 3, seed=1)
