"""Write the release of a run: AGs cleared for release in every format, scorecard, data card and checksums."""

import argparse
import shutil
from pathlib import Path

from artificial_genomes.compare.comparison import Settings
from artificial_genomes.compare.matching import load_compared
from artificial_genomes.core import program
from artificial_genomes.core.errors import UserError
from artificial_genomes.core.haplotypes import StoredHaplotypes, load_drawn
from artificial_genomes.core.kinds import OWN_SITES
from artificial_genomes.core.tables import read_tsv, set_of
from artificial_genomes.judge.choice import choose_models
from artificial_genomes.judge.gates import read_gates
from artificial_genomes.judge.together import judge_together, require_together
from artificial_genomes.judge.verdict import REFUSED
from artificial_genomes.release.release import (
    CARD,
    SUMMARY_COLUMNS,
    Published,
    data_card,
    near_copies_left,
    read_record,
    whole_folder,
    write_genomes,
    write_metadata,
    write_sums,
)
from artificial_genomes.report.provenance import git_state, software_versions

PROJECT = Path(__file__).resolve().parents[2]


def main() -> None:
    """Release the AG sets that the verdict clears."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--genomes", nargs="+", type=Path, required=True, help="haplotype stores of all AG sets")
    parser.add_argument(
        "--record", nargs="+", type=Path, required=True, help="tables of near copies of all AG sets, in the same order"
    )
    parser.add_argument(
        "--ancestry", nargs="+", type=Path, required=True, help="tables of ancestry of all AG sets, in the same order"
    )
    parser.add_argument("--haplotypes", nargs="+", type=Path, required=True, help="haplotype store of each dataset")
    parser.add_argument(
        "--split", nargs="+", type=Path, required=True, help="table of individuals of each dataset, in the same order"
    )
    parser.add_argument("--scorecard", type=Path, required=True)
    parser.add_argument("--verdict", type=Path, required=True)
    parser.add_argument("--summary", type=Path, required=True)
    parser.add_argument(
        "--config", type=program.json_object, required=True, help="JSON: settings that the data card describes"
    )
    parser.add_argument("--output", type=Path, required=True, metavar="FOLDER", help="the release")
    args = parser.parse_args()

    # Whatever comes of this release, the one before it no longer holds.
    shutil.rmtree(args.output, ignore_errors=True)
    config = args.config
    summary = read_tsv(args.summary, SUMMARY_COLUMNS)
    kinds = {name: settings["kind"] for name, settings in config["model_params"].items()}
    with_not_proven = config["release"]["not_proven"] == "include"
    sets = [
        (path.absolute().parents[2].name, *set_of(path), path, read_record(record), ancestry)
        for path, record, ancestry in zip(args.genomes, args.record, args.ancestry, strict=True)
    ]
    for dataset, model, seed, _, record, _ in sets:
        if left := near_copies_left(record):
            is_meant = (summary["dataset"] == dataset) & (summary["model"] == model)
            summary.loc[is_meant, ["verdict", "why"]] = REFUSED, f"Seed {seed}: {left}"
    chosen = {
        name: choose_models(summary, name, config["release"]["models"], kinds, with_not_proven)
        for name in config["dataset_params"]
    }
    allowed = [one for one in sets if one[1] in chosen[one[0]]]
    others = summary[[row.model not in chosen[row.dataset] for row in summary.itertuples()]]
    refused = list(others[["dataset", "model", "verdict", "why"]].itertuples(index=False, name=None))
    if not allowed:
        reasons = "; ".join(f"{model} on {dataset}: {verdict}" for dataset, model, verdict, _ in refused)
        raise UserError(
            f"no AG set is released ({reasons}). summary.tsv says why, and what would prove privacy. To release "
            "faithful AGs whose privacy is not proven, write release.not_proven: include; to release AGs that are "
            "safe, not faithful, name their models in release.models."
        )
    splits = {path.parent.name: read_tsv(path, ["split"]) for path in args.split}
    together = [
        attacked_together(path, split, allowed, kinds, config)
        for path, split in zip(args.haplotypes, args.split, strict=True)
    ]
    with whole_folder(args.output) as folder:
        published = []
        for dataset, model, seed, path, record, ancestry in allowed:
            has_ancestry = len(read_tsv(ancestry)) > 0
            one = Published(dataset, model, seed, StoredHaplotypes(path), record, has_ancestry)
            build = config["cohorts"][config["dataset_params"][dataset]["cohort"]]["build"]
            place = folder / dataset / model / f"seed{seed}"
            place.mkdir(parents=True)
            for file in (path, ancestry) if has_ancestry else (path,):
                shutil.copyfile(file, place / file.name)
            write_genomes(one.genomes, place, build)
            published.append(one)
        for table in (args.scorecard, args.verdict, args.summary):
            shutil.copyfile(table, folder / table.name)
        software = software_versions(PROJECT / "pyproject.toml").set_index("name")["version"]
        commit = git_state(PROJECT).set_index("key")["value"]["commit"]
        versions = {name: software[name] for name in ("artificial-genomes", "python")} | {"commit": commit}
        scorecard = read_tsv(args.scorecard, ["dataset", "model", "seed", "reference", "metric", "value"])
        card = data_card(config, published, refused, scorecard, summary, splits, versions, filter(None, together))
        (folder / CARD).write_text(card, encoding="utf-8")
        write_metadata(folder, config["run"], config["release"], published)
        write_sums(folder)


def attacked_together(haplotypes: Path, split: Path, allowed: list[tuple], kinds: dict[str, str], config: dict) -> str:
    """Return what the attack on all released AG sets of a data set together finds; "" for fewer than two."""
    dataset = haplotypes.parent.name
    sets = {
        f"{model} (seed {seed})": path
        for name, model, seed, path, *_ in allowed
        if name == dataset and kinds[model] not in OWN_SITES
    }
    if len(sets) < 2:
        return ""
    gates = read_gates({"fidelity": {}, "privacy": config["privacy"]})
    individuals_max, seed = config["compare"]["individuals_max"], config["compare"]["seed"]
    real, parts = load_compared(haplotypes, split, individuals_max, seed)
    genomes = [load_drawn(path, len(real.people)) for path in sets.values()]
    verdict = judge_together(real, parts, genomes, gates, seed, Settings.bootstrap_replicates)
    return require_together(verdict, dataset, list(sets), config["release"]["not_proven"] == "include")


if __name__ == "__main__":
    program.run(main)
