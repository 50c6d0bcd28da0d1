"""Work in blocks on several threads: results in order, memory bounded, progress in the log.

NumPy releases Python's lock in its loops and products, so threads share the work without copies of the data. Each block
uses one thread of linear algebra. Results come in the order of the blocks, so that sums over them are identical for any
number of threads.
"""

import logging
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from threadpoolctl import threadpool_limits

log = logging.getLogger(__name__)

PROGRESS_SECONDS = 10.0
"""Seconds between two progress messages."""

Item = TypeVar("Item")
Result = TypeVar("Result")


def ordered_map(
    function: Callable[[Item], Result], items: Sequence[Item], threads: int, work: str
) -> Iterator[tuple[Item, Result]]:
    """Yield every item and `function(item)` in the order of `items`; at most `threads` + 1 results wait at a time.

    Parameters
    ----------
    function
        Called from several threads at once if `threads` is above 1.
    threads
        Number of threads, from 1.
    work
        Description of the work, for progress messages.

    Examples
    --------
    >>> list(ordered_map(abs, [-1, 2, -3], threads=2, work="absolute values"))
    [(-1, 1), (2, 2), (-3, 3)]
    """
    started = logged = time.monotonic()
    with threadpool_limits(1, user_api="blas"), ThreadPoolExecutor(threads) as pool:
        waiting: deque[tuple[Item, Future[Result]]] = deque()
        todo = iter(items)
        for done in range(1, len(items) + 1):
            while len(waiting) <= threads and (item := next(todo, None)) is not None:
                waiting.append((item, pool.submit(function, item)))
            item, future = waiting.popleft()
            yield item, future.result()
            now = time.monotonic()
            if now - logged >= PROGRESS_SECONDS and done < len(items):
                left = (now - started) / done * (len(items) - done)
                log.info("%s: %.0f %%, about %.0f s left", work, 100 * done / len(items), left)
                logged = now
