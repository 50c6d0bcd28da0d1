"""Large sets of AGs: what drawing and each export take, beside the compression of the same bytes alone.

python bench/million.py MODEL HAPLOTYPES SPLIT RELATIVES FOLDER N [N ...]

Runs the programs `generate.py` and `publish.py` for N artificial individuals and prints processor seconds and peak
memory, for each N. The bytes that were written are then read again and compressed by the same library at the same
level, at most `SAMPLE_BYTES` of each file.
"""

import gzip
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

import numcodecs
import pysam

SCRIPTS = Path(__file__).parents[1] / "workflow" / "scripts"
SAMPLE_BYTES = 200_000_000

STORE_COMPRESSOR = {"id": "blosc", "cname": "lz4", "clevel": 5, "shuffle": 1, "blocksize": 0}
"""zarr's own choice for its format 2."""


def run(script: str, *words: object) -> tuple[float, float, float, str]:
    """Run a program; return its seconds of the processor and of the clock, its peak memory in MB, and its log."""
    started = time.monotonic()
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen([sys.executable, SCRIPTS / script, *map(str, words)], stderr=log)
        _, status, usage = os.wait4(process.pid, 0)
        log.seek(0)
        text = log.read()
    if status:
        raise SystemExit(text)
    return usage.ru_utime + usage.ru_stime, time.monotonic() - started, usage.ru_maxrss / 1e3, text


def compressing(name: str, text: bytes) -> float:
    """Return the seconds of the processor that the compression of some bytes takes, as that of the named format."""
    started = time.process_time()
    match name:
        case "VCF":
            with pysam.BGZFile(os.devnull, "wb4") as file:
                for start in range(0, len(text), 1 << 16):
                    file.write(text[start : start + (1 << 16)])
        case ".hapt":
            with open(os.devnull, "wb") as raw, gzip.GzipFile("", "wb", 4, raw) as file:
                for start in range(0, len(text), 1 << 16):
                    file.write(text[start : start + (1 << 16)])
        case "store":
            codec = numcodecs.get_codec(STORE_COMPRESSOR)
            for start in range(0, len(text), 10_000_000):
                codec.encode(text[start : start + 10_000_000])
    return time.process_time() - started


def sample(name: str, folder: Path) -> bytes:
    """Return uncompressed bytes of an output."""
    match name:
        case "VCF":
            return gzip.open(folder / "genomes.vcf.gz").read(SAMPLE_BYTES)
        case ".hapt":
            return gzip.open(folder / "genomes.hapt.gz").read(SAMPLE_BYTES)
        case _:
            with zipfile.ZipFile(folder / "genomes.vcz.zip") as archive:
                chunks = sorted(entry for entry in archive.namelist() if re.match(r"call_genotype/\d", entry))
                codec = numcodecs.get_codec(STORE_COMPRESSOR)
                return b"".join(bytes(codec.decode(archive.read(chunk))) for chunk in chunks[:20])


def main() -> None:
    model, haplotypes, split, relatives, folder, *numbers = sys.argv[1:]
    for n in map(int, numbers):
        out = Path(folder) / str(n)
        settings = json.dumps({"n": n, "redraw": "none", "shared_by": 5})
        words = ["--model", model, "--haplotypes", haplotypes, "--split", split, "--relatives", relatives, "--seed", 1]
        outputs = [
            f"--{name}={out / file}" for name, file in (("genomes", "genomes.vcz.zip"), ("record", "record.tsv"))
        ]
        cpu, wall, mb, _ = run(
            "generate.py", *words, "--settings", settings, *outputs, f"--checkpoints={out / 'checkpoints'}"
        )
        print(f"{n}\tdraw\t{cpu:.1f} s processor\t{wall:.1f} s\t{mb:.0f} MB", flush=True)
        files = {"vcf": "vcf.gz", "hapt": "hapt.gz", "legend": "legend", "pgen": "pgen"}
        outputs = [f"--{name}={out / f'genomes.{ending}'}" for name, ending in files.items()]
        cpu, wall, mb, log = run("publish.py", "--genomes", out / "genomes.vcz.zip", "--build", "GRCh37", *outputs)
        print(f"{n}\tpublish\t{cpu:.1f} s processor\t{wall:.1f} s\t{mb:.0f} MB", flush=True)
        for name, seconds in re.findall(r"(\S+(?: 2)?) written in ([\d.]+) s", log):
            print(f"{n}\t{name}\t{seconds} s processor")
        for file in sorted(out.glob("genomes.*")):
            print(f"{n}\t{file.name}\t{file.stat().st_size / 1e6:.1f} MB", flush=True)
        for name in ("VCF", ".hapt", "store"):
            text = sample(name, out)
            seconds = compressing(name, text)
            print(f"{n}\tcompressing {name}\t{len(text) / 1e6 / seconds:.0f} MB/s", flush=True)
        shutil.rmtree(out)


if __name__ == "__main__":
    main()
