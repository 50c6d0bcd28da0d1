"""What a run shows in the terminal while it works: a line per job of note, its progress, and short errors.

Snakemake's own log file keeps everything that Snakemake says.
"""

import logging
import time
from collections.abc import Callable
from typing import Protocol

from artificial_genomes.core.errors import counted
from artificial_genomes.core.program import user_errors

INTERVAL = 10.0
"""Seconds without a line after which a short job is shown, too."""

LONG_JOB_SECONDS = 5.0
"""Jobs that are expected to take longer are always shown."""

LEFT_OUT = ("job_started", "group_info", "progress", "resources_info", "shellcmd")
"""Events of Snakemake that are not shown."""

LEFT_OUT_TEXTS = (
    "Using shell: ",
    "Conda environments: ignored",
    "Singularity containers: ignored",
    "Group jobs: inactive",
    "Select jobs to execute...",
    "Shutting down, this might take some time.",
)
"""Beginnings of other messages of Snakemake that are not shown."""

ONCE = "Will exit after finishing currently running jobs"
"""Beginning of a message that Snakemake repeats whenever a job ends."""

LOGS = ("Complete log(s): ", "Elapsed time: ")
"""Beginnings of Snakemake's last messages, which are shown only after a defect."""

FINAL_ERROR = "Exiting because a job execution failed."
"""How Snakemake announces the end of a run in which a job has failed."""

STOPPING = "Terminating processes on user request"
"""How Snakemake announces that Ctrl-C ends the run."""

INCOMPLETE = "At least one job did not complete successfully."
"""Snakemake's last error in a run with such a job, and after Ctrl-C."""


class Progress(Protocol):
    """How far a run has come; see `check.progress.Progress`."""

    def start(self, job: int, now: float) -> None:
        """Note that a job has started."""

    def finish(self, job: int) -> None:
        """Note that a job has finished."""

    def expected(self, job: int) -> float:
        """Return the expected seconds of a job."""

    def status(self, now: float) -> str:
        """Return a short text, or ""."""


class Terminal(logging.Filter):
    """Replaces what Snakemake shows of its jobs; other messages stay as they are.

    Parameters
    ----------
    handler
        Snakemake's handler of the terminal.
    begin
        Returns the progress of the run; called when Snakemake knows the jobs of the run.
    now
        Returns the time in seconds.
    """

    def __init__(self, handler: logging.Handler, begin: Callable[[], Progress], now: Callable[[], float] = time.time):
        super().__init__()
        self._handler, self._begin, self._now = handler, begin, now
        self._progress: Progress | None = None
        self._messages: dict[int, str] = {}
        self._shown_at = float("-inf")
        self._errors: list[str] = []
        self._errors_last, self._is_defect = True, False
        self._is_stopped = False
        self._said: set[str] = set()

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether Snakemake shows a message itself; show what replaces it.

        Jobs log in threads of their own. A handler takes its lock before it writes, but not while it filters: two
        threads that write could wait for each other's locks without end.
        """
        self._handler.acquire()
        try:
            return self._shows(record)
        finally:
            self._handler.release()

    def _shows(self, record: logging.LogRecord) -> bool:
        try:
            kept = self._keeps(record)
        except Exception as error:
            # A run of days must not end, nor its errors be lost, because a line about its progress fails.
            self._handler.removeFilter(self)
            self._show(f"The progress of the run is no longer shown: {error!r}")
            return True
        self._errors_last = self._errors_last and not kept
        return kept

    def _keeps(self, record: logging.LogRecord) -> bool:
        text = str(record.msg or "")
        match getattr(record, "event", None):
            case "run_info":
                self._progress = self._begin()
                self._show(counted(record.stats["total"], "job"))
            case "job_info":
                self._started(record.jobid, record.rule_msg)
            case "job_finished":
                self._finished(record.job_id)
            case "job_error":
                return self._failed(record)
            case "group_error":
                self._is_defect = True
                return True
            case "error":
                # Of a command that failed, the message of its job follows.
                return "CalledProcessError in file" not in text and not (self._is_stopped and INCOMPLETE in text)
            case event if event in LEFT_OUT:
                return False
            case _:
                return self._other(text)
        return False

    def _started(self, job: int, message: str | None) -> None:
        now = self._now()
        if message and self._progress:
            self._messages[job] = message
            self._progress.start(job, now)
            if self._progress.expected(job) > LONG_JOB_SECONDS or now - self._shown_at >= INTERVAL:
                self._show_job(message)

    def _finished(self, job: int) -> None:
        now = self._now()
        if self._progress and job in self._messages:
            self._progress.finish(job)
            if self._progress.expected(job) > LONG_JOB_SECONDS and now - self._shown_at >= INTERVAL:
                self._show_job(f"Finished: {self._messages[job]}")

    def _failed(self, record: logging.LogRecord) -> bool:
        """Show the errors that the user can correct; return whether there are others."""
        # Ctrl-C ends jobs with a traceback, which is no defect.
        if self._is_stopped:
            return False
        errors = user_errors(f"{self._handler.format(record)}\n")
        self._errors = list(dict.fromkeys([*self._errors, *errors]))
        # Jobs without output have shown their result in the terminal.
        if errors and record.output:
            message = self._messages.get(record.jobid, record.rule_name)
            self._show(f"Failed: {message} (log: {', '.join(record.log)})", logging.ERROR)
        for line in errors:
            self._show(line, logging.ERROR)
        self._errors_last, self._is_defect = True, self._is_defect or not errors
        return not errors

    def _other(self, text: str) -> bool:
        """Return whether Snakemake shows a message of no event that is replaced."""
        if text.startswith(STOPPING):
            self._is_stopped = True
            self._show("Stopping. The same command resumes the run.")
            return False
        if text.startswith(FINAL_ERROR):
            for line in [] if self._errors_last else self._errors:
                self._show(line, logging.ERROR)
            return self._is_defect
        if text.startswith(LOGS):
            return self._is_defect
        if text.startswith(ONCE):
            repeated = text in self._said
            self._said.add(text)
            return not repeated
        return not text.startswith(LEFT_OUT_TEXTS)

    def _show_job(self, message: str) -> None:
        self._shown_at = self._now()
        status = self._progress.status(self._shown_at) if self._progress else ""
        self._show(f"[{status}] {message}" if status else message)

    def _show(self, line: str, level: int = logging.INFO) -> None:
        """Write a line to the terminal alone, as Snakemake writes its own."""
        self._errors_last = False
        record = {"msg": line, "levelno": level, "levelname": logging.getLevelName(level)}
        self._handler.emit(logging.makeLogRecord(record))
