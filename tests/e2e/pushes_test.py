"""publish.on = "push": a commit is published when the remote has it, and not before."""

import shutil
from pathlib import Path

import pytest

from harness import wait_for
from projects import (
    HOOKS,
    STAGES,
    Project,
    install_pre_commit,
    published,
    readme_block,
    registry_tags,
)
from services import Packaged, Registry

ON_PUSH = '[publish]\non = "push"\n'


def with_remote(project: Project) -> Path:
    """Give it an empty remote, and publish on push."""
    project.configure(ON_PUSH)
    remote = project.path.parent / "origin.git"
    project.git("init", "--quiet", "--bare", "--initial-branch=main", remote)
    project.git("remote", "add", "origin", remote)
    return remote


@pytest.fixture
def pushing(project: Project) -> Project:
    """A project with plain hooks and a remote."""
    with_remote(project)
    return project


def states(project: Project) -> dict[str, str]:
    """The state of each commit, once nothing is under way."""
    project.imagebump("watch", status=None)
    return {one["commit"]: one["state"] for one in project.status()}


def test_a_push_publishes(pushing: Project, registry: Registry) -> None:
    """Every commit that it brings; what is not pushed waits."""
    first, second = pushing.commit("One"), pushing.commit("Two", **{"app.txt": "two\n"})
    assert states(pushing) == {first: "waiting", second: "waiting"}
    said = pushing.imagebump("watch").out
    assert said == f"nothing is under way; a push is waited for: {first[:7]}, {second[:7]}\n"
    assert pushing.imagebump("watch", first).out == f"{first[:7]} waiting\n"
    assert registry_tags(registry, pushing) == {}
    pushing.git("push", "--quiet", "-u", "origin", "main")
    third = pushing.commit("Three", **{"app.txt": "three\n"})
    found = published(pushing, registry)
    assert found.keys() == {first[:7], second[:7], "1.0.0", "1.0.1"}
    assert states(pushing)[third] == "waiting"
    pushing.idle()
    assert pushing.sleepers() == []
    assert not list((pushing.state / "pushing").iterdir())


def test_a_push_that_is_refused(pushing: Project, registry: Registry) -> None:
    """It publishes nothing, and the next one does."""
    refuse = pushing.path.parent / "origin.git" / "hooks" / "pre-receive"
    refuse.write_text("#!/bin/sh\nexit 1\n")
    refuse.chmod(0o755)
    commit = pushing.commit("One")
    pushing.run("git", "push", "--quiet", "origin", "main", status=1)
    assert states(pushing) == {commit: "waiting"}
    assert registry_tags(registry, pushing) == {}
    refuse.unlink()
    pushing.git("push", "--quiet", "origin", "main")
    assert published(pushing, registry).keys() == {commit[:7], "1.0.0"}


def test_the_worker_sees_the_end_of_a_push_by_itself(pushing: Project, registry: Registry) -> None:
    """It sleeps until then: nobody has to ask, however long the remote takes."""
    slow = pushing.path.parent / "origin.git" / "hooks" / "pre-receive"
    gate = pushing.path.parent / "go"
    slow.write_text(f"#!/bin/sh\nuntil [ -e '{gate}' ]; do sleep 0.1; done\n")
    slow.chmod(0o755)
    commit = pushing.commit("One")
    pushing.run("sh", "-c", "git push --quiet origin main >/dev/null 2>&1 &")
    wait_for(lambda: pushing.sleepers() and not pushing.workers(), 60, "the worker to sleep")
    assert registry_tags(registry, pushing) == {}
    gate.touch()
    wait_for(lambda: pushing.record(commit)["state"] == "done", 60, "the image")


@pytest.mark.parametrize("refspec", ["HEAD:main", "work:ada/work"])
def test_the_branch_is_the_remotes(pushing: Project, registry: Registry, refspec: str) -> None:
    """What lands on a release branch there is a release, whatever it is called here."""
    pushing.commit("One")
    pushing.git("push", "--quiet", "origin", "main")
    pushing.git("switch", "--quiet", "-c", "work")
    commit = pushing.commit("Two", **{"app.txt": "two\n", "VERSION": "2.0.0\n"})
    pushing.git("push", "--quiet", "origin", refspec)
    release = {"2.0.0"} if refspec.endswith(":main") else set()
    assert published(pushing, registry).keys() == {
        commit[:7],
        pushing.commit_tag("main"),
        "1.0.0",
        *release,
    }


def test_what_is_published_at_once_is_not_pushed_again(
    project: Project, registry: Registry
) -> None:
    """With publish.on = "commit" a push changes nothing."""
    remote = with_remote(project)
    project.configure()
    project.git("config", "core.hooksPath", "/dev/null")
    project.commit("One")
    project.git("config", "--unset", "core.hooksPath")
    project.git("push", "--quiet", "origin", "main")
    assert remote.is_dir()
    assert project.status() == []
    assert registry_tags(registry, project) == {}


@pytest.mark.parametrize("manager", ["pre-commit", "prek", "lefthook"])
def test_under_a_manager(
    project: Project, registry: Registry, packaged: Packaged, manager: str
) -> None:
    """A push publishes there too, with what the README says."""
    shutil.rmtree(project.path / ".git" / "hooks")
    with_remote(project)
    if manager == "lefthook":
        project.stage(**{"lefthook.yml": readme_block("yaml", "imagebump hook pre-commit")})
        project.run("lefthook", "install")
    else:
        install_pre_commit(project, packaged, HOOKS, [*STAGES, "pre-push"], by=manager)
    commit = project.commit("One")
    assert states(project) == {commit: "waiting"}
    project.git("push", "--quiet", "origin", "main")
    assert published(project, registry).keys() == {commit[:7], "1.0.0"}
