"""The benchmark of the statistics runs, and writes what it promises."""

import subprocess
import sys

from artificial_genomes.core.tables import read_tsv
from helpers import ROOT

BENCH = ROOT / "bench"


def test_tables_and_figure_of_a_quick_benchmark_are_whole(tmp_path):
    command = [
        sys.executable,
        str(BENCH / "statistics_cost.py"),
        "--quick",
        "--threads",
        "1",
        "--folder",
        str(tmp_path),
    ]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    costs = read_tsv(tmp_path / "statistics_cost.tsv")
    assert costs["haplotypes"].tolist() == [60, 60]
    assert (costs[["seconds", "peak_mb"]] > 0).all().all()
    peers = read_tsv(tmp_path / "statistics_peers.tsv")
    assert len(peers) == 3
    assert (peers["lowest"] <= peers["ratio"]).all()
    assert (peers["ratio"] <= peers["highest"]).all()
    assert (tmp_path / "statistics_cost.png").stat().st_size > 10_000
