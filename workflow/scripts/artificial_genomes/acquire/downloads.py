"""Files by URL: downloaded whole or in parts, from mirrors if the first host fails, and verified by checksums."""

import errno
import hashlib
import logging
import os
import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import requests
from requests.exceptions import BaseHTTPError  # of urllib3, which reads the body

from artificial_genomes.acquire.sources import check_sha256, disk_full, sha256_of, shortened, without_credentials
from artificial_genomes.core.compressed import opened
from artificial_genomes.core.errors import UserError
from artificial_genomes.core.program import take_name

log = logging.getLogger(__name__)

TIMEOUTS_S = 10.0, 60.0
"""Timeouts for the connection and for the next bytes, in seconds."""

PROGRESS_S = 10.0
"""Seconds between two progress messages."""

MIRRORS = "ARTIFICIAL_GENOMES_MIRRORS"
"""Environment variable that maps public hosts to mirrors: ``host=address``, separated by spaces."""

_OTHER = ": it was damaged in transit or is a different file"
_CHUNK_BYTES = 1 << 16
_MB = 1e6
_PASSING_STATUS = (408, 425, 429)
_POOL = re.compile(r"^HTTPS?Connection\w*\(.*?\): ")


class FailedError(Exception):
    """An attempt failed; `passing` if another attempt may succeed."""

    def __init__(self, reason: str, passing: bool = True) -> None:
        super().__init__(shortened(without_credentials(reason)))
        self.passing = passing


def redirected(url: str) -> str:
    """Return the address to download `url` from: a mirror if `ARTIFICIAL_GENOMES_MIRRORS` lists its host.

    Raises
    ------
    UserError
        The variable does not read ``host=address host=address``.
    """
    for entry in os.environ.get(MIRRORS, "").split():
        found = re.fullmatch(r"([^/=]+)=(https?://.+?)/*", entry)
        if not found:
            raise UserError(
                f"{MIRRORS}: {without_credentials(entry)!r} is not of the form host=address, such as "
                "gitlab.inria.fr=https://mirror.example.org/gitlab. Separate several entries by spaces."
            )
        host, base = found.groups()
        if re.match(rf"https?://{re.escape(host)}/", url):
            return base + url[url.index(host) + len(host) :]
    return url


def from_first(
    addresses: Sequence[str],
    fetch: Callable[[str], None],
    path: Path,
    advice: Callable[[], str],
    attempts: int,
    wait_s: float,
) -> None:
    """Fetch something from the first address that works; every attempt tries each address in turn.

    Parameters
    ----------
    addresses
        The address and those of its mirrors, each subject to `redirected`.
    fetch
        Fetches it from one address, or raises a `FailedError`. An address with a permanent failure is not tried again.
    path
        Destination, for messages.
    advice
        What to do if all have failed.
    attempts, wait_s
        See `download_url`.

    Raises
    ------
    UserError
        All addresses failed (the message gives each reason), or the disk is full.
    """
    left = list(dict.fromkeys(map(redirected, addresses)))
    failures: dict[str, str] = {}
    for attempt in range(1, attempts + 1):
        for address in list(left):
            shown = without_credentials(address)
            log.info("downloading %s, attempt %d of %d", shown, attempt, attempts)
            try:
                fetch(address)
                return
            except FailedError as error:
                log.warning("attempt %d of %d failed: %s", attempt, attempts, error)
                failures[shown] = f"{shown} (attempts: {attempt}): {error}"
                if not error.passing:
                    left.remove(address)
            except OSError as error:
                if error.errno in (errno.ENOSPC, errno.EDQUOT):
                    raise disk_full(path) from error
                raise
        if not left:
            break
        if attempt < attempts:
            time.sleep(wait_s * 2 ** (attempt - 1))
    raise UserError(f"could not download {'; nor '.join(failures.values())}. {advice()}")


def download_url(
    url: str,
    sha256: str | None,
    path: str | Path,
    attempts: int = 3,
    wait_s: float = 5.0,
    mirrors: Sequence[str] = (),
    content_sha256: str | None = None,
) -> None:
    """Download a file from an address, resuming an earlier attempt or a killed run.

    A partial download is kept next to `path` under a name that begins with `.partial-`. An existing file at `path` is
    verified and kept, so that the workflow runs offline. Proxies and certificates are those of the environment
    (`HTTPS_PROXY`, `REQUESTS_CA_BUNDLE`).

    Parameters
    ----------
    url
        The address, http or https; redirects are followed.
    sha256
        The checksum of the file; None if its publisher gives none. Then the checksum of the first download is recorded
        next to the file, in `path` + ".sha256", and must be the same whenever the file is downloaded again.
    path
        Destination of the file, which appears whole or not at all.
    attempts
        Number of attempts.
    wait_s
        Seconds between the first two attempts; doubled after each.
    mirrors
        Other addresses of the file, tried in this order if the first fails.
    content_sha256
        The checksum of the content of a compressed file.

    Raises
    ------
    UserError
        No attempt fetched the whole file, the checksum is wrong, the disk is full, or a different file exists at
        `path`.
    """
    path = Path(path)
    if path.exists():
        if sha256 is not None:
            check_sha256(path, sha256)
        elif content_sha256 is not None and (fault := _content_fault(path, content_sha256)):
            raise UserError(f"{path} {fault}. Delete it and run again.")
        log.info("%s exists and has the right checksum: nothing to download", path)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".partial-{path.name}")

    def fault() -> str | None:
        found = sha256_of(partial)
        if sha256 is not None:
            return None if found == sha256 else f"has the wrong checksum (sha256 {found}, expected {sha256}){_OTHER}"
        return _content_fault(partial, content_sha256) if content_sha256 else _changed(path, found)

    def fetch(address: str) -> None:
        if sha256 is None and content_sha256 is None:
            partial.unlink(missing_ok=True)  # without a checksum, parts cannot be shown to belong together
        resumed = fetch_whole(address, partial)
        wrong = fault()
        if wrong and resumed:
            log.warning("the parts of %s downloaded in several attempts do not match: starting over", path.name)
            partial.unlink()
            fetch_whole(address, partial)
            wrong = fault()
        if wrong:
            partial.unlink()
            raise FailedError(f"the downloaded file {wrong}", passing=False)

    def advice() -> str:
        pins = [f"its checksum (sha256) must be {sha256}"] if sha256 else []
        pins += [f"the checksum (sha256) of its content must be {content_sha256}"] if content_sha256 else []
        return f"{_kept(partial)}Check the network, or place the file yourself at {'; '.join([str(path), *pins])}."

    from_first([url, *mirrors], fetch, path, advice, attempts, wait_s)
    if sha256 is None and content_sha256 is None:
        found = sha256_of(partial)
        log.warning("no checksum is known for %s: the downloaded file has the sha256 %s", path.name, found)
        _noted(path).write_text(f"{found}  {path.name}\n", encoding="utf-8")
    take_name(partial, path)


def _noted(path: Path) -> Path:
    """Return the path that records the checksum of a file without a known one, for `sha256sum --check`."""
    return path.with_name(f"{path.name}.sha256")


def _changed(path: Path, found: str) -> str | None:
    """Return what is wrong with a file without a known checksum whose sha256 is `found`; None if nothing."""
    noted = _noted(path)
    first = noted.read_text(encoding="utf-8", errors="replace")[:64].strip() if noted.exists() else found
    if first == found:
        return None
    return f"has the sha256 {found}, but the first download had {first}; delete {noted} to accept the new one"


def _content_fault(path: Path, sha256: str) -> str | None:
    """Return what is wrong with a compressed file whose content must have a checksum; None if nothing."""
    try:
        with opened(path) as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except UserError:
        return "is truncated or damaged"
    return (
        None if found == sha256 else f"has content with the wrong checksum (sha256 {found}, expected {sha256}){_OTHER}"
    )


def _kept(partial: Path) -> str:
    size = partial.stat().st_size if partial.exists() else 0
    return f"The next run resumes from the {size / _MB:.1f} MB downloaded so far. " if size else ""


def fetch_whole(url: str, partial: Path) -> bool:
    """Download the rest of a file, or all of it if the server sends no parts; return whether parts were joined.

    Raises
    ------
    FailedError
        The server cannot be reached, answers with an error, or stops before the end.
    """
    there = partial.stat().st_size if partial.exists() else 0
    # The stored bytes: with compression in transit, Range would not work and the checksum would differ.
    headers = {"Accept-Encoding": "identity", **({"Range": f"bytes={there}-"} if there else {})}
    with _failures(), requests.get(url, headers=headers, stream=True, timeout=TIMEOUTS_S) as response:
        status = response.status_code
        if there and (status == 416 or (status == 206 and _range(response)[0] != there)):
            log.info("the server cannot resume from %d bytes: starting over", there)
            partial.unlink()
            return fetch_whole(url, partial)
        _check_status(response, (200, 206))
        resumed = status == 206
        total = _range(response)[1] if resumed else _number(response.headers.get("Content-Length"))
        if resumed:
            log.info("resuming from %.1f MB", there / _MB)
        _write(response, partial, there if resumed else 0, total)
        return resumed


def fetch_part(session: requests.Session, url: str, start: int, end: int) -> tuple[bytes, int]:
    """Download the bytes of a file from `start` up to, not including, `end`, or up to the end of the file.

    Returns
    -------
    content : bytes
    total : int
        Size of the whole file.

    Raises
    ------
    FailedError
        As `fetch_whole`; the server does not send parts, or sends the wrong one.
    """
    headers = {"Accept-Encoding": "identity", "Range": f"bytes={start}-{end - 1}"}
    with _failures(), session.get(url, headers=headers, stream=True, timeout=TIMEOUTS_S) as response:
        if response.status_code == 200:
            raise FailedError("the server does not support range requests", passing=False)
        _check_status(response, (206,))
        first, total = _range(response)
        if first != start or total is None:
            raise FailedError("the server sent a different part of the file than requested")
        # The session decodes nothing: `identity` was requested.
        content = response.raw.read(decode_content=False)
        expected = min(end, total) - start
        if len(content) != expected:
            raise FailedError(f"the connection ended after {len(content)} of {expected} bytes")
        return content, total


def _check_status(response: requests.Response, good: Sequence[int]) -> None:
    status = response.status_code
    if status not in good:
        passing = status >= 500 or status in _PASSING_STATUS
        raise FailedError(f"the server answered {status} {response.reason}", passing)


@contextmanager
def _failures() -> Iterator[None]:
    """Turn failures of a request into a `FailedError`."""
    try:
        yield
    except (requests.exceptions.SSLError, requests.exceptions.InvalidURL, requests.TooManyRedirects) as error:
        raise FailedError(_reason(error), passing=False) from error
    except (requests.RequestException, BaseHTTPError) as error:
        raise FailedError(_reason(error)) from error
    except OSError as error:
        if error.errno is not None:
            raise
        # Not from the system: the file of REQUESTS_CA_BUNDLE is absent.
        raise FailedError(_reason(error), passing=False) from error


def _write(response: requests.Response, partial: Path, there: int, total: int | None) -> None:
    """Append the body of a response to the `there` bytes of a partial file."""
    started = reported = time.monotonic()
    done = there
    with open(partial, "ab" if there else "wb") as file:
        for chunk in response.raw.stream(_CHUNK_BYTES, decode_content=False):
            file.write(chunk)
            done += len(chunk)
            now = time.monotonic()
            if now - reported >= PROGRESS_S:
                reported = now
                rate = (done - there) / _MB / (now - started)
                log.info("%.1f of %s MB, %.1f MB/s", done / _MB, f"{total / _MB:.1f}" if total else "?", rate)
    if total is not None and done < total:
        raise FailedError(f"the connection ended after {done} of {total} bytes")


def _range(response: requests.Response) -> tuple[int | None, int | None]:
    """Return the first byte of a part and the size of the whole file, if the server reports them."""
    found = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", response.headers.get("Content-Range", ""))
    return (int(found[1]), _number(found[2])) if found else (None, None)


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() else None


def _reason(error: Exception) -> str:
    """Return why a request failed: the innermost of the errors that the libraries wrap."""
    inner: object = error
    while isinstance(inner, Exception):
        error = inner
        inner = getattr(error, "reason", None) or (error.args[-1] if error.args else None)
    return _POOL.sub("", str(error))
