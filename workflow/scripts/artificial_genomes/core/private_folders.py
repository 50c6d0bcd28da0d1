"""Folders with data of private cohorts are marked and closed to other users."""

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
    """Mark a folder as private, and make files that this process will write readable by their owner only."""
    os.umask(0o077)
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    close_folder(folder)
    (folder / MARKER).write_text(MARKER_TEXT, encoding="utf-8")


def close_folder(folder: str | Path) -> None:
    """Restrict a folder, if it exists, to its owner; folders of other users are left alone."""
    with suppress(FileNotFoundError, PermissionError):
        Path(folder).chmod(0o700)


def let_pass(folder: str | Path) -> None:
    """Let everybody open files in a folder by name, without letting anybody else list the folder."""
    folder = Path(folder)
    with suppress(PermissionError):
        folder.chmod(stat.S_IMODE(folder.stat().st_mode) | 0o011)
