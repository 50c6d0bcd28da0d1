"""Sixty-four kinds of broken input: each ends in one line that says what to do, exit code 2, and nothing written.

The files are made from one sound cohort, which test_sound_inputs_are_prepared shows to be sound in every format.
"""

import gzip
import json
import lzma
import re
import runpy
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pgenlib
import pysam
import pysam.bcftools
import pytest

from artificial_genomes.check.screen import PROBLEM
from artificial_genomes.check.survey import survey
from artificial_genomes.config.checks import Configuration
from artificial_genomes.core import program
from artificial_genomes.core.haplotypes import load_haplotypes
from artificial_genomes.io.hapt import write_hapt, write_legend
from artificial_genomes.io.impute import write_impute
from artificial_genomes.io.plink2 import write_pgen
from helpers import ROOT
from workflow_helpers import cohort

PREPARE = ROOT / "workflow" / "scripts" / "prepare.py"
SETTINGS = {"region": None, "people": {}, "public": False, "maf_min": 0.01, "sites_max": None}
SPLIT = {"test": 0.2, "validation": 0.1, "seed": 42, "relatives": "together"}
N_PEOPLE, N_SITES = 40, 30
HEADER = (
    "##fileformat=VCFv4.2\n##contig=<ID=chr7,length=159345973>\n"
    '##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">\n'
)


COHORT = cohort(N_PEOPLE, N_SITES, contig="chr7", name="SECRET{i:02d}", seed=11, first=1_000_000, step_bp=500)


class Inputs:
    """A folder with a sound cohort, and the arguments that prepare it; tests break the one or the other."""

    def __init__(self, folder: Path):
        self.folder, self.out = folder, folder / "out"
        self.files = [folder / "a.vcf"]
        self.options: dict[str, object] = {"people": folder / "people.tsv", "build": "GRCh38"}
        self.settings = dict(SETTINGS)
        self.rows = [
            ["chr7", str(site.position), site.id, site.ref, site.alt, ".", "PASS", ".", "GT", *genotypes]
            for site, genotypes in zip(COHORT.sites.itertuples(), self._genotypes(), strict=True)
        ]
        self.samples, self.header = COHORT.people["sample"].tolist(), HEADER
        self.people = COHORT.people.copy()
        self.write()

    @staticmethod
    def _genotypes() -> list[list[str]]:
        pairs = COHORT.alleles.T.reshape(N_SITES, N_PEOPLE, 2)
        return [[f"{first}|{second}" for first, second in row] for row in pairs]

    def write(self) -> None:
        columns = ["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO", "FORMAT", *self.samples]
        lines = ["\t".join(row) for row in [columns, *self.rows]]
        self.files[0].write_text(self.header + "\n".join(lines) + "\n")
        self.people.to_csv(self.folder / "people.tsv", sep="\t", index=False)

    def arguments(self) -> list[str]:
        words = ["--haplotypes", *self.files, "--settings", json.dumps(self.settings), "--split", json.dumps(SPLIT)]
        for name, value in self.options.items():
            words += [f"--{name}", value]
        words += ["--output-haplotypes", self.out / "h.vcz.zip"]
        for name in ("split", "qc", "relatives"):
            words += [f"--output-{name}", self.out / f"{name}.tsv"]
        return [str(word) for word in words]

    def swap_rows(self, column: int, text: str, rows: slice = slice(None)) -> None:
        for row in self.rows[rows]:
            row[column] = text
        self.write()

    def genotype(self, text: str, row: int = 4, person: int = 2) -> None:
        self.rows[row][9 + person] = text
        self.write()

    def hapt(self) -> None:
        write_hapt(COHORT, self.folder / "a.hapt", "Real")
        write_legend(COHORT, self.folder / "a.legend")
        self.files, self.options["legend"] = [self.folder / "a.hapt"], self.folder / "a.legend"

    def impute(self) -> None:
        write_impute(COHORT, self.folder / "a.hap", self.folder / "a.legend")
        (self.folder / "a.samples").write_text("\n".join(self.samples) + "\n")
        self.files, self.options["legend"] = [self.folder / "a.hap"], self.folder / "a.legend"
        self.options["samples"] = self.folder / "a.samples"

    def pgen(self) -> None:
        write_pgen(COHORT, self.folder / "a.pgen")
        self.files = [self.folder / "a.pgen"]


def edited(path: Path, change: Callable[[str], str]) -> None:
    path.write_text(change(path.read_text()))


def cut(path: Path, share: float = 0.6) -> None:
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])


# What breaks the inputs -----------------------------------------------------------------------------------------------


def content(text: bytes) -> Callable[[Inputs], None]:
    return lambda inputs: inputs.files[0].write_bytes(text)


def no_samples(inputs):
    inputs.samples = []
    inputs.rows = [row[:9] for row in inputs.rows]
    inputs.write()


def sample_twice(inputs):
    inputs.samples[3] = inputs.samples[2]
    inputs.write()


def packed(inputs, pack, name="a.vcf.gz"):
    path = inputs.folder / name
    path.write_bytes(pack(inputs.files[0].read_bytes()))
    inputs.files = [path]


def truncated_bgzip(inputs):
    pysam.tabix_compress(str(inputs.files[0]), str(inputs.folder / "a.vcf.gz"), force=True)
    inputs.files = [inputs.folder / "a.vcf.gz"]
    cut(inputs.files[0], 0.9)


def truncated_gzip(inputs):
    packed(inputs, gzip.compress)
    cut(inputs.files[0])


def truncated_bcf(inputs):
    pysam.bcftools.view("-Ob", "-o", str(inputs.folder / "a.bcf"), str(inputs.files[0]), catch_stdout=False)
    inputs.files = [inputs.folder / "a.bcf"]
    cut(inputs.files[0])


def damaged_gzip(inputs):
    packed(inputs, gzip.compress)
    data = bytearray(inputs.files[0].read_bytes())
    data[len(data) // 2] ^= 0xFF
    inputs.files[0].write_bytes(bytes(data))


def short_row(inputs):
    inputs.rows[-1] = inputs.rows[-1][:20]
    inputs.write()


def everything_missing(inputs):
    for row in inputs.rows:
        row[9:] = [".|."] * N_PEOPLE
    inputs.write()


def site_twice(inputs):
    again = list(inputs.rows[0])
    again[9:] = again[:8:-1]
    inputs.rows.insert(1, again)
    inputs.write()


def other_build(inputs):
    inputs.header = HEADER.replace("159345973", "159138663")
    inputs.write()


def mixed_contigs(inputs):
    second = inputs.folder / "b.vcf"
    second.write_text(inputs.files[0].read_text().replace("chr7", "7"))
    inputs.files.append(second)


def second_file(change):
    def breaks(inputs):
        second = inputs.folder / "b.vcf"
        second.write_text(inputs.files[0].read_text().replace(*change))
        inputs.files.append(second)

    return breaks


def setting(**values):
    return lambda inputs: inputs.settings.update(values)


def option(name, value):
    return lambda inputs: inputs.options.update({name: value})


def few_people(inputs):
    inputs.samples = inputs.samples[:12]
    inputs.rows = [row[:21] for row in inputs.rows]
    inputs.write()


def monomorphic(inputs):
    for row in inputs.rows:
        row[9:] = ["0|0"] * N_PEOPLE
    inputs.write()


def few_sites(inputs):
    inputs.rows = inputs.rows[:6]
    inputs.write()


def table(change):
    def breaks(inputs):
        inputs.people = change(inputs.people)
        inputs.write()

    return breaks


def relabelled(frame, row, column, value):
    frame.loc[row, column] = value
    return frame


def hapt(change):
    def breaks(inputs):
        inputs.hapt()
        change(inputs)

    return breaks


def truncated_xz(inputs):
    inputs.hapt()
    inputs.files = [inputs.folder / "a.hapt.xz"]
    inputs.files[0].write_bytes(lzma.compress((inputs.folder / "a.hapt").read_bytes())[:-40])


def impute(change):
    def breaks(inputs):
        inputs.impute()
        change(inputs)

    return breaks


def pgen(change):
    def breaks(inputs):
        inputs.pgen()
        change(inputs)

    return breaks


def unphased_pgen(inputs, missing=False):
    codes = COHORT.alleles.T.astype(np.int32)
    if missing:
        codes[3, :4] = -9
    with pgenlib.PgenWriter(
        str(inputs.files[0]).encode(), N_PEOPLE, variant_ct=N_SITES, nonref_flags=False, hardcall_phase_present=missing
    ) as writer:
        for row in codes:
            writer.append_alleles(np.ascontiguousarray(row), all_phased=missing)


def lines(change):
    """Return a change of a text by its lines."""
    return lambda text: "\n".join(change(text.splitlines())) + "\n"


BROKEN: dict[str, tuple[Callable[[Inputs], object], str]] = {
    # The file as a whole
    "missing file": (lambda i: i.files[0].unlink(), r"a\.vcf.*(not found|no such file)|file not found"),
    "empty file": (content(b""), r"not a VCF: it does not begin with"),
    "not a VCF": (content(b"sample genotype\nA 0|1\n"), r"not a VCF: it does not begin with"),
    "UTF-16": (lambda i: i.files[0].write_text(i.files[0].read_text(), encoding="utf-16"), r"not a VCF"),
    "truncated bgzip": (truncated_bgzip, r"truncated.*Download or create it again"),
    "truncated gzip": (truncated_gzip, r"truncated or damaged.*[Dd]ownload or create it again"),
    "truncated BCF": (truncated_bcf, r"truncated.*Download or create it again"),
    "damaged gzip": (damaged_gzip, r"truncated or damaged.*[Dd]ownload or create it again"),
    "truncated xz": (lambda i: packed(i, lambda text: lzma.compress(text)[:-40], "a.vcf.xz"), r"truncated or damaged"),
    # Its header
    "no line with the samples": (
        lambda i: edited(i.files[0], lines(lambda all: [line for line in all if not line.startswith("#CHROM")])),
        r"no tab-separated line #CHROM",
    ),
    "spaces for tabs": (lambda i: edited(i.files[0], lambda t: t.replace("\t", " ")), r"no tab-separated line #CHROM"),
    "a list of sites": (no_samples, r"has no samples: genotypes of individuals are needed"),
    "a sample twice": (sample_twice, r"1 sample name twice, first in sample column 4\. Rename or remove"),
    "contig lengths of another build": (other_build, r"is not GRCh38.*Check the build of the cohort"),
    # Its rows
    "a row that breaks off": (short_row, r"truncated or damaged"),
    "a position that is no number": (lambda i: i.swap_rows(1, "here", slice(5, 6)), r"truncated or damaged|damaged"),
    "no genotypes": (lambda i: i.swap_rows(8, "DP"), r"no genotypes|truncated or damaged"),
    "unphased": (lambda i: i.genotype("0/1"), r"1 unphased genotype, first in a\.vcf chr7:1002000, sample column 3"),
    "missing": (lambda i: i.genotype(".|."), r"1 missing genotype, first in a\.vcf chr7:1002000, sample column 3"),
    "half missing": (lambda i: i.genotype("0|."), r"1 half-called genotype.*Write these genotypes as missing"),
    "everything missing": (everything_missing, r"1,200 missing genotypes, first in a\.vcf chr7:1000000"),
    "haploid": (lambda i: i.genotype("1"), r"1 non-diploid genotype.*Only diploid"),
    "triploid": (lambda i: i.genotype("0|1|1"), r"non-diploid genotype.*Only diploid"),
    "an allele that the row lacks": (lambda i: i.genotype("0|3"), r"impossible genotype.*the file is damaged"),
    "all sites with two ALT alleles": (lambda i: i.swap_rows(4, "G,T"), r"no biallelic SNP among 30 rows"),
    "all sites insertions": (lambda i: i.swap_rows(4, "GTT"), r"no biallelic SNP among 30 rows"),
    "a site twice": (site_twice, r"1 site listed twice with different genotypes, first chr7:1000000 A>C"),
    "beyond the end of the contig": (
        lambda i: i.swap_rows(1, "159345974", slice(29, 30)),
        r"position 159345974 lies beyond the end of contig chr7 in GRCh38",
    ),
    "rows on no contig": (lambda i: edited(i.files[0], lambda t: t.replace("\nchr7\t", "\n0\t")), r"without a contig"),
    # Several files
    "chr7 and 7": (mixed_contigs, r"in two ways, such as 7 and chr7\. Rename"),
    "other samples in the second file": (second_file(("SECRET05", "SECRET77")), r"1 are missing, 1 are new"),
    "another order in the second file": (
        second_file(("SECRET05\tSECRET06", "SECRET06\tSECRET05")),
        r"in a different order\. Use the same order",
    ),
    # What the configuration asks for
    "contig without chr in the region": (setting(region="7:1-2000000"), r"Write chr7:1-2000000"),
    "region without sites": (setting(region="chr7:5-9"), r"contains no site.*Check the positions and the build"),
    "one of several regions without sites": (
        setting(region=["chr7:1,000,000-1,014,000", "chr7:5-9"]),
        r"region chr7:5-9 contains no site.*Check the positions and the build",
    ),
    "one of several regions on a contig that the file lacks": (
        setting(region=["chr7:1-2000000", "chr10:1-99"]),
        r"region chr10:1-99: the files have no contig chr10, only chr7",
    ),
    "regions that overlap": (
        setting(region=["chr7:1005000-1014000", "chr7:1000000-1005000"]),
        r"regions chr7:1000000-1005000 and chr7:1005000-1014000 overlap\. Merge them",
    ),
    "regions with and without chr": (
        setting(region=["chr7:1000000-1014000", "8:1-99"]),
        r"name contigs in two ways, with and without chr\. Write all of them as in the cohort's files",
    ),
    "a region of which sites_max leaves nothing": (
        setting(region=["chr7:1000000-1005000", "chr7:1010000-1014000"], sites_max=10),
        r"region chr7:1010000-1014000 has none of the 10 sites used.*beyond sites_max",
    ),
    "contig that the file lacks": (setting(region="chr8:1-99"), r"no contig chr8, only chr7"),
    "population that nobody has": (
        setting(people={"population": ["ZZZ"]}),
        r"no individual has population ZZZ\. Write one of AAA",
    ),
    "nobody left for the panel": (setting(public=True), r"leave none for the public panel"),
    "too few people": (few_people, r"9 train, 2 test individuals are too few to compare: at least 10 train, 5 test"),
    "all monomorphic": (monomorphic, r"all 30 sites are monomorphic.*Use another region or more individuals"),
    "too few sites": (few_sites, r"6 sites are left, but at least 10 are needed"),
    "all sites too rare": (setting(maf_min=0.5), r"sites are left, but at least 10 are needed.*lower maf_min"),
    # The table of people
    "a spreadsheet": (
        lambda i: i.options.update(people=(i.folder / "people.tsv").rename(i.folder / "people.xlsx")),
        r"people\.xlsx is a spreadsheet\. Save it as text",
    ),
    "empty table": (lambda i: (i.folder / "people.tsv").write_text(""), r"people\.tsv is empty\. Write one row"),
    "table without rows": (table(lambda t: t[:0]), r"lists no individuals"),
    "no column population": (table(lambda t: t.rename(columns={"population": "town"})), r"no column population"),
    "an empty cell": (table(lambda t: relabelled(t, 3, "population", "")), r"1 individual without population.*line 5"),
    "a person twice": (table(lambda t: relabelled(t, 3, "sample", "SECRET02")), r"1 sample listed twice.*line 5"),
    "a label with a slash": (table(lambda t: relabelled(t, 3, "population", "A/B")), r"is not a valid label"),
    "other names": (table(lambda t: t.assign(sample="x" + t["sample"])), r"40 of 40 samples have no label.*names"),
    "people not in the table": (table(lambda t: t[:35]), r"5 of 40 samples have no label.*people_without_labels"),
    # .hapt
    "a short line of a .hapt": (hapt(lambda i: edited(i.files[0], lambda t: t[:-5] + "\n")), r"line 80: 28 alleles"),
    "an allele 2": (hapt(lambda i: edited(i.files[0], lambda t: t[:-2] + "2\n")), r"line 80: alleles must be 0 or 1"),
    "an odd number of haplotypes": (
        hapt(lambda i: edited(i.files[0], lines(lambda all: all[:-1]))),
        r"79 haplotypes: two lines are needed",
    ),
    "a truncated .hapt.xz": (truncated_xz, r"truncated or damaged"),
    "no legend": (hapt(lambda i: edited(i.options["legend"], lambda t: "x" + t)), r"is not a legend"),
    "legend ids without contigs": (
        hapt(lambda i: edited(i.options["legend"], lambda t: t.replace("chr7:", "rs"))),
        r"expected an id like",
    ),
    # IMPUTE
    "hap and legend do not agree": (
        impute(lambda i: edited(i.files[0], lines(lambda all: all[:-1]))),
        r"29 lines \(one per site\), but .* has 30 sites",
    ),
    "hap and samples do not agree": (
        impute(lambda i: edited(i.options["samples"], lines(lambda all: all[:-1]))),
        r"80 columns \(two per individual\), but .* names 39 individuals",
    ),
    "a name twice in the samples": (
        impute(lambda i: edited(i.options["samples"], lambda t: t.replace("SECRET05", "SECRET06"))),
        r"names 1 individual twice",
    ),
    # PLINK 2
    "no .pvar": (pgen(lambda i: (i.folder / "a.pvar").unlink()), r"has no a\.pvar next to it"),
    "a .pvar.zst": (
        pgen(lambda i: (i.folder / "a.pvar").rename(i.folder / "a.pvar.zst")),
        r"compressed with Zstandard.*plink2 --zst-decompress",
    ),
    "truncated .pgen": (pgen(lambda i: cut(i.files[0])), r"a\.pgen cannot be read.*belong together"),
    "a .psam of other people": (
        pgen(lambda i: edited(i.folder / "a.psam", lines(lambda all: all[:-1]))),
        r"a\.pgen cannot be read.*belong together",
    ),
    "unphased .pgen": (pgen(unphased_pgen), r"unphased genotypes, first at chr7:1000000.*Phase"),
    "missing in a .pgen": (pgen(lambda i: unphased_pgen(i, True)), r"2 missing genotypes, first at chr7:1001500"),
}


def prepare(inputs: Inputs, monkeypatch: pytest.MonkeyPatch) -> int:
    """Run prepare.py in this process; return its exit code."""
    monkeypatch.setattr(sys, "argv", ["prepare.py", *inputs.arguments()])
    script = runpy.run_path(str(PREPARE))
    try:
        program.run(script["main"])
    except SystemExit as ended:
        return ended.code
    return 0


@pytest.mark.parametrize("make", ["vcf", "hapt", "impute", "pgen"])
def test_sound_inputs_are_prepared(make, tmp_path, monkeypatch):
    inputs = Inputs(tmp_path)
    if make != "vcf":
        getattr(inputs, make)()
    assert prepare(inputs, monkeypatch) == 0
    prepared = load_haplotypes(inputs.out / "h.vcz.zip")
    assert np.array_equal(prepared.alleles, COHORT.alleles)
    assert (prepared.people == COHORT.people).all(axis=None)


@pytest.mark.parametrize("kind", BROKEN)
def test_broken_input_ends_in_one_line(kind, tmp_path, monkeypatch, capfd):
    inputs = Inputs(tmp_path)
    breaks, message = BROKEN[kind]
    breaks(inputs)
    assert prepare(inputs, monkeypatch) == 2
    printed = capfd.readouterr()
    told = [line for line in printed.err.splitlines() if line.startswith("error: ")]
    assert len(told) == 1
    assert re.search(message, told[0]), told[0]
    assert "Traceback" not in printed.err
    # People are counted, not named; the names of private files are those of the user's own command.
    assert "SECRET" not in printed.err
    assert not list(inputs.out.glob("*")) + list(inputs.out.glob(".*"))


def test_the_check_tells_all_problems_at_once(tmp_path, monkeypatch):
    inputs = Inputs(tmp_path)
    monkeypatch.chdir(tmp_path)
    inputs.genotype("0/1")
    other_build(inputs)
    table(lambda t: t[:35])(inputs)
    (tmp_path / "empty.vcf").write_text("")
    (tmp_path / "map.txt").write_text("1 . 0 100\n1 . 1 200\n")
    config = {
        "seeds": [1],
        "device": "cpu",
        "cohorts": {
            "mine": {"vcf": ["a.vcf"], "people": "people.tsv", "build": "GRCh38", "private": True},
            "none": {"vcf": ["empty.vcf"], "people": "people.tsv", "build": "GRCh38", "private": False},
        },
        "datasets": ["mine", "broken"],
        "dataset_params": {
            "mine": {"cohort": "mine", **SETTINGS, "public": True, "people": {"population": ["AAA"]}},
            "broken": {"cohort": "none", **SETTINGS},
        },
        "split": SPLIT | {"test": 0.3},
        "models": ["bernoulli"],
        "model_params": {"bernoulli": {"kind": "bernoulli"}},
        "generate": {"n": None},
        "compare": {"pca_axes": 20, "individuals_max": None},
        "scan": {
            "datasets": ["mine"],
            "genetic_map": "map.txt",
            "statistics": ["xpehh"],
            "xpehh_reference": "YRI",
            "ancestral": None,
            "genes": None,
            "maf_min": 0.01,
            "ihs_maf_min": 0.05,
            "window_sites": 10,
            "haplotype_window_sites": 10,
        },
        "imputation": {"datasets": [], "genetic_map": None},
        "latent": {"datasets": ["mine"], "conditional": None, "masked_datasets": []},
    }
    found = survey(Configuration(config, ROOT))
    problems = found.loc[found["topic"] == PROBLEM, ["dataset", "value"]].agg(": ".join, axis=1).tolist()
    wanted = [
        "mine: .*is not GRCh38",
        "mine: 1 unphased genotype",
        "mine: 5 of 40 samples have no label",
        "mine: genetic map map.txt has no map of contig 7",
        r"mine: 30 sites and \d+ haplotypes are too few for compare.pca_axes 20",
        "mine: no individual of the public panel has the population label 'YRI'. Known labels: BBB",
        "mine: there is nothing to predict: two superpopulations need at least 3 training or validation individuals",
        "broken: empty.vcf is not a VCF",
    ]
    assert len(problems) == len(wanted), problems
    for problem, pattern in zip(problems, wanted, strict=True):
        assert re.match(pattern, problem), problem
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.vcf", "empty.vcf", "map.txt", "people.tsv"]


FUZZER = """
import sys
from pathlib import Path
from artificial_genomes.core.errors import UserError
from artificial_genomes.io.vcf import read_vcf

for path in sorted(Path(sys.argv[1]).iterdir()):
    print(path.name, flush=True)
    try:
        read_vcf([path], build="GRCh38")
    except UserError as error:
        assert str(error).strip()
"""


@pytest.mark.integration
def test_no_damage_of_header_or_length_ends_in_a_traceback(tmp_path):
    inputs = Inputs(tmp_path)
    vcf = inputs.files[0].read_bytes()
    bgzip, bcf = tmp_path / "a.vcf.gz", tmp_path / "a.bcf"
    pysam.tabix_compress(str(inputs.files[0]), str(bgzip), force=True)
    pysam.bcftools.view("-Ob", "-o", str(bcf), str(inputs.files[0]), catch_stdout=False)
    rng = np.random.default_rng(5)
    damaged = tmp_path / "damaged"
    damaged.mkdir()
    header_bytes = vcf.index(b"\nchr7\t")
    for number in range(150):
        data = bytearray(vcf)
        for place in rng.integers(header_bytes, size=rng.integers(1, 6)):
            match rng.integers(4):
                case 0:
                    data[place] = rng.integers(256)
                case 1:
                    del data[place]
                case 2:
                    data[place:place] = bytes(rng.integers(256, size=4).tolist())
                case _:
                    data[place : place + 20] = b"\n"
        (damaged / f"header{number:03d}.vcf").write_bytes(bytes(data))
    for source in (inputs.files[0], bgzip, bcf):
        whole = source.read_bytes()
        for length in np.linspace(0, len(whole) - 1, 60).astype(int):
            (damaged / f"cut{length:06d}{''.join(source.suffixes)}").write_bytes(whole[:length])
        for number in range(30):
            data = bytearray(whole)
            data[rng.integers(len(data))] ^= 1 << rng.integers(8)
            (damaged / f"flip{number:03d}{''.join(source.suffixes)}").write_bytes(bytes(data))
    script = tmp_path / "fuzzer.py"
    script.write_text(FUZZER)
    environment = {"PYTHONPATH": ":".join([str(ROOT / "workflow" / "scripts"), *sys.path])}
    run = subprocess.run(
        [sys.executable, script, damaged],
        capture_output=True,
        text=True,
        errors="replace",
        env=environment,
        timeout=120,
    )
    assert run.returncode == 0, f"{run.stdout.splitlines()[-1]}: {run.stderr[-2000:]}"
    assert len(run.stdout.splitlines()) == 150 + 3 * 90
