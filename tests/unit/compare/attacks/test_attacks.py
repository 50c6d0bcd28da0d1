"""Attacks find AGs that are made to leak, and nothing where nothing has leaked."""

import numpy as np
import pandas as pd
import pytest
from scipy.spatial.distance import cdist
from scipy.stats import multivariate_normal
from sklearn.metrics import roc_auc_score

from artificial_genomes.compare.attacks import ATTACKS, COMBINED, PLANTED, density, frequencies, local, nearest
from artificial_genomes.compare.attacks.evidence import Evidence
from artificial_genomes.compare.attacks.planting import PLANTINGS
from artificial_genomes.compare.attacks.scores import SCORES

N, SITES = 200, 120


@pytest.fixture(scope="module", autouse=True)
def short_fits():
    """Let the attack by trees fit its trees with a third of the iterations."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(density, "ITERATIONS", density.ITERATIONS // 3)
        yield


@pytest.fixture(scope="module")
def haplotypes():
    """Members, others and haplotypes that the attacker holds, drawn from one chain of linked sites."""
    rng = np.random.default_rng(4)
    founders = rng.random((12, SITES)) < rng.uniform(0.1, 0.5, SITES)
    donors = rng.integers(12, size=(3 * N, SITES // 10)).repeat(10, axis=1)
    alleles = founders[donors, np.arange(SITES)] ^ (rng.random((3 * N, SITES)) < 0.02)
    return np.split(alleles.astype(np.uint8), 3)


def evidence(ags, held, asked, seed=1):
    sites = pd.DataFrame({"contig": "1", "position": np.arange(1, ags.shape[1] + 1)})
    return Evidence(asked, ags, held, sites, seed)


def auc(name, ags, members, others, held):
    scores = SCORES[name](evidence(ags, held, np.concatenate([members, others])))
    return roc_auc_score(np.repeat([1, 0], [len(members), len(others)]), scores)


def test_every_attack_and_planting_is_described():
    assert {*SCORES, COMBINED} == set(ATTACKS)
    assert set(PLANTINGS) == set(PLANTED)


FOUND = {"nearest": 0.99, "calibrated": 0.99, "segments": 0.99, "local": 0.9, "density": 0.75}


@pytest.mark.parametrize("name", SCORES)
def test_copies_are_found(name, haplotypes):
    members, others, held = haplotypes
    # Frequencies of 200 copies say little about each of them.
    assert auc(name, members, members, others, held) > FOUND.get(name, 0.55)


@pytest.mark.parametrize("name", SCORES)
def test_ags_of_somebody_else_tell_nothing(name, haplotypes):
    members, others, held = haplotypes
    ags, held = np.split(held, 2)
    # 200 against 200 haplotypes: the standard error of an AUC of 0.5 is 0.029.
    assert abs(auc(name, ags, members, others, held) - 0.5) < 3 * 0.029


@pytest.mark.parametrize("name", SCORES)
def test_scores_do_not_depend_on_who_is_asked_about_together(name, haplotypes):
    members, others, held = haplotypes
    together = SCORES[name](evidence(members, held, np.concatenate([members[:5], others[:5]])))
    apart = [SCORES[name](evidence(members, held, some[:5])) for some in (members, others)]
    np.testing.assert_allclose(together, np.concatenate(apart), rtol=1e-4, atol=1e-4)


def test_attacks_by_distance_follow_their_definitions_also_with_planted_haplotypes(haplotypes):
    members, others, held = haplotypes
    asked = np.concatenate([members, others])
    honest = evidence(others[:150], held, asked)
    planted = honest.with_planted(members[:20], N)
    width = np.median((cdist(held[: N // 2], held[N // 2 :], "hamming") * SITES).min(axis=1)) / 2
    for known in (honest, planted):
        assert len(known.asked) == (2 * N if known is honest else N)
        to_ags, to_held = (cdist(known.asked, panel, "hamming") * SITES for panel in (known.ags, held))
        near, far = to_ags.min(axis=1), to_held.min(axis=1)
        np.testing.assert_allclose(nearest.score(known), -near, atol=1e-9)
        np.testing.assert_allclose(nearest.score_calibrated(known), far - near, atol=1e-9)
        logs = [np.log(np.exp(-distance / width).mean(axis=1)) for distance in (to_ags, to_held)]
        np.testing.assert_allclose(local.score(known), logs[0] - logs[1], rtol=1e-9, atol=1e-9)


def test_frequencies_compare_likelihoods_of_independent_sites(monkeypatch):
    monkeypatch.setattr(frequencies, "BLOCK_SITES", 1)
    ags, held = np.array([[0, 1], [1, 1]], np.uint8), np.array([[0, 0], [0, 1]], np.uint8)
    # With half a haplotype of each allele: 1/2 and 5/6 of the AGs, 1/6 and 1/2 of the others have ALT.
    expected = [np.log(0.5 / (5 / 6)) + np.log((5 / 6) / 0.5), np.log(0.5 / (1 / 6)) + np.log((1 / 6) / 0.5)]
    asked = np.array([[0, 1], [1, 0]], np.uint8)
    np.testing.assert_allclose(frequencies.score(evidence(ags, held, asked)), expected, atol=1e-12)


@pytest.mark.parametrize("n", [30, 300])
def test_the_whitened_attack_is_the_likelihood_ratio_of_two_normals(n, monkeypatch):
    """With fewer haplotypes than sites, and with more."""
    monkeypatch.setattr(frequencies, "BLOCK_SITES", 20)
    rng = np.random.default_rng(2)
    ags, held, asked = ((rng.random((rows, 50)) < 0.4).astype(np.uint8) for rows in (40, n, 9))
    means = [frequencies.smoothed_frequencies(one) for one in (ags, held)]
    centered = held - means[1]
    covariance = centered.T @ centered / n
    covariance += frequencies.RIDGE * np.trace(covariance) / 50 * np.eye(50)
    expected = np.subtract(*(multivariate_normal(mean, covariance).logpdf(asked) for mean in means))
    np.testing.assert_allclose(frequencies.score_whitened(evidence(ags, held, asked)), expected, atol=1e-9)


@pytest.mark.integration
def test_what_is_planted_moves_the_tree_of_ags(haplotypes):
    members, others, held = haplotypes
    known = evidence(held[:100], held[100:], np.concatenate([members[:20], others[:20]]))
    before = density.score(known)
    after = density.score(known.with_planted(members[:20].repeat(3, axis=0), 40))
    assert (after - before)[:20].mean() > (after - before)[20:].mean() + 5


def test_a_tree_of_few_haplotypes_is_fitted(haplotypes):
    members, others, held = haplotypes
    assert np.isfinite(density.score(evidence(members[:8], held[:8], others))).all()
