"""The check before a run: several regions, and windows, of which others see the commonest case."""

import gzip
import re
from pathlib import Path

import pandas as pd
import pytest

from artificial_genomes.check import costs
from artificial_genomes.check.screen import COST, INPUT, NOTE, PROBLEM, screen
from artificial_genomes.check.survey import survey
from artificial_genomes.config import resources
from artificial_genomes.config.checks import Configuration, read_defaults
from artificial_genomes.core.haplotypes import Haplotypes
from artificial_genomes.io.vcf import read_vcf
from helpers import ROOT
from plan_helpers import DATASETS
from workflow_helpers import cohort, write_cohort

REGIONS = ["chr10:1-2,000,000", "chr7:1,000,000-1,000,900", "chr7:60,000,000-60,100,000"]


@pytest.fixture
def configuration(tmp_path, monkeypatch) -> Configuration:
    """Return a run of people with 10 and 20 sites on contig chr7, in two regions, and 50 on chr10."""
    people = cohort(80, 80, contig="chr10", seed=2, first=1_000_000)
    sites = people.sites.copy()
    sites.loc[:29, "contig"] = "chr7"
    sites.loc[10:29, "position"] += 59_000_000
    write_cohort(Haplotypes(people.alleles, sites, people.people), tmp_path, "GRCh38")
    monkeypatch.chdir(tmp_path)
    dataset = {"cohort": "mine", "region": REGIONS, "people": {}, "public": False, "maf_min": 0.01, "sites_max": None}
    return Configuration(
        {
            "seeds": [1, 2],
            "device": "cpu",
            "cohorts": {
                "mine": {"vcf": ["cohort.vcf.gz"], "people": "people.tsv", "build": "GRCh38", "private": False}
            },
            "datasets": ["whole", "cut"],
            "dataset_params": {"whole": dataset, "cut": dataset | {"windows": {"n": 4, "context_sites": 6}}},
            "split": {"test": 0.2, "validation": 0.1, "seed": 42, "relatives": "together"},
            "models": ["markov"],
            "model_params": {"markov": {"kind": "markov", "window": 5}},
            "generate": {"n": None},
            "compare": {"pca_axes": 6, "individuals_max": None},
            "scan": {"datasets": []},
            "imputation": {"datasets": [], "genetic_map": None},
            "latent": {"datasets": [], "masked_datasets": []},
        },
        ROOT,
    )


def told(table: pd.DataFrame, topic: str) -> dict:
    rows = table[table["topic"] == topic]
    return dict(zip(zip(rows["dataset"], rows["what"], strict=True), rows["value"], strict=True))


def test_regions_and_windows_are_told_and_each_window_costs_what_it_is(configuration):
    found = survey(configuration)
    assert told(found, PROBLEM) == {}
    facts = told(found, INPUT)
    assert facts["whole", "regions"] == facts["cut", "regions"] == "3, of 10 to 50 sites"
    assert facts["whole", "contigs"] == "chr7, chr10 (2, with chr)"
    # Two windows of 15 sites on chr7, two of 25 on chr10; all but the first have a context of 6.
    assert (facts["whole", "windows"], facts["cut", "windows"]) == ("none", "4, of 15 to 31 sites with context")
    jobs, memory, *_ = told(found, COST)["", "train markov"].split("; ")
    assert (jobs, memory) == ("10", f"{resources.training_mb({'kind': 'markov'}, 80, 160)} MB")  # 2 seeds x (1 + 4)


def test_the_build_is_verified_by_headers_or_by_a_map_of_snps(configuration):
    def build():
        found = survey(configuration)
        notes = [text for text in told(found, NOTE).values() if "build" in text]
        return told(found, INPUT)["whole", "build"], notes

    assert build() == ("GRCh38 (as in the headers)", [])
    text = gzip.decompress(Path("cohort.vcf.gz").read_bytes()).decode()
    Path("cohort.vcf").write_text(re.sub(r",length=\d+", "", text))
    configuration.values["cohorts"]["mine"]["vcf"] = ["cohort.vcf"]
    stated, (note,) = build()
    assert (stated, note.endswith("Make sure that positions are those of GRCh38.")) == ("GRCh38 (not verified)", True)
    # Both datasets have the note, which stands there once.
    assert [row.dataset for row in survey(configuration).itertuples() if row.value == note] == ["whole, cut"]
    sites = read_vcf(["cohort.vcf"], (), "GRCh38")[0].sites
    configuration.values["cohorts"]["mine"]["phase_map"] = "map.tsv"
    points = sites.iloc[::2][["contig", "position"]].assign(cm=sites.index[::2])
    for shift, expected in ((0, "GRCh38 (as in the genetic map)"), (1, "GRCh38 (not verified)")):
        shifted = points.assign(position=points["position"] + shift)
        shifted.to_csv("map.tsv", sep="\t", index=False, header=["chr", "pos", "cM"])
        assert build()[0] == expected


def test_times_of_a_gpu_are_pointed_out(configuration):
    assert not any("GPU" in text for text in survey(configuration)["value"])
    configuration.values["device"] = "gpu"
    (text,) = [text for text in survey(configuration)["value"] if "GPU" in text]
    assert text.startswith("times of gan, wgan and rbm are for an NVIDIA H100")


def test_windows_that_cannot_be_and_regions_without_sites_are_problems(configuration):
    values = configuration.values["dataset_params"]
    values["cut"]["windows"] = {"n": 2, "context_sites": 41}
    values["whole"] = values["whole"] | {
        "region": [*REGIONS, "chr7:5-9", "chr8:1-9"],
        "windows": {"n": 8, "context_sites": 11},
    }
    found = survey(configuration)
    problems = found.loc[found["topic"] == PROBLEM, ["dataset", "value"]].agg(": ".join, axis=1).tolist()
    wanted = [
        "whole: region chr7:5-9 contains no site of the files",
        "whole: region chr8:1-9: the files have no contig chr8, only chr7, chr10",
        "whole: 80 sites in 8 windows are 10 sites per window, fewer than windows.context_sites 11",
        "cut: 80 sites in 2 windows are 40 sites per window, fewer than windows.context_sites 41",
    ]
    assert len(problems) == len(wanted), problems
    for problem, start in zip(problems, wanted, strict=True):
        assert problem.startswith(start), problem


def test_stretches_that_no_array_types_are_noted_and_contigs_are_problems(configuration):
    values = configuration.values
    values["dataset_params"]["whole"] |= {"people": {"population": ["AAA"]}, "public": True}
    values["imputation"] |= {
        "datasets": ["whole"], "tools": ["beagle"], "panels": ["real"], "typed_sites": None,
        "typed_fraction": 0.5, "typed_maf_min": 0.05,
    }  # fmt: skip

    def found():
        table = survey(configuration)
        return [table.loc[table["topic"] == topic, "value"].tolist() for topic in (NOTE, PROBLEM)]

    assert found() == [[], []]
    sites = read_vcf(["cohort.vcf.gz"])[0].sites
    values["imputation"]["typed_sites"] = "array.tsv"
    sites.iloc[[3, 40, 50]].to_csv("array.tsv", sep="\t", index=False)
    notes, problems = found()
    assert problems == []
    (note,) = notes
    assert note.startswith("imputation: no site is typed in 1 of 3 segments (more than 200 kb apart), so")
    assert "20 of 80 sites" in note
    sites.iloc[[40, 50]].to_csv("array.tsv", sep="\t", index=False)
    notes, problems = found()
    assert notes == []
    assert [problem.split(",")[0] for problem in problems] == ["chr7:1000000-60002900 has no typed site"]
    values["imputation"]["typed_sites"] = "nowhere.tsv"
    assert found() == [[], ["nowhere.tsv cannot be opened. Check its path and permissions."]]


MAP = "chr pos cM\n7 {0} 0\n7 {1} 1\n10 {0} 0\n10 {1} 1\n"
SCAN = {
    "datasets": ["whole"], "statistics": ["xpehh"], "xpehh_reference": "BBB", "pbs_references": ["BBB", "BBB"],
    "maf_min": 0.01, "ihs_maf_min": 0.05, "window_sites": 5, "step_sites": 5, "haplotype_window_sites": 5,
    "genetic_map": None, "ancestral": None, "genes": None,
}  # fmt: skip
IMPUTATION = {
    "datasets": ["whole"], "tools": ["beagle"], "panels": ["real"], "typed_sites": None, "typed_fraction": 0.5,
    "typed_maf_min": 0.05, "genetic_map": None,
}  # fmt: skip
LATENT = {
    "datasets": ["whole"], "conditional": None, "model": "markov", "masked_datasets": [], "masked_known": 0.5,
    "masked_chains": 2,
}  # fmt: skip
DEFAULTS = Configuration(read_defaults(ROOT) | DATASETS, ROOT)
WGAN = DEFAULTS.model_settings("dense", "wgan") | {"batch_size": 512}
RBM = DEFAULTS.model_settings("dense", "rbm") | {"hidden_units": 8, "local_units": 0, "batch_size": 9}


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        (
            {"split": {"test": 0.1, "validation": 0.1, "seed": 1, "relatives": "together"}},
            "32 train, 4 test individuals are too few to compare",
        ),
        (
            {"compare": {"pca_axes": 16, "individuals_max": None}},
            "80 sites and 16 haplotypes are too few for compare.pca_axes 16",
        ),
        ({"scan": SCAN}, None),
        ({"scan": SCAN | {"xpehh_reference": "SUPER"}}, None),
        (
            {"scan": SCAN | {"xpehh_reference": "AAA"}},
            "no individual of the public panel has the population label 'AAA'",
        ),
        (
            {"scan": SCAN | {"xpehh_reference": "CCC"}},
            "the reference population CCC of the scan has too few individuals",
        ),
        ({"scan": SCAN | {"statistics": ["pbs"], "window_sites": 51}}, "nothing can be scored for PBS, PBSn1"),
        ({"scan": SCAN | {"genetic_map": "right.map"}}, None),
        ({"scan": SCAN | {"genetic_map": "megabases.map"}}, "genetic map megabases.map covers none of the 80 sites"),
        ({"imputation": IMPUTATION | {"genetic_map": "megabases.map"}}, "genetic map megabases.map covers none of"),
        ({"imputation": IMPUTATION | {"panels": ["real", "real+markov@80", "markov@direct"]}}, None),
        (
            {"imputation": IMPUTATION | {"panels": ["real", "real+markov@99999998"]}},
            "the panel needs 99999998 AGs of markov, but there are only 80. Write at most that number",
        ),
        (
            {"imputation": IMPUTATION | {"panels": ["real", "real+markov@80"]}, "generate": {"n": 39}},
            "the panel needs 80 AGs of markov, but there are only 78. Write at most that number",
        ),
        (
            {"compare": {"pca_axes": 11, "individuals_max": None}, "generate": {"n": 5}},
            "80 sites and 10 haplotypes are too few for compare.pca_axes 11",
        ),
        (
            {"latent": LATENT},
            "there is nothing to predict: two superpopulations need at least 3 training or validation individuals",
        ),
        (
            {"latent": LATENT | {"datasets": [], "masked_datasets": ["whole"], "masked_known": 0.01}},
            "1 of 80 sites would be typed .* Change latent.masked_known",
        ),
        (
            {"models": ["wgan"], "model_params": {"wgan": WGAN}},
            "the WGAN's batch_size 512 exceeds the 58 training haplotypes",
        ),
        (
            {"models": ["rbm"], "model_params": {"rbm": RBM | {"local_units": 9}}},
            "the RBM's local_units 9 exceed its hidden_units 8",
        ),
    ],
)
def test_what_stages_would_stumble_over_after_a_training_is_a_problem_before_it(configuration, changes, problem):
    """Forty people of AAA are the data set's own, 35 of BBB and 5 of CCC the public panel."""
    people = pd.read_csv("people.tsv", sep="\t")
    people.loc[75:, "population"] = "CCC"
    people.assign(superpopulation=["AAA"] * 40 + ["SUPER"] * 40).to_csv("people.tsv", sep="\t", index=False)
    Path("right.map").write_text(MAP.format(900_000, 70_000_000))
    Path("megabases.map").write_text(MAP.format(0, 70))
    values = configuration.values
    values["datasets"] = ["whole"]
    values["dataset_params"]["whole"] |= {"people": {"population": ["AAA"]}, "public": True}
    values |= changes
    found = survey(configuration)
    problems = found.loc[found["topic"] == PROBLEM, "value"].tolist()
    assert len(problems) == (problem is not None), problems
    if problem:
        assert re.match(problem, problems[0]), problems


def test_one_line_tells_of_trainings_that_are_too_large(configuration, monkeypatch):
    monkeypatch.setattr(costs, "machine_memory_mb", lambda: 2000)
    monkeypatch.setattr(resources, "training_mb", lambda settings, sites, haplotypes: 100 * sites)
    found = survey(configuration)
    problems = found.loc[found["topic"] == PROBLEM, "value"]
    assert [text.partition(", this")[0] for text in problems] == [
        "train markov of whole needs 8,000 MB",
        "train markov of cut needs 3,100 MB",
    ]


def test_the_screen_has_a_table_of_stages_and_no_other_of_their_columns(configuration):
    lines = screen(survey(configuration))
    head = next(number for number, line in enumerate(lines) if line.startswith("stage"))
    assert re.split("  +", lines[head]) == ["stage", "jobs", "memory per job", "time per job", "limit per job", "disk"]
    rows = {line.split("  ")[0]: line for line in lines[head + 1 : lines.index("", head) - 1]}
    assert [*rows] == ["prepare", "train markov", "generate", "publish", "compare", "all"]
    assert re.fullmatch(r"prepare +2 +1,000 MB +2 s +20 min +1 MB", rows["prepare"])
    assert re.fullmatch(r"all +\d+ +1,000 MB +\d+ (s|min) on \d+ cores? +\d+ MB", rows["all"])
    assert lines[-1] == "No problems."


def test_an_individual_who_is_there_twice_is_told_and_kept_on_one_side(configuration, tmp_path):
    people = cohort(80, 80, contig="chr10", seed=2, first=1_000_000)
    people.alleles[24:26] = people.alleles[0:2]
    write_cohort(people, tmp_path, "GRCh38")
    configuration.values["datasets"] = ["whole"]
    configuration.values["dataset_params"]["whole"]["region"] = None
    found = survey(configuration)
    assert told(found, INPUT)["whole", "related pairs"].startswith("1 (")
    (note,) = found.loc[found["topic"] == NOTE, "value"]
    assert (
        "2 individuals have relatives in the cohort: related pairs 1, of which duplicates or identical twins 1" in note
    )
    assert "Each family is kept on one side of the split. Remove duplicates" in note


def test_genotypes_to_phase_are_looked_at_as_phasing_does(configuration):
    values = configuration.values
    text = gzip.decompress(Path("cohort.vcf.gz").read_bytes()).decode().replace("|", "/").splitlines()
    rows = [line.split("\t") for line in text if not line.startswith("#")]
    rows[12][9:49] = ["./."] * 40  # typed in half of the people
    for row in rows:
        row[9:11] = ["./."] * 2  # people without any genotype
    rows[14][20] = "./."
    rows[15][6] = "q10"
    head = ["##fileformat=VCFv4.2", '##FILTER=<ID=q10,Description="x">', *(row for row in text[1:] if row[0] == "#")]
    Path("cohort.vcf").write_text("\n".join([*head, *("\t".join(row) for row in rows)]) + "\n")
    values["cohorts"]["mine"] |= {"vcf": ["cohort.vcf"], "phase": "beagle"}
    values["datasets"] = ["whole"]
    found = survey(configuration)
    assert told(found, PROBLEM) == {}
    facts = told(found, INPUT)
    assert facts["whole", "individuals"] == "78"
    assert (facts["whole", "failed a filter"], facts["whole", "biallelic SNPs"]) == ("1", "78")
    (note,) = found.loc[found["topic"] == NOTE, "value"]
    for part in (
        "1 SNPs with more than 10% missing genotypes, left out",
        "2 individuals with more than 10% missing genotypes, left out",
        "1 genotypes filled in",
    ):
        assert part in note
    values["cohorts"]["mine"] |= {"phase_site_missing_max": 0.6, "rows_failing_filter": "keep"}
    assert told(survey(configuration), INPUT)["whole", "biallelic SNPs"] == "80"


def test_men_written_twice_are_a_problem(configuration):
    lines = gzip.decompress(Path("cohort.vcf.gz").read_bytes()).decode().replace("chr10", "chrX").splitlines()
    rows = [line.split("\t") for line in lines]
    for row in rows:
        if not row[0].startswith("#"):
            row[1] = str(int(row[1]) + 50_000_000)
            row[9::2] = [f"{cell[0]}|{cell[0]}" for cell in row[9::2]]
    Path("cohort.vcf").write_text("\n".join("\t".join(row) for row in rows) + "\n")
    configuration.values["cohorts"]["mine"]["vcf"] = ["cohort.vcf"]
    for settings in configuration.values["dataset_params"].values():
        settings["region"] = "chrX:1-99,000,000"
    (problem,) = told(survey(configuration), PROBLEM).values()
    assert re.match(r"chrX: 4\d of 80 individuals have no or almost no heterozygous genotypes \(numbers 1, 3", problem)


def test_a_longer_region_of_the_file_is_named_where_haplotypes_are_shared(configuration, tmp_path):
    write_cohort(cohort(200, 300, contig="chr10", linked=True, first=1_000_001), tmp_path, "GRCh38")
    dataset = configuration.values["dataset_params"]["whole"] | {"region": "chr10:1010000-1011000", "sites_max": 10}
    configuration.values.update({"datasets": ["whole"], "dataset_params": {"whole": dataset}})

    def shared() -> tuple[float, str]:
        found = survey(configuration)
        note = next((text for text in found.loc[found["topic"] == NOTE, "value"] if "long enough" in text), "")
        return float(told(found, INPUT)["whole", "test haplotypes in training"].rstrip("%")), note

    share, note = shared()
    assert share > 1
    dataset |= {"region": re.search(r"use the region (\S+) and sites_max: null", note)[1], "sites_max": None}
    assert shared() == (pytest.approx(0.5, abs=0.5), "")
