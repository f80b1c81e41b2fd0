"""Workers that wait for the next commit: who is rung for, and that no commit is missed."""

import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

import imagebump
from harness import wait_for
from imagebump import files, spool
from projects import Project, commit, hooked
from services import Engine, Registry


@pytest.fixture
def lasting(
    tmp_path: Path,
    isolated_environment: dict[str, str],
    engine: Engine,
    image_name: str,
    registry: Registry,
    base_image: str,
) -> Iterator[Project]:
    """A project with one commit that is published; its worker waits."""
    env = isolated_environment | {"IMAGEBUMP_LINGER": "60"}
    with hooked(tmp_path, env, engine, image_name, registry.host) as made:
        made.commit("One")
        done(made, registry)
        yield made


def done(project: Project, registry: Registry) -> list[int]:
    """Wait until the newest commit has its tag, and nobody works any more; the workers that are there then."""
    tag = project.commit_tag()
    wait_for(lambda: tag in registry.tags(project.name), 60, f"the tag {tag}")
    wait_for(lambda: project.record()["state"] == "done", 60, f"the end of {tag}")
    lock = spool.worker_lock(project.state)
    wait_for(lambda: files.is_free(lock), 60, "the end of its housekeeping")
    return project.workers()


def bells(project: Project) -> list[int]:
    """The workers that are known to wait."""
    return [int(path.name) for path in (project.state / "warm").iterdir()]


def environment(pid: int) -> list[bytes]:
    """What a process runs in."""
    return Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")


def test_one_worker_for_several_commits(lasting: Project, registry: Registry) -> None:
    """It waits, and is rung for; `watch` does not wait for its end."""
    (pid,) = lasting.workers()
    for text in "234":
        lasting.commit(text, **{"app.txt": text})
        assert done(lasting, registry) == [pid] == bells(lasting)
    assert " 1.0.3 done: " in lasting.imagebump("watch").out


def test_the_hook_behind_a_commit(lasting: Project, registry: Registry) -> None:
    """It leaves all to the worker, and starts Python where that takes too long."""
    hook = lasting.path / ".git" / "hooks" / "post-commit"
    whole = hook.read_text()
    patient = whole.replace("1 2 3 4 5", " ".join(map(str, range(2000))))
    for text in (patient.replace("python=", "touch started\npython="), whole.replace("0.005", "0")):
        hook.write_text(text)
        lasting.commit(text, **{"app.txt": text})
        assert done(lasting, registry) == bells(lasting)
    assert not (lasting.path / "started").exists()
    assert [record["attempts"] for record in lasting.status()] == [1, 1, 1]


def test_one_that_was_killed(lasting: Project, registry: Registry) -> None:
    """Another one is started, and nothing is left of it."""
    (pid,) = lasting.workers()
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: not lasting.workers(), 10, "its end")
    lasting.commit("2", **{"app.txt": "2"})
    (other,) = done(lasting, registry)
    assert [other] == bells(lasting)


def test_another_environment(lasting: Project, registry: Registry) -> None:
    """A commit is published by a worker that has its own: for a credential helper, say."""
    (pid,) = lasting.workers()
    lasting.having(AWS_PROFILE="work").commit("2", **{"app.txt": "2"})
    pids = done(lasting, registry)
    assert len(pids) == 2
    assert pid in pids
    (other,) = {*pids} - {pid}
    assert b"AWS_PROFILE=work" in environment(other)


def test_a_merge(lasting: Project, registry: Registry) -> None:
    """It is published by the worker that waits, whatever git tells its hooks of what it merges."""
    (pid,) = lasting.workers()
    lasting.git("switch", "--quiet", "-c", "other")
    lasting.commit("2", **{"notes.txt": "2"})
    done(lasting, registry)
    lasting.git("switch", "--quiet", "main")
    lasting.git("merge", "--quiet", "other")
    wait_for(lambda: lasting.record()["branch"] == "main", 60, "the merge")
    assert done(lasting, registry) == [pid]


def test_a_variable_that_names_a_hook(lasting: Project, registry: Registry) -> None:
    """As prek's, which is another one before a commit than behind it: that is no other environment."""
    (pid,) = lasting.workers()
    lasting.having(PREK_HOOK_STAGE="post-commit").commit("2", **{"app.txt": "2"})
    assert done(lasting, registry) == [pid]


def test_many_environments(lasting: Project, registry: Registry) -> None:
    """One that changes with each commit leaves no worker behind each; those that were last rung for wait."""
    for text in "234567":
        lasting.having(TURN=text).commit(text, **{"app.txt": text})
        done(lasting, registry)
    wait_for(lambda: len(lasting.workers()) < 5, 10, "the end of the first ones")
    wait_for(lambda: {*bells(lasting)} == {*lasting.workers()}, 10, "the end of their bells")
    assert len(lasting.workers()) == 4
    assert any(b"TURN=7" in environment(pid) for pid in lasting.workers())
    assert {record["state"] for record in lasting.status()} == {"done"}


def test_the_state_is_gone(lasting: Project, registry: Registry) -> None:
    """Whoever waited there goes, also where the next commit has made it anew."""
    (pid,) = lasting.workers()
    shutil.rmtree(lasting.state)
    lasting.commit("2", **{"app.txt": "2"})
    done(lasting, registry)
    wait_for(lambda: pid not in lasting.workers(), 10, "its end")


def test_one_that_is_started_ahead(lasting: Project, registry: Registry) -> None:
    """By the hook before a commit; where that is given up, it waits for the next one."""
    lasting.end()
    lasting.stage(**{"app.txt": "2"})
    lasting.run("git", "commit", "-qm", "", status=1)
    (pid,) = lasting.workers()
    assert [pid] == bells(lasting)
    lasting.commit("2")
    assert done(lasting, registry) == [pid]


def test_one_that_cannot_be_started_ahead(lasting: Project) -> None:
    """No commit stops for that."""
    lasting.end()
    log = lasting.state / "worker.log"
    log.unlink()
    log.mkdir()
    lasting.stage(**{"app.txt": "2"})
    assert "will not be published: cannot write in" in commit(lasting).err
    assert lasting.git("show", "HEAD:VERSION") == "1.0.1"


def test_nobody_waits_for_ever(lasting: Project, registry: Registry) -> None:
    """Its time over, nothing is left of it; in CI it does not wait at all."""
    lasting.end()
    for env in ({"IMAGEBUMP_LINGER": "0.1"}, {"IMAGEBUMP_LINGER": "60", "CI": "true"}):
        lasting.having(**env).commit(str(env), **{"app.txt": str(env)})
        lasting.idle()
        assert done(lasting, registry) == []
        assert bells(lasting) == []


def test_a_repository_that_is_gone(lasting: Project) -> None:
    """The worker goes, too."""
    (lasting.path / ".git").rename(lasting.path / "gone")
    wait_for(lambda: not lasting.workers(), 10, "its end")
    (lasting.path / "gone").rename(lasting.path / ".git")


def test_uninstall_ends_it(lasting: Project) -> None:
    """Nothing that was started here is left; what it has published is."""
    forget = f"rm -r {lasting.state}"
    assert lasting.imagebump("uninstall").out.splitlines()[2:] == [
        "ended: the workers that wait for a commit; one that works ends its work first",
        f"left: the ledger, the logs, what is trusted. To forget that, run: {forget}",
        "left: the images, in the engine and in the registry",
    ]
    wait_for(lambda: not lasting.workers(), 10, "its end")


def test_a_file_system_without_pipes(lasting: Project, registry: Registry) -> None:
    """Nobody waits there, and commits are published all the same."""
    lasting.end()
    shutil.rmtree(lasting.state / "warm")
    (lasting.state / "warm").touch()
    lasting.commit("2", **{"app.txt": "2"})
    lasting.idle()
    assert done(lasting, registry) == []


def test_an_upgrade(lasting: Project, registry: Registry, tmp_path: Path) -> None:
    """The one that waits becomes the program that is installed by then."""
    installed = tmp_path / "installed"
    source = Path(imagebump.__file__).parent
    shutil.copytree(source, installed / "imagebump")
    project = lasting.having(PYTHONPATH=str(installed))
    project.commit("2", **{"app.txt": "2"})
    before = done(project, registry)
    shutil.rmtree(installed / "imagebump")
    shutil.copytree(source, installed / "imagebump")
    with (installed / "imagebump" / "attempt.py").open("a") as module:
        module.write("print('the new one', flush=True)\n")
    project.commit("3", **{"app.txt": "3"})
    assert done(project, registry) == before
    assert "the new one" in (project.state / "worker.log").read_text()
