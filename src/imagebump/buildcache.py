"""What the worker last saw of the engine's build cache, for `status` to warn of."""

import json
import time
from pathlib import Path
from typing import NamedTuple

from imagebump import files

LARGE = 10_000_000_000
"""Bytes from which on status has a word to say."""


class Cache(NamedTuple):
    """Its bytes, and when that was (seconds since the epoch)."""

    size: int
    seen: float


def seen(state: Path) -> Cache:
    """What is known of it; Cache(0, 0.0) for nothing."""
    try:
        size, when = json.loads((state / "cache.json").read_bytes())
        return Cache(int(size), float(when))
    except (OSError, ValueError, TypeError):
        return Cache(0, 0.0)


def remember(state: Path, size: int) -> None:
    """Note that it has `size` bytes now."""
    found = Cache(size, time.time())
    files.write_atomic(state / "cache.json", json.dumps(found).encode(), 0o600)
