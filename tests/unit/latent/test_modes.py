import allel
import numpy as np
import pytest
from scipy.special import expit
from sklearn.decomposition import PCA

from artificial_genomes.latent import modes
from artificial_genomes.latent.chains import follow_chains
from artificial_genomes.latent.modes import between_share, mode_scores, receptive_fields, weight_modes
from artificial_genomes.latent.prototypes import fixed_points, prototypes
from latent_helpers import people_of_three_populations, some_rbm


def test_the_share_between_classes_is_wrights_fst_of_an_allele():
    real = people_of_three_populations()
    labels = real.haplotype_labels("superpopulation")
    p = np.array([real.alleles[labels == name].mean(axis=0) for name in np.unique(labels)])
    mean = p.mean(axis=0)
    expected = p.var(axis=0) / (mean * (1 - mean))
    np.testing.assert_allclose(between_share(real.alleles, labels), expected, rtol=1e-9)
    assert np.isnan(between_share(np.ones((180, 1)), labels)[0])


def test_modes_are_singular_vectors_and_a_planted_one_stands_out():
    rng = np.random.default_rng(1)
    direction = rng.normal(size=40)
    weights = rng.normal(size=(40, 15)) + 3 * np.outer(direction, rng.normal(size=15))
    modes, spectrum = weight_modes(weights, seed=1)
    np.testing.assert_allclose(
        spectrum["singular_value"] ** 2, np.linalg.eigvalsh(weights.T @ weights)[::-1], rtol=1e-6
    )
    assert abs(modes[:, 0] @ direction) / np.linalg.norm(direction) > 0.95
    assert (spectrum["singular_value"] > spectrum["permuted"].max()).sum() == 1
    alleles = rng.integers(0, 2, (7, 40))
    scores = mode_scores(modes, {"a": alleles}, np.full(40, 0.5))["a"]
    np.testing.assert_allclose(scores[3, 2], sum((alleles[3, i] - 0.5) * modes[i, 2] for i in range(40)))


def test_receptive_fields_name_the_sites_that_a_unit_sees():
    real = people_of_three_populations()
    weights = np.zeros((60, 2))
    weights[10:14, 0] = [1, -4, 2, 1]
    weights[:, 1] = 1
    hidden = np.stack([real.haplotype_labels("superpopulation") == "AFR", np.arange(180) % 2], axis=1).astype(float)
    table = receptive_fields(weights, hidden, real)
    assert table["top_sites"][0].startswith("1:1200:-4.00 1:1300:2.00")
    # 22 in all, of which 20 lie at the two middle sites.
    assert (table["start_bp"][0], table["end_bp"][0]) == (1200, 1300)
    assert table["effective_sites"].tolist() == pytest.approx([22**2 / (1 + 256 + 16 + 1), 60])
    assert table["ancestry"].tolist() == pytest.approx([1, 0])
    # The four sites that it sees, and the first of the others.
    r = allel.rogers_huff_r(real.alleles[:, [10, 11, 12, 13, *range(6)]].T.astype("i1"))
    assert table["ld_top"][0] == pytest.approx(np.nanmean(r**2), rel=1e-4)
    fst = between_share(real.alleles, real.haplotype_labels("superpopulation"))
    assert table["fst_top"][0] == pytest.approx((fst[10:14] @ [1, 16, 4, 1]) / 22)


def test_a_field_is_the_shortest_stretch_of_all_with_its_share():
    rng = np.random.default_rng(7)
    for n in (1, 2, 5, 40):
        positions = np.sort(rng.choice(1000, n, replace=False))
        for power in (rng.random(n) ** 8, np.zeros(n), np.eye(n)[n // 2]):
            stretches = [
                (positions[last] - positions[first], first, positions[first], positions[last])
                for first in range(n)
                for last in range(first, n)
                if power[first : last + 1].sum() >= 0.9 * power.sum() - 1e-9
            ]
            assert modes._field(power, positions) == min(stretches)[2:]


def test_fixed_points_satisfy_the_mean_field_equations_written_out():
    model = some_rbm(n_sites=8, n_hidden=5, scale=0.6)
    points, converged = fixed_points(model, people_of_three_populations(n_sites=8).alleles)
    assert converged.all()
    w = model.weights.astype(float)
    m = points[7].astype(float)
    hidden = expit(w.T @ m)
    hidden = expit(w.T @ m - (hidden - 0.5) * (w.T**2 @ (m - m**2)))
    np.testing.assert_allclose(expit(w @ hidden - (m - 0.5) * (w**2 @ (hidden - hidden**2))), m, atol=5e-3)


def test_without_weights_there_is_one_prototype():
    real = people_of_three_populations()
    points, table = prototypes(some_rbm(scale=0), real.alleles, real.haplotype_labels("superpopulation"))
    np.testing.assert_allclose(points, 0.5, atol=5e-3)
    assert table["n"].tolist() == [180]
    assert table["converged"].tolist() == [180]
    assert table["purity"].tolist() == pytest.approx([60 / 180])


def test_a_machine_that_knows_two_haplotypes_has_them_as_prototypes_and_says_so():
    model = some_rbm(n_sites=30, n_hidden=1, scale=0)
    pattern = np.where(np.arange(30) % 2, 1, -1)
    model.weights[:, 0] = 3 * pattern
    model.visible_bias[:] = -1.5 * pattern
    model.hidden_bias[:] = -(model.weights[:, 0] * 0.5).sum()
    kinds = (np.stack([pattern, -pattern]) > 0).astype(np.uint8)
    alleles = np.repeat(kinds, [20, 10], axis=0)
    alleles[0, :3] ^= 1  # nearly the first: flows to it
    points, table = prototypes(model, alleles, np.array(["A"] * 20 + ["B"] * 10, object))
    np.testing.assert_array_equal(points > 0.5, kinds > 0)
    assert table[["n", "copies", "nearest"]].to_numpy().tolist() == [[20, 19, 0], [10, 10, 0]]
    assert table["superpopulation"].tolist() == ["A", "B"]
    assert (table["purity"] == 1).all()


def test_chains_start_at_random_and_each_path_has_every_sweep():
    real = people_of_three_populations()
    model = some_rbm(scale=0)
    pca = PCA(n_components=2, random_state=0).fit(real.alleles)
    distances, paths = follow_chains(model, pca, real.alleles, seed=1)
    # Without weights nothing is learnt: chains stay as far away as they started.
    assert distances["w1_pc1"].std() < 0.1 * distances["w1_pc1"].mean()
    assert distances["sweep"].tolist() == list(range(25))
    assert (paths.groupby("chain").size() == 25).all()
