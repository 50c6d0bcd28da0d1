"""Artificial genomes in the formats that other programs read."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from artificial_genomes.core.haplotypes import Haplotypes, artificial_people, save_haplotypes
from artificial_genomes.io.hapt import read_hapt
from artificial_genomes.io.vcf import read_vcf
from helpers import ROOT

pytestmark = pytest.mark.integration

SCRIPT = ROOT / "workflow" / "scripts" / "publish.py"


@pytest.fixture
def genomes(tmp_path) -> Haplotypes:
    ids = [f"rs{i}" for i in range(200)]
    sites = pd.DataFrame({"contig": "7", "position": np.arange(5, 205), "id": ids, "ref": "A", "alt": "G"})
    alleles = np.random.default_rng(1).integers(0, 2, (12, 200), dtype=np.uint8)
    genomes = Haplotypes(alleles, sites, artificial_people(6))
    save_haplotypes(genomes, tmp_path / "genomes.vcz.zip")
    return genomes


def command(folder: Path) -> list[str]:
    words = [sys.executable, str(SCRIPT), "--genomes", str(folder / "genomes.vcz.zip"), "--build", "GRCh37"]
    for option, name in (("--vcf", "genomes.vcf.gz"), ("--hapt", "genomes.hapt.gz"), ("--legend", "genomes.legend")):
        words += [option, str(folder / "out" / name)]
    return words


def test_script_publishes_the_same_genomes_in_both_formats(genomes, tmp_path):
    subprocess.run(command(tmp_path), check=True, capture_output=True)
    assert sorted(file.name for file in (tmp_path / "out").iterdir()) == [
        "genomes.hapt.gz",
        "genomes.legend",
        "genomes.vcf.gz",
        "genomes.vcf.gz.tbi",
    ]
    from_vcf, _ = read_vcf([tmp_path / "out" / "genomes.vcf.gz"], build="GRCh37")
    from_hapt = read_hapt(tmp_path / "out" / "genomes.hapt.gz", tmp_path / "out" / "genomes.legend")
    for read in (from_vcf, from_hapt):
        np.testing.assert_array_equal(read.alleles, genomes.alleles)
        assert read.people["sample"].tolist() == [f"AG0000{i}" for i in range(1, 7)]
        assert read.sites["position"].tolist() == list(range(5, 205))


def test_a_vcf_that_cannot_be_written_whole_leaves_nothing(genomes, tmp_path):
    """A limit of 1 kB on the size of files stands in for a full disk."""
    limited = ["bash", "-c", 'ulimit -f 1 && exec "$@"', "bash", *command(tmp_path)]
    ran = subprocess.run(limited, capture_output=True, text=True, check=False)
    assert ran.returncode == 2
    assert "genomes.vcf.gz cannot be written; the disk may be full." in ran.stderr.splitlines()[-1]
    assert list((tmp_path / "out").iterdir()) == []
