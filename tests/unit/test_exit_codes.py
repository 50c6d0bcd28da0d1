"""Whether a run failed for what the user can mend, by what Snakemake's log shows of the jobs that failed."""

import pytest

from artificial_genomes.cli import is_user_error

BAR = "=" * 80
MENDED = "error: sites.tsv has no sites. Add some."
DEFECT = 'Traceback (most recent call last):\n  File "a.py", line 1\nKeyError: 1'


def failure(*logs: str) -> str:
    """Return what Snakemake shows of a failed rule, with the logs of its job."""
    shown = "".join(f"Logfile logs/a{i}.log:\n{BAR}\n{log}\n{BAR}\n" for i, log in enumerate(logs))
    return f"[Thu Nov 26 12:00:00 2026]\nError in rule train:\n    message: None\n    jobid: 0\n{shown}"


# That of a job of a cluster: Snakemake runs there too, and tells of the failure once more.
OF_CLUSTER = f"Execute 1 jobs...\n{failure()}\nWorkflowError:\nAt least one job did not complete successfully."


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (failure(f"12:00:00 reading\n{MENDED}"), True),
        (failure(MENDED) + failure(MENDED), True),
        (failure(f"12:00:00 reading\n{MENDED}", OF_CLUSTER), True),
        (failure(DEFECT), False),
        (failure(MENDED) + failure(DEFECT), False),
        (failure(DEFECT, OF_CLUSTER), False),
        (failure(OF_CLUSTER), False),  # a job that was lost
        (failure(MENDED) + failure(), False),
        ("Nothing to be done", False),
    ],
)
def test_a_run_ends_with_the_code_of_mistakes_where_every_job_that_failed_has_shown_one(tmp_path, text, expected):
    log = tmp_path / "snakemake.log"
    log.write_text(text)
    assert is_user_error(log) is expected
    assert is_user_error([str(log)]) is expected
