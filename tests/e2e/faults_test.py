"""A registry that misbehaves: every fault at every kind of request ends in the right state, and no tag moves."""

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from itertools import repeat
from pathlib import Path

import pytest

from authority import Authority
from imagebump import cli, git, ledger, worker
from imagebump.git import Repository
from imagebump.records import Record
from imagebump.registry.recent import Recent
from projects import Project
from proxy import GET, HEAD, PUT, UPLOAD, Proxy, proxy
from services import IDENTITY, PASSWORD, USER, Engine, Registry
from tokens import token_server

BASE = "imagebump/base:1"
BUSY = "takes no more requests for now"
BROKEN_OFF = "the connection broke off"
REFUSED = "connection refused"
LATE = "no answer in time"
STRANGER = "refuses the login"
DONE = ""


@dataclass(frozen=True)
class Stand:
    """A registry that wants tokens, the proxy before it, and a project whose 1.0.0 is published there."""

    project: Project
    registry: Registry
    proxy: Proxy

    def tags(self) -> dict[str, str]:
        """The digest of each tag but those of keys, whatever the proxy says."""
        found = self.registry.standing(self.project.name)
        return {tag: digest for tag, digest in found.items() if not tag.startswith("key-")}

    def record(self, commit: str) -> Record:
        """What the ledger holds of a commit."""
        with ledger.opened(self.project.state) as book:
            (found,) = book.of_commit(commit)
        return found


@pytest.fixture(scope="module")
def published(
    session_directory: Path,
    session_environment: dict[str, str],
    authority: Authority,
    engine: Engine,
    base_image: str,
) -> Iterator[Stand]:
    """The stand, for all the cases."""
    root = session_directory / "faults"
    root.mkdir()
    with token_server(authority, (USER, PASSWORD), IDENTITY) as tokens:
        registry = Registry(root / "registry", tokens=tokens)
        registry.start()
        try:
            with proxy(registry.port) as one:
                one.expired = tokens.token("repository:faults:pull,push", -600)
                log_in(session_environment, one.host)
                env = session_environment | {"DOCKER_HOST": engine.host}
                project = Project.start(root / "app", env, "faults", one.host)
                project.commit("One")
                project.imagebump("publish", "--foreground")
                yield Stand(project, registry, one)
        finally:
            registry.stop()
            engine.forget("/faults:")


def log_in(env: Mapping[str, str], host: str) -> None:
    """Have Docker's configuration hold a login."""
    directory = Path(env["DOCKER_CONFIG"])
    directory.mkdir(exist_ok=True)
    auths = {"auths": {host: {"username": USER, "password": PASSWORD}}}
    (directory / "config.json").write_text(json.dumps(auths))


@pytest.fixture
def stand(
    published: Stand,
    isolated_environment: dict[str, str],
    engine: Engine,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Stand]:
    """The same in this process, without pauses, and with a worker that works here."""
    log_in(isolated_environment, published.proxy.host)
    env = isolated_environment | {"DOCKER_HOST": engine.host}
    monkeypatch.setenv("DOCKER_HOST", engine.host)
    monkeypatch.chdir(published.project.path)
    monkeypatch.setattr("imagebump.registry.transport.time.sleep", lambda _: None)
    monkeypatch.setattr("imagebump.registry.transport._TIMEOUT", (10, 0.6))
    monkeypatch.setattr("imagebump.commands.start.worker", worker.run)
    for kept in ("_MANIFESTS", "_BLOBS"):  # a process that has read nothing yet
        monkeypatch.setattr(f"imagebump.registry.client.{kept}", Recent())
    with ExitStack() as stack:
        monkeypatch.setattr("imagebump.git.discover", partial(discovered, git.discover, stack))
        stack.callback(published.proxy.behave)
        yield replace(published, project=replace(published.project, env=env))


def discovered(discover: Callable[[], Repository], stack: ExitStack) -> Repository:
    """A repository whose child ends with the test."""
    found = discover()
    stack.callback(lambda: found.blobs.close())
    return found


@pytest.mark.parametrize(
    ("kind", "fault", "stays", "once"),
    [
        (HEAD, "429", BUSY, DONE),
        (HEAD, "429, wait", BUSY, DONE),
        (HEAD, "500", "HTTP 500", DONE),
        (HEAD, "refused", REFUSED, REFUSED),
        (HEAD, "reset", BROKEN_OFF, DONE),
        (HEAD, "lost answer", BROKEN_OFF, DONE),
        (HEAD, "slow", LATE, DONE),
        (HEAD, "expired token", STRANGER, DONE),
        (HEAD, "wrong digest", "manifest unknown", DONE),
        (HEAD, "truncated", DONE, DONE),  # it has no body
        (GET, "429", BUSY, DONE),
        (GET, "429, wait", BUSY, DONE),
        (GET, "500", "HTTP 500", DONE),
        (GET, "refused", REFUSED, REFUSED),
        (GET, "reset", BROKEN_OFF, DONE),
        (GET, "lost answer", BROKEN_OFF, DONE),
        (GET, "slow", LATE, DONE),
        (GET, "expired token", STRANGER, DONE),
        (GET, "wrong digest", "gives another manifest than", "gives another manifest than"),
        (GET, "truncated", BROKEN_OFF, DONE),
        (PUT, "429", BUSY, DONE),
        (PUT, "429, wait", BUSY, DONE),
        (PUT, "500", "HTTP 500", DONE),
        (PUT, "refused", REFUSED, REFUSED),
        (PUT, "reset", BROKEN_OFF, DONE),
        (PUT, "lost answer", DONE, DONE),  # the next look sees what was written
        (PUT, "slow", LATE, DONE),
        (PUT, "expired token", STRANGER, DONE),
        (PUT, "wrong digest", DONE, DONE),  # it is read again
        (PUT, "truncated", DONE, DONE),
    ],
)
def test_a_tag(stand: Stand, kind: str, fault: str, stays: str, once: str) -> None:
    """What stays is said, what passes is overcome; retry publishes when it is over. No tag moves."""
    before = stand.tags()
    commit = stand.project.commit("Words", **{"README.md": f"{kind} {fault}\n"})
    stand.proxy.misbehave(kind, repeat(fault))
    assert cli.main(["publish", "--foreground"]) == bool(stays)
    assert stand.proxy.met
    for reason, faults in ((stays, [fault]), (once, [])):
        if reason:
            assert stand.record(commit).state == "failed"
            assert reason in stand.record(commit).error
            assert before.items() <= stand.tags().items()
            stand.proxy.misbehave(kind, faults)
            assert cli.main(["retry"]) == 0
    assert stand.record(commit).state == "done", stand.record(commit).error
    stand.proxy.behave()
    assert stand.tags() == before | {commit[:7]: before["1.0.0"]}


@pytest.mark.parametrize(
    ("kind", "faults", "reason"),
    [
        # the engine tries again after 5 s, all layers at the same time
        (UPLOAD, ["500", "reset", "lost answer"], DONE),
        (UPLOAD, ["slow", "wrong digest", "truncated"], DONE),
        (UPLOAD, ["429, wait"], DONE),
        (UPLOAD, ["expired token"], STRANGER),
        (PUT, ["lost layer", "429", "500"], DONE),  # as of two pushes at the same time
        (PUT, ["429"] * 4, BUSY),
        (PUT, ["500"] * 4, "the registry answered 500"),
        (PUT, ["reset"] * 4, BROKEN_OFF),
        (PUT, ["refused"], REFUSED),
        (PUT, ["lost answer"], DONE),
        (PUT, ["slow"], DONE),
        (PUT, ["expired token"], STRANGER),
        (PUT, ["wrong digest"], DONE),
    ],
)
def test_a_push(stand: Stand, kind: str, faults: list[str], reason: str) -> None:
    """The same for what the engine sends: layers, and the manifest of a new version."""
    before = stand.tags()
    version = f"2.0.{len(before)}"
    layers = "".join(f"COPY {name} /\n" for name in "abcd")
    files = {name: os.urandom(1 << 18) for name in "abcd"}
    stand.project.stage(VERSION=version, Dockerfile=f"FROM {BASE}\n{layers}", **files)
    commit = stand.project.commit("Content")
    stand.proxy.misbehave(kind, faults)
    assert cli.main(["publish", "--foreground"]) == bool(reason)
    assert stand.proxy.met == len(faults)
    if reason:
        assert stand.record(commit).state == "failed"
        assert reason in stand.record(commit).error
        assert stand.tags() == before
        stand.proxy.behave()
        assert cli.main(["retry"]) == 0
    record = stand.record(commit)
    assert record.state == "done", record.error
    stand.proxy.behave()
    assert stand.tags() == before | {commit[:7]: record.digest, version: record.digest}
