"""The release: AGs cleared for release, in every format, with the information that their users need."""

import json
import logging
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from artificial_genomes.acquire.sources import sha256_of
from artificial_genomes.compare.attacks import ATTACKS, PLANTED
from artificial_genomes.core.errors import UserError
from artificial_genomes.core.haplotypes import Haplotypes, StoredHaplotypes
from artificial_genomes.core.private_folders import let_pass
from artificial_genomes.core.regions import name_regions
from artificial_genomes.core.splits import PARTS
from artificial_genomes.core.tables import read_tsv
from artificial_genomes.core.templates import render
from artificial_genomes.io.hapt import write_hapt, write_legend
from artificial_genomes.io.plink2 import write_pgen
from artificial_genomes.io.vcf_writer import write_vcf
from artificial_genomes.judge.choice import may_leave
from artificial_genomes.judge.metrics import REGISTRY
from artificial_genomes.judge.verdict import FAITHFUL, REFUSED, own_bounds_of
from artificial_genomes.release.guarantees import guarantees
from artificial_genomes.release.near_copies import LEFT, ROUNDS

log = logging.getLogger(__name__)

SUMS = "SHA256SUMS"
CARD = "README.md"
METADATA = "croissant.json"
MEDIA_TYPES = {".gz": "application/gzip", ".zip": "application/zip", ".md": "text/markdown"}
MEDIA_TYPES |= dict.fromkeys((".tsv", ".legend", ".pvar", ".psam"), "text/tab-separated-values")
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
    """A released AG set.

    Attributes
    ----------
    dataset, model, seed
        Identification of the set.
    genomes
        Its AGs, exactly those that were judged.
    record
        Record of the replacement of near copies: the numbers of `near_copies.without_near_copies` by name; empty if
        near copies were not searched for.
    has_ancestry
        Whether a table of the ancestry along its AGs is released with it.
    """

    dataset: str
    model: str
    seed: int
    genomes: Haplotypes | StoredHaplotypes
    record: Mapping[str, int]
    has_ancestry: bool = False


def require_release(
    summary: pd.DataFrame, dataset: str, model: str, with_not_proven: bool, record: Mapping[str, int]
) -> None:
    """Refuse AGs of a private cohort that the verdict does not clear, or that still contain near copies.

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
        The AGs must not be released.
    """
    rows = summary[(summary["dataset"] == dataset) & (summary["model"] == model)]
    word, why = rows.iloc[0][["verdict", "why"]] if len(rows) else (REFUSED, "It is not in the verdict.")
    if left := near_copies_left(record):
        word, why = REFUSED, left
    if not may_leave(word, with_not_proven):
        raise UserError(
            f"{model} AGs of {dataset} come from a private cohort and must not be exported (verdict: {word}). {why}"
        )


def near_copies_left(record: Mapping[str, int]) -> str:
    """Return why near copies prevent the release of an AG set; "" if none are left.

    Parameters
    ----------
    record
        See `Published`.
    """
    if not record.get(LEFT):
        return ""
    return (
        f"{record[LEFT]:,} of {record['artificial haplotypes']:,} AGs are still near copies of single individuals "
        f"after {ROUNDS} rounds of replacement. Use a longer region, in which haplotypes differ more, or a model "
        "that copies less."
    )


def read_record(path: str | Path) -> dict[str, int]:
    """Read the record of a replacement of near copies."""
    return dict(read_tsv(path, ["what", "value"]).itertuples(index=False, name=None))


def write_genomes(genomes: Haplotypes | StoredHaplotypes, folder: Path, build: str) -> None:
    """Write AGs as VCF with its index, as .hapt with its legend, and as a PLINK 2 file set."""
    write_vcf(genomes, folder / "genomes.vcf.gz", build)
    write_hapt(genomes, folder / "genomes.hapt.gz", tag="AG")
    write_legend(genomes, folder / "genomes.legend")
    write_pgen(genomes, folder / "genomes.pgen")


@contextmanager
def whole_folder(folder: Path) -> Iterator[Path]:
    """Yield a temporary folder, renamed to `folder` only if the block succeeds, and readable by all users."""
    partial = folder.with_name(f".partial-{folder.name}")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    try:
        yield partial
        for path in [partial, *partial.rglob("*")]:
            path.chmod(0o755 if path.is_dir() else 0o644)
        shutil.rmtree(folder, ignore_errors=True)
        os.replace(partial, folder)
        for parent in folder.absolute().parents[:2]:  # results/{run}, closed if a cohort of the run is private
            let_pass(parent)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def write_sums(folder: Path) -> None:
    """Write the SHA-256 of every file of a folder in the format of `sha256sum --check SHA256SUMS`."""
    lines = []
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name != SUMS:
            lines.append(f"{sha256_of(path)}  {path.relative_to(folder).as_posix()}\n")
    (folder / SUMS).write_text("".join(lines), encoding="utf-8")


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
    """Return the data card of a release in Markdown: how it was made, fidelity, privacy, limits, license.

    Parameters
    ----------
    config
        run, cohorts, dataset_params, model_params (those of the release), differential_privacy (by dataset and model)
        and release.
    published
        Released AG sets.
    refused
        Dataset, model, verdict and reason of the other AG sets.
    scorecard, summary
        Numbers and verdict of the run.
    splits
        The split of each dataset.
    versions
        Versions of the software, by name.
    together
        Sentences on the result of the attack on several sets of a data set.
    """
    datasets = {}
    for dataset in dict.fromkeys(one.dataset for one in published):
        settings = config["dataset_params"][dataset]
        counts = splits[dataset]["split"].value_counts()
        datasets[dataset] = config["cohorts"][settings["cohort"]] | {
            "region": name_regions(settings["region"]),
            "maf_min": settings["maf_min"],
            "panel": counts.get("public", 0) > 0 and bool(config["differential_privacy"].get(dataset)),
            "parts": {part: counts.get(part, 0) for part in PARTS},
        }
    keys = dict.fromkeys((one.dataset, one.model) for one in published)
    cohorts = {dataset: config["dataset_params"][dataset]["cohort"] for dataset in datasets}
    sets = [(one.dataset, one.model, one.seed) for one in published]
    panels = [dataset for dataset in datasets if config["dataset_params"][dataset].get("public")]
    rows = summary.set_index(["dataset", "model"], drop=False)
    return render(
        Path(__file__).with_name("data_card.md.j2"),
        config=config,
        published=published,
        sums=SUMS,
        versions=versions,
        datasets=datasets,
        models={model: config["model_params"][model] for model in dict.fromkeys(model for _, model in keys)},
        numbers=[row for one in published for row in _numbers(one, scorecard)],
        attacks=[row for one in published for row in _attacks(one, scorecard)],
        power=[row for one in published for row in _power(one, scorecard)],
        metadata=METADATA,
        judged=[rows.loc[key].to_dict() for key in keys],
        together=list(together),
        guarantees=list(guarantees(sets, config["differential_privacy"], cohorts, panels)),
        refused=refused,
        records={one.dataset: one.record for one in published if one.record},
        not_proven=FAITHFUL,
        own_bounds=own_bounds_of(summary),
    )


def _numbers(one: Published, scorecard: pd.DataFrame) -> Iterator[dict]:
    """Yield the numbers of an AG set for the data card, compared with test individuals if possible."""
    of_set = _of_set(one, scorecard)
    for metric in REGISTRY:
        rows = of_set[of_set["metric"] == metric.name]
        if metric.data_card and len(rows):
            row = rows.sort_values("reference", key=lambda names: names != "test", kind="stable").iloc[0]
            yield row.to_dict() | {"label": metric.data_card}


def _attacks(one: Published, scorecard: pd.DataFrame) -> Iterator[dict]:
    """Yield AUC and true positive rate of every attack on an AG set."""
    rows = _of_set(one, scorecard).set_index("metric")
    for attack in ATTACKS:
        if f"mia_{attack}_auc" in rows.index:
            auc, tpr = (rows.loc[f"mia_{attack}_{number}"] for number in ("auc", "tpr"))
            yield (
                _names(one)
                | {"attack": attack, "auc": auc["value"], "tpr": tpr["value"]}
                | {
                    "low": auc["ci_low"],
                    "high": auc["ci_high"],
                }
            )


def _power(one: Published, scorecard: pd.DataFrame) -> Iterator[dict]:
    """Yield the share of what was planted that the best attack found."""
    values = _of_set(one, scorecard).set_index("metric")["value"]
    found = [
        (text, values[f"planted_{name}_tpr"]) for name, text in PLANTED.items() if f"planted_{name}_tpr" in values.index
    ]
    if found:
        yield _names(one) | {"found": found}


def _names(one: Published) -> dict:
    return {"dataset": one.dataset, "model": one.model, "seed": one.seed}


def _of_set(one: Published, scorecard: pd.DataFrame) -> pd.DataFrame:
    columns = ["dataset", "model", "seed"]
    return scorecard[(scorecard[columns] == [one.dataset, one.model, one.seed]).all(axis=1)]


def write_metadata(folder: Path, run: str, settings: Mapping, published: Sequence[Published]) -> None:
    """Write what a release is and contains as JSON-LD in the terms of schema.org and Croissant 1.0.

    Parameters
    ----------
    folder
        The release; its files are listed with size and SHA-256.
    run
        Name of the run.
    settings
        The `release` block of the configuration.
    published
        Released AG sets.
    """
    sets = ", ".join(f"{one.model} on {one.dataset} (seed {one.seed})" for one in published)
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.name not in (SUMS, METADATA)]
    about = {
        "@context": {
            "@language": "en",
            "@vocab": "https://schema.org/",
            "sc": "https://schema.org/",
            "cr": "http://mlcommons.org/croissant/",
            "citeAs": "cr:citeAs",
            "conformsTo": {"@id": "http://purl.org/dc/terms/conformsTo", "@type": "@id"},
        },
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": f"Artificial genomes of the run {run}",
        "description": f"Artificial haplotypes, drawn from models of real ones: {sets}. {CARD} is the data card.",
        "license": settings["licence"],
        "version": settings["version"],
        "citeAs": settings["citation"],
        "creator": {"@type": "sc:Organization", "name": settings["contact"]} if settings["contact"] else None,
        "distribution": [
            {
                "@type": "cr:FileObject",
                "@id": path.relative_to(folder).as_posix(),
                "name": path.name,
                "contentUrl": path.relative_to(folder).as_posix(),
                "contentSize": f"{path.stat().st_size} B",
                "encodingFormat": MEDIA_TYPES.get(path.suffix, "application/octet-stream"),
                "sha256": sha256_of(path),
            }
            for path in files
        ],
    }
    stated = {key: value for key, value in about.items() if value is not None}
    (folder / METADATA).write_text(json.dumps(stated, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
