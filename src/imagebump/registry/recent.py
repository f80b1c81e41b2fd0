"""What this process has read of registries by digest, whose bytes never change: a hub counts each manifest that is read."""

from typing import Generic, TypeVar

T = TypeVar("T")

_MOST = 64
_LARGEST = 1 << 18
"""Bytes of what is kept: nearly all manifests and configurations have less."""


class Recent(Generic[T]):
    """The last of one kind, by the name of their repository and their digest."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], T] = {}

    def get(self, repository: str, digest: str) -> T | None:
        """What was read; None where it was not, or long ago."""
        return self._kept.get((repository, digest))

    def put(self, repository: str, digest: str, value: T, size: int) -> None:
        """Keep what has so many bytes."""
        if size <= _LARGEST:
            self._kept[repository, digest] = value
        if len(self._kept) > _MOST:
            del self._kept[next(iter(self._kept))]
