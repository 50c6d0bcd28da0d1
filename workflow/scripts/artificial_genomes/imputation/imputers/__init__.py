"""The imputation programs: one module per program.

A module `TOOL.py` defines

- `run(program, job) -> Path`: imputes, and returns a gzipped VCF of all sites of the panel with FORMAT GT and DS and,
  in INFO, the program's own estimate of its quality; raises `UserError` if the program is missing or fails;
- `version(program) -> str`: name and version of the program, without a date.

`program` is its path, or a name on PATH. A new program is a new module, a rule file, a key in the schema of the
configuration, its quality among `result.QUALITIES`, and a test.
"""

import importlib
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import numpy as np

TOOLS = ("beagle", "minimac4", "impute5", "impute2")
"""Names of the programs, and of their modules."""


@dataclass(frozen=True)
class Job:
    """An imputation job.

    Attributes
    ----------
    panel, target
        Phased, bgzipped and indexed VCFs of one contig; the sites of the target are among those of the panel.
    folder
        Folder for temporary files.
    contig
        The contig.
    positions : (n_sites,) int
        Sites of the panel in bp, increasing.
    map_cm : (n_sites,) float64 or None
        Their map positions in cM; None without a genetic map.
    seed
        Seed of the program, if it takes one.
    threads
        Processor threads.
    memory_mb
        Memory of the job.
    """

    panel: Path
    target: Path
    folder: Path
    contig: str
    positions: np.ndarray
    map_cm: np.ndarray | None
    seed: int
    threads: int
    memory_mb: int


def imputer(tool: str) -> ModuleType:
    """Return the module of a program."""
    return importlib.import_module(f"{__name__}.{tool}")
