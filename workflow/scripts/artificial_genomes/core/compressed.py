"""Files that may be compressed: read through gzip, xz or zip according to their content, not their names."""

import gzip
import lzma
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from artificial_genomes.core.errors import UserError

_DAMAGED = (EOFError, gzip.BadGzipFile, zlib.error, lzma.LZMAError, zipfile.BadZipFile)
_CONTAINERS = {b"\x1f\x8b": "gzip", b"\xfd7zXZ\x00": "xz", b"PK\x03\x04": "zip"}


def container(path: str | Path) -> str | None:
    """Return the compression of a file, "gzip" (also for bgzip), "xz" or "zip"; None if it is not compressed."""
    with open(path, "rb") as file:
        start = file.read(max(map(len, _CONTAINERS)))
    return next((name for magic, name in _CONTAINERS.items() if start.startswith(magic)), None)


@contextmanager
def opened(path: str | Path) -> Iterator[BinaryIO]:
    """Open a file for reading bytes, through gzip, xz or zip (one member) if its first bytes say so.

    Raises
    ------
    UserError
        The file is truncated or damaged, which may show only while it is read, or is a zip of several files.
    """
    with open(path, "rb") as file:
        try:
            yield _unpacked(file, path)
        except _DAMAGED as error:
            raise UserError(f"{path} is truncated or damaged. Download or create it again.") from error


def _unpacked(file: BinaryIO, path: str | Path) -> BinaryIO:
    match container(path):
        case "gzip":
            return gzip.GzipFile(fileobj=file)
        case "xz":
            return lzma.LZMAFile(file)
        case "zip":
            archive = zipfile.ZipFile(file)
            members = [
                member
                for member in archive.infolist()
                # macOS adds files of its own to a zip.
                if not member.is_dir() and not member.filename.startswith("__MACOSX/")
            ]
            if len(members) != 1:
                raise UserError(f"{path} contains {len(members)} files; expected one. Unpack the right one.")
            return archive.open(members[0])
        case _:
            return file
