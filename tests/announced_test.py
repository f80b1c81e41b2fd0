"""A commit that was announced: recorded by the worker that waits for it, or left to the hook behind it."""

import os
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from harness import Repo
from imagebump import announced, files, git, spool
from imagebump.git import Repository


def found(repo: Repo) -> Repository:
    """The repository as it is now, from which commits have been published."""
    repository = git.discover(repo.path, repo.env)
    files.private(repository.state)
    return repository


def take(repo: Repo) -> None:
    """What a worker does that is rung for."""
    with closing(found(repo)) as repository:
        announced.take(repository)


def jobs(repo: Repo) -> list[tuple[str, str]]:
    """The commits and branches that are recorded."""
    read = map(spool.read, spool.waiting(found(repo).state))
    return [(job.commit, job.branch) for job in read if job]


@pytest.fixture
def told(repo: Repo) -> Repo:
    """The commit that follows the first one is announced to us."""
    repo.commit("One", app="1\n")
    announced.tell(found(repo), os.getpid())
    return repo


def test_it_is_recorded(told: Repo) -> None:
    """Once HEAD is there, and for the git that makes it alone: a merge may bring HEAD here once more."""
    take(told)
    assert jobs(told) == []
    commit = told.commit("Two", app="2\n")
    for _ in range(2):
        take(told)
        assert jobs(told) == [(commit, "main")]
    assert announced.is_recorded(found(told))
    assert not announced.is_recorded(found(told))
    assert [path.name for path in found(told).state.iterdir()] == ["spool"]


def test_another_git(told: Repo) -> None:
    """What one has recorded is recorded again by the hook of another."""
    commit = told.commit("Two", app="2\n")
    take(told)
    (found(told).state / "recorded").write_text(f"{commit} 1")
    assert not announced.is_recorded(found(told))


def test_a_worker_that_comes_late(told: Repo) -> None:
    """It was busy: by then the hook has recorded the commit, which may have failed already."""
    told.commit("Two", app="2\n")
    assert not announced.is_recorded(found(told))
    take(told)
    assert jobs(told) == []
    assert not list(found(told).state.iterdir())


def amend(repo: Repo) -> None:
    """Another commit in the place of the one that was HEAD."""
    repo.git("commit", "--quiet", "--amend", "-m", "Again")


def elsewhere(repo: Repo) -> None:
    """On another branch."""
    repo.git("switch", "--quiet", "-c", "other")
    repo.commit("Two", app="2\n")


def two(repo: Repo) -> None:
    """Nobody was rung for the first one."""
    repo.commit("Two", app="2\n")
    repo.commit("Three", app="3\n")


@pytest.mark.parametrize("change", [amend, elsewhere, two])
def test_another_commit(told: Repo, change: Callable[[Repo], None]) -> None:
    """It is the hook's to record, who sees what was done."""
    change(told)
    take(told)
    assert jobs(told) == []
    assert not announced.is_recorded(found(told))


def test_another_worker(told: Repo) -> None:
    """It has another environment."""
    announced.tell(found(told), 1)
    told.commit("Two", app="2\n")
    take(told)
    assert jobs(told) == []


def test_what_is_not_announced(repo: Repo, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A commit of a rebase, of whatever else moves HEAD, or of a linked working tree."""
    repo.commit("One", app="1\n")
    repo.git("worktree", "add", "--quiet", "-b", "other", tmp_path / "other")
    announced.tell(git.discover(tmp_path / "other", repo.env), os.getpid())
    (repo.path / ".git" / "rebase-merge").mkdir()
    announced.tell(found(repo), os.getpid())
    (repo.path / ".git" / "rebase-merge").rmdir()
    monkeypatch.setenv("GIT_REFLOG_ACTION", "pull")
    announced.tell(found(repo), os.getpid())
    assert list(found(repo).state.iterdir()) == []


@pytest.mark.parametrize("text", ["", "{}", "[]", "3", '{"worker": 1}'])
def test_what_is_no_announcement(told: Repo, text: str) -> None:
    """It is none of ours, and stops nobody."""
    (found(told).state / "announced").write_text(text)
    take(told)
    assert jobs(told) == []
