"""An engine that goes away: the answers of a small server in its place."""

import io
import json
import socket
import tarfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import ClassVar
from urllib.parse import parse_qs, urlsplit

import pytest

from builds import Told, build, committed
from harness import Repo
from imagebump.engine import PushRefusedError, api, connecting, stream
from imagebump.engine.api import ApiEngine
from imagebump.errors import BrokenCommitError, UserError
from web import Silent, serving, serving_at


class Going(Silent):
    """An engine that goes away in the middle of a push."""

    protocol_version = "HTTP/1.1"
    body = b'{"ApiVersion": "1.41", "Version": "20.10.24"}'

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Api-Version", "1.41")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    def do_POST(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.write(b'14\r\n{"status":"Pushing"}\r\n20\r\n{"sta')
        self.close_connection = True


@pytest.fixture
def going(monkeypatch: pytest.MonkeyPatch) -> Iterator[ApiEngine]:
    """A connection to one."""
    with serving(Going) as server:
        monkeypatch.setenv("DOCKER_HOST", f"tcp://127.0.0.1:{server.server_port}")
        with closing(ApiEngine()) as engine:
            yield engine


def test_an_engine_that_goes_away_in_mid_push(going: ApiEngine) -> None:
    """It is the engine's failure, and no bug of ours."""
    with pytest.raises(UserError, match=r"^the engine broke off the push of localhost:5/app:1"):
        going.push("localhost:5/app", "1", {}, Told())


def test_another_engine_behind_the_same_socket(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Of the same version, on another processor: it is asked anew, though it answers a ping alike."""
    usual = tmp_path / "docker.sock"
    monkeypatch.setenv("DOCKER_HOST", f"unix://{usual}")
    for machine in ("amd64", "arm64"):

        class One(Going):
            body = b'{"Version": "20.10.24", "Arch": "%s"}' % machine.encode()

        path = tmp_path / machine
        usual.unlink(missing_ok=True)
        usual.symlink_to(path)
        with serving_at(path, One):
            client, _, about = connecting.connected()
            client.close()
        assert about["Arch"] == machine


@pytest.fixture
def full() -> Iterator[int]:
    """The port of a listener that takes up no further connection and refuses none."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(3):
            one = stack.enter_context(socket.socket())
            one.setblocking(False)
            one.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]


def test_an_engine_that_takes_up_no_connection(full: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not waited for as long as a push may be silent."""
    monkeypatch.setattr(connecting, "CONNECT", 0.3)
    monkeypatch.setenv("DOCKER_HOST", f"tcp://127.0.0.1:{full}")
    began = time.monotonic()
    with pytest.raises(UserError, match=r"^cannot reach the Docker engine at tcp://127"):
        ApiEngine()
    assert time.monotonic() - began < 5


def test_an_engine_that_stops_taking_up_connections(
    going: ApiEngine, full: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also later."""
    going._client.timeout = (0.3, going._client.timeout[1])  # type: ignore[index,assignment]
    going._client.base_url = f"http://127.0.0.1:{full}"
    began = time.monotonic()
    with pytest.raises(UserError, match=r"^the engine broke off looking for app:1"):
        going.find("app:1")
    assert time.monotonic() - began < 5


class Slow(Going):
    """An engine that takes its time for an answer."""

    def do_POST(self) -> None:
        time.sleep(1)
        self.send_response(201)
        self.send_header("Content-Length", "0")
        self.end_headers()


def test_an_engine_that_is_slow_to_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Time to connect is no time to answer in."""
    monkeypatch.setattr(connecting, "CONNECT", 0.5)
    with serving(Slow) as server:
        monkeypatch.setenv("DOCKER_HOST", f"tcp://127.0.0.1:{server.server_port}")
        with closing(ApiEngine()) as engine:
            engine.name("sha256:1", "app", "1")


TOKEN = {"identitytoken": "secret"}


class Podman(Going):
    """What Podman says of an image: nothing of its triggers but in its history."""

    def do_GET(self) -> None:
        history = self.path.endswith("/history")
        self.body = json.dumps(
            self.history if history else {"Id": "sha256:1", "Config": {}}
        ).encode()
        super().do_GET()

    def end_headers(self) -> None:
        self.send_header("Libpod-Api-Version", "4.3.1")
        super().end_headers()

    def do_POST(self) -> None:
        self.asked.append(self.path)
        if self.headers.get("Transfer-Encoding") == "chunked":
            type(self).received = b"".join(self.chunks())
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.answer)))
        self.end_headers()
        self.wfile.write(self.answer)

    def chunks(self) -> Iterator[bytes]:
        while size := int(self.rfile.readline(), 16):
            yield self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()

    answer = b""
    received = b""
    history: ClassVar[list[dict[str, str]]] = []
    asked: ClassVar[list[str]] = []


@pytest.mark.parametrize(
    ("created", "triggers"),
    [
        ("/bin/sh -c #(nop) ONBUILD COPY . /src", True),
        ("/bin/sh -c #(nop)  onbuild add a /", True),
        ("ONBUILD RUN make", True),
        ("/bin/sh -c echo ONBUILD RUN make", False),
        ("COPY ONBUILD /", False),
    ],
)
def test_triggers_in_podman(monkeypatch: pytest.MonkeyPatch, created: str, triggers: bool) -> None:
    """They are in the history of an image."""
    monkeypatch.setattr(Podman, "history", [{"CreatedBy": "RUN true"}, {"CreatedBy": created}])
    with serving(Podman) as server:
        monkeypatch.setenv("DOCKER_HOST", f"tcp://127.0.0.1:{server.server_port}")
        with closing(ApiEngine()) as engine:
            found = engine.local("base:1")
    assert found
    assert found.triggers == triggers


def test_a_name_without_a_host(monkeypatch: pytest.MonkeyPatch) -> None:
    """Podman would take `app:1` for `localhost:5000/app:1`, where it has that, and move it."""
    monkeypatch.setattr(Podman, "asked", [])
    with serving(Podman) as server:
        monkeypatch.setenv("DOCKER_HOST", f"tcp://127.0.0.1:{server.server_port}")
        with closing(ApiEngine()) as engine:
            engine.name("sha256:1", "app", "1")
    (asked,) = Podman.asked
    assert parse_qs(urlsplit(asked).query)["repo"] == ["docker.io/library/app"]


@pytest.mark.parametrize(
    ("settings", "ignored", "rules"),
    [
        ("", ".dockerignore", "/Dockerfile.containerignore\n"),
        ("", "Dockerfile", "/Dockerfile.containerignore\n/Dockerfile\n"),
        ('build.dockerfile = "x [y"', "", "/x??y.containerignore\n"),
    ],
)
def test_what_podman_would_leave_out(
    repo: Repo, monkeypatch: pytest.MonkeyPatch, settings: str, ignored: str, rules: str
) -> None:
    """Of the rules in a context, ours come first, which name nothing that the image is to have."""
    text = "FROM scratch\nCOPY . /\n"
    files = {"x [y": text, ".containerignore": "a\n", ".dockerignore": f"{ignored}\nb\n"}
    committed(repo, text, settings, a="1", b="2", **files)
    monkeypatch.setattr(Podman, "answer", b'{"aux": {"ID": "sha256:1"}}')
    with serving(Podman) as server:
        monkeypatch.setenv("DOCKER_HOST", f"tcp://127.0.0.1:{server.server_port}")
        with closing(ApiEngine()) as engine:
            build(repo, engine)
    with tarfile.open(fileobj=io.BytesIO(Podman.received)) as tar:
        names = tar.getnames()
        file = tar.extractfile(f"{names[0]}.containerignore")
        assert file
        assert file.read().decode() == rules
    assert {"a", ".containerignore"} <= {*names}
    assert "b" not in names


def test_rules_of_podman_that_the_image_would_hold(
    repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What of the context they would leave out, and whether they are in it, no key says."""
    committed(repo, "FROM scratch\nCOPY . /\n", **{"Dockerfile.containerignore": "a\n"})
    with serving(Podman) as server:
        monkeypatch.setenv("DOCKER_HOST", f"tcp://127.0.0.1:{server.server_port}")
        line = "^Podman would leave out of the image what Dockerfile.containerignore names"
        with closing(ApiEngine()) as engine, pytest.raises(BrokenCommitError, match=line):
            build(repo, engine)


@pytest.mark.parametrize(("auth", "why"), [({}, "no"), (TOKEN, "no identity token is sent: no")])
def test_a_token_that_podman_does_not_send(
    monkeypatch: pytest.MonkeyPatch, auth: dict[str, str], why: str
) -> None:
    """It is told why it is refused."""
    monkeypatch.setattr(Podman, "answer", b'{"error": "no"}')
    with serving(Podman) as server:
        monkeypatch.setenv("DOCKER_HOST", f"tcp://127.0.0.1:{server.server_port}")
        with closing(ApiEngine()) as engine, pytest.raises(PushRefusedError) as caught:
            engine.push("h.io/app", "1", auth, Told())
    assert caught.value.reason == why


@pytest.mark.parametrize("told", [b"", b'12\r\n{"stream": "Step"}\r\n'])
def test_an_engine_that_falls_silent(
    repo: Repo, monkeypatch: pytest.MonkeyPatch, told: bytes
) -> None:
    """It is given up in the end, at whatever point of a build: the other commits wait for this one."""
    silence = threading.Event()

    class Silence(Going):
        def do_POST(self) -> None:
            if told:
                self.send_response(200)
                self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()
                self.wfile.write(told)
            silence.wait(30)

    committed(repo, "FROM scratch\nCOPY a /\n", a="1")
    monkeypatch.setattr(stream, "SILENCE", 0.5)
    with serving(Silence) as server:
        monkeypatch.setenv("DOCKER_HOST", f"tcp://127.0.0.1:{server.server_port}")
        line = "^the engine broke off the build: no answer in time"
        with closing(ApiEngine()) as engine, pytest.raises(UserError, match=line):
            build(repo, engine)
        silence.set()


def test_an_answer_that_ends_in_the_middle_of_a_line() -> None:
    """Of an engine that was stopped, whose proxy ends the answer as if it were whole."""
    with pytest.raises(UserError) as caught:
        api._message(b'{"stream": "Step 1')
    line = "the engine broke off the build: its answer ends in the middle of a line"
    assert str(caught.value).startswith(line)
