"""Private cohorts: points are counted, folders marked; the gate of a release."""

import hashlib
import json
import os
import stat

import numpy as np
import pandas as pd
import pytest

from artificial_genomes.core.errors import UserError
from artificial_genomes.core.haplotypes import Haplotypes, artificial_people
from artificial_genomes.core.private_folders import MARKER, close_folder, let_pass, mark_private
from artificial_genomes.figures import fig2_frequencies, fig8_latent
from artificial_genomes.figures.aggregate import binned, number
from artificial_genomes.models.accountant import delta_of, mu_of
from artificial_genomes.release.guarantees import guarantees
from artificial_genomes.release.near_copies import LEFT
from artificial_genomes.release.release import SUMMARY_COLUMNS, Published, data_card, require_release, write_metadata


def points(n: int, seed: int = 5) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    table = pd.DataFrame({"pc1": rng.normal(size=n), "pc2": rng.normal(size=n)})
    return table.assign(model=np.where(np.arange(n) % 2, "real", "rbm"))


def test_points_are_counted_in_cells_of_ten_at_least():
    table = points(1000)
    cells = binned(table, ["model"])
    assert cells["count"].min() >= 10
    assert 500 < number(cells) < 1000 == number(table)
    # No coordinate of a person: the middles of few cells, whatever the outermost points are.
    assert cells["pc1"].nunique() <= 10
    assert not set(cells["pc1"]) & set(table["pc1"])


def test_too_few_people_are_not_drawn():
    with pytest.raises(UserError, match="single individuals of a private cohort are not drawn"):
        binned(points(12), ["model"])


def test_figure_8_counts_people_of_private_cohorts():
    rng = np.random.default_rng(6)
    rows = [
        {"model": "mine", "seed": 1, "space": space, "set": part, "superpopulation": "EUR" if part != "ag" else ""}
        | {"pc1": rng.normal(), "pc2": rng.normal()}
        for space in ("hidden", "genotypes")
        for part in ("train", "test", "ag")
        for _ in range(300)
    ]
    variance = pd.DataFrame(
        [("mine", 1, space, axis, 0.1) for space in ("hidden", "genotypes") for axis in (1, 2)],
        columns=["model", "seed", "space", "axis", "explained"],
    )
    metrics = pd.DataFrame(
        [("mine", 1, "test", metric, 0.5, 0.4, 0.6, 600) for metric in fig8_latent.FEATURES],
        columns=["model", "seed", "reference", "metric", "value", "ci_low", "ci_high", "n"],
    )
    table = fig8_latent.numbers(pd.DataFrame(rows), variance, metrics, private=True)
    drawn = table[table["panel"] == "points"]
    assert 6 < len(drawn) < 600
    assert (drawn["count"] >= 10).all()
    fig8_latent.draw(table)


def test_a_marked_folder_is_for_its_owner(tmp_path):
    before = os.umask(0o022)
    try:
        mark_private(tmp_path / "train")
        (tmp_path / "train" / "model").write_text("x")
        for name in (MARKER, "model"):
            assert stat.S_IMODE((tmp_path / "train" / name).stat().st_mode) == 0o600
        assert "Do not share" in (tmp_path / "train" / MARKER).read_text()
    finally:
        os.umask(before)


def test_a_closed_folder_lets_pass_and_shows_nothing(tmp_path):
    folder = tmp_path / "run"
    folder.mkdir(mode=0o755)
    close_folder(folder)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    let_pass(folder)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o711
    close_folder(tmp_path / "absent")


def test_figure_2_counts_sites_of_private_cohorts():
    rng = np.random.default_rng(7)
    real = rng.integers(0, 65, 300) / 64
    sites = pd.DataFrame(
        {"contig": "1", "position": range(300), "id": ".", "real": real, "ag": np.clip(real + 0.01, 0, 1)}
    )
    triplets = pd.DataFrame({"gap": "1", "real": rng.normal(0, 0.03, 200), "ag": rng.normal(0, 0.03, 200)})
    sites, triplets = (table.assign(model="rbm", seed=1, reference="test") for table in (sites, triplets))
    metrics = pd.DataFrame(
        [("rbm", 1, "test", metric, 0.5, 0.4, 0.6, 64) for metric in ("af_r", "af_r_rare", "three_point_r")],
        columns=["model", "seed", "reference", "metric", "value", "ci_low", "ci_high", "n"],
    )
    table = fig2_frequencies.numbers(sites, triplets, metrics, private=True)
    assert "position" not in table
    for panel, n in (("frequency", 300), ("three_point", 200)):
        cells = table[table["panel"] == panel]
        assert cells["count"].sum() == n
        assert cells["real"].nunique() <= 20
    fig2_frequencies.draw(table)


SUMMARY = pd.DataFrame(
    [
        ("mine", "a", "cleared", "All passed."),
        ("mine", "b", "refused", "Copies."),
        ("mine", "c", "faithful, privacy not proven", "Intervals."),
        ("mine", "d", "safe, not faithful", "Junk."),
    ],
    columns=["dataset", "model", "verdict", "why"],
)


@pytest.mark.parametrize(("model", "with_not_proven"), [("a", False), ("a", True), ("c", True), ("d", False)])
def test_what_may_leave(model, with_not_proven):
    require_release(SUMMARY, "mine", model, with_not_proven, {LEFT: 0})


@pytest.mark.parametrize(("model", "with_not_proven"), [("b", False), ("b", True), ("c", False), ("e", True)])
def test_what_may_not(model, with_not_proven):
    with pytest.raises(UserError, match=rf"{model} AGs of mine come from a private cohort and must not be exported"):
        require_release(SUMMARY, "mine", model, with_not_proven, {})


def test_near_copies_that_could_not_be_replaced_keep_a_set_from_being_released():
    record = {LEFT: 12, "artificial haplotypes": 2014}
    with pytest.raises(UserError, match=r"12 of 2,014 AGs are still near copies .* Use a longer region"):
        require_release(SUMMARY, "mine", "a", False, record)


def card(licence="", consent=True, record=None, privacy=None, ancestry=()):
    """Return the data card of a release of two seeds of a GAN of a private cohort."""
    sites = pd.DataFrame({"contig": "1", "position": range(1, 1501), "id": ".", "ref": "A", "alt": "C"})
    genomes = Haplotypes(np.zeros((2002, 1500), np.uint8), sites, artificial_people(1001))
    config = {
        "run": "mine",
        "cohorts": {"ours": {"private": True, "build": "GRCh38"}},
        "dataset_params": {"dense": {"cohort": "ours", "region": "1:1-2,000", "maf_min": 0.05}},
        "model_params": {"gan": {"kind": "gan", "epochs": 5}, "rbm": {"kind": "rbm"}},
        "differential_privacy": {"dense": {"gan": privacy} if privacy else {}},
        "release": {"licence": licence, "version": "2", "citation": None, "contact": "us"},
    }
    rows = [
        ("dense", "gan", 1, reference, "af_r", value, 1.0, 0.99) for reference, value in (("train", 1), ("test", 0.9))
    ]
    rows.append(("dense", "gan", 2, "train+test", "near_copies_share", 0.0123, np.nan, np.nan))
    rows.append(("dense", "gan", 2, "train+test", "mia_auc", 0.5, np.nan, np.nan))
    rows.append(("dense", "gan", 2, "train+test", "mia_density_auc", 0.612, np.nan, np.nan))
    rows.append(("dense", "gan", 2, "train+test", "mia_density_tpr", 0.034, np.nan, np.nan))
    rows.append(("dense", "gan", 2, "train+test", "planted_copies_tpr", 0.98, np.nan, np.nan))
    columns = ["dataset", "model", "seed", "reference", "metric", "value", "ceiling", "floor"]
    word, why = ("faithful, privacy not proven", "Intervals.") if consent else ("cleared", "All passed.")
    summary = [("dense", "gan", word, why, "", 2, 16, 1, 0, 2, "ld_r2_r")]
    return data_card(
        config,
        [Published("dense", "gan", seed, genomes, record or {}, seed in ancestry) for seed in (1, 2)],
        [("dense", "rbm", "refused", "A leak & more.")],
        pd.DataFrame(rows, columns=columns).assign(ci_low=0.59, ci_high=0.63),
        pd.DataFrame(summary, columns=SUMMARY_COLUMNS),
        {"dense": pd.DataFrame({"split": ["train"] * 1200 + ["test"] * 300})},
        {"artificial-genomes": "1.0", "commit": "abc"},
        iter(["Together all passed."]),
    )


def test_the_data_card_says_what_is_released_how_good_it_is_and_what_it_is_not():
    lines = card().splitlines()
    assert lines[0] == "# Artificial genomes of the run `mine`"
    for line in (
        "| dense | gan | 2 | 1,001 | 1,500 | not searched for |",
        "artificial-genomes 1.0, commit abc.",
        "- Data set dense: individuals from a private cohort; no genotype or name of them is included; build GRCh38, "
        "region 1:1-2000, minor allele frequency of at least 0.05; individuals: 1,200 train, 0 validation, 300 test, "
        "0 public. Models were trained on the training individuals; the epoch was chosen on the validation "
        "individuals; no model has seen the test individuals.",
        "- Model gan: kind gan (epochs 5).",
        "| dense | gan | 1 | allele frequencies, r | 0.900 | 1.000 | 0.990 |",
        "| dense | gan | 2 | near copies | 0.012 | – | – |",
        "- gan on dense: fidelity rank 2, 13 of 16 gates passed. Verdict: faithful, privacy not proven. Intervals.",
        "- Together all passed.",
        "- Not released: rbm on dense (refused). A leak & more.",
        "- gan on dense: released with the owner's consent although its privacy is not proven. Intervals.",
        "- gan on dense is not faithful: it fails ld_r2_r.",
        "| dense | gan | 2 | density | 0.612 (0.590 to 0.630) | 0.034 |",
        "- gan on dense, seed 2: whole copies 0.98.",
        "- Licence: not stated. Ask the provider of these files before you share them.",
        "- Version: 2",
        "- Citation: not stated",
        "- Contact: us",
    ):
        assert line in lines
    assert not any("mia_auc" in line or "MIA" in line for line in lines)  # no number of the card
    assert [line for line in lines if line.startswith("## ")] == [
        "## Contents",
        "## How it was made",
        "## Fidelity and privacy",
        "## Intended use",
        "## Limits",
        "## Licence, version, citation, contact",
    ]
    assert "owner's consent" not in card(consent=False)
    assert "- Licence: CC0 1.0" in card(licence="CC0 1.0").splitlines()


def test_the_data_card_names_the_sets_whose_ancestry_is_released():
    assert "ancestry" not in card()
    text = (
        "`ancestry.tsv.gz` of dense/gan/seed1, dense/gan/seed2 lists the segments of each AG and, by number, the group "
    )
    assert text in card(ancestry=(1, 2))
    assert "`ancestry.tsv.gz` of dense/gan/seed2 lists" in card(ancestry=(2,))


def test_metadata_for_machines_lists_every_file_with_its_checksum(tmp_path):
    (tmp_path / "dense" / "gan").mkdir(parents=True)
    (tmp_path / "dense" / "gan" / "genomes.vcf.gz").write_bytes(b"abc")
    (tmp_path / "README.md").write_text("card")
    (tmp_path / "SHA256SUMS").write_text("of all files, this one's neighbours")
    settings = {"licence": "CC0 1.0", "version": None, "citation": "Us (2026)", "contact": "us"}
    genomes = Haplotypes(np.zeros((4, 1), np.uint8), pd.DataFrame({"contig": ["1"]}), artificial_people(2))
    write_metadata(tmp_path, "mine", settings, [Published("dense", "gan", 1, genomes, {})])
    about = json.loads((tmp_path / "croissant.json").read_text())
    assert about["conformsTo"] == "http://mlcommons.org/croissant/1.0"
    assert (about["license"], about["citeAs"], about["creator"]["name"]) == ("CC0 1.0", "Us (2026)", "us")
    assert "version" not in about, "what nobody stated is left out"
    assert "gan on dense (seed 1)" in about["description"]
    files = {file["contentUrl"]: file for file in about["distribution"]}
    assert set(files) == {"README.md", "dense/gan/genomes.vcf.gz"}
    of_vcf = files["dense/gan/genomes.vcf.gz"]
    assert of_vcf["sha256"] == hashlib.sha256(b"abc").hexdigest()
    assert (of_vcf["contentSize"], of_vcf["encodingFormat"]) == ("3 B", "application/gzip")


@pytest.mark.parametrize(
    ("radius", "near"), [(1, "real haplotype, or less"), (3, "or closer than 3 sites to one, or less")]
)
def test_the_data_card_says_what_a_near_copy_is(radius, near):
    record = {"near copies replaced": 1234, "near below, in sites": radius, "individuals protected": 2003}
    text = card(record=record | {"individuals who make a haplotype common": 5})
    assert "| dense | gan | 1 | 1,001 | 1,500 | 1,234 |" in text
    assert near in text
    assert text.count("those of the 2,003 training and validation individuals") == 1


def test_the_data_card_says_epsilon_delta_unit_and_what_is_public():
    privacy = {"epsilon": 3.0, "delta": 1e-5, "noise": "secret", "neighbours": 3}
    text = card(privacy=privacy)
    assert "\n## Differential privacy\n\n- gan on dense: epsilon 3, delta 1e-05 for each seed.\n" in text
    for words in (
        "unit is the individual with both haplotypes",
        "Public are the sites, the number of",
        "not for `scor",
    ):
        assert words in text
    # Two Gaussian mechanisms of equal noise are one with root 2 less noise.
    budget = np.sqrt(2) * mu_of(3, 1e-5)
    assert delta_of(budget, 4.4) > 1e-5 > delta_of(budget, 4.6)
    assert "- All 2 sets of the cohort ours together: epsilon 4.46, delta 1e-05 (rho 0.517 in zCDP).\n" in text
    assert "those who know the seed" not in text
    assert "those who know the seed" in card(privacy=privacy | {"noise": "seed"})
    assert "Differential privacy" not in card()


def test_sets_without_differential_privacy_leave_no_guarantee_for_all_together():
    privacy = {"dense": {"tree": {"epsilon": 1, "delta": 1e-6, "noise": "secret"}}}
    sets = [("dense", "tree", 1), ("dense", "gan", 1), ("other", "tree", 1)]
    assert list(guarantees(sets, privacy, {"dense": "ours", "other": "theirs"})) == [
        "tree on dense: epsilon 1, delta 1e-06 for each seed.",
        "All sets of the cohort ours together: no guarantee, because 1 of the 2 sets are from models without "
        "differential privacy.",
    ]


def test_individuals_of_a_public_panel_have_no_guarantee():
    privacy = {name: {"tree": {"epsilon": 1, "delta": 1e-6, "noise": "secret"}} for name in ("dense", "other")}
    one = [("dense", "tree", 1)]
    own, together = guarantees(one, privacy, {"dense": "ours"}, ["dense"])
    assert own.endswith(
        "It does not hold for the individuals of the public panel, on which the tree was trained first."
    )
    assert together.startswith("All 1 sets of the cohort ours together: epsilon 1,")
    both = [*one, ("other", "tree", 1)]
    assert list(guarantees(both, privacy, {"dense": "ours", "other": "ours"}, ["dense"]))[-1] == (
        "All sets of the cohort ours together: no guarantee, because the public panel of one data set may have "
        "individuals of another."
    )
