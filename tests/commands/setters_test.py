"""What is kept of the commits that set VERSION is what git finds."""

import pytest

from harness import Repo
from imagebump import git
from imagebump.commands.setters import setters


@pytest.fixture(autouse=True)
def committing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A commit is under way: only then is anything kept."""
    monkeypatch.setenv("GIT_INDEX_FILE", ".git/index")


def look(repo: Repo, limit: int = 20) -> tuple[list[str], list[str]]:
    """What we find for HEAD, and what git does."""
    repository = git.discover(repo.path)
    try:
        ours = setters(repository, repository.head, "a/VERSION", limit)
        return ours, git.commits_of_path(repository, repository.head, "a/VERSION", limit)
    finally:
        repository.blobs.close()


def test_after_each_commit(repo: Repo) -> None:
    """Whether it sets VERSION or not, takes it away, goes back, or is merged."""
    for number, text in enumerate("1122313"):
        repo.commit("Next", **{"a/VERSION": text, "b": str(number)})
        ours, theirs = look(repo)
        assert ours == theirs
    assert len(ours) == 5
    repo.git("checkout", "--quiet", "-b", "topic")
    repo.commit("Topic", **{"a/VERSION": "5"})
    repo.git("checkout", "--quiet", "main")
    repo.commit("Main", b="x")
    repo.git("merge", "--quiet", "--no-edit", "topic")
    ours, theirs = look(repo)
    assert ours == theirs
    repo.git("rm", "--quiet", "a/VERSION")
    repo.git("commit", "--quiet", "-m", "Without")
    assert look(repo, 3) == (theirs := look(repo, 3)[1], theirs)
    repo.git("commit", "--quiet", "--amend", "-m", "Amended")
    ours, theirs = look(repo)
    assert ours == theirs
    repo.git("checkout", "--quiet", "topic~1")
    ours, theirs = look(repo)
    assert ours == theirs


def test_git_is_asked_once(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    """For the commits that follow, their objects are enough; for a line that is another one, it is asked anew."""
    first = repo.commit("One", **{"a/VERSION": "1"})
    asked: list[str] = []
    ask = git.commits_of_path

    def counted(repository: git.Repository, rev: str, path: str, limit: int) -> list[str]:
        asked.append(rev)
        return ask(repository, rev, path, limit)

    monkeypatch.setattr(git, "commits_of_path", counted)
    repository = git.discover(repo.path)
    assert setters(repository, repository.head, "a/VERSION", 20) == [first]
    repository.blobs.close()
    second = repo.commit("Two", **{"a/VERSION": "2"})
    repo.commit("Three", b="1")
    repository = git.discover(repo.path)
    assert setters(repository, repository.head, "a/VERSION", 20) == [second, first]
    repository.blobs.close()
    assert asked == [first]
