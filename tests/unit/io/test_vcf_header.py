"""Headers of VCF files: what is no VCF, samples, and lengths of contigs."""

import gzip

import pytest

from artificial_genomes.core.errors import UserError
from artificial_genomes.core.haplotypes import Haplotypes
from artificial_genomes.io.vcf import read_vcf
from artificial_genomes.io.vcf_writer import write_vcf
from vcf_helpers import GOOD_ROWS, HEADER, random_haplotypes, vcf_text, write


@pytest.fixture
def haplotypes() -> Haplotypes:
    return random_haplotypes()


BAD_FILES = {
    "empty": (b"", "is not a VCF"),
    "text": (b"sample,population\nA,CEU\n", "is not a VCF"),
    "binary": (bytes(range(256)) * 50, "is not a VCF"),
    "gzipped text": (gzip.compress(b"hello\n"), "is not a VCF"),
    "header only": (HEADER.encode(), "has no tab-separated line #CHROM"),
    "spaces for tabs": (vcf_text(GOOD_ROWS).replace("\t", " ").encode(), "has no tab-separated line #CHROM"),
    "sites only": (
        HEADER.encode() + b"#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n1\t5\t.\tA\tC\t.\t.\t.\n",
        "has no samples",
    ),
    "a sample twice": (
        vcf_text(GOOD_ROWS, samples="A B A").encode(),
        "1 sample name twice, first in sample column 3",
    ),
    "a name in another encoding": (
        vcf_text(GOOD_ROWS, samples="A Zoë C").encode("latin-1"),
        "the name in sample column 2 is not UTF-8",
    ),
    "gzip of half a header": (
        gzip.compress(HEADER.encode() * 1000)[:60],
        "is not a VCF, or its header is truncated or damaged",
    ),
    "plain text cut in a row": (
        vcf_text(GOOD_ROWS).encode()[:-9],
        "line 6 has 10 columns, but the header has 12",
    ),
}


@pytest.mark.parametrize("case", BAD_FILES)
def test_files_that_are_no_vcf(tmp_path, case):
    content, message = BAD_FILES[case]
    path = tmp_path / "a.vcf.gz"
    path.write_bytes(content)
    with pytest.raises(UserError, match=rf"a\.vcf\.gz.*{message}"):
        read_vcf([path])


@pytest.mark.parametrize("kept", [0.5, -28, -1, -200])
def test_truncated_bgzip(haplotypes, tmp_path, kept):
    write_vcf(haplotypes, tmp_path / "a.vcf.gz", "GRCh37")
    whole = (tmp_path / "a.vcf.gz").read_bytes()
    (tmp_path / "b.vcf.gz").write_bytes(whole[: int(len(whole) * kept) if kept == 0.5 else kept])
    with pytest.raises(UserError, match=r"b\.vcf\.gz is truncated"):
        read_vcf([tmp_path / "b.vcf.gz"])


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_vcf([tmp_path / "none.vcf.gz"])


@pytest.mark.parametrize(
    ("samples", "message"),
    [("A B D", "1 are missing, 1 are new"), ("A B", "1 are missing, 0 are new"), ("B A C", "in a different order")],
)
def test_files_with_other_samples(tmp_path, samples, message):
    genotypes = " ".join(["0|1"] * len(samples.split()))
    one = write(tmp_path / "a.vcf", vcf_text(GOOD_ROWS))
    two = write(tmp_path / "b.vcf", vcf_text([f"3 7 . A C {genotypes}"], samples=samples))
    with pytest.raises(UserError, match=rf"b\.vcf .*a\.vcf.*{message}"):
        read_vcf([one, two])


def test_the_header_gives_away_another_build(tmp_path):
    header = HEADER + "##contig=<ID=chr1,length=248956422>\n"
    path = write(tmp_path / "a.vcf", vcf_text(["chr1 100 . A C 0|0 0|1 1|1"], header=header))
    assert read_vcf([path], build="GRCh38")[0].n_sites == 1
    with pytest.raises(UserError, match="is not GRCh37: in its header, contig chr1 has 248956422 bp"):
        read_vcf([path], build="GRCh37")


@pytest.mark.parametrize("length", [101, 2147483647, 5_000_000, 159138664])
def test_lengths_that_tools_invent_say_nothing_of_the_build(tmp_path, length):
    header = HEADER + f"##contig=<ID=7,length={length}>\n"
    path = write(tmp_path / "a.vcf", vcf_text(["7 100 . A C 0|0 0|1 1|1"], header=header))
    for build in ("GRCh37", "GRCh38"):
        assert read_vcf([path], build=build)[0].n_sites == 1


@pytest.mark.parametrize(("length", "other"), [(159138663, "GRCh37"), (158821424, "NCBI36"), (160567428, "T2T-CHM13")])
def test_lengths_of_every_other_build_are_known(tmp_path, length, other):
    header = HEADER + f"##contig=<ID=chr7,length={length}>\n"
    path = write(tmp_path / "a.vcf", vcf_text(["chr7 100 . A C 0|0 0|1 1|1"], header=header))
    with pytest.raises(UserError, match=f"is not GRCh38: .* {length} bp, its length in {other}"):
        read_vcf([path], build="GRCh38")
