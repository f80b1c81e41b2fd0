"""The same work over many things, in as many processes as there are processors."""

import gc
import multiprocessing
import os
import signal
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from typing import Any, TypeVar

Item = TypeVar("Item")
Done = TypeVar("Done")

_BATCHES = 4  # for each process: what is left at the end is small
_FIRST = 8  # are done by this process: what they load, its copies have

_work: list[Callable[[Any], Any]] = []


def over(work: Callable[[Item], Done], items: Sequence[Item]) -> list[Done]:
    """What `work` makes of each of `items`, in their order.

    The processes are copies of this one, so that `work` may be any function; what it gives has to
    be picklable. One process, where copies are not known to be safe or of any use, or where one ends
    in the middle, as what takes too much memory does.
    """
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1  # Linux
    done = [work(item) for item in items[:_FIRST]]
    left = items[_FIRST:]
    if count > 1 and left:
        fork = multiprocessing.get_context("fork")
        batch = len(left) // (count * _BATCHES) + 1
        gc.freeze()  # else each copy would write to all that there is
        with suppress(BrokenProcessPool), ProcessPoolExecutor(count, fork, _begin, (work,)) as pool:
            return [*done, *pool.map(_one, left, chunksize=batch)]
    return [*done, *map(work, left)]


def _begin(work: Callable[[Any], Any]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # who asked tells of the interruption
    _work.append(work)


def _one(item: Any) -> Any:  # whatever `work` takes and gives
    return _work[0](item)
