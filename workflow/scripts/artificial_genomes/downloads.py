"""Files by URL: fetched in one piece or in several, pinned by their sha256."""

import errno
import logging
import os
import re
import time
from pathlib import Path

import requests
from requests.exceptions import BaseHTTPError  # of urllib3, which reads the body

from artificial_genomes.errors import UserError
from artificial_genomes.sources import check_sha256, disk_full, sha256_of, shortened, without_credentials

log = logging.getLogger(__name__)

TIMEOUTS_S = 10.0, 60.0
"""How long to wait for a connection, and for the next bytes."""

PROGRESS_S = 10.0
"""Seconds between two lines about the progress."""

_CHUNK_BYTES = 1 << 16
_MB = 1e6
_PASSING_STATUS = (408, 425, 429)
_POOL = re.compile(r"^HTTPS?Connection\w*\(.*?\): ")


class _FailedError(Exception):
    """An attempt failed; `passing` where the next one may not."""

    def __init__(self, reason: str, passing: bool = True) -> None:
        super().__init__(shortened(without_credentials(reason)))
        self.passing = passing


def download_url(url: str, sha256: str, path: str | Path, attempts: int = 3, wait_s: float = 5.0) -> None:
    """Download a file from an address, going on where an earlier attempt, or a killed run, left off.

    What came so far lies beside `path` under a name that begins with `.partial-`. A file that lies at `path` already is
    checked and kept, so that the workflow runs offline. Proxies and certificates are those of the environment
    (`HTTPS_PROXY`, `REQUESTS_CA_BUNDLE`).

    Parameters
    ----------
    url
        The address, http or https; redirects are followed.
    sha256
        The checksum of the file.
    path
        Where the file goes, whole or not at all.
    attempts
        How often to try.
    wait_s
        Seconds between the first two attempts; doubled after each.

    Raises
    ------
    UserError
        No attempt brought the whole file, it has another checksum, the disk is full, or another file lies at `path`.
    """
    path = Path(path)
    if path.exists():
        check_sha256(path, sha256)
        log.info("%s is there and has the right checksum: nothing to download", path)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".partial-{path.name}")
    address = without_credentials(url)
    for attempt in range(1, attempts + 1):
        log.info("downloading %s, attempt %d of %d", address, attempt, attempts)
        try:
            resumed = _fetch(url, partial)
            if resumed and sha256_of(partial) != sha256:
                log.warning("the parts of %s that came one after the other do not fit: starting anew", path.name)
                partial.unlink()
                _fetch(url, partial)
            break
        except _FailedError as error:
            reason = error
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise disk_full(path) from error
            raise
        log.warning("attempt %d of %d failed: %s", attempt, attempts, reason)
        if not reason.passing or attempt == attempts:
            raise UserError(
                f"could not download {address} (attempts: {attempt}): {reason}. {_kept(partial)}Check the network, or "
                f"put the file yourself at {path}; its checksum (sha256) must be {sha256}."
            ) from reason
        time.sleep(wait_s * 2 ** (attempt - 1))
    found = sha256_of(partial)
    if found != sha256:
        partial.unlink()
        raise UserError(
            f"the file that came from {address} has the wrong checksum (sha256 {found}, expected {sha256}): it was "
            f"damaged on the way or is another one. Run again, or put the right file yourself at {path}."
        )
    os.replace(partial, path)


def _kept(partial: Path) -> str:
    size = partial.stat().st_size if partial.exists() else 0
    return f"The next run goes on from the {size / _MB:.1f} MB that came. " if size else ""


def _fetch(url: str, partial: Path) -> bool:
    """Bring the rest of a file, or all of it where the server sends no parts; say whether parts were joined."""
    there = partial.stat().st_size if partial.exists() else 0
    # The bytes as they are stored: compressed on the way they would have no Range and another checksum.
    headers = {"Accept-Encoding": "identity", **({"Range": f"bytes={there}-"} if there else {})}
    try:
        with requests.get(url, headers=headers, stream=True, timeout=TIMEOUTS_S) as response:
            status = response.status_code
            if there and (status == 416 or (status == 206 and _range(response)[0] != there)):
                log.info("the server does not go on from %d bytes: starting anew", there)
                partial.unlink()
                return _fetch(url, partial)
            if status not in (200, 206):
                passing = status >= 500 or status in _PASSING_STATUS
                raise _FailedError(f"the server answered {status} {response.reason}", passing)
            resumed = status == 206
            total = _range(response)[1] if resumed else _number(response.headers.get("Content-Length"))
            if resumed:
                log.info("going on from %.1f MB", there / _MB)
            _write(response, partial, there if resumed else 0, total)
            return resumed
    except (requests.exceptions.SSLError, requests.exceptions.InvalidURL, requests.TooManyRedirects) as error:
        raise _FailedError(_reason(error), passing=False) from error
    except (requests.RequestException, BaseHTTPError) as error:
        raise _FailedError(_reason(error)) from error
    except OSError as error:
        if error.errno is not None:
            raise
        # Not from the system: the file of REQUESTS_CA_BUNDLE is absent.
        raise _FailedError(_reason(error), passing=False) from error


def _write(response: requests.Response, partial: Path, there: int, total: int | None) -> None:
    """Append the body of an answer to the `there` bytes of a partial file, or to nothing."""
    started = told = time.monotonic()
    done = there
    with open(partial, "ab" if there else "wb") as file:
        for chunk in response.raw.stream(_CHUNK_BYTES, decode_content=False):
            file.write(chunk)
            done += len(chunk)
            now = time.monotonic()
            if now - told >= PROGRESS_S:
                told = now
                rate = (done - there) / _MB / (now - started)
                log.info("%.1f of %s MB, %.1f MB/s", done / _MB, f"{total / _MB:.1f}" if total else "?", rate)
    if total is not None and done < total:
        raise _FailedError(f"the connection ended after {done} of {total} bytes")


def _range(response: requests.Response) -> tuple[int | None, int | None]:
    """Return the first byte of a part and the size of the whole file, as far as the server tells them."""
    found = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", response.headers.get("Content-Range", ""))
    return (int(found[1]), _number(found[2])) if found else (None, None)


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() else None


def _reason(error: Exception) -> str:
    """Return why a request failed: what the innermost of the errors says that the libraries wrap into each other."""
    inner: object = error
    while isinstance(inner, Exception):
        error = inner
        inner = getattr(error, "reason", None) or (error.args[-1] if error.args else None)
    return _POOL.sub("", str(error))
