"""Stretches of VCFs from a server on this machine: what comes is what the whole file has there, whatever goes wrong."""

import gzip
import logging
import sys
from functools import cache
from pathlib import Path

import numpy as np
import pysam
import pysam.bcftools
import pytest

import acquire
from archive import Archive, make_certificate
from artificial_genomes.acquire import downloads, remote_vcf
from artificial_genomes.acquire.remote_vcf import fetch_regions, joined
from artificial_genomes.core.errors import UserError
from artificial_genomes.core.regions import Region, parse_region

N_PEOPLE = 8
LENGTH = 3_000_000
FILES = "chr{contig}.vcf.gz"


def write_vcf(path: Path, contig: str, seed: int, samples: list[str] | None = None, n: int = 3000) -> None:
    """Write an indexed VCF of many blocks: SNPs, sites with two rows, deletions up to half a megabase long."""
    rng = np.random.default_rng(seed)
    samples = samples or [f"P{person}" for person in range(N_PEOPLE)]
    positions = np.sort(rng.integers(1, LENGTH, n))
    positions[1::100] = positions[::100]
    path.parent.mkdir(parents=True, exist_ok=True)
    with pysam.BGZFile(str(path), "wb") as file:
        header = f"##fileformat=VCFv4.2\n##contig=<ID={contig}>\n" + "".join(f"##note={i}\n" for i in range(50))
        file.write(
            (header + "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\t" + "\t".join(samples) + "\n").encode()
        )
        for number, position in enumerate(positions):
            noise = rng.bytes(150 if number % 3 else 1500).hex()
            long = f";END={min(position + int(rng.integers(1, 500_000)), LENGTH)}" if number % 40 == 5 else ""
            alt = "<DEL>" if long else "T"
            calls = "\t".join(f"{a}|{b}" for a, b in rng.integers(0, 2, (len(samples), 2)))
            file.write(f"{contig}\t{position}\t.\tA\t{alt}\t.\tPASS\tX={noise}{long}\tGT\t{calls}\n".encode())
    pysam.tabix_index(str(path), preset="vcf", force=True)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("archive")
    for number, contig in enumerate(("1", "2", "10")):
        write_vcf(folder / "first" / FILES.format(contig=contig), contig, number)
        for ending in ("", ".tbi"):
            name = FILES.format(contig=contig) + ending
            (folder / "second").mkdir(exist_ok=True)
            (folder / "second" / name).write_bytes((folder / "first" / name).read_bytes())
    write_vcf(folder / "others" / "chr1.vcf.gz", "1", 0, n=300)
    write_vcf(folder / "others" / "chr2.vcf.gz", "2", 1, ["Q", "R"], n=300)
    write_vcf(folder / "others" / "chr3.vcf.gz", "chr3", 1, n=300)
    return folder


@pytest.fixture
def server(folder):
    with Archive(folder) as server:
        yield server


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.delenv(downloads.MIRRORS, raising=False)
    monkeypatch.setattr(downloads.time, "sleep", lambda seconds: None)


def lines(path: Path, header: bool = False) -> list[bytes]:
    with gzip.open(path) as file:
        return [line for line in file if line.startswith(b"#") == header]


@cache
def archived(folder: Path, contig: str) -> list[bytes]:
    """Return the rows of a whole file of the first host."""
    return lines(folder / "first" / FILES.format(contig=contig))


def expected(folder: Path, regions: list[Region]) -> list[bytes]:
    """Return the rows of the whole files whose POS lies in one of the regions, read one by one."""
    rows = []
    for contig in ("1", "2", "10"):
        for row in archived(folder, contig):
            position = int(row.split(b"\t")[1])
            if any(region.contig == contig and region.start <= position <= region.end for region in regions):
                rows.append(row)
    return rows


def fetch(server: Archive, regions: list[Region], path: Path, hosts: tuple[str, ...] = ("first",), **options) -> None:
    fetch_regions([f"{server.url}/{host}/{FILES}" for host in hosts], regions, path, **options)


def the_error(server: Archive, path: Path, regions: list[Region] | None = None, **options) -> str:
    with pytest.raises(UserError) as caught:
        fetch(server, regions or [parse_region("1:1000000-1100000")], path, **options)
    assert "\n" not in str(caught.value)
    assert not path.exists()
    assert not Path(f"{path}.tbi").exists()
    return str(caught.value)


REGIONS = [
    *["1:1-3000000", "1:1-1", "2:1000000-1000100", "2:16384-16385", "10:16300-16500", "1:131000-131200"],
    *["1:1048000-1049000", "10:2990000-3000000", "2:500000-900000", "1:2097000-2098000"],
]


@pytest.mark.parametrize("text", REGIONS)
def test_a_region_is_what_the_whole_file_has_there(server, folder, tmp_path, text):
    region = parse_region(text)
    wanted = expected(folder, [region])
    if not wanted:
        region = Region(region.contig, region.start, region.end + 20_000)
        wanted = expected(folder, [region])
    fetch(server, [region], tmp_path / "part.vcf.gz")
    assert lines(tmp_path / "part.vcf.gz") == wanted
    assert lines(tmp_path / "part.vcf.gz", header=True) == lines(
        folder / "first" / FILES.format(contig=region.contig), header=True
    )
    # The index is right, and nothing else is left.
    with pysam.TabixFile(str(tmp_path / "part.vcf.gz")) as file:
        assert sum(1 for _ in file.fetch(region.contig)) == len(wanted)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["part.vcf.gz", "part.vcf.gz.tbi"]


def test_a_region_is_what_htslib_finds_there(server, folder, tmp_path):
    rng = np.random.default_rng(5)
    for start in rng.integers(1, LENGTH, 15):
        region = Region("2", int(start), int(start) + int(rng.integers(10_000, 200_000)))
        with pysam.TabixFile(str(folder / "first" / "chr2.vcf.gz")) as file:
            wanted = [row for row in file.fetch("2", region.start - 1, region.end) if int(row.split("\t")[1]) >= start]
        (tmp_path / "part.vcf.gz").unlink(missing_ok=True)
        fetch(server, [region], tmp_path / "part.vcf.gz")
        assert [row.decode().rstrip("\n") for row in lines(tmp_path / "part.vcf.gz")] == wanted


@pytest.mark.integration
def test_sites_of_several_chromosomes_in_the_order_of_the_genome(server, folder, tmp_path):
    rng = np.random.default_rng(6)
    sites = []
    for contig in ("10", "2", "1"):
        rows = archived(folder, contig)
        sites += [int(rows[i].split(b"\t")[1]) for i in rng.choice(len(rows), 12, replace=False)]
    regions = [Region(("10", "2", "1")[i // 12], site, site) for i, site in enumerate(sites)]
    regions += [regions[0], Region("1", regions[-1].start - 3, regions[-1].start + 3)]
    fetch(server, regions, tmp_path / "part.vcf.gz")
    assert lines(tmp_path / "part.vcf.gz") == expected(folder, regions)


def test_only_the_blocks_of_a_region_travel(server, folder, tmp_path):
    whole = (folder / "first" / "chr1.vcf.gz").stat().st_size
    fetch(server, [parse_region("1:1000000-1020000")], tmp_path / "part.vcf.gz")
    assert server.sent_bytes < whole / 10
    assert all(asked for path, asked in server.requests if not path.endswith(".tbi"))


def test_regions_near_each_other_are_read_in_one_go():
    near, far = Region("1", 100, 200), Region("1", 200_000, 200_010)
    inside, chained = Region("1", 120, 130), Region("1", 16_000, 16_001)
    other = Region("10", 5, 5)
    assert joined([far, other, chained, near, inside]) == [
        (Region("1", 100, 16_001), [near, inside, chained]),
        (far, [far]),
        (other, [other]),
    ]


@pytest.mark.parametrize("trouble", ["dropped", "truncated", "503", "429", "damaged", "redirect", "slow"])
def test_what_passes_is_tried_again(server, folder, tmp_path, trouble):
    # The third request is the first one for records.
    server.trouble = lambda path, number: trouble if number in (0, 1, 3) or "?" in trouble else ""
    region = parse_region("1:1000000-1900000")
    fetch(server, [region], tmp_path / "part.vcf.gz", attempts=4)
    assert lines(tmp_path / "part.vcf.gz") == expected(folder, [region])
    assert sorted(file.name for file in tmp_path.iterdir()) == ["part.vcf.gz", "part.vcf.gz.tbi"]


@pytest.mark.parametrize(
    ("trouble", "ending", "reason"),
    [
        ("404", "", "chromosome 1: the server answered 404 Not Found"),
        ("403", ".tbi", "chromosome 1: the server answered 403 Forbidden"),
        ("no ranges", ".gz", "chromosome 1: the server does not support range requests"),
    ],
)
def test_what_does_not_pass_is_told_at_once(server, tmp_path, trouble, ending, reason):
    server.trouble = lambda path, number: trouble if path.endswith(ending) else ""
    error = the_error(server, tmp_path / "part.vcf.gz")
    assert f"could not download {server.url}/first/{FILES} (attempts: 1): {reason}. " in error
    assert f"place the file yourself at {tmp_path / 'part.vcf.gz'}: " in error


def test_the_second_host_helps_where_the_first_is_down(server, folder, tmp_path, caplog):
    server.trouble = lambda path, number: "503" if path.startswith("/first/") else ""
    region = parse_region("2:1000000-1100000")
    with caplog.at_level(logging.WARNING):
        fetch(server, [region], tmp_path / "part.vcf.gz", hosts=("first", "second"))
    assert lines(tmp_path / "part.vcf.gz") == expected(folder, [region])
    assert "attempt 1 of 3 failed: chromosome 2: the server answered 503" in caplog.text


def test_all_hosts_down_are_named_each_with_its_reason(server, tmp_path):
    server.trouble = lambda path, number: "404" if path.startswith("/first/") else "dropped"
    error = the_error(server, tmp_path / "part.vcf.gz", hosts=("first", "second"), attempts=2)
    assert f"{server.url}/first/{FILES} (attempts: 1): chromosome 1: the server answered 404" in error
    assert f"; nor {server.url}/second/{FILES} (attempts: 2): chromosome 1: " in error


@pytest.mark.integration
def test_a_later_run_fetches_only_what_is_missing(server, folder, tmp_path, monkeypatch):
    monkeypatch.setattr(remote_vcf, "_PART_BYTES", 50_000)
    region = parse_region("1:100000-2900000")
    server.trouble = lambda path, number: "dropped" if number >= 10 else ""
    error = the_error(server, tmp_path / "part.vcf.gz", [region], attempts=1)
    assert "The next run resumes from the 0.4 MB downloaded so far." in error
    before = list(server.requests)
    server.trouble = lambda path, number: ""
    fetch(server, [region], tmp_path / "part.vcf.gz", attempts=1)
    again = server.requests[len(before) :]
    assert not set(before[:10]) & set(again)
    assert lines(tmp_path / "part.vcf.gz") == expected(folder, [region])


@pytest.mark.integration
def test_a_file_that_changes_between_two_runs_is_read_anew(server, tmp_path, monkeypatch, folder):
    monkeypatch.setattr(remote_vcf, "_PART_BYTES", 50_000)
    region = parse_region("1:100000-2900000")
    moved = folder / "moved"
    write_vcf(moved / "chr1.vcf.gz", "1", 77, n=1000)
    server.trouble = lambda path, number: "dropped" if number >= 5 else ""
    the_error(server, tmp_path / "part.vcf.gz", [region], hosts=("moved",), attempts=1)
    write_vcf(moved / "chr1.vcf.gz", "1", 78, n=1000)
    server.trouble = lambda path, number: ""
    fetch(server, [region], tmp_path / "part.vcf.gz", hosts=("moved",), attempts=3)
    kept = [row for row in lines(moved / "chr1.vcf.gz") if region.start <= int(row.split(b"\t")[1]) <= region.end]
    assert lines(tmp_path / "part.vcf.gz") == kept


def test_archives_that_do_not_fit(server, tmp_path):
    error = the_error(server, tmp_path / "part.vcf.gz", [Region("3", 1, 99_999)], hosts=("others",))
    assert "chromosome 3: it has no contig 3, only chr3. " in error
    regions = [Region("1", 1, 99_999), Region("2", 1, 99_999)]
    error = the_error(server, tmp_path / "part.vcf.gz", regions, hosts=("others",))
    assert "chromosome 2: its individuals differ from those of the previous chromosomes. " in error
    error = the_error(server, tmp_path / "part.vcf.gz", [Region("1", LENGTH + 1, LENGTH + 9)])
    assert error.startswith("the archive has no record of chromosome 1 in 1:3000001-3000009. Check that positions")


def test_a_file_put_there_by_hand_is_kept(server, tmp_path):
    (tmp_path / "part.vcf.gz").write_bytes(b"by hand")
    fetch(server, [Region("1", 1, 9)], tmp_path / "part.vcf.gz")
    assert (tmp_path / "part.vcf.gz").read_bytes() == b"by hand"
    assert server.requests == []


@pytest.mark.integration
def test_https_with_a_certificate_of_ones_own(folder, tmp_path, monkeypatch):
    certificate = make_certificate(tmp_path)
    region = parse_region("1:1000000-1100000")
    with Archive(folder, certificate) as server:
        error = the_error(server, tmp_path / "part.vcf.gz")
        assert "CERTIFICATE_VERIFY_FAILED" in error
        assert "(attempts: 1)" in error
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
        fetch(server, [region], tmp_path / "part.vcf.gz")
    assert lines(tmp_path / "part.vcf.gz") == expected(folder, [region])


def test_a_mirror_of_ones_own_takes_the_place_of_a_host(server, folder, tmp_path, monkeypatch):
    monkeypatch.setenv(downloads.MIRRORS, f"public.example.org={server.url}/second other.org=http://x.org/y")
    region = parse_region("1:1000000-1100000")
    fetch_regions([f"https://public.example.org/{FILES}"], [region], tmp_path / "part.vcf.gz")
    assert lines(tmp_path / "part.vcf.gz") == expected(folder, [region])
    assert {path.split("/")[1] for path, _ in server.requests} == {"second"}


def test_the_program_fetches_a_region_by_its_name_and_the_sites_of_a_legend(server, folder, tmp_path, monkeypatch):
    location = f"https://public.example.org/{FILES}"
    (tmp_path / "sources.tsv").write_text(
        "source\tversion\tkind\tlocation\tfile\tsha256\tsites\n"
        f"panel\t1\tvcf\t{location}\tchr{{contig}}_{{start}}-{{end}}.vcf.gz\tunknown\t\n"
        f"panel\t1\tvcf\t{location}\tsites.vcf.gz\tunknown\tpanel/1/sites.legend\n"
    )
    rows = [lines(folder / "first" / FILES.format(contig=contig))[200].split(b"\t") for contig in ("2", "10")]
    sites = [Region(row[0].decode(), int(row[1]), int(row[1])) for row in rows]
    legend = "".join(f"{site.contig}:{site.start}_A_T {site.start} A T\n" for site in sites)
    (tmp_path / "sites.legend").write_text(f"id position a0 a1\n{legend}")
    monkeypatch.setenv(downloads.MIRRORS, f"public.example.org={server.url}/first")
    for file, more, regions in (
        ("chr10_1000000-1100000.vcf.gz", [], [parse_region("10:1000000-1100000")]),
        ("sites.vcf.gz", ["--sites", str(tmp_path / "sites.legend")], sites),
    ):
        arguments = ["vcf", "--sources", str(tmp_path / "sources.tsv"), "--file", f"panel/1/{file}", *more]
        monkeypatch.setattr(sys, "argv", ["acquire.py", "--output", str(tmp_path / file), *arguments])
        acquire.main()
        assert lines(tmp_path / file) == expected(folder, regions)


def test_bcftools_finds_the_same_rows_in_the_whole_file(server, folder, tmp_path):
    region = parse_region("1:1000000-1100000")
    fetch(server, [region], tmp_path / "part.vcf.gz")
    whole = pysam.bcftools.view("--no-header", "--targets", str(region), str(folder / "first" / "chr1.vcf.gz"))
    part = pysam.bcftools.view("--no-header", str(tmp_path / "part.vcf.gz"))
    assert part == whole
    assert part
