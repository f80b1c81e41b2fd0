"""An engine that goes away: the answers of a small server in its place."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from imagebump.engine.api import ApiEngine
from imagebump.errors import UserError


class Silent:
    """A report that nobody reads."""

    def step(self, text: str, done: str = "") -> None:
        """Nothing."""

    def log(self, text: str) -> None:
        """Nothing."""

    def hide(self, secret: str) -> None:
        """Nothing."""

    def timing(self, step: str, seconds: float) -> None:
        """Nothing."""


class Going(BaseHTTPRequestHandler):
    """An engine that goes away in the middle of a push."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        body = b'{"ApiVersion": "1.41", "ServerVersion": "20.10.24"}'
        self.send_response(200)
        self.send_header("Api-Version", "1.41")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.write(b'14\r\n{"status":"Pushing"}\r\n20\r\n{"sta')
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def going(monkeypatch: pytest.MonkeyPatch) -> Iterator[ApiEngine]:
    """A connection to one."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Going) as server:
        server.daemon_threads = True
        thread = Thread(target=server.serve_forever)
        thread.start()
        monkeypatch.setenv("DOCKER_HOST", f"tcp://127.0.0.1:{server.server_port}")
        engine = ApiEngine()
        try:
            yield engine
        finally:
            engine._client.close()
            server.shutdown()
            thread.join()


def test_an_engine_that_goes_away_in_mid_push(going: ApiEngine) -> None:
    """It is the engine's failure, and no bug of ours."""
    with pytest.raises(UserError, match=r"^the engine broke off the push of localhost:5/app:1"):
        going.push("localhost:5/app", "1", {}, Silent())
