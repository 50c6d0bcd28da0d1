import hashlib
import shutil
import subprocess
from importlib import metadata
from pathlib import Path

import pandas as pd
import pytest

from artificial_genomes.config.cohort_files import files_of_cohort
from artificial_genomes.report.provenance import (
    HIDDEN,
    git_state,
    hide_private,
    input_checksums,
    merge_benchmarks,
    output_checksums,
    software_versions,
)


def config(folder):
    return {
        "run": "x",
        "cohorts": {
            "open": {"vcf": [f"{folder}/a.vcf"], "people": f"{folder}/p.tsv", "private": False},
            "closed": {
                "vcf": [f"{folder}/b.vcf", f"{folder}/c.vcf"],
                "people": f"{folder}/q.tsv",
                "build": "GRCh37",
                "private": True,
            },
            "haps": {"hapt": f"{folder}/h.hapt", "legend": f"{folder}/h.legend", "people": "z", "private": True},
        },
        "dataset_params": {"ours": {"cohort": "open"}, "theirs": {"cohort": "closed"}},
        "model_params": {
            "markov": {"kind": "markov"},
            "brought": {
                "kind": "external",
                "genomes": {"ours": f"{folder}/d.vcf", "theirs": f"{folder}/e.vcf"},
                "trained_on": {"theirs": f"{folder}/names.txt"},
            },
        },
    }


def test_file_names_of_private_cohorts_are_hidden_and_nothing_else():
    given = config("/data")
    shown = hide_private(given)
    assert shown["cohorts"]["open"] == given["cohorts"]["open"]
    assert shown["cohorts"]["closed"] == {
        "vcf": ["(private)", "(private)"],
        "people": "(private)",
        "build": "GRCh37",
        "private": True,
    }
    assert "/data" not in str(shown["cohorts"]["haps"])
    assert shown["model_params"]["brought"] == {
        "kind": "external",
        "genomes": {"ours": "/data/d.vcf", "theirs": "(private)"},
        "trained_on": {"theirs": "(private)"},
    }
    assert given == config("/data")  # the configuration itself stays as it was


def test_files_of_own_models_are_hidden_in_a_run_with_a_private_cohort(tmp_path):
    module = tmp_path / "mine.py"
    module.write_text("x = 1")
    for private in (True, False):
        given = config("/data")
        given["model_params"]["mine"] = {"kind": "custom", "module": str(module), "settings": {"table": "/data/t.tsv"}}
        for cohort in given["cohorts"].values():
            cohort["private"] = private
        shown = hide_private(given)["model_params"]["mine"]
        assert ("mine.py" in str(shown), "t.tsv" in str(shown)) == (not private, not private)
        assert input_checksums(given, [str(module)])["file"].tolist() == ["(private)" if private else str(module)]


def test_checksums_are_sha256_and_name_the_cohort(tmp_path):
    names = ["a.vcf", "b.vcf", "d.vcf", "e.vcf"]
    for name in names:
        (tmp_path / name).write_text(f"content of {name}")
    table = input_checksums(config(tmp_path), [f"{tmp_path}/{name}" for name in names])
    assert list(table["cohort"]) == ["open", "closed", "open", "closed"]
    assert list(table["file"]) == [f"{tmp_path}/a.vcf", "(private)", f"{tmp_path}/d.vcf", "(private)"]
    assert list(table["bytes"]) == [16, 16, 16, 16]
    assert table["sha256"][0] == hashlib.sha256(b"content of a.vcf").hexdigest()


def test_checksums_of_results_name_them_as_seen_from_the_run(tmp_path):
    (tmp_path / "figures").mkdir()
    (tmp_path / "figures" / "a.tsv").write_text("x\n1\n")
    (row,) = output_checksums([tmp_path / "figures" / "a.tsv"], tmp_path).to_dict("records")
    assert row == {"file": "figures/a.tsv", "bytes": 4, "sha256": hashlib.sha256(b"x\n1\n").hexdigest()}


def test_versions_are_those_of_this_environment_or_the_pinned_ones(tmp_path):
    project = tmp_path / "pyproject.toml"
    project.write_text(
        '[project]\nname = "thing"\nversion = "3.2"\n'
        'dependencies = ["numpy==0.0.1", "not-installed-here==7.5", "also-not==1 ; sys_platform == \'win32\'"]\n'
    )
    table = software_versions(project).set_index("name")
    assert table.loc["thing", "version"] == "3.2"
    assert list(table.loc["numpy"]) == [metadata.version("numpy"), "installed"]
    assert list(table.loc["not-installed-here"]) == ["7.5", "pinned"]
    assert "also-not" not in table.index


@pytest.mark.integration
@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_git_tells_commit_and_changes(tmp_path):
    def git(*arguments):
        identity = ["-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "commit.gpgsign=false"]
        done = subprocess.run(
            ["git", "-C", str(tmp_path), *identity, *arguments], check=True, capture_output=True, text=True
        )
        return done.stdout.strip()

    git("init", "--quiet")
    (tmp_path / "file").write_text("1")
    git("add", "file")
    git("commit", "--quiet", "--no-verify", "-m", "first")
    state = git_state(tmp_path).set_index("key")["value"]
    assert state["commit"] == git("rev-parse", "HEAD")
    assert state["uncommitted changes"] == "no"
    (tmp_path / "file").write_text("2")
    assert git_state(tmp_path).set_index("key")["value"]["uncommitted changes"] == "yes"


@pytest.mark.integration
def test_without_git_the_state_is_unknown(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert set(git_state(tmp_path)["value"]) == {"unknown"}


def test_benchmarks_are_summed_by_rule(tmp_path):
    def write(path, seconds, megabytes):
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        cpu = "-" if megabytes == "-" else seconds / 2
        file.write_text(f"s\th:m:s\tmax_rss\tcpu_time\n{seconds}\t0:00:01\t{megabytes}\t{cpu}\n")

    write("train/dense/gan/seed1.tsv", 10, 300)
    write("train/dense/rbm/seed1.tsv", 30, 200)
    write("scorecard.tsv", 1, "-")
    table = merge_benchmarks(tmp_path)
    assert table["rule"].tolist() == ["train", "scorecard"]
    assert table.loc[0].tolist() == ["train", 2, 40, 20, 300]
    assert pd.isna(table.loc[1, "peak_mb"])
    assert table.loc[1, "cpu_seconds"] == 0
    assert merge_benchmarks(tmp_path / "none").empty


def test_what_lies_beside_a_private_plink_file_is_hidden_too(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    cohort = {"pgen": "secret.pgen", "people": "people.tsv", "private": True}
    for name in ("secret.pgen", "secret.pvar", "secret.psam", "people.tsv", "map.txt"):
        Path(name).write_text(name)
    files = [*files_of_cohort(cohort), "map.txt"]
    assert files == ["secret.pgen", "people.tsv", "secret.pvar", "secret.psam", "map.txt"]
    table = input_checksums({"cohorts": {"mine": cohort}}, files)
    assert table["file"].tolist() == [HIDDEN] * 4 + ["map.txt"]
    assert table["cohort"].tolist() == ["mine"] * 4 + [""]
