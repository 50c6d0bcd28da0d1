"""What a run needs of the machine, looked at before it starts: folders that it can write to, and cores."""

import errno
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from artificial_genomes.core.errors import UserError

TEMPORARY_BYTES = 100_000
"""What must fit into the folder of temporary files: Snakemake plans with files of this size."""


def check_folders(folders: Iterable[str | Path]) -> None:
    """Check that files can be written to folders, those that are not there yet among them, and to that of TMPDIR.

    Raises
    ------
    UserError
        Something else stands where a folder must be, or nothing can be written there.
    """
    for folder in map(Path, folders):
        _check_folder(folder)
    _check_temporary()


def check_workers(**numbers: int | None) -> None:
    """Check the numbers of workers on the command line, by option; None where an option is not used.

    Raises
    ------
    UserError
        A number is below 1, with which Snakemake would wait without end.
    """
    for option, number in numbers.items():
        if number is not None and number < 1:
            raise UserError(f"--{option} {number}: no job could run. Write a number from 1, or leave the option out.")


def _check_folder(folder: Path) -> None:
    there = next(path for path in (folder, *folder.parents) if os.path.lexists(path))
    if not there.is_dir():
        kind = "a broken symbolic link" if there.is_symlink() else "a file"
        raise UserError(f"{there} is {kind}, but the workflow needs a folder there. Move it away.")
    if not os.access(there, os.W_OK | os.X_OK):
        reason = "its file system is read-only" if _is_read_only(there) else "you have no permission"
        raise UserError(f"nothing can be written to {there.resolve()}: {reason}. Run in another folder (--directory).")


def _is_read_only(folder: Path) -> bool:
    return bool(os.statvfs(folder).f_flag & os.ST_RDONLY)


def _check_temporary() -> None:
    folder = os.getenv("TMPDIR")
    if not folder or not os.path.isdir(folder):  # then another one is taken
        return
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(bytes(TEMPORARY_BYTES))
            file.flush()
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise UserError(
                f"the disk of TMPDIR ({folder}) is full. Free some space, or set TMPDIR to another folder."
            ) from error
