"""What is drawn of a publication while it goes."""

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from rich.console import Console

from harness import wait_for
from imagebump import ledger
from imagebump.bars import Bar, dump
from imagebump.commands import board
from imagebump.ledger import Ledger
from imagebump.spool import Job

JOB = Job("abc1234" + "0" * 33, "main", {}, 1.0, False, "")


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Ledger]:
    """A ledger in which a version is on its way."""
    with ledger.opened(tmp_path) as one:
        one.add(JOB)
        one.update(JOB.id, version="1.0.0")
        yield one


def drawn(book: Ledger, width: int = 80, clock: Callable[[], float] = time.monotonic) -> list[str]:
    """The lines of a board."""
    console = Console(
        width=width, force_terminal=True, no_color=True, color_system=None, get_time=clock
    )
    with console.capture() as capture:
        console.print(board.of(book.of_commit(JOB.commit), book))
    return capture.get().splitlines()


@pytest.mark.parametrize(
    ("state", "bars", "shown"),
    [
        ("queued", [], ["waiting for the worker"]),
        ("building", [], ["abc1234 1.0.0 building", "✓ RUN make 0.5 s", "building ━"]),
        ("building", [Bar("RUN make install")],
         ["abc1234 1.0.0 building", "✓ RUN make 0.5 s", "RUN make install ━"]),
        ("pushing", [Bar("push a", 1_000_000, 2_000_000), Bar("push b", 1, 3_000_000)],
         ["abc1234 1.0.0 pushing", "✓ RUN make 0.5 s", "push a ━ 1.0/2.0 MB", "push b 0.0/3.0 MB"]),
    ],
)  # fmt: skip
def test_a_board(book: Ledger, state: str, bars: list[Bar], shown: list[str]) -> None:
    """The steps that ended, and a bar for each that goes on."""
    book.update(JOB.id, state=state, bars=dump(bars))
    for seconds in (0.1, 0.4):
        book.step(JOB.id, "RUN make", seconds)
    lines = ["".join(c for c in line if not "\u2800" <= c <= "\u28ff") for line in drawn(book)]
    assert [re.sub("━[━╸ ]*", "━ ", " ".join(line.split())).strip() for line in lines] == shown


def test_a_narrow_terminal(book: Ledger) -> None:
    """What a step is called has most of the room."""
    book.update(JOB.id, state="building", bars=dump([Bar("RUN make install and more")]))
    book.step(JOB.id, "[stage-2 2/5] COPY app.txt big.bin /app/", 1.0)
    _, ended, _ = drawn(book, 50)
    assert ended == "✓ [stage-2 2/5] COPY app.txt big.bin /app/   1.0 s"
    bar = re.compile("RUN make install and more +━")  # it moves, and is out of sight for a moment
    wait_for(lambda: bar.search(drawn(book, 50)[-1]), 10, "the bar beside the whole name")


def test_what_goes_on_moves(book: Ledger) -> None:
    """Also where it is drawn anew all the time."""
    book.update(JOB.id, state="building")
    marks = {drawn(book, clock=float(time).__float__)[-1][0] for time in (5, 6.1, 7.3)}
    assert len(marks) > 1
