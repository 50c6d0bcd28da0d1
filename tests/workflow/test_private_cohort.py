"""A private cohort from its files to the release: nothing published tells of single people, and copies are refused.

One run of all stages makes all that is looked at. Published is what may be shown to others: the report, figures and
tables of the run, where they come from, logs, benchmarks and the release; the stages' folders stay with the owner.
"""

import base64
import gzip
import hashlib
import io
import re
import shutil
import stat
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from artificial_genomes.core.haplotypes import load_haplotypes
from artificial_genomes.core.private_folders import MARKER
from artificial_genomes.io.hapt import read_hapt
from artificial_genomes.io.plink2 import read_pgen
from artificial_genomes.io.vcf import read_vcf
from artificial_genomes.release.near_copies import protect
from helpers import ROOT
from workflow_helpers import cohort, snakemake, write_cohort, write_config

SNAKEFILE = ROOT / "Snakefile"
N_PEOPLE, N_PUBLIC, N_SITES = 160, 160, 60
RUN = "secret"
JAR = "pypgx/0.11.0/beagle.28Jun21.220.jar"
COHORT = cohort(
    N_PEOPLE + N_PUBLIC,
    N_SITES,
    contig="chr2",
    name="XQ{i:04d}Z",
    populations=("AAA", "BBB", "CCC", "DDD"),
    seed=8,
    first=5000,
    step_bp=700,
)
LAX = dict.fromkeys(["near_copies_share", "near_unseen_excess", "planted_copies_tpr", "planted_mosaic5_tpr"]) | {
    "exact_copies_excess": {"at_most": 0.1}
}
LAX |= {
    name: {"at_most": 1}
    for name in ("privacy_loss", "mia_auc", "mia_tpr", "mia_individual_auc", "mia_relative_auc", "mia_worst_group_auc")
}
STAGES = {"fig6_scans", "figs8_scans", "fig8_latent", "figs10_latent_modes", "figs11_latent_tasks"}


@pytest.fixture(scope="module")
def programs(public_file) -> dict[str, str]:
    """Return the imputation programs that can be had here: Beagle from the package index, Minimac4 where installed."""
    found = {}
    with suppress(pytest.skip.Exception):
        found["beagle"] = str(public_file(JAR))
    if shutil.which("minimac4"):
        found["minimac4"] = "minimac4"
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory, programs) -> Path:
    """Run a private cohort to report and release: independent sites, which may go out, and copies, which may not."""
    folder = tmp_path_factory.mktemp("private")
    figures = STAGES | ({"fig7_imputation", "figs9_imputation"} if programs else set())
    files = {"vcf": "biobank_xq.vcf.gz", "people": "people_xq.tsv"}
    write_cohort(COHORT, folder, "GRCh38", **files)
    write_config(
        folder / "small.yaml",
        {"epochs": 10, "score_every": 5},
        ["fig1_pca", "fig2_frequencies", "fig5_privacy", *sorted(figures)],
        dataset={"people": {"superpopulation": ["AAA", "BBB"]}, "public": True},
        run=RUN,
        cohorts={"mine": {"vcf": [files["vcf"]], "people": files["people"], "build": "GRCh38", "private": True}},
        models=["bernoulli", "li_stephens", "rbm"],
        scan={
            "datasets": ["mine"],
            "controls": None,
            "xpehh_reference": "CCC",
            "pbs_references": ["CCC", "DDD"],
            "haplotype_window_sites": 10,
        },
        imputation={
            "datasets": ["mine"] if programs else [],
            "tools": [*programs] or ["beagle"],
            "panels": ["real", "real+bernoulli", "real+biobank"],
            "typed_fraction": 0.3,
            **({"beagle_jar": programs["beagle"]} if "beagle" in programs else {}),
        },
        latent={
            "datasets": ["mine"],
            "conditional": None,
            "few_labels": [1, 5],
            "few_label_draws": 2,
            "masked_datasets": ["mine"] if "beagle" in programs else [],
        },
        model_params={"li_stephens": {"mutation_scale": 0, "recombination_cm_per_mb": 0}},
        compare={"three_point_triplets": 50},
        # So few people prove nothing by the default bounds.
        verdict={"privacy": LAX},
        release={"models": ["bernoulli", "li_stephens"], "not_proven": "exclude", "licence": "For tests alone."},
    )
    snakemake(folder, "--snakefile", SNAKEFILE, "--", "all", "release")
    return folder


def published(folder: Path) -> list[Path]:
    """Return the files of a run that may be shown to others."""
    results = folder / "results" / RUN
    tops = [results / name for name in ("figures", "provenance", "release")]
    tops += [folder / "logs", folder / "benchmarks", folder / ".snakemake" / "log"]
    files = [path for top in tops for path in top.rglob("*") if path.is_file()]
    return files + [path for path in results.iterdir() if path.is_file()]


def contents(data: bytes) -> Iterator[bytes]:
    """Yield bytes, and what is packed in them: gzip, zip, and base64 as in pages and pictures."""
    yield data
    if data.startswith(b"\x1f\x8b"):
        yield from contents(gzip.decompress(data))
    elif data.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for name in archive.namelist():
                yield name.encode()
                yield from contents(archive.read(name))
    else:
        for text in re.findall(rb"base64,([A-Za-z0-9+/=\s]{40,})", data):
            yield from contents(base64.b64decode(re.sub(rb"\s", b"", text)))


def names_in(data: bytes) -> set[bytes]:
    """Return what of the cohort's names stands anywhere in a file."""
    return {found for part in contents(data) for found in re.findall(rb"XQ\d{4}Z|biobank_xq|people_xq", part)}


def haplotypes_in(data: bytes) -> int:
    """Count the cohort's haplotypes that stand in a file as a run of digits, or as a column of a table."""
    rows = {bytes(haplotype + ord("0")) for haplotype in COHORT.alleles}
    found = 0
    for part in contents(data):
        for text in re.findall(rb"[01](?:[\t ,|\n]?[01]){%d,}" % (N_SITES - 1), part):
            digits = re.sub(rb"[^01]", b"", text)
            found += sum(digits[at : at + N_SITES] in rows for at in range(len(digits) - N_SITES + 1))
        columns = zip(*(line.split(b"\t") for line in part.splitlines() if b"\t" in line), strict=False)
        found += sum(b"".join(column[1:]) in rows for column in columns)
    return found


def test_no_name_of_a_person_or_file_is_published(folder):
    leaks = {path.name: names_in(path.read_bytes()) for path in published(folder)}
    shown = {name: found for name, found in leaks.items() if found}
    # Snakemake's own log and those of jobs are of the user's command: they name his files, never people.
    assert not {name: found for name, found in shown.items() if any(b"XQ" in one for one in found)}
    assert not {name for name in shown if not name.endswith(".log")}


def test_no_haplotype_of_a_person_is_published(folder):
    leaks = {path.name: haplotypes_in(path.read_bytes()) for path in published(folder)}
    assert not {name: found for name, found in leaks.items() if found}


@pytest.mark.real_data
def test_what_imputation_programs_print_is_searched_too(folder, programs):
    """Of Beagle also where it completes masked haplotypes; what they impute stays with the owner."""
    if not programs:
        pytest.skip(f"{JAR} is absent and cannot be downloaded, and Minimac4 is not installed")
    stages = [f"impute_{tool}" for tool in programs] + ["masked_beagle"] * ("beagle" in programs)
    for stage in stages:
        logs = list((folder / "logs" / RUN / stage).rglob("*.log"))
        assert logs
        assert set(logs) <= set(published(folder))
        version = r"beagle.*\.jar \(version" if "beagle" in stage else r"minimac"
        assert all(re.search(version, log.read_text()) for log in logs)
    assert not [path for path in published(folder) if path.name == "imputed.vcf.gz"]


@pytest.mark.real_data
def test_phasing_by_beagle_publishes_nothing_of_people(tmp_path, programs):
    if "beagle" not in programs:
        pytest.skip(f"{JAR} is absent and cannot be downloaded")
    write_cohort(COHORT, tmp_path, "GRCh38", vcf="phased.vcf.gz", people="people_xq.tsv")
    unphased = gzip.decompress((tmp_path / "phased.vcf.gz").read_bytes()).replace(b"|", b"/")
    (tmp_path / "biobank_xq.vcf").write_bytes(unphased)
    mine = {"vcf": ["biobank_xq.vcf"], "people": "people_xq.tsv", "build": "GRCh38", "private": True, "phase": "beagle"}
    write_config(
        tmp_path / "small.yaml",
        {},
        [],
        run=RUN,
        cohorts={"mine": mine},
        models=["bernoulli"],
        imputation={"datasets": [], "beagle_jar": programs["beagle"]},
    )
    snakemake(tmp_path, "--snakefile", SNAKEFILE, "--", "data")
    (log,) = (tmp_path / "logs" / RUN / "phase_beagle").iterdir()
    assert "beagle" in log.read_text().lower()
    leaks = {path: names_in(path.read_bytes()) for path in published(tmp_path)}
    assert log in leaks
    assert not [path for path, found in leaks.items() if any(b"XQ" in one for one in found)]
    assert not [path for path in leaks if haplotypes_in(path.read_bytes())]


def test_the_search_finds_what_is_planted():
    row = b" ".join(b"%d" % allele for allele in COHORT.alleles[7])
    column = b"\n".join(b"s%d\t%d" % (site, allele) for site, allele in enumerate(COHORT.alleles[9]))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("inner.gz", gzip.compress(b"AG AG00001_A " + row + b"\n"))
        archive.writestr("page.html", b"<img src='data:x;base64," + base64.b64encode(b"- " * 20 + b"XQ0007Z") + b"'>")
    assert names_in(packed.getvalue()) == {b"XQ0007Z"}
    assert haplotypes_in(packed.getvalue()) == 1
    assert haplotypes_in(b"site\tallele\n" + column) == 1
    assert haplotypes_in(row.replace(b"0", b"x", 1)) == 0


def test_released_ags_are_those_that_were_scored_and_no_near_copies(folder):
    results = folder / "results" / RUN
    place, scored = (results / top / "mine" / "bernoulli" / "seed1" for top in ("release", "generate"))
    assert (place / "genomes.vcz.zip").read_bytes() == (scored / "genomes.vcz.zip").read_bytes()
    judged = load_haplotypes(scored / "genomes.vcz.zip").alleles
    genomes, _ = read_vcf([place / "genomes.vcf.gz"], build="GRCh38")
    from_hapt = read_hapt(place / "genomes.hapt.gz", place / "genomes.legend")
    from_pgen, _ = read_pgen(place / "genomes.pgen", build="GRCh38")
    for released in (genomes, from_hapt, from_pgen):
        np.testing.assert_array_equal(released.alleles, judged)
    split = pd.read_csv(results / "prepare" / "mine" / "split.tsv", sep="\t")
    known = split["split"].isin(["train", "validation"]).to_numpy()
    real = load_haplotypes(results / "prepare" / "mine" / "haplotypes.vcz.zip").take_people(known).alleles
    assert not protect(real, np.arange(known.sum()), 5).near(judged).any()


def test_copies_are_refused(folder):
    summary = pd.read_csv(folder / "results" / RUN / "summary.tsv", sep="\t").set_index("model")["verdict"]
    assert summary["li_stephens"] == "refused"
    assert not list((folder / "results" / RUN / "release").rglob("*li_stephens*"))
    refused = f"results/{RUN}/generate/mine/li_stephens/seed1/genomes.vcf.gz"
    run = snakemake(folder, "--snakefile", SNAKEFILE, "--", refused, check=False)
    assert run.returncode == 2
    (line,) = {line for line in (run.stdout + run.stderr).splitlines() if line.startswith("error: ")}
    assert "li_stephens AGs of mine come from a private cohort and must not be exported (verdict: refused)" in line
    assert not (folder / refused).exists()


def test_the_release_is_whole_and_says_what_it_is(folder):
    release = folder / "results" / RUN / "release"
    listed = dict(reversed(line.split("  ")) for line in (release / "SHA256SUMS").read_text().splitlines())
    files = {path.relative_to(release).as_posix(): path for path in release.rglob("*") if path.is_file()}
    assert listed.keys() == files.keys() - {"SHA256SUMS"}
    assert {name: hashlib.sha256(files[name].read_bytes()).hexdigest() for name in listed} == listed
    assert {"README.md", "scorecard.tsv", "verdict.tsv", "summary.tsv"} < listed.keys()
    card = (release / "README.md").read_text()
    for text in (
        "115 train, 13 validation, 32 test",
        "a private cohort",
        "For tests alone.",
        "Not released",
        "laxer bounds than",
    ):
        assert text in card
    for heading in ("How it was made", "Fidelity and privacy", "Limits", "Licence"):
        assert f"## {heading}" in card


def test_only_the_release_can_be_read_by_others(folder):
    results = folder / "results" / RUN
    release = results / "release"
    for top in (results, folder / "logs", folder / "benchmarks"):
        for path in [top, *top.rglob("*")]:
            others = stat.S_IMODE(path.stat().st_mode) & 0o077
            if release in path.parents or path == release:
                assert others == (0o055 if path.is_dir() else 0o044), path
            elif path == results:
                assert others == 0o011  # the release can be reached, and nothing listed
            else:
                assert others == 0, path
    # Whoever cannot enter the folder reads nothing in it, whatever the modes of the files.
    assert stat.S_IMODE((folder / ".snakemake").stat().st_mode) == 0o700
    for stage in ("prepare/mine", "train/mine/bernoulli/seed1", "generate/mine/bernoulli/seed1"):
        assert (results / stage / MARKER).exists()


def test_no_table_of_a_figure_has_frequencies_of_known_sites(folder):
    table = pd.read_csv(folder / "results" / RUN / "figures" / "fig2_frequencies.tsv", sep="\t")
    frequency = table[table["panel"] == "frequency"]
    assert "position" not in table or frequency["position"].isna().all()
    first = frequency[frequency["model"] == frequency["model"].iloc[0]]
    assert first["count"].sum() == N_SITES
    assert first["real"].nunique() <= 20


def test_figures_count_people_and_show_none(folder):
    points = pd.read_csv(folder / "results" / RUN / "figures" / "fig1_pca.tsv", sep="\t")
    points = points[points["panel"] == "points"]
    assert len(points) > 3
    assert (points["count"] >= 10).all()
    assert points.loc[points["model"] == "real", "count"].sum() > N_PEOPLE
