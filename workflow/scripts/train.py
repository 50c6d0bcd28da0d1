"""Train one generative model on the training individuals of a dataset; choose the epoch on validation individuals."""

import argparse
import logging
import shutil
from dataclasses import replace
from pathlib import Path

import pandas as pd
from threadpoolctl import threadpool_limits

from artificial_genomes.core import program
from artificial_genomes.core.checkpoints import own_checkpoint_folder
from artificial_genomes.core.haplotypes import load_haplotypes
from artificial_genomes.core.private_folders import mark_private
from artificial_genomes.core.splits import load_split
from artificial_genomes.core.store import contigs_of_store
from artificial_genomes.core.tables import read_tsv, write_tsv
from artificial_genomes.core.windows import contig_sizes, cut
from artificial_genomes.models import model_module, save_model
from artificial_genomes.models.training import TrainingData, TrainingRun, best_epoch

log = logging.getLogger(__name__)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--haplotypes", required=True, help="haplotypes of the dataset (.vcz.zip)")
    parser.add_argument("--split", required=True, help="table of individuals with the column split")
    parser.add_argument(
        "--settings", required=True, type=program.json_object, help="kind of the model and its settings, JSON"
    )
    parser.add_argument(
        "--windows", type=program.json_object, help="JSON: n, context_sites; train on one window of the sites"
    )
    parser.add_argument("--window", type=int, help="number of this window, from 1")
    parser.add_argument(
        "--groups", nargs="*", default=[], help="table of the group of ancestry of each training haplotype"
    )
    parser.add_argument("--seed", required=True, type=int)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--device", choices=["cpu", "gpu"], default="cpu")
    parser.add_argument("--code", default="", help="digest of the code; checkpoints written by other code are ignored")
    parser.add_argument("--checkpoints", type=Path, help="folder for checkpoints; a killed training resumes from there")
    parser.add_argument("--model", required=True, help="output: the trained model (.npz)")
    parser.add_argument("--training", required=True, help="output: table of losses and scores by epoch")
    parser.add_argument("--private", action="store_true", help="private cohort: mark the output folder")
    args = parser.parse_args()
    if args.private:
        mark_private(Path(args.model).parent)

    sites = slice(None)
    if args.windows:
        window = cut(contig_sizes(contigs_of_store(args.haplotypes)), **args.windows)[args.window - 1]
        sites = slice(window.start, window.stop)
    data = read_training_data(args.haplotypes, args.split, sites, bool(args.settings.get("differential_privacy")))
    if args.groups:
        data = replace(data, groups=read_tsv(args.groups[0], ["group"])["group"].to_numpy())
    log.info("%d training and %d validation haplotypes, %d sites", len(data.train), len(data.validation), data.n_sites)

    settings = dict(args.settings)
    kind = settings.pop("kind")
    run = TrainingRun(args.seed, args.threads, args.device)
    if args.checkpoints:
        run.checkpoint_folder = own_checkpoint_folder(
            args.checkpoints,
            [args.settings, args.windows, args.window, args.seed, args.device, args.code],
            [args.haplotypes, args.split, *args.groups],
        )
    with threadpool_limits(args.threads):
        model = model_module(kind).fit(data, settings, run)
    save_model(args.model, kind, settings, model)
    write_tsv(training_table(run.progress), args.training)
    if args.checkpoints:
        shutil.rmtree(args.checkpoints, ignore_errors=True)


def training_table(progress: list[dict]) -> pd.DataFrame:
    """Return losses and scores by epoch; `kept` is 1 at the epoch whose model was kept, else 0."""
    if not progress:
        return pd.DataFrame(columns=["epoch", "score", "kept"])
    table = pd.DataFrame(progress)
    return table.assign(kept=(table["epoch"] == best_epoch(progress)).astype(int))


def read_training_data(
    haplotypes_path: str | Path,
    split_path: str | Path,
    sites: slice = slice(None),
    with_public: bool = False,
) -> TrainingData:
    """Return the training and validation haplotypes of a prepared dataset, at all or some of its sites.

    Parameters
    ----------
    haplotypes_path, split_path
        Haplotype store and split of the dataset.
    sites
        Which of its sites.
    with_public
        Whether to return the haplotypes of the public panel too.
    """
    haplotypes = load_haplotypes(haplotypes_path, sites)
    split = load_split(split_path, len(haplotypes.people))
    train, validation = (haplotypes.take_people(split == part) for part in ("train", "validation"))
    public = haplotypes.take_people(split == "public").alleles if with_public else None
    return TrainingData(train.alleles, validation.alleles, haplotypes.sites, train.people, public)


if __name__ == "__main__":
    program.run(main)
