"""Whose login is sent: every shape of Docker's configuration, and credential helpers of every kind."""

import base64
import json
from pathlib import Path

import pytest

from imagebump.errors import UserError
from imagebump.registry import credentials
from imagebump.registry.login import may_have

ADA = {"username": "ada", "password": "pw"}
AUTH = base64.b64encode(b"ada:pw").decode()


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Docker's configuration, where the helpers lie too."""
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    return tmp_path


def configure(directory: Path, **config: object) -> None:
    """Write the configuration."""
    (directory / "config.json").write_text(json.dumps(config))


def helper(directory: Path, script: str) -> None:
    """Have a helper `mine`."""
    program = directory / "docker-credential-mine"
    program.write_text(f"#!/bin/sh\nread -r server\n{script}\n")
    program.chmod(0o755)


@pytest.mark.parametrize(
    ("auths", "found"),
    [
        ({"r.io": {"auth": AUTH}}, ADA),
        ({"https://r.io": {"auth": AUTH}}, ADA),
        ({"https://r.io/v1/": {"auth": AUTH}}, ADA),
        ({"r.io": ADA}, ADA),
        ({"r.io": {"identitytoken": "idt", "auth": AUTH}}, {"identitytoken": "idt"}),
        ({"r.io": {"auth": base64.b64encode(b"ada:p:w").decode()}}, {"username": "ada", "password": "p:w"}),
        ({"r.io": {}}, {}),
        ({"r.io": None}, {}),
        ({"r.io:5000": {"auth": AUTH}, "other": {"auth": AUTH}}, {}),
        (None, {}),
    ],
)  # fmt: skip
def test_the_file(directory: Path, auths: object, found: dict[str, str]) -> None:
    """A login in Docker's own file, in each way that it was ever written."""
    configure(directory, auths=auths)
    assert credentials("r.io") == found


@pytest.mark.parametrize("text", ["", "[]", "{", "\xff"])
def test_a_file_that_is_none(directory: Path, text: str) -> None:
    """It is said which, and what is in it is not."""
    (directory / "config.json").write_text(text, encoding="latin-1")
    with pytest.raises(UserError, match=r"config\.json is not Docker's configuration"):
        credentials("r.io")


@pytest.mark.parametrize(
    ("script", "found"),
    [
        ("""echo '{"Username": "ada", "Secret": "pw"}'""", ADA),
        ("""echo '{"Username": "<token>", "Secret": "idt"}'""", {"identitytoken": "idt"}),
        ("echo 'credentials not found in native keychain'; exit 1", {"username": "file", "password": "x"}),
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "by", [{"credsStore": "mine"}, {"credHelpers": {"r.io": "mine"}, "credsStore": "no"}]
)
def test_a_helper(
    directory: Path, by: dict[str, object], script: str, found: dict[str, str]
) -> None:
    """One for all or one for this registry; where it knows nothing, the file counts."""
    helper(directory, script)
    configure(directory, **by, auths={"r.io": {"auth": base64.b64encode(b"file:x").decode()}})
    assert credentials("r.io") == found


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("echo hunter2; echo hunter2 >&2; exit 3", "ended with status 3"),
        ("echo hunter2", "gives no login"),
        ("""echo '{"Username": "hunter2"}'""", "gives no login"),
        ("echo '[1]'", "gives no login"),
        ("exec sleep 60", "did not answer within 1 s"),
    ],
)
def test_a_helper_that_fails(
    directory: Path, monkeypatch: pytest.MonkeyPatch, script: str, reason: str
) -> None:
    """It is said why, and nothing of what it printed."""
    monkeypatch.setattr("imagebump.registry.login._HELPER_TIMEOUT", 1)
    helper(directory, script)
    configure(directory, credsStore="mine")
    with pytest.raises(UserError) as caught:
        credentials("r.io")
    line = f"cannot read the login for r.io: docker-credential-mine {reason}"
    assert caught.value.message == line
    assert "hunter2" not in str(caught.value)


def test_a_helper_that_cannot_be_run(directory: Path) -> None:
    """It is said why."""
    helper(directory, "")
    (directory / "docker-credential-mine").chmod(0o644)
    configure(directory, credsStore="mine")
    with pytest.raises(UserError, match=r"docker-credential-mine cannot be run: Permission denied"):
        credentials("r.io")


def test_a_helper_of_another_name(directory: Path) -> None:
    """What is no name of a program is not run."""
    configure(directory, credsStore="../../bin/sh")
    with pytest.raises(UserError, match="names a credential helper that is none"):
        credentials("r.io")


@pytest.mark.parametrize(
    ("config", "may"),
    [
        ({}, False),
        ({"auths": {"r.io": {"auth": AUTH}}}, True),
        ({"auths": {"r.io": {}, "other": {"auth": AUTH}}}, False),
        ({"auths": {"r.io": {"auth": "?"}}}, True),
        ({"credsStore": "mine"}, True),
        ({"credHelpers": {"r.io": "mine"}}, True),
        ({"credHelpers": {"other": "mine"}}, False),
    ],
)
def test_whether_there_may_be_one(directory: Path, config: dict[str, object], may: bool) -> None:
    """No helper is run for that, and what cannot be read is told by who wants it."""
    helper(directory, f"touch {directory}/run")
    configure(directory, **config)
    assert may_have("r.io") == may
    assert not (directory / "run").exists()
