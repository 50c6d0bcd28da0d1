"""The workflow on a real SLURM of two nodes on this machine, with profiles/slurm as users have it."""

import csv
import re
import shutil
from pathlib import Path

import pytest

from slurm_helpers import (
    ACCOUNT,
    ACCOUNTING_PROGRAMS,
    PROFILE,
    PROGRAMS,
    SQUEUE,
    Cluster,
    Run,
    missing_programs,
    wait_until,
)
from workflow_helpers import copy_workflow, forking_python, snakemake, write_config

pytestmark = pytest.mark.slurm

TRAINING = Path("results/small/train/mine/hclt/seed1")
MODEL = str(TRAINING / "model.npz")
ON_GPU = MODEL.replace("hclt", "rbm")
CHECKPOINT = str(TRAINING / "checkpoints" / "*" / "checkpoint.npz")
LOG = Path("logs/small/train/mine/hclt/seed1.log")
RESUMED = "resuming from the checkpoint"
CHUNKS = 2


@pytest.fixture(scope="module")
def over_its_time(accounting_cluster: Cluster, prepared) -> Run:
    """Start a training that comes to its time limit of a minute, and let it do so while other tests run."""
    folder = prepared("over_its_time")
    where = ["--default-resources", f"slurm_account={ACCOUNT}", "slurm_partition=short"]
    limit = ["--set-resources", "train:runtime=attempt", "--retries", "6"]
    run = Run(folder, *PROFILE, *where, *limit, "--", MODEL, env=accounting_cluster.env)
    run.wait_for_file(CHECKPOINT)
    # On whatever machine, the training must not be done before its time is up: it is held until SLURM ends it.
    accounting_cluster.hold("train.py")
    return run


@pytest.fixture(scope="module", autouse=True)
def first(request: pytest.FixtureRequest) -> None:
    """Start that training before all else, where a test that waits for it will run."""
    wanted = any("over_its_time" in item.fixturenames for item in request.session.items)
    if wanted and not missing_programs(PROGRAMS + ACCOUNTING_PROGRAMS):
        request.getfixturevalue("over_its_time")


@pytest.fixture(scope="module")
def undisturbed(prepared) -> bytes:
    """Return the model of a training that nothing disturbed, outside of SLURM."""
    folder = prepared("undisturbed")
    snakemake(folder, "--", MODEL)
    assert RESUMED not in (folder / LOG).read_text()
    return (folder / MODEL).read_bytes()


@pytest.fixture(scope="module")
def in_chunks(tmp_path_factory) -> Path:
    """Return a copy of the workflow in which all is ready for the trainings of a model in chunks."""
    folder = tmp_path_factory.mktemp("in_chunks") / "workflow"
    folder.mkdir()
    copy_workflow(folder)
    tree = {"hidden_states": 4, "epochs": 4000, "patience": 4000, "score_every": 2000, "sampling_temperatures": [1.0]}
    chunks = {"windows": {"n": CHUNKS, "context_sites": 2}, "model_params": {"hclt": tree}}
    write_config(folder / "small.yaml", {}, [], chunks, models=["hclt"])
    snakemake(folder, "data")
    return folder


def test_a_training_gets_its_gpu_and_the_message_of_its_failure_reaches_the_terminal(cluster: Cluster, prepared):
    wanted = {"gpus": "TresPerJob", "gres": "TresPerNode"}
    folders = {style: prepared(style) for style in wanted}
    profile = folders["gres"] / "profiles" / "slurm" / "config.yaml"
    lines = r"^# (set-resources:|  train|    slurm_partition: |    gpu: 0|    gres: )"
    text, number = re.subn(lines, r"\1", profile.read_text(), flags=re.MULTILINE)
    assert number == 6
    profile.write_text(text.replace("slurm_partition: gpu", "slurm_partition: short"))
    arguments = [*PROFILE, *SQUEUE, "--retries", "0", "--config", "device=gpu", "--", ON_GPU]
    runs = {
        style: Run(folder, *arguments, env=cluster.env, python=forking_python()) for style, folder in folders.items()
    }
    for style, run in runs.items():
        # What the user can mend ends with 2, also on a cluster, whose logs the terminal shows.
        assert run.finished() == 2
        # The nodes have no GPU but for SLURM.
        assert "error: `device: gpu` is set, but TensorFlow finds no GPU." in run.output()
        assert "Traceback" not in run.output()
        (job,) = (job for job in cluster.jobs().values() if job["WorkDir"] == str(run.folder))
        assert job["JobState"] == "FAILED"
        assert job[wanted[style]] == "gres:gpu:1"
        assert not (run.folder / ON_GPU).exists()


def test_a_lost_node_costs_what_came_after_the_checkpoint_and_the_other_node_goes_on(
    cluster: Cluster, prepared, undisturbed
):
    folder = prepared("lost_node")
    before = set(cluster.jobs())
    run = Run(folder, *PROFILE, *SQUEUE, "--", MODEL, env=cluster.env)
    run.wait_for_file(CHECKPOINT)
    # On whatever machine, the training must not be done before its node is lost.
    cluster.hold("train.py")
    (number,) = set(cluster.jobs()) - before
    lost = cluster.jobs()[number]["NodeList"]
    cluster.kill_node(lost)
    try:
        run.succeeded()
        job = cluster.jobs()[number]
        assert job["Restarts"] == "1"
        assert {lost, job["NodeList"]} == {"n1", "n2"}
        assert RESUMED in (folder / LOG).read_text()
        assert (folder / MODEL).read_bytes() == undisturbed
    finally:
        cluster.start_node(lost)
        cluster.wait_until_idle()


def test_chunks_are_an_array_that_survives_the_loss_of_a_node_and_have_the_bytes_of_a_local_run(
    cluster: Cluster, in_chunks: Path, tmp_path
):
    here, there = tmp_path / "here", tmp_path / "there"
    for folder in (here, there):
        shutil.copytree(in_chunks, folder)
    models = [f"results/small/train/mine/hclt/seed1/window{number}/model.npz" for number in range(1, CHUNKS + 1)]
    before = set(cluster.jobs())
    array = ["--slurm-array-jobs", "train_window"]
    run = Run(there, *PROFILE, *SQUEUE, *array, "--", *models, env=cluster.env)

    def tasks() -> list[dict[str, str]]:
        return [job for number, job in cluster.jobs().items() if number not in before]

    wait_until(lambda: cluster.processes("train.py"), "a chunk is trained")
    assert {job["NodeList"] for job in tasks()} == {"n1", "n2"}
    lost, other = sorted(cluster.nodes, key=lambda node: not cluster.processes("train.py", node))
    cluster.kill_node(lost)
    try:
        run.succeeded()
        assert len(tasks()) == CHUNKS
        assert len({job["ArrayJobId"] for job in tasks()}) == 1
        assert {job["JobState"] for job in tasks()} == {"COMPLETED"}
        restarted = [job["NodeList"] for job in tasks() if job["Restarts"] == "1"]
        assert 0 < len(restarted) < CHUNKS
        assert set(restarted) == {other}
    finally:
        cluster.start_node(lost)
        cluster.wait_until_idle()
    snakemake(here, "--", *models)
    for model in models:
        assert (there / model).read_bytes() == (here / model).read_bytes()


def test_a_training_that_meets_its_time_limit_goes_on_and_ends_the_same(
    accounting_cluster: Cluster, over_its_time: Run, undisturbed
):
    assert "SLURM status is: 'TIMEOUT'" in over_its_time.succeeded()
    jobs = accounting_cluster.accounts()
    assert [jobs[0]["State"], jobs[-1]["State"]] == ["TIMEOUT", "COMPLETED"]
    assert [jobs[0]["Timelimit"], jobs[1]["Timelimit"]] == ["00:01:00", "00:02:00"]
    assert {job["Account"] for job in jobs} == {ACCOUNT}
    assert RESUMED in (over_its_time.folder / LOG).read_text()
    assert (over_its_time.folder / MODEL).read_bytes() == undisturbed

    (report,) = (over_its_time.folder / "logs" / "slurm").glob("efficiency_report_*.csv")
    with report.open() as file:
        rows = list(csv.DictReader(file))
    assert {row["RuleName"] for row in rows} == {"rule_train_wildcards_small_mine_hclt_1"}
    requested = [float(row["RequestedMem_MB"]) for row in rows]
    assert requested[1] == 2 * requested[0] > 800
    assert max(float(row["MaxRSS_MB"]) for row in rows) > 100
