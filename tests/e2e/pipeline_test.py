"""A commit becomes an image: real git, the real engine, a real registry."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from projects import Project, registry_tags
from services import Engine, Registry


@pytest.fixture
def project(
    tmp_path: Path,
    isolated_environment: dict[str, str],
    engine: Engine,
    base_image: str,
    registry: Registry,
    image_name: str,
) -> Iterator[Project]:
    """A project with the plain hooks and all its files staged; its workers end with the test."""
    env = isolated_environment | {"DOCKER_HOST": engine.host}
    made = Project.start(tmp_path / "app", env, image_name, registry.host)
    made.imagebump("install")
    yield made
    made.end()


def test_a_commit_becomes_an_image_under_two_tags(project: Project, registry: Registry) -> None:
    """The hash and the version are tags on one digest, and watch names them."""
    commit = project.commit("One")
    said = project.imagebump("watch").out
    found = registry_tags(registry, project)
    assert found.keys() == {commit[:7], "1.0.0"}
    assert len(set(found.values())) == 1
    assert f"{registry.host}/{project.name}:{commit[:7]}" in said
    assert project.record(commit)["digest"] == found["1.0.0"]
