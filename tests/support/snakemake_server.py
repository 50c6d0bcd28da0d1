"""Snakemake and the scripts of its jobs, each in a fork of one process that has imported what takes them long.

Imports take most of a dry run, and half of a small job. The argument is a folder: in it this process listens, and it
writes a `python` there that asks it for a fork. Jobs of Snakemake find that `python` too.
"""

import gc
import json
import os
import runpy
import shlex
import signal
import socket
import sys
from pathlib import Path

import allel  # noqa: F401
import cyvcf2  # noqa: F401
import pysam  # noqa: F401
import scipy.stats  # noqa: F401
import seaborn  # noqa: F401
import sklearn.linear_model  # noqa: F401
import smart_open  # noqa: F401
import snakemake.report  # noqa: F401
import yte  # noqa: F401
import zarr  # noqa: F401
from snakemake.cli import main

SECONDS_MAX = 1200
CLIENT = Path(__file__).with_name("snakemake_client.py")

folder, parent = Path(sys.argv[1]), os.getppid()
python = folder / "python"
listener = socket.socket(socket.AF_UNIX)
listener.bind(str(folder / "socket"))
listener.listen(100)
listener.settimeout(1)
python.write_text(f'#!/bin/sh\nexec {shlex.join([sys.executable, "-IS", str(CLIENT), str(folder / "socket")])} "$@"\n')
python.chmod(0o755)
print("ready", end="", flush=True)
os.dup2(sys.stdin.fileno(), sys.stdout.fileno())

# A fork that collected what it never uses would copy all of it.
gc.freeze()
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
while True:
    if os.getppid() != parent:
        sys.exit()
    try:
        connection, _ = listener.accept()
    except TimeoutError:
        continue
    if not os.fork():
        break
    connection.close()

signal.signal(signal.SIGCHLD, signal.SIG_DFL)
listener.close()
connection.setblocking(True)
_, files, _, _ = socket.recv_fds(connection, 1, 3)
wanted = json.load(connection.makefile())
child = os.fork()
if child:
    connection.sendall(b"%d" % os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    os._exit(0)

connection.close()
signal.alarm(SECONDS_MAX)
for number, file in enumerate(files):
    os.dup2(file, number)
    os.close(file)
os.umask(wanted["umask"])
os.chdir(wanted["folder"])
os.environ.clear()
os.environ.update(wanted["environment"])
program, *arguments = wanted["arguments"]
if program == "-m":
    sys.executable = str(python)
    sys.path[0], sys.argv[1:] = wanted["folder"], arguments[1:]
    main()
else:
    sys.path[0], sys.argv = str(Path(program).resolve().parent), [program, *arguments]
    runpy.run_path(program, run_name="__main__")
