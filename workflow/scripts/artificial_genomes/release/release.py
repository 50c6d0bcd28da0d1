"""The release: AGs cleared for release, in every format, with what those who use them must know."""

import logging
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from artificial_genomes.acquire.sources import sha256_of
from artificial_genomes.core.errors import UserError
from artificial_genomes.core.haplotypes import Haplotypes
from artificial_genomes.core.private_folders import let_pass
from artificial_genomes.core.regions import name_regions
from artificial_genomes.core.tables import read_tsv
from artificial_genomes.io.hapt import write_hapt, write_legend
from artificial_genomes.io.plink2 import write_pgen
from artificial_genomes.io.vcf_writer import write_vcf
from artificial_genomes.judge.choice import may_leave
from artificial_genomes.judge.verdict import FAITHFUL, REFUSED, own_bounds_of
from artificial_genomes.release.near_copies import LEFT, ROUNDS

log = logging.getLogger(__name__)

SUMS = "SHA256SUMS"
CARD = "README.md"
SUMMARY_COLUMNS = [
    "dataset",
    "model",
    "verdict",
    "why",
    "own_bounds",
    "fidelity_rank",
    "fidelity_gates",
    "fidelity_failed",
    "fidelity_missing",
    "fidelity_not_proven",
    "fidelity_failed_names",
]


@dataclass(frozen=True)
class Published:
    """An AG set that went into the release.

    Attributes
    ----------
    dataset, model, seed
        Which it is.
    genomes
        Its AGs, those that were judged.
    record
        What the replacement of near copies did: the numbers of `near_copies.without_near_copies` by name; empty where
        nothing was looked at.
    """

    dataset: str
    model: str
    seed: int
    genomes: Haplotypes
    record: Mapping[str, int]


def require_release(
    summary: pd.DataFrame, dataset: str, model: str, with_not_proven: bool, record: Mapping[str, int]
) -> None:
    """Refuse AGs of a private cohort that the verdict does not let leave, or that have near copies left.

    Parameters
    ----------
    summary
        The verdict's summary: dataset, model, verdict, why.
    with_not_proven
        Whether the user consents to AGs whose privacy is not proven.
    record
        See `Published`.

    Raises
    ------
    UserError
        They may not be released.
    """
    rows = summary[(summary["dataset"] == dataset) & (summary["model"] == model)]
    word, why = rows.iloc[0][["verdict", "why"]] if len(rows) else (REFUSED, "The verdict does not know it.")
    if left := near_copies_left(record):
        word, why = REFUSED, left
    if not may_leave(word, with_not_proven):
        raise UserError(
            f"{model} AGs of {dataset} are of a private cohort and may not be published (verdict: {word}). {why}"
        )


def near_copies_left(record: Mapping[str, int]) -> str:
    """Return why near copies keep an AG set from being released; nothing where none are left.

    Parameters
    ----------
    record
        See `Published`.
    """
    if not record.get(LEFT):
        return ""
    return (
        f"{record[LEFT]:,} of {record['artificial haplotypes']:,} AGs are still near copies of single individuals "
        f"after {ROUNDS} rounds of replacement. Take a longer region, in which haplotypes differ more, or a model that "
        "copies less."
    )


def read_record(path: str | Path) -> dict[str, int]:
    """Read the record of a replacement of near copies."""
    return dict(read_tsv(path, ["what", "value"]).itertuples(index=False, name=None))


def write_genomes(genomes: Haplotypes, folder: Path, build: str) -> None:
    """Write AGs as VCF with its index, as .hapt with its legend, and as a PLINK 2 file set."""
    write_vcf(genomes, folder / "genomes.vcf.gz", build)
    write_hapt(genomes, folder / "genomes.hapt.gz", tag="AG")
    write_legend(genomes, folder / "genomes.legend")
    write_pgen(genomes, folder / "genomes.pgen")


@contextmanager
def whole_folder(folder: Path) -> Iterator[Path]:
    """Yield a folder that takes the name of `folder` only when the block succeeds, readable by everybody."""
    partial = folder.with_name(f".partial-{folder.name}")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    try:
        yield partial
        for path in [partial, *partial.rglob("*")]:
            path.chmod(0o755 if path.is_dir() else 0o644)
        shutil.rmtree(folder, ignore_errors=True)
        os.replace(partial, folder)
        for parent in folder.absolute().parents[:2]:  # results/{run}, closed where a cohort of the run is private
            let_pass(parent)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def write_sums(folder: Path) -> None:
    """Write the SHA-256 of every file of a folder, as `sha256sum --check SHA256SUMS` reads them."""
    lines = []
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name != SUMS:
            lines.append(f"{sha256_of(path)}  {path.relative_to(folder).as_posix()}\n")
    (folder / SUMS).write_text("".join(lines), encoding="utf-8")


_SHOWN = {
    "af_r": "allele frequencies, r",
    "ld_r2_r": "LD, r",
    "pca_w1_mean": "PCA, Wasserstein distance",
    "aa_truth": "AAtruth",
    "aa_syn": "AAsyn",
    "privacy_loss": "privacy loss",
    "mia_calibrated_auc": "attack on membership, AUC",
    "near_copies_share": "near copies",
}


def data_card(
    config: Mapping,
    published: Sequence[Published],
    refused: Sequence[tuple[str, str, str, str]],
    scorecard: pd.DataFrame,
    summary: pd.DataFrame,
    splits: Mapping[str, pd.DataFrame],
    versions: Mapping[str, str],
    together: Iterable[str] = (),
) -> str:
    """Return the data card of a release in Markdown: how it was made, fidelity, privacy, limits, licence.

    Parameters
    ----------
    config
        run, cohorts, dataset_params, model_params (those of the release) and release.
    published
        What is in the release.
    refused
        Dataset, model, verdict and reason of those that are not.
    scorecard, summary
        Numbers and verdict of the run.
    splits
        The split of each dataset: who trained and who tested.
    versions
        Name and version of what made it.
    together
        Sentences on what the attack on several sets of a data set finds.
    """
    lines = [
        f"# Artificial genomes of the run `{config['run']}`",
        "",
        "These haplotypes are artificial: models made them that had learnt from real haplotypes. They are paired at "
        "random into artificial people (AG00001, ...), so that genotypes, sex and kinship mean nothing.",
        "",
        "## What is here",
        "",
        "| data set | model | seed | artificial people | sites | near copies replaced before scoring |",
        "|---|---|---|---|---|---|",
    ]
    for one in published:
        lines.append(
            f"| {one.dataset} | {one.model} | {one.seed} | {len(one.genomes.people):,} | {one.genomes.n_sites:,} | "
            + (f"{one.record['near copies replaced']:,} |" if one.record else "not looked for |")
        )
    lines += [
        "",
        "`{data set}/{model}/seed{seed}/` holds each set as it was scored (`genomes.vcz.zip`, VCF Zarr), and the same "
        "haplotypes as VCF (bgzipped, with its index), as `.hapt` with its legend and as PLINK 2 files. "
        "`scorecard.tsv` has every number, `verdict.tsv` and `summary.tsv` have the judgement. "
        f"`sha256sum --check {SUMS}` tells whether the files are whole.",
        "",
        "## How it was made",
        "",
        ", ".join(f"{name} {version}" for name, version in versions.items()) + ".",
        "",
    ]
    for dataset in dict.fromkeys(one.dataset for one in published):
        lines += [f"- {text}" for text in _dataset_lines(dataset, config, splits[dataset])]
    for model in dict.fromkeys(one.model for one in published):
        settings = config["model_params"][model]
        rest = ", ".join(f"{key} {value}" for key, value in settings.items() if key != "kind")
        lines.append(f"- Model {model}: of kind {settings['kind']}" + (f" ({rest})" if rest else "") + ".")
    lines += ["", "## Fidelity and privacy", ""]
    lines += _numbers(published, scorecard)
    for one in dict.fromkeys((one.dataset, one.model) for one in published):
        (row,) = summary[(summary["dataset"] == one[0]) & (summary["model"] == one[1])].to_dict("records")
        passed = row["fidelity_gates"] - sum(row[f"fidelity_{word}"] for word in ("failed", "missing", "not_proven"))
        lines.append(
            f"- {one[1]} on {one[0]}: rank {row['fidelity_rank']} in fidelity, {passed} of {row['fidelity_gates']} "
            f"gates passed. Verdict: {row['verdict']}. {row['why']}"
        )
    lines += [f"- {sentence}" for sentence in together]
    lines += [f"- Not released: {model} on {dataset} ({verdict}). {why}" for dataset, model, verdict, why in refused]
    lines += ["", "## Limits", "", *_limits(published, summary)]
    licence = config["release"]["licence"] or "Not stated. Ask those who gave you the files before you pass them on."
    lines += ["", "## Licence", "", licence, ""]
    return "\n".join(lines)


def _dataset_lines(dataset: str, config: Mapping, split: pd.DataFrame) -> list[str]:
    settings = config["dataset_params"][dataset]
    cohort = config["cohorts"][settings["cohort"]]
    counts = split["split"].value_counts()
    parts = ", ".join(f"{counts.get(part, 0):,} {part}" for part in ("train", "validation", "test", "public"))
    private = "a private cohort, of which no genotype and no name is here" if cohort["private"] else "a public cohort"
    return [
        f"Data set {dataset}: people of {private}; build {cohort['build']}, region {name_regions(settings['region'])}"
        f", minor allele frequency of at least {settings['maf_min']}; people: {parts}. Models have learnt from the "
        "training people; validation people chose the epoch; test people are unseen."
    ]


def _numbers(published: Sequence[Published], scorecard: pd.DataFrame) -> list[str]:
    lines = [
        "Each number stands beside the ceiling (other real people in the place of the AGs) and the floor (independent "
        "sites).",
        "",
        "| data set | model | seed | metric | value | ceiling | floor |",
        "|---|---|---|---|---|---|---|",
    ]
    for one in published:
        of_set = scorecard[
            (scorecard["dataset"] == one.dataset) & (scorecard["model"] == one.model) & (scorecard["seed"] == one.seed)
        ]
        for metric, label in _SHOWN.items():
            rows = of_set[of_set["metric"] == metric]
            rows = rows[rows["reference"] == "test"] if (rows["reference"] == "test").any() else rows
            for row in rows.head(1).itertuples():
                numbers = " | ".join("–" if pd.isna(x) else f"{x:.3f}" for x in (row.value, row.ceiling, row.floor))
                lines.append(f"| {one.dataset} | {one.model} | {one.seed} | {label} | {numbers} |")
    return [*lines, ""]


_CONSENT = "released with the owner's consent although its privacy is not proven"


def _limits(published: Sequence[Published], summary: pd.DataFrame) -> list[str]:
    lines = [
        "- AGs stand for the people that the models have learnt from, at these sites, and for nobody and nothing else.",
        "- Allele frequencies and LD of the training people can be read from them, as from any summary of those "
        "people: tests that ask whether a known genome was part of a group by its frequencies are not ruled out.",
        "- The attacks that the verdict tries are those of the scorecard; others may find more. The verdict is about "
        "AGs as they are here: models and the files beside them are not for release.",
    ]
    for dataset, record in {one.dataset: one.record for one in published if one.record}.items():
        radius = record["near below, in sites"]
        near = f" or nearer than {radius} sites to one," if radius > 1 else ""
        lines.append(
            f"- {dataset}: no haplotype here is a near copy of a single individual. A near copy is equal to a real "
            f"haplotype,{near} or less than half as far from one as that one is from those of unrelated individuals, "
            f"and fewer than {record['individuals who make a haplotype common']} unrelated individuals have one as "
            f"near. Real haplotypes are those of the {record['individuals protected']:,} training and validation "
            "individuals. The models know nothing of the test individuals: an AG near to one of these is coincidence. "
            "Near copies were replaced before scoring, and the numbers above are those of the files here. Where AGs "
            "are missing around a rare haplotype, there may be a real one; the attacks measure this too."
        )
    keys = {(one.dataset, one.model) for one in published}
    own = [row for row in summary.itertuples() if (row.dataset, row.model) in keys]
    lines += [f"- {row.model} on {row.dataset}: {_CONSENT}. {row.why}" for row in own if row.verdict == FAITHFUL]
    if bounds := own_bounds_of(summary):
        lines.append(f"- The verdict is by bounds that are laxer than those of the workflow: {bounds}.")
    for row in own:
        if row.fidelity_failed:
            lines.append(f"- {row.model} on {row.dataset} is not faithful: it fails {row.fidelity_failed_names}.")
    return lines
