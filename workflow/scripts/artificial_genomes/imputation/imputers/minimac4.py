"""Minimac4, the imputation program, from version 4.1.

Source of the program: Das et al. 2016, doi 10.1038/ng.3656; https://github.com/statgen/Minimac4.
"""

import re
from pathlib import Path

import numpy as np

from artificial_genomes.core.errors import UserError
from artificial_genomes.imputation import GAP_MAX_BP
from artificial_genomes.imputation.imputers import Job
from artificial_genomes.imputation.imputers.programs import (
    check_written,
    find_program,
    reported_version,
    run_program,
    write_plink_map,
)
from artificial_genomes.io.vcf import read_vcf

_OLDEST = (4, 1)
_ADVICE = "Install it (`apt install minimac4`, or bioconda's minimac4), or write its path as imputation.minimac4."


def version(program: str | Path) -> str:
    """Return name and version of Minimac4.

    Raises
    ------
    UserError
        The program is missing or older than 4.1, which has different options.
    """
    number = reported_version("Minimac4", [find_program(program, "Minimac4", _ADVICE), "--version"])
    if tuple(map(int, re.findall(r"\d+", number)[:2])) < _OLDEST:
        raise UserError(f"the version of Minimac4 is {number}, but 4.1 or later is needed. {_ADVICE}")
    return f"Minimac4 {number}"


def run(program: str | Path, job: Job) -> Path:
    """Impute with Minimac4, which draws no random numbers.

    Parameters
    ----------
    program
        A name on PATH, or a path.
    job
        Without a genetic map Minimac4 assumes its smallest recombination probability.

    Returns
    -------
    Path
        The imputed VCF, with R2. Typed genotypes that Minimac4 considers errors differ from those of the target.

    Raises
    ------
    UserError
        The program is missing, the target has missing or unphased genotypes, Minimac4 fails, or it writes nothing.
    """
    minimac4 = find_program(program, "Minimac4", _ADVICE)
    # Minimac4 silently treats an unphased genotype as phased.
    read_vcf([job.target])
    reference, imputed = job.folder / "panel.msav", job.folder / "imputed.vcf.gz"
    run_program("Minimac4", [minimac4, "--compress-reference", job.panel, "--output", reference])
    command = [minimac4, reference, job.target, "--output", imputed, "--output-format", "vcf.gz", "--format", "GT,DS"]
    command += ["--threads", job.threads]
    # A part on both sides of a long gap is imputed as one chunk, since Minimac4 fails in a chunk without sites.
    if np.diff(job.positions).max(initial=0) > GAP_MAX_BP:
        command += ["--chunk", job.positions[-1] + 1]
    command += [] if job.map_cm is None else ["--map", write_plink_map(job)]
    return check_written("Minimac4", imputed, run_program("Minimac4", command))
