"""The same work over many things, in as many processes as there are processors.

The executors of the standard library take 30 ms to be loaded, as long as a linter takes for a dozen files.
"""

import gc
import os
import pickle
import signal
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

Item = TypeVar("Item")
Done = TypeVar("Done")

_FIRST = 4
"""Are done before there are copies: what they load, all have."""
_TOGETHER = 8
"""Neighbours, which often have something in common, are done by one process."""
_MOST = 2048
"""Blocks whose numbers any pipe holds before somebody reads."""


def over(work: Callable[[Item], Done], items: Sequence[Item]) -> list[Done]:
    """What `work` makes of each of `items`, in their order.

    The processes are copies of this one, so that `work` may be any function; what it gives has to
    be picklable. What one that ends in the middle was to do is done here, as all is where copies
    are not known to be safe, or of no use.
    """
    done = [work(item) for item in items[:_FIRST]]
    left = items[_FIRST:]
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1  # Linux
    if count == 1 or not left:
        return [*done, *map(work, left)]
    gc.freeze()  # else each copy would write to all that there is
    size = max(_TOGETHER, len(left) // _MOST + 1)
    blocks = [left[start : start + size] for start in range(0, len(left), size)]
    queue = _queue(len(blocks))
    copies = [_begin(lambda: _share(work, blocks, queue)) for _ in range(count - 1)]
    found = dict(_share(work, blocks, queue))
    os.close(queue)
    for pid, output in copies:
        found.update(_end(pid, output))
    parts = (found.get(n) or [*map(work, block)] for n, block in enumerate(blocks))
    return [*done, *(one for part in parts for one in part)]


def _queue(count: int) -> int:
    """A pipe that holds the numbers of all blocks: each goes to whoever reads it."""
    queue, into = os.pipe()
    with os.fdopen(into, "wb") as file:
        file.writelines(number.to_bytes(2, "big") for number in range(count))
    return queue


def _share(
    work: Callable[[Item], Done], blocks: Sequence[Sequence[Item]], queue: int
) -> Mapping[int, list[Done]]:
    """What `work` makes of the blocks that nobody else has taken, by their numbers."""
    found = {}
    while taken := os.read(queue, 2):
        number = int.from_bytes(taken, "big")
        found[number] = [*map(work, blocks[number])]
    return found


def _begin(share: Callable[[], Mapping[int, list[Done]]]) -> tuple[int, int]:
    """A copy of this process that does a share: its id, and where it writes what it made."""
    output, into = os.pipe()
    if pid := os.fork():
        os.close(into)
        return pid, output
    status = 1
    try:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # who asked tells of the interruption
        with os.fdopen(into, "wb") as file:
            pickle.dump(share(), file)
        status = 0
    finally:
        os._exit(status)  # nothing of what was begun before is this one's to end


def _end(pid: int, output: int) -> Mapping[int, list[Done]]:
    """What a copy made; nothing where it has not come to its end."""
    with os.fdopen(output, "rb") as file:
        data = file.read()
    whole = os.waitpid(pid, 0)[1] == 0
    found: Mapping[int, list[Done]] = pickle.loads(data) if whole else {}  # noqa: S301  # our own copy wrote it
    return found
