"""Imputation by a model itself, without a reference panel: the exact probability of every allele, given typed ones."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pysam

from artificial_genomes.core.program import whole_outputs
from artificial_genomes.core.windows import Window
from artificial_genomes.io.vcf_header import FIXED_COLUMNS
from artificial_genomes.models import Model

HEADER = (
    "##fileformat=VCFv4.2",
    '##FILTER=<ID=PASS,Description="All filters passed">',
    '##INFO=<ID=R2,Number=1,Type=Float,Description="Expected squared correlation between dosage and true genotype">',
    '##FORMAT=<ID=GT,Number=1,Type=String,Description="Most likely phased genotype">',
    '##FORMAT=<ID=DS,Number=1,Type=Float,Description="Expected number of ALT alleles">',
)


def predict_directly(
    load: Sequence[Callable[[], Model]], windows: Sequence[Window], alleles: np.ndarray, typed: np.ndarray
) -> np.ndarray:
    """Return the probability of ALT at every site, given the alleles at typed sites.

    Parameters
    ----------
    load
        For each window, a function that returns its model; one model is in memory at a time.
    windows
        Windows from `core.windows.cut`. A site is predicted from typed sites of its window and of the context alone.
    alleles : (n, n_sites) uint8
        0 = REF, 1 = ALT; whatever stands at sites that are not typed.
    typed : (n_sites,) bool

    Returns
    -------
    (n, n_sites) float32
        0 or 1 at typed sites.
    """
    probability = np.empty(alleles.shape, np.float32)
    for loaded, window in zip(load, windows, strict=True):
        sites = slice(window.start, window.stop)
        of_window = loaded().predict(alleles[:, sites], typed[sites])
        probability[:, window.own : window.stop] = of_window[:, window.own - window.start :]
    probability[:, typed] = alleles[:, typed]
    return probability


def expected_r2(probability: np.ndarray) -> np.ndarray:
    """Return the expected squared correlation between the probabilities of ALT and the alleles at every site.

    It is the variance of the probabilities over that of the alleles, p (1 - p), as in Minimac.

    Parameters
    ----------
    probability : (n_haplotypes, n_sites)

    Returns
    -------
    (n_sites,) float64
        NaN where the allele does not vary.
    """
    mean = probability.mean(axis=0, dtype=np.float64)
    variance = probability.var(axis=0, dtype=np.float64)
    return np.divide(variance, mean * (1 - mean), out=np.full(len(mean), np.nan), where=(mean > 0) & (mean < 1))


def write_predicted(
    probability: np.ndarray,
    sites: pd.DataFrame,
    samples: Sequence[str],
    contigs: Sequence[str],
    program: str,
    path: str | Path,
) -> None:
    """Write predicted haplotypes as imputation programs do: a bgzipped VCF with GT, DS and INFO/R2, and its index.

    Parameters
    ----------
    probability : (2 * n_people, n_sites) float32
        Probability of ALT; rows 2i and 2i + 1 belong to individual i.
    sites : DataFrame
        contig, position, id, ref, alt.
    contigs
        Contig lines of the header, each with its end of line.
    program
        What imputed, for the line ``##imputation``.
    path
        The VCF; its index is `path` + ".tbi".
    """
    columns = "\t".join([*FIXED_COLUMNS, "FORMAT", *samples])
    with whole_outputs(path, f"{path}.tbi") as (partial, _):
        with pysam.BGZFile(str(partial), "wb") as file:
            file.write("".join([*(f"{line}\n" for line in HEADER), *contigs, f"##imputation={program}\n"]).encode())
            file.write(f"{columns}\n".encode())
            rows = zip(sites.itertuples(index=False), expected_r2(probability), probability.T, strict=True)
            for site, quality, of_site in rows:
                info = "." if np.isnan(quality) else f"R2={quality:.4g}"
                calls = (of_site > 0.5).astype(int).reshape(-1, 2).tolist()
                doses = of_site.reshape(-1, 2).sum(axis=1, dtype=np.float64).tolist()
                cells = (f"{first}|{second}:{dose:.4g}" for (first, second), dose in zip(calls, doses, strict=True))
                fixed = f"{site.contig}\t{site.position}\t{site.id}\t{site.ref}\t{site.alt}\t.\tPASS\t{info}\tGT:DS"
                file.write("\t".join([fixed, *cells]).encode() + b"\n")
        pysam.tabix_index(str(partial), preset="vcf", force=True)
