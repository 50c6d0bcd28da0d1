"""Phasing with Beagle, which imputes missing genotypes at the same time.

Source of the program: Browning et al. 2021, doi 10.1016/j.ajhg.2021.08.005.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
import pysam

from artificial_genomes.core.errors import Findings, UserError
from artificial_genomes.core.haplotypes import Haplotypes
from artificial_genomes.core.regions import parse_regions
from artificial_genomes.imputation.imputers import Job, beagle
from artificial_genomes.io.genetic_map import map_positions, read_genetic_map
from artificial_genomes.io.genotypes import without_missing
from artificial_genomes.io.vcf import read_vcf
from artificial_genomes.io.vcf_writer import write_vcf

log = logging.getLogger(__name__)

_NEAR_BP = 20_000_000
_SITES_PER_BLOCK = 1000


@dataclass(frozen=True)
class ToPhase:
    """Genotypes of a cohort to be phased.

    Attributes
    ----------
    genotypes : Haplotypes
        With arbitrary phase; `filled` says which are missing.
    rows
        Number of rows read, and of rows dropped by reason.
    qc : DataFrame
        step, what, value: what was read, and what is left out.
    """

    genotypes: Haplotypes
    rows: Mapping[str, int]
    qc: pd.DataFrame


def read_to_phase(
    vcfs: Sequence[str | Path],
    regions: Iterable[str] = (),
    build: str = "",
    *,
    failed: str,
    site_missing_max: float,
    sample_missing_max: float,
    findings: Findings | None = None,
) -> ToPhase:
    """Read the biallelic SNPs that a cohort is phased at, and leave out what cannot be phased.

    Individuals and sites with too many missing genotypes (`without_missing`) are left out, and so are SNPs without
    another SNP nearby: their phase cannot be inferred, and Beagle fails on a single marker.

    Parameters
    ----------
    vcfs
        Files with different sites of the same individuals, sorted or not.
    regions
        Regions whose contigs are read; without any, all contigs.
    build, failed, findings
        See `read_vcf`.
    site_missing_max, sample_missing_max
        See `without_missing`.

    Raises
    ------
    UserError
        The files cannot be read, or nothing is left.
    """
    wanted = dict.fromkeys(region for text in regions for region in parse_regions(text))
    genotypes, rows = read_vcf(vcfs, list(wanted), build, findings, failed, to_phase=True)
    qc = [("phasing", what, value) for what, value in rows.items()]
    genotypes, left_out = without_missing(genotypes, site_missing_max, sample_missing_max)
    alone = _are_alone(genotypes.sites)
    if alone.all():
        raise UserError(
            f"no SNP has another within {_NEAR_BP // 10**6} Mb, so nothing can be phased. Use more SNPs, or remove "
            "phase: beagle."
        )
    qc += [*left_out, ("phasing", f"SNPs without another within {_NEAR_BP // 10**6} Mb, left out", int(alone.sum()))]
    table = pd.DataFrame(qc, columns=["step", "what", "value"], dtype=object)
    return ToPhase(genotypes.take_sites(~alone), rows, table)


def _are_alone(sites: pd.DataFrame) -> np.ndarray:
    """Return whether each site has no other site nearby on its contig: (n_sites,) bool."""
    of_contig = sites.groupby("contig", sort=False)["position"]
    gaps = [of_contig.diff(), -of_contig.diff(-1)]
    return ~np.logical_or(*(gap <= _NEAR_BP for gap in gaps)).to_numpy()


def phase(
    to_phase: ToPhase,
    program: str | Path,
    output: Path,
    build: str,
    *,
    seed: int,
    threads: int,
    memory_mb: int,
    genetic_map: Path | None = None,
) -> None:
    """Phase genotypes, contig by contig, and write them as one indexed VCF that says which genotypes were filled in.

    Genotypes that are already phased are phased again: Beagle does not keep a partial phase.

    Parameters
    ----------
    program
        Beagle's jar.
    output
        Bgzipped VCF; its index is `output` + ".tbi".
    build
        Genome build.
    seed, threads, memory_mb
        Seed, threads and memory for Beagle.
    genetic_map
        See `read_genetic_map`; without, Beagle assumes 1 cM per Mb.

    Raises
    ------
    UserError
        Beagle fails, or changes genotypes.
    """
    genotypes = to_phase.genotypes
    contigs = genotypes.sites["contig"].to_numpy()
    names = list(pd.unique(contigs))
    centimorgans = None if genetic_map is None else read_genetic_map(genetic_map, names)
    with TemporaryDirectory() as folder:
        phased = []
        for number, contig in enumerate(names):
            place = Path(folder) / str(number)
            place.mkdir()
            target = place / "target.vcf.gz"
            of_contig = genotypes.take_sites(contigs == contig)
            _write_unphased(of_contig, target)
            positions = of_contig.sites["position"].to_numpy()
            map_cm = None if centimorgans is None else map_positions(centimorgans, contig, positions)
            job = Job(target, target, place, contig, positions, map_cm, seed, threads, memory_mb)
            log.info("contig %s: %d SNPs", contig, len(positions))
            phased.append(beagle.phase(program, job))
        haplotypes, _ = read_vcf(phased)
    _check_same(genotypes, haplotypes)
    haplotypes = Haplotypes(haplotypes.alleles, genotypes.sites, genotypes.people, genotypes.filled)
    write_vcf(haplotypes, output, build)


def _write_unphased(genotypes: Haplotypes, path: Path) -> None:
    """Write genotypes as an unphased VCF."""
    contig = genotypes.sites["contig"].iloc[0]
    columns = ["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO", "FORMAT"]
    lines = ["##fileformat=VCFv4.2", f"##contig=<ID={contig}>"]
    lines += ['##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">', "\t".join([*columns, *_names(genotypes)])]
    cells = np.array(["0/0", "0/1", "1/1", "./."])
    with pysam.BGZFile(str(path), "wb") as file:
        file.write(("\n".join(lines) + "\n").encode())
        for start in range(0, genotypes.n_sites, _SITES_PER_BLOCK):
            block = slice(start, start + _SITES_PER_BLOCK)
            calls = genotypes.alleles[0::2, block] + genotypes.alleles[1::2, block]
            if genotypes.filled is not None:
                calls[genotypes.filled[:, block]] = 3
            for site, of_site in zip(genotypes.sites.iloc[block].itertuples(index=False), calls.T, strict=True):
                row = f"{contig}\t{site.position}\t{site.id}\t{site.ref}\t{site.alt}\t.\tPASS\t.\tGT\t"
                file.write((row + "\t".join(cells[of_site]) + "\n").encode())


def _names(genotypes: Haplotypes) -> list[str]:
    return genotypes.people["sample"].tolist()


def _check_same(genotypes: Haplotypes, phased: Haplotypes) -> None:
    """Check that phasing kept sites, individuals and all given genotypes."""
    places = ["contig", "position", "ref", "alt"]
    same = _names(genotypes) == _names(phased) and genotypes.sites[places].equals(phased.sites[places])
    if same:
        before, after = (one.alleles[0::2] + one.alleles[1::2] for one in (genotypes, phased))
        differ = before != after
        same = not (differ if genotypes.filled is None else differ & ~genotypes.filled).any()
    if not same:
        raise UserError(
            "the file phased by Beagle differs from its input in sites, individuals or genotypes. Check the jar of "
            "Beagle."
        )
