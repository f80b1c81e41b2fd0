"""What is left of a worker while it waits: a small process that becomes a worker again.

`python -m imagebump.sleeper TOP COMMON_DIR UNTIL` sleeps until then (seconds since the epoch). A
worker that begins ends it: that one has the newer environment, and sleeps in its turn.
"""

import math
import os
import select
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NoReturn

from imagebump import files, process, spool

_LOOK = 60.0
"""Seconds between two looks at the clock, which goes on while a laptop is closed."""
_GLANCE = 0.2
"""Seconds between two looks at a push that is under way."""
_TRIES, _BETWEEN = 40, 0.05


def become(top: Path, common_dir: Path, until: float) -> NoReturn:
    """Make this process sleep until then, and work again."""
    _become("imagebump.sleeper", top, common_dir, str(until))


def wake(state: Path) -> None:
    """End the one that sleeps, if one does: whoever sleeps next knows better until when."""
    with suppress(OSError):
        _alarm(state).unlink(missing_ok=True)
    files.ring(_bell(state))


def is_asleep(state: Path) -> bool:
    """Does one sleep?"""
    return not files.is_free(_lock(state))


def _bell(state: Path) -> Path:
    return state / "bell"


def is_asleep_as(state: Path, pid: int) -> bool:
    """Is the process `pid` the one that sleeps, as far as it could say so?"""
    try:
        other = _alarm(state).read_text().split()[1:] not in ([str(pid)], [])
    except OSError:
        other = False
    return not other and is_asleep(state)


def _alarm(state: Path) -> Path:
    """A file that holds until when one sleeps, and its process id."""
    return state / "alarm"


def _set(state: Path) -> float:
    """Until when one sleeps (seconds since the epoch); for ever where nobody says."""
    try:
        return float(_alarm(state).read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return math.inf


def _lock(state: Path) -> Path:
    return state / "sleeper.lock"


def _become(module: str, *arguments: str | Path) -> NoReturn:
    process.become([sys.executable, "-P", "-m", module, *map(str, arguments)])


@contextmanager
def _place(state: Path, until: float) -> Iterator[bool]:
    """The one place to sleep in, held; whoever would sleep in it for longer than `until` has to leave it.

    One who was just woken may still be about to.
    """
    for _ in range(_TRIES):
        with files.locked(_lock(state)) as held:
            if held:
                yield True
                return
        if until < _set(state):
            files.ring(_bell(state))
        time.sleep(_BETWEEN)
    yield False


def _sleep(common_dir: Path, until: float) -> bool:
    """Sleep; is it time to work? Not where another one sleeps, or begins to work."""
    state = common_dir / files.OURS
    if not state.is_dir():
        return False
    with _place(state, until) as held:
        if not held:
            return False
        # The other time is of one who had to leave for another who had to leave for us.
        until = min(until, _set(state))
        with suppress(OSError):  # a full disk: whoever has less time wakes us without
            files.write_atomic(_alarm(state), f"{until} {os.getpid()}".encode(), 0o600)
        with suppress(FileExistsError):
            os.mkfifo(_bell(state), 0o600)
        # for reading and writing: without a writer, there would be nothing to wait for
        bell = os.open(_bell(state), os.O_RDWR | os.O_NONBLOCK)
        try:
            while (left := until - time.time()) > 0 and state.is_dir():
                pushes = spool.pushes(state)
                if any(map(spool.push_is_over, pushes)):
                    break
                if select.select([bell], [], [], min(left, _GLANCE if pushes else _LOOK))[0]:
                    return False
            _alarm(state).unlink(missing_ok=True)
        finally:
            os.close(bell)
    return state.is_dir()


def main() -> int:
    """The entry of the process; its output goes where the worker's did."""
    top, common_dir, until = sys.argv[1:]
    if _sleep(Path(common_dir), float(until)):
        _become("imagebump.worker", top, common_dir)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
