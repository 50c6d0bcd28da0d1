"""What the imputation programs share: finding and running them, checking their success, and their genetic maps."""

import logging
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from artificial_genomes.core.errors import UserError
from artificial_genomes.imputation.imputers import Job

log = logging.getLogger(__name__)

CONSTANT_RATE = 1e-6
"""cM per bp without a genetic map."""

_LAST_LINES = 3
_ERROR = re.compile(r"\b\w*(?:Exception|Error)\b|^\W*ERROR\b")
_BEYOND_BP = 100_000_000
_VERSION = re.compile(r"\bv(?:ersion)?\s*:?\s*v?(\d+(?:\.\d+)+)", re.IGNORECASE)


def find_program(program: str | Path, name: str, advice: str) -> str:
    """Return the path of a program, which may be given as a name on PATH.

    Parameters
    ----------
    name
        Display name of the program.
    advice
        How to get it, for the message.

    Raises
    ------
    UserError
        It does not exist.
    """
    found = shutil.which(str(program))
    if found is None:
        raise UserError(f"{name}: program {str(program)!r} is not on PATH. {advice}")
    return found


def run_program(name: str, command: Sequence[str | Path]) -> str:
    """Run a program, log what it prints, and return that.

    Raises
    ------
    UserError
        Its exit code is not 0; the message ends with its reason.
    """
    words = [str(word) for word in command]
    log.info("%s", " ".join(words))
    printed, code = _outcome(words, name)
    log.info("%s", printed)
    if code != 0:
        raise UserError(f"{name} failed with exit code {code}: {reason(printed)}")
    return printed


def check_written(name: str, path: Path, printed: str) -> Path:
    """Return the path of a program's output.

    Raises
    ------
    UserError
        The program wrote nothing.
    """
    if not path.exists() or path.stat().st_size == 0:
        raise UserError(f"{name} wrote no genotypes to {path.name}: {reason(printed)}")
    return path


def reason(printed: str) -> str:
    """Return why a program failed: its line with an error or a Java exception, else its last lines, joined."""
    lines = [line.strip() for line in printed.splitlines() if line.strip()]
    errors = [line for line in lines if _ERROR.search(line) and not line.startswith("at ")]
    if errors:
        # The last of a chain of exceptions is the cause.
        causes = [line for line in errors if line.startswith("Caused by:")]
        return (causes or errors)[-1]
    return " / ".join(lines[-_LAST_LINES:]) or "it printed nothing"


def reported_version(name: str, command: Sequence[str | Path]) -> str:
    """Return the version, such as "4.1.2", that a program prints; "unknown" if it prints none."""
    printed, _ = _outcome([str(word) for word in command], name)
    found = _VERSION.search(printed)
    return found[1] if found else "unknown"


def _outcome(command: list[str], name: str) -> tuple[str, int]:
    """Return what a command prints, and its exit code."""
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
        )
    except OSError as error:
        raise UserError(f"{name} cannot be run: {command[0]} is not a program for this machine ({error}).") from error
    return done.stdout, done.returncode


def map_positions_of(job: Job) -> np.ndarray:
    """Return the map position in cM of every site: from the genetic map, or 1 cM per Mb."""
    return job.positions * CONSTANT_RATE if job.map_cm is None else job.map_cm


def write_plink_map(job: Job) -> Path:
    """Write the genetic map at the panel's sites as a PLINK .map (contig, id, cM, position)."""
    path = job.folder / "genetic.map"
    cm = map_positions_of(job)
    # Beagle looks for positions tens of cM beyond the last site, and fails if a slowly rising map has none.
    beyond = cm[-1] + _BEYOND_BP * CONSTANT_RATE, job.positions[-1] + _BEYOND_BP
    rows = [*zip(cm, job.positions, strict=True), beyond]
    path.write_text(
        "".join(f"{job.contig}\t.\t{place:.8f}\t{position}\n" for place, position in rows), encoding="utf-8"
    )
    return path
