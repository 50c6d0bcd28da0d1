"""Downloads by URL from a server on this machine that behaves as public ones do, well and badly."""

import errno
import hashlib
import io
import logging
import os
import re
import signal
import subprocess
import sys
import threading
import time
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import pytest

from artificial_genomes.acquire import downloads
from artificial_genomes.acquire.downloads import download_url
from artificial_genomes.core.errors import UserError
from helpers import ROOT

CONTENT = b"".join(hashlib.sha256(str(i).encode()).digest() for i in range(40_000))
SHA256 = hashlib.sha256(CONTENT).hexdigest()
NAME = "maps.tar.gz"


class FileServer(ThreadingHTTPServer):
    """A server of one file; answer number i goes wrong as `troubles[i]` says, and all is well after the last one."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.troubles: list[str] = []
        self.ranges: list[str | None] = []
        self.paths: list[str] = []
        self.always = ""

    def handle_error(self, request: object, client_address: object) -> None:
        if not isinstance(sys.exception(), ConnectionError):  # the reader has gone
            super().handle_error(request, client_address)

    @property
    def url(self) -> str:
        return f"http://somebody:hidden-word@127.0.0.1:{self.server_port}/{NAME}?key=hidden-word"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: FileServer

    def do_GET(self) -> None:
        server = self.server
        place = len(server.ranges)
        server.ranges.append(self.headers.get("Range"))
        server.paths.append(self.path)
        trouble = server.always or (server.troubles[place] if place < len(server.troubles) else "")
        self.close_connection = trouble in ("dropped", "truncated", "silent")
        found = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range") or "")
        start = int(found[1]) if found and trouble != "ignores ranges" else 0
        if trouble == "dropped":
            return
        if trouble.isdecimal():
            self.send_error(int(trouble))
        elif trouble == "redirect":
            self.send_response(302)
            self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif start and start >= len(CONTENT):
            self.send_error(416)
        elif trouble == "another part":
            self.answer(CONTENT, start + 1, ranged=True)
        elif trouble == "truncated":
            self.answer(CONTENT, start, ranged=start > 0, end=start + (len(CONTENT) - start) // 2)
        elif trouble == "silent":
            self.answer(CONTENT, start, ranged=start > 0, end=start + 400_000, silence_s=1)
        elif trouble == "another file":
            self.answer(CONTENT[:-1] + b"?", start, ranged=start > 0)
        elif trouble == "slow":
            self.answer(CONTENT, start, ranged=start > 0, pause_s=0.02)  # 40 pieces, 0.8 s
        elif trouble == "chunked":
            self.send_response(200)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.wfile.write(f"{len(CONTENT):x}\r\n".encode() + CONTENT + b"\r\n0\r\n\r\n")
        elif trouble == "stored as gzip":
            self.answer(CONTENT, start, ranged=start > 0, encoding="gzip")
        else:
            self.answer(CONTENT, start, ranged=start > 0)

    def answer(
        self,
        content: bytes,
        start: int,
        ranged: bool,
        end: int | None = None,
        pause_s: float = 0,
        silence_s: float = 0,
        encoding: str = "",
    ) -> None:
        self.send_response(206 if ranged else 200)
        self.send_header("Content-Length", str(len(content) - start))
        if ranged:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        if encoding:
            self.send_header("Content-Encoding", encoding)
        self.end_headers()
        for begin in range(start, end or len(content), 32_768):
            self.wfile.write(content[begin : min(begin + 32_768, end or len(content))])
            time.sleep(pause_s)
        time.sleep(silence_s)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def server():
    with FileServer() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.delenv(downloads.MIRRORS, raising=False)


@pytest.fixture
def waits(monkeypatch) -> list[float]:
    """Return the waits between attempts, which take no time."""
    waits: list[float] = []
    # Of this module alone: the server sleeps too.
    monkeypatch.setattr(downloads, "time", SimpleNamespace(sleep=waits.append, monotonic=time.monotonic))
    return waits


def files_in(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir())


def the_error(url: str, path: Path, **options) -> str:
    """Return the message of a failed download, having checked what every message must be."""
    with pytest.raises(UserError) as caught:
        download_url(url, SHA256, path, **options)
    message = str(caught.value)
    assert "\n" not in message
    assert "hidden-word" not in message
    assert "somebody" not in message
    assert not path.exists()
    return message


@pytest.mark.parametrize("trouble", ["", "redirect", "chunked", "slow", "stored as gzip"])
def test_download_brings_the_whole_file_and_nothing_else(server, tmp_path, trouble):
    server.troubles = [trouble]
    download_url(server.url, SHA256, tmp_path / "hapmap" / "GRCh37" / NAME, attempts=1)
    assert (tmp_path / "hapmap" / "GRCh37" / NAME).read_bytes() == CONTENT
    assert files_in(tmp_path) == [f"hapmap/GRCh37/{NAME}"]
    assert ("/elsewhere" in server.paths) == (trouble == "redirect")


@pytest.mark.parametrize("trouble", ["truncated", "dropped", "503", "500", "429"])
def test_what_passes_is_tried_again(server, tmp_path, waits, trouble):
    server.troubles = [trouble, trouble]
    download_url(server.url, SHA256, tmp_path / NAME, wait_s=7)
    assert (tmp_path / NAME).read_bytes() == CONTENT
    assert files_in(tmp_path) == [NAME]
    assert waits == [7, 14]
    half, quarter = len(CONTENT) // 2, len(CONTENT) // 4
    expected = [f"bytes={half}-", f"bytes={half + quarter}-"] if trouble == "truncated" else [None, None]
    assert server.ranges == [None, *expected]


@pytest.mark.parametrize(
    ("status", "reason"), [("404", "404 Not Found"), ("403", "403 Forbidden"), ("410", "410 Gone")]
)
def test_what_does_not_pass_is_told_at_once(server, tmp_path, waits, status, reason):
    server.always = status
    error = the_error(server.url, tmp_path / NAME)
    assert f"could not download http://127.0.0.1:{server.server_port}/{NAME} (attempts: 1): " in error
    assert f"the server answered {reason}" in error
    assert f"place the file yourself at {tmp_path / NAME}; its checksum (sha256) must be {SHA256}." in error
    assert waits == []
    assert len(server.ranges) == 1
    assert files_in(tmp_path) == []


@pytest.mark.parametrize(
    ("trouble", "reason"),
    [("503", "503 Service Unavailable"), ("dropped", ": Remote end closed connection without response. ")],
)
def test_every_attempt_failed(server, tmp_path, waits, trouble, reason):
    server.always = trouble
    error = the_error(server.url, tmp_path / NAME, attempts=4, wait_s=1)
    assert "(attempts: 4)" in error
    assert reason in error
    assert waits == [1, 2, 4]
    assert files_in(tmp_path) == []


def test_nothing_listening(server, tmp_path, waits):
    url = server.url
    server.shutdown()
    server.server_close()
    assert "(attempts: 2): [Errno 111] Connection refused. " in the_error(url, tmp_path / NAME, attempts=2)


def test_certificates_that_are_absent(tmp_path, monkeypatch, waits):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere/certificates.pem")
    error = the_error("https://127.0.0.1:9/file", tmp_path / NAME)
    assert "invalid path: /nowhere/certificates.pem. Check the network" in error
    assert waits == []


def test_a_server_that_falls_silent(server, tmp_path, monkeypatch):
    monkeypatch.setattr(downloads, "TIMEOUTS_S", (5, 0.1))
    monkeypatch.setattr(downloads, "_CHUNK_BYTES", 1000)
    server.troubles = ["silent"]
    error = the_error(server.url, tmp_path / NAME, attempts=1)
    assert "(attempts: 1): Read timed out. The next run resumes from the 0.4 MB downloaded so far. " in error
    download_url(server.url, SHA256, tmp_path / NAME, attempts=1)
    assert server.ranges == [None, "bytes=400000-"]
    assert (tmp_path / NAME).read_bytes() == CONTENT


def test_a_later_run_goes_on_where_the_first_ended(server, tmp_path):
    server.troubles = ["truncated"]
    error = the_error(server.url, tmp_path / NAME, attempts=1)
    assert f"The next run resumes from the {len(CONTENT) / 2e6:.1f} MB downloaded so far." in error
    assert files_in(tmp_path) == [f".partial-{NAME}"]
    download_url(server.url, SHA256, tmp_path / NAME, attempts=1)
    assert server.ranges == [None, f"bytes={len(CONTENT) // 2}-"]
    assert (tmp_path / NAME).read_bytes() == CONTENT
    assert files_in(tmp_path) == [NAME]


@pytest.mark.parametrize(
    ("left", "trouble", "ranges"),
    [
        # A server without ranges sends the whole file in one answer.
        (CONTENT[:5000], "ignores ranges", ["bytes=5000-"]),
        # Another part than the one asked for, one beyond the end, and parts of different files ask for a new start.
        (CONTENT[:5000], "another part", ["bytes=5000-", None]),
        (CONTENT + b"more", "", [f"bytes={len(CONTENT) + 4}-", None]),
        (b"?" * 5000, "", ["bytes=5000-", None]),
    ],
)
def test_what_cannot_go_on_starts_anew(server, tmp_path, left, trouble, ranges):
    (tmp_path / f".partial-{NAME}").write_bytes(left)
    server.troubles = [trouble]
    download_url(server.url, SHA256, tmp_path / NAME, attempts=1)
    assert server.ranges == ranges
    assert (tmp_path / NAME).read_bytes() == CONTENT
    assert files_in(tmp_path) == [NAME]


@pytest.mark.parametrize("left", [b"", CONTENT[:5000]])
def test_a_wrong_checksum_is_told_with_both_sums_and_leaves_nothing(server, tmp_path, waits, left):
    (tmp_path / f".partial-{NAME}").write_bytes(left)
    server.always = "another file"
    error = the_error(server.url, tmp_path / NAME)
    found = hashlib.sha256(CONTENT[:-1] + b"?").hexdigest()
    assert f"has the wrong checksum (sha256 {found}, expected {SHA256})" in error
    assert server.ranges == (["bytes=5000-", None] if left else [None])
    assert waits == []
    assert files_in(tmp_path) == []


def test_a_file_put_there_by_hand_is_checked_and_not_downloaded(server, tmp_path):
    path = tmp_path / NAME
    path.write_bytes(CONTENT)
    download_url(server.url, SHA256, path)
    path.write_bytes(CONTENT[:-1])
    with pytest.raises(UserError, match=f"{path} is damaged or a different file"):
        download_url(server.url, SHA256, path)
    assert path.read_bytes() == CONTENT[:-1]
    assert server.paths == []


def test_the_next_mirror_helps(server, tmp_path, waits):
    server.troubles = ["503", "404", "truncated", "", ""]
    address = server.url.replace(NAME, "mirror/{}")
    mirrors = [address.format(number) for number in (1, 2)]
    download_url(server.url, SHA256, tmp_path / NAME, mirrors=mirrors)
    assert (tmp_path / NAME).read_bytes() == CONTENT
    # The first mirror, which has no such file, is not asked again; the next round goes on from what came.
    assert [path.partition("?")[0] for path in server.paths] == [f"/{NAME}", "/mirror/1", "/mirror/2", f"/{NAME}"]
    assert server.ranges == [None, None, None, f"bytes={len(CONTENT) // 2}-"]
    assert waits == [5]


def test_a_mirror_with_another_file_is_passed_over(server, tmp_path, waits):
    server.troubles = ["another file"]
    download_url(server.url, SHA256, tmp_path / NAME, mirrors=[f"{server.url}&mirror"])
    assert (tmp_path / NAME).read_bytes() == CONTENT
    assert len(server.paths) == 2
    assert waits == []


def test_all_mirrors_are_named_with_their_reasons(server, tmp_path, waits):
    server.troubles = ["404", "503", "503"]
    mirror = server.url.replace(NAME, "mirror")
    error = the_error(server.url, tmp_path / NAME, mirrors=[mirror], attempts=2)
    host = f"http://127.0.0.1:{server.server_port}"
    assert (
        f"could not download {host}/{NAME} (attempts: 1): the server answered 404 Not Found; nor {host}/mirror "
        "(attempts: 2): the server answered 503 Service Unavailable. "
    ) in error
    assert f"place the file yourself at {tmp_path / NAME}; its checksum (sha256) must be {SHA256}." in error


def test_hosts_of_ones_own(server, tmp_path, monkeypatch):
    base = server.url.partition(f"/{NAME}")[0]
    monkeypatch.setenv(downloads.MIRRORS, f"example.org={base}/copy/ other.org=https://nowhere.invalid")
    download_url(f"https://example.org/some/{NAME}", SHA256, tmp_path / NAME)
    assert server.paths == [f"/copy/some/{NAME}"]
    assert downloads.redirected("https://www.example.org/x") == "https://www.example.org/x"
    assert downloads.redirected("https://example.org.uk/x") == "https://example.org.uk/x"
    assert downloads.redirected("https://other.org/x?y=https://example.org/") == (
        "https://nowhere.invalid/x?y=https://example.org/"
    )


@pytest.mark.parametrize("value", ["example.org", "example.org=ftp://x", "https://a.org/=https://b.org"])
def test_hosts_of_ones_own_that_are_none(tmp_path, monkeypatch, value):
    monkeypatch.setenv(downloads.MIRRORS, value)
    with pytest.raises(UserError, match=r"ARTIFICIAL_GENOMES_MIRRORS: .* is not of the form host=address"):
        download_url("https://example.org/x", SHA256, tmp_path / NAME)


def test_a_file_whose_checksum_nobody_knows_is_noted_and_must_stay_the_same(server, tmp_path, caplog):
    path, note = tmp_path / NAME, tmp_path / f"{NAME}.sha256"
    (tmp_path / f".partial-{NAME}").write_bytes(b"?" * 5000)  # nothing tells whether it belongs to the file
    download_url(server.url, None, path, attempts=1)
    assert path.read_bytes() == CONTENT
    assert note.read_text() == f"{SHA256}  {NAME}\n"
    assert server.ranges == [None]
    assert f"no checksum is known for {NAME}: the downloaded file has the sha256 {SHA256}" in caplog.text
    path.unlink()
    server.troubles = ["", "another file"]
    found = hashlib.sha256(CONTENT[:-1] + b"?").hexdigest()
    with pytest.raises(UserError) as caught:
        download_url(server.url, None, path)
    assert f"has the sha256 {found}, but the first download had {SHA256}; delete {note}" in (str(caught.value))
    assert not path.exists()
    note.unlink()
    server.always = "another file"
    download_url(server.url, None, path)
    assert note.read_text() == f"{found}  {NAME}\n"


def zipped(content: bytes, level: int) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=level) as archive:
        archive.writestr("genomes.hapt", content)
        archive.writestr("__MACOSX/._genomes.hapt", b"what macOS adds")
    return buffer.getvalue()


@pytest.mark.parametrize("level", [1, 9])
def test_a_file_known_by_what_it_holds(server, tmp_path, monkeypatch, level):
    inside = b"Real HG00096_A 0 1\n" * 2000
    checksum = hashlib.sha256(inside).hexdigest()
    monkeypatch.setattr(sys.modules[__name__], "CONTENT", zipped(inside, level))
    download_url(server.url, None, tmp_path / NAME, content_sha256=checksum)
    assert files_in(tmp_path) == [NAME]
    download_url(server.url, None, tmp_path / NAME, content_sha256=checksum)
    assert len(server.paths) == 1
    with pytest.raises(UserError, match=f"{NAME} has content with the wrong checksum .sha256 {checksum}"):
        download_url(server.url, None, tmp_path / NAME, content_sha256="0" * 64)
    (tmp_path / NAME).unlink()
    damaged = bytearray(zipped(inside, level))
    damaged[len(NAME) + 60] ^= 0xFF  # behind the header of the file inside, in what it holds
    monkeypatch.setattr(sys.modules[__name__], "CONTENT", bytes(damaged))
    with pytest.raises(UserError, match=r"truncated or damaged|another checksum"):
        download_url(server.url, None, tmp_path / NAME, content_sha256=checksum)
    assert files_in(tmp_path) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no device that is always full")
def test_a_full_disk_is_told_at_once(server, tmp_path, waits):
    (tmp_path / f".partial-{NAME}").symlink_to("/dev/full")
    error = the_error(server.url, tmp_path / NAME)
    assert error == f"the disk is full while downloading {NAME} to {tmp_path}. Free some space and run again."
    assert waits == []
    assert len(server.paths) == 1


def test_other_errors_of_the_disk_are_not_taken_for_the_network(server, tmp_path, monkeypatch, waits):
    def broken(*args):
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(downloads, "_write", broken)
    with pytest.raises(OSError, match="Input/output error"):
        download_url(server.url, SHA256, tmp_path / NAME)
    assert waits == []


def test_progress_is_told_while_a_file_comes(server, tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(downloads, "PROGRESS_S", 0.1)
    monkeypatch.setattr(downloads, "_CHUNK_BYTES", 10_000)
    server.troubles = ["slow"]
    with caplog.at_level(logging.INFO):
        download_url(server.url, SHA256, tmp_path / NAME)
    lines = [line for line in caplog.messages if re.fullmatch(r"[\d.]+ of 1\.3 MB, [\d.]+ MB/s", line)]
    assert 3 <= len(lines) <= 12
    assert "hidden-word" not in caplog.text


def acquire(monkeypatch, url: str, output: Path) -> list[str]:
    """Return the command of the program that downloads a file of a table, of which `url` has a mirror."""
    sources = output.parent.with_name(f"{output.parent.name}.tsv")
    columns = "source\tversion\tkind\tlocation\tfile\tsha256\n"
    sources.write_text(f"{columns}maps\t1\turl\thttps://example.org/{NAME}\t{NAME}\t{SHA256}\n")
    monkeypatch.setenv(downloads.MIRRORS, f"example.org={url.partition(f'/{NAME}')[0]}")
    command = [sys.executable, ROOT / "workflow" / "scripts" / "acquire.py"]
    options = ["--wait", "0", "--output", str(output)]
    return [*map(str, command), *options, "url", "--file", f"maps/1/{NAME}", "--sources", str(sources)]


@pytest.mark.integration
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_killed_download_goes_on(server, tmp_path, monkeypatch, number):
    server.troubles = ["slow"]
    partial = tmp_path / f".partial-{NAME}"
    process = subprocess.Popen(acquire(monkeypatch, server.url, tmp_path / NAME), stderr=subprocess.PIPE)
    deadline = time.monotonic() + 30
    while not (partial.exists() and partial.stat().st_size) and time.monotonic() < deadline:
        time.sleep(0.005)
    process.send_signal(number)
    process.communicate(timeout=30)
    came = partial.stat().st_size
    assert 0 < came < len(CONTENT)
    run = subprocess.run(acquire(monkeypatch, server.url, tmp_path / NAME), capture_output=True, text=True, timeout=30)
    assert run.returncode == 0, run.stderr
    assert server.ranges == [None, f"bytes={came}-"]
    assert (tmp_path / NAME).read_bytes() == CONTENT
    assert files_in(tmp_path) == [NAME]


@pytest.mark.integration
def test_the_script_ends_in_one_line(server, tmp_path, monkeypatch):
    server.always = "404"
    run = subprocess.run(acquire(monkeypatch, server.url, tmp_path / NAME), capture_output=True, text=True, timeout=30)
    assert run.returncode == 2
    assert [line for line in run.stderr.splitlines() if line.startswith("error: could not download")] == (
        run.stderr.splitlines()[-1:]
    )
    assert "Traceback" not in run.stderr
    assert "hidden-word" not in run.stderr
