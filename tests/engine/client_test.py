"""The environment in which docker buildx runs."""

from pathlib import Path

import pytest

from imagebump.config import Build
from imagebump.dockerfile.inputs import ignore_rules, inputs
from imagebump.dockerfile.parse import parse
from imagebump.engine.client import _environment
from imagebump.git import Repository
from imagebump.plan import BuildPlan
from imagebump.snapshot import Snapshot


def plan(**secrets: str) -> BuildPlan:
    """A plan that lends these secrets; nothing of it is read from a repository."""
    nowhere = Path("/nowhere")
    snapshot = Snapshot(Repository(nowhere, nowhere, nowhere, {}, ""), "0" * 40)
    parsed = parse(b"FROM a\n")
    build = Build("", "Dockerfile", "", {}, "")._replace(secrets=secrets)
    read = inputs(parsed, ignore_rules(b""))
    return BuildPlan(snapshot, build, parsed, read, (), {}, {}, "key", "whole")


def test_it_asks_git_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """What lies around the checkout is not what is built, whatever the user wants of buildx elsewhere."""
    monkeypatch.setenv("BUILDX_GIT_INFO", "true")
    monkeypatch.setenv("BUILDX_GIT_LABELS", "full")
    found = _environment(plan())
    assert {k: v for k, v in found.items() if k.startswith("BUILDX_GIT")} == {
        "BUILDX_GIT_INFO": "false"
    }


@pytest.mark.parametrize("name", ["DOCKER_DEFAULT_PLATFORM", "SOURCE_DATE_EPOCH"])
def test_what_would_change_the_image_is_taken_away(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Both ways to build have the same platform and times; a secret of that name is lent all the same."""
    monkeypatch.setenv(name, "linux/s390x")
    assert name not in _environment(plan())
    assert _environment(plan(x=f"env:{name}"))[name] == "linux/s390x"
