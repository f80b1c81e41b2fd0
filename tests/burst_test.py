"""Which of several commits that wait are needless."""

import pytest

from harness import Repo
from imagebump import burst, ledger
from imagebump.records import State
from imagebump.spool import Job
from repositories import opened

CONFIG = 'registry = "local"\n[publish]\nintermediate = false\n'


@pytest.mark.parametrize("clock", ["goes on", "is set back"])
@pytest.mark.parametrize(
    ("older", "newer", "after"),
    [
        ("queued", "queued", "superseded"),
        ("failed", "queued", "superseded"),
        ("queued", "failed", "queued"),
    ],
)
def test_the_newest(repo: Repo, clock: str, older: State, newer: State, after: State) -> None:
    """It is the one that holds the others, whatever the clock says."""
    first = repo.commit("One", **{".imagebump.toml": CONFIG})
    second = repo.commit("Two")
    times = {first: 1.0, second: 2.0 if clock == "goes on" else 0.0}
    with opened(repo) as repository, ledger.opened(repository.state) as book:
        for commit, state in ((first, older), (second, newer)):
            book.add(Job(commit, "main", {}, times[commit]), state=state)
            book.update((commit, ""), next_try=float(state == "failed"))
        burst.skip(repository, book)
        states = {one.commit_id: one.state for one in book.last(2)}
    assert states == {first: after, second: newer}


def test_a_commit_that_is_gone(repo: Repo) -> None:
    """It makes nothing needless, and stops nothing."""
    gone, first = "1" * 40, repo.commit("One", **{".imagebump.toml": CONFIG})
    second = repo.commit("Two")
    with opened(repo) as repository, ledger.opened(repository.state) as book:
        for number, commit in enumerate((first, gone, second)):
            book.add(Job(commit, "main", {}, float(number)))
        burst.skip(repository, book)
        states = [one.state for one in reversed(book.last(3))]
    assert states == ["superseded", "queued", "queued"]
