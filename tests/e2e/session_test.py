"""The session way to build: docker buildx over a checkout of our own."""

from pathlib import Path

from projects import Project, image_files, published
from services import Engine, Registry


def test_a_commit_is_built_by_buildx(
    project: Project, engine: Engine, registry: Registry, buildx: Path
) -> None:
    """Pushed and tagged as ever, with the same key and labels as over the API."""
    project.configure('build.builder = "session"\n')
    first = project.commit("One")
    tags = published(project, registry)
    assert tags.keys() == {first[:7], "1.0.0"}
    assert len(set(tags.values())) == 1
    name = f"{project.host}/{project.name}:{first[:7]}"
    assert image_files(engine, name, "app/")["app.txt"].content == b"one\n"
    project.configure('build.builder = "api"\n')
    second = project.commit("Two")
    assert published(project, registry) == tags | {second[:7]: tags["1.0.0"]}
