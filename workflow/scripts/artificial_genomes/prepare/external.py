"""AGs made elsewhere: read at the sites of a dataset, with the split by which they are scored.

The training individuals of such a set are unknown, so it is compared with all real individuals. If the user has the
list of training individuals, these are train and the other individuals test, as for the workflow's own models.
"""

import logging
from pathlib import Path

import numpy as np
import pandas as pd

from artificial_genomes.core.compressed import opened
from artificial_genomes.core.errors import UserError, counted
from artificial_genomes.core.haplotypes import Haplotypes, artificial_people
from artificial_genomes.core.metric_table import EVERYBODY
from artificial_genomes.core.text_files import numbered_lines, read_text
from artificial_genomes.io.hapt import OTHER_LEGEND, read_hapt_lines, read_legend
from artificial_genomes.io.impute import read_impute
from artificial_genomes.io.vcf import read_vcf

log = logging.getLogger(__name__)


_NO_LEGEND = "but the dataset has {n_sites} sites. Set the legend of the file (legends), which lists its sites."
_SITE = ["contig", "position", "ref", "alt"]
_START_BYTES = 65536


def read_external(path: str | Path, legend: str | Path | None, sites: pd.DataFrame, build: str) -> Haplotypes:
    """Read AGs of any format, at the sites of a dataset.

    Parameters
    ----------
    path
        VCF or BCF, .hapt, or IMPUTE's .hap, recognized by their content.
    legend
        Sites of an IMPUTE file, or of a .hapt whose sites differ from those of the dataset.
    sites
        The dataset's sites: contig, position, id, ref, alt.
    build
        Genome build of the dataset.

    Returns
    -------
    Haplotypes
        At `sites`. Haplotypes are in the file's order, and each consecutive pair is an individual, even if a VCF has
        one per sample; individuals are renamed to AG00001 and so on. The last of an odd number of haplotypes is left
        out.

    Raises
    ------
    UserError
        A file that cannot be read or has an unknown format, a missing legend, sites that the file lacks.
    """
    alleles, own_sites = _read(path, legend, sites, build)
    matched = match_sites(own_sites, sites, path)
    if len(own_sites) > len(sites):
        log.info(
            "%d of %d sites of the file are not in the dataset: left out", len(own_sites) - len(sites), len(own_sites)
        )
    if len(alleles) % 2:
        log.info("%d haplotypes: individuals have two, so the last one is left out", len(alleles))
    n_people = len(alleles) // 2
    if n_people == 0:
        raise UserError(f"{path} has one haplotype; at least two are needed.")
    return Haplotypes(np.take(alleles[: 2 * n_people], matched, axis=1), sites, artificial_people(n_people))


def _read(
    path: str | Path, legend: str | Path | None, sites: pd.DataFrame, build: str
) -> tuple[np.ndarray, pd.DataFrame]:
    """Return alleles, (n_haplotypes, n) uint8, and the n sites of a file."""
    contigs = sites["contig"].unique()
    contig = contigs[0] if len(contigs) == 1 else None
    match file_format(path):
        case "vcf":
            haplotypes, rows = read_vcf([path], build=build, ags=True)
            log.info("rows of the file: %s", ", ".join(f"{what} {number}" for what, number in rows.items()))
            return haplotypes.alleles, haplotypes.sites
        case "hapt" if legend is None:
            _, alleles = read_hapt_lines(path, len(sites), _NO_LEGEND)
            return alleles, sites
        case "hapt":
            own_sites = read_legend(legend, contig)
            _, alleles = read_hapt_lines(path, len(own_sites), OTHER_LEGEND)
            return alleles, own_sites
        case "impute" if legend is None:
            raise UserError(f"{path} is in IMPUTE's format, which does not list its sites. Set its legend (legends).")
        case "impute":
            return read_impute(path, legend, contig)


def file_format(path: str | Path) -> str:
    """Return the format of a file of haplotypes: "vcf" (BCF too), "hapt" or "impute".

    Raises
    ------
    UserError
        None of them.
    """
    with opened(path) as file:
        start = file.readline(_START_BYTES)
    if start.startswith((b"##fileformat=VCF", b"BCF\x02")):
        return "vcf"
    fields = start.split()
    if fields and set(fields) <= {b"0", b"1"}:
        return "impute"
    if len(fields) > 2 and set(fields[2:]) <= {b"0", b"1"}:
        return "hapt"
    raise UserError(
        f"{path} is neither a VCF (##fileformat=VCF…), nor a .hapt (lines with a tag, a name and alleles 0 or 1), "
        "nor an IMPUTE .hap (lines of alleles 0 or 1). Convert it to one of these."
    )


def match_sites(own: pd.DataFrame, wanted: pd.DataFrame, path: str | Path) -> np.ndarray:
    """Find the sites of a dataset among those of a file.

    Parameters
    ----------
    own, wanted : DataFrame
        Sites of the file and of the dataset: contig, position, ref, alt. Sites are the same if all four are equal.
    path
        The file, for messages.

    Returns
    -------
    (n_wanted,) int64
        Positions of the dataset's sites in `own`.

    Raises
    ------
    UserError
        Sites that the file lacks, or has twice.
    """
    places = pd.MultiIndex.from_frame(own[_SITE])
    keys = pd.MultiIndex.from_frame(wanted[_SITE])
    repeated = places.duplicated() & places.isin(keys)
    if repeated.any():
        first = own.iloc[int(repeated.argmax())]
        raise UserError(
            f"{path} has {counted(int(repeated.sum()), 'site')} twice, first {_text(first)}. Keep one row per site."
        )
    firsts = np.flatnonzero(~places.duplicated())
    matched = places[firsts].get_indexer(keys)
    missing = matched < 0
    if missing.any():
        raise UserError(
            f"{path} lacks {int(missing.sum())} of the {len(wanted)} sites of the dataset, first "
            f"{_text(wanted.iloc[int(missing.argmax())])}. {_reason(own, wanted[missing])}"
        )
    return firsts[matched]


def _reason(own: pd.DataFrame, missing: pd.DataFrame) -> str:
    """Return why a file may lack sites, and what to do."""

    def shared(sites: pd.DataFrame, columns: list[str]) -> int:
        return int(pd.MultiIndex.from_frame(sites[columns]).isin(pd.MultiIndex.from_frame(own[columns])).sum())

    if swapped := shared(missing.rename(columns={"ref": "alt", "alt": "ref"}), _SITE):
        return f"REF and ALT are swapped at {swapped} of them: use those of the dataset, and code its ALT as 1."
    if other := shared(missing, ["contig", "position"]):
        return f"{other} of them have different alleles: check the build and the strand."
    renamed = missing.assign(contig=missing["contig"].map(_other_name))
    if shared(renamed, ["contig", "position"]):
        return (
            f"The file calls contig {missing['contig'].iloc[0]} {renamed['contig'].iloc[0]}. Rename its contigs "
            "(bcftools annotate --rename-chrs)."
        )
    return "AGs need every site of the dataset: generate them for its sites, or restrict the dataset (region, maf_min)."


def _other_name(contig: str) -> str:
    return contig.removeprefix("chr") if contig.startswith("chr") else f"chr{contig}"


def _text(site: pd.Series) -> str:
    return f"{site['contig']}:{site['position']} {site['ref']}>{site['alt']}"


def read_names(path: str | Path) -> set[str]:
    """Read a list of individuals, one name per line."""
    return {line.strip() for _, line in numbered_lines(read_text(path))}


def training_split(samples: np.ndarray, split: np.ndarray, trained_on: set[str] | None) -> np.ndarray:
    """Split the individuals of a dataset by whether AGs were trained on them: (n_people,) object.

    Parameters
    ----------
    samples, split : (n_people,) str
        Names, and the dataset's own split: train, validation, test or public.
    trained_on
        Names of the training individuals of the generator; None if unknown.

    Returns
    -------
    (n_people,) object
        public as in `split`; the other individuals are `all`, or train and test if `trained_on` is known.

    Raises
    ------
    UserError
        The list names none of the dataset's own individuals, or all of them.
    """
    is_own = split != "public"
    if trained_on is None:
        return np.where(is_own, EVERYBODY, "public").astype(object)
    is_train = is_own & np.isin(samples.astype(str), list(trained_on))
    n_train, n_own = int(is_train.sum()), int(is_own.sum())
    log.info(
        "%d names in the list of training individuals: %d of the %d individuals of the dataset, %d others",
        *(len(trained_on), n_train, n_own, len(trained_on) - n_train),
    )
    if n_train == 0:
        raise UserError(
            f"the list of training individuals (trained_on) names none of the {n_own} individuals of the dataset. "
            "Write the names as in the haplotype files, one per line, or omit trained_on."
        )
    if n_train == n_own:
        raise UserError(
            f"the list of training individuals (trained_on) names all {n_own} individuals of the dataset, so none "
            "are left for testing. Omit trained_on to compare the AGs with all of them."
        )
    return np.where(is_train, "train", np.where(is_own, "test", "public")).astype(object)
