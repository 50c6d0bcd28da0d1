"""Scan haplotypes of a dataset for selection: real ones, AGs, or a control instead of AGs.

Real haplotypes are those of the test individuals, whom no model has seen. AGs, the ceiling (training and validation
individuals) and the floor (independent sites) have the same number of haplotypes, and their tracks are compared with
those of the real ones.
"""

import argparse
import logging
from pathlib import Path

import numpy as np
import pandas as pd

from artificial_genomes.core import program
from artificial_genomes.core.haplotypes import load_drawn, load_haplotypes
from artificial_genomes.core.splits import load_split
from artificial_genomes.core.tables import read_tsv, write_tsv
from artificial_genomes.io.genetic_map import read_map_of
from artificial_genomes.scans.agreement import compare_tracks
from artificial_genomes.scans.candidates import COLUMNS, GENE_COLUMNS, candidates, read_genes
from artificial_genomes.scans.ehh import Integration
from artificial_genomes.scans.polarisation import read_ancestral
from artificial_genomes.scans.statistics import TRACK_COLUMNS
from artificial_genomes.scans.tracks import REAL_CANDIDATES, require_places, require_scores, scan, scan_target

log = logging.getLogger(__name__)


def main() -> None:
    """Run the scan and write its tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--haplotypes", type=Path, required=True, help="haplotype store, including public individuals")
    parser.add_argument("--split", type=Path, required=True, help="table of its individuals: sample ... split")
    candidate = parser.add_mutually_exclusive_group(required=True)
    candidate.add_argument("--genomes", type=Path, help="haplotype store of the artificial genomes to scan")
    candidate.add_argument(
        "--control", choices=REAL_CANDIDATES, help="scan the real haplotypes, or a control instead of AGs"
    )
    parser.add_argument("--real", type=Path, metavar="FOLDER", help="folder with the scan of the real haplotypes")
    parser.add_argument(
        "--genetic-map", nargs="?", help="genetic map with positions in bp and cM; default: physical distance"
    )
    parser.add_argument("--ancestral", nargs="?", help="table of ancestral alleles; default: REF is ancestral")
    parser.add_argument("--genes", nargs="?", help="table of genes, to annotate candidates")
    parser.add_argument("--build", required=True, help="genome build of the haplotypes, for the genes")
    parser.add_argument("--settings", type=program.json_object, required=True, help="the `scan` settings, JSON")
    parser.add_argument("--seed", type=int, required=True, help="seed for drawing individuals and for the floor")
    parser.add_argument("--threads", type=int, default=1, help="threads of scikit-allel")
    parser.add_argument("--output", type=Path, required=True, metavar="FOLDER", help="folder of the tables")
    args = parser.parse_args()

    haplotypes = load_haplotypes(args.haplotypes)
    split = load_split(args.split, len(haplotypes.people))
    own = haplotypes.take_people(np.isin(split, ["train", "validation"]))
    test, public = (haplotypes.take_people(split == part) for part in ("test", "public"))
    integration = Integration(
        _genetic_map(args.genetic_map, haplotypes.sites), args.settings["edges"], threads=args.threads
    )
    if not args.ancestral:
        log.info("no table of ancestral alleles: REF is treated as ancestral")
    ancestral = read_ancestral(args.ancestral) if args.ancestral else None
    genes = read_genes(args.genes, args.build) if args.genes else pd.DataFrame(columns=GENE_COLUMNS[1:])

    require_places(own.alleles, public, args.settings, ancestral)
    target = scan_target(own, test, args.control or load_drawn(args.genomes, len(haplotypes.people)), args.seed)
    tracks, counts = scan(target, own.alleles, public, args.settings, integration, ancestral)
    if args.control == "real":
        require_scores(tracks, args.settings)
    of_real = read_tsv(args.real / "candidates.tsv", COLUMNS) if args.real else None
    tables = {"tracks": tracks, "counts": counts, "candidates": candidates(tracks, genes, of_real)}
    if args.real:
        tables["metrics"] = compare_tracks(read_tsv(args.real / "tracks.tsv", TRACK_COLUMNS), tracks, args.seed)
    for name, table in tables.items():
        write_tsv(table, args.output / f"{name}.tsv")


def _genetic_map(path: str | None, sites: pd.DataFrame) -> pd.DataFrame | None:
    """Read the map of the contigs of the sites."""
    if not path:
        log.info("no genetic map: EHH is integrated over base pairs, as with a uniform recombination rate")
        return None
    return read_map_of(path, sites)


if __name__ == "__main__":
    program.run(main)
