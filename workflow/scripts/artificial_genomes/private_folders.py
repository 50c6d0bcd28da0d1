"""What marks the folders that hold data of private cohorts."""

import os
from pathlib import Path

MARKER = "PRIVATE"
MARKER_TEXT = (
    "The files in this folder hold, or were trained on, genotypes of a private cohort. Do not share them.\n"
    "What may leave is made by `snakemake release`.\n"
)


def mark_private(folder: str | Path) -> None:
    """Mark a folder as private, and let its owner alone read what this process will write."""
    os.umask(0o077)
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MARKER).write_text(MARKER_TEXT, encoding="utf-8")
