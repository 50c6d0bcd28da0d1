"""VCF files for tests: made of short rows, packed in every way, indexed."""

import codecs
import gzip
import lzma
from pathlib import Path

import numpy as np
import pandas as pd
import pysam
import pysam.bcftools

from artificial_genomes.core.haplotypes import Haplotypes, artificial_people

HEADER = '##fileformat=VCFv4.2\n##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">\n'


def vcf_text(rows: list[str], samples: str = "A B C", header: str = HEADER) -> str:
    """Return a VCF from rows like ``1 100 rs1 A C 0|0 0|1 1|1``."""
    lines = ["\t".join(["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO", "FORMAT", *samples.split()])]
    for row in rows:
        fields = row.split()
        lines.append("\t".join([*fields[:5], ".", "PASS", ".", "GT", *fields[5:]]))
    return header + "\n".join(lines) + "\n"


def write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def bgzipped(path: Path) -> Path:
    pysam.tabix_compress(str(path), f"{path}.gz", force=True)
    return Path(f"{path}.gz")


def random_haplotypes() -> Haplotypes:
    """Return random haplotypes of nine people at 1500 sites on two contigs."""
    rng = np.random.default_rng(3)
    n_people, n_sites = 9, 1500
    ref = rng.integers(0, 4, n_sites)
    sites = pd.DataFrame(
        {
            "contig": ["2"] * 700 + ["10"] * 800,
            "position": np.concatenate([np.sort(rng.choice(10**6, n, replace=False)) + 1 for n in (700, 800)]),
            "id": [f"rs{i}" for i in range(n_sites)],
            "ref": np.array(list("ACGT"))[ref],
            "alt": np.array(list("ACGT"))[(ref + rng.integers(1, 4, n_sites)) % 4],
        }
    )
    return Haplotypes(rng.integers(0, 2, (2 * n_people, n_sites), dtype=np.uint8), sites, artificial_people(n_people))


GOOD_ROWS = ["1 100 rs1 A C 0|0 0|1 1|1", "1 200 . G T 1|0 0|0 0|0", "2 50 rs3 T A 0|1 1|1 0|0"]
GOOD_ALLELES = [[0, 1, 0], [0, 0, 1], [0, 0, 1], [1, 0, 1], [1, 0, 0], [1, 0, 0]]


def packed(kind: str, path: Path) -> Path:
    if kind == "plain":
        return path
    if kind == "bgzip":
        return bgzipped(path)
    if kind == "gzip":
        target = path.with_name("gzipped.vcf.gz")
        target.write_bytes(gzip.compress(path.read_bytes()))
        return target
    if kind == "xz":
        target = path.with_name("a.vcf.xz")
        target.write_bytes(lzma.compress(path.read_bytes()))
        return target
    if kind == "byte order mark":
        path.write_bytes(codecs.BOM_UTF8 + path.read_bytes())
        return path
    if kind == "empty last lines":
        path.write_bytes(path.read_bytes() + b"\n\r\n")
        return path
    if kind == "no last line end":
        path.write_bytes(path.read_bytes().rstrip())
        return path
    if kind == "windows line ends":
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
        return path
    target = path.with_suffix(".bcf")
    text = path.read_text().replace("##FORMAT", "##contig=<ID=1>\n##contig=<ID=2>\n##FORMAT")
    path.write_text(text)
    pysam.bcftools.view("-Ob" if kind == "bcf" else "-Ou", "-o", str(target), str(path), catch_stdout=False)
    return target


def indexed(path: Path, kind: str) -> Path:
    if kind == "csi":
        pysam.bcftools.index("-c", "-f", str(path), catch_stdout=False)
    else:
        pysam.tabix_index(str(path), preset="vcf", force=True)
    return path
