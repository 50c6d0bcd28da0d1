"""The check before a run: several regions, and windows, of which others see the commonest case."""

import re
from types import SimpleNamespace

import pandas as pd
import pytest

from artificial_genomes import survey as module
from artificial_genomes.configuration import Configuration
from artificial_genomes.haplotypes import Haplotypes
from artificial_genomes.survey import COST, INPUT, NOTE, PROBLEM, survey
from artificial_genomes.vcf import read_vcf
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


def test_one_line_tells_of_trainings_that_are_too_large(configuration, monkeypatch):
    monkeypatch.setattr(module, "memory_mb", lambda: 500)
    monkeypatch.setattr(module, "asked_mb", lambda job: 10 * job.size.sites if "train" in job.cost_of else 1)
    found = survey(configuration, SimpleNamespace(cost=lambda *_: {"seconds": 1.0, "mb": 1.0, "disk_mb": 0.0}))
    assert list(told(found, PROBLEM).values()) == [
        "train markov of whole needs 800 MB, this machine has 500. Take fewer sites (sites_max) or people, or a larger "
        "machine."
    ]
