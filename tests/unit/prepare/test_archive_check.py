"""Haplotypes beside the archive that they were made from: what is the same passes, one difference stops the run."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pysam
import pysam.bcftools
import pytest

from archive import Archive, write_archive_vcf
from artificial_genomes.acquire import downloads
from artificial_genomes.acquire.remote_vcf import fetch_regions
from artificial_genomes.core.errors import UserError
from artificial_genomes.core.haplotypes import Haplotypes
from artificial_genomes.core.regions import Region
from artificial_genomes.io.hapt import write_hapt, write_legend
from artificial_genomes.io.vcf import read_alleles
from artificial_genomes.prepare.archive_check import check_rebuilt
from helpers import ROOT, authors_file

N_PEOPLE, N_SITES = 30, 120


@pytest.fixture(scope="module")
def haplotypes() -> Haplotypes:
    rng = np.random.default_rng(3)
    people = pd.DataFrame({"sample": [f"P{i}" for i in range(N_PEOPLE)], "population": "", "superpopulation": ""})
    bases = np.array(list("ACGT"))
    ref = rng.integers(0, 4, N_SITES)
    sites = pd.DataFrame(
        {
            "contig": "15",
            "position": np.sort(rng.choice(np.arange(1000, 30_000), N_SITES, replace=False)),
            "id": "",
            "ref": bases[ref],
            "alt": bases[(ref + rng.integers(1, 4, N_SITES)) % 4],
        }
    )
    alleles = (rng.random((2 * N_PEOPLE, N_SITES)) < rng.random(N_SITES) * 0.5).astype(np.uint8)
    return Haplotypes(alleles, sites, people)


def archived(haplotypes: Haplotypes, path: Path) -> Path:
    """Write the archive's VCF: with neighbours, second ALT alleles before and behind the first, and indels."""
    samples = haplotypes.people["sample"].tolist()
    write_archive_vcf(path, samples, haplotypes.sites, haplotypes.alleles, np.random.default_rng(4))
    return path


def changed(haplotypes: Haplotypes, site: int, rows: list[int]) -> Haplotypes:
    alleles = haplotypes.alleles.copy()
    alleles[rows, site] ^= 1
    return Haplotypes(alleles, haplotypes.sites, haplotypes.people)


def test_what_is_the_same_passes_and_is_counted(haplotypes, tmp_path):
    path = archived(haplotypes, tmp_path / "chr15.vcf.gz")
    table = check_rebuilt(haplotypes, [path]).set_index("what")["value"]
    assert table["sites"] == N_SITES
    assert table["of them from records with several ALT alleles"] == 3  # sites 7, 57 and 107
    # Second ALT alleles, two indels, and made-up neighbours are none of the sites.
    assert table["of them with other records at the same position"] == 5
    assert table["alleles compared"] == 2 * N_PEOPLE * N_SITES
    assert table["alleles that differ"] == 0
    assert table["individuals in the same order"] == "yes"


def test_records_with_several_alleles_are_read_as_bcftools_splits_them(haplotypes, tmp_path):
    path = archived(haplotypes, tmp_path / "chr15.vcf.gz")
    split = pysam.bcftools.norm("--multiallelics", "-any", str(path))
    rows = [line.split("\t") for line in split.splitlines() if not line.startswith("#")]
    carried = {
        ("15", int(row[1]), row[3], row[4]): [int(a == "1") for call in row[9:] for a in call.split("|")]
        for row in rows
    }
    _, alleles, found = read_alleles([path], haplotypes.sites)
    assert (found["n_alts"] > 1).sum() == 3
    for number, site in enumerate(haplotypes.sites.itertuples()):
        assert alleles[:, number].tolist() == carried["15", site.position, site.ref, site.alt]


def test_people_are_matched_by_name(haplotypes, tmp_path):
    order = np.random.default_rng(1).permutation(N_PEOPLE)
    path = archived(haplotypes.take_people(order), tmp_path / "chr15.vcf.gz")
    table = check_rebuilt(haplotypes, [path]).set_index("what")["value"]
    assert table["individuals in the same order"] == "no"
    some = haplotypes.take_people(order[:20])
    assert check_rebuilt(some, [path]).set_index("what")["value"].iloc[4] == 10
    other = Haplotypes(
        haplotypes.alleles, haplotypes.sites, haplotypes.people.assign(sample=lambda t: t["sample"] + "x")
    )
    with pytest.raises(UserError, match=r"30 of the 30 individuals of the \.hapt file are missing"):
        check_rebuilt(other, [path])


def test_a_difference_names_its_site_and_nobody(haplotypes, tmp_path):
    path = archived(haplotypes, tmp_path / "chr15.vcf.gz")
    wrong = changed(changed(haplotypes, 44, [5, 6, 40]), 90, [0])
    site = haplotypes.sites.iloc[44]
    with pytest.raises(UserError) as caught:
        check_rebuilt(wrong, [path])
    assert str(caught.value).startswith(
        f"chr15.vcf.gz: 2 of 120 sites differ from the .hapt file, first 15:{site['position']} "
        f"{site['ref']}>{site['alt']} in 3 of 60 haplotypes. "
    )
    assert not any(f"{name} " in str(caught.value) for name in haplotypes.people["sample"])


def test_haplotypes_of_a_person_are_not_interchangeable(haplotypes, tmp_path):
    path = archived(haplotypes, tmp_path / "chr15.vcf.gz")
    turned = haplotypes.alleles.reshape(N_PEOPLE, 2, N_SITES)[:, ::-1].reshape(-1, N_SITES)
    with pytest.raises(UserError, match=r"sites differ from the .hapt file"):
        check_rebuilt(Haplotypes(turned, haplotypes.sites, haplotypes.people), [path])


def test_sites_that_are_not_there(haplotypes, tmp_path):
    path = archived(haplotypes.take_sites(np.arange(N_SITES) != 11), tmp_path / "chr15.vcf.gz")
    position = haplotypes.sites["position"].iloc[11]
    with pytest.raises(UserError, match=f"1 of 120 sites of the .hapt file are missing, first 15:{position} "):
        check_rebuilt(haplotypes, [path])
    swapped = haplotypes.sites.rename(columns={"ref": "alt", "alt": "ref"})
    path = archived(Haplotypes(haplotypes.alleles, swapped, haplotypes.people), tmp_path / "swapped.vcf.gz")
    first = haplotypes.sites.iloc[0]
    with pytest.raises(UserError, match=rf"\(at this position: {first['alt']}>{first['ref']}\)"):
        check_rebuilt(haplotypes, [path])


def test_genotypes_must_be_phased_and_complete(haplotypes, tmp_path):
    path = archived(haplotypes, tmp_path / "chr15.vcf.gz")
    position = haplotypes.sites["position"].iloc[3]
    with pysam.BGZFile(str(path)) as file:
        rows = [line.decode() for line in file]
    rows = [row.replace("|", "/") if f"\t{position}\t" in row else row for row in rows]
    (tmp_path / "unphased.vcf").write_text("\n".join(rows) + "\n")
    with pytest.raises(UserError, match=f"unphased.vcf 15:{position} has genotypes that are missing, unphased"):
        check_rebuilt(haplotypes, [tmp_path / "unphased.vcf"])


@pytest.mark.integration
def test_the_program_writes_its_table_or_one_line(haplotypes, tmp_path):
    path = archived(haplotypes, tmp_path / "chr15.vcf.gz")
    write_legend(haplotypes, tmp_path / "sites.legend")
    for name, alleles, code in (("same", haplotypes, 0), ("other", changed(haplotypes, 3, [1]), 2)):
        write_hapt(alleles, tmp_path / f"{name}.hapt", "Real")
        command = [sys.executable, ROOT / "workflow/scripts/check_rebuilt.py", "--hapt", tmp_path / f"{name}.hapt"]
        command += ["--legend", tmp_path / "sites.legend", "--vcfs", path, "--output", tmp_path / f"{name}.tsv"]
        run = subprocess.run(command, capture_output=True, text=True, timeout=60)
        assert run.returncode == code, run.stderr
        assert (tmp_path / f"{name}.tsv").exists() == (code == 0)
        assert "Traceback" not in run.stderr
    assert [line[:23] for line in run.stderr.splitlines() if line.startswith("error")] == ["error: chr15.vcf.gz: 1 "]


@pytest.mark.real_data
def test_the_papers_805_sites_come_back_from_an_archive(tmp_path, monkeypatch):
    """Of two of its chromosomes, of which a server gives no more than the sites ask for."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.delenv(downloads.MIRRORS, raising=False)
    haplotypes = authors_file("805")
    haplotypes = haplotypes.take_sites(haplotypes.sites["contig"].isin(["21", "22"]).to_numpy())
    for contig, of_contig in haplotypes.sites.groupby("contig"):
        path = tmp_path / "archive" / f"chr{contig}.vcf.gz"
        alleles = haplotypes.alleles[:, of_contig.index]
        write_archive_vcf(
            path, haplotypes.people["sample"].tolist(), of_contig, alleles, np.random.default_rng(1), decoys=10
        )
    regions = [Region(site.contig, site.position, site.position) for site in haplotypes.sites.itertuples()]
    with Archive(tmp_path / "archive") as server:
        fetch_regions([f"{server.url}/chr{{contig}}.vcf.gz"], regions, tmp_path / "sites.vcf.gz")
    table = check_rebuilt(haplotypes, [tmp_path / "sites.vcf.gz"]).set_index("what")["value"]
    assert (table["sites"], table["people"], table["individuals in the same order"]) == (29, 2504, "yes")
    assert table["alleles compared"] == 29 * 5008
