"""One imputation: a panel, a masked target, a program; part by part (see `imputed_parts`)."""

import gzip
import logging
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
import pysam

from artificial_genomes.core.errors import UserError
from artificial_genomes.core.program import whole_outputs
from artificial_genomes.core.regions import Region
from artificial_genomes.imputation import imputed_parts
from artificial_genomes.imputation.imputers import Job
from artificial_genomes.imputation.result import header_lines, join_vcfs, read_imputed
from artificial_genomes.io.genetic_map import map_positions

log = logging.getLogger(__name__)


def impute(
    panel: Path,
    target: Path,
    sites: pd.DataFrame,
    program: Callable[[Job], Path],
    version: str,
    output: str | Path,
    *,
    seed: int,
    threads: int,
    memory_mb: int,
    genetic_map: pd.DataFrame | None = None,
) -> None:
    """Impute a target, and write the result after checking that it is complete.

    Parameters
    ----------
    panel, target
        Phased, bgzipped and indexed VCFs: the reference individuals at all sites, the individuals to impute at typed
        ones.
    sites : DataFrame
        All sites: contig, position, id, ref, alt. They are imputed part by part (`imputed_parts`), in this order.
    program
        Function that runs the program, with its path: `imputers.imputer(tool).run`.
    version
        Name and version of the program, for the header.
    output
        The imputed VCF, bgzipped; its index is `output` + ".tbi".
    seed, threads, memory_mb
        Seed, threads and memory for the program.
    genetic_map
        From `read_genetic_map`; without, the programs assume a constant rate.

    Raises
    ------
    UserError
        A target individual is in the panel, a contig has no typed site, the program failed, or its result is
        incomplete.
    """
    samples, people = ([*pysam.VariantFile(str(path)).header.samples] for path in (target, panel))
    shared = set(samples) & set(people)
    if shared:
        raise UserError(f"{len(shared)} of the individuals to impute are also in the panel. Rename them.")
    is_typed = _typed(target, sites)
    parts = imputed_parts(sites, is_typed)
    with TemporaryDirectory() as folder, whole_outputs(output, f"{output}.tbi") as (partial, _):
        imputed = []
        for number, (contig, rows) in enumerate(parts):
            positions = sites["position"].to_numpy()[rows]
            region = Region(contig, positions[0], positions[-1])
            place = Path(folder) / str(number)
            place.mkdir()
            if is_typed[rows].all():
                log.info("%s: all %d sites are typed", region, len(positions))
                imputed.append(_as_imputed(target, region, place / "typed.vcf.gz"))
                continue
            job = Job(
                panel=panel if len(parts) == 1 else _part(panel, region, place / "panel.vcf.gz"),
                target=target if len(parts) == 1 else _part(target, region, place / "target.vcf.gz"),
                folder=place,
                contig=contig,
                positions=positions,
                map_cm=None if genetic_map is None else map_positions(genetic_map, contig, positions),
                seed=seed,
                threads=threads,
                memory_mb=memory_mb,
            )
            log.info("%s: %d sites", region, len(positions))
            imputed.append(program(job))
        join_vcfs(imputed, partial, header_lines(panel, "##contig="), version)
        read_imputed(partial, sites, samples)
        pysam.tabix_index(str(partial), preset="vcf", force=True)


def _typed(target: Path, sites: pd.DataFrame) -> np.ndarray:
    with pysam.TabixFile(str(target)) as rows:
        places = {tuple(row.split("\t", 2)[:2]) for contig in rows.contigs for row in rows.fetch(contig)}
    return np.array([place in places for place in zip(sites["contig"], sites["position"].astype(str), strict=True)])


def _as_imputed(target: Path, region: Region, destination: Path) -> Path:
    """Write the rows of a region in which all sites are typed: with dosages, like a program, but no header."""
    with pysam.TabixFile(str(target)) as rows, gzip.open(destination, "wt", encoding="utf-8") as file:
        for row in rows.fetch(region.contig, region.start - 1, region.end):
            *site, keys, genotypes = row.split("\t", 9)
            dosed = [f"{genotype}:{genotype.count('1')}" for genotype in genotypes.split("\t")]
            file.write("\t".join([*site, f"{keys}:DS", *dosed]) + "\n")
    return destination


def _part(source: Path, region: Region, destination: Path) -> Path:
    """Copy a region of an indexed VCF to a new indexed VCF."""
    with pysam.TabixFile(str(source)) as rows, pysam.BGZFile(str(destination), "wb") as file:
        here = rows.fetch(region.contig, region.start - 1, region.end)
        for line in [*rows.header, *here]:
            file.write(f"{line}\n".encode())
    pysam.tabix_index(str(destination), preset="vcf", force=True)
    return destination
