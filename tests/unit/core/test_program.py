"""How programs and runs end: one line and exit code 2 for what the user can mend, and whole files or none."""

import errno
import io
import os
import signal
import sys

import pytest

from artificial_genomes.core import program
from artificial_genomes.core.program import is_user_error, whole_output, whole_outputs

BAR = "=" * 80
MENDED = "error: sites.tsv has no sites. Add some."
DEFECT = 'Traceback (most recent call last):\n  File "a.py", line 1\nKeyError: 1'


def failure(*logs: str) -> str:
    """Return what Snakemake shows of a failed rule, with the logs of its job."""
    shown = "".join(f"Logfile logs/a{i}.log:\n{BAR}\n{log}\n{BAR}\n" for i, log in enumerate(logs))
    return f"[Thu Nov 26 12:00:00 2026]\nError in rule train:\n    message: None\n    jobid: 0\n{shown}"


# That of a job of a cluster: Snakemake runs there too, and tells of the failure once more.
OF_CLUSTER = f"Execute 1 jobs...\n{failure()}\nWorkflowError:\nAt least one job did not complete successfully."


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (failure(f"12:00:00 reading\n{MENDED}"), True),
        (failure(MENDED) + failure(MENDED), True),
        (failure(f"12:00:00 reading\n{MENDED}", OF_CLUSTER), True),
        (failure(DEFECT), False),
        (failure(MENDED) + failure(DEFECT), False),
        (failure(DEFECT, OF_CLUSTER), False),
        (failure(OF_CLUSTER), False),  # a job that was lost
        (failure(MENDED) + failure(), False),
        ("Nothing to be done", False),
    ],
)
def test_a_run_ends_with_the_code_of_mistakes_where_every_job_that_failed_has_shown_one(tmp_path, text, expected):
    log = tmp_path / "snakemake.log"
    log.write_text(text)
    assert is_user_error(log) is expected
    assert is_user_error([str(log)]) is expected


@pytest.fixture
def sigterm():
    """Keep what `run` makes of SIGTERM inside a test."""
    handler = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, handler)


def ended(main, capsys) -> str:
    """Run a program that must end with exit code 2 and one line; return the line."""
    with pytest.raises(SystemExit) as end:
        program.run(main)
    assert end.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    return line


@pytest.mark.usefixtures("sigterm")
def test_folders_and_files_in_each_others_place_are_named(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "folder").mkdir()

    def write(*parts):
        def main():
            with whole_output(tmp_path.joinpath(*parts)) as partial:
                partial.write_text("text", encoding="utf-8")

        return ended(main, capsys)

    assert "file exists, but a folder of that name is needed" in write("file", "a.tsv")
    assert "a parent folder of" in write("file", "b", "a.tsv")
    assert "is a symbolic link that leads back to itself" in write("loop", "b", "a.tsv")
    assert "is a folder, but a file is expected" in write("folder")
    assert "is too long for its file system" in write(300 * "x", "a.tsv")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder", "loop"]


@pytest.mark.usefixtures("sigterm")
@pytest.mark.parametrize("code", ["ENOSPC", "EDQUOT", "EROFS", "EIO", "ESTALE"])
def test_failures_of_disks_are_one_line_and_leave_nothing(tmp_path, capsys, monkeypatch, code):
    def fails(descriptor):
        raise OSError(getattr(errno, code), "fails", "some.tsv")

    def main():
        with whole_outputs(tmp_path / "a.tsv", tmp_path / "b.tsv") as partials:
            for partial in partials:
                partial.write_text("text", encoding="utf-8")

    monkeypatch.setattr(os, "fsync", fails)
    assert "some.tsv" in ended(main, capsys)
    assert not list(tmp_path.iterdir())


@pytest.mark.usefixtures("sigterm")
def test_defects_keep_their_traceback(tmp_path):
    def main():
        raise OSError("a defect")

    with pytest.raises(OSError, match="a defect"):
        program.run(main)


def test_an_output_is_on_the_disk_before_it_has_its_name_and_its_name_afterwards(tmp_path, monkeypatch):
    seen = []

    def fsync(descriptor):
        path = os.readlink(f"/proc/self/fd/{descriptor}")
        seen.append((os.path.basename(path), (tmp_path / "a.tsv").exists()))

    monkeypatch.setattr(os, "fsync", fsync)
    with whole_output(tmp_path / "a.tsv") as partial:
        partial.write_text("text", encoding="utf-8")
    assert seen == [(partial.name, False), (tmp_path.name, True)]


def test_a_file_system_that_cannot_sync_folders_is_no_failure(tmp_path, monkeypatch):
    def fsync(descriptor):
        raise OSError(errno.EINVAL, "Invalid argument")

    monkeypatch.setattr(os, "fsync", fsync)
    with whole_output(tmp_path / "a.tsv") as partial:
        partial.write_text("text", encoding="utf-8")
    assert (tmp_path / "a.tsv").read_text() == "text"


@pytest.mark.usefixtures("sigterm")
def test_a_terminal_of_few_characters_gets_the_others_as_codes(monkeypatch):
    terminal = io.TextIOWrapper(io.BytesIO(), encoding="latin-1", errors="strict")
    monkeypatch.setattr(sys, "stdout", terminal)
    program.run(lambda: print("Île −1", flush=True))
    assert terminal.buffer.getvalue().decode("latin-1") == "Île \\u22121\n"
