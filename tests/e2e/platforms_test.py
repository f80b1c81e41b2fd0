"""An engine with the containerd image store: what only docker buildx builds into it, and indexes of several platforms."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from builds import Told, committed, planned
from harness import Repo
from imagebump.bases import Bases
from imagebump.engine.choice import ChosenEngine
from imagebump.errors import UserError
from projects import Project, hooked, image_files, published
from services import Engine, Registry, docker_context, put

BOTH = '[build]\nplatforms = ["linux/amd64", "linux/arm64"]\n'
DOCKERFILE = "FROM scratch\nCOPY app.txt /app/\n"


@pytest.fixture
def on_newer(
    tmp_path: Path,
    isolated_environment: dict[str, str],
    newer_engine: Engine,
    registry: Registry,
    image_name: str,
    buildx: Path,
) -> Iterator[Project]:
    """A project with the plain hooks, whose worker builds in the newer engine."""
    with hooked(tmp_path, isolated_environment, newer_engine, image_name, registry.host) as made:
        yield made


def platforms(registry: Registry, project: Project, tag: str) -> list[str]:
    """Those of the images that a tag's index names."""
    index = registry.get(f"{project.name}/manifests/{tag}").json()
    found = (one["platform"] for one in index["manifests"])
    return sorted(f"{one['os']}/{one['architecture']}" for one in found)


def test_several_platforms(on_newer: Project, registry: Registry) -> None:
    """One index under every tag; a tag is never replaced by another set of platforms."""
    on_newer.configure(BOTH)
    first = on_newer.commit("One", Dockerfile=DOCKERFILE)
    tags = published(on_newer, registry)
    assert tags.keys() == {first[:7], "1.0.0"}
    assert platforms(registry, on_newer, "1.0.0") == ["linux/amd64", "linux/arm64"]
    on_newer.configure(BOTH.replace(', "linux/arm64"', ""))
    on_newer.git("commit", "--quiet", "--no-verify", "-m", "Two")  # so that the version stays
    on_newer.imagebump("watch", status=1)
    assert "was published from commit" in on_newer.record()["error"]
    assert registry.digest(on_newer.name, "1.0.0") == tags["1.0.0"]
    on_newer.configure(BOTH)
    third = on_newer.commit("Three", readme="not in the image")
    after = published(on_newer, registry)
    assert after[third[:7]] == tags["1.0.0"], "what is there is adopted"


def test_a_base_that_moves_before_a_builder_asks_for_it(
    repo: Repo,
    tmp_path: Path,
    engine: Engine,
    newer_engine: Engine,
    registry: Registry,
    image_name: str,
    buildx: Path,
) -> None:
    """A builder with images of its own is held to what the plan says, in the build and in the push."""
    docker_context("elsewhere", newer_engine.host)
    base = f"{registry.host}/{image_name}/base:1"
    put(engine, base, "one")
    committed(
        repo,
        f"FROM {base} AS one\nFROM {base}\nCOPY --from=one base /copied\nCOPY --from={base} base /too\n",
        'build.builder = "session:elsewhere"',
    )
    with planned(repo) as found, closing(ChosenEngine()) as way:
        plan = Bases(tmp_path, print, {}).ready(found, lambda: way, Told())
        assert plan.content
        put(engine, base, "two")
        way.build(plan, [], Told())
        way.push(f"{registry.host}/{image_name}", "key", None, Told())
    name = f"{registry.host}/{image_name}:key"
    engine.client.images.pull(name)
    files = image_files(engine, name, "")
    assert {files[path].content for path in ("base", "copied", "too")} == {b"one\n"}


def test_what_the_old_api_cannot_build(
    on_newer: Project, newer_engine: Engine, registry: Registry
) -> None:
    """The engine's own frontend serves it by buildx, and the image comes into the engine."""
    text = "FROM imagebump/base:1\nRUN <<EOF\necho in >/in\nEOF\nCOPY --link app.txt /app/\n"
    on_newer.commit("One", Dockerfile=text)
    assert "1.0.0" in published(on_newer, registry)
    image = f"{registry.host}/{on_newer.name}:1.0.0"
    assert image_files(newer_engine, image, "app/").keys() == {"app.txt"}


def test_the_api_alone(repo: Repo, newer_engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is refused where the configuration wants no other way."""
    monkeypatch.setenv("DOCKER_HOST", newer_engine.host)
    committed(repo, DOCKERFILE, 'build.builder = "api"', **{"app.txt": "1"})
    with (
        planned(repo) as wanted,
        closing(ChosenEngine()) as way,
        pytest.raises(UserError) as caught,
    ):
        way.build(wanted, [], Told())
    assert str(caught.value).startswith("engine 26.1 with the containerd image store cannot build")
