"""What is drawn of a publication while it goes."""

from pathlib import Path

import pytest
from rich.console import Console

from imagebump import ledger
from imagebump.bars import Bar, dump
from imagebump.commands import board
from imagebump.spool import Job

JOB = Job("abc1234" + "0" * 33, "main", {}, 1.0, False, "")


@pytest.mark.parametrize(
    ("state", "bars", "shown"),
    [
        ("queued", [], ["waiting for the worker"]),
        ("building", [], ["abc1234 1.0.0 building", "✓ RUN make 0.5 s", "building"]),
        ("building", [Bar("RUN make install")], ["abc1234 1.0.0 building", "✓ RUN make 0.5 s", "RUN make install"]),
        ("pushing", [Bar("push a", 1_000_000, 2_000_000), Bar("push b", 1, 3_000_000)],
         ["abc1234 1.0.0 pushing", "✓ RUN make 0.5 s", "push a ━━━━━━━━━━ 1.0/2.0 MB", "push b 0.0/3.0 MB"]),
    ],
)  # fmt: skip
def test_a_board(tmp_path: Path, state: str, bars: list[Bar], shown: list[str]) -> None:
    """The steps that ended, and each that goes on, with a bar where its bytes are known."""
    console = Console(width=80, force_terminal=True, no_color=True, color_system=None)
    with ledger.opened(tmp_path) as book, console.capture() as capture:
        book.add(JOB)
        book.update(JOB.id, state=state, version="1.0.0", bars=dump(bars))
        book.step(JOB.id, "RUN make", 0.5)
        console.print(board.of(book.of_commit(JOB.commit), book))
    lines = [
        "".join(c for c in line if not "\u2800" <= c <= "\u28ff")
        for line in capture.get().splitlines()
    ]
    assert [" ".join(line.replace("╸", "").split()) for line in lines] == shown
