"""The workflow from elsewhere: another folder, and as a module of another workflow."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from artificial_genomes.haplotypes import Haplotypes, load_haplotypes
from artificial_genomes.vcf import write_vcf

ROOT = Path(__file__).parents[2]
SNAKEFILE = ROOT / "workflow" / "Snakefile"


@pytest.fixture
def folder(tmp_path) -> Path:
    """Return a folder with a small cohort and its configuration."""
    rng = np.random.default_rng(4)
    sites = pd.DataFrame({"contig": "chr2", "position": range(100, 4100, 100), "id": ".", "ref": "A", "alt": "C"})
    people = pd.DataFrame({"sample": [f"P{i}" for i in range(50)], "population": "AAA", "superpopulation": "AAA"})
    cohort = Haplotypes((rng.random((100, 40)) < rng.uniform(0.2, 0.8, 40)).astype(np.uint8), sites, people)
    write_vcf(cohort, tmp_path / "cohort.vcf.gz", "GRCh38")
    people.to_csv(tmp_path / "people.tsv", sep="\t", index=False)
    config = yaml.safe_load((ROOT / "config" / "examples" / "my_cohort.yaml").read_text())
    config["cohorts"]["mine"] |= {"vcf": ["cohort.vcf.gz"], "people": "people.tsv"}
    config["dataset_params"]["mine"] |= {"region": None, "maf_min": 0, "sites_max": None}
    config["models"] = ["bernoulli"]
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(config))
    return tmp_path


def snakemake(folder: Path, *arguments: str | Path) -> str:
    command = [sys.executable, "-m", "snakemake", "--cores", "1", *arguments]
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, env=os.environ)
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout + run.stderr


def test_another_folder_holds_results_and_input(folder):
    elsewhere = folder / "elsewhere"
    elsewhere.mkdir()
    arguments = ["--snakefile", SNAKEFILE, "--directory", folder, "--configfile", folder / "mine.yaml"]
    planned = snakemake(elsewhere, *arguments, "--dry-run")
    assert "Writing the report" in planned
    snakemake(elsewhere, *arguments, "--", "check", "data")
    assert load_haplotypes(folder / "results/my_cohort/prepare/mine/haplotypes.vcz.zip").n_sites == 40
    check = pd.read_csv(folder / "results/my_cohort/check.tsv", sep="\t", dtype=str, keep_default_na=False)
    assert not (check["topic"] == "problem").any()
    assert not list(elsewhere.iterdir())


def test_another_workflow_uses_this_one_as_a_module(folder):
    (folder / "Snakefile").write_text(f'''
configfile: "{ROOT / "config" / "config.yaml"}"
configfile: "mine.yaml"


module genomes:
    snakefile:
        "{SNAKEFILE}"
    config:
        config


use rule * from genomes as genomes_*


rule count:
    default_target: True
    input:
        "results/my_cohort/prepare/mine/split.tsv",
    output:
        "people.txt",
    shell:
        "wc -l < {{input}} > {{output}}"
''')
    planned = snakemake(folder, "--dry-run", "genomes_all")
    assert "Writing the report" in planned
    snakemake(folder)
    assert (folder / "people.txt").read_text().strip() == "51"
