"""Work that is shared out among processes."""

import os
import signal
from pathlib import Path

from harness import wait_for
from imagebump import parallel

OWN = os.getpid()
ALONE = len(os.sched_getaffinity(0)) == 1


def test_the_order_stays(tmp_path: Path) -> None:
    """Whichever process does it, and whatever function it is."""
    begun = tmp_path / "begun"

    def work(number: int) -> tuple[int, int]:
        if os.getpid() != OWN:
            begun.touch()
        elif number > 50 and not ALONE:
            wait_for(begun.exists, 30, "another process")
        return number * 3, os.getpid()

    done = parallel.over(work, range(100))
    assert [number for number, _ in done] == [*range(0, 300, 3)]
    assert ({pid for _, pid in done} == {OWN}) == ALONE


def test_a_process_that_ends_early(tmp_path: Path) -> None:
    """What it was to do is done all the same."""
    begun = tmp_path / "begun"

    def work(number: int) -> int:
        if os.getpid() != OWN:
            begun.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        if number > 50 and not ALONE:
            wait_for(begun.exists, 30, "another process")
        return number

    assert parallel.over(work, range(100)) == [*range(100)]


def test_more_than_a_pipe_holds() -> None:
    """Then each process takes more at a time."""
    assert parallel.over(str, range(100_000)) == [*map(str, range(100_000))]
