"""The local registry, as far as nothing has to be started."""

import json
import os
import pwd
import socket
import subprocess
import sys
import threading
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from imagebump import localregistry
from imagebump.commands import registry
from imagebump.commands.registry import natural
from imagebump.errors import UserError
from imagebump.localregistry import (
    api,
    checks,
    container,
    control,
    logs,
    ports,
    processes,
    program,
    state,
)
from imagebump.localregistry.state import Running, Settings

RUNNING = Running(
    "program", 5000, Path("/srv/images"), "localhost", 1.5, "mark", pid=7, started="9"
)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home and a state directory of the test's own, and no engine."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:1")  # docker-py leaks a dead unix socket
    return tmp_path


@contextmanager
def served(answers: dict[str, tuple[int, dict[str, str], object]]) -> Iterator[int]:
    """A server that gives fixed answers, (status, headers, JSON) by path; gives its port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, headers, body = answers.get(self.path, (404, {}, {}))
            data = json.dumps(body).encode()
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(data))}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(data)

        do_HEAD = do_GET

        def log_message(self, *_args: object) -> None:
            """Nothing on the terminal."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """A socket that listens on a free port of 127.0.0.1."""
    with socket.create_server(("127.0.0.1", 0)) as one:
        yield one


def resolver(*addresses: str) -> Callable[..., list[tuple[int, int, int, str, tuple[str, int]]]]:
    """A getaddrinfo that gives `addresses` for every name."""
    return lambda *_args, **_kwargs: [(2, 1, 6, "", (address, 0)) for address in addresses]


def test_nothing_runs_at_first() -> None:
    """Without a registry there is no address, and the error says what to type."""
    with pytest.raises(UserError) as caught:
        localregistry.address()
    assert str(caught.value) == "no local registry is running. Run: imagebump registry up"
    assert localregistry.status() is None
    assert control.down() is None


def test_state_comes_back_as_it_was() -> None:
    """What was saved is loaded again, and forgotten on demand."""
    state.directory().mkdir(parents=True)
    state.save(RUNNING)
    assert state.load() == RUNNING
    state.forget()
    assert state.load() is None


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", "{}", '{"how": "program"}', '{"storage": 3}']
)
def test_damaged_state_is_none(text: str) -> None:
    """A state file that nobody can read counts as none."""
    state.directory().mkdir(parents=True)
    (state.directory() / "state.json").write_text(text)
    assert state.load() is None


def test_the_last_settings() -> None:
    """The defaults at first, then what was kept; of an earlier version's state what it has."""
    assert state.last() == state.defaults()
    state.directory().mkdir(parents=True)
    state.save(replace(RUNNING, port=5001))
    assert state.last() == Settings(5001, RUNNING.storage, RUNNING.name)
    state.remember(Settings(5002, Path("/a b"), "dev.local"))
    state.forget()
    assert state.last() == Settings(5002, Path("/a b"), "dev.local")
    (state.directory() / "last.json").write_text("[1]")
    assert state.last() == state.defaults()


def test_address_is_name_and_port() -> None:
    """The address begins image references."""
    assert RUNNING.address == "localhost:5000"


@pytest.mark.parametrize("port", [-1, 0, 65536, 99999])
def test_port_out_of_range(port: int) -> None:
    """What is no TCP port is refused before anything else."""
    with pytest.raises(UserError, match=f"port {port} is out of range"):
        control.up(port)


@pytest.mark.parametrize(
    "name", ["", "a_b", "-a", "a-", "a..b", "a:5", "::1", "a/b", "a b", "é", "a\n"]
)
def test_not_a_host_name(name: str) -> None:
    """What cannot stand at the head of an image reference is no name."""
    with pytest.raises(UserError, match="is not a host name"):
        checks.loopback_addresses(name)


@pytest.mark.parametrize(
    ("addresses", "message"),
    [
        (["10.1.2.3"], "dev.docker.local is 10.1.2.3, not this machine's loopback"),
        (["127.0.0.1", "10.1.2.3"], "dev.docker.local is 10.1.2.3, not this machine's loopback"),
        (["fe80::1%eth0"], "dev.docker.local is fe80::1%eth0, not this machine's loopback"),
        (
            ["127.0.1.1"],
            "dev.docker.local is 127.0.1.1, and the registry listens on 127.0.0.1 only",
        ),
        (["::1"], "dev.docker.local is ::1, and the registry listens on 127.0.0.1 only"),
    ],
)
def test_name_that_leads_elsewhere(
    addresses: list[str], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every address of the name is loopback, and the one that we listen on is among them."""
    monkeypatch.setattr(socket, "getaddrinfo", resolver(*addresses))
    with pytest.raises(UserError) as caught:
        checks.loopback_addresses("dev.docker.local")
    assert f"{message}. Add this line to /etc/hosts: 127.0.0.1 dev.docker.local" == str(
        caught.value
    )


def test_name_with_both_loopbacks(monkeypatch: pytest.MonkeyPatch) -> None:
    """IPv6's loopback beside IPv4's does no harm."""
    monkeypatch.setattr(socket, "getaddrinfo", resolver("127.0.0.1", "::1"))
    assert checks.loopback_addresses("dev.docker.local") == ["127.0.0.1", "::1"]


def test_name_that_does_not_resolve() -> None:
    """The reserved domain .invalid never resolves: the line for /etc/hosts is given."""
    with pytest.raises(UserError) as caught:
        control.up(name="dev.invalid")
    assert (
        str(caught.value)
        == "dev.invalid does not resolve. Add this line to /etc/hosts: 127.0.0.1 dev.invalid"
    )


@pytest.mark.parametrize("name", ["10.0.0.1", "0.0.0.0", "127.0.1.1", "10.1", "5000"])
def test_an_address_that_is_not_ours(name: str) -> None:
    """An address cannot be given another one by /etc/hosts."""
    with pytest.raises(UserError) as caught:
        control.up(name=name)
    assert str(caught.value) == (
        f"the registry listens on 127.0.0.1 only, not on {name}. "
        "Give a name such as localhost or dev.docker.local"
    )


def test_our_own_address() -> None:
    """127.0.0.1 is a name like any other."""
    assert checks.loopback_addresses("127.0.0.1") == ["127.0.0.1"]


@pytest.mark.parametrize(
    ("given", "storage"), [("~", "."), ("~/a b", "a b"), ("a/~", None), ("/srv/~", None)]
)
def test_storage_in_the_home_directory(home: Path, given: str, storage: str | None) -> None:
    """A ~ in quotes, or behind an equals sign, which no shell expands."""
    parser = ArgumentParser()
    registry.add_arguments(parser)
    found = parser.parse_args(["up", f"--storage={given}"]).storage
    assert found == (home / storage if storage else Path(given))


def test_storage_is_made(home: Path) -> None:
    """A storage that is missing is made, with its parents, and nothing is left in it."""
    checks.prepare_directory(home / "a" / "b", "")
    assert list((home / "a" / "b").iterdir()) == []


@pytest.mark.parametrize("name", ["file", "file/below"])
def test_storage_that_is_a_file(home: Path, name: str) -> None:
    """A file is no storage, nor is what lies below one."""
    (home / "file").touch()
    with pytest.raises(UserError, match="is not a directory"):
        checks.prepare_directory(home / name, "")


def test_storage_that_cannot_be_written() -> None:
    """A directory that takes no files is refused, whoever runs us."""
    with pytest.raises(UserError, match="cannot write to /"):
        checks.prepare_directory(Path("/proc" if Path("/proc").exists() else "/dev/fd"), "")


@pytest.mark.parametrize("run", [control.up, control.down])
def test_state_that_cannot_be_kept(
    home: Path, run: Callable[[], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where there is no place for the state, one line says which place was tried."""
    (home / "file").touch()
    monkeypatch.setenv("XDG_STATE_HOME", str(home / "file"))
    with pytest.raises(UserError, match=r"is not a directory\. Set XDG_STATE_HOME"):
        run()


def test_port_that_is_taken(listener: socket.socket) -> None:
    """The error names who has the port, and another port."""
    port = listener.getsockname()[1]
    with pytest.raises(UserError) as caught:
        control.up(port)
    assert f"port {port} is taken by " in caught.value.message
    assert f"(pid {os.getpid()})" in caught.value.message
    assert f"--port {port + 1 if port < 65535 else port - 1}" in caught.value.hint


def test_port_that_is_bound_and_does_not_listen() -> None:
    """A port that is only bound is taken too, by nobody knows whom."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        with pytest.raises(UserError, match="is taken by another program"):
            ports.require_free(bound.getsockname()[1], [])


def test_nobody_owns_a_free_port(listener: socket.socket) -> None:
    """A port that nobody listens on has no owner."""
    port = listener.getsockname()[1]
    listener.close()
    assert ports.owner(port) is None
    ports.require_free(port, [])


@pytest.mark.parametrize(
    ("listing", "owner"),
    [
        ("p613\ncControlCe\nf8\n", ports.Owner("ControlCe", 613)),
        ("p613\ncregistry\nLbob\nf8\n", ports.Owner("registry", 613, "bob")),
        ("p1\nca b\np2\ncc\n", ports.Owner("a b", 1)),
        ("", None),
        ("garbage\n", None),
    ],
)
def test_parse_lsof(listing: str, owner: ports.Owner | None) -> None:
    """The first process of lsof's listing is the owner."""
    assert ports.parse_lsof(listing) == owner


@pytest.mark.parametrize(
    ("owner", "shown"),
    [
        (ports.Owner("a", 7, "bob"), "a (pid 7, user bob)"),
        (ports.Owner("a", 7, pwd.getpwuid(os.getuid()).pw_name), "a (pid 7)"),
        (ports.Owner("a", 7), "a (pid 7)"),
        (ports.Owner("", 0, "bob"), "a program of bob"),
    ],
)
def test_an_owner_in_words(owner: ports.Owner, shown: str) -> None:
    """The user is named where it is another one."""
    assert str(owner) == shown


@pytest.mark.parametrize(
    ("owner", "groups", "is_service"),
    [
        (ports.Owner("", 0, "docker-registry"), "", True),
        (ports.Owner("docker-registry", 7, "x"), "0::/system.slice/docker-registry.service\n", True),
        (ports.Owner("docker-registry", 7, "x"), "1:a:/\n2:b:/system.slice/docker-registry.service\n", True),
        (ports.Owner("docker-registry", 7, "bob"), "0::/user.slice/user-1000.slice/session-3.scope\n", False),
        (ports.Owner("docker-registry", 7, "bob"), "0::/system.slice/ssh.service\n", False),
        (ports.Owner("docker-registry", 7, "bob"), "", False),
        (ports.Owner("nginx", 7, "x"), "0::/system.slice/nginx.service\n", False),
    ],
)  # fmt: skip
def test_the_distributions_service(owner: ports.Owner, groups: str, is_service: bool) -> None:
    """Only what systemd started, or its user runs, is stopped by systemctl."""
    assert ports.is_service(owner, groups) is is_service


def test_identity_of_this_process() -> None:
    """A living process has a start and a command, the same each time."""
    who = processes.identity(os.getpid())
    assert who is not None
    assert Path(sys.executable).name in who.command
    assert who == processes.identity(os.getpid())


@pytest.mark.parametrize("pid", [-1, 0, 2**22 + 1])
def test_identity_of_no_process(pid: int) -> None:
    """What is no process has no identity, and -1 is never asked for."""
    assert processes.identity(pid) is None


@pytest.mark.parametrize(
    ("line", "who"),
    [
        (
            "Ss   Tue Nov  4 03:50:59 2026 a serve /c d\n",
            ("Tue Nov  4 03:50:59 2026", "a serve /c d"),
        ),
        ("S+     Tue Nov 24 03:50:59 2026     a\n", ("Tue Nov 24 03:50:59 2026", "a")),
        ("Z    Tue Nov 24 03:50:59 2026 [a] <defunct>\n", None),
        ("", None),
    ],
)
def test_parse_ps(line: str, who: tuple[str, str] | None) -> None:
    """The start and the command are told apart by width; what has ended is nobody."""
    assert processes.parse_ps(line) == who


def test_address_costs_no_docker() -> None:
    """Whoever only asks for the address does not wait for the Docker SDK."""
    code = "import sys, imagebump.localregistry; sys.exit('docker' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], timeout=60, check=False).returncode == 0


def test_another_program_under_our_pid_is_not_ours() -> None:
    """A living pid is not enough: its start and its command have to be those of our program."""
    who = processes.identity(os.getpid())
    assert who is not None
    stale = Running(
        "program", 5000, Path("/d"), "localhost", 0.0, "m", pid=os.getpid(), started=who.started
    )
    assert not program.is_alive(stale)


def test_config_needs_no_quoting() -> None:
    """A path with quotes and colons arrives as it is; deleting is allowed; only loopback is bound."""
    content = json.loads(program.config(5001, Path('/a: "b"/é'), "m"))
    assert content["storage"] == {
        "filesystem": {"rootdirectory": '/a: "b"/é'},
        "delete": {"enabled": True},
    }
    assert content["http"]["addr"] == "127.0.0.1:5001"
    assert content["http"]["headers"]["Imagebump"] == ["m"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('time="2026-01-01T00:00:00Z" level=fatal msg="listen tcp: in use"', "listen tcp: in use"),
        ('level=fatal msg="open \\"/a\\": no" go.version=go1', 'open "/a": no'),
        ('level=fatal msg="why"\nlevel=info msg="bye"\n', "why"),
        ("panic: no storage\n\ngoroutine 1 [running]:\nmain.go:22 +0x25\n", "panic: no storage"),
        ("first\n configuration error: x \n\n", "configuration error: x"),
        ("", "it said nothing"),
    ],
)
def test_reason_in_the_log(text: str, reason: str) -> None:
    """Of a log only the message of its fatal line is shown, or of its last."""
    assert logs.reason(text) == reason


def test_no_engine() -> None:
    """Where no engine answers, that is said in one line."""
    with pytest.raises(UserError, match="no Docker engine answers"):
        container.image()


def test_engine_elsewhere_is_of_no_use(monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine on another machine cannot serve a registry on this one's loopback."""
    with served({"/version": (200, {}, {"ApiVersion": "1.44"})}) as port:
        monkeypatch.setattr(container, "_HERE", frozenset({"localhost"}))
        monkeypatch.setenv("DOCKER_HOST", f"tcp://127.0.0.1:{port}")
        with pytest.raises(UserError, match="the Docker engine is on another machine"):
            container.image()


def test_neither_engine_nor_program(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing can serve, one line says what to install."""
    monkeypatch.setenv("PATH", str(home))
    with socket.create_server(("127.0.0.1", 0)) as one:
        port = one.getsockname()[1]
    with pytest.raises(UserError) as caught:
        control.up(port)
    assert (
        caught.value.message
        == "no registry can be started: no Docker engine answers, and docker-registry is not installed"
    )
    assert "apt-get install docker-registry" in caught.value.hint
    assert localregistry.status() is None


def test_tags_of_every_page() -> None:
    """Pages follow each other by their Link; a repository that lost its tags has none."""
    catalog = "/v2/_catalog?n=500"
    answers: dict[str, tuple[int, dict[str, str], object]] = {
        catalog: (200, {"Link": f'<{catalog}&last=a>; rel="next"'}, {"repositories": ["a"]}),
        f"{catalog}&last=a": (200, {}, {"repositories": ["b", "c"]}),
        "/v2/a/tags/list?n=500": (200, {}, {"tags": ["1", "2"]}),
        "/v2/b/tags/list?n=500": (200, {}, {"tags": None}),
        "/v2/a/manifests/1": (200, {"Docker-Content-Digest": "sha256:1"}, {}),
    }
    with served(answers) as port:
        assert list(api.tags(port)) == [api.Tag("a", "1", "sha256:1"), api.Tag("a", "2", "")]


def test_tags_where_nothing_answers(listener: socket.socket) -> None:
    """A registry that is gone is one line, not a traceback."""
    port = listener.getsockname()[1]
    listener.close()
    with pytest.raises(UserError, match="the local registry does not answer"):
        list(api.tags(port))


def test_mark_tells_registries_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ours answers its mark, another one none, a dead port nothing; no proxy comes between."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with served({"/v2/": (200, {"Imagebump": "m"}, {})}) as port:
        assert api.mark(port) == "m"
    with served({"/v2/": (200, {}, {})}) as port:
        assert api.mark(port) == ""
    with served({}) as port:
        assert api.mark(port) is None
    assert api.mark(port) is None


def test_tags_sort_by_number() -> None:
    """1.9.0 stands before 1.10.0, and a hash among versions breaks nothing."""
    tags = ["1.10.0", "latest", "1.9.0", "0a1b2c3", "1.9.0-rc.2", "1"]
    assert sorted(tags, key=natural) == ["0a1b2c3", "1", "1.9.0", "1.9.0-rc.2", "1.10.0", "latest"]
