"""What every command-line script shares: logging, exit codes, and outputs that appear whole or not at all."""

import argparse
import errno
import json
import logging
import os
import re
import resource
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from artificial_genomes.core.errors import UserError

log = logging.getLogger("artificial_genomes")

EXIT_USER_ERROR = 2

_FULL = "the disk is full while writing {}. Free some space there, and in TMPDIR where it is set, and run again."
_ADVICE = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EROFS: "the file system of {} is read-only. Mount it for writing, or run in another folder (--directory).",
    errno.ENOTDIR: "a parent folder of {} is a file. Move that file away.",
    errno.EISDIR: "{} is a folder, but a file is expected. Correct the path, or move the folder away.",
    errno.EEXIST: "{} exists, but a folder of that name is needed. Move it away.",
    errno.ELOOP: "{} is a symbolic link that leads back to itself. Remove the link.",
    errno.ENAMETOOLONG: "the name of {} is too long for its file system. Shorten the names in the configuration.",
    errno.EIO: "input/output error on {}. Check the disk and run again.",
    errno.ESTALE: "the file server lost {} (stale file handle). Run again.",
}
"""Messages for file system errors that are not defects of the workflow, by error number; {} is the file."""


def run(main: Callable[[], None]) -> None:
    """Run a script's `main` and turn its outcome into an exit code.

    A `UserError` (and file and memory errors that a user can fix) becomes one line on standard error and exit code 2;
    anything else is a defect of the workflow and keeps its traceback.
    """
    logging.basicConfig(
        stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S", force=True
    )
    # Terminals with a small character set show other characters as codes.
    sys.stdout.reconfigure(errors="backslashreplace")
    # On SIGTERM from a scheduler, unwind the stack, so that partial files are removed.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    started = time.monotonic()
    try:
        with user_errors_told():
            main()
    except FileNotFoundError as error:
        _fail(f"file not found: {error.filename}. Check the path in the configuration.")
    except PermissionError as error:
        _fail(f"no permission for {error.filename}. Check the owner and mode of the file and of its folder.")
    except MemoryError:
        _fail("out of memory. Give the rule more mem_mb, or use fewer sites or individuals.")
    except OSError as error:
        if error.errno not in _ADVICE:
            raise
        _fail(_ADVICE[error.errno].format(error.filename or "an output"))
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    elapsed, own = time.monotonic() - started, time.process_time()
    # Beside other work, a job takes longer than its own work does.
    log.info("done in %.1f s, %.1f s of processor time, peak memory %d MB", elapsed, own, peak_mb)


@contextmanager
def user_errors_told() -> Iterator[None]:
    """Turn a `UserError` of the block into one line on standard error and exit code 2."""
    try:
        yield
    except UserError as error:
        _fail(str(error))


def _fail(message: str) -> None:
    print("error: " + " ".join(message.split()), file=sys.stderr)
    raise SystemExit(EXIT_USER_ERROR)


def json_object(text: str) -> dict:
    """Parse a command-line value that is a JSON object (the settings of a model, a scan, ...)."""
    value = json.loads(text)
    if not isinstance(value, dict):
        raise UserError(f"expected a JSON object on the command line, got: {text}")
    return value


def add_attempts(parser: argparse.ArgumentParser) -> None:
    """Add the options of a program that downloads: number of attempts and the wait between them."""
    parser.add_argument("--attempts", type=int, default=3, help="number of attempts (default: %(default)s)")
    parser.add_argument(
        "--wait",
        type=float,
        default=5.0,
        help="seconds before the second attempt, doubled after each (default: %(default)s)",
    )


@contextmanager
def whole_output(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path next to `path` that is renamed to `path` only if the block succeeds.

    Readers therefore never see a partial file, and a failure leaves nothing behind. The temporary name keeps the suffix
    of `path`, since some writers choose the format by it.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".partial-{os.getpid()}-{path.name}")
    # Left by a process that was killed by SIGKILL.
    for stale in path.parent.glob(f".partial-*-{path.name}"):
        stale.unlink(missing_ok=True)
    try:
        yield partial
        take_name(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def take_name(partial: Path, path: Path) -> None:
    """Rename a finished file to its final name, so that after a power cut it is complete or absent."""
    sync(partial)
    os.replace(partial, path)
    sync(path.parent)


def sync(path: Path) -> None:
    """Wait until a file, or the entries of a folder, are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        # Some network file systems do not support this for folders.
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
    finally:
        os.close(descriptor)


@contextmanager
def whole_outputs(*paths: str | Path) -> Iterator[list[Path]]:
    """`whole_output` for several files: all are renamed if the block succeeds, or none is."""
    with ExitStack() as stack:
        yield [stack.enter_context(whole_output(path)) for path in paths]


def is_user_error(logs: str | Path | Sequence[str | Path]) -> bool:
    """Return whether all failed jobs of a run ended in an error that the user can correct, a single line.

    A job that was lost, or that ended in a defect of the workflow, shows no such line.

    Parameters
    ----------
    logs
        Logs of Snakemake that include those of the failed jobs (`show-failed-logs`).
    """
    files = [logs] if isinstance(logs, str | Path) else logs
    return bool(user_errors("".join(Path(file).read_text(encoding="utf-8", errors="replace") for file in files)))


def user_errors(text: str) -> list[str]:
    """Return the lines of all errors that Snakemake reports in a text; none unless the user can correct all of them."""
    # How a job's log ends; the log of a cluster job reports the failed rule a second time.
    text = re.sub(
        r"^Logfile [^\n]*:\n(=+\n)(.*?)^\1",
        lambda log: "".join(re.findall(r"^error: .*\n|^.*Traceback.*\n", log[2], re.MULTILINE)),
        text,
        flags=re.MULTILINE | re.DOTALL,
    )
    failures = re.split(r"^\s*Error in rule\b", text, flags=re.MULTILINE)[1:]
    shown = [re.findall(r"^error: .*", part, re.MULTILINE) for part in failures]
    if not all(shown) or any("Traceback" in part for part in failures):
        return []
    return list(dict.fromkeys(line for lines in shown for line in lines))
