"""Imputation: panels, typed sites, true r2 and a small real run of Beagle."""

import gzip
from functools import partial
from pathlib import Path

import cyvcf2
import msprime
import numpy as np
import pandas as pd
import pytest

from artificial_genomes import imputation
from artificial_genomes.beagle import run_beagle
from artificial_genomes.errors import UserError
from artificial_genomes.haplotypes import Haplotypes, artificial_people
from artificial_genomes.imputation import (
    Imputed,
    allele_counts,
    build_panel,
    impute,
    minor_allele_frequencies,
    parse_panel,
    read_imputed,
    score_imputation,
    true_r2,
    typed_sites,
)

JAR = Path(__file__).parents[2] / "resources" / "data" / "pypgx" / "0.11.0" / "beagle.28Jun21.220.jar"
SETTINGS = {"typed_fraction": 0.1, "typed_maf_min": 0.05, "maf_bins": [0, 0.05, 0.25, 0.5]}


@pytest.fixture(scope="module")
def real():
    """150 simulated people at some 300 sites of 200 kb."""
    ancestry = msprime.sim_ancestry(
        150, population_size=10_000, sequence_length=200_000, recombination_rate=1e-8, random_seed=5
    )
    mutations = msprime.sim_mutations(ancestry, rate=1e-8, random_seed=5, model=msprime.BinaryMutationModel())
    alleles = mutations.genotype_matrix().T.astype(np.uint8)
    n = alleles.shape[1]
    sites = pd.DataFrame(
        {
            "contig": "20",
            "position": mutations.sites_position.astype(int) + 1,
            "id": [f"s{i}" for i in range(n)],
            "ref": "A",
            "alt": "C",
        }
    )
    people = pd.DataFrame({"sample": [f"p{i}" for i in range(150)], "population": "", "superpopulation": ""})
    unique = ~sites.duplicated("position").to_numpy()
    return Haplotypes(alleles, sites, people).take_sites(unique)


@pytest.fixture(scope="module")
def split():
    return np.array(["public"] * 60 + ["train"] * 50 + ["validation"] * 10 + ["test"] * 30, object)


def ags(real, n=20, seed=0):
    rows = np.random.default_rng(seed).integers(0, real.n_haplotypes, 2 * n)
    return Haplotypes(real.alleles[rows], real.sites, artificial_people(n))


# Panels ---------------------------------------------------------------------------------------------------------------


def test_parts_of_a_panel():
    assert parse_panel("real", []) == ["real"]
    assert parse_panel("real+gan+biobank", ["rbm", "gan"]) == ["real", "gan", "biobank"]
    assert parse_panel("gan", ["gan"]) == ["gan"]


@pytest.mark.parametrize(
    ("panel", "message"),
    [
        ("real+vae", "unknown part 'vae'. Parts are joined by .; known: real, biobank, gan"),
        ("real++gan", "unknown part ''"),
        ("", "unknown part ''"),
        ("gan+real+gan", "names a part twice"),
    ],
)
def test_panels_that_are_none(panel, message):
    with pytest.raises(UserError, match=message):
        parse_panel(panel, ["gan"])


@pytest.mark.parametrize(
    ("parts", "n_people"),
    [
        (["real"], 60),
        (["biobank"], 50),
        (["gan"], 20),
        (["real", "gan", "rbm"], 100),
        (["rbm", "real", "biobank"], 130),
    ],
)
def test_panels_hold_the_people_of_their_parts_and_nobody_else(real, split, parts, n_people):
    genomes = {"gan": ags(real), "rbm": ags(real, seed=1)}
    panel = build_panel(parts, real, split, genomes)
    samples = panel.people["sample"]
    assert len(samples) == n_people
    assert samples.is_unique
    hidden = set(real.people["sample"][np.isin(split, ["test", "validation"])])
    biobank = set(real.people["sample"][split == "train"])
    assert not hidden & set(samples)
    assert bool(biobank & set(samples)) == ("biobank" in parts)
    if parts[0] in genomes:
        np.testing.assert_array_equal(panel.alleles[:40], genomes[parts[0]].alleles)
    assert panel.sites.equals(real.sites)


def test_ags_of_other_sites_enter_no_panel(real, split):
    sites = real.sites.copy()
    sites.loc[7, "alt"] = "G"
    other = Haplotypes(ags(real).alleles, sites, artificial_people(20))
    place = f"20:{sites.position[7]}"
    with pytest.raises(UserError, match=f"of gan has other .*: site 8 is {place} A>G, expected {place} A>C"):
        build_panel(["real", "gan"], real, split, {"gan": other})


def test_a_part_without_people(real, split):
    with pytest.raises(UserError, match="part 'real' of the panel has nobody in it"):
        build_panel(["real"], real, np.where(split == "public", "train", split), {})


# Typed sites ----------------------------------------------------------------------------------------------------------


def test_typed_sites_are_frequent_spread_and_as_many_as_asked_for():
    rng = np.random.default_rng(1)
    frequencies = rng.choice([0.01, 0.3], 1000)
    alleles = (rng.random((400, 1000)) < frequencies).astype(np.uint8)
    typed = typed_sites(alleles, 0.08, 0.05)
    assert typed.sum() == 80
    assert minor_allele_frequencies(alleles)[typed].min() >= 0.05
    frequent = np.flatnonzero(minor_allele_frequencies(alleles) >= 0.05)
    steps = np.diff(np.searchsorted(frequent, np.flatnonzero(typed)))
    assert set(steps) <= {len(frequent) // 80, len(frequent) // 80 + 1}
    assert typed[frequent[[0, -1]]].all()
    # Where few sites are frequent enough, those are typed.
    assert typed_sites(alleles, 0.9, 0.05).sum() == len(frequent)


@pytest.mark.parametrize(("fraction", "maf_min"), [(0.001, 0.05), (0.1, 0.5), (1.0, 0.0)])
def test_too_few_or_too_many_typed_sites(fraction, maf_min):
    alleles = (np.random.default_rng(1).random((99, 100)) < 0.3).astype(np.uint8)
    with pytest.raises(UserError, match="of 100 sites would be typed"):
        typed_sites(alleles, fraction, maf_min)


# True r2 --------------------------------------------------------------------------------------------------------------


@pytest.fixture
def guesses():
    rng = np.random.default_rng(2)
    truth = rng.binomial(2, 0.3, (40, 12)).astype(float)
    dosages = np.clip(truth + rng.normal(0, 0.5, truth.shape), 0, 2)
    return dosages, truth


def test_true_r2_is_the_squared_correlation(guesses):
    dosages, truth = guesses
    expected = [np.corrcoef(dosages[:, i], truth[:, i])[0, 1] ** 2 for i in range(12)]
    np.testing.assert_allclose(true_r2(dosages, truth), expected, atol=1e-12)


def test_true_r2_of_resampled_people(guesses):
    dosages, truth = guesses
    chosen = np.random.default_rng(3).integers(0, 40, (5, 40))
    weights = np.stack([np.bincount(people, minlength=40) for people in chosen]) / 40
    expected = [[np.corrcoef(dosages[people, i], truth[people, i])[0, 1] ** 2 for i in range(12)] for people in chosen]
    np.testing.assert_allclose(true_r2(dosages, truth, weights), expected, atol=1e-9)


def test_true_r2_without_variation(guesses):
    dosages, truth = guesses
    truth[:, 0] = 1  # nothing to impute
    dosages[:, 1] = 0.01  # nothing learnt
    r2 = true_r2(dosages, truth)
    assert np.isnan(r2[0])
    assert r2[1] == 0
    # A resample in which neither of them varies any more.
    only_one_person = np.eye(40)[[0]]
    assert np.isnan(true_r2(dosages, truth, only_one_person)).all()


# Scores ---------------------------------------------------------------------------------------------------------------


def noisy(real, split, noise, seed=4):
    truth = allele_counts(real.take_people(split == "test"))
    rng = np.random.default_rng(seed)
    dosages = np.clip(truth + rng.normal(0, noise, truth.shape), 0, 2)
    return Imputed(dosages, np.linspace(0, 1, real.n_sites))


def test_scores_are_those_of_the_imputed_sites_by_frequency_in_the_biobank(real, split):
    imputed = noisy(real, split, 0.4)
    scores = score_imputation(real, split, imputed, None, SETTINGS, seed=1)
    train, test = (allele_counts(real.take_people(split == part)) for part in ("train", "test"))
    frequency = train.mean(axis=0) / 2
    maf = np.minimum(frequency, 1 - frequency)
    np.testing.assert_allclose(scores.sites["maf_biobank"], maf)
    typed = scores.sites["typed"].to_numpy(bool)
    assert typed.sum() == round(0.1 * real.n_sites)
    varies = test.std(axis=0) > 0
    assert not varies.all()
    with np.errstate(invalid="ignore", divide="ignore"):
        r2 = np.array([np.corrcoef(imputed.dosages[:, i], test[:, i])[0, 1] ** 2 for i in range(real.n_sites)])
    np.testing.assert_allclose(scores.sites["r2"][varies], r2[varies], atol=1e-9)
    assert scores.sites["r2"][~varies].isna().all()

    chosen = varies & ~typed
    metrics = scores.metrics.set_index("metric")
    assert metrics.index.tolist() == ["imputation_r2", "imputation_r2_rare"]
    assert metrics.loc["imputation_r2", "value"] == pytest.approx(r2[chosen].mean())
    assert metrics.loc["imputation_r2_rare", "value"] == pytest.approx(r2[chosen & (maf < 0.05)].mean())
    assert metrics["n"].tolist() == [chosen.sum(), (chosen & (maf < 0.05)).sum()]

    bins = scores.bins
    assert bins["n_sites"].sum() == chosen.sum()
    in_middle = chosen & (maf >= 0.05) & (maf < 0.25)
    assert bins.loc[1, "n_sites"] == in_middle.sum()
    assert bins.loc[1, "r2_mean"] == pytest.approx(r2[in_middle].mean())
    assert bins.loc[1, "r2_se"] == pytest.approx(r2[in_middle].std(ddof=1) / np.sqrt(in_middle.sum()))
    assert bins.loc[1, "dr2_mean"] == pytest.approx(imputed.dr2[in_middle].mean())


def test_gains_are_paired(real, split):
    better, worse = noisy(real, split, 0.3), noisy(real, split, 0.5)
    metrics = score_imputation(real, split, better, worse, SETTINGS, seed=1).metrics.set_index("metric")
    alone = score_imputation(real, split, worse, None, SETTINGS, seed=1).metrics.set_index("metric")
    for name in ("imputation_r2", "imputation_r2_rare"):
        gain = metrics.loc[f"{name}_gain"]
        assert gain["value"] == pytest.approx(metrics.loc[name, "value"] - alone.loc[name, "value"])
        assert 0 < gain["ci_low"] < gain["value"] < gain["ci_high"]
    none = score_imputation(real, split, worse, worse, SETTINGS, seed=1).metrics.set_index("metric")
    assert none.loc["imputation_r2_gain", ["value", "ci_low", "ci_high"]].tolist() == [0, 0, 0]


def test_interval_of_the_mean_covers_about_as_often_as_it_says():
    """Means over many people stand for the truth; the sets of 40 people should cover it in 95 of 100 cases."""
    rng = np.random.default_rng(6)

    def draw(n):
        truth = rng.binomial(2, 0.3, (n, 30)).astype(float)
        return truth + rng.normal(0, 0.6, truth.shape), truth

    target = true_r2(*draw(100_000)).mean()
    covered = 0
    for _ in range(100):
        dosages, truth = draw(100)
        weights = rng.multinomial(100, np.full(100, 0.01), 100) / 100
        _, low, high = imputation._mean_interval(true_r2(dosages, truth), true_r2(dosages, truth, weights))
        covered += low <= target <= high
    assert covered >= 88


def test_no_site_that_varies(real, split):
    targets = split == "test"
    alleles = real.alleles.copy()
    alleles[np.repeat(targets, 2)] = 0
    fixed = Haplotypes(alleles, real.sites, real.people)
    with pytest.raises(UserError, match="no imputed site varies among the test people"):
        score_imputation(fixed, split, noisy(real, split, 0.1), None, SETTINGS, seed=1)


# Runs -----------------------------------------------------------------------------------------------------------------


@pytest.fixture
def target(real, split):
    return real.take_people(split == "test")


@pytest.fixture
def typed(real, split):
    return typed_sites(real.take_people(split == "train").alleles, 0.1, 0.05)


VCF_HEADER = """##fileformat=VCFv4.2
##filedate=20200101
##INFO=<ID=DR2,Number=A,Type=Float,Description="r2">
##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">
##FORMAT=<ID=DS,Number=A,Type=Float,Description="dose">
"""


def imputing_program(haplotypes, shown=None, fields="GT:DS"):
    """Return a program that "imputes" the true genotypes, with DR2 = .5, and notes what it was shown."""

    def program(panel_vcf, target_vcf, output):
        if shown is not None:
            shown["panel"], shown["target"] = (
                [(record.POS, record.genotypes) for record in cyvcf2.VCF(str(path))] for path in (panel_vcf, target_vcf)
            )
        counts = allele_counts(haplotypes).astype(int)
        lines = [
            "\t".join(
                [
                    "#CHROM",
                    *["POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO", "FORMAT"],
                    *haplotypes.people["sample"],
                ]
            )
        ]
        for i, site in enumerate(haplotypes.sites.itertuples()):
            cells = [f"0|0:{count}" if fields == "GT:DS" else "0|0" for count in counts[:, i]]
            lines.append(
                "\t".join(
                    [site.contig, str(site.position), "x", site.ref, site.alt, ".", ".", "DR2=0.5", fields, *cells]
                )
            )
        path = Path(f"{output}.vcf.gz")
        path.write_bytes(gzip.compress((VCF_HEADER + "\n".join(lines) + "\n").encode()))
        return path

    return program


def test_the_program_sees_the_panel_and_only_the_typed_sites_of_the_target(real, split, target, typed, tmp_path):
    panel, shown = build_panel(["real"], real, split, {}), {}
    output = tmp_path / "deep" / "imputed.vcf.gz"
    impute(panel, target, typed, "GRCh37", imputing_program(target, shown), output)
    assert [position for position, _ in shown["panel"]] == real.sites["position"].tolist()
    assert [position for position, _ in shown["target"]] == real.sites["position"][typed].tolist()
    alleles = np.array([[genotype[:2] for genotype in genotypes] for _, genotypes in shown["target"]])
    np.testing.assert_array_equal(alleles.reshape(typed.sum(), -1).T, target.alleles[:, typed])
    assert all(genotype[2] for _, genotypes in shown["panel"] for genotype in genotypes)

    text = gzip.decompress(output.read_bytes()).decode()
    assert "filedate" not in text
    assert text.index("##contig=<ID=20,length=63025520") < text.index("#CHROM")
    assert sorted(path.name for path in output.parent.iterdir()) == ["imputed.vcf.gz", "imputed.vcf.gz.tbi"]
    imputed = read_imputed(output, real.sites, target.people["sample"])
    np.testing.assert_array_equal(imputed.dosages, allele_counts(target))
    assert set(imputed.dr2) == {0.5}
    again = tmp_path / "again.vcf.gz"
    impute(panel, target, typed, "GRCh37", imputing_program(target), again)
    assert again.read_bytes() == output.read_bytes()


def no_vcf(panel_vcf, target_vcf, output):
    path = Path(f"{output}.vcf.gz")
    path.write_bytes(gzip.compress(b"nothing\n"))
    return path


def broken_off(target):
    def program(panel_vcf, target_vcf, output):
        path = imputing_program(target)(panel_vcf, target_vcf, output)
        path.write_bytes(path.read_bytes()[:-50])
        return path

    return program


def failing(panel_vcf, target_vcf, output):
    raise UserError("Beagle failed")


@pytest.mark.parametrize(
    ("program", "message"),
    [
        (
            lambda target: imputing_program(target.take_sites(np.arange(9))),
            r"the imputed VCF has 9 sites, the dataset \d+",
        ),
        (lambda target: imputing_program(target.take_people(np.arange(9))), "other people than those to impute"),
        (lambda target: imputing_program(target, fields="GT"), "no dosages .FORMAT DS. at 20:"),
        (lambda target: no_vcf, "no VCF"),
        (broken_off, "broken off"),
        (lambda target: failing, "Beagle failed"),
    ],
)
@pytest.mark.filterwarnings("ignore:no intervals found")
def test_an_incomplete_result_is_never_kept(real, split, target, typed, tmp_path, program, message):
    output = tmp_path / "imputed.vcf.gz"
    with pytest.raises(UserError, match=message):
        impute(build_panel(["real"], real, split, {}), target, typed, "GRCh37", program(target), output)
    assert list(tmp_path.iterdir()) == []


def test_people_to_impute_are_in_no_panel(real, split, target, typed, tmp_path):
    with pytest.raises(UserError, match="30 of the people to impute are also in the panel"):
        impute(real, target, typed, "GRCh37", imputing_program(target), tmp_path / "imputed.vcf.gz")


@pytest.mark.real_data
def test_beagle_imputes_and_more_people_of_the_same_kind_help(real, split, target, typed, tmp_path):
    if not JAR.exists():
        pytest.skip(f"{JAR} is absent (`make demo` downloads it)")
    beagle = partial(run_beagle, JAR, seed=1, threads=1, memory_mb=500)
    small = np.where(np.arange(150) < 10, "public", np.where(split == "public", "left out", split))
    results = {}
    for parts in (["real"], ["real", "biobank"]):
        output = tmp_path / f"{len(parts)}.vcf.gz"
        impute(build_panel(parts, real, small, {}), target, typed, "GRCh37", beagle, output)
        results[len(parts)] = read_imputed(output, real.sites, target.people["sample"])
    np.testing.assert_array_equal(results[1].dosages[:, typed], allele_counts(target)[:, typed])
    metrics = score_imputation(real, small, results[2], results[1], SETTINGS, 1).metrics.set_index("metric")
    assert metrics.loc["imputation_r2", "value"] > 0.5
    assert metrics.loc["imputation_r2_gain", "ci_low"] > 0
