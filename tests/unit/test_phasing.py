"""Phasing by Beagle: genotypes stay, phase comes near the truth, missing ones are filled in."""

from pathlib import Path

import msprime
import numpy as np
import pandas as pd
import pytest

from artificial_genomes.errors import UserError
from artificial_genomes.haplotypes import Haplotypes, artificial_people
from artificial_genomes.phasing import phase
from artificial_genomes.vcf import biallelic_rows, read_vcf, write_vcf

JAR = "pypgx/0.11.0/beagle.28Jun21.220.jar"


@pytest.fixture(scope="module")
def cohort() -> Haplotypes:
    ancestry = msprime.sim_ancestry(
        50, population_size=10_000, sequence_length=2e5, recombination_rate=1e-8, random_seed=3
    )
    mutations = msprime.sim_mutations(ancestry, rate=1e-8, random_seed=3, model=msprime.BinaryMutationModel())
    alleles = mutations.genotype_matrix().T.astype(np.uint8)
    positions = np.maximum.accumulate(mutations.sites_position.astype(int)) + np.arange(alleles.shape[1]) + 1
    sites = pd.DataFrame({"contig": "chr1", "position": positions, "id": ".", "ref": "A", "alt": "C"})
    return Haplotypes(alleles, sites, artificial_people(50))


def unphased(cohort: Haplotypes, path: Path, missing: float) -> Path:
    write_vcf(cohort, path.with_suffix(".vcf.gz"), "GRCh38")
    header, rows = biallelic_rows([path.with_suffix(".vcf.gz")])
    rng = np.random.default_rng(1)
    lines = []
    for row in rows["chr1"].values():
        fields = row.rstrip("\n").split("\t")
        fields[9:] = ["./." if rng.random() < missing else cell for cell in fields[9:]]
        lines.append("\t".join(fields))
    rng.shuffle(lines)  # rows need not be sorted
    path.write_text(header + "\n".join(lines) + "\n")
    return path


def test_phasing_keeps_genotypes_and_finds_the_phase(cohort, tmp_path, public_file):
    target = unphased(cohort, tmp_path / "a.vcf", 0.01)
    with pytest.raises(UserError, match=r"missing genotypes.*unphased genotypes"):
        read_vcf([target])
    phase([target], public_file(JAR), tmp_path / "out.vcf.gz", seed=1, threads=1, memory_mb=800)
    phased, _ = read_vcf([tmp_path / "out.vcf.gz"], build="GRCh38")
    assert np.array_equal(phased.sites["position"], cohort.sites["position"])
    truth, found = (one.alleles.reshape(50, 2, -1) for one in (cohort, phased))
    assert (truth.sum(axis=1) != found.sum(axis=1)).mean() < 0.002  # of the 1 % that were missing few are wrong
    switches = compared = 0
    for person in range(50):
        known = (truth[person, 0] != truth[person, 1]) & (found[person, 0] != found[person, 1])
        same = truth[person, 0, known] == found[person, 0, known]
        switches, compared = switches + (same[1:] != same[:-1]).sum(), compared + len(same) - 1
    # By chance half of the neighbours would switch.
    assert switches / compared < 0.08


def test_rows_without_two_alleles_are_not_phased(tmp_path):
    path = tmp_path / "a.vcf"
    rows = ["1\t5\t.\tA\tC,G\t.\t.\t.\tGT\t0/1", "1\t6\t.\tAT\tA\t.\t.\t.\tGT\t0/1", "1\t7\t.\tA\tC\t.\t.\t.\tGT\t0/1"]
    split = ["1\t8\t.\tA\tC\t.\t.\t.\tGT\t0/1", "1\t8\t.\tA\tG\t.\t.\t.\tGT\t./1"]
    columns = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tP"
    path.write_text("\n".join(["##fileformat=VCFv4.2", columns, *rows, *split]) + "\n")
    _, found = biallelic_rows([path])
    assert list(found["1"]) == [(7, "A", "C")]
    path.write_text("\n".join(["##fileformat=VCFv4.2", columns, rows[0]]) + "\n")
    with pytest.raises(UserError, match="no biallelic SNP to phase"):
        biallelic_rows([path])


def rows_of(tmp_path: Path, *rows: str) -> Path:
    header = "##fileformat=VCFv4.2\n##contig=<ID=1>\n##FORMAT=<ID=GT,Number=1,Type=String,Description=G>\n"
    columns = "\t".join(["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO", "FORMAT", "a", "b"])
    path = tmp_path / "rows.vcf"
    path.write_text(header + "\n".join([columns, *("\t".join(row.split()) for row in rows)]) + "\n")
    return path


@pytest.mark.parametrize("genotype", ["0|2", "1/3"])
def test_alleles_that_a_row_does_not_have_are_refused(tmp_path, genotype):
    path = rows_of(tmp_path, f"1 100 . A C . PASS . GT 0/1 {genotype}")
    with pytest.raises(UserError, match=r"impossible genotypes at 1:100"):
        biallelic_rows([path])


def test_a_site_twice_is_taken_once_and_refused_where_the_rows_differ(tmp_path):
    row = "1 100 {} A C . PASS . GT 0/1 {}"
    _, rows = biallelic_rows([rows_of(tmp_path, row.format("x", "1/1"), row.format("y", "1/1"))])
    assert len(rows["1"]) == 1
    with pytest.raises(UserError, match=r"rows.vcf has 1:100 twice with different genotypes"):
        biallelic_rows([rows_of(tmp_path, row.format("x", "1/1"), row.format("y", "0/1"))])
