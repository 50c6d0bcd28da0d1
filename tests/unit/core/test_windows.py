"""Windows: what is drawn after given alleles, against enumeration of all haplotypes, and LD across the joins."""

import itertools
import json
import sys
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
import pytest

import train as train_script
from artificial_genomes.core.errors import UserError
from artificial_genomes.core.haplotypes import Haplotypes, load_haplotypes, save_haplotypes
from artificial_genomes.core.sites import FAR_BP, stretch_numbers
from artificial_genomes.core.windows import Window, contig_sizes, cut, joins, trained_sites_of
from artificial_genomes.models import bernoulli, hclt, load_model, markov, rbm, save_model
from artificial_genomes.models.ancestry import ancestry_groups
from artificial_genomes.models.chunked import CANDIDATES, continued, draw_through
from artificial_genomes.models.training import TrainingRun
from artificial_genomes.statistics.ld import across_ratio
from helpers import founders_mosaic, training_data

N = 40_000
CONTEXT = np.array([0, 1], np.uint8)
ALL = np.array(list(itertools.product([0, 1], repeat=6)), np.uint8)


def test_windows_cover_all_sites_once_and_begin_with_the_context():
    windows = cut([10], 3, 2)
    assert windows == [Window(0, 0, 3), Window(1, 3, 7), Window(5, 7, 10)]
    assert joins([10], 3).tolist() == [3, 7]
    with pytest.raises(UserError, match="10 sites in 4 windows are 2 sites per window"):
        cut([10], 4, 3)


def test_windows_end_with_contigs_and_contexts_reach_over_them():
    # Of six windows the longest contig takes the two that are left over, and is cut in three.
    windows = cut([12, 5, 3, 1], 6, 3)
    assert windows == [
        Window(0, 0, 4), Window(1, 4, 8), Window(5, 8, 12), Window(9, 12, 17), Window(14, 17, 20), Window(17, 20, 21),
    ]  # fmt: skip
    assert joins([12, 5, 3, 1], 6).tolist() == [4, 8]
    assert joins([12, 5], 2).tolist() == []
    assert trained_sites_of([12, 5, 3, 1], {"n": 6, "context_sites": 3}) == 8
    assert trained_sites_of([12, 5], None) == 17
    with pytest.raises(UserError, match=r"3 windows are too few for sites on 4 contigs.*Raise windows\.n to 4"):
        cut([12, 5, 3, 1], 3, 3)
    assert trained_sites_of([12, 5, 3, 1], {"n": 3, "context_sites": 3}) == 21


@pytest.mark.parametrize("seed", range(5))
def test_windows_are_as_small_as_can_be(seed):
    rng = np.random.default_rng(seed)
    sizes = rng.integers(1, 40, 3).tolist()
    n = int(rng.integers(3, min(8, sum(sizes)) + 1))
    windows = cut(sizes, n, 0)
    own = [range(window.own, window.stop) for window in windows]
    assert [site for part in own for site in part] == list(range(sum(sizes)))
    contig = np.repeat(range(3), sizes)
    assert all(len(part) and len(set(contig[part])) == 1 for part in own)
    shares = [s for s in itertools.product(range(1, n + 1), repeat=3) if sum(s) == n]
    best = min(max(-(-size // share) for size, share in zip(sizes, one, strict=True)) for one in shares)
    assert max(map(len, own)) == best


def test_contigs_are_counted_in_their_order():
    assert contig_sizes(np.array(["2", "2", "10", "1", "1", "1"], object)) == [2, 1, 3]


def shares_after_context(drawn: np.ndarray) -> np.ndarray:
    """Return how often each ending of the context occurs, in the order of `ALL`."""
    assert (drawn[:, :2] == CONTEXT).all()
    code = drawn[:, 2:] @ (1 << np.arange(4)[::-1])
    return np.bincount(code, minlength=16) / len(drawn)


def conditional(probability: np.ndarray) -> np.ndarray:
    """Return the probability of each ending after the context, from those of all haplotypes `ALL`."""
    chosen = probability[(ALL[:, :2] == CONTEXT).all(axis=1)]
    return chosen / chosen.sum()


def random_tree(temperature: float) -> hclt.Model:
    rng = np.random.default_rng(3)
    transitions = rng.dirichlet(np.full(3, 0.7), (6, 3)).astype(np.float32)
    transitions[2] = transitions[2][0]
    emissions = rng.uniform(0.05, 0.95, (6, 3)).astype(np.float32)
    return hclt.Model(np.array([2, 0, -1, 2, 3, 1]), transitions, emissions, np.float32(temperature))


@pytest.mark.parametrize("temperature", [1.0, 0.6])
def test_the_tree_continues_with_the_exact_probabilities_at_its_temperature(temperature):
    model = random_tree(temperature)
    drawn = model.continue_haplotypes(np.tile(CONTEXT, (N, 1)), 1)
    # What it samples without a context says which probabilities those are.
    free = model.sample(20 * N, 2)
    free = free[(free[:, :2] == CONTEXT).all(axis=1)]
    np.testing.assert_allclose(shares_after_context(drawn), shares_after_context(free), atol=0.012)
    if temperature == 1:
        exact = conditional(np.exp(model.log_likelihood(ALL)))
        np.testing.assert_allclose(shares_after_context(drawn), exact, atol=0.01)


def test_the_machine_continues_with_the_probabilities_of_its_energy():
    rng = np.random.default_rng(4)
    weights, biases = rng.normal(0, 1.2, (6, 4)).astype(np.float32), rng.normal(0, 0.5, 10).astype(np.float32)
    model = rbm.Model("sigmoid", 60, weights, biases[:6], biases[6:], np.full((1, 6), 0.5, np.float32), np.float32(1))
    exact = conditional(np.exp(-model.free_energy(ALL).astype(float)))
    drawn = model.continue_haplotypes(np.tile(CONTEXT, (N, 1)), 1)
    np.testing.assert_allclose(shares_after_context(drawn), exact, atol=0.012)
    assert np.abs(shares_after_context(drawn) - exact).max() < np.abs(1 / 16 - exact).max() / 4


def test_the_chain_and_independent_sites_continue_as_they_sample():
    data = training_data(founders_mosaic(400, 6, 1), founders_mosaic(20, 6, 2))
    chain = markov.fit(data, {"window": 2}, TrainingRun(1))
    given = data.train[(data.train[:, :2] == CONTEXT).all(axis=1)]
    assert len(given) > 30
    drawn = chain.continue_haplotypes(np.tile(CONTEXT, (N, 1)), 1)
    np.testing.assert_allclose(drawn[:, 2].mean(), given[:, 2].mean(), atol=0.01)
    np.testing.assert_array_equal(chain.continue_haplotypes(np.empty((9, 0), np.uint8), 3), chain.sample(9, 3))
    independent = bernoulli.fit(data, {}, TrainingRun(1))
    drawn = independent.continue_haplotypes(np.tile(CONTEXT, (N, 1)), 1)
    assert (drawn[:, :2] == CONTEXT).all()
    np.testing.assert_allclose(drawn[:, 2:].mean(axis=0), data.train[:, 2:].mean(axis=0), atol=0.01)


def test_a_context_that_no_training_haplotype_has_is_continued_by_frequencies():
    data = training_data(np.tile(np.array([[0, 0, 1], [0, 0, 0]], np.uint8), (20, 1)), np.zeros((4, 3), np.uint8))
    chain = markov.fit(data, {"window": 2}, TrainingRun(1))
    drawn = chain.continue_haplotypes(np.ones((N, 2), np.uint8), 1)
    np.testing.assert_allclose(drawn[:, 2].mean(), 0.5, atol=0.01)


class Drawer:
    """A model that can only sample: rows of a fixed table, each once."""

    def __init__(self, table: np.ndarray):
        self.table = table

    def sample(self, n: int, seed) -> np.ndarray:
        return self.table[np.random.default_rng(seed).permutation(len(self.table))[:n]]


def test_candidates_of_a_model_that_cannot_continue_are_dealt_to_where_they_agree():
    n, n_context = 700, 12
    table = founders_mosaic(CANDIDATES * n, 30, 3)
    context = founders_mosaic(n, 30, 4)[:, :n_context]
    drawn, _ = continued(Drawer(table), context, None, 1)
    assert (drawn[:, :n_context] == context).all()
    rows = {tuple(row) for row in table[:, n_context:].tolist()}
    assert all(tuple(row) in rows for row in drawn[:, n_context:].tolist())
    # LD across the join is nearly that of real haplotypes, which chance would not give.
    real, join = founders_mosaic(4000, 30, 6), np.array([n_context])
    assert across_ratio(real, drawn, join) > 0.7
    strangers = np.concatenate([context, table[:n, n_context:]], axis=1)
    assert across_ratio(real, strangers, join) < 0.1


def test_ld_across_joins_is_one_for_real_haplotypes_and_nothing_for_strangers_joined():
    real, others = founders_mosaic(4000, 60, 1), founders_mosaic(4000, 60, 2)
    assert across_ratio(real, real, np.array([30])) == pytest.approx(1)
    assert across_ratio(real, others, np.array([30])) == pytest.approx(1, abs=0.1)
    broken = np.concatenate([others[:, :30], np.roll(others[:, 30:], 1, axis=0)], axis=1)
    assert across_ratio(real, broken, np.array([30])) < 0.1
    assert np.isnan(across_ratio(real, np.zeros_like(real), np.array([30])))


def test_only_pairs_of_one_stretch_count_as_ld_across_joins():
    """A join within a stretch, one in the gap between two, and one near the end of a contig."""
    real, ag = founders_mosaic(500, 90, 1), founders_mosaic(500, 90, 2)
    sites = pd.DataFrame({"contig": np.repeat(["7", "10"], [60, 30]), "position": 1000 + 100 * np.arange(90)})
    sites.loc[30:59, "position"] += FAR_BP
    stretch, at = stretch_numbers(sites, FAR_BP), np.array([20, 30, 70])
    assert stretch.tolist() == [0] * 30 + [1] * 30 + [2] * 30
    sums = np.zeros(2)
    for join in (20, 70):
        for a in range(join - 25, join):
            for b in range(join, join + 25):
                if a >= 0 and b < 90 and (a // 30 == b // 30):
                    sums += [np.corrcoef(alleles[:, a], alleles[:, b])[0, 1] ** 2 for alleles in (real, ag)]
    assert across_ratio(real, ag, at, stretch) == pytest.approx(sums[1] / sums[0], rel=1e-4)
    assert np.isnan(across_ratio(real, ag, np.array([30, 60]), stretch))


def test_haplotypes_drawn_through_windows_of_trees_keep_ld_across_joins():
    train, validation, test = (founders_mosaic(n, 90, seed) for n, seed in ((600, 1), (100, 2), (2000, 3)))
    settings = {
        "hidden_states": 16, "initial_persistence": 0.95, "transition_pseudocount": 0.1, "emission_pseudocount": 0.1,
        "ancestry_groups": 1, "ancestry_change": 1e-3, "labels": "none",
        "sampling_temperatures": [1.0], "epochs": 25, "score_every": 5, "patience": 25,
    }  # fmt: skip
    windows = cut([90], 3, 15)
    sites = [slice(window.start, window.stop) for window in windows]
    parts = [training_data(train[:, part], validation[:, part]) for part in sites]
    models = [hclt.fit(part, settings, TrainingRun(1)) for part in parts]
    drawn, _ = draw_through([partial(lambda model: model, model) for model in models], windows, 2000, 1)
    assert drawn.shape == (2000, 90)
    ratio = across_ratio(test, drawn, joins([90], 3))
    alone = np.concatenate(
        [m.sample(2000, 9 + i)[:, w.own - w.start :] for i, (m, w) in enumerate(zip(models, windows, strict=True))],
        axis=1,
    )
    assert across_ratio(test, alone, joins([90], 3)) < 0.1
    assert ratio == pytest.approx(1, abs=0.15)
    np.testing.assert_allclose(drawn.mean(axis=0), test.mean(axis=0), atol=0.09)


def test_the_scripts_train_windows_and_draw_through_them(tmp_path, monkeypatch):
    import generate as generate_script
    import join_training as join_script

    alleles = founders_mosaic(200, 40, 1)
    people = pd.DataFrame({"sample": [f"p{i}" for i in range(100)], "population": "A", "superpopulation": "B"})
    sites = training_data(alleles, alleles).sites.assign(id=[f"s{i}" for i in range(40)])
    save_haplotypes(Haplotypes(alleles, sites, people), tmp_path / "h.vcz.zip")
    split = people.assign(split=["train"] * 70 + ["validation"] * 10 + ["test"] * 20)
    split.to_csv(tmp_path / "split.tsv", sep="\t", index=False)
    windows = json.dumps({"n": 2, "context_sites": 5})
    common = ["--haplotypes", tmp_path / "h.vcz.zip", "--split", tmp_path / "split.tsv", "--seed", 1]

    def run(script, *arguments):
        monkeypatch.setattr(sys, "argv", ["script", *map(str, arguments)])
        script.main()

    outputs = []
    for window in (1, 2):
        files = [tmp_path / f"model{window}.npz", tmp_path / f"training{window}.tsv"]
        more = ["--settings", '{"kind": "markov", "window": 3}', "--windows", windows, "--window", window]
        run(train_script, *common, *more, "--model", files[0], "--training", files[1])
        outputs.append(files)
    assert [len(load_model(model).alt) for model, _ in outputs] == [20, 25]
    models = [model for model, _ in outputs]
    (tmp_path / "relatives.tsv").write_text("sample_a\tsample_b\tkinship\n")
    more = ["--settings", '{"redraw": "private", "n": null}', "--windows", windows, "--genomes", tmp_path / "g.vcz.zip"]
    more += ["--relatives", tmp_path / "relatives.tsv", "--record", tmp_path / "record.tsv"]
    run(generate_script, *common, "--model", *models, *more)
    genomes = load_haplotypes(tmp_path / "g.vcz.zip")
    assert genomes.alleles.shape == (200, 40)
    # The chain knows three sites, and goes on with them.
    assert across_ratio(alleles, genomes.alleles, joins([40], 2)) > 0.15
    run(join_script, "--training", *(training for _, training in outputs), "--output", tmp_path / "training.tsv")
    assert list(pd.read_csv(tmp_path / "training.tsv", sep="\t")) == ["window", "epoch", "score", "kept"]


def test_chunks_share_groups_by_sites_of_the_whole_data_set(tmp_path, monkeypatch):
    import group_ancestry as group_script

    monkeypatch.setattr(group_script, "GROUPED_SITES", 12)
    seen = []
    monkeypatch.setattr(hclt, "fit", lambda data, settings, run: seen.append(data) or bernoulli.fit(data, {}, run))
    alleles = founders_mosaic(40, 2400, 1)
    people = pd.DataFrame({"sample": [f"p{i}" for i in range(20)], "population": "A", "superpopulation": "B"})
    sites = training_data(alleles, alleles).sites.assign(id=[f"s{i}" for i in range(2400)])
    save_haplotypes(Haplotypes(alleles, sites, people), tmp_path / "h.vcz.zip")
    split = people.assign(split=["test", "train", "train", "validation"] * 5)
    split.to_csv(tmp_path / "split.tsv", sep="\t", index=False)
    common = ["--haplotypes", tmp_path / "h.vcz.zip", "--split", tmp_path / "split.tsv", "--seed", 1]

    def run(script, *arguments):
        monkeypatch.setattr(sys, "argv", ["script", *map(str, [*common, *arguments])])
        script.main()

    run(group_script, "--groups", 3, "--output", tmp_path / "groups.tsv")
    chunks = ["--windows", '{"n": 2, "context_sites": 5}', "--window"]
    grouped = ["--groups", tmp_path / "groups.tsv"]
    for more in ([*grouped, *chunks, 1], [*grouped, *chunks, 2], ["--groups", *chunks, 1]):
        files = ["--model", tmp_path / "model.npz", "--training", tmp_path / "training.tsv"]
        run(train_script, *files, "--settings", json.dumps({"kind": "hclt"}), *more)
    rows = np.repeat(split["split"] == "train", 2)
    spread = alleles[rows][:, [0, 218, 436, 654, 872, 1090, 1309, 1527, 1745, 1963, 2181, 2399]]
    groups = ancestry_groups(spread, 3, 1)
    assert set(groups) == {0, 1, 2}
    for data, first in zip(seen[:2], (0, 1195), strict=True):
        np.testing.assert_array_equal(data.groups, groups)
        np.testing.assert_array_equal(data.train, alleles[rows][:, first : first + len(data.sites)])
    assert seen[2].groups is None


@pytest.mark.parametrize("labels", ["none", "superpopulation"])
def test_the_script_draws_through_chunks_of_trees_with_groups(tmp_path, monkeypatch, labels):
    """Of two populations that share no allele: each AG is of one of them at all sites, in all chunks."""
    import generate as generate_script

    of_first = np.random.default_rng(1).random(120) < 0.6
    alleles = np.where(of_first[:, None].repeat(2, axis=0), 0, 1).repeat(30, axis=1).astype(np.uint8)
    names = np.where(of_first, "A", "B")
    people = pd.DataFrame({"sample": [f"p{i}" for i in range(120)], "population": names, "superpopulation": names})
    sites = training_data(alleles, alleles).sites.assign(id="")
    save_haplotypes(Haplotypes(alleles, sites, people), tmp_path / "h.vcz.zip")
    people.assign(split="train").to_csv(tmp_path / "split.tsv", sep="\t", index=False)
    (tmp_path / "relatives.tsv").write_text("sample_a\tsample_b\tkinship\n")
    settings = {
        "hidden_states": 4, "initial_persistence": 0.5, "transition_pseudocount": 0.1, "emission_pseudocount": 0.1,
        "ancestry_groups": 2, "ancestry_change": 1e-3, "labels": labels, "label_pseudocount": 1e-3,
        "sampling_temperatures": [0.9], "epochs": 3, "score_every": 3, "patience": 3,
    }  # fmt: skip
    models = []
    for window in cut([30], 3, 4):
        part = slice(window.start, window.stop)
        groups = ancestry_groups(alleles[:, [0, 15, 29]], 2, 1)
        data = replace(training_data(alleles[:, part], alleles[:20, part]), people=people, groups=groups)
        models.append(tmp_path / f"{window.own}.npz")
        save_model(models[-1], "hclt", settings, hclt.fit(data, settings, TrainingRun(1)))
    arguments = ["--haplotypes", tmp_path / "h.vcz.zip", "--split", tmp_path / "split.tsv", "--seed", 1, "--model"]
    arguments += [*models, "--windows", '{"n": 3, "context_sites": 4}', "--genomes", tmp_path / "g.vcz.zip"]
    arguments += ["--settings", '{"redraw": "all", "n": 200, "shared_by": 2}', "--ancestry", tmp_path / "a.tsv.gz"]
    arguments += ["--relatives", tmp_path / "relatives.tsv", "--record", tmp_path / "record.tsv"]
    monkeypatch.setattr(sys, "argv", ["script", *map(str, arguments)])
    generate_script.main()
    genomes, tracts = load_haplotypes(tmp_path / "g.vcz.zip"), pd.read_csv(tmp_path / "a.tsv.gz", sep="\t")
    assert (genomes.alleles == genomes.alleles[:, :1]).all(axis=1).mean() > 0.98
    of_groups = genomes.alleles[:, 0] if of_first.mean() > 0.5 else 1 - genomes.alleles[:, 0]
    assert of_groups.mean() == pytest.approx(1 - of_first.mean(), abs=0.1)
    assert (tracts.groupby(["sample", "haplotype"])["n_sites"].sum() == 30).all()
    whole = tracts[tracts["n_sites"] == 30]
    assert len(whole) > 0.98 * 400
    rows = 2 * (whole["sample"].str[2:].astype(int) - 1) + whole["haplotype"] - 1
    assert (of_groups[rows] == whole["group"]).mean() > 0.98
    if labels != "none":
        assert (
            genomes.haplotype_labels("superpopulation")[rows] == np.array(["A", "B"])[genomes.alleles[rows, 0]]
        ).all()
