"""A stand-in for conda where none can be installed: py-rattler solves and installs, from channels in a local folder.

It is called as `conda` and answers what Snakemake asks. CONDA_SHIM_CHANNELS is the folder that holds `conda-forge` and
`bioconda`, CONDA_SHIM_PREFIX where conda would be installed.
"""

import argparse
import asyncio
import json
import os
import sys
from pathlib import Path

import yaml


def create(file: Path, prefix: Path) -> None:
    """Solve an environment and install it."""
    from rattler import Gateway, MatchSpec, install, solve
    from rattler.virtual_package import VirtualPackage

    environment = yaml.safe_load(file.read_text())
    channels = [(Path(os.environ["CONDA_SHIM_CHANNELS"]) / name).as_uri() for name in environment["channels"]]

    async def run() -> None:
        records = await solve(
            channels,
            [MatchSpec(dependency, strict=True) for dependency in environment["dependencies"]],
            gateway=Gateway(),
            platforms=["linux-64", "noarch"],
            virtual_packages=VirtualPackage.detect(),
        )
        await install(records, target_prefix=prefix, cache_dir=f"{os.environ['CONDA_SHIM_PREFIX']}/pkgs")

    asyncio.run(run())


def main(arguments: list[str]) -> None:
    prefix = os.environ["CONDA_SHIM_PREFIX"]
    match arguments:
        case ["--version"]:
            print("conda 26.7.0")
        case ["info", "--json"]:
            info = {"conda_prefix": prefix, "root_prefix": prefix, "platform": "linux-64", "conda_version": "26.7.0"}
            print(json.dumps(info))
        case ["config", *_]:
            print(json.dumps({"get": {"channel_priority": "strict"}}))
        case ["clean", *_]:
            pass
        case ["env", "create", *rest]:
            parser = argparse.ArgumentParser()
            parser.add_argument("--file", type=Path, required=True)
            parser.add_argument("--prefix", type=Path, required=True)
            known, _ = parser.parse_known_args(rest)
            create(known.file, known.prefix)
            # The threads of py-rattler outlive what was awaited, and now and then crash an interpreter that shuts down
            # (https://github.com/PyO3/pyo3-async-runtimes/issues/40).
            os._exit(0)
        case _:
            sys.exit(f"conda shim: unknown: {arguments}")


if __name__ == "__main__":
    main(sys.argv[1:])
