"""What marks the folders that hold data of private cohorts."""

import os
import stat
from contextlib import suppress
from pathlib import Path

MARKER = "PRIVATE"
MARKER_TEXT = (
    "The files in this folder hold, or were trained on, genotypes of a private cohort. Do not share them.\n"
    "`snakemake release` makes the files that may be shared.\n"
)


def mark_private(folder: str | Path) -> None:
    """Mark a folder as private, and let its owner alone read what this process will write."""
    os.umask(0o077)
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    close_folder(folder)
    (folder / MARKER).write_text(MARKER_TEXT, encoding="utf-8")


def close_folder(folder: str | Path) -> None:
    """Let nobody but its owner into a folder, if it is there; others' folders are theirs."""
    with suppress(FileNotFoundError, PermissionError):
        Path(folder).chmod(0o700)


def let_pass(folder: str | Path) -> None:
    """Let everybody reach what is in a folder by its name, and nobody list the folder who could not before."""
    folder = Path(folder)
    with suppress(PermissionError):
        folder.chmod(stat.S_IMODE(folder.stat().st_mode) | 0o011)
