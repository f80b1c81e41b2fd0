"""BuildKit's progress: the `moby.buildkit.trace` messages of a build's stream.

Each is a protobuf message, moby.buildkit.v1.StatusResponse of BuildKit's api/services/control; of
its fields only those that are shown are read, and what is unknown is passed over.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


class Vertex(NamedTuple):
    """A step of the build: times in seconds since the epoch, 0.0 where it has not come to that."""

    digest: str
    name: str
    cached: bool
    started: float
    completed: float
    error: str


class Transfer(NamedTuple):
    """Bytes that a step moves; `total` is 0 where it is not known."""

    vertex: str
    name: str
    current: int
    total: int


class Log(NamedTuple):
    """What a step printed."""

    vertex: str
    text: str


@dataclass(frozen=True)
class Status:
    """One message."""

    vertexes: tuple[Vertex, ...]
    transfers: tuple[Transfer, ...]
    logs: tuple[Log, ...]


def decode(data: bytes) -> Status:
    """Read one message. ValueError where it is no such message."""
    parts = _collect(data)
    return Status(
        tuple(_vertex(_collect(raw)) for raw in parts.many(1)),
        tuple(_transfer(_collect(raw)) for raw in parts.many(2)),
        tuple(_log(_collect(raw)) for raw in parts.many(3)),
    )


def _vertex(parts: "_Parts") -> Vertex:
    return Vertex(
        parts.text(1),
        parts.text(3),
        bool(parts.number(4)),
        parts.time(5),
        parts.time(6),
        parts.text(7),
    )


def _transfer(parts: "_Parts") -> Transfer:
    return Transfer(parts.text(2), parts.text(3), parts.number(4), parts.number(5))


def _log(parts: "_Parts") -> Log:
    return Log(parts.text(1), parts.text(4))


class _Parts(dict[int, list[int | bytes]]):
    """The fields of a message by their number."""

    def many(self, field: int) -> Iterator[bytes]:
        return (value for value in self.get(field, ()) if isinstance(value, bytes))

    def text(self, field: int) -> str:
        return next(self.many(field), b"").decode(errors="replace")

    def number(self, field: int) -> int:
        return next((value for value in self.get(field, ()) if isinstance(value, int)), 0)

    def time(self, field: int) -> float:
        """A google.protobuf.Timestamp."""
        stamp = _collect(next(self.many(field), b""))
        return stamp.number(1) + stamp.number(2) / 1e9


def _collect(data: bytes) -> _Parts:
    parts, position = _Parts(), 0
    while position < len(data):
        tag, position = _varint(data, position)
        kind, value = tag & 7, b""
        if kind == _VARINT:
            number, position = _varint(data, position)
            parts.setdefault(tag >> 3, []).append(number)
            continue
        if kind == _BYTES:
            length, position = _varint(data, position)
        elif kind in (_FIXED64, _FIXED32):
            length = 8 if kind == _FIXED64 else 4
        else:
            raise ValueError(f"wire type {kind} at byte {position}")
        value = data[position : position + length]
        if len(value) != length:
            raise ValueError("the message ends early")
        position += length
        parts.setdefault(tag >> 3, []).append(value)
    return parts


def _varint(data: bytes, position: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if position >= len(data):
            raise ValueError("the message ends early")
        if shift > 63:
            raise ValueError("a number of more than 64 bits")
        byte = data[position]
        value |= (byte & 0x7F) << shift
        position, shift = position + 1, shift + 7
        if not byte & 0x80:
            return value, position
