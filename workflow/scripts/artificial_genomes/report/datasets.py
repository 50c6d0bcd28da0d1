"""The data sets of a run in a table: individuals, haplotypes, sites, regions and sources."""

from collections.abc import Iterable, Mapping, Sequence

import pandas as pd

from artificial_genomes.config.cohort_files import files_of_cohort
from artificial_genomes.core.quality_record import SITE_FACTS
from artificial_genomes.core.regions import name_regions
from artificial_genomes.core.splits import PARTS

COLUMNS = [
    "dataset",
    "cohort",
    "build",
    "region",
    "people",
    "haplotypes",
    *SITE_FACTS,
    *PARTS,
    "superpopulations",
    "source",
    "licence",
]
"""`people` and `haplotypes` are those of the data set itself; public individuals are counted only in `public`."""

OWN_FILES, PRIVATE = "user files", "private"


def describe_datasets(
    datasets: Sequence[tuple[str, pd.DataFrame, pd.DataFrame]], config: Mapping, sources: pd.DataFrame
) -> pd.DataFrame:
    """Describe data sets: counts of individuals, never their names.

    Parameters
    ----------
    datasets
        Name, individuals (split, superpopulation) and quality control (step, what, value) of each.
    config
        The sections cohorts and dataset_params of the configuration.
    sources
        Public sources of data: source version licence.

    Returns
    -------
    DataFrame
        COLUMNS, one row per data set. `source` lists public sources with their versions, or says that the files are the
        user's own or private.
    """
    rows = []
    for name, people, qc in datasets:
        settings = config["dataset_params"][name]
        cohort = config["cohorts"][settings["cohort"]]
        sites = dict(qc.loc[qc["step"] == "sites", ["what", "value"]].itertuples(index=False, name=None))
        counts = {part: int((people["split"] == part).sum()) for part in PARTS}
        own = people.loc[people["split"] != "public", "superpopulation"].fillna("no label").replace("", "no label")
        n_own = sum(counts.values()) - counts["public"]
        source, licence = _origin(cohort, sources)
        rows.append(
            {
                "dataset": name,
                "cohort": settings["cohort"],
                "build": cohort["build"],
                "region": name_regions(settings["region"]),
                "people": n_own,
                "haplotypes": 2 * n_own,
                **{code: sites.get(text) for code, text in SITE_FACTS.items()},
                **counts,
                "superpopulations": ", ".join(f"{label} {n:,}" for label, n in own.value_counts().sort_index().items()),
                "source": source,
                "licence": licence,
            }
        )
    return pd.DataFrame(rows, columns=COLUMNS)


def _origin(cohort: Mapping, sources: pd.DataFrame) -> tuple[str, str]:
    """Return the sources of a cohort's files, and their licenses."""
    if cohort.get("private"):
        return PRIVATE, ""
    files = files_of_cohort(cohort)
    used = used_sources(files, sources)
    names = [f"{row.source} {row.version}" for row in used.itertuples()]
    covered = all(file.startswith("resources/data/") for file in files)
    return "; ".join(names if covered and names else [*names, OWN_FILES]), " ".join(used["licence"].unique())


def used_sources(files: Iterable[str], sources: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the public sources of some files."""
    folders = [f"resources/data/{row.source}/{row.version}/" for row in sources.itertuples()]
    return sources[[any(file.startswith(folder) for file in files) for folder in folders]]
