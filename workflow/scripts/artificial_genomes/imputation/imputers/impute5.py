"""IMPUTE5, the imputation program. Its license forbids redistribution, so users provide their own copy.

Source of the program: Rubinacci et al. 2020, doi 10.1371/journal.pgen.1009049;
https://jmarchini.org/software/#impute-5.
"""

import gzip
from pathlib import Path

import numpy as np
import pysam

from artificial_genomes.imputation.imputers import Job
from artificial_genomes.imputation.imputers.programs import check_written, find_program, reported_version, run_program

_ADVICE = (
    "Fetch it from https://jmarchini.org/software/#impute-5 (free for academic use), or write its path as "
    "imputation.impute5."
)
_COUNTS = (
    '##INFO=<ID=AC,Number=A,Type=Integer,Description="Number of ALT alleles">\n'
    '##INFO=<ID=AN,Number=1,Type=Integer,Description="Number of alleles">\n'
)


def version(program: str | Path) -> str:
    """Return name and version of IMPUTE5."""
    return f"IMPUTE5 {reported_version('IMPUTE5', [find_program(program, 'IMPUTE5', _ADVICE), '--help'])}"


def run(program: str | Path, job: Job) -> Path:
    """Impute with IMPUTE5, which draws no random numbers that can be seeded.

    Parameters
    ----------
    program
        A name on PATH, or a path.
    job
        Without a genetic map, IMPUTE5 assumes 1 cM per Mb.

    Returns
    -------
    Path
        The imputed VCF, with INFO.

    Raises
    ------
    UserError
        The program is missing, fails, or writes nothing.
    """
    impute5 = find_program(program, "IMPUTE5", _ADVICE)
    panel, target = (
        write_counts(source, job.folder / f"{name}.counts.vcf.gz")
        for name, source in (("panel", job.panel), ("target", job.target))
    )
    region = f"{job.contig}:{job.positions[0]}-{job.positions[-1]}"
    imputed = job.folder / "imputed.vcf.gz"
    command = [impute5, "--h", panel, "--g", target, "--r", region, "--buffer-region", region, "--out-gp-field"]
    command += ["--o", imputed, "--l", job.folder / "impute5.log", "--threads", job.threads]
    command += [] if job.map_cm is None else ["--m", write_map(job)]
    check_written("IMPUTE5", imputed, run_program("IMPUTE5", command))
    return write_information(imputed, job.folder / "information.vcf.gz")


def write_map(job: Job) -> Path:
    """Write the genetic map at the panel's sites in the format of IMPUTE5: a header, then pos chr cM."""
    path = job.folder / "genetic.gmap"
    rows = zip(job.positions, job.map_cm, strict=True)
    path.write_text(
        "pos\tchr\tcM\n" + "".join(f"{position}\t{job.contig}\t{cm:.8f}\n" for position, cm in rows), encoding="utf-8"
    )
    return path


def write_counts(source: Path, destination: Path) -> Path:
    """Copy a VCF of biallelic sites that has no INFO, adding the INFO that IMPUTE5 1.2 needs (AC, AN), and index it."""
    with gzip.open(source, "rt", encoding="utf-8") as lines, pysam.BGZFile(str(destination), "wb") as file:
        for line in lines:
            if line.startswith("#CHROM"):
                line = _COUNTS + line
            elif not line.startswith("#"):
                *fixed, _, key, genotypes = line.split("\t", 9)
                alt = genotypes.count("1")
                line = "\t".join([*fixed, f"AC={alt};AN={alt + genotypes.count('0')}", key, genotypes])
            file.write(line.encode())
    pysam.tabix_index(str(destination), preset="vcf", force=True)
    return destination


def write_information(source: Path, destination: Path) -> Path:
    """Copy an imputed VCF with INFO recomputed from its genotype probabilities (FORMAT GP).

    IMPUTE5 1.2 writes large negative numbers if ALT is the major allele. Rows without GP are not changed.
    """
    with gzip.open(source, "rt", encoding="utf-8") as lines, gzip.open(destination, "wt", encoding="utf-8") as file:
        for line in lines:
            if not line.startswith("#"):
                fields = line.rstrip("\n").split("\t")
                keys = fields[8].split(":")
                if "GP" in keys:
                    place = keys.index("GP")
                    probabilities = [sample.split(":")[place].split(",") for sample in fields[9:]]
                    others = [entry for entry in fields[7].split(";") if not entry.startswith("INFO=") and entry != "."]
                    fields[7] = ";".join([*others, f"INFO={information(np.array(probabilities, float)):.6g}"])
                    line = "\t".join(fields) + "\n"
            file.write(line)
    return destination


def information(probabilities: np.ndarray) -> float:
    """Return IMPUTE's measure of the information about an allele frequency.

    One minus the ratio of the mean variance of the imputed number of ALT alleles of an individual to that of an
    individual drawn by the allele frequency; 1 if one allele is certain in all individuals.

    Parameters
    ----------
    probabilities : (n_people, 3) float64
        Of 0, 1 and 2 ALT alleles.

    Notes
    -----
    Marchini and Howie 2010, doi 10.1038/nrg2796, supplement S3.
    """
    expected = probabilities @ [0, 1, 2]
    variance = probabilities @ [0, 1, 4] - expected**2
    frequency = expected.mean() / 2
    drawn = 2 * frequency * (1 - frequency)
    return 1 - variance.mean() / drawn if drawn > 0 else 1.0
