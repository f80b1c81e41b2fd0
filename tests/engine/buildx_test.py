"""Where docker buildx is found, and what it is told."""

import json
import os
from pathlib import Path

import pytest

from imagebump.engine import buildx
from imagebump.errors import UserError


def put(
    directory: Path, version: str = "github.com/docker/buildx v0.14.1 abc", status: int = 0
) -> Path:
    """A program that says that it is buildx."""
    path = directory / "docker-buildx"
    directory.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho '{version}'\nexit {status}\n")
    path.chmod(0o755)
    return path


@pytest.fixture(autouse=True)
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without it."""
    monkeypatch.setattr(buildx, "_SYSTEM", (str(tmp_path / "system"),))
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "sh").symlink_to("/bin/sh")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))


def test_where_it_is_found(tmp_path: Path) -> None:
    """The PATH last, then the system's directories, the home's, Docker's configuration's, and the named ones first."""
    config = Path(os.environ["DOCKER_CONFIG"])
    places: list[str | Path] = [
        "bin",
        "system",
        Path.home() / ".docker" / "cli-plugins",
        config / "cli-plugins",
        "x",
    ]
    assert buildx.find() is None
    config.mkdir(exist_ok=True)
    (config / "config.json").write_text(json.dumps({"cliPluginsExtraDirs": [str(tmp_path / "x")]}))
    for place in places:
        program = put(tmp_path / place)
        assert buildx.find() == (program, (0, 14, 1))


def test_what_cannot_be_run_is_passed_over(tmp_path: Path) -> None:
    """A file without permission to run it is none."""
    put(tmp_path / "system").chmod(0o644)
    assert buildx.find() is None


def test_none_is_installed() -> None:
    """The line says what to type."""
    with pytest.raises(UserError) as caught:
        buildx.require()
    said = f"docker buildx is not installed. {buildx.INSTALL}, then run: imagebump retry"
    assert str(caught.value) == said
    assert "/releases at ~/.docker/cli-plugins/docker-buildx" in said  # Debian 12 has no package


@pytest.mark.parametrize(
    ("version", "progress"),
    [
        ("github.com/docker/buildx v0.12.1 30feaa1", "plain"),
        ("github.com/docker/buildx 0.13.1+ds1 0.13.1+ds1-3", "rawjson"),
        ("github.com/docker/buildx v0.13.0-rc1 30feaa1", "rawjson"),
        ("github.com/docker/buildx v1.0.0 30feaa1", "rawjson"),
    ],
)
def test_versions(tmp_path: Path, version: str, progress: str) -> None:
    """They say how it shows its progress."""
    put(tmp_path / "system", version)
    assert buildx.require().progress == progress


@pytest.mark.parametrize(("says", "status"), [("", 0), ("v0.13.1", 1), ("help", 0)])
def test_one_that_does_not_run(tmp_path: Path, says: str, status: int) -> None:
    """It is named."""
    program = put(tmp_path / "system", says, status)
    with pytest.raises(UserError, match=f"^{program} does not run"):
        buildx.find()


@pytest.mark.parametrize(
    ("environment", "current", "builder"),
    [
        ({}, "", "default"),
        ({}, "far", "far"),
        ({"DOCKER_CONTEXT": "near"}, "far", "near"),
        ({"DOCKER_CONTEXT": "near", "DOCKER_HOST": "unix:///x"}, "far", "default"),
    ],
)
def test_the_builder_is_the_engine_that_docker_means(
    environment: dict[str, str], current: str, builder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not the one that somebody told buildx to use."""
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    monkeypatch.setenv("BUILDX_BUILDER", "other")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    config = Path(os.environ["DOCKER_CONFIG"])
    config.mkdir(exist_ok=True)
    (config / "config.json").write_text(json.dumps({"currentContext": current}))
    assert buildx.default_builder() == builder


def test_secrets_are_named_and_not_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable by its name, a file by its path, with commas and from the home."""
    monkeypatch.setenv("TOKEN", "hunter22")
    (tmp_path / "a,b").write_text("hunter22")
    (Path.home() / "c").write_text("hunter22")
    flags = [
        buildx.secret("x", source, tmp_path) for source in ("env:TOKEN", "file:a,b", "file:~/c")
    ]
    home = Path.home() / "c"
    assert flags == ["id=x,env=TOKEN", f'id=x,"src={tmp_path}/a,b"', f"id=x,src={home}"]


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("hunter22\n", {"hunter22"}),
        ("abc", {"abc"}),
        ("", set()),
        ("[a]\nuser = ada\ntoken=12345678\n", {"[a]\nuser = ada\ntoken=12345678", "user = ada", "token=12345678", "12345678"}),
    ],
)  # fmt: skip
def test_what_a_log_is_to_hide(tmp_path: Path, text: str, hidden: set[str]) -> None:
    """The whole, each line, and each value; not what is too short to be a secret's part."""
    (tmp_path / "secret").write_text(text)
    assert set(buildx.values("file:secret", tmp_path)) == hidden


def test_its_version_is_asked_for_once(tmp_path: Path) -> None:
    """And again where it is another program: one that was replaced."""
    program = put(tmp_path / "system", status=1)
    text = program.read_text().replace("exit 1", f"echo >> {tmp_path / 'runs'}")
    program.write_text(text)
    assert [buildx.require().version for _ in range(2)] == [(0, 14, 1), (0, 14, 1)]
    program.write_text(text.replace("0.14.1", "0.15.10"))
    assert buildx.require().version == (0, 15, 10)
    assert (tmp_path / "runs").read_text() == "\n\n"
