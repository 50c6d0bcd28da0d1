"""Phasing by Beagle: genotypes stay, phase comes near the truth, missing ones are filled in."""

import gzip
from pathlib import Path

import msprime
import numpy as np
import pandas as pd
import pytest

from artificial_genomes.config.cohort_files import phase_settings
from artificial_genomes.core.errors import UserError
from artificial_genomes.core.haplotypes import Haplotypes, artificial_people
from artificial_genomes.core.sites import KEEP
from artificial_genomes.io.genotypes import without_missing
from artificial_genomes.io.vcf import read_vcf
from artificial_genomes.io.vcf_writer import write_vcf
from artificial_genomes.prepare.phasing import ToPhase, phase, read_to_phase

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
    text = gzip.decompress(path.with_suffix(".vcf.gz").read_bytes()).decode().splitlines()
    rng = np.random.default_rng(1)
    lines = []
    for row in text:
        fields = row.split("\t")
        if not row.startswith("#"):
            cells = [cell.replace("|", "/") for cell in fields[9:]]
            lines.append("\t".join([*fields[:9], *("./." if rng.random() < missing else cell for cell in cells)]))
    rng.shuffle(lines)  # rows need not be sorted
    path.write_text("\n".join([*(row for row in text if row.startswith("#")), *lines]) + "\n")
    return path


def to_phase(paths: list[Path], **settings) -> ToPhase:
    return read_to_phase(paths, **phase_settings({}) | settings)


@pytest.mark.integration
def test_phasing_keeps_genotypes_and_finds_the_phase(cohort, tmp_path, public_file):
    target = unphased(cohort, tmp_path / "a.vcf", 0.01)
    with pytest.raises(UserError, match=r"missing genotypes.*unphased genotypes"):
        read_vcf([target])
    genotypes = to_phase([target])
    settings = {"seed": 1, "threads": 1, "memory_mb": 800}
    phase(genotypes, public_file(JAR), tmp_path / "out.vcf.gz", "GRCh38", **settings)
    phased, _ = read_vcf([tmp_path / "out.vcf.gz"], build="GRCh38")
    assert np.array_equal(phased.sites["position"], cohort.sites["position"])
    truth, found = (one.alleles.reshape(50, 2, -1) for one in (cohort, phased))
    assert (truth.sum(axis=1) != found.sum(axis=1)).mean() < 0.002  # of the 1 % that were missing few are wrong
    # The phased file says which genotypes were filled in, and all others are as they were.
    np.testing.assert_array_equal(phased.filled, genotypes.genotypes.filled)
    assert phased.filled.mean() == pytest.approx(0.01, abs=0.002)
    assert not ((truth.sum(axis=1) != found.sum(axis=1)) & ~phased.filled).any()
    switches = compared = 0
    for person in range(50):
        known = (truth[person, 0] != truth[person, 1]) & (found[person, 0] != found[person, 1])
        same = truth[person, 0, known] == found[person, 0, known]
        switches, compared = switches + (same[1:] != same[:-1]).sum(), compared + len(same) - 1
    # By chance half of the neighbours would switch.
    assert switches / compared < 0.08


def rows_of(tmp_path: Path, *rows: str, n: int = 2) -> Path:
    header = "##fileformat=VCFv4.2\n##FILTER=<ID=q10,Description=F>\n"
    header += "".join(f"##contig=<ID={contig}>\n" for contig in ("1", "2", "3"))
    header += "##FORMAT=<ID=GT,Number=1,Type=String,Description=G>\n"
    names = [f"P{i}" for i in range(n)]
    columns = "\t".join(["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO", "FORMAT", *names])
    path = tmp_path / "rows.vcf"
    path.write_text(header + "\n".join([columns, *("\t".join(row.split()) for row in rows)]) + "\n")
    return path


def qc_values(found: ToPhase) -> dict:
    return found.qc.set_index("what")["value"].to_dict()


def test_sites_and_genotypes_that_are_phased(tmp_path):
    path = rows_of(
        tmp_path,
        "1 5 . A C,G . . . GT 0/1 0/0",
        "1 6 . AT A . . . GT 0/1 0/0",
        "1 7 . A C . PASS . GT 1/0 1|1",
        "1 8 . A C . . . GT 0/1 0/0",
        "1 8 . A G . . . GT ./1 0/0",
        "1 9 . A C . q10 . GT 0/1 0/0",
        "1 10 . A C . . . GT 1|0 0/0",
        "1 11 . A C . . . GT 0/1 0/0",
        "1 11 . A * . . . GT ./1 0/0",
    )
    found = to_phase([path])
    assert found.genotypes.sites["position"].tolist() == [7, 10]
    # Whatever their phase, REF comes first.
    np.testing.assert_array_equal(found.genotypes.alleles, [[0, 0], [1, 1], [1, 0], [1, 0]])
    assert qc_values(found)["failed a filter"] == 1
    kept = to_phase([path], failed=KEEP).genotypes.sites["position"].tolist()
    assert kept == [7, 9, 10]


@pytest.mark.parametrize(
    ("genotypes", "message"),
    [
        ("0|2 0/0", "1 impossible genotype, first in rows.vcf 1:100, sample column 1"),
        ("0 0/1", "1 non-diploid genotype, first in rows.vcf 1:100, sample column 1"),
        ("0/. ./1", "2 half-called genotypes, first in rows.vcf 1:100, sample column 1"),
    ],
)
def test_genotypes_that_cannot_be_phased_are_refused(tmp_path, genotypes, message):
    path = rows_of(tmp_path, f"1 100 . A C . PASS . GT {genotypes}", "1 200 . A C . PASS . GT 0/1 0/1")
    with pytest.raises(UserError, match=message):
        to_phase([path])


def test_a_site_twice_is_taken_once_and_refused_where_the_rows_differ(tmp_path):
    other = "1 200 . A C . PASS . GT 0/1 0/1"
    row = "1 100 {} A C . PASS . GT {} {}"
    found = to_phase([rows_of(tmp_path, row.format("x", "0/1", "1/1"), row.format("y", "1|0", "1/1"), other)])
    assert found.genotypes.n_sites == 2
    for genotype in ("1/1", "./."):
        path = rows_of(tmp_path, row.format("x", "0/1", "0/0"), row.format("y", "0/1", genotype), other)
        with pytest.raises(UserError, match=r"1 site listed twice with different genotypes, first 1:100 A>C"):
            to_phase([path])


def test_a_snp_alone_on_its_contig_is_left_out_and_only_contigs_asked_for_are_read(tmp_path):
    rows = [
        f"{contig} {position} . A C . . . GT 0/1 0/1" for contig, position in ((1, 5), (1, 6), (2, 5), (3, 8), (3, 9))
    ]
    path = rows_of(tmp_path, *rows)
    found = to_phase([path])
    assert found.genotypes.sites["contig"].tolist() == ["1", "1", "3", "3"]
    assert qc_values(found)["SNPs without another within 20 Mb, left out"] == 1
    # The whole contig is phased, not the region alone.
    found = to_phase([path], regions=["3:9-9", "2:1-10"])
    assert found.genotypes.sites["position"].tolist() == [8, 9]
    with pytest.raises(UserError, match=r"region 4:1-9: the files have no contig 4, only 1, 2, 3"):
        to_phase([path], regions=["4:1-9", "1:1-10"])
    with pytest.raises(UserError, match="no SNP has another within 20 Mb"):
        to_phase([path], regions=["2:1-10"])


@pytest.mark.integration
@pytest.mark.parametrize("positions", [[1, 18_000_000], [5, 900, 150_000_000, 150_000_900]])
def test_snps_far_apart_are_phased(tmp_path, public_file, positions):
    # Each lies outside of the windows that Beagle takes for the one before.
    rng = np.random.default_rng(1)
    cells = rng.choice(["0/0", "0/1", "1/1"], (len(positions), 30))
    rows = [f"1 {at} . A C . . . GT {' '.join(of)}" for at, of in zip(positions, cells, strict=True)]
    # One SNP more, which has no other near.
    found = to_phase([rows_of(tmp_path, *rows, f"1 60000000 . A C . . . GT {' '.join(cells[0])}", n=30)])
    assert qc_values(found)["SNPs without another within 20 Mb, left out"] == 1
    phase(found, public_file(JAR), tmp_path / "o.vcf.gz", "GRCh37", seed=1, threads=1, memory_mb=800)
    assert read_vcf([tmp_path / "o.vcf.gz"])[0].sites["position"].tolist() == positions


def typed(missing: np.ndarray) -> Haplotypes:
    """Return genotypes of which some, (n_people, n_sites) bool, are missing."""
    n_people, n_sites = missing.shape
    sites = pd.DataFrame({"contig": "1", "position": np.arange(n_sites) + 1, "id": ".", "ref": "A", "alt": "C"})
    return Haplotypes(np.zeros((2 * n_people, n_sites), np.uint8), sites, artificial_people(n_people), missing)


def test_individuals_and_sites_with_few_genotypes_are_left_out():
    missing = np.zeros((30, 40), bool)
    missing[3:6] = True  # three people without any genotype take no site along,
    missing[:20, ::2] = True  # sites that a third was typed at take no individual along,
    missing[29, 1:9:2] = True  # and who lacks 4 of the 20 sites left goes.
    missing[28, 1] = missing[27, 3:7:2] = True
    kept, qc = without_missing(typed(missing), 0.1, 0.1)
    assert kept.sites["position"].tolist() == list(range(2, 41, 2))
    assert kept.people["sample"].tolist() == [f"AG{i + 1:05d}" for i in range(30) if i not in (3, 4, 5, 29)]
    assert kept.filled.sum() == 3
    assert qc == [
        ("phasing", "SNPs with more than 10% missing genotypes, left out", 20),
        ("phasing", "individuals with more than 10% missing genotypes, left out", 4),
        *(("left out, missing share", f"AG0000{i}", 1.0) for i in (4, 5, 6)),
        ("left out, missing share", "AG00030", 0.2),
        ("phasing", "genotypes filled in", 3),
    ]


def test_shares_at_the_limit_are_kept():
    missing = np.zeros((10, 10), bool)
    np.fill_diagonal(missing, True)
    kept, _ = without_missing(typed(missing), 0.1, 0.1)
    assert kept.filled.shape == (10, 10)


@pytest.mark.parametrize(
    ("limits", "message"),
    [((0.1, 1), "all 8 SNPs .*raise phase_site_"), ((1, 0.1), "all 6 individuals .*raise phase_sam")],
)
def test_nothing_is_left_to_phase(limits, message):
    missing = np.zeros((6, 8), bool)
    missing[::2, ::2] = missing[1::2, 1::2] = True
    with pytest.raises(UserError, match=message):
        without_missing(typed(missing), *limits)
