"""Which way `auto` builds, and what is said where there is none."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from builds import committed, planned
from harness import Repo
from imagebump.engine import buildx as plugin
from imagebump.engine import choice, needs
from imagebump.engine.api import ApiEngine
from imagebump.engine.choice import ChosenEngine
from imagebump.errors import BrokenCommitError, UserError
from services import Engine

FROM = "FROM imagebump/base:1\n"
SECRET = f"{FROM}RUN --mount=type=secret,id=a ls\n"
WHY = "Dockerfile uses a secret mount in line 2, which needs docker buildx"


@pytest.fixture
def way(engine: Engine, base_image: str) -> Iterator[ChosenEngine]:
    """A choice that is still open."""
    with closing(ChosenEngine()) as one:
        yield one


def chosen(repo: Repo, way: ChosenEngine) -> str:
    """The kind of engine that builds the last commit."""
    with planned(repo) as wanted:
        return type(way._way(wanted)).__name__


@pytest.mark.parametrize(
    ("dockerfile", "settings", "expected"),
    [
        (FROM, "", "ApiEngine"),
        (FROM, 'builder = "api"', "ApiEngine"),
        (FROM, 'builder = "session"', "SessionEngine"),
        (FROM, 'builder = "session:other"', "BuilderEngine"),
        (SECRET, "", "SessionEngine"),
        (f"# syntax=a/b:1\n{FROM}", "", "SessionEngine"),
        (FROM, 'platforms = ["linux/arm64"]', "ApiEngine"),
        (FROM, 'platforms = ["linux/amd64", "linux/arm64"]', "BuilderEngine"),
        (FROM, "provenance = true", "BuilderEngine"),
        (FROM, 'cache-from = ["type=gha"]', "SessionEngine"),
        (f"{FROM}COPY app /app/\n", "", "ApiEngine"),
    ],
)
def test_by_need(
    repo: Repo, way: ChosenEngine, buildx: Path, dockerfile: str, settings: str, expected: str
) -> None:
    """The API where it can serve."""
    committed(repo, dockerfile, f"[build]\n{settings}")
    assert chosen(repo, way) == expected


def test_by_size(
    repo: Repo, way: ChosenEngine, buildx: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A large one goes by buildx where the engine asks for nothing over its API; what is ignored does not count."""
    monkeypatch.setattr(choice, "LARGE", 1000)
    monkeypatch.setattr(ApiEngine, "lends", False)
    committed(repo, FROM, a="x" * 1000, **{".dockerignore": "a\n"})
    assert chosen(repo, way) == "ApiEngine"
    committed(repo, FROM, b="x" * 1000)
    assert chosen(repo, way) == "SessionEngine"
    monkeypatch.setattr(choice, "LARGE", 1_000_000)
    assert chosen(repo, way) == "ApiEngine"
    monkeypatch.setattr(choice, "MANY", 3)
    assert chosen(repo, way) == "SessionEngine"
    monkeypatch.setattr(ApiEngine, "lends", True)
    assert chosen(repo, way) == "ApiEngine"


SYNTAX = f"# syntax=a/b:1\n{FROM}"
NAMES = "Dockerfile names a frontend of its own (# syntax=a/b:1), which needs docker buildx"


@pytest.mark.parametrize(
    ("dockerfile", "settings", "why"),
    [
        (SYNTAX, "", NAMES),
        (SECRET, "", WHY),
        (FROM, 'build.builder = "session"', 'the configuration sets build.builder = "session"'),
        (FROM, "build.provenance = true", "the configuration sets build.provenance, which needs docker buildx"),
    ],
)  # fmt: skip
def test_without_buildkit(
    repo: Repo,
    way: ChosenEngine,
    buildx: Path,
    monkeypatch: pytest.MonkeyPatch,
    dockerfile: str,
    settings: str,
    why: str,
) -> None:
    """In Podman, buildx would find no builder, for a large context either: it is said what is missing."""
    monkeypatch.setattr(needs, "is_podman", lambda headers: True)
    committed(repo, dockerfile, settings)
    with pytest.raises(UserError) as caught:
        chosen(repo, way)
    assert caught.value.message == f"{why}, and this engine has no BuildKit for it"
    monkeypatch.setattr(choice, "LARGE", 1)
    committed(repo, FROM, a="x")
    assert chosen(repo, way) == "ApiEngine"


@pytest.mark.parametrize(("dockerfile", "why"), [(SECRET, WHY), (SYNTAX, NAMES)])
def test_without_buildx(
    repo: Repo, way: ChosenEngine, monkeypatch: pytest.MonkeyPatch, dockerfile: str, why: str
) -> None:
    """A large context goes over the API; for the rest it is said what is missing."""
    monkeypatch.setattr(plugin, "_directories", lambda: iter(()))
    monkeypatch.setattr(choice, "LARGE", 1)
    committed(repo, FROM, a="1")
    assert chosen(repo, way) == "ApiEngine"
    committed(repo, dockerfile)
    with pytest.raises(UserError) as caught:
        chosen(repo, way)
    assert str(caught.value) == f"{why}. {plugin.INSTALL}, then run: imagebump retry"
    assert not isinstance(caught.value, BrokenCommitError)


@pytest.mark.parametrize(("dockerfile", "why"), [(SECRET, WHY), (SYNTAX, NAMES)])
def test_without_either(
    repo: Repo, way: ChosenEngine, monkeypatch: pytest.MonkeyPatch, dockerfile: str, why: str
) -> None:
    """Nobody installs buildx for Podman, where it serves nothing by itself."""
    monkeypatch.setattr(needs, "is_podman", lambda headers: True)
    monkeypatch.setattr(plugin, "_directories", lambda: iter(()))
    committed(repo, dockerfile)
    with pytest.raises(UserError, match="and this engine has no BuildKit for it") as caught:
        chosen(repo, way)
    assert caught.value.message.startswith(why)


@pytest.mark.parametrize(("dockerfile", "why"), [(SECRET, WHY), (SYNTAX, NAMES)])
def test_the_api_alone(
    repo: Repo, way: ChosenEngine, buildx: Path, dockerfile: str, why: str
) -> None:
    """Only another commit mends a configuration that excludes what is needed."""
    committed(repo, dockerfile, 'build.builder = "api"')
    with pytest.raises(BrokenCommitError) as caught:
        chosen(repo, way)
    assert str(caught.value) == f'{why}. Set build.builder = "auto", and commit'
