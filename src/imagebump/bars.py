"""What is under way in a build or a push right now, and how far it is."""

import json
from collections.abc import Iterable
from typing import NamedTuple


class Bar(NamedTuple):
    """One thing that is being done: bytes done, and to do (0: nobody knows)."""

    name: str
    current: int = 0
    total: int = 0

    @property
    def share(self) -> str:
        """Bytes done of bytes to do, 3.1/12.0 MB; "" where nobody knows."""
        if not self.total:
            return ""
        return f"{min(self.current, self.total) / 1e6:.1f}/{self.total / 1e6:.1f} MB"


def together(name: str, bars: Iterable[Bar]) -> Bar:
    """Several as one."""
    known = list(bars)
    return Bar(name, sum(bar.current for bar in known), sum(bar.total for bar in known))


def dump(bars: Iterable[Bar]) -> str:
    """As the ledger keeps them."""
    return json.dumps([list(bar) for bar in bars])


def load(text: str) -> tuple[Bar, ...]:
    """What `dump` made; nothing of what it did not."""
    return tuple(Bar(*fields) for fields in json.loads(text or "[]"))
