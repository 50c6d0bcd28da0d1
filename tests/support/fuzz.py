"""Damaged inputs from a fixed seed, and the contract that every reader keeps with them.

A reader accepts an input (exit code 0) only where an independent reader reads the same from it. It refuses every other
input with one line (exit code 2). It never ends in a traceback, never crashes and never hangs.

A test describes a format and its two readers by a `Format`, and calls `fuzz`:

    changes = [on("people.tsv", change) for change in BYTE_CHANGES + LINE_CHANGES]
    fuzz(Format({"people.tsv": text}, changes, read, reference), mutations, tmp_path)

The fixture `mutations` is the number of mutated inputs: few by default, `pytest --fuzz 500` for the whole test.
"""

import io
import multiprocessing
import resource
import signal
import traceback
import warnings
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import redirect_stderr
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from artificial_genomes.core import program

Files = dict[str, bytes]
"""The files of one input, by name."""

BytesChange = Callable[[bytes, np.random.Generator], bytes]
Change = Callable[[Files, np.random.Generator], Files]

_SEED = 20_260_101
_SECONDS_MAX = 60
_MEMORY_MAX = 8 << 30
_FAILURES_SHOWN = 20
_ODD_FIELDS = (
    *(b"", b".", b"0", b"-1", b"1", b"2", b"1.5", b"1e5", b"nan", b"x", b"#", b'"', b" ", b"\xff", b"\xc3\xa9", b"\0"),
    *(b"2147483647", b"2147483648", b"4294967301", b"99999999999999999999", b"A", b"C", b"AT", b"*", b"A,C", b"0|2"),
)


class UnreadableError(Exception):
    """An independent reader cannot read an input."""


@dataclass(frozen=True)
class Format:
    """A format, and its two readers.

    Attributes
    ----------
    files
        A sound input, which the program must read.
    changes
        What is done to it. Each mutated input has one to three of them.
    read
        Reads the files of a folder with the program. A function of a module, since it runs in a process of its own;
        what it returns must be possible to pickle.
    reference
        Reads the files of a folder independently of the program and returns the same object as `read`; raises
        `UnreadableError` where it cannot.
    equal
        Compares the two.
    """

    files: Files
    changes: Sequence[Change]
    read: Callable[[Path], object]
    reference: Callable[[Path], object]
    equal: Callable[[object, object], bool] = lambda read, expected: read == expected


# Changes of bytes, whatever they mean ---------------------------------------------------------------------------------


def bits_flipped(data: bytes, rng: np.random.Generator) -> bytes:
    changed = bytearray(data)
    for place in rng.integers(0, len(data), min(len(data), int(rng.integers(1, 9)))):
        changed[place] ^= 1 << int(rng.integers(8))
    return bytes(changed)


def cut_off(data: bytes, rng: np.random.Generator) -> bytes:
    return data[: int(rng.integers(0, len(data) + 1))]


def cut_out(data: bytes, rng: np.random.Generator) -> bytes:
    start, length = _stretch(data, rng)
    return data[:start] + data[start + length :]


def doubled(data: bytes, rng: np.random.Generator) -> bytes:
    start, length = _stretch(data, rng)
    return data[: start + length] + data[start:]


def overwritten(data: bytes, rng: np.random.Generator) -> bytes:
    start, length = _stretch(data, rng)
    other = bytes(length) if rng.random() < 0.5 else rng.bytes(length)
    return data[:start] + other + data[start + length :]


def appended(data: bytes, rng: np.random.Generator) -> bytes:
    return data + (data if rng.random() < 0.5 else rng.bytes(int(rng.integers(1, 100))))


def _stretch(data: bytes, rng: np.random.Generator) -> tuple[int, int]:
    start = int(rng.integers(0, len(data) + 1))
    return start, min(len(data) - start, int(rng.integers(1, 60)))


# Changes of lines and of their fields ---------------------------------------------------------------------------------


def line_deleted(data: bytes, rng: np.random.Generator) -> bytes:
    lines, place = _lines(data, rng)
    return b"".join(lines[:place] + lines[place + 1 :])


def line_doubled(data: bytes, rng: np.random.Generator) -> bytes:
    lines, place = _lines(data, rng)
    return b"".join(lines[: place + 1] + lines[place:])


def lines_swapped(data: bytes, rng: np.random.Generator) -> bytes:
    lines, place = _lines(data, rng)
    other = int(rng.integers(len(lines)))
    lines[place], lines[other] = lines[other], lines[place]
    return b"".join(lines)


def line_inserted(data: bytes, rng: np.random.Generator) -> bytes:
    """Insert an empty line, a remark, spaces, a line commented out or the first line again."""
    lines, place = _lines(data, rng)
    new = [b"\n", b"# a remark\n", b" \t \n", b"#" + lines[place], lines[0]][int(rng.integers(5))]
    return b"".join([*lines[:place], new, *lines[place:]])


def field_edited(data: bytes, rng: np.random.Generator) -> bytes:
    """Replace a field, remove it, double it or swap it with the next; fields end in tabs, else in spaces or commas."""
    lines, place = _lines(data, rng)
    body = lines[place].rstrip(b"\r\n")
    separator = next((one for one in (b"\t", b" ", b",", b";") if one in body), b"\t")
    fields = body.split(separator)
    # Places of sites and names stand in the first columns; most others hold genotypes.
    column = int(rng.integers(min(len(fields), 10) if rng.random() < 0.7 else len(fields)))
    match int(rng.integers(6)):
        case 0:
            del fields[column]
        case 1:
            fields.insert(column, fields[column])
        case 2:
            fields[column - 1], fields[column] = fields[column], fields[column - 1]
        case _:
            fields[column] = _ODD_FIELDS[int(rng.integers(len(_ODD_FIELDS)))]
    lines[place] = separator.join(fields) + lines[place][len(body) :]
    return b"".join(lines)


def _lines(data: bytes, rng: np.random.Generator) -> tuple[list[bytes], int]:
    lines = data.splitlines(keepends=True) or [b""]
    return lines, int(rng.integers(len(lines)))


BYTE_CHANGES: tuple[BytesChange, ...] = (bits_flipped, cut_off, cut_out, doubled, overwritten, appended)
LINE_CHANGES: tuple[BytesChange, ...] = (line_deleted, line_doubled, lines_swapped, line_inserted, field_edited)


def on(
    name: str,
    change: BytesChange,
    unpack: Callable[[bytes], bytes] = bytes,
    pack: Callable[[bytes], bytes] = bytes,
) -> Change:
    """Return a change of one file of an input, or of what it holds when unpacked (then it is packed again)."""

    def changed(files: Files, rng: np.random.Generator) -> Files:
        return files | {name: pack(change(unpack(files[name]), rng))} if files.get(name) else files

    changed.__name__ = f"{change.__name__}-{name}"
    return changed


# The test itself ------------------------------------------------------------------------------------------------------


def fuzz(form: Format, n: int, folder: Path, seed: int = _SEED) -> Counter:
    """Read `n` mutated inputs and assert the contract for each; all failures are shown together.

    Returns
    -------
    Counter
        Number of inputs that were read and refused, and of those refused although the independent reader reads them
        (`strict`, which the contract allows).
    """
    rng = np.random.default_rng(seed)
    counts: Counter = Counter()
    failures = []
    process = _process()
    for number in range(n + 1):
        files, names = form.files, []
        for change in rng.choice(len(form.changes), int(rng.integers(1, 4))) if number else ():
            # One mutated file may be too damaged for the next change, which then has nothing to do.
            files = form.changes[change](files, rng)
            names.append(form.changes[change].__name__)
        place = folder / f"{number:04d}"
        place.mkdir()
        for name, data in files.items():
            (place / name).write_bytes(data)
        code, told, read = process.call(form.read, place)
        fault = _fault(form, place, code, told, read, counts)
        if fault or (number == 0 and code != 0):
            failures.append(f"{place} ({', '.join(names) or 'the sound input'}): {fault or told}")
    assert not failures, f"{len(failures)} of {n + 1} inputs:\n" + "\n".join(failures[:_FAILURES_SHOWN])
    return counts


def _fault(form: Format, place: Path, code: int | None, told: str, read: object, counts: Counter) -> str | None:
    """Return how an outcome breaks the contract, None where it does not."""
    try:
        expected = form.reference(place)
    except UnreadableError as error:
        reason, expected = str(error), None
    match code:
        case 0:
            counts["read"] += 1
            if expected is None:
                return f"read, which the independent reader refuses: {reason}"
            return None if form.equal(read, expected) else f"read {read!r:.500}, but it holds {expected!r:.500}"
        case program.EXIT_USER_ERROR:
            counts["refused"] += 1
            counts["strict"] += expected is not None
            errors = [line for line in told.splitlines() if line.startswith("error: ")]
            return None if len(errors) == 1 and "Traceback" not in told else f"told {told}"
        case None:
            return "the process crashed or took too long"
        case _:
            return told


class _Process:
    """A process that reads inputs, started anew when one of them kills it."""

    def __init__(self) -> None:
        self._start()

    def _start(self) -> None:
        self.pool = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), _limit)

    def call(self, read: Callable[[Path], object], folder: Path) -> tuple[int | None, str, object]:
        """Return exit code (None where the process died), what was told, and what was read."""
        try:
            return self.pool.submit(_attempt, read, folder).result()
        except BrokenProcessPool:
            self.pool.shutdown()
            self._start()
            return None, "", None


@cache
def _process() -> _Process:
    """Return the process of all tests: its imports take longer than a few inputs."""
    return _Process()


def _limit() -> None:
    warnings.simplefilter("error")
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_MAX, _MEMORY_MAX))


def _attempt(read: Callable[[Path], object], folder: Path) -> tuple[int, str, object]:
    """Read as the programs of the workflow do, whose exit code and messages `program.run` decides."""
    results: list[object] = []
    code = 0
    signal.alarm(_SECONDS_MAX)
    with redirect_stderr(io.StringIO()) as told:
        try:
            program.run(lambda: results.append(read(folder)))
        except SystemExit as ended:
            code = ended.code
        except BaseException:
            code = 1
            traceback.print_exc()
    signal.alarm(0)
    return code, told.getvalue(), results[0] if results else None
