"""Generate artificial individuals, by default as many as the dataset has; redraw near copies of single individuals."""

import argparse
import logging
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

from artificial_genomes.core import program
from artificial_genomes.core.checkpoints import own_checkpoint_folder
from artificial_genomes.core.haplotypes import Haplotypes, StoredHaplotypes, artificial_people, load_haplotypes
from artificial_genomes.core.private_folders import mark_private
from artificial_genomes.core.program import whole_output
from artificial_genomes.core.random_streams import derived_seed
from artificial_genomes.core.splits import load_split
from artificial_genomes.core.store import PIECE_PEOPLE, contigs_of_store, shape_of_store
from artificial_genomes.core.store_writer import StoreWriter
from artificial_genomes.core.tables import read_tsv, write_tsv
from artificial_genomes.core.windows import Window, contig_sizes, cut
from artificial_genomes.models import load_model
from artificial_genomes.models.chunked import draw, draw_through, tracts_through
from artificial_genomes.prepare.relatives import families_of
from artificial_genomes.release.near_copies import (
    Protected,
    joined_record,
    protect,
    record_table,
    without_near_copies,
)

log = logging.getLogger(__name__)

TABLES = ("piece{}.ancestry.tsv.gz", "piece{}.record.tsv")
"""Names of the tables of a piece: its tracts of ancestry, and the record of its near copies."""


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
    parser.add_argument("--code", default="", help="digest of the code; pieces drawn by other code are drawn again")
    parser.add_argument(
        "--checkpoints", type=Path, help="folder for the pieces of a large set; a job that was killed resumes there"
    )
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

    split = load_split(args.split, shape_of_store(args.haplotypes)[1] // 2)
    n_people = args.settings["n"] or int((split != "public").sum())
    artificial, labels = artificial_people(n_people), None
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
    protected = alleles_of = None
    if hasattr(model, "simulate_in_parts"):  # sites of its own
        alleles_of, sites = model.simulate_in_parts(2 * n_people, args.seed)
    else:
        sites = StoredHaplotypes(args.haplotypes).sites
        if args.settings["redraw"] == "all" or (args.private and args.settings["redraw"] == "private"):
            protected = protected_haplotypes(args, split)

    def draw_piece(number: int, people: slice) -> tuple[np.ndarray, pd.DataFrame, pd.DataFrame]:
        """Return the alleles of a piece of the AGs, the record of its near copies, and its tracts of ancestry."""
        rows = slice(2 * people.start, 2 * people.stop)
        of_piece, record = None if labels is None else labels[rows], record_table()
        seed = derived_seed(args.seed, "piece of AGs", number) if number else args.seed
        drawn = sample(rows.stop - rows.start, seed, of_piece) if alleles_of is None else (alleles_of(rows), None)
        if protected is not None:
            drawn, record = without_near_copies(drawn, sample, seed, protected, args.threads, of_piece)
        alleles, groups = drawn
        genomes = Haplotypes(alleles, sites, artificial.iloc[people])
        return alleles, record, tracts_through(load, windows, genomes, groups)

    with folder_of_pieces(args, n_people) as folder:
        writer = StoreWriter(folder, sites, artificial)
        draw_pieces(writer, draw_piece)
        tracts, records = ([folder / name.format(number) for number in range(len(writer.pieces))] for name in TABLES)
        if args.ancestry:
            with whole_output(args.ancestry) as partial_table, partial_table.open("wb") as file:
                file.writelines(table.read_bytes() for table in tracts)
        writer.write(args.genomes)
        write_tsv(joined_record([read_tsv(record, ["what", "value"]) for record in records]), args.record)
    if args.checkpoints:
        shutil.rmtree(args.checkpoints, ignore_errors=True)
    log.info("%d artificial haplotypes at %d sites", 2 * n_people, len(sites))


def protected_haplotypes(args: argparse.Namespace, split: np.ndarray) -> Protected:
    """Return the real haplotypes of which no AG may be a near copy."""
    known = np.isin(split, ["train", "validation"])
    real = load_haplotypes(args.haplotypes, people=known)
    families = families_of(real.people["sample"], read_tsv(args.relatives, ["sample_a", "sample_b"]))
    return protect(real.alleles, families, args.settings["shared_by"], args.threads)


@contextmanager
def folder_of_pieces(args: argparse.Namespace, n_people: int) -> Iterator[Path]:
    """Yield the folder of finished pieces; it outlives a job that is killed, where there are several pieces."""
    if n_people <= PIECE_PEOPLE or not args.checkpoints:
        with TemporaryDirectory() as folder:
            yield Path(folder)
        return
    settings = [args.settings, args.windows, args.seed, args.private, args.code]
    files = [*args.model, args.haplotypes, args.split, args.relatives]
    own = own_checkpoint_folder(args.checkpoints, settings, files)
    own.mkdir(parents=True, exist_ok=True)
    yield own


def draw_pieces(
    writer: StoreWriter, draw: Callable[[int, slice], tuple[np.ndarray, pd.DataFrame, pd.DataFrame]]
) -> None:
    """Draw the pieces that are not finished yet, and write each with its tables."""
    missing = [number for number in range(len(writer.pieces)) if not writer.is_finished(number)]
    if len(missing) < len(writer.pieces):
        log.info("%d of %d pieces were drawn before", len(writer.pieces) - len(missing), len(writer.pieces))
    started = time.monotonic()
    for n_drawn, number in enumerate(missing, start=1):
        alleles, record, tracts = draw(number, writer.pieces[number])
        writer.add(number, alleles)
        of_tracts, of_record = (writer.folder / name.format(number) for name in TABLES)
        write_tsv(tracts, of_tracts, header=number == 0)
        write_tsv(record, of_record)
        writer.finish(number)
        left = (time.monotonic() - started) / n_drawn * (len(missing) - n_drawn)
        log.info(
            "piece %d of %d: %d AGs; about %d min %02d s left",
            *(number + 1, len(writer.pieces), len(alleles), *divmod(round(left), 60)),
        )


if __name__ == "__main__":
    program.run(main)
