"""What is there already is never built again, and what is stale is never published: real bases in a real registry."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from http.server import SimpleHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from builds import Told, committed, planned
from harness import Repo, wait_for
from imagebump.bases import Bases
from imagebump.engine import Engine as Way
from imagebump.errors import UserError
from projects import Gate, Project, image_files, published, was_built
from services import Engine, Registry, make, put
from web import Silent, serving

ALWAYS = '[bump]\nwhen = "always"\n'


@pytest.fixture
def base(engine: Engine, registry: Registry, image_name: str) -> str:
    """The name of a base image of the test's own, which is in the registry."""
    name = f"{registry.host}/{image_name}/base"
    put(engine, f"{name}:1", "one")
    return f"{name}:1"


def config(registry: Registry, project: Project, tag: str) -> dict[str, Any]:
    """The configuration of an image."""
    manifest = registry.get(f"{project.name}/manifests/{tag}").json()
    found: dict[str, Any] = registry.get(
        f"{project.name}/blobs/{manifest['config']['digest']}"
    ).json()
    return found | {"layers": manifest["layers"]}


def inside(engine: Engine, registry: Registry, project: Project, tag: str) -> dict[str, bytes]:
    """The files /base and those below /app of an image, as the registry gives it."""
    name = f"{registry.host}/{project.name}:{tag}"
    engine.client.images.pull(name)
    return {
        path: file.content
        for path, file in image_files(engine, name, "").items()
        if path.startswith(("base", "app/"))
    }


def test_a_new_version_of_the_same_content_is_only_labelled(
    project: Project, registry: Registry, engine: Engine, base: str
) -> None:
    """Its layers and its history are those of the first; its labels are true; nothing is built."""
    project.configure(ALWAYS)
    step = "RUN true"
    project.commit("One", Dockerfile=f"FROM {base}\nCOPY app.txt /app/\n{step}\n")
    published(project, registry)
    commit = project.commit("Docs", **{"README.md": "words\n"})
    found = published(project, registry)
    (took,) = (r for r in project.imagebump("layers", commit).out.splitlines() if step in r)
    assert re.search(r"\d\.\d s +RUN true", took), "in the build of the first"
    assert found["1.0.1"] == found[commit[:7]] != found["1.0.0"]
    assert not was_built(project, commit)
    old, new = (config(registry, project, tag) for tag in ("1.0.0", "1.0.1"))
    for part in ("layers", "history", "rootfs", "created"):
        assert new[part] == old[part]
    labels, before = new["config"]["Labels"], old["config"]["Labels"]
    assert labels["org.opencontainers.image.revision"] == commit
    assert labels["org.opencontainers.image.version"] == "1.0.1"
    changed = {name for name in labels if labels[name] != before[name]}
    assert changed <= {
        "git-commit",
        "org.opencontainers.image.created",
        "org.opencontainers.image.revision",
        "org.opencontainers.image.version",
    }
    assert inside(engine, registry, project, "1.0.1") == {"app/app.txt": b"one\n", "base": b"one\n"}


def test_a_base_that_moves(project: Project, registry: Registry, engine: Engine, base: str) -> None:
    """The same version stays what it is, for every commit and clone; the next one is built on the new base."""
    project.configure(ALWAYS)
    project.commit("One", Dockerfile=f"FROM {base}\nCOPY app.txt /app/\n")
    first = published(project, registry)
    put(engine, base, "two")
    again = project.imagebump("publish", "--foreground").out
    assert first["1.0.0"] in again
    commit = project.commit("Docs", **{"README.md": "words\n"})
    found = published(project, registry)
    assert found["1.0.0"] == first["1.0.0"]
    assert was_built(project, commit)
    assert inside(engine, registry, project, "1.0.1")["base"] == b"two\n"
    labels = config(registry, project, "1.0.1")["config"]["Labels"]
    repository, _, tag = base.rpartition("/")[2].partition(":")
    assert labels["org.opencontainers.image.base.digest"] == registry.digest(
        f"{project.name}/{repository}", tag
    )


def test_the_registry_of_a_base_does_not_answer(
    project: Project, registry: Registry, own_registry: Registry, engine: Engine, image_name: str
) -> None:
    """The engine's old one is published never; by hand it is built, and said. It ends by itself."""
    base = f"{own_registry.host}/{image_name}/base:1"
    put(engine, base, "one")
    project.configure('[publish]\nretries = "1h"\n')
    project.commit("One", Dockerfile=f"FROM {base}\nCOPY app.txt /app/\n")
    published(project, registry)
    put(engine, base, "two")
    assert engine.client.images.pull(base.removesuffix(":1"), "1")
    own_registry.stop()
    commit = project.commit("Two", **{"app.txt": "two\n"})
    wait_for(lambda: project.record(commit)["state"] == "failed", 60, "the attempt to fail")
    down = f"cannot reach the registry at {own_registry.host}: connection refused"
    said = project.imagebump("status", status=1).out
    assert f"what the base {base} is now, is not known: {down}" in said
    assert f"See that {own_registry.host} answers, then run: imagebump retry" in said
    assert "Next try in " in said
    built = project.imagebump("build").out
    assert f"{base} is taken as it is here: {down}" in built
    own_registry.start()
    wait_for(lambda: project.record(commit)["state"] == "done", 60, "the image")
    assert inside(engine, registry, project, "1.0.1")["base"] == b"two\n"


@pytest.mark.parametrize("how", ["pulled", "gone"])
@pytest.mark.parametrize("number", [0, 1], ids=["api", "buildx"])
def test_a_base_that_somebody_moves_meanwhile(
    repo: Repo,
    ways: tuple[Way, Way],
    engine: Engine,
    tmp_path: Path,
    base: str,
    number: int,
    how: str,
) -> None:
    """Between the look and the build, for another repository on this machine: no image is called what it is not."""
    moved = base.replace("/base:", "/moved:")
    committed(repo, f"FROM {base}\nRUN true\n")
    with planned(repo) as found:
        plan = Bases(tmp_path, print, {}).ready(found, lambda: ways[number], Told())
        put(engine, base, "two")
        if how == "pulled":
            engine.client.images.pull(base)
        with pytest.raises(UserError, match=" moves while it is built on"):
            ways[number].build(plan, [moved], Told())
    assert ways[number].find(moved) is None


def test_a_build_without_the_cache(project: Project, registry: Registry, base: str) -> None:
    """It is for a new version only: what is published is refused with one line, and stays."""
    project.configure(f'{ALWAYS}[publish]\non = "manual"\n')
    project.commit("One", Dockerfile=f"FROM {base}\nRUN date +%s%N > /time\n")
    project.imagebump("publish", "--foreground")
    first = registry.digest(project.name, "1.0.0")
    refused = project.imagebump("publish", "--no-cache", status=1).err
    assert refused == (
        f"imagebump: {project.name}:1.0.0 is published, and what is published never changes. "
        "For a new version, run: IMAGEBUMP_NO_CACHE=1 imagebump patch --commit\n"
    )
    project.commit("Two")
    for wrong, why in (("no/refs", "there is no directory no"), (".", ". is a directory")):
        said = project.imagebump("publish", "--image-refs", wrong, status=2).err
        assert f"argument --image-refs: {why}" in said
    references = project.path / "refs"
    references.symlink_to("file")
    project.imagebump("publish", "--no-cache", "--image-refs", str(references))
    assert references.is_symlink()
    assert registry.digest(project.name, "1.0.0") == first
    second = registry.digest(project.name, "1.0.1")
    assert references.read_text() == f"{registry.host}/{project.name}@{second}\n"
    project.having(IMAGEBUMP_NO_CACHE="1").commit("Three")
    project.imagebump("publish", "--foreground")
    project.commit("Four")
    project.having(IMAGEBUMP_NO_CACHE="1").imagebump("publish", "--foreground")
    tags = ("1.0.0", "1.0.1", "1.0.2", "1.0.3")
    layers = [config(registry, project, tag)["layers"][-1]["digest"] for tag in tags]
    assert layers[1] == layers[2], "with publish.on = manual, it counts where publish is run"
    assert len(set(layers)) == 3


def test_content_that_is_too_old(project: Project, registry: Registry, base: str) -> None:
    """With build.max-age a new version of it is built, without the cache; the same version stays."""
    text = f"FROM {base}\nRUN date +%s%N > /time\n"
    project.configure(f'{ALWAYS}[build]\nmax-age = "1s"\n')
    project.commit("One", Dockerfile=text)
    first = published(project, registry)
    made = datetime.fromisoformat(config(registry, project, "1.0.0")["created"])
    wait_for(
        lambda: (datetime.now(UTC) - made).total_seconds() > 1, 5, "the image to be a second old"
    )
    project.commit("Two", **{"README.md": "words\n"})
    found = published(project, registry)
    assert found["1.0.0"] == first["1.0.0"]
    layers = [config(registry, project, tag)["layers"] for tag in ("1.0.0", "1.0.1")]
    assert layers[0][-1] != layers[1][-1]
    project.configure(f'{ALWAYS}[build]\nmax-age = "1d"\n')
    project.commit("Three")
    published(project, registry)
    assert config(registry, project, "1.0.2")["layers"] == layers[1]


@pytest.mark.parametrize("kind", ["made here", "--from", "an address", "triggers"])
def test_no_new_version_is_stale(
    project: Project, registry: Registry, engine: Engine, base: str, tmp_path: Path, kind: str
) -> None:
    """What lies outside the commit has changed: a new version of the same commit's content holds it."""
    address = f"{project.name}:made-here"
    with served(tmp_path) as host:
        lines = {
            "made here": f"FROM {address}",
            "--from": f"FROM imagebump/base:1\nCOPY --from={base} /base /base",
            "an address": f"FROM imagebump/base:1\nADD http://{host}/base /base",
            "triggers": f"FROM {base}",
        }

        def change(text: str) -> None:
            make(engine, address, text)
            put(engine, base, text, "ONBUILD COPY app.txt /app/\n" if kind == "triggers" else "")
            (tmp_path / "base").write_text(f"{text}\n")

        change("one")
        project.configure(f'{ALWAYS}[publish]\non = "manual"\n')
        project.commit("One", Dockerfile=f"{lines[kind]}\n")
        project.imagebump("publish", "--foreground")
        change("two")
        project.commit("Two", **{"app.txt": "two\n"})
        project.imagebump("publish", "--foreground")
    found = inside(engine, registry, project, "1.0.1")
    assert found["base"] == b"two\n"
    assert found.get("app/app.txt") == (b"two\n" if kind == "triggers" else None)


@contextmanager
def served(directory: Path) -> Iterator[str]:
    """The files of a directory over HTTP; gives the host and the port."""
    handler = partial(Quiet, directory=str(directory))
    with serving(handler) as server:
        yield f"127.0.0.1:{server.server_port}"


class Quiet(Silent, SimpleHTTPRequestHandler):
    """Serves files, and says nothing."""


def test_what_was_built_and_not_pushed(
    project: Project, own_registry: Registry, closed_gate: Gate
) -> None:
    """It is pushed once the registry is back, and not built again, whatever became of the cache."""
    network = '[build]\nnetwork = "host"\n'
    mine = Project(project.path, project.env, project.name, own_registry.host)
    mine.configure(network)
    commit = mine.commit("One", Dockerfile=closed_gate.dockerfile)
    closed_gate.await_build()
    own_registry.stop()
    closed_gate.open.set()
    mine.imagebump("watch", status=1)
    assert was_built(mine, commit)
    own_registry.start()
    mine.imagebump("retry")
    found = published(mine, own_registry)
    assert found.keys() == {commit[:7], "1.0.0"}
    assert not was_built(mine, commit)
