"""Web servers that tests play."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socketserver import BaseServer, ThreadingUnixStreamServer
from typing import Any


class Silent(BaseHTTPRequestHandler):
    """A handler that says nothing on the terminal."""

    def log_message(self, *_: object) -> None:
        """Nothing."""


@contextmanager
def serving(
    handler: Callable[..., BaseHTTPRequestHandler], backlog: int = 5
) -> Iterator[ThreadingHTTPServer]:
    """A server on a free port of 127.0.0.1, for the block; `backlog` connections wait at the most."""

    class Server(ThreadingHTTPServer):
        request_queue_size = backlog
        daemon_threads = True

    with Server(("127.0.0.1", 0), handler) as server, _running(server):
        yield server


@contextmanager
def serving_at(path: Path, handler: Callable[..., BaseHTTPRequestHandler]) -> Iterator[None]:
    """A server on a Unix socket, for the block."""
    with ThreadingUnixStreamServer(str(path), handler) as server, _running(server):
        yield


@contextmanager
def _running(server: BaseServer) -> Iterator[None]:
    options: dict[str, Any] = {"poll_interval": 0.01}
    thread = threading.Thread(target=server.serve_forever, kwargs=options)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
