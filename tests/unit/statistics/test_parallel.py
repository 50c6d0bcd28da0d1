import logging
import threading
import time

import pytest

from artificial_genomes.statistics import parallel


def test_results_come_in_order_whatever_finishes_first():
    def slow_at_first(item):
        time.sleep(0.05 if item == 0 else 0)
        return item * item

    results = list(parallel.ordered_map(slow_at_first, range(6), 3, "squares"))
    assert results == [(i, i * i) for i in range(6)]


def test_as_many_threads_as_given_and_few_results_waiting():
    running, most, started = 0, 0, []
    lock = threading.Lock()

    def work(item):
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
            started.append(item)
        time.sleep(0.01)
        with lock:
            running -= 1

    for item, _ in parallel.ordered_map(work, range(12), 2, "work"):
        assert max(started) <= item + 3
    assert most == 2


def test_an_error_reaches_the_caller():
    def fail(item):
        raise ValueError(f"block {item}")

    with pytest.raises(ValueError, match="block 0"):
        list(parallel.ordered_map(fail, range(3), 2, "work"))


def test_progress_is_shown(monkeypatch, caplog):
    monkeypatch.setattr(parallel, "PROGRESS_SECONDS", 0)
    with caplog.at_level(logging.INFO):
        list(parallel.ordered_map(str, range(4), 1, "LD of all pairs"))
    assert [record.getMessage().split(",")[0] for record in caplog.records] == [
        "LD of all pairs: 25 %",
        "LD of all pairs: 50 %",
        "LD of all pairs: 75 %",
    ]
