"""The worker leaves no job behind."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness import Repo
from imagebump import git, spool, worker
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
