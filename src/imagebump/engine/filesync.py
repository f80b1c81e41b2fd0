"""How BuildKit gets a build context over a session: the files' facts first, then what it asks for.

Its copy of the last time stays with it, and a file that has the same facts is not asked for again.
Source: fsutil's send.go and types, and moby.filesync.v1 of BuildKit's session/filesync.
"""

import stat
import struct
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from imagebump.engine import protobuf

_STAT, _REQUEST, _DATA, _END, _ERROR = range(5)
_TYPE, _STAT_FIELD, _ID, _BYTES = 1, 2, 3, 4
_GO_DIRECTORY, _GO_LINK = 1 << 31, 1 << 27
_HEAD = struct.Struct(">BI")
_BATCH = 1 << 16
"""Bytes of facts that are sent at a time."""


class File(NamedTuple):
    """One path of a context: st_mode, bytes, time in nanoseconds, a link's target, and where its content is."""

    path: bytes
    mode: int
    size: int = 0
    time: int = 0
    link: bytes = b""
    oid: str = ""


Read = Callable[[str], Iterator[bytes]]
"""The content of a file by its `oid`."""


class DiffCopy:
    """One transfer. `files` are sorted as a directory tree is walked; it is `busy` in the middle of a file."""

    def __init__(self, files: Sequence[File], read: Read) -> None:
        self._files, self._read = files, read
        self._asked: deque[int] = deque()
        self._over = False
        self.busy = False
        self._out = self._packets()

    def take(self, message: bytes) -> None:
        """What BuildKit says. ValueError where that is not to be understood, OSError where it has failed."""
        packet = protobuf.collect(message)
        kind = packet.number(_TYPE)
        if kind == _REQUEST:
            self._asked.append(packet.number(_ID))
        elif kind == _END:
            self._over = True
        elif kind == _ERROR:
            raise OSError(packet.text(_BYTES))

    def next(self) -> bytes | None:
        """What is to be sent next; b"" where nothing is, until more is asked for; None at the end."""
        return next(self._out, None)

    def _packets(self) -> Iterator[bytes]:
        yield from _facts(self._files)
        while not self._over:
            if not self._asked:
                yield b""
                continue
            number, self.busy = self._asked.popleft(), True
            head = protobuf.number(_TYPE, _DATA) + protobuf.number(_ID, number)
            for chunk in self._read(self._files[number].oid):
                if chunk:
                    yield _framed(head + protobuf.data(_BYTES, chunk))
            self.busy = False
            yield _framed(head)
        yield _framed(protobuf.number(_TYPE, _END))


def _facts(files: Sequence[File]) -> Iterator[bytes]:
    """Those of each file, and an empty message behind them."""
    batch = bytearray()
    for file in files:
        batch += _framed(protobuf.data(_STAT_FIELD, _stat(file)))
        if len(batch) >= _BATCH:
            yield bytes(batch)
            batch.clear()
    yield bytes(batch) + _framed(b"")


def _stat(file: File) -> bytes:
    """A message Stat; user and group are root's: zeros are left out."""
    mode = stat.S_IMODE(file.mode)
    if stat.S_ISDIR(file.mode):
        mode |= _GO_DIRECTORY
    elif stat.S_ISLNK(file.mode):
        mode |= _GO_LINK
    link = protobuf.data(7, file.link) if file.link else b""
    return b"".join(
        (
            protobuf.data(1, file.path),
            protobuf.number(2, mode),
            protobuf.number(5, file.size),
            protobuf.number(6, file.time),
            link,
        )
    )


def _framed(message: bytes) -> bytes:
    """As gRPC sends it: not compressed, and how long it is."""
    return _HEAD.pack(0, len(message)) + message


def frames(received: bytearray) -> Iterator[bytes]:
    """The whole messages of what came so far, which are taken off it."""
    while len(received) >= _HEAD.size:
        length = _HEAD.unpack_from(received)[1]
        if len(received) < _HEAD.size + length:
            return
        yield bytes(received[_HEAD.size : _HEAD.size + length])
        del received[: _HEAD.size + length]
