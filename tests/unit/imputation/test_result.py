"""Results of imputation programs: imputed contig by contig, joined, checked, read."""

import gzip
from dataclasses import replace
from pathlib import Path

import cyvcf2
import numpy as np
import pandas as pd
import pytest

from artificial_genomes.core.errors import UserError
from artificial_genomes.imputation.impute import impute
from artificial_genomes.imputation.result import header_lines, join_vcfs, read_imputed
from artificial_genomes.io.vcf_writer import write_vcf
from imputation_helpers import (
    SPLIT,
    ags,
    allele_counts,
    on_two_contigs,
    simulated_people,
    written_panel,
    written_target,
)

HOW = {"seed": 7, "threads": 2, "memory_mb": 1000}
HEADER = """##fileformat=VCFv4.2
##filedate=20200101
##fileDate=20200101
##contig=<ID=20>
##INFO=<ID={quality},Number=A,Type=Float,Description="quality">
##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">
##FORMAT=<ID=DS,Number=A,Type=Float,Description="dose">
"""
COLUMNS = ["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO", "FORMAT"]


@pytest.fixture(scope="module")
def real():
    return simulated_people()


def imputed_vcf(haplotypes, path, fields="GT:DS", quality="DR2", missing=False):
    """Write the true genotypes as if they were imputed, with a quality of .5, and none at the last site."""
    lines = ["\t".join([*COLUMNS, *haplotypes.people["sample"]])]
    genotypes = ["./." if missing else "0|0", "0|1", "1|1"]
    for site, counts in zip(haplotypes.sites.itertuples(), allele_counts(haplotypes).T, strict=True):
        cells = [genotypes[n] + (f":{n}" if "DS" in fields else "") for n in counts]
        info = f"{quality}=0.5" if site.Index + 1 < haplotypes.n_sites else "."
        fixed = [site.contig, str(site.position), "x", site.ref, site.alt, ".", ".", info, fields]
        lines.append("\t".join([*fixed, *cells]))
    path.write_bytes(gzip.compress((HEADER.format(quality=quality) + "\n".join(lines) + "\n").encode()))
    return path


def imputing_program(haplotypes, jobs=None, **kinds):
    """A program that imputes the truth, and keeps the jobs that it was given, with what their files hold."""

    def program(job):
        if jobs is not None:
            jobs.append(
                replace(
                    job,
                    panel=[(record.CHROM, record.POS) for record in cyvcf2.VCF(str(job.panel))],
                    target=[
                        (record.CHROM, record.POS, record.genotypes[0][:2]) for record in cyvcf2.VCF(str(job.target))
                    ],
                )
            )
        here = (haplotypes.sites["contig"] == job.contig).to_numpy()
        return imputed_vcf(haplotypes.take_sites(here), job.folder / "imputed.vcf.gz", **kinds)

    return program


@pytest.fixture
def files(real, tmp_path):
    """Panel, target and sites of an imputation, and the truth."""
    folder = tmp_path / "given"
    folder.mkdir()
    target, typed, target_vcf = written_target(real, folder)
    return written_panel(real.take_people(SPLIT == "public"), folder), target_vcf, target, typed


def test_the_program_sees_the_panel_and_only_the_typed_sites_of_the_target(files, tmp_path):
    panel, target_vcf, target, typed = files
    sites, jobs = target.sites, []
    output = tmp_path / "deep" / "imputed.vcf.gz"
    impute(panel, target_vcf, sites, imputing_program(target, jobs), "Tool 1.2", output, **HOW)
    (job,) = jobs
    assert job.panel == list(zip(sites["contig"], sites["position"], strict=True))
    positions = sites["position"][typed].tolist()
    assert job.target == [
        ("20", position, target.alleles[:2, site].tolist())
        for position, site in zip(positions, np.flatnonzero(typed), strict=True)
    ]
    assert (job.contig, job.seed, job.threads, job.memory_mb, job.map_cm) == ("20", 7, 2, 1000, None)
    np.testing.assert_array_equal(job.positions, sites["position"])

    assert sorted(path.name for path in output.parent.iterdir()) == ["imputed.vcf.gz", "imputed.vcf.gz.tbi"]
    text = gzip.decompress(output.read_bytes()).decode()
    header = text[: text.index("#CHROM")].splitlines()
    assert [line for line in header if "date" in line.lower()] == []
    assert [line for line in header if line.startswith("##contig")] == [
        "##contig=<ID=20,length=63025520,assembly=GRCh37>"
    ]
    assert "##imputation=Tool 1.2" in header
    imputed = read_imputed(output, sites, target.people["sample"])
    np.testing.assert_array_equal(imputed.dosages, allele_counts(target))
    np.testing.assert_array_equal(imputed.genotypes, allele_counts(target))
    assert set(imputed.quality[:-1]) == {0.5}
    assert np.isnan(imputed.quality[-1])
    again = tmp_path / "again.vcf.gz"
    impute(panel, target_vcf, sites, imputing_program(target), "Tool 1.2", again, **HOW)
    assert again.read_bytes() == output.read_bytes()


def test_contigs_are_imputed_one_by_one_and_joined(real, tmp_path):
    two = on_two_contigs(real)
    target, typed, target_vcf = written_target(two, tmp_path)
    panel, jobs, output = written_panel(two.take_people(SPLIT == "public"), tmp_path), [], tmp_path / "imputed.vcf.gz"
    # 2 cM per million bp on contig 20, 5 on contig 21.
    rates = {"20": 2, "21": 5}
    genetic_map = pd.DataFrame(
        [(contig, position, rate * position / 1e6) for contig, rate in rates.items() for position in (1, 10**6)],
        columns=["contig", "position", "cm"],
    )
    impute(panel, target_vcf, two.sites, imputing_program(target, jobs), "T 1", output, **HOW, genetic_map=genetic_map)
    assert [job.contig for job in jobs] == ["20", "21"]
    for job in jobs:
        here = (two.sites["contig"] == job.contig).to_numpy()
        assert [place[1] for place in job.panel] == two.sites["position"][here].tolist()
        assert [place[:2] for place in job.target] == [
            (job.contig, position) for position in two.sites["position"][here & typed]
        ]
        np.testing.assert_allclose(job.map_cm, rates[job.contig] * two.sites["position"][here] / 1e6)
    text = gzip.decompress(output.read_bytes()).decode()
    assert text.count("#CHROM") == text.count("##FORMAT=<ID=GT") == 1
    assert text.count("##contig=") == 2
    imputed = read_imputed(output, two.sites, target.people["sample"])
    np.testing.assert_array_equal(imputed.dosages, allele_counts(target))
    # The index knows both contigs.
    assert len(list(cyvcf2.VCF(str(output))("21"))) == (two.sites["contig"] == "21").sum()


def test_contigs_of_the_result_in_another_order(real, files, tmp_path):
    panel, target_vcf, target, _ = files
    with pytest.raises(UserError, match="the imputed VCF has different sites from the dataset: site 1 is"):
        impute(
            panel,
            target_vcf,
            target.sites,
            imputing_program(target.take_sites(np.arange(real.n_sites)[::-1])),
            "T 1",
            tmp_path / "imputed.vcf.gz",
            **HOW,
        )


def no_vcf(job):
    path = job.folder / "imputed.vcf.gz"
    path.write_bytes(gzip.compress(b"nothing\n"))
    return path


def broken_off(target):
    def program(job):
        path = imputing_program(target)(job)
        path.write_bytes(path.read_bytes()[:-50])
        return path

    return program


def failing(job):
    raise UserError("Beagle failed")


@pytest.mark.parametrize(
    ("program", "message"),
    [
        (
            lambda target: imputing_program(target.take_sites(np.arange(9))),
            r"the imputed VCF has 9 sites, the dataset \d+",
        ),
        (lambda target: imputing_program(target.take_people(np.arange(9))), "not of the individuals to impute"),
        (lambda target: imputing_program(target, fields="GT"), "no dosages .FORMAT DS. at 20:"),
        (lambda target: imputing_program(target, missing=True), "missing .FORMAT GT. at 20:"),
        (lambda target: imputing_program(target, quality="ER2"), "no quality .INFO DR2, R2, INFO."),
        (lambda target: no_vcf, "not a VCF"),
        (broken_off, "truncated"),
        (lambda target: failing, "Beagle failed"),
    ],
)
@pytest.mark.filterwarnings("ignore:no intervals found")
def test_an_incomplete_result_is_never_kept(files, tmp_path, program, message):
    panel, target_vcf, target, _ = files
    output = tmp_path / "result" / "imputed.vcf.gz"
    with pytest.raises(UserError, match=message):
        impute(panel, target_vcf, target.sites, program(target), "T 1", output, **HOW)
    assert list(output.parent.iterdir()) == []


def test_people_to_impute_are_in_no_panel(real, files, tmp_path):
    _, target_vcf, target, _ = files
    panel = written_panel(real, tmp_path)
    with pytest.raises(UserError, match="30 of the individuals to impute are also in the panel"):
        impute(panel, target_vcf, target.sites, imputing_program(target), "T 1", tmp_path / "imputed.vcf.gz", **HOW)


@pytest.mark.parametrize("contig", ["20", "21"])
def test_a_contig_of_which_all_sites_are_typed_is_left_as_it_is(real, tmp_path, contig):
    two = on_two_contigs(real)
    target, typed, _ = written_target(two, tmp_path)
    typed = typed | (two.sites["contig"] == contig).to_numpy()
    write_vcf(target.take_sites(typed), tmp_path / "target.vcf.gz", "GRCh37")
    panel, output, jobs = written_panel(ags(two), tmp_path), tmp_path / "imputed.vcf.gz", []
    impute(panel, tmp_path / "target.vcf.gz", two.sites, imputing_program(target, jobs), "T 1", output, **HOW)
    assert [job.contig for job in jobs] == ["21" if contig == "20" else "20"]
    imputed = read_imputed(output, two.sites, target.people["sample"])
    np.testing.assert_array_equal(imputed.dosages, allele_counts(target))
    np.testing.assert_array_equal(imputed.genotypes, allele_counts(target))
    # No program has an opinion of these sites.
    assert np.isnan(imputed.quality[(two.sites["contig"] == contig).to_numpy()]).all()


def test_a_contig_without_typed_sites(real, tmp_path):
    two = on_two_contigs(real)
    target, typed, _ = written_target(two, tmp_path)
    first = typed & (two.sites["contig"] == "20").to_numpy()
    write_vcf(target.take_sites(first), tmp_path / "target.vcf.gz", "GRCh37")
    panel, output = written_panel(ags(two), tmp_path), tmp_path / "imputed.vcf.gz"
    with pytest.raises(UserError, match=r"21:\d+-\d+ has no typed site"):
        impute(panel, tmp_path / "target.vcf.gz", two.sites, imputing_program(target), "T 1", output, **HOW)


@pytest.mark.parametrize("key", ["DR2", "R2", "INFO"])
def test_quality_of_every_program(real, tmp_path, key):
    target = real.take_people(SPLIT == "test")
    path = imputed_vcf(target, tmp_path / "a.vcf.gz", quality=key)
    quality = read_imputed(path, real.sites, target.people["sample"]).quality
    np.testing.assert_array_equal(quality, [0.5] * (real.n_sites - 1) + [np.nan])


def test_joining_leaves_rows_as_they_are(real, tmp_path):
    target = real.take_people(SPLIT == "test")
    parts = [
        imputed_vcf(target.take_sites(sites), tmp_path / f"{sites[0]}.vcf.gz")
        for sites in (np.arange(20), np.arange(20, 50))
    ]
    join_vcfs(parts, tmp_path / "joined.vcf.gz", ["##contig=<ID=20>\n"], "T 1")
    rows = [
        line for path in parts for line in gzip.decompress(path.read_bytes()).decode().splitlines() if line[0] != "#"
    ]
    joined = gzip.decompress((tmp_path / "joined.vcf.gz").read_bytes()).decode().splitlines()
    assert [line for line in joined if line[0] != "#"] == rows
    assert header_lines(tmp_path / "joined.vcf.gz", "##contig=") == ["##contig=<ID=20>\n"]
    assert header_lines(Path(tmp_path / "joined.vcf.gz"), "##imputation=") == ["##imputation=T 1\n"]
