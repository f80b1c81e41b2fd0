"""`imagebump publish --dry-run` says what would be asked for, and changes nothing."""

import re
from pathlib import Path

import pytest

from projects import Project
from services import Engine, Registry
from tokens import TokenServer

MANUAL = '[publish]\non = "manual"\n[tags]\nmoving = ["latest"]\n'


@pytest.fixture
def mine(project: Project, own_registry: Registry) -> Project:
    """A project that publishes to a registry of its own when it is told to."""
    made = Project(project.path, project.env, project.name, own_registry.host)
    made.configure(MANUAL)
    made.commit("One")
    made.idle()
    return made


def rehearsed(project: Project, status: int = 0) -> list[str]:
    """Method and address of each request of a rehearsal of HEAD, the addresses below the repository."""
    said = project.imagebump("publish", "--dry-run", status=status)
    assert said.err.endswith("what only reads was asked for, nothing was changed\n")
    lines = [line.split(maxsplit=2) for line in said.out.splitlines()]
    assert all(len(line) == 3 for line in lines), "each says why"
    return [f"{method} {url.partition(f'{project.name}/')[2] or url}" for method, url, _ in lines]


def written(registry: Registry, project: Project) -> list[str]:
    """The writes that the registry was asked for since it was asked last."""
    pattern = rf'"(PUT|POST|PATCH|DELETE) /v2/{project.name}/(\S+) HTTP'
    return [f"{method} {path}" for method, path in re.findall(pattern, registry.log)]


def manifests(lines: list[str]) -> list[str]:
    """The manifests among what is written."""
    return [line for line in lines if line.startswith("PUT manifests/")]


def everything(project: Project) -> dict[Path, bytes]:
    """All files of the repository's Git directory and working tree."""
    return {path: path.read_bytes() for path in project.path.rglob("*") if path.is_file()}


def test_what_is_said_is_what_is_done(
    mine: Project, own_registry: Registry, engine: Engine
) -> None:
    """A build, a commit that changes nothing, and a new version of the same content, each before it is published."""
    tags = [f"PUT manifests/{tag}" for tag in ("1.0.0", "latest", mine.commit_tag())]
    for change in ({}, {"README.md": "words\n"}, {"VERSION": "1.0.1\n"}):
        if change:
            mine.commit("Next", **change)
            mine.idle()
            tags = [f"PUT manifests/{mine.commit_tag()}"]
        if "VERSION" in change:
            tags = ["PUT manifests/1.0.1", "PUT manifests/latest", *tags]
        (mine.state / "trusted").unlink(missing_ok=True)
        before, images = everything(mine), engine.images()
        done = len(written(own_registry, mine))
        said = rehearsed(mine)
        assert everything(mine) == before
        assert engine.images() == images
        assert len(written(own_registry, mine)) == done
        mine.imagebump("publish", "--foreground")
        assert manifests(said) == manifests(written(own_registry, mine)[done:])
        assert [line for line in said if line in tags] == tags
        assert ("POST engine:/build" in said) == (not change)


def test_nothing_is_trusted(mine: Project, own_registry: Registry) -> None:
    """A rehearsal is no first publish, with a cache or without."""
    (mine.state / "trusted").unlink()
    for arguments in ([], ["--no-cache"]):
        mine.imagebump("publish", "--dry-run", *arguments)
        assert not (mine.state / "trusted").exists()


def test_a_version_that_is_taken(mine: Project, own_registry: Registry) -> None:
    """It is said as it would be refused."""
    mine.imagebump("publish", "--foreground")
    mine.commit("Two", **{"app.txt": "other\n", "VERSION": "1.0.0\n"})
    mine.git("reset", "--quiet", "--soft", "HEAD^")
    mine.stage(VERSION="1.0.0\n")
    mine.git("commit", "--quiet", "--no-verify", "-m", "Two")
    mine.idle()
    done = written(own_registry, mine)
    said = mine.imagebump("publish", "--dry-run", status=1)
    assert f"imagebump: {mine.name}:1.0.0 was published from commit " in said.err
    assert f"/manifests/{mine.commit_tag()}  tag " in said.out
    assert written(own_registry, mine) == done


def test_into_the_engine_only(mine: Project, own_registry: Registry, engine: Engine) -> None:
    """With publish.push = false no registry is asked for anything."""
    mine.configure("[publish]\npush = false\non = 'manual'\n")
    mine.commit("Two")
    images = engine.images()
    said = rehearsed(mine)
    assert {line.partition("/")[0] for line in said} == {"POST engine:"}
    assert engine.images() == images
    assert written(own_registry, mine) == []


def test_logging_in_is_said(
    project: Project, token_registry: Registry, tokens: TokenServer
) -> None:
    """Who is asked for a token, and nothing of the login."""
    mine = Project(project.path, project.env, project.name, token_registry.host)
    mine.configure(MANUAL)
    mine.commit("One")
    said = mine.imagebump("publish", "--dry-run", status=1)
    line = f"GET  http://127.0.0.1:{tokens.port}/token  log in for {mine.host}/{mine.name}\n"
    assert line in said.out
    assert "not logged in. Run: docker login" in said.err


def test_what_is_asked_of_git(mine: Project, own_registry: Registry, tmp_path: Path) -> None:
    """A claim and a Git tag are said, and not made."""
    mine.git("init", "--quiet", "--bare", tmp_path / "remote")
    mine.git("remote", "add", "origin", tmp_path / "remote")
    mine.configure('bump.git-tag = true\n[publish]\non = "manual"\nclaim = "git"\n')
    mine.commit("Two")
    mine.idle()
    said = mine.imagebump("publish", "--dry-run").out.splitlines()
    assert said[0] == "git  push origin refs/imagebump/1.0.0  claim the version"
    assert said[-1] == f"git  tag v1.0.0  mark {mine.commit_tag()} as released"
    assert mine.git("for-each-ref", "refs/tags", "refs/imagebump") == ""
    assert mine.git("ls-remote", "origin") == ""
    assert written(own_registry, mine) == []
