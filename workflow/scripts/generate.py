"""Generate artificial individuals, by default as many as the dataset has; redraw near copies of single individuals."""

import argparse
import logging
from functools import partial
from pathlib import Path

import numpy as np

from artificial_genomes.core import program
from artificial_genomes.core.haplotypes import Haplotypes, artificial_people, load_haplotypes, save_haplotypes
from artificial_genomes.core.private_folders import mark_private
from artificial_genomes.core.splits import load_split
from artificial_genomes.core.store import contigs_of_store, shape_of_store
from artificial_genomes.core.tables import read_tsv, write_tsv
from artificial_genomes.core.windows import Window, contig_sizes, cut
from artificial_genomes.models import load_model
from artificial_genomes.models.chunked import draw, draw_through, tracts_through
from artificial_genomes.prepare.relatives import families_of
from artificial_genomes.release.near_copies import protect, record_table, without_near_copies

log = logging.getLogger(__name__)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", required=True, nargs="+", help="trained model (.npz); with --windows one per window")
    parser.add_argument(
        "--windows", type=program.json_object, help="JSON: n, context_sites; the models' windows of the sites"
    )
    parser.add_argument("--haplotypes", required=True, help="haplotypes of the dataset (.vcz.zip), for its sites")
    parser.add_argument("--split", required=True, help="table of individuals with the column split")
    parser.add_argument("--relatives", required=True, help="table of related pairs of individuals")
    parser.add_argument("--seed", required=True, type=int)
    parser.add_argument("--settings", required=True, type=program.json_object, help="the `generate` settings, JSON")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--genomes", required=True, help="output: artificial haplotypes (.vcz.zip)")
    parser.add_argument("--record", required=True, help="output: table of the near copies that were replaced")
    parser.add_argument("--ancestry", help="output: table of the groups of ancestry along the AGs (.tsv.gz)")
    parser.add_argument(
        "--private",
        action="store_true",
        help="private cohort: mark the output folder, and redraw near copies unless the settings say none",
    )
    args = parser.parse_args()
    if args.private:
        mark_private(Path(args.genomes).parent)

    split, record = load_split(args.split, shape_of_store(args.haplotypes)[1] // 2), record_table()
    n_people = args.settings["n"] or int((split != "public").sum())
    artificial, labels, groups = artificial_people(n_people), None, None
    model = load_model(args.model[0])
    if args.windows:
        windows = cut(contig_sizes(contigs_of_store(args.haplotypes)), **args.windows)
        load = [partial(load_model, path) for path in args.model]
        sample = partial(draw_through, load, windows)
    else:
        windows, load = [Window(0, 0, shape_of_store(args.haplotypes)[0])], [lambda: model]
        sample = partial(draw, model)
    if getattr(model, "label_names", None) is not None:
        labels = model.allot_labels(2 * n_people, args.seed)
        artificial[["population", "superpopulation"]] = model.label_names[labels[::2]]
    if hasattr(model, "simulate"):  # sites of its own
        alleles, sites = model.simulate(2 * n_people, args.seed)
    else:
        real = load_haplotypes(args.haplotypes)
        (alleles, groups), sites = sample(2 * n_people, args.seed, labels), real.sites
        if args.settings["redraw"] == "all" or (args.private and args.settings["redraw"] == "private"):
            known = np.isin(split, ["train", "validation"])
            families = families_of(real.people["sample"][known], read_tsv(args.relatives, ["sample_a", "sample_b"]))
            protected = protect(real.take_people(known).alleles, families, args.settings["shared_by"], args.threads)
            (alleles, groups), record = without_near_copies(
                (alleles, groups), sample, args.seed, protected, args.threads, labels
            )
    genomes = Haplotypes(alleles, sites, artificial)
    if args.ancestry:
        write_tsv(tracts_through(load, windows, genomes, groups), args.ancestry)
    save_haplotypes(genomes, args.genomes)
    write_tsv(record, args.record)
    log.info("%d artificial haplotypes at %d sites", 2 * n_people, len(sites))


if __name__ == "__main__":
    program.run(main)
