"""BuildKit's progress: the `moby.buildkit.trace` messages of a build's stream.

Each is a protobuf message, moby.buildkit.v1.StatusResponse of BuildKit's api/services/control; of
its fields only those that are shown are read, and what is unknown is passed over.
"""

from dataclasses import dataclass
from typing import NamedTuple

from imagebump.engine.protobuf import Parts, collect


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
    parts = collect(data)
    return Status(
        tuple(_vertex(collect(raw)) for raw in parts.many(1)),
        tuple(_transfer(collect(raw)) for raw in parts.many(2)),
        tuple(_log(collect(raw)) for raw in parts.many(3)),
    )


def _vertex(parts: Parts) -> Vertex:
    return Vertex(
        parts.text(1),
        parts.text(3),
        bool(parts.number(4)),
        parts.time(5),
        parts.time(6),
        parts.text(7),
    )


def _transfer(parts: Parts) -> Transfer:
    return Transfer(parts.text(2), parts.text(3), parts.number(4), parts.number(5))


def _log(parts: Parts) -> Log:
    return Log(parts.text(1), parts.text(4))
