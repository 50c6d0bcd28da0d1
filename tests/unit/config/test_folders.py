"""Folders that nothing can be written to: told in one line before a run starts."""

import errno
import os
import tempfile
from pathlib import Path
from types import SimpleNamespace

import pytest

from artificial_genomes.config import folders
from artificial_genomes.config.folders import check_folders, check_workers
from artificial_genomes.core.errors import UserError


@pytest.fixture(autouse=True)
def inside(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_without_a_core_a_run_would_wait_for_ever():
    check_workers(cores=1, jobs=None)
    with pytest.raises(UserError, match="--cores 0: no job could run"):
        check_workers(cores=0, jobs=None)


def test_folders_that_are_there_or_can_be_made_pass():
    Path("results").mkdir()
    Path("other").mkdir()
    Path("logs").symlink_to("other")
    check_folders(["results/demo", "logs/demo", "benchmarks/demo"])
    assert sorted(path.name for path in Path().iterdir()) == ["logs", "other", "results"]


@pytest.mark.parametrize(
    ("make", "kind"),
    [
        (lambda path: path.write_text(""), "a file"),
        (lambda path: path.symlink_to("results"), "a broken symbolic link"),
        (lambda path: path.symlink_to("/nowhere/at/all"), "a broken symbolic link"),
    ],
    ids=["file", "loop", "dangling"],
)
@pytest.mark.parametrize("folder", ["results", "results/demo"])
def test_what_stands_in_the_place_of_a_folder_is_named(make, kind, folder):
    make(Path("results"))
    with pytest.raises(UserError, match=f"^results is {kind}, but the workflow needs a folder there"):
        check_folders([folder])


@pytest.mark.parametrize(
    ("flags", "reason"), [(os.ST_RDONLY, "its file system is read-only"), (0, "you have no permission")]
)
def test_a_folder_that_cannot_be_written_is_named_with_the_reason(tmp_path, monkeypatch, flags, reason):
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    monkeypatch.setattr(os, "statvfs", lambda path: SimpleNamespace(f_flag=flags))
    with pytest.raises(UserError, match=f"nothing can be written to {tmp_path}: {reason}"):
        check_folders(["results"])


def test_a_full_folder_of_temporary_files_is_named(tmp_path, monkeypatch):
    def full(dir):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setenv("TMPDIR", str(tmp_path))
    check_folders([])
    monkeypatch.setattr(folders.tempfile, "TemporaryFile", full)
    with pytest.raises(UserError, match=r"the disk of TMPDIR .* is full"):
        check_folders([])
    monkeypatch.setenv("TMPDIR", str(tmp_path / "missing"))
    check_folders([])
    assert tempfile.gettempdir() != str(tmp_path / "missing")
