"""Scan haplotypes of a dataset for selection (XP-EHH and PBS): real ones, AGs, or a control in their place.

Real haplotypes are a random half of the dataset's own people, test people left out. AGs, the ceiling (the other half)
and the floor (independent sites) are as many, and their tracks are compared with those of the real ones.
"""

import argparse
from pathlib import Path

import numpy as np

from artificial_genomes import cli
from artificial_genomes.genetic_map import read_genetic_map
from artificial_genomes.haplotypes import load_haplotypes
from artificial_genomes.selection import REAL_CANDIDATES, Tracks, scan, scan_target
from artificial_genomes.tables import read_tsv, write_tsv
from artificial_genomes.track_agreement import compare_tracks


def main() -> None:
    """Run the scan and write its tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--haplotypes", type=Path, required=True, help="haplotype store, public people included")
    parser.add_argument("--split", type=Path, required=True, help="table of its people: sample ... split")
    candidate = parser.add_mutually_exclusive_group(required=True)
    candidate.add_argument("--genomes", type=Path, help="haplotype store of the artificial genomes to scan")
    candidate.add_argument("--control", choices=REAL_CANDIDATES, help="scan real haplotypes, or a control for AGs")
    parser.add_argument("--real", type=Path, metavar="FOLDER", help="tables of the scan of the real haplotypes")
    parser.add_argument("--genetic-map", nargs="?", help="file with positions in bp and cM; none: physical distance")
    parser.add_argument("--settings", type=cli.json_object, required=True, help="the `scan` settings, JSON")
    parser.add_argument("--seed", type=int, required=True, help="seed of the halves and of the floor")
    parser.add_argument("--threads", type=int, default=1, help="threads of XP-EHH")
    parser.add_argument("--output", type=Path, required=True, metavar="FOLDER", help="folder of the tables")
    args = parser.parse_args()

    haplotypes = load_haplotypes(args.haplotypes)
    split = read_tsv(args.split, ["split"])["split"].to_numpy()
    own = haplotypes.take_people(np.isin(split, ["train", "validation"]))
    public = haplotypes.take_people(split == "public")
    genetic_map = read_genetic_map(args.genetic_map) if args.genetic_map else None

    target = scan_target(own, args.control or load_haplotypes(args.genomes), args.seed)
    tracks, counts = scan(target, own.alleles, public, args.settings, genetic_map, args.threads)
    tables = {"xpehh": tracks.xpehh, "pbs": tracks.pbs, "pbs_windows": tracks.windows, "sites": counts}
    if args.real:
        tables["metrics"] = compare_tracks(read_tracks(args.real), tracks, args.seed)
    for name, table in tables.items():
        write_tsv(table, args.output / f"{name}.tsv")


def read_tracks(folder: Path) -> Tracks:
    """Read the tables of an earlier scan."""
    return Tracks(
        read_tsv(folder / "xpehh.tsv", ["contig", "position", "xpehh"]),
        read_tsv(folder / "pbs.tsv", ["contig", "position", "pbs"]),
        read_tsv(folder / "pbs_windows.tsv", ["contig", "start", "pbs"]),
    )


if __name__ == "__main__":
    cli.run(main)
