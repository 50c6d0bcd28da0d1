"""From a cohort to a dataset: filters, split, quality record."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pysam
import pytest

from artificial_genomes.compare.matching import match_people
from artificial_genomes.core.errors import Findings, UserError
from artificial_genomes.core.haplotypes import Haplotypes, load_haplotypes
from artificial_genomes.core.sites import KEEP
from artificial_genomes.io.hapt import write_hapt, write_legend
from artificial_genomes.io.impute import write_impute
from artificial_genomes.io.plink2 import write_pgen
from artificial_genomes.io.vcf_writer import write_vcf
from artificial_genomes.prepare.preparation import (
    CohortFiles,
    Dataset,
    cut_cohort,
    prepare_dataset,
    select_people,
    select_sites,
    split_people,
)
from helpers import ROOT

SCRIPT = ROOT / "workflow" / "scripts" / "prepare.py"
SETTINGS = {"region": None, "people": {}, "public": False, "maf_min": 0.0}
SPLIT = {"test": 0.2, "validation": 0.1, "seed": 42, "relatives": "together"}
N_PEOPLE, N_SITES = 60, 40


@pytest.fixture
def cohort() -> Haplotypes:
    """60 people, the first 40 of them EUR; ALT counts among those 40 people's haplotypes are known."""
    rng = np.random.default_rng(5)
    alleles = np.zeros((2 * N_PEOPLE, N_SITES), np.uint8)
    for site, count in enumerate(eur_counts()):
        alleles[rng.choice(80, count, replace=False), site] = 1
    alleles[80:] = rng.integers(0, 2, (40, N_SITES))
    sites = pd.DataFrame(
        {
            "contig": "7",
            "position": 1000 + 10 * np.arange(N_SITES),
            "id": [f"rs{i}" for i in range(N_SITES)],
            "ref": "A",
            "alt": "C",
        }
    )
    return Haplotypes(alleles, sites, people_table())


def eur_counts() -> np.ndarray:
    """ALT alleles of the 40 EUR people: 5 sites with none, 3 with all, 4 with two, 2 with 78, 26 with four or more."""
    return np.array([0] * 5 + [80] * 3 + [2] * 4 + [78] * 2 + list(range(4, 30)))


def people_table() -> pd.DataFrame:
    labels = [("CEU", "EUR")] * 15 + [("FIN", "EUR")] * 25 + [("YRI", "AFR")] * 20
    rows = [(f"P{i:02d}", *label) for i, label in enumerate(labels)]
    return pd.DataFrame(rows, columns=["sample", "population", "superpopulation"])


def prepared(cohort: Haplotypes, folder: Path, **settings) -> Dataset:
    write_vcf(cohort, folder / "cohort.vcf.gz", "GRCh37")
    return prepare_dataset(
        CohortFiles([folder / "cohort.vcf.gz"]), people_table(), "GRCh37", SETTINGS | settings, SPLIT
    )


def qc_values(dataset: Dataset) -> dict[tuple[str, str], object]:
    return dataset.qc.set_index(["step", "what"])["value"].to_dict()


# ---------------------------------------------------------------------------------------------------- the split


def test_split_is_the_published_one():
    """Of 2504 people the first 501 of RandomState(42).permutation are test; counts as in published comparisons."""
    parts = split_people(2504, 0.2, 0.1, 42)
    order = np.random.RandomState(42).permutation(2504)
    assert set(np.flatnonzero(parts == "test")) == set(order[:501])
    assert set(np.flatnonzero(parts == "validation")) == set(order[501:701])
    assert (parts == "train").sum() == 1803


def test_split_of_503_europeans_leaves_402_for_training_and_validation():
    parts = split_people(503, 0.2, 0.1, 42)
    assert [(parts == part).sum() for part in ("test", "validation", "train")] == [101, 40, 362]


def test_split_depends_on_the_seed_only():
    one, again, other = (split_people(50, 0.2, 0.1, seed) for seed in (1, 1, 2))
    assert (one == again).all()
    assert (one != other).any()


def test_a_split_must_leave_as_many_people_as_the_comparison_needs():
    parts = split_people(23, 0.2, 0.1, 42)
    assert match_people(parts, seed=1).n_people == 5
    with pytest.raises(
        UserError, match="16 train, 4 test individuals are too few to compare: at least 10 train, 5 test"
    ):
        split_people(22, 0.2, 0.1, 42)
    assert (split_people(22, 0.25, 0.1, 42) == "test").sum() == 6


@pytest.mark.parametrize(
    ("test", "validation", "message"),
    [
        (0.0, 0.1, "27 train, 0 test individuals are too few"),
        (0.2, 0.0, "the split of 30 individuals leaves none for validation"),
        (0.98, 0.9, "0 train, 29 test individuals are too few"),
    ],
)
def test_no_part_of_the_split_may_be_empty(test, validation, message):
    with pytest.raises(UserError, match=message):
        split_people(30, test, validation, 42)


# ---------------------------------------------------------------------------------------------------- people


def test_people_pass_who_have_a_wanted_value_in_every_column():
    people = people_table()
    assert select_people(people, {}).all()
    assert select_people(people, {"superpopulation": ["EUR"]}).sum() == 40
    assert select_people(people, {"population": ["CEU", "YRI"]}).sum() == 35
    assert select_people(people, {"superpopulation": "EUR", "population": ["CEU", "YRI"]}).sum() == 15


def test_filters_that_cannot_be_meant():
    with pytest.raises(UserError, match=r"no individual has population GBR\. Write one of CEU, FIN, YRI"):
        select_people(people_table(), {"population": ["CEU", "GBR"]})
    with pytest.raises(UserError, match="cannot be selected by 'sex'"):
        select_people(people_table(), {"sex": ["male"]})


def test_public_people_stay_in_the_store_and_out_of_the_split(cohort, tmp_path):
    dataset = prepared(cohort, tmp_path, people={"superpopulation": ["EUR"]}, public=True)
    assert dataset.split["split"].value_counts().to_dict() == {"public": 20, "train": 29, "validation": 3, "test": 8}
    assert (dataset.split["superpopulation"] == "AFR").equals(dataset.split["split"] == "public")
    assert dataset.split["sample"].tolist() == dataset.haplotypes.people["sample"].tolist()
    np.testing.assert_array_equal(dataset.haplotypes.alleles, cohort.alleles)


def test_the_panel_keeps_only_the_labels_that_are_wanted(cohort, tmp_path):
    wanted = {"people": {"population": ["FIN"]}, "public": True}
    dataset = prepared(cohort, tmp_path, **wanted, public_people={"superpopulation": ["AFR"]})
    panel = dataset.split["split"] == "public"
    assert set(dataset.split["population"]) == {"FIN", "YRI"}
    assert (dataset.split["population"] == "YRI").equals(panel)
    assert panel.sum() == 20
    assert qc_values(dataset)["people", "individuals left out by the filter"] == 15
    # Own individuals that are drawn for the panel stay in it, whatever their labels.
    both = prepared(cohort, tmp_path, **wanted, public_people={"superpopulation": ["AFR"]}, public_share=0.1)
    assert both.split.groupby("population")["split"].apply(lambda parts: (parts == "public").sum()).to_dict() == {
        "FIN": 2,
        "YRI": 20,
    }
    with pytest.raises(UserError, match="leave none for the public panel"):
        prepared(cohort, tmp_path, **wanted, public_people={"population": ["FIN"]})


def test_a_share_of_the_own_people_is_public_and_no_longer_own(cohort, tmp_path):
    people = {"superpopulation": ["EUR"]}
    dataset = prepared(cohort, tmp_path, people=people, public=True, public_share=0.2)
    counts = dataset.split.groupby("superpopulation")["split"].value_counts().to_dict()
    assert counts == {
        ("AFR", "public"): 20,
        ("EUR", "public"): 8,
        ("EUR", "train"): 23,
        ("EUR", "validation"): 3,
        ("EUR", "test"): 6,
    }
    # Frequencies are taken in people whom models know: without the eight, some sites are rarer than MAF 1 / 52 wants.
    strict = prepared(cohort, tmp_path, people=people, public=True, public_share=0.2, maf_min=1 / 52)
    assert strict.haplotypes.sites["id"].tolist() == frequent(cohort, dataset, 1 / 52)
    again = prepared(cohort, tmp_path, people=people, public=True, public_share=0.2)
    assert again.split.equals(dataset.split)


def test_other_people_go_where_they_are_not_public(cohort, tmp_path):
    dataset = prepared(cohort, tmp_path, people={"population": ["FIN"]})
    np.testing.assert_array_equal(dataset.haplotypes.alleles, cohort.alleles[30:80])
    assert dataset.split["sample"].tolist() == people_table()["sample"].iloc[15:40].tolist()
    assert (dataset.split["split"].to_numpy() == split_people(25, 0.2, 0.1, 42)).all()
    assert qc_values(dataset)["people", "individuals left out by the filter"] == 35


def test_nobody_is_left_to_be_public(cohort, tmp_path):
    with pytest.raises(UserError, match="leave none for the public panel"):
        prepared(cohort, tmp_path, public=True)
    shared = prepared(cohort, tmp_path, public=True, public_share=0.25)
    assert (shared.split["split"] == "public").sum() == N_PEOPLE // 4


def test_sites_may_be_as_close_as_they_are(cohort, tmp_path):
    dataset = prepared(cohort, tmp_path, distance_min_bp=None)
    assert dataset.haplotypes.sites["id"].tolist() == prepared(cohort, tmp_path).haplotypes.sites["id"].tolist()


def test_people_keep_the_order_of_the_haplotypes(cohort, tmp_path):
    shuffled = people_table().sample(frac=1, random_state=1)
    extra = pd.DataFrame({"sample": ["Z"], "population": ["GBR"], "superpopulation": ["EUR"]})
    write_vcf(cohort, tmp_path / "a.vcf.gz", "GRCh37")
    dataset = prepare_dataset(
        CohortFiles([tmp_path / "a.vcf.gz"]), pd.concat([shuffled, extra]), "GRCh37", SETTINGS, SPLIT
    )
    assert dataset.haplotypes.people.to_numpy().tolist() == people_table().to_numpy().tolist()
    assert qc_values(dataset)["people", "labels without haplotypes"] == 1


# ---------------------------------------------------------------------------------------------------- sites


def frequent(cohort: Haplotypes, dataset: Dataset, maf_min: float) -> list[str]:
    """Return the sites whose minor allele is frequent enough among training and validation people."""
    known = cohort.take_people(dataset.split["split"].isin(["train", "validation"]).to_numpy()).alleles.mean(axis=0)
    return [f"rs{i}" for i in np.flatnonzero(np.minimum(known, 1 - known) >= maf_min)]


def test_maf_counts_the_people_only_whom_models_know(cohort, tmp_path):
    dataset = prepared(cohort, tmp_path, people={"superpopulation": ["EUR"]}, public=True, maf_min=0.05)
    kept = frequent(cohort, dataset, 0.05)
    assert dataset.haplotypes.sites["id"].tolist() == kept
    values = qc_values(dataset)
    n_monomorphic = values["filter", "monomorphic"]
    assert n_monomorphic >= 8
    assert values["filter", "minor allele frequency below 0.05"] == 40 - len(kept) - n_monomorphic
    assert values["read", "biallelic SNPs"] == 40
    assert values["sites", "sites"] == len(kept) >= 20


def test_alleles_of_test_people_choose_no_site(cohort, tmp_path):
    unseen = split_people(N_PEOPLE, SPLIT["test"], SPLIT["validation"], SPLIT["seed"]) == "test"
    alleles = cohort.alleles.copy()
    alleles[np.repeat(unseen, 2), 8:12] = 1  # common among test people, rare among the others
    datasets = []
    for number, one in enumerate((cohort, Haplotypes(alleles, cohort.sites, cohort.people))):
        (tmp_path / str(number)).mkdir()
        datasets.append(prepared(one, tmp_path / str(number), maf_min=0.2))
    assert datasets[0].haplotypes.sites.equals(datasets[1].haplotypes.sites)
    assert not datasets[0].haplotypes.sites.equals(cohort.sites)


def test_maf_of_zero_keeps_monomorphic_sites(cohort, tmp_path):
    dataset = prepared(cohort, tmp_path, people={"superpopulation": ["EUR"]}, public=True)
    assert dataset.haplotypes.n_sites == 40
    values = qc_values(dataset)
    assert values["filter", "monomorphic"] == 0
    assert values["sites", "monomorphic"] == 8
    assert values["sites", "minor allele frequency below 0.05"] == 14


def chosen(counts, n_haplotypes, maf_min, distance_min_bp=0, sites_max=None):
    places = np.arange(len(counts))
    sites = pd.DataFrame({"contig": np.where(places < 12, "1", "2"), "position": 1000 + 10 * places})
    return select_sites(sites, counts, n_haplotypes, maf_min, sites_max, distance_min_bp)


def test_sites_keep_a_distance_on_each_contig():
    counts = np.full(40, 50)
    counts[1] = 0
    kept, dropped = chosen(counts, 100, 0.05, 20)
    assert kept.tolist() == [0, 2, 4, 6, 8, 10, *range(12, 40, 2)]
    assert dropped == {
        "monomorphic": 1, "minor allele frequency below 0.05": 0, "closer than 20 bp": 19, "beyond sites_max": 0
    }  # fmt: skip
    assert chosen(counts, 100, 0.05, 21, 12)[0].tolist() == [0, 3, 6, 9, 12, 15, 18, 21, 24, 27, 30, 33]
    with pytest.raises(UserError, match="7 sites are at least 60 bp apart, but 10 are needed"):
        chosen(counts, 100, 0.05, 60)


def test_a_site_at_the_threshold_is_kept():
    counts = np.array([5] * 10 + [4] * 10 + [95] * 10)
    kept, _ = chosen(counts, 100, 0.05)
    assert kept.tolist() == [*range(10), *range(20, 30)]


def test_sites_max_takes_a_stretch_without_gaps(cohort, tmp_path):
    everything = prepared(cohort, tmp_path, maf_min=0.01).haplotypes.sites["id"].tolist()
    dataset = prepared(cohort, tmp_path, maf_min=0.01, sites_max=12)
    assert dataset.haplotypes.sites["id"].tolist() == everything[:12]
    assert qc_values(dataset)["filter", "beyond sites_max"] == len(everything) - 12


def test_region(cohort, tmp_path):
    dataset = prepared(cohort, tmp_path, region="7:1100-1250")
    assert dataset.haplotypes.sites["position"].tolist() == list(range(1100, 1251, 10))
    with pytest.raises(UserError, match=r"region chr7:1100-1250: the file's contigs are named 7\. Write 7:1100-1250"):
        prepared(cohort, tmp_path, region="chr7:1100-1250")


SEVERAL = ["10:1,250-1,390", "7:1000-1040", "7:1100-1150"]


KINDS = ["VCF", "indexed VCF", "hapt", "IMPUTE", "PLINK 2"]


def written(cohort: Haplotypes, folder: Path, kind: str) -> CohortFiles:
    """Write a cohort in a format; of several contigs, as VCF, one file each, in another order than their numbers."""
    files = CohortFiles([folder / "a.vcf"])
    if kind == "indexed VCF":
        files = CohortFiles([folder / "a.vcf.gz"])
        write_vcf(cohort, files.haplotypes[0], "GRCh37")
        pysam.tabix_index(str(files.haplotypes[0]), preset="vcf", force=True)
    elif kind == "VCF":
        contigs = sorted(cohort.sites["contig"].unique())
        files = CohortFiles([folder / f"{contig}.vcf" for contig in contigs])
        for contig, path in zip(contigs, files.haplotypes, strict=True):
            write_vcf(cohort.take_sites(cohort.sites["contig"] == contig), path, "GRCh37")
    elif kind == "hapt":
        files = CohortFiles([folder / "a.hapt"], folder / "a.legend")
        write_hapt(cohort, files.haplotypes[0], "Real")
        write_legend(cohort, files.legend)
    elif kind == "IMPUTE":
        files = CohortFiles([folder / "a.hap"], folder / "a.legend", folder / "a.samples")
        write_impute(cohort, files.haplotypes[0], files.legend)
        files.samples.write_text("\n".join(cohort.people["sample"]) + "\n")
    else:
        files = CohortFiles([folder / "a.pgen"])
        write_pgen(cohort, files.haplotypes[0])
    return files


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("alt", ["*", "GC", "AC"])
def test_a_position_goes_in_every_format_where_another_row_lacks_the_reference_base(cohort, tmp_path, kind, alt):
    # Rows 19 and 20 are of one position; whoever carries AC has the reference base there, and other alleles have not.
    cohort.sites.loc[20, ["position", "ref", "alt"]] = [cohort.sites.loc[19, "position"], "A", alt]
    dataset = prepare_dataset(written(cohort, tmp_path, kind), people_table(), "GRCh37", SETTINGS, SPLIT)
    left_out = [20] if alt == "AC" else [19, 20]
    kept = np.delete(np.arange(N_SITES), left_out)
    np.testing.assert_array_equal(dataset.haplotypes.alleles, cohort.alleles[:, kept])
    assert qc_values(dataset)["read", "not a SNP"] == 1
    assert qc_values(dataset)["read", "position with different alleles in another row"] == len(left_out) - 1


@pytest.mark.integration
def test_variants_of_plink_that_failed_a_filter_are_left_out_as_plink_does(cohort, tmp_path):
    files = written(cohort, tmp_path, "PLINK 2")
    lines = (tmp_path / "a.pvar").read_text().splitlines()
    filters = ["PASS", ".", "LowQual", "q10"]
    rows = [f"{line}\t.\t{filters[i % 4]}" for i, line in enumerate(lines[1:])]
    (tmp_path / "a.pvar").write_text("\n".join([f"{lines[0]}\tQUAL\tFILTER", *rows]) + "\n")
    dataset = prepare_dataset(files, people_table(), "GRCh37", SETTINGS, SPLIT)
    assert qc_values(dataset)["read", "failed a filter"] == 20
    kept = [i for i in range(N_SITES) if i % 4 < 2]
    np.testing.assert_array_equal(dataset.haplotypes.alleles, cohort.alleles[:, kept])
    everything = prepare_dataset(files, people_table(), "GRCh37", SETTINGS, SPLIT, failed=KEEP)
    assert everything.haplotypes.n_sites == N_SITES
    if plink2 := shutil.which("plink2"):
        command = [plink2, "--pfile", tmp_path / "a", "--var-filter", "--make-just-pvar", "--out", tmp_path / "b"]
        subprocess.run([*command, "--threads", "1"], check=True, capture_output=True)
        ids = [line.split("\t")[2] for line in (tmp_path / "b.pvar").read_text().splitlines() if line[0] != "#"]
        assert dataset.haplotypes.sites["id"].tolist() == ids


@pytest.mark.parametrize("kind", KINDS)
def test_several_regions_of_several_contigs_in_every_format(cohort, tmp_path, kind):
    cohort.sites.loc[N_SITES // 2 :, "contig"] = "10"
    files = written(cohort, tmp_path, kind)
    dataset = prepare_dataset(files, people_table(), "GRCh37", SETTINGS | {"region": SEVERAL}, SPLIT)
    wanted = [
        place
        for place, site in enumerate(cohort.sites.itertuples())
        if (site.contig == "7" and (site.position <= 1040 or 1100 <= site.position <= 1150))
        or (site.contig == "10" and site.position >= 1250)
    ]
    sites = dataset.haplotypes.sites
    assert sites[["contig", "position"]].equals(cohort.sites.loc[wanted, ["contig", "position"]].reset_index(drop=True))
    np.testing.assert_array_equal(dataset.haplotypes.alleles, cohort.alleles[:, wanted])
    values = qc_values(dataset)
    assert [values["sites", f"in {region}"] for region in ("7:1000-1040", "7:1100-1150", "10:1250-1390")] == [5, 6, 15]
    assert values["read", "rows read"] == 26
    for region, message in (
        ("7:1900-1999", "region 7:1900-1999 contains no site of the files, although they have contig 7"),
        ("8:1-99", "region 8:1-99: the files have no contig 8, only 7, 10"),
    ):
        with pytest.raises(UserError, match=message):
            prepare_dataset(files, people_table(), "GRCh37", SETTINGS | {"region": [*SEVERAL, region]}, SPLIT)


@pytest.mark.parametrize("settings", [{"maf_min": 0.02}, {"sites_max": 10}])
def test_a_region_of_which_no_site_is_left_is_refused(cohort, tmp_path, settings):
    # The first five sites are monomorphic; the last regions come too late.
    regions = ["7:1000-1040", "7:1060-1390"] if "maf_min" in settings else ["7:1000-1100", "7:1300-1390"]
    missing = regions[0] if "maf_min" in settings else regions[1]
    with pytest.raises(
        UserError, match=rf"region {missing} has none of the \d+ sites used: none of its (5|10) biallelic"
    ):
        prepared(cohort, tmp_path, people={"superpopulation": ["EUR"]}, region=regions, **settings)


def test_a_check_notes_what_a_run_would_refuse_and_goes_on(cohort):
    europeans = cohort.take_people(np.arange(N_PEOPLE) < 12)
    settings = SETTINGS | {"region": ["7:1000-1390", "7:2000-3000"]}
    findings = Findings()
    cut = cut_cohort(europeans, cohort.people["sample"], "GRCh37", settings, SPLIT, findings)
    assert cut.sizes is cut.parts is cut.relatives is None
    assert len(cut.kept) == N_SITES
    few, region = findings.problems
    assert few.startswith("9 train, 2 test individuals are too few")
    assert region.startswith("region 7:2000-3000 has none of the 40 sites used")
    with pytest.raises(UserError, match="9 train, 2 test individuals are too few"):
        cut_cohort(europeans, cohort.people["sample"], "GRCh37", settings, SPLIT)
    nobody = settings | {"people": {"population": ["XYZ"]}}
    assert cut_cohort(europeans, cohort.people["sample"], "GRCh37", nobody, SPLIT, findings) is None
    assert findings.problems[2].startswith("no individual has population XYZ")


def test_all_sites_monomorphic():
    with pytest.raises(UserError, match="all 12 sites are monomorphic among 40 individuals"):
        chosen(np.array([0, 80] * 6), 80, 0.0)


def test_too_few_sites_and_which_filter_took_them():
    with pytest.raises(UserError, match=r"9 sites are left.*of 20 biallelic SNPs, 4 are monomorphic.*7 have a minor"):
        chosen(np.array([0] * 4 + [1] * 7 + [40] * 9), 80, 0.05)


def test_a_region_of_nine_sites(cohort, tmp_path):
    with pytest.raises(UserError, match="9 sites are left, but at least 10 are needed"):
        prepared(cohort, tmp_path, region="7:1300-1380")


# ------------------------------------------------------------------------------------- what genotypes mean


@pytest.mark.parametrize("kind", KINDS)
def test_men_written_twice_are_refused_in_every_format(cohort, tmp_path, kind):
    cohort.sites["contig"] = "X"
    cohort.sites["position"] += 100_000_000
    cohort.alleles[1::4] = cohort.alleles[0::4]  # every other person
    settings = SETTINGS | {"people": {"population": ["FIN"]}}
    with pytest.raises(UserError, match=r"X: 1\d of 25 individuals have no .*\(numbers 17, 19, 21, "):
        prepare_dataset(written(cohort, tmp_path, kind), people_table(), "GRCh37", settings, SPLIT)


def test_genotypes_filled_in_are_counted_and_not_those_that_make_up_a_population(cohort, tmp_path):
    filled = np.zeros((N_PEOPLE, N_SITES), bool)
    filled[:8, 20] = True  # eight of 15 CEU
    filled[[3, 3, 20, 59], [30, 31, 31, 31]] = True
    phased = Haplotypes(cohort.alleles, cohort.sites, cohort.people, filled)
    dataset = prepared(phased, tmp_path)
    assert dataset.haplotypes.sites["id"].tolist() == [f"rs{i}" for i in range(N_SITES) if i != 20]
    values = qc_values(dataset)
    assert values["filter", "filled in for most of a population"] == 1
    assert values["filled in", "genotypes"] == 4
    assert [values["filled in, population", name] for name in ("CEU", "FIN", "YRI")] == [2, 1, 1]
    assert (values["filled in, individual", "P03"], values["filled in, site", "7:1310"]) == (2, 3)
    # In a data set of one population others do not count.
    dataset = prepared(phased, tmp_path, people={"population": ["FIN"]})
    assert dataset.haplotypes.n_sites == N_SITES
    assert qc_values(dataset)["filled in", "genotypes"] == 1


# ---------------------------------------------------------------------------------------------------- .hapt cohorts


@pytest.mark.parametrize("region", [None, "7:1100-1250"])
def test_hapt_gives_the_same_dataset_as_vcf(cohort, tmp_path, region):
    write_hapt(cohort, tmp_path / "a.hapt.gz", "Real")
    write_legend(cohort, tmp_path / "a.legend")
    settings = SETTINGS | {"region": region, "maf_min": 0.01}
    one = prepare_dataset(
        CohortFiles([tmp_path / "a.hapt.gz"], tmp_path / "a.legend"), people_table(), "GRCh37", settings, SPLIT
    )
    other = prepared(cohort, tmp_path, **settings)
    np.testing.assert_array_equal(one.haplotypes.alleles, other.haplotypes.alleles)
    assert one.haplotypes.sites["position"].tolist() == other.haplotypes.sites["position"].tolist()
    assert one.split.equals(other.split)


def test_hapt_rows_that_are_no_snps_are_dropped(cohort, tmp_path):
    write_hapt(cohort, tmp_path / "a.hapt", "Real")
    write_legend(cohort, tmp_path / "a.legend")
    text = (tmp_path / "a.legend").read_text().replace("7:1000_A_C 1000 A C", "7:1000_A_CT 1000 A CT")
    (tmp_path / "a.legend").write_text(text)
    dataset = prepare_dataset(
        CohortFiles([tmp_path / "a.hapt"], tmp_path / "a.legend"), people_table(), "GRCh37", SETTINGS, SPLIT
    )
    assert dataset.haplotypes.n_sites == 39
    assert qc_values(dataset)["read", "not a SNP"] == 1


def test_hapt_region_without_sites(cohort, tmp_path):
    write_hapt(cohort, tmp_path / "a.hapt", "Real")
    write_legend(cohort, tmp_path / "a.legend")
    settings = SETTINGS | {"region": "8:1-100"}
    with pytest.raises(UserError, match="the files have no contig 8, only 7"):
        prepare_dataset(
            CohortFiles([tmp_path / "a.hapt"], tmp_path / "a.legend"), people_table(), "GRCh37", settings, SPLIT
        )


# ---------------------------------------------------------------------------------------------------- the script


def run_script(folder: Path, out: Path, *, people: pd.DataFrame, **settings) -> subprocess.CompletedProcess:
    people.to_csv(folder / "people.csv", index=False)
    command = [sys.executable, str(SCRIPT), "--haplotypes", str(folder / "cohort.vcf.gz"), "--legend"]
    command += ["--people", str(folder / "people.csv"), "--build", "GRCh37", "--split", json.dumps(SPLIT)]
    command += ["--settings", json.dumps(SETTINGS | {"cohort": "own"} | settings)]
    command += ["--output-haplotypes", str(out / "h.vcz.zip"), "--output-split", str(out / "split.tsv")]
    command += ["--output-qc", str(out / "qc.tsv"), "--output-relatives", str(out / "relatives.tsv")]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.integration
def test_script_writes_the_same_bytes_twice(cohort, tmp_path):
    write_vcf(cohort, tmp_path / "cohort.vcf.gz", "GRCh37")
    for run in ("one", "two"):
        ran = run_script(tmp_path, tmp_path / run, people=people_table(), maf_min=0.01)
        assert ran.returncode == 0, ran.stderr
    names = sorted(file.name for file in (tmp_path / "one").iterdir())
    assert names == ["h.vcz.zip", "qc.tsv", "relatives.tsv", "split.tsv"]
    for name in names:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    split = pd.read_csv(tmp_path / "one" / "split.tsv", sep="\t")
    assert split.columns.tolist() == ["sample", "population", "superpopulation", "split"]
    assert load_haplotypes(tmp_path / "one" / "h.vcz.zip").people["sample"].tolist() == split["sample"].tolist()


@pytest.mark.integration
def test_script_ends_in_one_line_and_code_2(cohort, tmp_path):
    write_vcf(cohort, tmp_path / "cohort.vcf.gz", "GRCh37")
    ran = run_script(tmp_path, tmp_path / "out", people=people_table().iloc[:-2])
    assert ran.returncode == 2
    assert ran.stderr.strip().splitlines()[-1].startswith("error: 2 of 60 samples have no label")
    assert "Traceback" not in ran.stderr
    assert not (tmp_path / "out").exists()
