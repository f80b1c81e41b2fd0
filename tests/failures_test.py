"""Why an attempt failed, as the ledger keeps it."""

import sqlite3

import pytest

from harness import Repo
from imagebump import failures, ledger
from imagebump.errors import BrokenCommitError, StepFailedError, UntrustedError, UserError
from imagebump.spool import Job
from repositories import opened


@pytest.mark.parametrize(
    ("problem", "error", "again"),
    [
        (UserError("no registry"), "no registry", True),
        (BrokenCommitError("no COPY"), "no COPY", False),
        (StepFailedError("RUN false"), "RUN false", False),
        (OSError(28, "No space left on device", "/a"), "/a: No space left on device", True),
        (sqlite3.OperationalError("disk is full"), "the ledger: disk is full", True),
        (KeyError("x"), "a bug in imagebump: KeyError: 'x'", False),
    ],
)
def test_values(repo: Repo, problem: Exception, error: str, again: bool) -> None:
    """The reason in one line, and whether another attempt comes by itself."""
    commit = repo.commit("One")
    with opened(repo) as repository, ledger.opened(repository.state) as book:
        book.add(Job(commit, "main", {}, 1.0))
        (record,) = book.of_commit(commit)
        values = failures.values(repository, record, problem)
    assert (values["state"], values["error"], values["attempts"]) == ("failed", error, 1)
    assert ("next_try" in values) == again
    assert failures.is_expected(problem) != isinstance(problem, KeyError)


def test_a_pause_is_no_attempt(repo: Repo) -> None:
    """Nothing was tried: the first attempt comes with the word that it is trusted."""
    commit = repo.commit("One")
    with opened(repo) as repository, ledger.opened(repository.state) as book:
        book.add(Job(commit, "main", {}, 1.0))
        (record,) = book.of_commit(commit)
        values = failures.values(repository, record, UntrustedError("asks", "Look"))
    assert values == {"state": "paused", "error": "asks", "hint": "Look", "attempts": 0}
