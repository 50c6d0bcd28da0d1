"""What rules ask for, and the table that compares it with what they used."""

import re
from pathlib import Path

import pytest

from bench.resources import by_rule, markdown, over_request, read_benchmarks
from helpers import ROOT, directives, local_rules, rules, rules_text
from plan_helpers import DEMO_JOBS

HEADER = "s\tmax_rss\tcpu_time\trule_name\twildcards\tthreads\tresources\n"


def write(folder: Path, name: str, rule: str, seconds, peak, cpu, threads: int, mem_mb: int, runtime: int) -> None:
    folder.mkdir(exist_ok=True)
    wildcards = {"run": "small", "model": "gan"}
    request = {"mem_mb": mem_mb, "runtime": runtime, "tmpdir": "/tmp"}
    (folder / f"{name}.tsv").write_text(
        HEADER + f"{seconds}\t{peak}\t{cpu}\t{rule}\t{wildcards}\t{threads}\t{request}\n"
    )


@pytest.fixture
def jobs(tmp_path):
    write(tmp_path / "small", "a", "fits", 100, 500, 100, 1, 1000, 10)
    write(tmp_path / "small", "b", "hungry", 10, 1100, 10, 1, 1000, 10)
    write(tmp_path / "small", "c", "slow", 700, 100, 700, 1, 1000, 10)
    write(tmp_path / "small", "d", "wide", 100, 100, 195, 1, 1000, 10)
    write(tmp_path / "small", "e", "wasteful", 10, 100, 10, 1, 4000, 10)
    # Too short to be measured.
    write(tmp_path / "small", "f", "fits", 0.1, "NA", "NA", 1, 1000, 10)
    write(tmp_path / "large", "g", "wasteful", 20, 900, 10, 1, 4000, 10)
    write(tmp_path / "large", "h", "train", 20, 3000, 40, 2, 4000, 10)
    return read_benchmarks([tmp_path / "small", tmp_path / "large"])


def test_jobs_over_their_request_are_found(jobs):
    assert set(over_request(jobs)["rule"]) == {"hungry", "slow", "wide"}


def test_rules_are_judged_by_the_job_that_came_nearest_to_its_request(jobs):
    table = by_rule(jobs).set_index(["rule", "run"])
    assert table["verdict"].to_dict() == {
        ("fits", "small"): "",
        ("hungry", "small"): "too small",
        ("slow", "small"): "too small",
        ("train gan", "large"): "",
        ("wasteful", "large"): "",
        ("wasteful", "small"): "large",
        ("wide", "small"): "",
    }
    assert table[["peak_mb", "longest_s", "jobs"]].loc[("fits", "small")].to_list() == [500, 100, 2]
    assert markdown(by_rule(jobs)).count("\n") == 8


def test_benchmarks_without_requests_are_refused(tmp_path):
    (tmp_path / "a.tsv").write_text("s\tmax_rss\n1\t2\n")
    with pytest.raises(SystemExit, match="--benchmark-extended"):
        read_benchmarks([tmp_path])


def test_every_rule_on_a_cluster_asks_for_more_with_each_attempt():
    constant = []
    for name, body in rules().items():
        asked = directives(body)["resources"]
        if re.search(r"^        \*\*requests\(.*\),$", asked, re.MULTILINE):
            continue
        for resource in ("mem_mb", "runtime"):
            (request,) = re.findall(rf"^        {resource}=(.*),$", asked, re.MULTILINE)
            if "* attempt" not in request and name not in local_rules():
                constant.append((name, resource))
    assert len(rules()) > 30
    assert constant == []
    (body,) = re.findall(r"^def requests\(.*?(?=^\S)", rules_text(), re.MULTILINE | re.DOTALL)
    growing = re.findall(r"return lambda wildcards.*", body)
    assert len(growing) == 3
    assert all(line.endswith(" * attempt") for line in growing)


def test_log_and_benchmark_of_a_rule_have_the_same_name():
    named = {
        name: (
            re.search(r'"logs/(.+)\.log"', parts["log"])[1],
            re.search(r'"benchmarks/(.+)\.tsv"', parts["benchmark"])[1],
        )
        for name, parts in ((name, directives(body)) for name, body in rules().items())
        if "benchmark" in parts
    }
    assert len(named) > 30
    assert {name for name, (log, benchmark) in named.items() if log != benchmark} == set()


def test_the_table_in_the_docs_has_every_rule_of_the_demo_and_no_verdict():
    rows = re.findall(
        r"^\| (\w+)(?: \w+)? \| (\w+) \| \d.*\|(.*)\|$", (ROOT / "docs" / "resources.md").read_text(), re.MULTILINE
    )
    measured = {name for name, body in rules().items() if "    benchmark:" in body}
    demo = {name for name, run, _ in rows if run == "demo" and not name.startswith("fig")}
    assert demo == DEMO_JOBS.keys() & measured
    assert {name for name, *_ in rows} <= measured
    assert {verdict.strip() for *_, verdict in rows} == {""}
