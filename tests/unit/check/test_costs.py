"""What the check says of the jobs of a run: what their rules ask for, and what this machine does not have."""

import re
from copy import deepcopy
from dataclasses import replace

import pytest

from artificial_genomes.check import costs
from artificial_genomes.check.costs import Costs, Extent, Job, duration, jobs_of_run, machine_memory_mb, training
from artificial_genomes.config import resources
from artificial_genomes.config.checks import Configuration, read_defaults
from artificial_genomes.core.windows import cut
from helpers import ROOT
from plan_helpers import DATASETS

SMALL = Extent("mine", 1000, 1200, 500, [500], 4_000_000)
BIOBANK = Extent("mine", 100_000, 100_000, 65_535, [65_535], 10**10)
TREE = {"kind": "hclt", "epochs": 100, "patience": 20, "score_every": 2, "hidden_states": 64}
TREE |= {"sampling_temperatures": [1.0]}
GAN = {"kind": "gan", "epochs": 100, "patience": 100, "score_every": 5, "batch_size": 32, "latent_size": 20}
GAN |= {"sampling_temperatures": [0]}


def job(rule: str = "scan", **changes) -> Job:
    return replace(Job(rule, "mine", 2, 1000, 10, (30.0, 120.0), 3.0), **changes)


def defaults(**imputation) -> Configuration:
    values = deepcopy(read_defaults(ROOT) | DATASETS)
    values["imputation"] |= imputation
    return Configuration(values, ROOT)


def test_the_lines_add_up_jobs_and_disk_and_have_the_largest_requests(monkeypatch):
    monkeypatch.setattr(costs.os, "sched_getaffinity", lambda _: {0, 1}, raising=False)
    found = Costs(
        {"prepare": [job("prepare", mb=1500, minutes=20)], "scan": [job(), job(mb=3000, seconds=(9.0, 60.0))]}
    )
    assert found.lines == {
        "prepare": ["2", "1,500 MB", "30 s to 2 min", "20 min", "6 MB"],
        "scan": ["4", "3,000 MB", "9 s to 2 min", "10 min", "12 MB"],
        "all": ["6", "3,000 MB", "69 s to 5 min on 2 cores", "", "18 MB"],
    }
    assert (found.notes, found.problems) == ([], [])


def test_a_run_takes_as_long_as_its_longest_job(monkeypatch):
    monkeypatch.setattr(costs.os, "sched_getaffinity", lambda _: set(range(16)), raising=False)
    assert Costs({"scan": [job()]}).lines["all"][2] == "30 s to 2 min on 16 cores"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        ((0.1,), "1 s"),
        ((89,), "89 s"),
        ((300, 300), "5 min"),
        ((300, 720), "5 to 12 min"),
        ((40, 5400), "40 s to 1.5 h"),
        ((7200, 10 * 86400), "2 to 240 h"),
    ],
)
def test_durations(seconds, text):
    assert duration(*seconds) == text


@pytest.mark.parametrize("device", ["cpu", "gpu"])
def test_each_stage_asks_for_what_its_rule_asks_for(device):
    configuration = defaults()
    configuration.values["device"] = device
    extent = replace(SMALL, dataset="biobank")
    stages = jobs_of_run(configuration, [extent])
    size = extent.sites, extent.all_haplotypes
    for stage, rule in {
        "scan": "scan",
        "compare": "compare",
        "impute": "impute_beagle",
        "publish": "publish_genomes",
    }.items():
        assert (stages[stage][0].mb, stages[stage][0].minutes) == (
            resources.memory_mb(rule, *size),
            resources.runtime(rule, *size),
        )
    (gan,) = stages["train gan"]
    settings = configuration.model_settings("biobank", "gan")
    assert gan.mb == resources.training_mb(settings, *size)
    assert gan.minutes == resources.training_runtime(settings, *size, device)
    assert gan.seconds[1] == resources.training_seconds(settings, 500, 1000, device)
    (tree,) = stages["train hclt"]
    assert 0 < tree.seconds[0] < tree.seconds[1]  # it may stop after 20 of its 100 epochs


def test_a_model_that_imputes_by_itself_is_no_job_of_a_program():
    configuration = defaults(tools=["beagle"], panels=["real", "real+hclt", "hclt@direct"])
    program, direct = jobs_of_run(configuration, [replace(SMALL, dataset="biobank")])["impute"]
    assert (program.rule, program.times, direct.rule, direct.times) == ("impute_beagle", 2, "impute_direct", 1)
    model = resources.model_file_mb(configuration.model_settings("biobank", "hclt"), 500, 1000)
    assert direct.mb == resources.direct_mb(500, 1200, model)


@pytest.mark.parametrize(("n_people", "haplotypes"), [(10, 1200), (5000, 10_000)])
def test_more_ags_than_real_haplotypes_ask_for_more(n_people, haplotypes):
    configuration = defaults()
    configuration.values["generate"]["n"] = n_people
    stages = jobs_of_run(configuration, [replace(SMALL, dataset="dense")])
    assert stages["compare"][0].mb == resources.memory_mb("compare", 500, haplotypes)
    settings = configuration.model_settings("dense", "markov")
    size = resources.model_file_mb(settings, 500, 1000)
    (markov,) = (job for job, stage in zip(stages["generate"], _models(stages), strict=True) if stage == "train markov")
    assert markov.mb == resources.generation_mb(settings, 500, 500, haplotypes, size)
    assert stages["train markov"][0].mb == resources.training_mb(settings, 500, 1200)


def _models(stages):
    """Return the stages of the trainings, in the order of the draws."""
    return [stage for stage in stages if stage.startswith("train ")]


def test_every_rule_that_is_named_is_one_of_the_workflow():
    configuration = defaults(tools=["minimac4"])
    extents = [replace(SMALL, dataset=name) for name in configuration.values["datasets"]]
    extents[0] = replace(extents[0], trained_sites=[300, 300])
    rules = {job.rule for jobs in jobs_of_run(configuration, extents).values() for job in jobs}
    assert {"impute_minimac4", "train", "train_window", "masked_beagle", "latent_tasks"} <= rules
    assert "impute_beagle" not in rules
    texts = [path.read_text() for path in (ROOT / "workflow" / "rules").glob("*.smk")]
    assert rules <= {*re.findall(r"^(?:use rule \w+ as|rule) (\w+)", "".join(texts), re.MULTILINE)}


def test_private_ags_are_released_by_one_job_of_all_their_sets():
    configuration = defaults()
    configuration.values["cohorts"]["dpyd"]["private"] = True
    stages = jobs_of_run(configuration, [replace(SMALL, dataset="dense")])
    assert "publish" not in stages
    (released,) = stages["release"]
    n_sets = len(configuration.models_of("dense"))
    assert (released.times, released.mb) == (1, resources.memory_mb("release", 500 * n_sets, 1200))


def test_a_preparation_is_estimated_from_the_alleles_that_it_reads():
    (few,), (many,) = (
        jobs_of_run(defaults(), [replace(SMALL, dataset="dense", alleles_read=n)])["prepare"] for n in (10**6, 10**11)
    )
    assert (few.mb, few.minutes) == (1002, 20)
    assert (many.mb, many.minutes) == (resources.memory_mb("prepare", 1, 10**11), 236)


def test_a_biobank_in_one_piece_is_a_problem_and_windows_are_named(monkeypatch):
    monkeypatch.setattr(costs, "machine_memory_mb", lambda: 64_000)
    (problem,) = Costs({"train hclt": [training(BIOBANK, TREE, 1, "cpu")]}).problems
    assert problem.startswith("train hclt of mine needs ")
    assert "this machine has 64,000" in problem
    n = int(problem.partition("windows: {n: ")[2].partition(",")[0])
    for windows, fits in ((n, True), (n - 1, False)):
        sizes = [window.stop - window.start for window in cut([BIOBANK.sites], windows, costs.CONTEXT_SITES)]
        job = training(replace(BIOBANK, trained_sites=sizes), TREE, 1, "cpu")
        assert (job.rule, job.times, job.advice) == ("train_window", windows, "") or n == 2
        assert (not Costs({"train hclt": [job]}).problems) == fits


def test_two_jobs_of_a_stage_that_take_as_long_are_pointed_out_once():
    long = job("generate", seconds=(1.0, 1e6))
    assert Costs({"generate": [long, long]}).notes == [
        "a job of generate of mine takes up to 12 days. Use fewer AGs (generate.n) or sites (sites_max)."
    ]


def test_one_core_is_one_core(monkeypatch):
    monkeypatch.setattr(costs.os, "sched_getaffinity", lambda _: {0}, raising=False)
    assert Costs({"scan": [job()]}).lines["all"][2] == "60 s to 4 min on 1 core"


def test_jobs_of_days_are_pointed_out():
    (note,) = Costs({"train gan": [replace(training(BIOBANK, GAN, 1, "cpu"), mb=1)]}).notes
    assert re.match(r"a job of train gan of mine takes up to [\d,]+ days", note)
    assert not Costs({"train gan": [training(SMALL, GAN, 1, "cpu")]}).notes


def test_a_run_that_does_not_fit_on_the_disk_is_a_problem():
    (problem,) = Costs({"scan": [job(disk_mb=1e12)]}).problems
    assert problem.startswith("the run writes about 2,000,000,000,000 MB, but only ")


@pytest.mark.parametrize(
    ("groups", "files", "mb"),
    [
        ("0::/", {"memory.max": "max"}, None),
        ("0::/job/step", {"memory.max": "max", "job/memory.max": "500000000", "job/step/memory.max": "max"}, 500),
        ("0::/of/the/host", {"memory.max": "300000000"}, 300),
        ("4:memory:/job\n0::/", {"memory/job/memory.limit_in_bytes": "200000000"}, 200),
        ("4:memory:/job", {"memory/job/memory.limit_in_bytes": str(2**63 - 4096)}, None),
    ],
)
def test_the_memory_of_a_container_or_a_job_counts(tmp_path, groups, files, mb):
    machine = machine_memory_mb(tmp_path)
    for name, text in {"proc/self/cgroup": groups, **{f"sys/fs/cgroup/{k}": v for k, v in files.items()}}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(f"{text}\n")
    assert machine_memory_mb(tmp_path) == (mb or machine)
