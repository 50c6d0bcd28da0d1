"""Writing VCF files."""

import gzip

import allel
import cyvcf2
import numpy as np
import pandas as pd
import pysam.bcftools
import pytest

from artificial_genomes.core.haplotypes import Haplotypes
from artificial_genomes.io.vcf import read_vcf
from artificial_genomes.io.vcf_writer import write_vcf
from vcf_helpers import random_haplotypes


@pytest.fixture
def haplotypes() -> Haplotypes:
    return random_haplotypes()


def test_what_was_written_is_read_again(haplotypes, tmp_path):
    write_vcf(haplotypes, tmp_path / "new" / "a.vcf.gz", "GRCh37")
    again, counts = read_vcf([tmp_path / "new" / "a.vcf.gz"], build="GRCh37")
    np.testing.assert_array_equal(again.alleles, haplotypes.alleles)
    pd.testing.assert_frame_equal(again.sites, haplotypes.sites, check_dtype=False)
    assert again.people["sample"].tolist() == haplotypes.people["sample"].tolist()
    assert counts["rows read"] == haplotypes.n_sites
    assert sorted(file.name for file in (tmp_path / "new").iterdir()) == ["a.vcf.gz", "a.vcf.gz.tbi"]


def test_other_readers_agree_with_what_was_written(haplotypes, tmp_path):
    path = str(tmp_path / "a.vcf.gz")
    write_vcf(haplotypes, path, "GRCh37")
    callset = allel.read_vcf(path, alt_number=1, fields="*")
    np.testing.assert_array_equal(callset["calldata/GT"].reshape(haplotypes.n_sites, -1), haplotypes.alleles.T)
    assert callset["variants/ID"].tolist() == haplotypes.sites["id"].tolist()
    assert callset["variants/FILTER_PASS"].all()
    lines = pysam.bcftools.query("-r", "10", "-f", r"%CHROM:%POS %REF %ALT[ %GT]\n", path).splitlines()
    assert len(lines) == 800
    site = haplotypes.sites.iloc[700]
    pairs = " ".join(f"{a}|{b}" for a, b in haplotypes.alleles[:, 700].reshape(-1, 2))
    assert lines[0] == f"10:{site['position']} {site['ref']} {site['alt']} {pairs}"
    assert all(variant.gt_phases.all() for variant in cyvcf2.VCF(path))


def test_header_names_the_contigs_in_order(haplotypes, tmp_path):
    write_vcf(haplotypes, tmp_path / "a.vcf.gz", "GRCh37")
    header = gzip.decompress((tmp_path / "a.vcf.gz").read_bytes()).split(b"#CHROM")[0].decode()
    assert (
        "##contig=<ID=2,length=243199373,assembly=GRCh37>\n##contig=<ID=10,length=135534747,assembly=GRCh37>" in header
    )
    write_vcf(haplotypes, tmp_path / "b.vcf.gz", "unknown")
    assert b"##contig=<ID=2,assembly=unknown>" in gzip.decompress((tmp_path / "b.vcf.gz").read_bytes())


def test_equal_haplotypes_give_equal_bytes(haplotypes, tmp_path):
    write_vcf(haplotypes, tmp_path / "a.vcf.gz", "GRCh37")
    write_vcf(haplotypes, tmp_path / "b.vcf.gz", "GRCh37")
    for ending in ("vcf.gz", "vcf.gz.tbi"):
        assert (tmp_path / f"a.{ending}").read_bytes() == (tmp_path / f"b.{ending}").read_bytes()
