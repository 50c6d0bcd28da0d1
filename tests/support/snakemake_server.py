"""Snakemake for many commands, each in a fork of one process that has imported it: that takes most of a dry run.

Every line of the input asks for a command, as JSON; a line with its exit code answers.
"""

import json
import os
import signal
import sys

import smart_open  # noqa: F401
import snakemake.report  # noqa: F401
import yte  # noqa: F401
from snakemake.cli import main

SECONDS_MAX = 1200


def start(arguments: list[str], folder: str, environment: dict[str, str], output: str) -> None:
    """Be `python -m snakemake` in a folder; what it prints goes to `output` with .out and .err behind its name."""
    for number, name in enumerate((os.devnull, f"{output}.out", f"{output}.err")):
        os.dup2(os.open(name, os.O_RDWR | os.O_CREAT), number)
    signal.alarm(SECONDS_MAX)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    sys.path[0], sys.argv[1:] = folder, arguments
    main()


for line in sys.stdin:
    child = os.fork()
    if not child:
        start(**json.loads(line))
        sys.exit()
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
