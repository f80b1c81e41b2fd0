"""A commit that is announced: recorded by the worker that is rung for, or left to the hook behind it."""

import os
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from harness import Repo
from imagebump import announced, files, git, spool
from imagebump.git import Repository

BY_GIT = f"{os.getppid()}\n".encode()
"""What the hook behind a commit says, of the git that is above us."""


def found(repo: Repo) -> Repository:
    """The repository as it is now, from which commits have been published."""
    repository = git.discover(repo.path, repo.env)
    files.private(repository.state)
    return repository


def take(repo: Repo, rung: bytes = BY_GIT) -> None:
    """What a worker does that is rung for."""
    with closing(found(repo)) as repository:
        announced.take(repository, rung)


def jobs(repo: Repo) -> list[tuple[str, str]]:
    """The commits and branches that are recorded."""
    read = map(spool.read, spool.waiting(found(repo).state))
    return [(job.commit, job.branch) for job in read if job]


def left(repo: Repo) -> list[str]:
    """What is in the state directory, but for the lock."""
    there = (path.name for path in found(repo).state.iterdir())
    return [name for name in there if name != "worker.lock"]


@pytest.fixture
def told(repo: Repo) -> Repo:
    """A commit of which we were told before it was made."""
    repo.commit("One", app="1\n")
    announced.tell(found(repo), os.getpid())
    repo.commit("Two", app="2\n")
    return repo


def test_it_is_recorded(told: Repo) -> None:
    """Once, for the git that makes it alone: a merge may bring HEAD here once more."""
    for _ in range(2):
        take(told)
        assert jobs(told) == [(told.git("rev-parse", "HEAD"), "main")]
    assert announced.forget(found(told))
    assert not announced.forget(found(told))
    assert left(told) == ["spool"]


@pytest.mark.parametrize("rung", [b"", b".", b".\n", b"1\n", b"x\n", 70 * b"9"])
def test_another_ring(told: Repo, rung: bytes) -> None:
    """By another git, or by who has recorded something himself."""
    take(told, rung)
    assert jobs(told) == []
    take(told, b"." + BY_GIT + b".")
    assert len(jobs(told)) == 1


def test_another_git(told: Repo) -> None:
    """What one has recorded is recorded again by the hook of another."""
    (found(told).state / "recorded.1").touch()
    assert not announced.forget(found(told))
    assert left(told) == []


def test_a_git_of_that_number(told: Repo) -> None:
    """Process ids come again: what one has recorded is not what another has made."""
    take(told)
    told.commit("Three", app="3\n")
    assert not announced.forget(found(told))
    assert left(told) == ["spool"]


def test_a_worker_that_comes_late(told: Repo) -> None:
    """It was busy: by then the hook has recorded the commit, which may have failed already."""
    assert not announced.forget(found(told))
    take(told)
    assert jobs(told) == []
    assert left(told) == []


def test_a_worker_that_works(repo: Repo) -> None:
    """Nobody waits for it."""
    repo.commit("One", app="1\n")
    with files.locked(spool.worker_lock(found(repo).state)):
        announced.tell(found(repo), os.getpid())
    repo.commit("Two", app="2\n")
    take(repo)
    assert jobs(repo) == []


def test_a_version_that_is_committed(told: Repo) -> None:
    """What was noted of a commit that came to nothing is no longer of use."""
    note = found(told).state / "pending"
    note.touch()
    take(told)
    assert not note.exists()


def test_another_worker(told: Repo) -> None:
    """It has another environment."""
    announced.tell(found(told), 1)
    take(told)
    assert jobs(told) == []


def rebase(repo: Repo) -> None:
    """A commit of one."""
    (repo.path / ".git" / "rebase-merge").mkdir()


def move(repo: Repo) -> None:
    """Whatever else moves HEAD."""
    os.environ["GIT_REFLOG_ACTION"] = "pull"


@pytest.mark.parametrize("change", [rebase, move])
def test_what_is_not_announced(
    repo: Repo, change: Callable[[Repo], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is no plain commit."""
    monkeypatch.setenv("GIT_REFLOG_ACTION", "")
    repo.commit("One", app="1\n")
    change(repo)
    announced.tell(found(repo), os.getpid())
    assert left(repo) == []


def test_a_linked_working_tree(repo: Repo, tmp_path: Path) -> None:
    """Its HEAD is another one than the worker's."""
    repo.commit("One", app="1\n")
    repo.git("worktree", "add", "--quiet", "-b", "other", tmp_path / "other")
    announced.tell(git.discover(tmp_path / "other", repo.env), os.getpid())
    assert left(repo) == []
