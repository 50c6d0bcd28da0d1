"""Measure what the statistics cost, by haplotypes and by sites, and how much faster than their peers they are.

    make bench-statistics        or: python bench/statistics_cost.py [--threads N] [--sizes 5008x10000 ...]

Each size is one comparison (`comparison.compare`, with the default settings: every metric, interval, table and the
privacy audit) of n real haplotypes with n AGs, in a process of its own, so that its peak memory is its own. Real
haplotypes are those of the authors' 10K-SNP file (the first n and the first sites), AGs Li-Stephens mosaics of them;
beyond its 10,000 sites, or without it, both are simulated mosaics of founders. Peers do the same work in the same
process and take turns with ours: scipy's `cdist` (cityblock) and scikit-allel's `rogers_huff_r`, each on a part of
the pairs, since all of them would take half an hour; what is compared is the time for a pair.

`--quick` measures very small ones: it shows that the program works, and its numbers mean nothing.

Written to results/bench/: statistics_cost.tsv (sizes), statistics_peers.tsv (ratios), and the figure
statistics_cost.png and .svg.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import yaml
from fidelity import ROOT, load_file
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter, NullLocator
from threadpoolctl import threadpool_limits

import artificial_genomes.compare.comparison as comparison
from artificial_genomes.compare.matching import Candidate, MatchedPeople
from artificial_genomes.core import program
from artificial_genomes.core.errors import UserError
from artificial_genomes.core.haplotypes import Haplotypes, artificial_people
from artificial_genomes.core.tables import write_tsv
from artificial_genomes.figures.style import new_figure, save_figure
from artificial_genomes.models import li_stephens
from artificial_genomes.models.training import TrainingData, TrainingRun
from artificial_genomes.statistics import distances, ld

SIZES = [
    *(f"{n}x10000" for n in (626, 1252, 2504, 5008)),
    *(f"5008x{sites}" for sites in (1250, 2500, 5000, 20_000, 40_000)),
]
LARGEST = "5008x65535"
N_FOUNDERS = 200
SWITCH = 0.01
PEERS = "5008x10000"
PEER_HAPLOTYPES, PEER_SITES, TURNS = 250, 600, 3
QUICK = "60x120"


def main() -> None:
    """Measure, print, write, draw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)), help="default: all there are")
    parser.add_argument("--sizes", nargs="*", default=[*SIZES, LARGEST], metavar="HAPLOTYPESxSITES")
    parser.add_argument("--quick", action="store_true", help="very small data; the numbers mean nothing")
    parser.add_argument("--only", help=argparse.SUPPRESS)
    parser.add_argument("--peers", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, default=ROOT / "results" / "bench")
    args = parser.parse_args()
    if args.only:
        work = compare_with_peers if args.peers else measure
        print(json.dumps(work(*sizes_of(args.only), args.threads)))
        return
    if args.quick:
        args.sizes = [QUICK, QUICK]

    def alone(size: str, *options: str) -> dict | list[dict]:
        # In a process of its own, and started by a small one: a child inherits the peak memory of its parent.
        command = [sys.executable, __file__, "--only", size, "--threads", str(args.threads), *options]
        return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)

    peers = pd.DataFrame(alone(QUICK if args.quick else PEERS, "--peers"))
    print(peers.to_string(index=False), flush=True)
    write_tsv(peers, args.folder / "statistics_peers.tsv")
    rows = []
    for size in args.sizes:
        rows.append(alone(size))
        print(rows[-1], flush=True)
        write_tsv(pd.DataFrame(rows), args.folder / "statistics_cost.tsv")
    save_figure(drawn(pd.DataFrame(rows)), *(args.folder / f"statistics_cost.{kind}" for kind in ("svg", "png")))


def sizes_of(text: str) -> tuple[int, int]:
    """Return haplotypes and sites of a text such as 5008x10000."""
    haplotypes, sites = map(int, text.split("x"))
    if haplotypes % 2:
        raise UserError(f"{text}: haplotypes come in pairs. Write an even number.")
    return haplotypes, sites


def data_of(n: int, n_sites: int) -> tuple[Haplotypes, np.ndarray, str]:
    """Return real (or simulated) haplotypes, as many AGs, and which of the two they are."""
    try:
        whole = load_file("10k")
    except UserError:
        whole = None
    if whole is not None and n <= whole.n_haplotypes and n_sites <= whole.n_sites:
        chosen = np.sort(np.random.default_rng(1).choice(len(whole.people), n // 2, replace=False))
        real = whole.take_people(chosen).take_sites(np.arange(n_sites))
        data = TrainingData(real.alleles, real.alleles[:0], real.sites)
        settings = yaml.safe_load((ROOT / "config" / "config.yaml").read_text())["model_params"]["li_stephens"]
        return real, li_stephens.fit(data, settings, TrainingRun(1)).sample(n, 1), "10K-SNP file"
    rng = np.random.default_rng(1)
    founders = (rng.random((N_FOUNDERS, n_sites)) < rng.beta(0.3, 1.2, n_sites)).astype(np.uint8)
    sites = pd.DataFrame(
        {"contig": "1", "position": 200 * np.arange(1, n_sites + 1), "id": "", "ref": "A", "alt": "C"}, dtype=object
    ).astype({"position": np.int64})
    real = Haplotypes(mosaics(founders, n, rng), sites, artificial_people(n // 2))
    real.people["superpopulation"] = np.array(["A", "B"])[np.arange(n // 2) % 2]
    return real, mosaics(founders, n, rng), "simulated"


def mosaics(founders: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    """Return haplotypes that copy founders and switch between them: (n, n_sites) uint8."""
    haplotypes = np.empty((n, founders.shape[1]), np.uint8)
    for row in haplotypes:
        segment = np.cumsum(rng.random(len(row)) < SWITCH)
        row[:] = founders[rng.integers(len(founders), size=segment[-1] + 1)[segment], np.arange(len(row))]
    return haplotypes


def measure(n: int, n_sites: int, threads: int) -> dict:
    """Return what one comparison of n with n haplotypes takes."""
    real, ag, data = data_of(n, n_sites)
    defaults = yaml.safe_load((ROOT / "config" / "config.yaml").read_text())["compare"]
    everybody = np.arange(n // 2)
    nobody = np.array([], np.int64)
    people = MatchedPeople({"all": everybody}, {"all": everybody[: n // 10]}, everybody, everybody, everybody, nobody)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.monotonic()
    with threadpool_limits(threads):
        comparison.compare(
            real, people, Candidate(ag, np.arange(n), everybody), comparison.Settings(**defaults), threads
        )
    seconds = time.monotonic() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {
        "haplotypes": n,
        "sites": n_sites,
        "data": data,
        "threads": threads,
        "seconds": round(seconds, 2),
        "peak_mb": peak // 1024,
        "mb_before": before // 1024,
    }


def compare_with_peers(n: int, n_sites: int, threads: int) -> list[dict]:
    """Return how many times as long peers take for a pair of haplotypes, and of sites."""
    import allel
    from scipy.spatial.distance import cdist

    real, ag, data = data_of(n, n_sites)
    contigs, positions = real.sites["contig"].to_numpy(), real.sites["position"].to_numpy()
    as_float = real.alleles.astype(np.float64)
    some = ag[:PEER_HAPLOTYPES].astype(np.float64)
    varying = real.alleles[:, real.alleles.min(axis=0) != real.alleles.max(axis=0)]
    few_sites = np.ascontiguousarray(varying[:, :PEER_SITES].T).astype(np.int8)
    measures = [
        (
            "nearest neighbours of AGs vs cdist (cityblock)",
            lambda: distances.distances_between(real.alleles, ag, threads=threads),
            n * n,
            lambda: cdist(some, as_float, "cityblock").min(axis=1),
            len(some) * n,
        ),
        (
            "nearest neighbours within a set vs cdist (cityblock)",
            lambda: distances.distances_within(real.alleles, threads=threads),
            n * n,
            lambda: cdist(some, as_float, "cityblock").min(axis=1),
            len(some) * n,
        ),
        (
            # Ours: r2 of both sets, their correlation, classes and decay.
            "LD of two sets vs rogers_huff_r",
            lambda: ld.compare_ld(real.alleles, ag, contigs, positions, threads=threads),
            n_sites * (n_sites - 1),
            lambda: allel.rogers_huff_r(few_sites),
            len(few_sites) * (len(few_sites) - 1) // 2,
        ),
    ]
    rows = []
    for name, ours, our_pairs, theirs, their_pairs in measures:
        turns = [(seconds(ours) / our_pairs, seconds(theirs) / their_pairs) for _ in range(TURNS)]
        ratios = sorted(peer / own for own, peer in turns)
        rows.append(
            {
                "measure": name,
                "ratio": ratios[len(ratios) // 2],
                "lowest": ratios[0],
                "highest": ratios[-1],
                "ours_ns_a_pair": 1e9 * min(own for own, _ in turns),
                "peer_ns_a_pair": 1e9 * min(peer for _, peer in turns),
                "threads": threads,
                "data": data,
            }
        )
    return rows


def seconds(function: Callable[[], object]) -> float:
    """Return how long a call takes."""
    started = time.monotonic()
    function()
    return time.monotonic() - started


def drawn(costs: pd.DataFrame) -> Figure:
    """Return the figure of time and memory by haplotypes and by sites."""
    figure = new_figure(height=4.6)
    panels = figure.subplots(2, 2, sharey="row")
    for column, (along, fixed) in enumerate((("haplotypes", "sites"), ("sites", "haplotypes"))):
        at = costs[fixed].mode()[0]
        rows = costs[costs[fixed] == at].sort_values(along)
        for row, (values, label) in enumerate(
            ((rows["seconds"], "Seconds"), (rows["peak_mb"] / 1024, "Peak memory, GB"))
        ):
            axes = panels[row, column]
            for data, marker in (("10K-SNP file", "o"), ("simulated", "s")):
                chosen = rows["data"] == data
                axes.plot(rows.loc[chosen, along], values[chosen], marker, color="#0072b2", label=data)
            axes.plot(rows[along], values, color="#0072b2", linewidth=0.8, zorder=0)
            axes.set(xscale="log", yscale="log", xlabel=f"{along.capitalize()} ({at:,} {fixed})")
            axes.set_xticks(rows[along], [f"{value:,}" for value in rows[along]], rotation=30)
            axes.xaxis.set_minor_locator(NullLocator())
            axes.yaxis.set_major_formatter("{x:g}")
            axes.yaxis.set_minor_formatter(NullFormatter())
            if column == 0:
                axes.set_ylabel(label)
    panels[0, 1].legend()
    return figure


if __name__ == "__main__":
    program.run(main)
