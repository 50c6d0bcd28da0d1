"""What the terminal shows of a run: Snakemake's own records go in, lines come out."""

import io
import logging
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest
from snakemake.logging import ColorizingTextHandler, DefaultFilter, DefaultFormatter
from snakemake_interface_logger_plugins.common import LogEvent

from artificial_genomes.report.terminal import INTERVAL, LONG_JOB_SECONDS, Terminal

LOG = "logs/mine/prepare.log"
ADVICE = "error: mine.vcf.gz has no sites. Add some."


class Run:
    """A run of Snakemake that shows its records in a terminal."""

    def __init__(self, folder, quiet=frozenset()):
        self.stream, self.clock, self.folder = io.StringIO(), 1000.0, folder
        self.handler = ColorizingTextHandler(nocolor=True, stream=self.stream, formatter=DefaultFormatter([], True))
        self.handler.addFilter(DefaultFilter(quiet, False, False, False, False))
        self.finished = []
        seconds = {1: LONG_JOB_SECONDS + 1, 2: LONG_JOB_SECONDS - 1, 3: LONG_JOB_SECONDS + 1}
        progress = SimpleNamespace(
            start=lambda job, now: None,
            finish=self.finished.append,
            expected=lambda job: seconds.get(job, 0),
            status=lambda now: f"{len(self.finished)} done" if self.finished else "",
        )
        self.handler.addFilter(Terminal(self.handler, lambda: progress, lambda: self.clock))

    def say(self, message, event=None, level=logging.INFO, **extra):
        record = logging.makeLogRecord({"msg": message, "levelno": level, "levelname": logging.getLevelName(level)})
        record.__dict__.update(extra, **({"event": event} if event else {}))
        self.handler.handle(record)

    def begin(self):
        self.say("Job stats:\ntotal 3", LogEvent.RUN_INFO, stats={"a": 3, "total": 3})

    def start(self, job, message):
        self.say("a job", LogEvent.JOB_INFO, jobid=job, rule_msg=message, rule_name="a", reason="", indent=False)

    def finish(self, job):
        self.say("Finished jobid", LogEvent.JOB_FINISHED, job_id=job)
        self.say(None, LogEvent.PROGRESS, done=1, total=3)

    def fail(self, job, log, output=("a.tsv",)):
        path = self.folder / f"{job}.log"
        path.write_text(log)
        self.say(
            "RuleException:\nCalledProcessError in file a", LogEvent.ERROR, logging.ERROR, exception="RuleException"
        )
        self.say(
            None, LogEvent.JOB_ERROR, logging.ERROR, jobid=job, rule_name="prepare", rule_msg=None, input=[],
            output=list(output), log=[str(path)], conda_env=None, shellcmd="python a.py", aux={}, indent=False,
        )  # fmt: skip

    def lines(self):
        return self.stream.getvalue().splitlines()


@pytest.fixture
def run(tmp_path):
    return Run(tmp_path)


def test_long_jobs_have_lines_and_short_ones_only_after_a_while(run):
    run.say("Building DAG of jobs...")
    run.say("Provided cores: 2", LogEvent.RESOURCES_INFO)
    run.begin()
    run.start(1, "Training a")
    run.say("Select jobs to execute...")
    run.start(2, "Drawing b")
    run.clock += INTERVAL
    run.finish(1)
    run.start(3, "Training c")
    run.finish(2)
    run.finish(3)
    run.clock += INTERVAL
    run.start(2, "Drawing b")
    run.start(4, "no job of the run")
    assert run.lines() == [
        "Building DAG of jobs...",
        "3 jobs",
        "Training a",
        "[1 done] Finished: Training a",
        "[1 done] Training c",
        "[3 done] Drawing b",
    ]


def test_an_error_that_the_user_can_correct_is_short_and_last(run):
    run.begin()
    run.start(1, "Preparing mine")
    run.start(3, "Training c")
    run.fail(1, f"12:00:00 reading\n{ADVICE}\n")
    failed = ["3 jobs", "Preparing mine", "Training c", f"Failed: Preparing mine (log: {run.folder}/1.log)", ADVICE]
    assert run.lines() == failed
    run.clock += INTERVAL
    run.finish(3)
    for ending in ("Shutting down, this might take some time.", "Exiting because a job execution failed. Look above"):
        run.say(ending, level=logging.ERROR)
    run.say("Complete log(s): a.log")
    assert run.lines() == [*failed, "[1 done] Finished: Training c", ADVICE]


def test_jobs_without_output_have_shown_what_failed(run):
    run.begin()
    run.start(1, "The result")
    run.fail(1, f"{ADVICE}\n", output=())
    run.say("Exiting because a job execution failed. Look above for error messages", level=logging.ERROR)
    assert run.lines() == ["3 jobs", "The result", ADVICE]


def test_what_ctrl_c_ends_is_no_defect(run):
    run.begin()
    run.start(1, "Preparing mine")
    run.say("Terminating processes on user request, this might take some time.")
    run.fail(1, 'Traceback (most recent call last):\n  File "a.py", line 1\nKeyboardInterrupt\n')
    run.say("Complete log(s): a.log")
    run.say("WorkflowError:\nAt least one job did not complete successfully.", LogEvent.ERROR, logging.ERROR)
    assert run.lines() == ["3 jobs", "Preparing mine", "Stopping. The same command resumes the run."]


def test_a_defect_is_shown_in_full(run):
    run.begin()
    run.fail(1, 'Traceback (most recent call last):\n  File "a.py", line 1\nKeyError: 1\n')
    run.say("Exiting because a job execution failed. Look above for error messages", level=logging.ERROR)
    run.say("Complete log(s): a.log")
    for line in ("Error in rule prepare:", "KeyError: 1", "Complete log(s): a.log"):
        assert line in run.lines()
    assert any("python a.py" in line for line in run.lines())
    assert run.lines()[-2].startswith("Exiting because")


def test_a_failure_of_the_display_ends_nothing_and_hides_nothing(run):
    run.say("Job stats:", LogEvent.RUN_INFO)  # without the numbers
    run.start(1, "Training a")
    run.finish(1)
    shown = run.stream.getvalue()
    assert "no longer shown: AttributeError" in shown
    assert "Job stats:" in shown
    assert "Job 1: Training a" in shown


def test_nothing_is_shown_where_snakemake_is_silent(tmp_path):
    from snakemake.settings.enums import Quietness

    run = Run(tmp_path, quiet={Quietness.ALL})
    run.begin()
    run.start(1, "Training a")
    run.fail(1, f"{ADVICE}\n")
    assert run.lines() == []


def test_lines_are_written_with_the_handlers_lock_as_its_own_are(run, monkeypatch):
    """Jobs log in threads; writing takes a second lock, so two orders of both locks would stop a run for ever."""
    written, emit = [], run.handler.emit

    def try_lock():
        if free := run.handler.lock.acquire(blocking=False):
            run.handler.lock.release()
        return free

    def checked(record):
        with ThreadPoolExecutor(1) as pool:
            written.append(pool.submit(try_lock).result())
        emit(record)

    monkeypatch.setattr(run.handler, "emit", checked)
    run.begin()
    run.start(1, "A long job")
    run.say("from Snakemake")
    assert written == [False, False, False]
    assert run.lines()[-2:] == ["A long job", "from Snakemake"]
