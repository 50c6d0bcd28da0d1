"""The verdict on real haplotypes: who is ranked before whom, and what copies and independent sites come to."""

import numpy as np
import pandas as pd
import pytest

from artificial_genomes.compare import comparison, membership
from artificial_genomes.compare.attacks import density
from artificial_genomes.config.checks import read_defaults
from artificial_genomes.core.haplotypes import Haplotypes, artificial_people
from artificial_genomes.core.tables import write_tsv
from artificial_genomes.judge.gates import read_gates
from artificial_genomes.judge.scorecard import MetricsFile, build_scorecard
from artificial_genomes.judge.verdict import judge_scorecard, summarise
from artificial_genomes.models import model_module
from artificial_genomes.models.training import TrainingData, TrainingRun
from helpers import ROOT, authors_file

DEFAULTS = read_defaults(ROOT)
# The files have no labels of populations, which these gates need.
GATES = [gate for gate in read_gates(DEFAULTS["verdict"]) if gate.metric not in ("population_share_tv", "fst_mae")]
FEWER = {"ld_sites_max": 1000, "artificial_people": 1000}
SETTINGS = comparison.Settings(**DEFAULTS["compare"] | FEWER, bootstrap_replicates=20)
SHORT_RBM = {"epochs": 20, "score_every": 20, "patience": 20, "batch_size": 64, "hidden_units": 200}
SHORT_RBM |= {"learning_rate": 0.15, "gibbs_sweeps": 10, "sampling_sweeps": 20, "sampling_temperatures": [1.0]}

pytestmark = pytest.mark.real_data


@pytest.fixture(scope="module", autouse=True)
def short_attack():
    """The attacks take most of the time of a comparison: here at fewer sites, with fewer iterations and replicates."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(density, "SITES_MAX", 100)
        patch.setattr(density, "ITERATIONS", 5)
        patch.setattr(membership, "RELEARNT", 5)
        yield


def judged(real, models, folder):
    """The verdict on models, and on other real people in their place, by half of the people: attacks take minutes."""
    real = real.take_people(np.random.RandomState(42).permutation(len(real.people))[:1252])
    split = np.repeat(["test", "validation", "train"], [250, 100, 902]).astype(object)
    parts = (real.take_people(split == part).alleles for part in ("train", "validation"))
    data = TrainingData(*parts, real.sites)
    tables = {
        "ceiling": comparison.compare_control(real, split, "ceiling", 1, SETTINGS, threads=2),
        "floor": comparison.compare_control(real, split, "floor", 1, SETTINGS, threads=2),
        "real_people": comparison.compare_control(real, split, "ceiling", 77, SETTINGS, threads=2),
    }
    for name, changes in models.items():
        settings = DEFAULTS["model_params"][name] | changes
        model = model_module(settings.pop("kind")).fit(data, settings, TrainingRun(1))
        genomes = Haplotypes(model.sample(2000, 1), real.sites, artificial_people(1000))
        tables[name] = comparison.compare_model(real, split, genomes, SETTINGS, threads=2)
    files = []
    for name, of_set in tables.items():
        write_tsv(of_set["metrics"], folder / name / "metrics.tsv")
        files.append(MetricsFile("data", name, 1, folder / name / "metrics.tsv"))
    scorecard = build_scorecard(files)
    verdict = judge_scorecard(scorecard, GATES, [("data", name, 1) for name in ["real_people", *models]])
    return scorecard, verdict.set_index(["model", "gate"])["outcome"], summarise(verdict).set_index("model")


@pytest.fixture(scope="module")
def dense(tmp_path_factory):
    half = authors_file("10k").take_sites(np.arange(5000))
    return judged(half, {"li_stephens": {}, "bernoulli": {}}, tmp_path_factory.mktemp("dense"))


@pytest.fixture(scope="module")
def structure(tmp_path_factory):
    real = authors_file("805")
    return judged(real, {"rbm": SHORT_RBM, "markov": {}, "bernoulli": {}}, tmp_path_factory.mktemp("structure"))


@pytest.mark.parametrize("data", ["structure", "dense"])
def test_other_real_people_fail_no_gate(data, request):
    _, outcome, summary = request.getfixturevalue(data)
    assert outcome["real_people"].isin(["pass", "not proven"]).all(), outcome["real_people"]
    assert summary.loc["real_people", "fidelity_rank"] == 1
    assert summary.loc["real_people", "verdict"] in ("cleared", "faithful, privacy not proven")


def test_copying_has_the_best_fidelity_and_is_refused_for_its_copies(dense):
    _, outcome, summary = dense
    assert summary.loc["li_stephens", "fidelity_rank"] == 2
    assert outcome["li_stephens"][["ld_r2_r", "three_point_r", "pca_w1_mean", "af_r"]].eq("pass").all()
    copying = ["exact_copies_excess", "near_copies_share", "privacy_loss", "mia_auc", "mia_tpr"]
    assert outcome["li_stephens"][copying].eq("fail").all()
    assert summary.loc["li_stephens", "verdict"] == "refused"
    assert "AGs equal training haplotypes" in summary.loc["li_stephens", "why"]


def test_independent_sites_fail_by_opposite_errors_whose_mean_is_one_half(dense):
    scorecard, outcome, summary = dense
    value = scorecard.query("model == 'bernoulli' and reference == 'test'").set_index("metric")["value"]
    assert value["aats"] == pytest.approx(0.5, abs=0.005)
    assert value["aa_truth"] > 0.99
    assert value["aa_syn"] < 0.01
    assert outcome["bernoulli"][["aa_truth", "aa_syn", "ld_r2_r", "pca_w1_mean"]].eq("fail").all()
    assert outcome["bernoulli"]["af_r"] == "pass"
    assert summary.loc["bernoulli", "fidelity_rank"] == 3


def test_models_of_the_structure_sites_are_ranked_by_what_they_learn(structure):
    """The GAN, which takes minutes to get anywhere, has its place in bench/verdict.py."""
    _, _, summary = structure
    ranks = summary["fidelity_rank"]
    assert ranks["real_people"] < ranks["rbm"] < ranks["markov"] < ranks["bernoulli"]
    assert summary.loc["bernoulli", "fidelity_failed"] > summary.loc["rbm", "fidelity_failed"]


def test_every_gate_has_a_number(structure, dense):
    for _, outcome, _ in (structure, dense):
        assert set(outcome) <= {"pass", "fail", "not proven", "not applicable"}
        assert isinstance(outcome, pd.Series)
