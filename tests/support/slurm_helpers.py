"""A private SLURM cluster of several nodes on one machine, for tests; it needs no root and leaves the system alone."""

import contextlib
import getpass
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import ClassVar

PROFILE = [
    *("--workflow-profile", "profiles/slurm"),
    # What people need not notice, but tests need not wait for.
    *("--slurm-init-seconds-before-status-checks", "1", "--seconds-between-status-checks", "1", "--latency-wait", "10"),
]
"""Arguments of Snakemake."""
SQUEUE = ["--slurm-status-command", "squeue"]
"""Further ones, on a cluster without accounts."""

PROGRAMS = ["sbatch", "srun", "slurmctld", "slurmd", "munged"]
ACCOUNTING_PROGRAMS = ["slurmdbd", "mariadbd", "mariadb-install-db", "mariadb"]
SYSTEM_PATH = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"])
ACCOUNT = "genetics"
CPUS, MEMORY_MB = 8, 16000
"""What each node claims to have; the jobs of the tests need far less."""

SLURM_CONF = """\
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={control_port}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
# A job of a lost node waits until its credentials are void before it starts elsewhere.
AuthInfo=socket={folder}/munge.socket,cred_expire=15
StateSaveLocation={folder}/state
SlurmctldPidFile={folder}/slurmctld.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdPidFile={folder}/slurmd.%n.pid
SlurmdLogFile={folder}/slurmd.%n.log
SlurmdSpoolDir={folder}/spool.%n
SlurmdParameters=config_overrides
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
GresTypes=gpu
SelectType=select/cons_tres
# Jobs go where least is running, so that all nodes take part.
SelectTypeParameters=CR_Core_Memory,CR_LLN
SchedulerParameters=sched_interval=1,bf_interval=1,sched_min_interval=200000
ReturnToService=2
# The controller tells of jobs however long ago they ended.
MinJobAge=86400
# A node that is silent for so many seconds is lost.
SlurmdTimeout=10
KillWait=5
{accounting}
{nodes}
PartitionName=short Nodes=ALL Default=YES MaxTime=1-00:00:00 DefaultTime=1 State=UP
"""
WITHOUT_ACCOUNTING = "AccountingStorageType=accounting_storage/none\nJobAcctGatherType=jobacct_gather/none"
WITH_ACCOUNTING = """\
AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=localhost
AccountingStoragePort={database_port}
AccountingStoragePass={folder}/munge.socket
AccountingStoreFlags=job_comment
AccountingStorageEnforce=associations
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=1"""
SLURMDBD_CONF = """\
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
DbdHost=localhost
DbdPort={database_port}
SlurmUser={user}
PidFile={folder}/slurmdbd.pid
LogFile={folder}/slurmdbd.log
StorageType=accounting_storage/mysql
StorageHost=localhost
StorageUser=slurm
StoragePass=slurm
StorageLoc=slurm
"""
# Snakemake's job steps forget where the configuration is.
SRUN = '#!/bin/sh\nSLURM_CONF={folder}/slurm.conf exec {srun} "$@"\n'


def missing_programs(names: list[str]) -> list[str]:
    """Return the programs that are not installed."""
    return [name for name in names if not shutil.which(name, path=SYSTEM_PATH)]


def wait_until(true: Callable[[], bool], what: str, seconds: float = 60) -> None:
    """Wait until a condition holds."""
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds:.0f} s: {what}")
        time.sleep(0.1)


class Cluster:
    """A running cluster; `env` is the environment in which SLURM's commands, and Snakemake, use it.

    Parameters
    ----------
    folder
        Of everything that the cluster writes; its path should be short (sockets).
    nodes
        Number of nodes, n1, n2, ...
    accounting
        Whether a database keeps what jobs used; jobs must then name an account that exists.
    """

    def __init__(self, folder: Path, nodes: int, accounting: bool) -> None:
        self.folder = folder
        self.nodes = [f"n{number}" for number in range(1, nodes + 1)]
        self.accounting = accounting
        self.database: subprocess.Popen | None = None
        wrappers = folder / "bin"
        wrappers.mkdir(parents=True)
        self.env = {
            **os.environ,
            "SLURM_CONF": str(folder / "slurm.conf"),
            "PATH": f"{wrappers}{os.pathsep}{SYSTEM_PATH}",
        }
        (wrappers / "srun").write_text(SRUN.format(folder=folder, srun=shutil.which("srun", path=SYSTEM_PATH)))
        (wrappers / "srun").chmod(0o755)

    def start(self) -> None:
        """Start all daemons and wait until the nodes are idle."""
        ports = free_ports(2 + len(self.nodes))
        values = {
            "folder": self.folder,
            "host": socket.gethostname().split(".")[0],
            "user": getpass.getuser(),
            "control_port": ports[0],
            "database_port": ports[1],
        }
        (self.folder / "state").mkdir()
        self._start_munge()
        if self.accounting:
            self._start_database(values)
        accounting = WITH_ACCOUNTING.format(**values) if self.accounting else WITHOUT_ACCOUNTING
        nodes = [
            f"NodeName={node} NodeHostname={values['host']} NodeAddr=127.0.0.1 Port={port}"
            f" CPUs={CPUS} RealMemory={MEMORY_MB} Gres=gpu:1 State=UNKNOWN"
            for node, port in zip(self.nodes, ports[2:], strict=True)
        ]
        conf = SLURM_CONF.format(accounting=accounting, nodes="\n".join(nodes), **values)
        (self.folder / "slurm.conf").write_text(conf)
        # GPUs that exist for the scheduler only.
        (self.folder / "gres.conf").write_text("Name=gpu File=/dev/null\n")
        if self.accounting:
            self._create_account()
        self._run("slurmctld", "-c")
        for node in self.nodes:
            (self.folder / f"spool.{node}").mkdir()
            self.start_node(node)
        self.wait_until_idle()

    def _start_munge(self) -> None:
        # Its socket must be open to all, its files to nobody else.
        self.folder.chmod(0o755)
        private = self.folder / "munge"
        private.mkdir(mode=0o700)
        (private / "key").write_bytes(os.urandom(1024))
        (private / "key").chmod(0o400)
        self._run(
            *("munged", f"--key-file={private}/key", f"--socket={self.folder}/munge.socket", "--num-threads=2"),
            *(f"--pid-file={private}/pid", f"--log-file={private}/log", f"--seed-file={private}/seed"),
        )

    def _start_database(self, values: dict) -> None:
        user, data, socket_file = f"--user={values['user']}", self.folder / "db", self.folder / "db.socket"
        install = ["mariadb-install-db", "--no-defaults", "--auth-root-authentication-method=normal", "--skip-test-db"]
        self._run(*install, user, f"--datadir={data}")
        serve = ["mariadbd", "--no-defaults", "--skip-networking", "--innodb-buffer-pool-size=64M", user]
        serve += [f"--datadir={data}", f"--socket={socket_file}", f"--pid-file={self.folder}/mariadbd.pid"]
        with (self.folder / "mariadbd.log").open("w") as log:
            self.database = subprocess.Popen(serve, env=self.env, stdout=log, stderr=log)
        client = ["mariadb", "--no-defaults", f"--socket={socket_file}", "--user=root", "--execute"]
        wait_until(lambda: self._succeeds(*client, "select 1"), "the database answers")
        grant = "create user slurm@localhost identified by 'slurm'; grant all on slurm.* to slurm@localhost"
        self._run(*client, f"create database slurm; {grant}")
        conf = self.folder / "slurmdbd.conf"
        conf.write_text(SLURMDBD_CONF.format(**values))
        conf.chmod(0o600)
        self._run("slurmdbd", env={**self.env, "MYSQL_UNIX_PORT": str(socket_file)})

    def _create_account(self) -> None:
        wait_until(lambda: self._succeeds("sacctmgr", "-n", "list", "cluster"), "slurmdbd answers")
        self._run("sacctmgr", "-i", "add", "cluster", "test")
        self._run("sacctmgr", "-i", "add", "account", ACCOUNT)
        self._run("sacctmgr", "-i", "add", "user", getpass.getuser(), f"account={ACCOUNT}")

    def start_node(self, node: str) -> None:
        """Start one node."""
        self._run("slurmd", "-N", node)

    def kill_node(self, node: str) -> None:
        """Let a node vanish together with all that runs on it, as when its power is cut."""
        pids = {int((self.folder / f"slurmd.{node}.pid").read_text())}
        send(signal.SIGSTOP, pids)
        # All stand still before the first is gone: none may tell the controller of another's end.
        while new := set(self._processes_of(node)) - pids:
            send(signal.SIGSTOP, new)
            pids |= new
        send(signal.SIGKILL, pids)

    def hold(self, script: str) -> None:
        """Stop the one job that runs a Python script where it is; killed it can be."""
        (held,) = self.processes(script)
        send(signal.SIGSTOP, {held})

    def _processes_of(self, node: str) -> Iterator[int]:
        """Yield the processes of the jobs on a node, and those that watch over them."""
        mine = {f"SLURMD_NODENAME={node}".encode(), f"SLURM_CONF={self.folder}/slurm.conf".encode()}
        for process in Path("/proc").iterdir():
            try:
                if process.name.isdigit() and mine <= set((process / "environ").read_bytes().split(b"\0")):
                    yield int(process.name)
                    parent = int((process / "stat").read_text().rpartition(")")[2].split()[1])
                    if Path(f"/proc/{parent}/comm").read_text().startswith("slurmstepd"):
                        yield parent
            except OSError:
                continue

    def processes(self, script: str, *nodes: str) -> list[int]:
        """Return the numbers of the processes of jobs that run a Python script, on some nodes or all."""
        pids = {pid for node in nodes or self.nodes for pid in self._processes_of(node)}
        return [pid for pid in sorted(pids) if runs(pid, script)]

    def wait_until_idle(self) -> None:
        """Wait until every node is free for jobs."""
        idle = ["sinfo", "--noheader", "--Node", "--states=idle", "--format=%N"]
        wait_until(lambda: self._output(*idle).split() == self.nodes, "all nodes are idle")

    def jobs(self) -> dict[str, dict[str, str]]:
        """Return what the controller knows of each job, by its number."""
        blocks = self._output("scontrol", "show", "job", "--details", "--oneliner").splitlines()
        blocks = [block for block in blocks if block.startswith("JobId=")]
        fields = [dict(field.partition("=")[::2] for field in block.split(" ") if "=" in field) for block in blocks]
        return {job["JobId"]: job for job in sorted(fields, key=lambda job: int(job["JobId"]))}

    def accounts(self) -> list[dict[str, str]]:
        """Return what the database knows of each job, in their order; the controller forgets what is long done."""
        rows = self._output(
            "sacct", "--allocations", "--parsable2", "--format=JobID,State,Timelimit,Account"
        ).splitlines()
        names, *jobs = (row.split("|") for row in rows)
        return [dict(zip(names, job, strict=True)) for job in jobs]

    def stop(self) -> None:
        """End all jobs, then all daemons."""
        if self._succeeds("scancel", f"--user={getpass.getuser()}"):
            wait_until(lambda: not self._output("squeue", "--noheader"), "all jobs have ended")
        pid_files = [*self.folder.glob("slurmd.*.pid"), *map(self.folder.joinpath, ["slurmctld.pid", "slurmdbd.pid"])]
        pid_files += [self.folder / "munge" / "pid"]
        pids = []
        for file in pid_files:
            try:
                pids.append(int(file.read_text()))
                os.kill(pids[-1], signal.SIGTERM)
            except (FileNotFoundError, ProcessLookupError, ValueError):
                continue
        wait_until(lambda: all(ended(pid) for pid in pids), "all daemons have ended", 20)
        if self.database:
            self.database.terminate()
            self.database.wait()

    def _run(self, *command: str, env: dict[str, str] | None = None) -> str:
        # Daemons inherit the output; a pipe would stay open as long as they run.
        with (self.folder / "commands.log").open("a+") as log:
            start = log.tell()
            done = subprocess.run(command, env=env or self.env, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
            log.seek(start)
            assert done.returncode == 0, f"{command}: {log.read()}"

    def _succeeds(self, *command: str) -> bool:
        return subprocess.run(command, env=self.env, capture_output=True).returncode == 0

    def _output(self, *command: str) -> str:
        return subprocess.run(command, env=self.env, capture_output=True, text=True).stdout


class Run:
    """A Snakemake that runs `small.yaml` of a copy of the workflow.

    Parameters
    ----------
    folder
        The copy.
    arguments
        Of Snakemake.
    env
        Its environment: that of a cluster; None = this one.
    python
        That of Snakemake and of its jobs. `forking_python` is faster; but its processes are no children of SLURM, which
        can neither end nor measure them.
    """

    started: ClassVar[list["Run"]] = []

    def __init__(
        self,
        folder: Path,
        *arguments: str,
        env: dict[str, str] | None = None,
        python: str | Path = sys.executable,
    ) -> None:
        self.folder = folder
        self.screen = folder / "screen.txt"
        # Every moment of a training has its checkpoint.
        env = {**(env or os.environ), "ARTIFICIAL_GENOMES_CHECKPOINT_SECONDS": "0"}
        command = [python, "-m", "snakemake", "--configfile", "small.yaml", *arguments]
        with self.screen.open("w") as screen:
            self.process = subprocess.Popen(command, cwd=folder, env=env, stdout=screen, stderr=subprocess.STDOUT)
        Run.started.append(self)

    def finished(self, seconds: float = 900) -> int:
        """Wait for the end and return the exit code."""
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.stop()
            raise AssertionError(f"not done within {seconds:.0f} s:\n{self.output()}") from None

    def succeeded(self) -> str:
        """Wait for the end, which must be a good one, and return what the terminal showed."""
        assert self.finished() == 0, self.output()
        return self.output()

    def output(self) -> str:
        """Return what the terminal shows."""
        return self.screen.read_text()

    def wait_for_file(self, pattern: str, seconds: float = 120) -> None:
        """Wait until the run has written a file."""

        def there() -> bool:
            assert self.process.poll() is None, self.output()
            return bool(list(self.folder.glob(pattern)))

        wait_until(there, f"{pattern} is written", seconds)

    def stop(self) -> None:
        """End it."""
        self.process.kill()
        self.process.wait()


def send(number: signal.Signals, pids: set[int]) -> None:
    """Send a signal to processes, some of which may be no more."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def ended(pid: int) -> bool:
    """Return whether a process is no more, or waits only for somebody to note its end."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def runs(pid: int, script: str) -> bool:
    """Return whether a process is a Python that runs a script itself, not a shell or a Snakemake that names it."""
    try:
        program, *arguments = Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
    except OSError:
        return False
    return Path(program).name.startswith("python") and Path(arguments[0]).name == script


def free_ports(number: int) -> list[int]:
    """Return ports that nothing listens on now."""
    sockets = [socket.socket() for _ in range(number)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports
