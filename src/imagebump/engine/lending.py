"""The session of a build: the engine asks over it for the files of the context, and for nothing else.

It is a connection to the engine over which that is the client, of gRPC over HTTP/2. Source: session/grpchijack
and session/filesync of BuildKit, and the specification of gRPC over HTTP/2.
"""

import os
import select
import socket
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Self

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import (
    ConnectionTerminated,
    DataReceived,
    Event,
    RequestReceived,
    StreamReset,
)
from h2.exceptions import H2Error

from imagebump.engine import facts
from imagebump.engine.filesync import DiffCopy, File, frames
from imagebump.plan import BuildPlan

_COPY = "/moby.filesync.v1.FileSync/DiffCopy"
_HEALTH = "/grpc.health.v1.Health/Check"
_SERVING = b"\0\0\0\0\2\x08\x01"
_UNIMPLEMENTED = "12"
_TIMEOUT = 10.0
"""Seconds for the engine to take the connection over."""
_PIECE = 1 << 20
_FILL = 1 << 18
"""Bytes that are gathered before they are sent."""


class Context:
    """What is lent of a plan: its Dockerfile and its context, of which what is ignored is left out already."""

    def __init__(self, plan: BuildPlan) -> None:
        self._plan = plan
        self._files = facts.listed(plan)

    def files(self, directory: str, paths: Sequence[str]) -> Sequence[File]:
        """The files of one of the two; no rules for the builder to apply once more, where it asks for `paths` alone."""
        if directory == "dockerfile":
            return [facts.dockerfile(self._plan)]
        if paths and all(path.endswith(facts.RULES) for path in paths):
            return []
        return self._files

    def read(self, oid: str) -> Iterator[bytes]:
        """The content of a file."""
        if oid == facts.FILE:
            return iter([self._plan.dockerfile.source])
        return self._plan.snapshot.repository.blobs.stream(oid)[1]


def open_session(path: str, name: str, key: str) -> socket.socket | None:
    """A connection to the engine's socket over which it will ask; None where it knows of none.

    `name` is this session's alone; `key` is that of all builds of one context, whose files the engine keeps.
    """
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.settimeout(_TIMEOUT)
        connection.connect(path)
        lines = [
            "POST /session HTTP/1.1", "Host: docker", "Connection: Upgrade", "Upgrade: h2c",
            "Content-Length: 0", f"X-Docker-Expose-Session-Uuid: {name}",
            "X-Docker-Expose-Session-Name: imagebump", f"X-Docker-Expose-Session-Sharedkey: {key}",
            *(f"X-Docker-Expose-Session-Grpc-Method: {one}" for one in (_COPY, _HEALTH)),
        ]  # fmt: skip
        connection.sendall("\r\n".join([*lines, "", ""]).encode())
        if _status(connection) == b"101":
            return connection
    except OSError:
        pass
    connection.close()
    return None


def _status(connection: socket.socket) -> bytes:
    """That of the answer, of which not a byte more is read than it has: behind it the engine begins to ask."""
    answer = b""
    while not answer.endswith(b"\r\n\r\n") and (byte := connection.recv(1)):
        answer += byte
    return answer.split(b" ", 2)[1] if answer.count(b" ") > 1 else b""


class Lender:
    """Answers over a session, in a thread of its own, until the block ends."""

    def __init__(self, connection: socket.socket, context: Context) -> None:
        self._socket, self._context = connection, context
        self._http = H2Connection(H2Configuration(client_side=False, header_encoding=None))
        self._copies: dict[int, _Stream] = {}
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self.problem: Exception | None = None

    def __enter__(self) -> Self:
        self._socket.settimeout(None)
        self._http.initiate_connection()
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """What could not be read is the reason, whatever the engine made of it."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join(_TIMEOUT)
        self._socket.close()
        if problem and self.problem and not isinstance(self.problem, OSError | H2Error):
            raise self.problem from None

    def _serve(self) -> None:
        try:
            while self._turn():
                pass
        except Exception as problem:  # raised again where the build has failed for it
            self.problem = problem
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)

    def _turn(self) -> bool:
        """Send what may be sent, and read what comes; False at the end of the connection."""
        more = self._pump()
        if data := self._http.data_to_send():
            self._socket.sendall(data)
        if more and not select.select([self._socket], [], [], 0)[0]:
            return True
        data = self._socket.recv(_PIECE)
        if not data:
            return False
        events = self._http.receive_data(data)
        return not sum(self._take(event) for event in events)

    def _pump(self) -> bool:
        """A piece of each transfer, as far as the engine takes it; is there more that it would take now?

        One that is in the middle of a file goes first: git gives us one after the other.
        """
        busy = [one for one in self._copies.values() if one.copy.busy]
        ready = [one.send() for one in busy or list(self._copies.values())]
        self._copies = {number: one for number, one in self._copies.items() if not one.over}
        return any(ready)

    def _take(self, event: Event) -> bool:
        """Do what is asked for; is it the end?"""
        if isinstance(event, RequestReceived):
            self._asked(event.stream_id, event.headers)
        elif isinstance(event, DataReceived):
            length = event.flow_controlled_length or 0
            if length:
                self._http.acknowledge_received_data(length, event.stream_id)
            if copy := self._copies.get(event.stream_id):
                copy.take(event.data or b"")
        elif isinstance(event, StreamReset):
            self._copies.pop(event.stream_id, None)
        return isinstance(event, ConnectionTerminated)

    def _asked(self, stream: int, headers: Iterable[tuple[bytes, bytes]]) -> None:
        about: dict[str, list[str]] = {}
        for name, value in headers:
            about.setdefault(os.fsdecode(name), []).append(os.fsdecode(value))
        path = about[":path"][0]
        start = [(":status", "200"), ("content-type", "application/grpc")]
        if path == _COPY:
            self._http.send_headers(stream, start)
            paths = [*about.get("followpaths", ()), *about.get("include-patterns", ())]
            found = self._context.files(about.get("dir-name", [""])[0], paths)
            copy = DiffCopy(found, self._context.read)
            self._copies[stream] = _Stream(self._http, stream, copy)
        elif path == _HEALTH:
            self._http.send_headers(stream, start)
            self._http.send_data(stream, _SERVING)
            self._http.send_headers(stream, [("grpc-status", "0")], end_stream=True)
        else:
            refused = [*start, ("grpc-status", _UNIMPLEMENTED)]
            self._http.send_headers(stream, refused, end_stream=True)


class _Stream:
    """A transfer over one stream of a connection."""

    def __init__(self, http: H2Connection, number: int, copy: DiffCopy) -> None:
        self._http, self._number, self.copy = http, number, copy
        self._received, self._out = bytearray(), memoryview(b"")
        self.over = False

    def take(self, data: bytes) -> None:
        """Bytes that came."""
        self._received += data
        for message in frames(self._received):
            self.copy.take(message)

    def send(self) -> bool:
        """What the engine takes of a piece; may more follow at once?"""
        if not self._out and not self._fill():
            return False
        window = max(0, self._http.local_flow_control_window(self._number))
        piece, self._out = self._out[:window], self._out[window:]
        size = self._http.max_outbound_frame_size
        for begin in range(0, len(piece), size):
            self._http.send_data(self._number, bytes(piece[begin : begin + size]))
        return bool(piece)

    def _fill(self) -> bool:
        """Take what is next, many small files at a time; is there anything? The end is said here."""
        out = bytearray()
        while len(out) < _FILL and (found := self.copy.next()):
            out += found
        if not out and found is None:
            self._http.send_headers(self._number, [("grpc-status", "0")], end_stream=True)
            self.over = True
        self._out = memoryview(bytes(out))
        return bool(out)
