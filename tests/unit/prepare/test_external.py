"""AGs that the user brings: formats, sites, who may have been in training, and the same numbers for all formats."""

import gzip
import json
import logging
import lzma
import re
import sys
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

import compare
import import_genomes
from artificial_genomes.core import program
from artificial_genomes.core.errors import UserError
from artificial_genomes.core.haplotypes import Haplotypes, artificial_people, load_haplotypes, save_haplotypes
from artificial_genomes.core.tables import read_tsv, write_tsv
from artificial_genomes.io.hapt import write_hapt, write_legend
from artificial_genomes.io.vcf_writer import write_vcf
from artificial_genomes.prepare.external import file_format, match_sites, read_external, read_names, training_split
from helpers import ROOT

DEFAULTS = yaml.safe_load((ROOT / "config" / "config.yaml").read_text())
N_SITES = 40


def sites_table(n_sites: int = N_SITES, contig: str = "7") -> pd.DataFrame:
    positions = 1000 * np.arange(1, n_sites + 1)
    return pd.DataFrame(
        {"contig": contig, "position": positions, "id": [f"rs{i}" for i in range(n_sites)], "ref": "A", "alt": "G"}
    )


def mosaics(n_people: int, n_sites: int, seed: int) -> np.ndarray:
    """Return haplotypes that copy parts of a few founders, (2 * n_people, n_sites) uint8."""
    rng = np.random.default_rng(seed)
    founders = np.random.default_rng(99).integers(0, 2, (8, n_sites), dtype=np.uint8)
    rows = rng.integers(8, size=(2 * n_people, n_sites // 10 + 1)).repeat(10, axis=1)[:, :n_sites]
    return founders[rows, np.arange(n_sites)] ^ (rng.random((2 * n_people, n_sites)) < 0.05).astype(np.uint8)


@pytest.fixture
def sites() -> pd.DataFrame:
    return sites_table()


@pytest.fixture
def alleles() -> np.ndarray:
    return mosaics(20, N_SITES, seed=2)


def genomes_with_more_sites(alleles: np.ndarray) -> Haplotypes:
    """Return the AGs with a site before, between and after those of the dataset, named as in a cohort."""
    sites = sites_table(N_SITES + 3)
    sites["position"] = np.sort([*sites_table()["position"], 500, 15500, 999999])
    more = np.insert(alleles, [0, 15, N_SITES], 1, axis=1)
    people = artificial_people(len(alleles) // 2)
    return Haplotypes(more, sites, people.assign(sample="x" + people["sample"]))


def write_as(kind: str, genomes: Haplotypes, folder: Path) -> tuple[Path, Path | None]:
    """Write AGs in a format; returns the file, under a name that does not tell, and its legend."""
    file, legend = folder / f"{kind.replace(' ', '_')}.ags", folder / "ags.legend"
    write_legend(genomes, legend)
    if kind.startswith("vcf"):
        write_vcf(genomes, folder / "ags.vcf.gz", "GRCh37")
        content = (folder / "ags.vcf.gz").read_bytes()
        file.write_bytes(content if kind == "vcf bgzip" else gzip.decompress(content))
        return file, None
    if kind.startswith("hapt"):
        write_hapt(genomes, folder / "ags.hapt", tag="AG")
        content = (folder / "ags.hapt").read_bytes()
    else:
        content = "\n".join(" ".join(map(str, row)) for row in genomes.alleles.T).encode() + b"\n"
    match kind.split()[1]:
        case "gzip":
            content = gzip.compress(content)
        case "xz":
            content = lzma.compress(content)
        case "zip":
            with zipfile.ZipFile(file, "w") as archive:
                archive.writestr("ags.hapt", content)
            return file, legend
    file.write_bytes(content)
    return file, legend


@pytest.mark.parametrize(
    "kind",
    ["vcf plain", "vcf bgzip", "hapt plain", "hapt gzip", "hapt xz", "hapt zip", "impute plain", "impute gzip"],
)
def test_every_format_gives_the_same_genomes_at_the_sites_of_the_dataset(kind, alleles, sites, tmp_path, caplog):
    caplog.set_level(logging.INFO)
    file, legend = write_as(kind, genomes_with_more_sites(alleles), tmp_path)
    assert file_format(file) == kind.split()[0]
    genomes = read_external(file, legend, sites, "GRCh37")
    np.testing.assert_array_equal(genomes.alleles, alleles)
    pd.testing.assert_frame_equal(genomes.sites, sites)
    pd.testing.assert_frame_equal(genomes.people, artificial_people(20))
    assert "3 of 43 sites of the file are not in the dataset" in caplog.text
    assert "xAG" not in caplog.text


def test_sites_in_another_order_are_put_in_that_of_the_dataset(alleles, sites, tmp_path):
    order = np.random.default_rng(3).permutation(N_SITES)
    shuffled = Haplotypes(alleles, sites, artificial_people(20)).take_sites(order)
    file, legend = write_as("impute plain", shuffled, tmp_path)
    np.testing.assert_array_equal(read_external(file, legend, sites, "GRCh37").alleles, alleles)


def test_a_hapt_without_legend_has_the_sites_of_the_dataset(alleles, sites, tmp_path):
    genomes = Haplotypes(alleles, sites, artificial_people(20))
    file, _ = write_as("hapt gzip", genomes, tmp_path)
    np.testing.assert_array_equal(read_external(file, None, sites, "GRCh37").alleles, alleles)
    with pytest.raises(UserError, match=r"line 1: 40 alleles, but the dataset has 39 sites. Set the legend"):
        read_external(file, None, sites[:-1], "GRCh37")


@pytest.mark.parametrize("names", [["AG"] * 6, ["AG0", "AG1", "AG2", "AG3", "AG4", "AG5"], ["P_A", "Q_B"] * 3])
def test_names_in_a_hapt_do_not_matter(names, sites, tmp_path):
    rows = mosaics(3, N_SITES, seed=4)
    text = "".join(f"AG {name} {' '.join(map(str, row))}\n" for name, row in zip(names, rows, strict=True))
    (tmp_path / "a.hapt").write_text(text)
    genomes = read_external(tmp_path / "a.hapt", None, sites, "GRCh37")
    np.testing.assert_array_equal(genomes.alleles, rows)
    assert genomes.people["sample"].tolist() == ["AG00001", "AG00002", "AG00003"]


def test_the_last_of_an_odd_number_of_haplotypes_is_left_out(alleles, sites, tmp_path, caplog):
    caplog.set_level(logging.INFO)
    lines = [f"AG AG{i} {' '.join(map(str, row))}\n" for i, row in enumerate(alleles[:5])]
    (tmp_path / "a.hapt").write_text("".join(lines))
    genomes = read_external(tmp_path / "a.hapt", None, sites, "GRCh37")
    np.testing.assert_array_equal(genomes.alleles, alleles[:4])
    assert len(genomes.people) == 2
    assert "5 haplotypes: individuals have two, so the last one is left out" in caplog.text
    (tmp_path / "a.hapt").write_text(lines[0])
    with pytest.raises(UserError, match=r"a\.hapt has one haplotype; at least two are needed"):
        read_external(tmp_path / "a.hapt", None, sites, "GRCh37")


def vcf_text(alleles: np.ndarray, cell: str) -> str:
    """Return a VCF of AGs at the sites of the dataset; `cell` writes the alleles of one sample."""
    n_samples = len(alleles) // cell.count("{}")
    header = [
        "#CHROM",
        "POS",
        "ID",
        "REF",
        "ALT",
        "QUAL",
        "FILTER",
        "INFO",
        "FORMAT",
        *(f"g {i}" for i in range(n_samples)),
    ]
    lines = ["##fileformat=VCFv4.2", "\t".join(header)]
    for site, column in zip(sites_table().itertuples(), alleles.T, strict=True):
        cells = [cell.format(*calls) for calls in column.reshape(n_samples, -1)]
        lines.append("\t".join([site.contig, str(site.position), ".", site.ref, site.alt, ".", ".", ".", "GT", *cells]))
    return "\n".join(lines) + "\n"


def test_a_vcf_may_have_one_haplotype_per_sample(alleles, sites, tmp_path):
    path = tmp_path / "ags.vcf"
    for n in (40, 39, 2):
        path.write_text(vcf_text(alleles[:n], "{}"))
        genomes = read_external(path, None, sites, "GRCh37")
        np.testing.assert_array_equal(genomes.alleles, alleles[: n // 2 * 2])
        assert len(genomes.people) == n // 2
    path.write_text(vcf_text(alleles, "{}|{}"))
    np.testing.assert_array_equal(read_external(path, None, sites, "GRCh37").alleles, alleles)


@pytest.mark.parametrize(
    ("cell", "edit", "message"),
    [
        (
            "{}/{}",
            lambda text: text,
            r"unphased genotypes, first in .*\. AGs are haplotypes: write them phased \(0\|1\)",
        ),
        (
            "{}",
            lambda text: text.replace("\t0\n", "\t.\n"),
            r"sample column 40: the allele is not 0 or 1\. AGs must not have missing",
        ),
        (
            "{}|{}",
            lambda text: text.replace("\t0|0", "\t.|.", 1),
            r"1 missing genotype.*AGs must not have missing genotypes",
        ),
        (
            "{}|{}",
            lambda text: text.replace("\t0|0", "\t0", 1),
            r"1 non-diploid genotype.*AGs need two haplotypes per sample",
        ),
        (
            "{}",
            lambda text: (
                text[: text.index("7\t3000")] + re.sub(r"\t([01])(?=[\t\n])", r"\t\1|\1", text[text.index("7\t3000") :])
            ),
            r"ags\.vcf 7:3000: ploidy differs from that of earlier rows\. AGs need two haplotypes per sample",
        ),
    ],
)
def test_what_is_told_of_genotypes_is_told_of_ags(cell, edit, message, alleles, sites, tmp_path):
    (tmp_path / "ags.vcf").write_text(edit(vcf_text(alleles, cell)))
    with pytest.raises(UserError, match=message) as error:
        read_external(tmp_path / "ags.vcf", None, sites, "GRCh37")
    assert "cohort" not in str(error.value)


def test_one_haplotype_is_too_few(alleles, sites, tmp_path):
    (tmp_path / "ags.vcf").write_text(vcf_text(alleles[:1], "{}"))
    with pytest.raises(UserError, match="has one haplotype; at least two are needed"):
        read_external(tmp_path / "ags.vcf", None, sites, "GRCh37")


def test_an_impute_file_needs_its_legend(alleles, sites, tmp_path):
    file, _ = write_as("impute gzip", Haplotypes(alleles, sites, artificial_people(20)), tmp_path)
    with pytest.raises(UserError, match=r"is in IMPUTE's format, which does not list its sites\. Set its legend"):
        read_external(file, None, sites, "GRCh37")


def test_rsids_in_a_legend_lie_on_the_one_contig_of_the_dataset(alleles, sites, tmp_path):
    file, legend = write_as("impute plain", Haplotypes(alleles, sites, artificial_people(20)), tmp_path)
    rows = [f"{site.id} {site.position} A G" for site in sites.itertuples()]
    legend.write_text("\n".join(["id position a0 a1", *rows]))
    np.testing.assert_array_equal(read_external(file, legend, sites, "GRCh37").alleles, alleles)
    two = sites.assign(contig=np.where(sites["position"] < 5000, "7", "8"))
    with pytest.raises(UserError, match=r"ags\.legend, line 2: expected an id like"):
        read_external(file, legend, two, "GRCh37")


@pytest.mark.parametrize("compress", ["xz", "zip"])
def test_a_vcf_in_xz_or_zip_is_read(compress, alleles, sites, tmp_path):
    file, _ = write_as("vcf plain", Haplotypes(alleles, sites, artificial_people(20)), tmp_path)
    packed = tmp_path / "packed"
    if compress == "xz":
        packed.write_bytes(lzma.compress(file.read_bytes()))
    else:
        with zipfile.ZipFile(packed, "w") as archive:
            archive.write(file, "ags.vcf")
    np.testing.assert_array_equal(read_external(packed, None, sites, "GRCh37").alleles, alleles)


@pytest.mark.parametrize(
    "text", ["", "hello\n", "sample,snp1,snp2\n", "AG AG1 0 1 2\n", "1 rs1 10 A C 0 1\n", ">chr1\n"]
)
def test_other_files_are_refused(text, tmp_path):
    (tmp_path / "a.txt").write_text(text)
    with pytest.raises(UserError, match=r"a\.txt is neither a VCF .*, nor a \.hapt .*, nor an IMPUTE \.hap"):
        file_format(tmp_path / "a.txt")


# Sites ----------------------------------------------------------------------------------------------------------------


def test_sites_are_found_wherever_they_stand():
    rng = np.random.default_rng(5)
    own = pd.concat([sites_table(30), sites_table(30, "8"), sites_table(30).assign(alt="T")], ignore_index=True)
    own = own.iloc[rng.permutation(90)].reset_index(drop=True)
    wanted = pd.concat([sites_table(20, "8")[::-1], sites_table(10)], ignore_index=True)
    columns = ["contig", "position", "ref", "alt"]
    expected = [
        next(i for i, site in enumerate(own[columns].to_numpy().tolist()) if site == wanted_site)
        for wanted_site in wanted[columns].to_numpy().tolist()
    ]
    assert match_sites(own, wanted, "a").tolist() == expected


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda own: own.drop(index=[4, 7]),
            "a.vcf lacks 2 of the 40 sites of the dataset, first 7:5000 A>G. AGs need every site of the dataset: "
            "generate them for its sites, or restrict the dataset (region, maf_min).",
        ),
        (
            lambda own: own.assign(ref=["G", *own["ref"][1:]], alt=["A", *own["alt"][1:]]),
            "a.vcf lacks 1 of the 40 sites of the dataset, first 7:1000 A>G. REF and ALT are swapped at 1 of them: "
            "use those of the dataset, and code its ALT as 1.",
        ),
        (
            lambda own: own.assign(alt="T"),
            "a.vcf lacks 40 of the 40 sites of the dataset, first 7:1000 A>G. 40 of them have different alleles: "
            "check the build and the strand.",
        ),
        (
            lambda own: own.assign(contig="chr7"),
            "a.vcf lacks 40 of the 40 sites of the dataset, first 7:1000 A>G. The file calls contig 7 chr7. Rename its "
            "contigs (bcftools annotate --rename-chrs).",
        ),
        (
            lambda own: pd.concat([own, own[10:12]], ignore_index=True),
            "a.vcf has 2 sites twice, first 7:11000 A>G. Keep one row per site.",
        ),
    ],
)
def test_sites_that_the_file_lacks_are_counted_and_the_reason_is_told(change, message, sites):
    with pytest.raises(UserError) as error:
        match_sites(change(sites).reset_index(drop=True), sites, "a.vcf")
    assert str(error.value) == message


def test_other_sites_may_be_there_twice(sites):
    own = pd.concat([sites_table(3, "1"), sites_table(3, "1"), sites], ignore_index=True)
    assert match_sites(own, sites, "a").tolist() == list(range(6, 6 + N_SITES))


# Split ----------------------------------------------------------------------------------------------------------------

SAMPLES = np.array(["a", "b", "c", "007", "p"], dtype=object)
SPLIT = np.array(["train", "validation", "test", "train", "public"], dtype=object)


def test_without_a_list_nobody_is_known_to_be_train_or_test():
    assert training_split(SAMPLES, SPLIT, None).tolist() == ["all", "all", "all", "all", "public"]


def test_the_people_of_the_list_are_train_whatever_they_are_to_our_models(tmp_path, caplog):
    caplog.set_level(logging.INFO)
    (tmp_path / "people.txt").write_bytes("\ufeffc\r\n007 \n\np\nsomebody_else\n".encode())
    split = training_split(SAMPLES, SPLIT, read_names(tmp_path / "people.txt"))
    assert split.tolist() == ["test", "test", "train", "train", "public"]
    assert "4 names in the list of training individuals: 2 of the 4 individuals of the dataset, 2 others" in caplog.text
    assert "somebody" not in caplog.text


@pytest.mark.parametrize(
    ("names", "message"), [({"p", "z"}, "names none of the 4 individuals"), (set(SAMPLES), "names all 4 individuals")]
)
def test_a_list_of_nobody_or_of_everybody_is_refused(names, message):
    with pytest.raises(UserError, match=message):
        training_split(SAMPLES, SPLIT, names)


# The scripts ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def dataset(tmp_path) -> Path:
    """Write a dataset of 60 people with numbers as names, as prepare does."""
    names = [f"{i:03}" for i in range(60)]
    populations = np.repeat(["AAA", "BBB"], 30)
    people = pd.DataFrame({"sample": names, "population": populations, "superpopulation": populations})
    save_haplotypes(Haplotypes(mosaics(60, N_SITES, seed=1), sites_table(), people), tmp_path / "real.vcz.zip")
    write_tsv(people.assign(split=np.array(["train", "train", "test"])[np.arange(60) % 3]), tmp_path / "split.tsv")
    return tmp_path


def run_script(monkeypatch, script, *arguments: str | Path) -> None:
    monkeypatch.setattr(sys, "argv", [script.__name__, *map(str, arguments)])
    program.run(script.main)


def import_ags(monkeypatch, dataset: Path, folder: Path, *ags: str | Path) -> None:
    run_script(
        monkeypatch, import_genomes, "--genomes", *ags, "--haplotypes", dataset / "real.vcz.zip",
        "--split", dataset / "split.tsv", "--build", "GRCh37",
        "--output-genomes", folder / "genomes.vcz.zip", "--output-split", folder / "split.tsv",
    )  # fmt: skip


def compare_ags(monkeypatch, dataset: Path, folder: Path, output: Path, *candidate: str | Path) -> pd.DataFrame:
    settings = DEFAULTS["compare"] | {"three_point_triplets": 10, "bootstrap_replicates": 20}
    candidate = candidate or ("--genomes", folder / "genomes.vcz.zip")
    run_script(
        monkeypatch, compare, "--haplotypes", dataset / "real.vcz.zip", "--split", folder / "split.tsv",
        "--settings", json.dumps(settings), "--output", output, *candidate,
    )  # fmt: skip
    return read_tsv(output / "metrics.tsv")


@pytest.mark.integration
def test_the_same_ags_in_every_format_have_the_same_metrics(monkeypatch, dataset, alleles):
    for kind in ("vcf bgzip", "hapt gzip", "impute plain"):
        folder = dataset / kind
        folder.mkdir()
        file, legend = write_as(kind, genomes_with_more_sites(alleles), folder)
        import_ags(monkeypatch, dataset, folder, file, *(["--legend", legend] if legend else []))
        table = compare_ags(monkeypatch, dataset, folder, folder / "tables")
        # Without a list of training people there is one reference, here with more people than there are AG people.
        assert "test" not in set(table["reference"])
        assert table.loc[table["metric"] == "af_r", ["reference", "n"]].to_numpy().tolist() == [["all", 40]]
    folders = [dataset / kind for kind in ("vcf bgzip", "hapt gzip", "impute plain")]
    for name in ("genomes.vcz.zip", "split.tsv", "tables/metrics.tsv", "tables/nearest.tsv"):
        contents = {(folder / name).read_bytes() for folder in folders}
        assert len(contents) == 1
    store = load_haplotypes(folders[0] / "genomes.vcz.zip")
    np.testing.assert_array_equal(store.alleles, alleles)


@pytest.mark.integration
def test_with_a_list_of_training_people_ags_are_compared_with_train_and_test(monkeypatch, dataset, alleles):
    real = load_haplotypes(dataset / "real.vcz.zip")
    (dataset / "people.txt").write_text("\n".join([*real.people["sample"][:40], "elsewhere"]))
    file, legend = write_as("hapt plain", genomes_with_more_sites(alleles), dataset)
    import_ags(monkeypatch, dataset, dataset / "a", file, "--legend", legend, "--trained-on", dataset / "people.txt")
    split = pd.read_csv(dataset / "a" / "split.tsv", sep="\t", dtype=str)
    assert split["sample"].tolist() == real.people["sample"].tolist()
    assert split["split"].tolist() == ["train"] * 40 + ["test"] * 20
    table = compare_ags(monkeypatch, dataset, dataset / "a", dataset / "tables")
    assert table.loc[table["metric"] == "af_r", "reference"].tolist() == DEFAULTS["compare"]["references"]
    assert "privacy_loss" in set(table["metric"])


def test_controls_are_as_large_as_a_small_set_of_ags(monkeypatch, dataset, alleles):
    file, _ = write_as("hapt plain", Haplotypes(alleles[:20], sites_table(), artificial_people(10)), dataset)
    import_ags(monkeypatch, dataset, dataset / "a", file)
    for control in ("ceiling", "floor"):
        like = ["--control", control, "--like", dataset / "a" / "genomes.vcz.zip", "--seed", "1"]
        table = compare_ags(monkeypatch, dataset, dataset / "a", dataset / control, *like)
        assert table.loc[table["metric"] == "af_r", ["reference", "n"]].to_numpy().tolist() == [["all", 20]]


def test_sites_that_are_missing_end_the_import_with_one_line_and_nothing_written(monkeypatch, dataset, alleles, capsys):
    fewer = Haplotypes(alleles[:, 1:], sites_table()[1:].reset_index(drop=True), artificial_people(20))
    file, legend = write_as("impute plain", fewer, dataset)
    with pytest.raises(SystemExit) as stop:
        import_ags(monkeypatch, dataset, dataset / "a", file, "--legend", legend)
    assert stop.value.code == 2
    assert "lacks 1 of the 40 sites of the dataset, first 7:1000 A>G" in capsys.readouterr().err.splitlines()[-1]
    assert not (dataset / "a").exists()
