"""The report of one job, for the ledger, the log and whoever watches."""

import time
from collections.abc import Callable, Sequence
from typing import IO, NamedTuple

from imagebump.bars import Bar, dump
from imagebump.ledger import Ledger
from imagebump.masks import Mask
from imagebump.records import Id

_MOST_LINES = 50_000
"""Of one attempt, in its log."""
_BETWEEN = 0.2
"""Seconds between two updates of a step's progress."""


def _nothing(*_: object) -> None:
    """Nobody is there."""


class Audience(NamedTuple):
    """People before whom an attempt is made: they read each line of the log, and look at the ledger when it changes."""

    read: Callable[[str], None] = _nothing
    look: Callable[[], None] = _nothing


class Recorder:
    """The report of one job: its log, its present step, its steps' seconds. Secrets are masked."""

    def __init__(
        self, book: Ledger, build: Id, log: IO[str], audience: Audience | None = None
    ) -> None:
        self._book, self._build, self._log = book, build, log
        self._audience = audience or Audience()
        self._mask = Mask()
        self._step = ""
        self._lines = 0
        self._names: list[str] = []
        self._drawn = 0.0

    def hide(self, secret: str) -> None:
        """See Report."""
        self._mask.hide(secret)

    def step(self, text: str) -> None:
        """See Report."""
        if text != self._step:
            self._step = text
            self._book.update(self._build, step=self.masked(text))
            self._audience.look()

    def bars(self, bars: Sequence[Bar]) -> None:
        """See Report. What comes and goes is shown at once, how far it is a few times a second."""
        names = [bar.name for bar in bars]
        if names != self._names or time.monotonic() - self._drawn >= _BETWEEN:
            self._names, self._drawn = names, time.monotonic()
            masked = dump(bar._replace(name=self.masked(bar.name)) for bar in bars)
            self._book.update(self._build, bars=masked)
            self._audience.look()

    def log(self, text: str) -> None:
        """See Report."""
        line = self.masked(text)
        self._lines += 1
        if self._lines == _MOST_LINES:
            print("… what a step says from here on is left out", file=self._log, flush=True)
        if self._lines < _MOST_LINES or not line.startswith("  "):
            print(line, file=self._log, flush=True)
        self._audience.read(line)

    def timing(self, step: str, seconds: float) -> None:
        """See Report."""
        self._book.step(self._build, self.masked(step), seconds)
        self.log(f"  {seconds:.1f} s: {step}")

    def masked(self, text: str) -> str:
        """`text` without a secret that we know of."""
        return self._mask.masked(text)
