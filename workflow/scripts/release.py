"""Write the release of a run: AGs that may go out in every format, scorecard, data card and checksums."""

import argparse
import shutil
from pathlib import Path

from artificial_genomes import cli
from artificial_genomes.errors import UserError
from artificial_genomes.figures.sets import set_of
from artificial_genomes.haplotypes import load_haplotypes
from artificial_genomes.provenance import git_state, software_versions
from artificial_genomes.release import (
    CARD,
    SUMMARY_COLUMNS,
    Published,
    data_card,
    may_be_released,
    near_copies_left,
    read_record,
    whole_folder,
    write_genomes,
    write_sums,
)
from artificial_genomes.tables import read_tsv

PROJECT = Path(__file__).resolve().parents[2]


def main() -> None:
    """Ask the verdict, write what it lets go out."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--genomes", nargs="+", type=Path, required=True, help="haplotype stores of all AG sets")
    parser.add_argument(
        "--record", nargs="+", type=Path, required=True, help="of near copies, of all AG sets, in order"
    )
    parser.add_argument("--split", nargs="+", type=Path, required=True, help="table of the people of each dataset")
    parser.add_argument("--scorecard", type=Path, required=True)
    parser.add_argument("--verdict", type=Path, required=True)
    parser.add_argument("--summary", type=Path, required=True)
    parser.add_argument("--config", type=cli.json_object, required=True, help="JSON: what the data card tells of")
    parser.add_argument("--output", type=Path, required=True, metavar="FOLDER", help="the release")
    args = parser.parse_args()

    config = args.config
    summary = read_tsv(args.summary, SUMMARY_COLUMNS)
    allowed, refused = [], {}
    for path, record in zip(args.genomes, map(read_record, args.record), strict=True):
        dataset, (model, seed) = path.absolute().parents[2].name, set_of(path)
        with_unclear = config["release"]["unclear"] == "include"
        is_allowed, verdict, why = may_be_released(summary, dataset, model, with_unclear)
        if is_allowed and (left := near_copies_left(record)):
            refused[dataset, model] = (dataset, model, "near copies left", f"Seed {seed}: {left}")
        elif is_allowed:
            allowed.append((dataset, model, seed, path, record))
        else:
            refused[dataset, model] = (dataset, model, verdict, why)
    if not allowed:
        reasons = "; ".join(f"{model} on {dataset}: {verdict}" for dataset, model, verdict, _ in refused.values())
        raise UserError(
            f"no AG set may be released ({reasons}). summary.tsv says why; release.unclear: include also releases "
            "those of which it cannot be told."
        )
    with whole_folder(args.output) as folder:
        published = []
        for dataset, model, seed, path, record in allowed:
            one = Published(dataset, model, seed, load_haplotypes(path), record)
            build = config["cohorts"][config["dataset_params"][dataset]["cohort"]]["build"]
            place = folder / dataset / model / f"seed{seed}"
            place.mkdir(parents=True)
            shutil.copyfile(path, place / path.name)
            write_genomes(one.genomes, place, build)
            published.append(one)
        for table in (args.scorecard, args.verdict, args.summary):
            shutil.copyfile(table, folder / table.name)
        software = software_versions(PROJECT / "pyproject.toml").set_index("name")["version"]
        commit = git_state(PROJECT).set_index("key")["value"]["commit"]
        versions = {name: software[name] for name in ("artificial-genomes", "python")} | {"commit": commit}
        splits = {path.parent.name: read_tsv(path, ["split"]) for path in args.split}
        scorecard = read_tsv(args.scorecard, ["dataset", "model", "seed", "reference", "metric", "value"])
        card = data_card(config, published, list(refused.values()), scorecard, summary, splits, versions)
        (folder / CARD).write_text(card, encoding="utf-8")
        write_sums(folder)


if __name__ == "__main__":
    cli.run(main)
