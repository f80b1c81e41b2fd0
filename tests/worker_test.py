"""The worker leaves no job behind."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness import Repo
from imagebump import git, ledger, refs, spool, worker
from imagebump.git import Repository
from imagebump.ledger import Ledger


@pytest.fixture
def repository(repo: Repo) -> Iterator[Repository]:
    """A repository with one commit, which configures nothing."""
    repo.commit("One", **{"a.txt": "a\n"})
    found = git.discover(repo.path)
    yield found
    found.blobs.close()


def test_a_job_that_comes_at_the_end_is_done(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hook drops it behind the last look, while the lock still sends the hook's own worker away."""
    drain = worker._drain
    rounds: list[Path] = []

    def late(repository: Repository, book: Ledger) -> None:
        drain(repository, book)
        if not rounds:
            spool.drop(repository.state, repository.head, "main", {})
            rounds.extend(spool.waiting(repository.state))

    monkeypatch.setattr(worker, "_drain", late)
    worker.run(repository)
    assert len(rounds) == 1
    assert spool.waiting(repository.state) == []


def test_a_job_that_breaks_the_look_at_its_commit_stops_no_other(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is failed, whatever broke, and the next one is done."""
    hashes = ["1" * 40, "2" * 40]

    def look(repository: Repository, commit: str) -> bool:
        if commit == hashes[0]:
            raise ValueError("SHA could not be resolved")
        return False

    monkeypatch.setattr(refs, "is_reachable", look)
    with ledger.opened(repository.state) as book:
        for commit in hashes:
            book.add(spool.Job(commit, "main", {}, 1.0))
        worker.run(repository)
        first, second = (book.get((commit, "")) for commit in hashes)
    assert first
    assert second
    assert first.state == "failed"
    assert first.error == "a bug in imagebump: ValueError: SHA could not be resolved"
    assert second.state == "superseded"


def test_what_is_no_job_and_cannot_be_set_aside(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker ends and says so, rather than to look at it for ever."""
    spool.drop(repository.state, repository.head, "main", {})
    (path,) = spool.waiting(repository.state)
    path.write_text("{")

    def refuse(path: Path, target: Path) -> None:
        raise PermissionError(1, "Operation not permitted", str(path))

    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(PermissionError):
        worker.run(repository)
    assert spool.waiting(repository.state) == [path]


def test_a_retry_is_taken_whatever_the_branch_wants_by_now(repository: Repository) -> None:
    """It was wanted when it was made: a retry that is dropped would say `trying again` in vain."""
    with ledger.opened(repository.state) as book:
        book.add(spool.Job(repository.head, "main", {}, 1.0))
        book.update((repository.head, ""), state="failed")
        spool.drop(repository.state, repository.head, "main", {})
        worker.collect(repository, book)
        record = book.get((repository.head, ""))
    assert record
    assert record.state == "queued"
