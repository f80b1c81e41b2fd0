"""Work that is shared out among processes."""

import os
import signal

from imagebump import parallel


def test_the_order_stays() -> None:
    """Whichever process does it, and whatever function it is."""
    own, times = os.getpid(), 3
    done = parallel.over(lambda n: (n * times, os.getpid()), range(100))
    assert [number for number, _ in done] == [*range(0, 300, 3)]
    alone = len(os.sched_getaffinity(0)) == 1
    assert ({pid for _, pid in done} == {own}) == alone


def test_a_process_that_ends_early() -> None:
    """What it was to do is done all the same."""
    own = os.getpid()

    def work(number: int) -> int:
        if os.getpid() != own and number == 50:
            os.kill(os.getpid(), signal.SIGKILL)
        return number

    assert parallel.over(work, range(100)) == [*range(100)]
