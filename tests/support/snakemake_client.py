"""A `python` that asks `snakemake_server.py` for a fork, where it is called for a script or for Snakemake."""

import json
import os
import socket
import sys

address, *arguments = sys.argv[1:]
if not (arguments[0].endswith(".py") or arguments[:2] == ["-m", "snakemake"]):
    os.execv(sys.executable, [sys.executable, *arguments])
umask = os.umask(0)
wanted = {"arguments": arguments, "folder": os.getcwd(), "environment": dict(os.environ), "umask": umask}
with socket.socket(socket.AF_UNIX) as server:
    server.connect(address)
    socket.send_fds(server, [b" "], [0, 1, 2])
    server.sendall(json.dumps(wanted).encode())
    server.shutdown(socket.SHUT_WR)
    code = int(server.recv(10) or 1)
sys.exit(code if code >= 0 else 128 - code)
