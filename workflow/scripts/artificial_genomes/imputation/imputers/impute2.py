"""IMPUTE2, the imputation program of the paper. Its license is for academic use; it is in bioconda.

Source of the program: Howie et al. 2009, doi 10.1371/journal.pgen.1000529;
https://mathgen.stats.ox.ac.uk/impute/impute_v2.html.
"""

import gzip
from pathlib import Path

import numpy as np
import pandas as pd

from artificial_genomes.core.errors import UserError
from artificial_genomes.core.haplotypes import Haplotypes
from artificial_genomes.imputation.imputers import Job
from artificial_genomes.imputation.imputers.programs import (
    check_written,
    find_program,
    map_positions_of,
    reported_version,
    run_program,
)
from artificial_genomes.io.impute import write_impute, write_known_haplotypes
from artificial_genomes.io.vcf import read_vcf

_ADVICE = (
    "Install it (bioconda's impute2, or https://mathgen.stats.ox.ac.uk/impute/impute_v2.html), or write its path as "
    "imputation.impute2."
)
_HEADER = """##fileformat=VCFv4.2
##INFO=<ID=INFO,Number=1,Type=Float,Description="Information about the allele frequency, by IMPUTE2">
##FORMAT=<ID=GT,Number=1,Type=String,Description="Most probable genotype, unphased">
##FORMAT=<ID=DS,Number=1,Type=Float,Description="Expected number of ALT alleles">
"""
_COLUMNS = ["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO", "FORMAT"]
_GENOTYPES = np.array(["0/0", "0/1", "1/1"])


def version(program: str | Path) -> str:
    """Return name and version of IMPUTE2."""
    return f"IMPUTE2 {reported_version('IMPUTE2', [find_program(program, 'IMPUTE2', _ADVICE)])}"


def run(program: str | Path, job: Job) -> Path:
    """Impute with IMPUTE2.

    Parameters
    ----------
    program
        A name on PATH, or a path.
    job
        Without a genetic map, 1 cM per Mb is assumed. IMPUTE2 uses one thread.

    Returns
    -------
    Path
        A VCF of its result, with INFO.

    Raises
    ------
    UserError
        The program is missing, fails, or writes no result or an unexpected one.
    """
    impute2 = find_program(program, "IMPUTE2", _ADVICE)
    (panel, _), (target, _) = read_vcf([job.panel]), read_vcf([job.target])
    hap, legend, known = (job.folder / name for name in ("panel.hap", "panel.legend", "target.haps"))
    write_impute(panel, hap, legend)
    write_known_haplotypes(target, known)
    result = job.folder / "imputed.impute2"
    command = [impute2, "-use_prephased_g", "-known_haps_g", known, "-h", hap, "-l", legend, "-m", write_map(job)]
    command += ["-int", job.positions[0], job.positions[-1], "-allow_large_regions", "-Ne", 20_000, "-buffer", 250]
    command += ["-seed", job.seed, "-outdp", 5, "-o", result]
    check_written("IMPUTE2", result, run_program("IMPUTE2", command))
    return write_result(result, panel, list(target.people["sample"]), job.folder / "imputed.vcf.gz")


def write_map(job: Job) -> Path:
    """Write the genetic map for IMPUTE2: position, rate up to the next position (cM/Mb), map position (cM)."""
    cm = map_positions_of(job)
    rates = np.append(np.diff(cm) / np.diff(job.positions) * 1e6, 0.0)
    path = job.folder / "genetic.map"
    rows = zip(job.positions, rates, cm, strict=True)
    lines = [f"{position} {rate:.8f} {centimorgan:.8f}\n" for position, rate, centimorgan in rows]
    path.write_text("position COMBINED_rate(cM/Mb) Genetic_Map(cM)\n" + "".join(lines), encoding="utf-8")
    return path


def write_result(result: Path, panel: Haplotypes, samples: list[str], destination: Path) -> Path:
    """Write IMPUTE2's result (.impute2 and .impute2_info) as a gzipped VCF with GT, DS and INFO.

    Raises
    ------
    UserError
        The individuals or sites of the files differ from the panel's, or they are not such files.
    """
    quality = _read_information(Path(f"{result}_info"))
    sites = panel.sites.set_index("position")
    with result.open(encoding="utf-8") as lines, gzip.open(destination, "wt", encoding="utf-8") as file:
        file.write(_HEADER + "\t".join([*_COLUMNS, *samples]) + "\n")
        for number, line in enumerate(lines, start=1):
            _, _, text, ref, alt, *probabilities = line.split()
            position = int(text)
            if position not in sites.index or position not in quality or len(probabilities) != 3 * len(samples):
                raise UserError(
                    f"IMPUTE2's result, line {number}: expected a site of the panel, {3 * len(samples)} probabilities "
                    f"and a line in {result.name}_info; found {len(probabilities)} at position {position}."
                )
            of_people = np.array(probabilities, float).reshape(-1, 3)
            calls = _GENOTYPES[of_people.argmax(axis=1)]
            cells = [f"{call}:{dosage:.6g}" for call, dosage in zip(calls, of_people @ [0, 1, 2], strict=True)]
            site = sites.loc[position]
            fixed = [site["contig"], text, site["id"], ref, alt, ".", "PASS", f"INFO={quality[position]:.6g}", "GT:DS"]
            file.write("\t".join([*fixed, *cells]) + "\n")
    return destination


def _read_information(path: Path) -> dict[int, float]:
    """Return INFO by position from IMPUTE2's table of sites."""
    try:
        table = pd.read_csv(path, sep=r"\s+")
        return dict(zip(table["position"].astype(int), table["info"].astype(float), strict=True))
    except (OSError, KeyError, ValueError, pd.errors.ParserError) as error:
        raise UserError(f"IMPUTE2 wrote no table of sites with position and info to {path.name} ({error}).") from error
