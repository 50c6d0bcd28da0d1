"""The workflow from elsewhere: another folder, and as a module of another workflow."""

import os
from pathlib import Path

import pandas as pd
import pytest
import yaml

from artificial_genomes.core.haplotypes import load_haplotypes
from helpers import ROOT
from workflow_helpers import cohort, copy_workflow, snakemake, write_cohort, write_config

SNAKEFILE = ROOT / "workflow" / "Snakefile"


@pytest.fixture
def folder(tmp_path) -> Path:
    """Return a folder with a small cohort and its configuration."""
    write_cohort(cohort(50, contig="chr2", populations=["AAA"]), tmp_path, "GRCh38")
    config = yaml.safe_load((ROOT / "config" / "examples" / "my_cohort.yaml").read_text())
    config["cohorts"]["mine"] |= {"vcf": ["cohort.vcf.gz"], "people": "people.tsv"}
    config["dataset_params"]["mine"] |= {"region": None, "maf_min": 0, "sites_max": None}
    config["models"] = ["bernoulli"]
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(config))
    return tmp_path


def test_another_folder_holds_results_and_input(folder):
    elsewhere = folder / "elsewhere"
    elsewhere.mkdir()
    arguments, config = ["--snakefile", ROOT / "Snakefile", "--directory", folder], [folder / "mine.yaml"]
    planned = snakemake(elsewhere, *arguments, "--dry-run", config=config)
    assert "Writing the report" in planned.stdout
    assert f"profile {ROOT / 'profiles' / 'default'}" in planned.stderr
    snakemake(elsewhere, *arguments, "--", "check", "data", config=config)
    assert load_haplotypes(folder / "results/my_cohort/prepare/mine/haplotypes.vcz.zip").n_sites == 40
    check = pd.read_csv(folder / "results/my_cohort/check.tsv", sep="\t", dtype=str, keep_default_na=False)
    assert not (check["topic"] == "problem").any()
    assert not list(elsewhere.iterdir())


def test_folders_may_have_any_names(tmp_path):
    clone, data = tmp_path / "My Clone (1) of O'Brien's", tmp_path / 'data & "$HOME"; {run}'
    clone.mkdir()
    copy_workflow(clone)
    data.mkdir()
    write_cohort(cohort(n_people=400, linked=True), data, vcf="a b's.vcf.gz", people="people (2).tsv")
    mine = {"vcf": ["a b's.vcf.gz"], "people": "people (2).tsv", "build": "GRCh37", "private": False}
    windows = {"windows": {"n": 2, "context_sites": 10}}
    write_config(data / "mine (1).yaml", {}, [], windows, models=["markov"], cohorts={"mine": mine})
    arguments = ["--snakefile", clone / "Snakefile", "--directory", data, "--", "check", "genomes"]
    snakemake(tmp_path, *arguments, config=[data / "mine (1).yaml"])
    assert len(list(data.glob("results/small/generate/mine/markov/seed*/genomes.vcf.gz.tbi"))) == 1
    assert not (clone / "results").exists()


def test_another_workflow_uses_this_one_as_a_module(folder):
    (folder / "Snakefile").write_text(f'''
configfile: "{ROOT / "config" / "config.yaml"}"
configfile: "mine.yaml"


import os, sys

before = os.environ["PATH"], shell, shell._process_prefix


module genomes:
    snakefile:
        "{SNAKEFILE}"
    config:
        config


use rule * from genomes as genomes_*


assert before == (os.environ["PATH"], shell, shell._process_prefix)
assert not [path for path in sys.path if path.endswith("scripts")]


rule count:
    default_target: True
    input:
        "results/my_cohort/prepare/mine/split.tsv",
    output:
        "people.txt",
    shell:
        "wc -l < {{input}} > {{output}}; echo $PATH > path.txt"
''')
    planned = snakemake(folder, "--dry-run", "genomes_all", config=[])
    assert "Writing the report" in planned.stdout
    snakemake(folder, config=[])
    assert (folder / "people.txt").read_text().strip() == "51"
    assert (folder / "path.txt").read_text().strip() == os.environ["PATH"]


def test_programs_run_in_the_python_of_snakemake_whatever_the_path_says(folder, tmp_path):
    wrong = tmp_path / "bin" / "python"
    wrong.parent.mkdir()
    wrong.write_text("#!/bin/sh\nexit 3\n")
    wrong.chmod(0o755)
    elsewhere = {**os.environ, "PATH": os.pathsep.join([str(wrong.parent), os.environ["PATH"]])}
    snakemake(folder, "--snakefile", SNAKEFILE, "--", "data", config=["mine.yaml"], env=elsewhere)
    assert list(folder.glob("results/my_cohort/prepare/mine/haplotypes.vcz.zip"))
