"""A proxy in front of a real registry that misbehaves when a test says so."""

import http.client
import json
import os
import socket
import struct
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple

HEAD, GET, PUT, UPLOAD = "HEAD", "GET", "PUT", "upload"
"""The kinds of requests: to look at a tag, to read, to write a manifest, to send a layer."""
_NOT_PASSED_ON = {"connection", "transfer-encoding", "content-length", "keep-alive"}


class Reply(NamedTuple):
    """An answer on its way back."""

    status: int
    headers: dict[str, str]
    body: bytes = b""


@dataclass
class Proxy:
    """What it does to the requests of one kind, one after the other, and then no more.

    `expired` is a token that was good once, `met` how many requests were broken.
    """

    upstream: int
    port: int = 0
    expired: str = ""
    kind: str = ""
    met: int = 0
    _server: "_Server | None" = None
    _due: Iterator[str] = field(default_factory=lambda: iter(()))
    _calm: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Condition = field(default_factory=threading.Condition)
    _under_way: int = 0

    @property
    def host(self) -> str:
        """As it stands in image names."""
        return f"127.0.0.1:{self.port}"

    def misbehave(self, kind: str, faults: Iterable[str]) -> None:
        """Do these to the next requests of a kind."""
        self.kind, self._due, self.met = kind, iter(faults), 0
        self._calm.clear()
        self.listen()

    def behave(self) -> None:
        """No more of it; nobody waits any longer, and nothing is still to come."""
        self._due = iter(())
        self._calm.set()
        self.listen()
        with self._lock:
            assert self._lock.wait_for(lambda: not self._under_way, 30)

    def listen(self) -> None:
        """Let everybody in, from now on."""
        if self._server is None:
            self._server = _Server(self)
            self.port = self._server.server_port

    def leave(self) -> None:
        """Let nobody in any more."""
        if self._server is not None:
            self._server.end()
            self._server = None

    def wait(self) -> None:
        """Longer than anybody has patience, or until it is over."""
        self._calm.wait(3.0)

    @contextmanager
    def under_way(self) -> Iterator[None]:
        """While a request is answered."""
        with self._lock:
            self._under_way += 1
        try:
            yield
        finally:
            with self._lock:
                self._under_way -= 1
                self._lock.notify_all()

    def take(self, method: str, path: str) -> str:
        """What to do to a request."""
        if _kind(method, path) != self.kind:
            return ""
        with self._lock:
            fault = next(self._due, "")
            self.met += bool(fault)
        return fault


def _kind(method: str, path: str) -> str:
    """Which kind a request is of; "" for one that nobody breaks."""
    if "/blobs/uploads/" in path:
        return UPLOAD if method == "PATCH" else ""
    if "/manifests/" in path or (method == GET and "/blobs/" in path):
        return method
    return ""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    proxy: Proxy

    def handle_any(self) -> None:
        """One request: passed on, or broken where it is due."""
        with self.proxy.under_way():
            _FAULTS[self.proxy.take(self.command, self.path)](self)

    do_GET = do_HEAD = do_PUT = do_POST = do_PATCH = do_DELETE = handle_any

    def pass_on(self) -> Reply:
        """What the registry answers."""
        headers = {k: v for k, v in self.headers.items() if k.lower() not in _NOT_PASSED_ON}
        there = http.client.HTTPConnection("127.0.0.1", self.proxy.upstream, timeout=30)
        try:
            there.request(self.command, self.path, self.read_body(), headers)
            answer = there.getresponse()
            found = {k: v for k, v in answer.getheaders() if k.lower() not in _NOT_PASSED_ON}
            length = answer.getheader("Content-Length")
            if self.command == HEAD and length:
                found["Content-Length"] = length
            return Reply(answer.status, found, answer.read())
        finally:
            there.close()

    def read_body(self) -> bytes:
        """All that was sent along."""
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = []
        while size := int(self.rfile.readline().strip() or b"0", 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def give(self, reply: Reply, *, cut: bool = False) -> None:
        """Answer; `cut` breaks off in the middle of the body."""
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if "Content-Length" not in reply.headers:
            self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        if self.command != HEAD:
            self.wfile.write(reply.body[: len(reply.body) // 2] if cut else reply.body)
        if cut:
            self.close_connection = True

    def instead(self, status: int, code: str = "", **headers: str) -> None:
        """Answer by itself."""
        self.read_body()
        message = code.lower().replace("_", " ")
        error = json.dumps({"errors": [{"code": code, "message": message}]}).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.give(Reply(status, named, error if code else b""))

    def reset(self) -> None:
        """Break the connection off in the middle of what is sent."""
        if self.command == "PATCH":
            self.rfile.read(1 << 14)
        self.hang_up()

    def hang_up(self) -> None:
        """Break the connection off."""
        now = struct.pack("ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, now)
        self.close_connection = True
        os.close(self.connection.detach())

    def go(self) -> None:
        """Hang up, and refuse every connection from then on."""
        self.proxy.leave()
        self.hang_up()

    def lose(self) -> None:
        """Pass it on, and lose the answer."""
        self.pass_on()
        self.hang_up()

    def wait(self) -> None:
        """Answer late."""
        self.proxy.wait()
        reply = self.pass_on()
        with suppress(OSError):  # nobody waited for it
            self.give(reply)

    def expire(self) -> None:
        """Pass it on with a token that was good once."""
        if "Authorization" in self.headers:
            self.headers.replace_header("Authorization", f"Bearer {self.proxy.expired}")
        self.give(self.pass_on())

    def lie(self) -> None:
        """Answer with the digest of something else."""
        reply = self.pass_on()
        self.give(reply._replace(headers=reply.headers | {"Docker-Content-Digest": NOWHERE}))

    def repeat(self) -> None:
        """Refuse, and say what was sent to log in."""
        self.read_body()
        said = f"no such luck: Authorization: {self.headers.get('Authorization')}"
        error = json.dumps({"errors": [{"code": "UNKNOWN", "message": said}]}).encode()
        self.give(Reply(400, {}, error))

    def log_message(self, *_: object) -> None:
        """Nothing on the terminal."""


NOWHERE = f"sha256:{64 * '0'}"
_FAULTS: dict[str, Callable[[_Handler], None]] = {
    "": lambda one: one.give(one.pass_on()),
    "429": lambda one: one.instead(429, "TOOMANYREQUESTS"),
    "429, wait": lambda one: one.instead(429, "TOOMANYREQUESTS", Retry_After="1"),
    "500": lambda one: one.instead(500),
    "lost layer": lambda one: one.instead(404, "MANIFEST_BLOB_UNKNOWN"),
    "reset": _Handler.reset,
    "lost answer": _Handler.lose,
    "slow": _Handler.wait,
    "expired token": _Handler.expire,
    "wrong digest": _Handler.lie,
    "refused": _Handler.go,
    "repeats the login": _Handler.repeat,
    "truncated": lambda one: one.give(one.pass_on(), cut=True),
}


class _Server(ThreadingHTTPServer):
    """Listens for a proxy, at the port that it has had before."""

    daemon_threads = True

    def __init__(self, one: Proxy) -> None:
        handler = type("Handler", (_Handler,), {"proxy": one})
        super().__init__(("127.0.0.1", one.port), handler)
        options = {"poll_interval": 0.01}
        self._thread = threading.Thread(target=self.serve_forever, kwargs=options)
        self._thread.start()

    def end(self) -> None:
        """Listen no more."""
        self.shutdown()
        self._thread.join()
        self.server_close()


@contextmanager
def proxy(upstream: int) -> Iterator[Proxy]:
    """A proxy before the registry at this port of 127.0.0.1, for the block."""
    one = Proxy(upstream)
    one.listen()
    try:
        yield one
    finally:
        one.behave()
        one.leave()
