"""Artificial genomes in the formats that other programs read."""

import subprocess
import sys
import tracemalloc
from pathlib import Path

import cyvcf2
import numpy as np
import pandas as pd
import pgenlib
import pysam.bcftools
import pytest

from artificial_genomes.core import haplotypes as haplotypes_module
from artificial_genomes.core import store_writer
from artificial_genomes.core.haplotypes import Haplotypes, StoredHaplotypes, artificial_people, save_haplotypes
from artificial_genomes.io.hapt import read_hapt
from artificial_genomes.io.plink2 import read_pgen
from artificial_genomes.io.vcf import read_vcf
from artificial_genomes.release.release import write_genomes
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
    for option in ("vcf.gz", "hapt.gz", "legend", "pgen"):
        words += [f"--{option.split('.')[0]}", str(folder / "out" / f"genomes.{option}")]
    return words


def test_script_publishes_the_same_genomes_in_all_formats(genomes, tmp_path):
    subprocess.run(command(tmp_path), check=True, capture_output=True)
    assert sorted(file.name for file in (tmp_path / "out").iterdir()) == [
        "genomes.hapt.gz",
        "genomes.legend",
        "genomes.pgen",
        "genomes.psam",
        "genomes.pvar",
        "genomes.vcf.gz",
        "genomes.vcf.gz.tbi",
    ]
    from_vcf, _ = read_vcf([tmp_path / "out" / "genomes.vcf.gz"], build="GRCh37")
    from_hapt = read_hapt(tmp_path / "out" / "genomes.hapt.gz", tmp_path / "out" / "genomes.legend")
    from_pgen, _ = read_pgen(tmp_path / "out" / "genomes.pgen", build="GRCh37")
    for read in (from_vcf, from_hapt, from_pgen):
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


def test_a_set_in_pieces_is_written_as_one_in_memory(tmp_path, monkeypatch):
    """A store with chunks of 8 people; cyvcf2, bcftools and pgenlib read what was written."""
    for module in (haplotypes_module, store_writer):
        monkeypatch.setattr(module, "PIECE_PEOPLE", 8)
    monkeypatch.setattr(haplotypes_module, "BLOCK_ALLELES", 42 * 100)
    rng = np.random.default_rng(2)
    sites = pd.DataFrame({"contig": "7", "position": np.arange(5, 1205), "id": ".", "ref": "A", "alt": "G"})
    genomes = Haplotypes(rng.integers(0, 2, (42, 1200), dtype=np.uint8), sites, artificial_people(21))
    save_haplotypes(genomes, tmp_path / "genomes.vcz.zip")
    written = {}
    for name, one in (("stored", StoredHaplotypes(tmp_path / "genomes.vcz.zip")), ("held", genomes)):
        (tmp_path / name).mkdir()
        write_genomes(one, tmp_path / name, "GRCh37")
        written[name] = {file.name: file.read_bytes() for file in (tmp_path / name).iterdir()}
    assert written["stored"] == written["held"]
    assert len(written["held"]) == 7
    vcf = str(tmp_path / "stored" / "genomes.vcf.gz")
    by_cyvcf2 = np.stack([record.genotype.array()[:, :2].ravel() for record in cyvcf2.VCF(vcf)])
    np.testing.assert_array_equal(by_cyvcf2, genomes.alleles.T)
    lines = pysam.bcftools.query("-f", r"[%GT ]\n", vcf).splitlines()
    np.testing.assert_array_equal([line.replace("|", " ").split() for line in lines], genomes.alleles.T.astype(str))
    with pgenlib.PgenReader(str(tmp_path / "stored" / "genomes.pgen").encode()) as reader:
        codes = np.empty((1200, 42), np.int32)
        reader.read_alleles_range(0, 1200, codes)
    np.testing.assert_array_equal(codes, genomes.alleles.T)


def test_memory_of_writing_does_not_grow_with_the_number_of_ags(tmp_path, monkeypatch):
    for module in (haplotypes_module, store_writer):
        monkeypatch.setattr(module, "PIECE_PEOPLE", 100)
    monkeypatch.setattr(haplotypes_module, "BLOCK_ALLELES", 100_000)
    sites = pd.DataFrame({"contig": "7", "position": np.arange(5, 2005), "id": ".", "ref": "A", "alt": "G"})
    peaks = []
    for n in (200, 2000):
        alleles = np.zeros((2 * n, 2000), np.uint8)
        save_haplotypes(Haplotypes(alleles, sites, artificial_people(n)), tmp_path / "genomes.vcz.zip")
        del alleles
        tracemalloc.start()
        write_genomes(StoredHaplotypes(tmp_path / "genomes.vcz.zip"), tmp_path, "GRCh37")
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    # All alleles are 8 MB; a row of chunks, with eight alleles per byte, half a megabyte.
    assert peaks[1] < peaks[0] + 3e6
