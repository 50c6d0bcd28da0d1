"""Configuration files that Snakemake reads, and the workflow refuses: with the file and the line, in one line."""

import re
import warnings
from pathlib import Path

import pytest
from ruamel.yaml import YAML, YAMLError
from snakemake.common.configfile import load_configfile
from snakemake.utils import update_config

from artificial_genomes.config.checks import find_problems
from artificial_genomes.config.files import NODES_MAX, check_configuration_files
from artificial_genomes.core.errors import UserError
from fuzz import BYTE_CHANGES, LINE_CHANGES, Format, UnreadableError, fuzz, on
from helpers import ROOT


def told(path: Path, content: str | bytes) -> str:
    """Return what the check tells of a file."""
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(UserError) as error:
        check_configuration_files([path])
    return str(error.value).removeprefix(str(path))


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "mine.yaml"


def test_the_files_of_the_workflow_and_its_tests_pass():
    files = [*(ROOT / "config").rglob("*.yaml"), *(ROOT / "bench").glob("*.yaml")]
    assert len(files) > 5
    check_configuration_files(files)


@pytest.mark.parametrize(
    "content",
    ["run: x\r\nseeds: [1]\r\n", "\ufeffrun: x\n", '{\n\t"run": "x"\n}', "a: &a {b: 1}\nc: {<<: *a, b: 2}\n", "1: 2\n"],
)
def test_what_is_no_fault_passes(path, content):
    path.write_text(content, encoding="utf-8", newline="")
    check_configuration_files([path])


@pytest.mark.parametrize(
    ("content", "line", "key", "first"),
    [
        ("run: x\nmodels: [rbm]\nmodels: [markov]\n", 3, "models", 1 + 1),
        ("scan:\n  threads: 1\n  # a remark\n  threads: 2\n", 4, "threads", 2),
        ("a: [{b: 1,\n     b: 2}]\n", 2, "b", 1),
        ("yes: 1\ntrue: 2\n", 2, "true", 1),
        ("a: &a {b: 1}\nc:\n  <<: *a\n  <<: *a\n", 4, "<<", 3),
        ('{"a": {"b": 1,\n\t"b": 2}}', 2, "b", 1),
    ],
)
def test_a_key_given_twice_is_refused_with_both_lines(path, content, line, key, first):
    expected = f", line {line}: the key '{key}' was given before, in line {first}. Keep one of the two."
    assert told(path, content) == expected


def test_every_file_is_read_not_only_the_last(path, tmp_path):
    path.write_text("a: 1\na: 2\n")
    (tmp_path / "other.yaml").write_text("a: 1\n")
    with pytest.raises(UserError, match=r"mine\.yaml, line 2"):
        check_configuration_files([path, tmp_path / "other.yaml"])


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("run: x\n\tseeds: [1]\n", ", line 2: found character '\\t'"),
        ("run: x\nseeds: [1\n", ", line 3: expected ',' or ']'"),
        ('run: "x\n', ", line 2: found unexpected end of stream"),
        ("run: *nothing\n", ", line 1: found undefined alias"),
        ("run: x\n---\nrun: y\n", ", line 2: but found another document"),
        ("run: !!python/object/apply:os.system [true]\n", ", line 1: could not determine a constructor"),
        ("? [a, b]\n: 1\n", ", line 1: a key is a list"),
        ("# a remark\nrun: Münch\n".encode("latin-1"), ", line 2: not text in UTF-8. Save the file as UTF-8."),
        ("run: x\n".encode("utf-16"), ", line 1: not text in UTF-8"),
        (b"run: x\0\n", " is not valid YAML (unacceptable character #x0000"),
        ("", " has no keys with values"),
        ("- run\n", " has no keys with values"),
        ("day: 2026-13-45\n", " is not valid YAML (month must be in 1..12"),
        ("seeds: [" + 5000 * "9" + "]\n", " is not valid YAML (Exceeds the limit"),
        ("a: " + 600 * "[" + 600 * "]", " is not valid YAML (maximum recursion depth"),
    ],
)
def test_what_is_no_configuration_is_refused_with_its_place(path, content, text):
    assert told(path, content).startswith(text)


@pytest.mark.parametrize("content", ["run: x\nmodels: &a [rbm, *a]\n", "run: x\nscan: &a {b: {c: *a}}\n"])
def test_a_circle_of_aliases_is_refused(path, content):
    assert (
        told(path, content) == ", line 2: the value of the anchor contains itself through an alias. Remove the alias."
    )


@pytest.mark.parametrize(
    ("start", "item"),
    [("a0: &a0 [x]\n", "a{i}: &a{i} [{ten}]\n"), ("a0: &a0 {x: 1}\n", "a{i}: &a{i} {{k: [{ten}]}}\n")],
)
def test_a_flood_of_aliases_is_refused_at_once(path, start, item):
    lines = (item.format(i=i, ten=", ".join(10 * [f"*a{i - 1}"])) for i in range(1, 30))
    assert f"its aliases expand to more than {NODES_MAX:,} values" in told(path, start + "".join(lines))


def test_folders_and_missing_files_are_named(tmp_path):
    with pytest.raises(UserError, match="is a folder, not a configuration file"):
        check_configuration_files([tmp_path])
    with pytest.raises(UserError, match=r"the configuration file .*nothing\.yaml does not exist"):
        check_configuration_files([tmp_path / "nothing.yaml"])


def read(folder: Path) -> str:
    """Return what Snakemake reads of a file that the check accepts."""
    check_configuration_files([folder / "mine.yaml"])
    return repr(plain(load_configfile(folder / "mine.yaml")))


def read_by_ruamel(folder: Path) -> str:
    """Return what another reader of YAML finds, one that refuses keys given twice."""
    reader = YAML(typ="safe", pure=True)
    reader.version = (1, 1)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what is a fault is an error
            found = reader.load(folder / "mine.yaml")
    except (YAMLError, ValueError, TypeError, RecursionError) as error:
        raise UnreadableError(str(error)) from error
    if not isinstance(found, dict):
        raise UnreadableError("no keys")
    return repr(plain(found))


def plain(value: object) -> object:
    if isinstance(value, dict):
        return {key: plain(part) for key, part in value.items()}
    if isinstance(value, str) and re.fullmatch(r"[-+]?\d+e[-+]?\d+", value, re.IGNORECASE):
        return float(value)  # text in YAML 1.1, which the check of the configuration makes a number
    return [plain(part) for part in value] if isinstance(value, list) else value


def test_mutated_configurations_are_read_as_another_reader_reads_them(mutations, tmp_path):
    text = (ROOT / "config" / "examples" / "my_cohort.yaml").read_bytes()
    text += b"more: &more {a: 1, b: [x, 'y', \"z\"], c: null, d: 1.5, e: 1e-3}\nagain: {<<: *more, a: no}\n"
    changes = [on("mine.yaml", change) for change in BYTE_CHANGES + LINE_CHANGES]
    counts = fuzz(Format({"mine.yaml": text}, changes, read, read_by_ruamel), mutations, tmp_path)
    assert counts["read"] > mutations / 10
    assert counts["refused"] > mutations / 10


def read_and_checked(folder: Path) -> str:
    """Return what Snakemake reads of a file, if the whole configuration with it has no known mistake."""
    found = read(folder)
    config = load_configfile(ROOT / "config" / "config.yaml")
    update_config(config, load_configfile(folder / "mine.yaml"))
    problems = find_problems(config, ROOT)
    if problems:
        raise UserError("; ".join(text for _, text in problems))
    return found


def test_mutated_configurations_end_in_no_traceback_of_the_checks(mutations, tmp_path):
    text = (ROOT / "config" / "test.yaml").read_bytes()
    changes = [on("mine.yaml", change) for change in BYTE_CHANGES + LINE_CHANGES]
    counts = fuzz(Format({"mine.yaml": text}, changes, read_and_checked, read_by_ruamel), mutations, tmp_path)
    assert counts["refused"] > mutations / 10
