"""The share of the work of a run that is done, and the time left."""

from copy import deepcopy

import numpy as np
import pandas as pd
import pytest

from artificial_genomes.check.costs import Extent, jobs_of_run
from artificial_genomes.check.progress import OTHER_SECONDS, Progress, expected_seconds
from artificial_genomes.config.checks import Configuration, read_defaults
from artificial_genomes.core.haplotypes import Haplotypes, save_haplotypes
from artificial_genomes.core.tables import write_tsv
from helpers import ROOT
from plan_helpers import DATASETS
from workflow_helpers import cohort

HOUR = {job: ("train", {}) for job in range(4)} | {4: ("report", {})}


def progress(jobs=HOUR, seconds=lambda job: 3600 if job < 4 else 0, workers=2, queued=False) -> Progress:
    return Progress(
        jobs, lambda known: {job: seconds(job) for job in known}, workers=workers, queued=queued, now=0
    )  # fmt: skip


def test_a_run_that_takes_as_long_as_expected_counts_down_evenly():
    run = progress()
    assert run.status(0) == " 0 %, about 2 h left"
    run.start(0, 0)
    run.start(1, 0)
    assert run.status(1800) == "25 %, about 1.5 h left"
    run.finish(0)
    run.finish(1)
    assert run.status(3600) == "50 %, about 60 min left"


def test_a_slower_machine_is_noticed():
    run = progress()
    for job in (0, 1):
        run.start(job, 0)
        run.finish(job)
    assert run.status(4 * 3600) == "50 %, about 3.98 h left"
    # A job that takes longer than expected is not done before it ends.
    run.start(2, 4 * 3600)
    assert run.status(20 * 3600).startswith("73 %")


def test_no_machine_is_faster_than_its_longest_job():
    assert progress(workers=100).status(0) == " 0 %, about 60 min left"


def test_jobs_in_the_queue_of_a_cluster_count_when_they_have_finished():
    run = progress(queued=True)
    run.start(0, 0)
    assert run.status(1800).startswith(" 0 %")
    run.finish(0)
    assert run.status(3600).startswith("25 %")


def test_a_finished_run_says_so_and_a_short_one_nothing():
    run = progress()
    for job in HOUR:
        run.finish(job)
    assert run.status(3600) == "100 %"
    assert progress(seconds=lambda job: 10).status(0) == ""


def test_nothing_is_said_before_all_datasets_are_prepared():
    known = []
    jobs = {0: ("prepare", {}), 1: ("train", {})}
    run = Progress(jobs, lambda _: {0: 1, 1: 1000} if known else None, workers=1, queued=False, now=0)
    assert (run.status(0), run.expected(1), run.expected(2)) == ("", OTHER_SECONDS, 0)
    known.append("size")
    run.finish(0)
    assert (run.expected(1), run.expected(2)) == (1000, 0)
    assert run.status(0).endswith("about 17 min left")


@pytest.fixture
def prepared(tmp_path):
    """Return the folder of a run in which one dataset of 60 individuals, 20 of them public, is prepared."""
    people = cohort(60, 40)
    folder = tmp_path / "prepare" / "structure"
    folder.mkdir(parents=True)
    save_haplotypes(Haplotypes(people.alleles, people.sites, people.people), folder / "haplotypes.vcz.zip")
    write_tsv(pd.DataFrame({"split": np.repeat(["train", "public"], [40, 20])}), folder / "split.tsv")
    return tmp_path


def test_jobs_are_expected_to_take_what_the_check_says(prepared):
    configuration = Configuration(deepcopy(read_defaults(ROOT) | DATASETS), ROOT)
    assert expected_seconds({}, configuration, prepared) is None  # of three datasets, one is prepared
    configuration.values["datasets"] = ["structure"]
    jobs = {
        0: ("train", {"dataset": "structure", "model": "gan"}),
        1: ("compare", {"dataset": "structure", "model": "gan"}),
        2: ("compare_control", {"dataset": "structure", "control": "floor"}),
        3: ("train", {"dataset": "dense", "model": "gan"}),
        4: ("report", {}),
    }
    seconds = expected_seconds(jobs, configuration, prepared)
    stages = jobs_of_run(configuration, [Extent("structure", 80, 120, 40, [40], 0)])
    (gan,), (compare, *_) = stages["train gan"], stages["compare"]
    assert seconds[0] == sum(gan.seconds) / 2
    assert seconds[1] == seconds[2] == compare.seconds[0]
    assert seconds[3] == seconds[4] == OTHER_SECONDS
