"""The files of a cohort, as the configuration names them."""

from collections.abc import Collection, Mapping
from pathlib import Path

FILE_KEYS = ("vcf", "pgen", "hapt", "hap", "legend", "samples", "phase_map", "rebuilt", "people")
"""Keys of a cohort that name files; a key holds one or a list of them."""


_LIMIT_OF_MISSING = 0.1  # the default of plink --geno and --mind


def phase_settings(cohort: Mapping) -> dict[str, str | float]:
    """Return what the configuration of a cohort says of the genotypes to phase: see `phasing.read_to_phase`."""
    return {
        "failed": cohort.get("rows_failing_filter", "drop"),
        "site_missing_max": cohort.get("phase_site_missing_max", _LIMIT_OF_MISSING),
        "sample_missing_max": cohort.get("phase_sample_missing_max", _LIMIT_OF_MISSING),
    }


def files_under(cohort: Mapping, key: str) -> list[str]:
    """Return the files under a key of a cohort; none where it is not given."""
    value = cohort.get(key) or []
    return value if isinstance(value, list) else [value]


def files_beside(cohort: Mapping) -> list[str]:
    """Return sites and people of a cohort's PLINK 2 file, which lie beside it; nothing for other formats."""
    stem = cohort.get("pgen", "").removesuffix(".pgen")
    return [file for file in (f"{stem}.pvar", f"{stem}.psam") if stem and Path(file).exists()]


def files_of_cohort(cohort: Mapping, without: Collection[str] = ()) -> list[str]:
    """Return all files of a cohort, but for those under some keys."""
    named = [file for key in FILE_KEYS if key not in without for file in files_under(cohort, key)]
    return named + files_beside(cohort)
