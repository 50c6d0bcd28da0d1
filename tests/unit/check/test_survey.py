"""The check before a run: several regions, and windows, of which others see the commonest case."""

import dataclasses
import gzip
import re
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

from artificial_genomes.check import survey as module
from artificial_genomes.check.survey import COST, INPUT, NOTE, PROBLEM, survey
from artificial_genomes.config.checks import Configuration, read_defaults
from artificial_genomes.core.haplotypes import Haplotypes
from artificial_genomes.io.vcf import read_vcf
from helpers import ROOT
from workflow_helpers import cohort, write_cohort

REGIONS = ["chr10:1-2,000,000", "chr7:1,000,000-1,000,900", "chr7:60,000,000-60,100,000"]


class Growth:
    """Jobs that cost a second for each site, whatever the stage; notes what is asked for."""

    def __init__(self):
        self.asked = []

    def cost(self, stage, size, settings):
        self.asked.append((stage, size.sites))
        return {"seconds": float(size.sites), "mb": 1.0, "disk_mb": 0.0}


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
            "compare": {"pca_axes": 6},
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
    growth = Growth()
    found = survey(configuration, growth)
    assert told(found, PROBLEM) == {}
    facts = told(found, INPUT)
    assert facts["whole", "regions"] == facts["cut", "regions"] == "3, of 10 to 50 sites"
    assert facts["whole", "contigs"] == "chr7, chr10 (2, with chr)"
    # Two windows of 15 sites on chr7, two of 25 on chr10; all but the first have a context of 6.
    assert (facts["whole", "windows"], facts["cut", "windows"]) == ("none", "4, of 15 to 31 sites with context")
    seen = sorted(sites for stage, sites in growth.asked if stage == "train_markov")
    assert seen == [15, 21, 31, 80]
    assert re.match(r"10 jobs, 6 min", told(found, COST)["", "train markov"])  # 2 seeds x (80 + 15 + 21 + 2 x 31) s


def test_times_of_a_gpu_are_said_to_be_shorter(configuration):
    assert not any("GPU" in text for text in survey(configuration, Growth())["value"])
    configuration.values["device"] = "gpu"
    (text,) = [text for text in survey(configuration, Growth())["value"] if "GPU" in text]
    assert "without a GPU" in text


def test_windows_that_cannot_be_and_regions_without_sites_are_problems(configuration):
    values = configuration.values["dataset_params"]
    values["cut"]["windows"] = {"n": 2, "context_sites": 41}
    values["whole"] = values["whole"] | {
        "region": [*REGIONS, "chr7:5-9", "chr8:1-9"],
        "windows": {"n": 8, "context_sites": 11},
    }
    found = survey(configuration, Growth())
    problems = found.loc[found["topic"] == PROBLEM, ["dataset", "value"]].agg(": ".join, axis=1).tolist()
    wanted = [
        "whole: region chr7:5-9 holds no site of the files",
        "whole: region chr8:1-9: the files have no contig chr8, only chr7, chr10",
        "whole: 80 sites in 8 windows are 10 sites a window, fewer than windows.context_sites 11",
        "cut: 80 sites in 2 windows are 40 sites a window, fewer than windows.context_sites 41",
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
        table = survey(configuration, Growth())
        return [table.loc[table["topic"] == topic, "value"].tolist() for topic in (NOTE, PROBLEM)]

    assert found() == [[], []]
    sites = read_vcf(["cohort.vcf.gz"])[0].sites
    values["imputation"]["typed_sites"] = "array.tsv"
    sites.iloc[[3, 40, 50]].to_csv("array.tsv", sep="\t", index=False)
    notes, problems = found()
    assert problems == []
    (note,) = notes
    assert note.startswith("imputation: no site is typed in 1 of 3 stretches of sites (more than 200 kb apart), so")
    assert "20 of 80 sites" in note
    sites.iloc[[40, 50]].to_csv("array.tsv", sep="\t", index=False)
    notes, problems = found()
    assert notes == []
    assert [problem.split(",")[0] for problem in problems] == ["chr7:1000000-60002900 has no typed site"]
    values["imputation"]["typed_sites"] = "nowhere.tsv"
    assert found() == [[], ["nowhere.tsv cannot be opened. Check its path and its owner."]]


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
WGAN = {"kind": "wgan", "batch_size": 512, "packing": 8}
RBM = {"kind": "rbm", "hidden_units": 8, "local_units": 0, "labels": "population", "chains": 9, "batch_size": 9}


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        (
            {"split": {"test": 0.1, "validation": 0.1, "seed": 1, "relatives": "together"}},
            "32 train, 4 test people are too few to compare",
        ),
        ({"compare": {"pca_axes": 16}}, "80 sites and 16 haplotypes are too few for compare.pca_axes 16"),
        ({"scan": SCAN}, None),
        ({"scan": SCAN | {"xpehh_reference": "SUPER"}}, None),
        ({"scan": SCAN | {"xpehh_reference": "AAA"}}, "nobody to scan against has the population label 'AAA'"),
        ({"scan": SCAN | {"xpehh_reference": "CCC"}}, "the reference population CCC of the scan has too few people"),
        ({"scan": SCAN | {"statistics": ["pbs"], "window_sites": 51}}, "nothing can be scored for PBS, PBSn1"),
        ({"scan": SCAN | {"genetic_map": "right.map"}}, None),
        ({"scan": SCAN | {"genetic_map": "megabases.map"}}, "genetic map megabases.map covers none of the 80 sites"),
        ({"imputation": IMPUTATION | {"genetic_map": "megabases.map"}}, "genetic map megabases.map covers none of"),
        ({"imputation": IMPUTATION | {"panels": ["real", "real+markov@80"]}}, None),
        (
            {"imputation": IMPUTATION | {"panels": ["real", "real+markov@99999998"]}},
            "the panel wants 99999998 AGs of markov, of which there are 80. Write that or less",
        ),
        ({"latent": LATENT}, "there is nothing to tell apart: two superpopulations need 3 people each"),
        (
            {"latent": LATENT | {"datasets": [], "masked_datasets": ["whole"], "masked_known": 0.01}},
            "1 of 80 sites would be typed .* Change latent.masked_known",
        ),
        (
            {"models": ["wgan"], "model_params": {"wgan": WGAN}},
            "the WGAN's batch_size 512 is more than the 58 training haplotypes",
        ),
        (
            {"models": ["rbm"], "model_params": {"rbm": RBM | {"local_units": 9}}},
            "the RBM's local_units 9 are more than its hidden_units 8",
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
    found = survey(configuration, Growth())
    problems = found.loc[found["topic"] == PROBLEM, "value"].tolist()
    assert len(problems) == (problem is not None), problems
    if problem:
        assert re.match(problem, problems[0]), problems


def test_one_line_tells_of_trainings_that_are_too_large(configuration, monkeypatch):
    monkeypatch.setattr(module, "memory_mb", lambda: 500)
    monkeypatch.setattr(module, "asked_mb", lambda job: 10 * job.size.sites if "train" in job.cost_of else 1)
    found = survey(configuration, SimpleNamespace(cost=lambda *_: {"seconds": 1.0, "mb": 1.0, "disk_mb": 0.0}))
    assert list(told(found, PROBLEM).values()) == [
        "train markov of whole needs 800 MB, this machine has 500. Take fewer sites (sites_max) or people, or a larger "
        "machine."
    ]


def test_an_individual_who_is_there_twice_is_told_and_kept_on_one_side(configuration, tmp_path):
    people = cohort(80, 80, contig="chr10", seed=2, first=1_000_000)
    people.alleles[24:26] = people.alleles[0:2]
    write_cohort(people, tmp_path, "GRCh38")
    configuration.values["datasets"] = ["whole"]
    configuration.values["dataset_params"]["whole"]["region"] = None
    found = survey(configuration, Growth())
    assert told(found, INPUT)["whole", "related pairs"].startswith("1 (")
    (note,) = found.loc[found["topic"] == NOTE, "value"]
    assert (
        "2 individuals have relatives among the others: related pairs 1, of them duplicates or identical twins 1"
        in note
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
    found = survey(configuration, Growth())
    assert told(found, PROBLEM) == {}
    facts = told(found, INPUT)
    assert facts["whole", "people"] == "78"
    assert (facts["whole", "failed a filter"], facts["whole", "biallelic SNPs"]) == ("1", "78")
    (note,) = found.loc[found["topic"] == NOTE, "value"]
    for part in (
        "1 SNPs with more than 10% missing genotypes, left out",
        "2 individuals with more than 10% missing genotypes, left out",
        "1 genotypes filled in",
    ):
        assert part in note
    values["cohorts"]["mine"] |= {"phase_site_missing_max": 0.6, "rows_failing_filter": "keep"}
    assert told(survey(configuration, Growth()), INPUT)["whole", "biallelic SNPs"] == "80"


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
    (problem,) = told(survey(configuration, Growth()), PROBLEM).values()
    assert re.match(r"chrX: 4\d of 80 individuals have no or hardly any heterozygous genotypes \(numbers 1, 3", problem)


def test_the_rule_that_a_note_names_is_the_one_that_runs():
    values = read_defaults(ROOT)
    values["imputation"]["tools"] = ["minimac4"]
    configuration = Configuration(values, ROOT)
    size = module.Size(*(100 for _ in dataclasses.fields(module.Size)))
    one = SimpleNamespace(name="biobank", size=size, trained_sites=[100], labels={"superpopulation": 5})
    rules = {module._rule_of(job) for _, job in module._jobs_of(one, configuration)}
    assert "impute_minimac4" in rules
    texts = [path.read_text() for path in (ROOT / "workflow" / "rules").glob("*.smk")]
    assert rules <= {*re.findall(r"^(?:use rule \w+ as|rule) (\w+)", "".join(texts), re.MULTILINE)}


@pytest.mark.parametrize(
    ("groups", "files", "mb"),
    [
        ("0::/", {"memory.max": "max"}, None),
        ("0::/job/step", {"memory.max": "max", "job/memory.max": "500000000", "job/step/memory.max": "max"}, 500),
        ("0::/of/the/host", {"memory.max": "300000000"}, 300),
        ("4:memory:/job\n0::/", {"memory/job/memory.limit_in_bytes": "200000000"}, 200),
        ("4:memory:/job", {"memory/job/memory.limit_in_bytes": str(2**63 - 4096)}, None),
    ],
)
def test_the_memory_of_a_container_or_a_job_counts(tmp_path, groups, files, mb):
    machine = module.memory_mb(tmp_path)
    for name, text in {"proc/self/cgroup": groups, **{f"sys/fs/cgroup/{k}": v for k, v in files.items()}}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(f"{text}\n")
    assert module.memory_mb(tmp_path) == (mb or machine)
