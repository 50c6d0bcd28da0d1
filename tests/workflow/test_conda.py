"""`--sdm conda`: environments are solved, installed, activated and isolated, as far as that goes without channels.

The packages are stubs of a local channel, so that theirs exist in conda-forge and bioconda is not tested.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from conda_helpers import dependencies, make_conda
from helpers import ROOT
from workflow_helpers import copy_workflow, snakemake, write_config

pytest.importorskip("rattler", reason="py-rattler, which stands in for conda, is not installed")

SDM = ["--sdm", "conda"]


@pytest.fixture(scope="module")
def workflow(tmp_path_factory) -> Path:
    """Return a copy of the workflow with a cohort."""
    folder = tmp_path_factory.mktemp("workflow")
    copy_workflow(folder)
    rbm = {"epochs": 4, "score_every": 2}
    write_config(folder / "small.yaml", rbm, ["fig4_distances"], models=["rbm"])
    return folder


@pytest.fixture(scope="module")
def conda(tmp_path_factory, workflow) -> dict[str, str]:
    """Return the process environment with a conda whose channels hold what the environments name."""
    return {**os.environ, **make_conda(tmp_path_factory.mktemp("conda"), dependencies(workflow / "envs"))}


def installed(folder: Path) -> list[set[tuple[str, str]]]:
    """Return name and version of the packages of each environment that was built."""
    prefixes = [path for path in (folder / ".snakemake" / "conda").iterdir() if path.is_dir()]
    return [{tuple(file.stem.rsplit("-", 2)[:2]) for file in prefix.glob("conda-meta/*.json")} for prefix in prefixes]


def test_every_environment_is_solved_and_installed(workflow, conda, tmp_path):
    # With the data set and tools that use them all, once for each device.
    everything = tmp_path / "all.yaml"
    everything.write_text("imputation: {tools: [beagle, minimac4, impute5, impute2], panels: [real]}\n")
    for device in ("cpu", "gpu"):
        create = ["--conda-create-envs-only", "--conda-prefix", workflow / ".snakemake" / "conda"]
        snakemake(workflow, *SDM, *create, "--config", f"device={device}", config=[everything], env=conda)
    wanted = dependencies(workflow / "envs")
    assert len(wanted) >= 9
    assert sorted(map(sorted, installed(workflow))) == sorted(sorted(packages.items()) for packages in wanted.values())


def test_every_rule_finds_all_it_needs_in_its_environment_alone(workflow, conda):
    run = snakemake(workflow, *SDM, env=conda)
    assert "Activating conda environment" in run.stdout + run.stderr
    assert (workflow / "results/small/report.html").exists()


def test_a_package_that_an_environment_lacks_is_missed(workflow, conda, tmp_path):
    folder = tmp_path / "workflow"
    shutil.copytree(workflow, folder, ignore=shutil.ignore_patterns(".snakemake", "results"))
    yaml_file = folder / "envs" / "popgen.yaml"
    yaml_file.write_text(yaml_file.read_text().replace("  - cyvcf2=", "  # - cyvcf2="))
    # Only the changed environment is built.
    prefix = ["--conda-prefix", workflow / ".snakemake" / "conda"]
    run = snakemake(folder, *SDM, *prefix, "--", "data", env=conda, check=False)
    assert run.returncode == 1
    assert "No module named 'cyvcf2' in this environment" in run.stdout + run.stderr


def test_the_recipe_of_the_container_is_up_to_date_and_in_style(conda):
    # As `make container` does it.
    run = snakemake(ROOT, *SDM, "--containerize", config=[], env=conda)
    recipe = ROOT / "envs" / "Dockerfile"
    wanted = re.sub(r"miniforge3:latest", re.search(r"miniforge3:[\d.-]+", recipe.read_text())[0], run.stdout)
    assert recipe.read_text() == wanted, "run `make container`"
    copied = set(re.findall(r"^COPY envs/([\w-]+)\.yaml", recipe.read_text(), re.MULTILINE))
    assert copied == set(dependencies(ROOT / "envs")) - {"tensorflow-gpu"}
    hadolint = shutil.which("hadolint", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
    if hadolint is None:
        pytest.skip("hadolint is not installed")
    lint = subprocess.run([hadolint, str(recipe)], capture_output=True, text=True)
    assert lint.returncode == 0, lint.stdout
