"""What imagebump puts away behind itself, and what it never touches."""

import io
import json
import socket
import subprocess
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from harness import wait_for
from imagebump.engine.store import Store
from imagebump.tags import KEY_LABEL
from projects import Gate, Project, registry_tags
from services import Engine, Registry


def names(engine: Engine, project: Project) -> set[str]:
    """What the engine calls the project's images, without what is before the tag."""
    found = {tag for image in engine.client.images.list() for tag in image.tags}
    return {tag.rpartition(":")[2] for tag in found if f"/{project.name}:" in tag}


def commits(project: Project, count: int) -> list[str]:
    """Commits of different content, each published before the next one is made."""
    made = []
    for number in range(count):
        made.append(project.commit(str(number), **{"app.txt": f"{number}\n"}))
        project.imagebump("watch")
        project.idle()
    return made


def test_old_images_leave_the_engine(project: Project, engine: Engine, registry: Registry) -> None:
    """The newest of ours stay; others' names and images that nobody published stay as well."""
    project.configure("[publish]\nkeep-images = 2\n")
    first = project.commit("First")
    project.imagebump("watch")
    image = f"{project.host}/{project.name}"
    engine.client.images.get(f"{image}:{first[:7]}").tag(f"other/{project.name}", "mine")
    stranger = engine.client.images.get("imagebump/base:1")
    stranger.tag(image, "strange")
    engine.client.images.get(f"{image}:{first[:7]}").tag(image, "kept-by-hand")
    own = f"FROM {image}:{first[:7]}\nRUN echo {project.name} >/own\n".encode()
    engine.client.images.build(fileobj=io.BytesIO(own), tag=f"{image}:own", rm=True)
    by_hand = {"strange", "mine", "kept-by-hand", "own"}
    made = commits(project, 3)
    found = {name for name in names(engine, project) if not name.startswith("key-")}
    assert found == {*by_hand, *(one[:7] for one in made[1:]), "1.0.2", "1.0.3"}
    assert {one[:7] for one in [first, *made]} <= registry_tags(registry, project).keys()
    project.imagebump("prune")
    assert by_hand <= names(engine, project)
    assert json.loads((project.state / "cache.json").read_text())[0] > 0


def test_images_of_refused_commits_leave_the_engine(project: Project, engine: Engine) -> None:
    """The registry has them under their own tags."""
    project.configure("[publish]\nkeep-images = 1\n")
    project.commit("One")
    project.imagebump("watch")
    project.stage(**{"app.txt": "two\n"})
    project.git("commit", "--quiet", "--no-verify", "-m", "Two")
    project.imagebump("watch", status=1)
    refused = project.commit_tag()
    assert refused in names(engine, project)
    project.commit("Three", **{"app.txt": "three\n"})
    project.imagebump("watch", status=None)
    project.idle()
    left = {name for name in names(engine, project) if not name.startswith("key-")}
    assert left == {"1.0.1", project.commit_tag()}


def test_where_nothing_is_pushed_all_stays(project: Project, engine: Engine) -> None:
    """The engine has the only copies."""
    project.configure("[publish]\npush = false\nkeep-images = 1\n")
    made = commits(project, 3)
    assert {one[:7] for one in made} <= names(engine, project)
    assert project.imagebump("prune").out == "nothing to remove\n"
    assert {one[:7] for one in made} <= names(engine, project)


def test_prune(project: Project, engine: Engine) -> None:
    """It says what it would remove, then what it has removed; a container's image stays."""
    used, *_ = made = commits(project, 3)
    image = f"{project.host}/{project.name}"
    container = engine.client.containers.create(f"{image}:{used[:7]}", ["none"])
    try:
        project.configure("[publish]\nkeep-images = 1\n")
        project.git("commit", "--quiet", "--no-verify", "-m", "Keep one")
        gone = project.state / "logs" / f"{'0' * 40}.log"
        gone.write_text("")
        would = project.imagebump("prune", "--dry-run").out
        before = names(engine, project)
        assert f"would remove {image}:{made[1][:7]}\n" in would
        assert f"would remove {gone}\n" in would
        done = project.imagebump("prune").out
        assert f"removed {image}:{made[1][:7]}\n" in done
        left = names(engine, project)
        assert left < before
        assert made[2][:7] in left
        assert made[1][:7] not in left
        assert container.image
        assert engine.client.images.get(str(container.image.id))
        assert not gone.exists()
    finally:
        container.remove()


def test_what_a_killed_worker_leaves(
    project: Project, engine: Engine, own_registry: Registry, closed_gate: Gate
) -> None:
    """The name of a key goes like others; that of what is still to be pushed stays."""
    mine = replace(project, host=own_registry.host)
    mine.configure('[publish]\nkeep-images = 1\n[build]\nnetwork = "host"\n')
    first, second = commits(mine, 2)
    image, left = f"{mine.host}/{mine.name}", f"key-{'1' * 40}"
    engine.client.images.get(mine.imagebump("build", first).out.splitlines()[-2]).tag(image, left)
    mine.commit("Three", Dockerfile=closed_gate.dockerfile)
    closed_gate.await_build()
    own_registry.stop()
    closed_gate.open.set()
    mine.imagebump("watch", status=1)
    mine.idle()
    kept = {second[:7], "1.0.1"}
    (waits,) = names(engine, mine) - {*kept, left}
    assert mine.imagebump("prune").out == f"removed {image}:{left}\n"
    assert names(engine, mine) == {*kept, waits}
    own_registry.start()
    mine.imagebump("retry")
    mine.imagebump("watch")
    mine.idle()
    assert names(engine, mine) == {mine.commit_tag(), "1.0.2"}


def test_a_commit_that_comes_while_prune_works(project: Project, registry: Registry) -> None:
    """Its worker comes in vain, and another one does it, however prune ends."""
    project.commit("One")
    project.imagebump("watch")
    project.idle()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(60)
        env = {**project.env, "DOCKER_HOST": f"tcp://127.0.0.1:{listener.getsockname()[1]}"}
        with subprocess.Popen(["imagebump", "prune"], cwd=project.path, env=env) as prune:
            connection, _ = listener.accept()  # it asks the engine, which does not answer
            commit = project.commit("Words", **{"README.md": "words\n"})
            wait_for(lambda: not project.workers(), 60, "the hook's worker to end")
            listener.close()
            connection.close()
        assert prune.returncode
    project.idle()
    assert project.record(commit)["state"] == "done"
    assert commit[:7] in registry_tags(registry, project)


def test_prune_of_what_was_built_by_hand(project: Project, engine: Engine) -> None:
    """The newest name stays, and so does one like it that a person gave."""
    project.configure('[publish]\non = "manual"\n')
    made = []
    for number in range(3):
        project.commit(str(number), **{"app.txt": f"{number}\n"})
        made.append(project.imagebump("build").out.splitlines()[-2])
    engine.client.images.get(made[2]).tag(project.name, "0123456789ab")
    assert project.imagebump("prune", "--dry-run").out == (
        f"would remove {made[0]}\nwould remove {made[1]}\n"
    )
    assert project.imagebump("prune").out == f"removed {made[0]}\nremoved {made[1]}\n"
    left = {tag for image in engine.client.images.list(project.name) for tag in image.tags}
    assert left == {made[2], f"{project.name}:0123456789ab"}
    assert project.imagebump("prune").out == "nothing to remove\n"


def test_images_for_docker_hub(engine: Engine, base_image: str, image_name: str) -> None:
    """Docker calls them without a host, and Podman those that have none with Docker Hub's."""
    labelled = f"FROM {base_image}\nLABEL {KEY_LABEL}=k\n".encode()
    for name in (image_name, f"docker.io/team/{image_name}"):
        engine.client.images.build(fileobj=io.BytesIO(labelled), tag=f"{name}:1", rm=True)
        with closing(Store()) as store:
            assert [one.names for one in store.ours(name)] == [(f"{name}:1",)]


def test_a_log_that_grows(project: Project) -> None:
    """Of a step that talks without end the beginning is kept, and its last lines.

    Which lines there are is BuildKit's choice, too: it clips what comes too fast.
    """
    talk = "FROM imagebump/base:1\nRUN i=0; while [ $i -lt 120000 ]; do echo $i; i=$((i+1)); done; exit 7\n"
    commit = project.commit("One", Dockerfile=talk)
    project.imagebump("watch", status=1)
    log = Path(project.state, "logs", f"{commit}.log").read_text()
    assert "\n  1\n" in log
    assert "is left out" in log
    assert len(log.splitlines()) < 50_100
    assert "failed with exit status 7" in log


def test_status_warns_of_the_build_cache(project: Project) -> None:
    """And says what to type."""
    project.commit("One")
    project.imagebump("watch")
    project.idle()
    (project.state / "cache.json").write_text("[12345678901, 1.0]")
    line = "the engine's build cache holds 12.3 GB. Run: docker builder prune\n"
    assert line in project.imagebump("status").out
