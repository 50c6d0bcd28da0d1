"""Imputation of masked people from reference panels with and without AGs, and how true the result is."""

import gzip
import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise, takewhile
from pathlib import Path
from tempfile import TemporaryDirectory

import cyvcf2
import numpy as np
import pandas as pd
import pysam

from artificial_genomes.cli import whole_outputs
from artificial_genomes.errors import UserError
from artificial_genomes.haplotypes import SITE_COLUMNS, Haplotypes
from artificial_genomes.metrics import METRIC_COLUMNS
from artificial_genomes.same_sites import check_same_sites
from artificial_genomes.vcf import write_vcf

log = logging.getLogger(__name__)

PUBLIC, BIOBANK = "real", "biobank"
RARE_MAF = 0.05
_REPLICATES = 500
_NORMAL_975 = 1.959964
# Variances of allele counts and dosages are either zero but for rounding, or far above this.
_NO_VARIANCE = 1e-10


def parse_panel(panel: str, models: Sequence[str]) -> list[str]:
    """Return the parts of a panel such as "real+gan".

    Parameters
    ----------
    panel
        Parts joined by +: "real" (the public people), "biobank" (the training people) or a model.
    models
        The models there are.

    Raises
    ------
    UserError
        A part is unknown or comes twice.
    """
    parts = panel.split("+")
    known = [PUBLIC, BIOBANK, *models]
    wrong = [part for part in parts if part not in known]
    if wrong:
        raise UserError(
            f"panel {panel!r}: unknown part {wrong[0]!r}. Parts are joined by +; known: {', '.join(known)}."
        )
    if len(set(parts)) < len(parts):
        raise UserError(f"panel {panel!r} names a part twice. Name each one once.")
    return parts


def typed_sites(train: np.ndarray, typed_fraction: float, typed_maf_min: float) -> np.ndarray:
    """Choose the sites that a genotyping array would type.

    Parameters
    ----------
    train : (n_haplotypes, n_sites) uint8
        Haplotypes in which allele frequencies are taken.
    typed_fraction
        Share of all sites to type; fewer where not enough are frequent.
    typed_maf_min
        Smallest minor allele frequency of a typed site.

    Returns
    -------
    (n_sites,) bool
        Typed sites, evenly spread over the frequent ones.

    Raises
    ------
    UserError
        Fewer than two sites would be typed, or all of them.
    """
    n_sites = train.shape[1]
    candidates = np.flatnonzero(minor_allele_frequencies(train) >= typed_maf_min)
    n_typed = min(round(typed_fraction * n_sites), len(candidates))
    if not 2 <= n_typed < n_sites:
        raise UserError(
            f"{n_typed} of {n_sites} sites would be typed ({len(candidates)} have a minor allele frequency of at least "
            f"{typed_maf_min}). Change imputation.typed_fraction or imputation.typed_maf_min, or take more sites."
        )
    chosen = candidates[np.linspace(0, len(candidates) - 1, n_typed).round().astype(int)]
    typed = np.zeros(n_sites, bool)
    typed[chosen] = True
    return typed


def minor_allele_frequencies(alleles: np.ndarray) -> np.ndarray:
    """Return the minor allele frequency of every site: (n_sites,) float64."""
    frequency = alleles.mean(axis=0)
    return np.minimum(frequency, 1 - frequency)


def build_panel(
    parts: Sequence[str], haplotypes: Haplotypes, split: np.ndarray, genomes: dict[str, Haplotypes]
) -> Haplotypes:
    """Put a reference panel together.

    Parameters
    ----------
    parts
        From `parse_panel`.
    haplotypes
        All real people of the dataset.
    split : (n_people,) str
        Their split. No test and no validation person enters a panel.
    genomes
        AGs by model. Their samples get the model's name in front, so that those of two models differ.

    Raises
    ------
    UserError
        A part has nobody in it, or AGs have other sites than the dataset.
    """
    groups = []
    for part in parts:
        if part in (PUBLIC, BIOBANK):
            group = haplotypes.take_people(split == ("public" if part == PUBLIC else "train"))
        else:
            group = genomes[part]
            check_same_sites(group.sites, haplotypes.sites, f"the set of artificial genomes of {part}")
            group = Haplotypes(
                group.alleles, haplotypes.sites, group.people.assign(sample=f"{part}_" + group.people["sample"])
            )
        if len(group.people) == 0:
            raise UserError(f"part {part!r} of the panel has nobody in it. Set `public: true` for the data set.")
        log.info("panel: %d people from %s", len(group.people), part)
        groups.append(group)
    return Haplotypes(
        np.concatenate([group.alleles for group in groups]),
        haplotypes.sites,
        pd.concat([group.people for group in groups], ignore_index=True),
    )


def impute(
    panel: Haplotypes,
    target: Haplotypes,
    typed: np.ndarray,
    build: str,
    program: Callable[[Path, Path, Path], Path],
    output: str | Path,
) -> None:
    """Mask the target, impute it from the panel, and write the result once it is known to be complete.

    Parameters
    ----------
    panel
        Reference people at all sites.
    target
        People to impute, at the same sites; only their typed ones are shown to the program.
    typed : (n_sites,) bool
    build
        Genome build, for the headers.
    program
        Called with the paths of the panel's and the target's VCF and the path of the result without its ending;
        returns the path of the imputed VCF, gzipped.
    output
        The imputed VCF, bgzipped; its index is `output` + ".tbi". Date and missing contig lines of the header are put
        right, so that equal results have equal bytes.

    Raises
    ------
    UserError
        A target person is in the panel, the program failed, or its result is incomplete.
    """
    samples = target.people["sample"]
    shared = set(samples) & set(panel.people["sample"])
    if shared:
        raise UserError(f"{len(shared)} of the people to impute are also in the panel. Give them other names.")
    with TemporaryDirectory() as folder, whole_outputs(output, f"{output}.tbi") as (partial, _):
        panel_vcf, target_vcf = (Path(folder) / f"{name}.vcf.gz" for name in ("panel", "target"))
        write_vcf(panel, panel_vcf, build)
        write_vcf(target.take_sites(typed), target_vcf, build)
        imputed = program(panel_vcf, target_vcf, Path(folder) / "imputed")
        with gzip.open(panel_vcf, "rt") as file:
            contigs = [line for line in _header(file) if line.startswith("##contig=")]
        try:
            _copy_vcf(imputed, partial, contigs)
        except (EOFError, gzip.BadGzipFile, UnicodeDecodeError) as error:
            raise UserError(f"the imputed genotypes are broken off or no gzipped VCF ({error}).") from error
        read_imputed(partial, target.sites, samples)
        pysam.tabix_index(str(partial), preset="vcf", force=True)


def _header(lines: Iterable[str]) -> Iterator[str]:
    return takewhile(lambda line: line.startswith("##"), lines)


def _copy_vcf(source: Path, destination: Path, contigs: list[str]) -> None:
    """Copy a gzipped VCF into a bgzipped one with these contig lines and without the date."""
    with gzip.open(source, "rt") as lines, pysam.BGZFile(str(destination), "wb") as file:
        for line in lines:
            if line.startswith(("##filedate=", "##contig=")):
                continue
            if line.startswith("#CHROM"):
                file.write("".join(contigs).encode())
            file.write(line.encode())


@dataclass(frozen=True)
class Imputed:
    """What an imputation program says about some people.

    Attributes
    ----------
    dosages : (n_people, n_sites) float64
        Expected number of ALT alleles, 0 to 2.
    dr2 : (n_sites,) float64
        The program's own estimate of the squared correlation between dosage and truth.
    """

    dosages: np.ndarray
    dr2: np.ndarray


def read_imputed(path: str | Path, sites: pd.DataFrame, samples: Sequence[str]) -> Imputed:
    """Read an imputed VCF (FORMAT DS, INFO DR2) and check that it is complete.

    Raises
    ------
    UserError
        The file is not a VCF, lacks dosages, or has other sites or people than asked for.
    """
    rows, dosages, dr2 = [], [], []
    try:
        reader = cyvcf2.VCF(str(path))
    except Exception as error:  # cyvcf2 raises OSError or a bare Exception
        raise UserError(f"the imputed genotypes are no VCF ({error}).") from error
    if list(reader.samples) != list(samples):
        raise UserError("the imputed genotypes are of other people than those to impute.")
    for record in reader:
        rows.append((record.CHROM, record.POS, record.ID, record.REF, ",".join(record.ALT)))
        dosage = record.format("DS")
        if dosage is None:
            raise UserError(f"the imputed genotypes have no dosages (FORMAT DS) at {record.CHROM}:{record.POS}.")
        dosages.append(dosage[:, 0])
        dr2.append(record.INFO.get("DR2", np.nan))
    reader.close()
    check_same_sites(pd.DataFrame(rows, columns=SITE_COLUMNS), sites, "the imputed VCF")
    return Imputed(np.array(dosages, dtype=np.float64).T, np.array(dr2, dtype=np.float64))


def true_r2(dosages: np.ndarray, truth: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
    """Return the squared correlation of dosage and true number of ALT alleles at every site.

    Parameters
    ----------
    dosages, truth : (n_people, n_sites) float64
    weights : (replicates, n_people) float64, optional
        Weights of people, rows sum to 1; without, all are equal.

    Returns
    -------
    (n_sites,) or (replicates, n_sites) float64
        NaN where the truth does not vary; 0 where it does and the dosage does not.
    """
    if weights is None:
        return true_r2(dosages, truth, np.full((1, len(truth)), 1 / len(truth)))[0]
    x, y = dosages - dosages.mean(axis=0), truth - truth.mean(axis=0)
    mean_x, mean_y = weights @ x, weights @ y
    variance_x = weights @ (x * x) - mean_x**2
    variance_y = weights @ (y * y) - mean_y**2
    covariance = weights @ (x * y) - mean_x * mean_y
    r2 = np.zeros(covariance.shape)
    varying = (variance_x > _NO_VARIANCE) & (variance_y > _NO_VARIANCE)
    np.divide(covariance**2, variance_x * variance_y, out=r2, where=varying)
    r2[variance_y <= _NO_VARIANCE] = np.nan
    return r2


@dataclass(frozen=True)
class Scores:
    """Tables of one imputation; columns as in `score_imputation`."""

    sites: pd.DataFrame
    bins: pd.DataFrame
    metrics: pd.DataFrame


def score_imputation(
    haplotypes: Haplotypes,
    split: np.ndarray,
    imputed: Imputed,
    baseline: Imputed | None,
    settings: dict,
    seed: int,
) -> Scores:
    """Score imputed test people against the truth.

    Parameters
    ----------
    haplotypes, split
        The real people of the dataset, targets among them (split "test").
    imputed
        The result for the panel in question.
    baseline
        The result for the panel of public people alone, which gains are measured against; None for that panel itself.
    settings
        typed_fraction, typed_maf_min, maf_bins (edges; the last bin has its upper edge in it).
    seed
        Of the bootstrap over target people, the same resamples for both panels.

    Returns
    -------
    Scores
        sites: contig position id maf_biobank typed r2 dr2 · bins: maf_low maf_high n_sites r2_mean r2_se dr2_mean, over
        imputed (not typed) sites whose truth varies, r2_se over sites · metrics: reference metric value ci_low ci_high
        n, the same sites; intervals are the value +- 1.96 bootstrap standard errors, because resamples lose the only
        carrier of a rare allele and percentiles would be off.

    Raises
    ------
    UserError
        No imputed site varies among the target people.
    """
    train = haplotypes.take_people(split == "train").alleles
    truth = allele_counts(haplotypes.take_people(split == "test"))
    maf = minor_allele_frequencies(train)
    typed = typed_sites(train, settings["typed_fraction"], settings["typed_maf_min"])
    r2 = true_r2(imputed.dosages, truth)
    scored = ~typed & np.isfinite(r2)
    log.info(
        "%d sites typed, %d imputed, of which %d vary among the %d target people",
        *(typed.sum(), (~typed).sum(), scored.sum(), len(truth)),
    )
    if not scored.any():
        raise UserError("no imputed site varies among the test people. Take more sites or a larger split.test.")

    sites = haplotypes.sites[["contig", "position", "id"]].assign(
        maf_biobank=maf, typed=typed.astype(int), r2=r2, dr2=imputed.dr2
    )
    n = len(truth)
    weights = np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), _REPLICATES) / n
    resampled = true_r2(imputed.dosages, truth, weights)
    quantities = {"imputation_r2": (r2, resampled)}
    if baseline is not None:
        quantities["imputation_r2_gain"] = (
            r2 - true_r2(baseline.dosages, truth),
            resampled - true_r2(baseline.dosages, truth, weights),
        )
    rows = []
    for name, (values, replicates) in quantities.items():
        rare_name = name.replace("_r2", "_r2_rare")
        for metric, chosen in ((name, scored), (rare_name, scored & (maf < RARE_MAF))):
            rows.append(("test", metric, *_mean_interval(values[chosen], replicates[:, chosen]), int(chosen.sum())))
    return Scores(sites, _bins(sites[scored], settings["maf_bins"]), pd.DataFrame(rows, columns=METRIC_COLUMNS))


def allele_counts(haplotypes: Haplotypes) -> np.ndarray:
    """Return the number of ALT alleles of every person at every site: (n_people, n_sites) float64."""
    return haplotypes.alleles.reshape(-1, 2, haplotypes.n_sites).sum(axis=1, dtype=np.float64)


def _mean_interval(values: np.ndarray, replicates: np.ndarray) -> tuple[float, float, float]:
    """Return a mean over sites and its interval; NaN where there is no site."""
    if len(values) == 0:
        return np.nan, np.nan, np.nan
    defined = np.isfinite(replicates)
    with_sites = defined.any(axis=1)
    means = np.where(defined, replicates, 0).sum(axis=1)[with_sites] / defined.sum(axis=1)[with_sites]
    mean, margin = values.mean(), _NORMAL_975 * means.std(ddof=1)
    return mean, mean - margin, mean + margin


def _bins(sites: pd.DataFrame, edges: Sequence[float]) -> pd.DataFrame:
    """Return means by minor allele frequency in the biobank; a bin without sites has a row without numbers."""
    rows = []
    for low, high in pairwise(edges):
        below = sites["maf_biobank"] <= high if high == edges[-1] else sites["maf_biobank"] < high
        part = sites[(sites["maf_biobank"] >= low) & below]
        rows.append((low, high, len(part), part["r2"].mean(), part["r2"].sem(), part["dr2"].mean()))
    return pd.DataFrame(rows, columns=["maf_low", "maf_high", "n_sites", "r2_mean", "r2_se", "dr2_mean"])
