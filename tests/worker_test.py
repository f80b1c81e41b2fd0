"""The worker leaves no job behind."""

import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from harness import Repo
from imagebump import attempt, git, intake, ledger, refs, sleeper, spool, worker
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
    repository: Repository, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is left to a later look, and stops no other."""
    spool.drop(repository.state, repository.head, "main", {}, by_hand=True)
    (path,) = spool.waiting(repository.state)
    path.write_text("{")
    other = spool.drop(repository.state, repository.head, "other", {}, by_hand=True)

    def refuse(self: Path, target: Path) -> None:
        raise PermissionError(1, "Operation not permitted", str(self))

    monkeypatch.setattr(Path, "rename", refuse)
    until = worker.run(repository)
    assert 0 < until - time.time() <= 600
    assert spool.waiting(repository.state) == [path]
    assert f"not permitted: '{path}'" in capsys.readouterr().out
    with ledger.opened(repository.state) as book:
        (record,) = book.of_commit(repository.head)
    assert (record.branch, record.state) == (other.branch, "failed")


class Broken(Exception):
    """What nobody expects."""


def broken(*_: object, **__: object) -> bool:
    """Ends so, and repeats a login."""
    raise Broken("Authorization: Bearer abcdefgh12345678")


@pytest.mark.parametrize("problem", [Broken("no such thing"), OSError(5, "Input/output error")])
@pytest.mark.parametrize("where", ["wanted", "is_pushed"])
def test_a_job_that_breaks_before_its_attempt(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, where: str, problem: Exception
) -> None:
    """It is listed with the reason, and stops no other; where that passes, it is looked at from the start."""
    bad = "1" * 40
    owner = intake if where == "wanted" else refs
    usual = getattr(owner, where)

    def look(repository: Repository, job: spool.Job | str, *more: object) -> bool:
        if bad in (job, getattr(job, "commit", "")):
            raise problem
        return bool(usual(repository, job, *more))

    with monkeypatch.context() as patch, ledger.opened(repository.state) as book:
        patch.setattr(owner, where, look)
        if where == "wanted":
            spool.drop(repository.state, bad, "main", {})
        else:
            book.add(spool.Job(bad, "main", {}, 1.0), state="waiting")
        spool.drop(repository.state, repository.head, "main", {}, by_hand=True)
        until = worker.run(repository)
        record, other = book.get((bad, "")), book.get((repository.head, ""))
        assert record
        assert other
        assert (record.state, other.state) == ("failed", "failed")
        assert str(getattr(problem, "strerror", problem)) in record.error
        assert f"{repository.state}/logs" in str(attempt.log_path(repository, record.id))
        assert str(problem) in attempt.log_path(repository, record.id).read_text()
        assert (until > 0) == isinstance(problem, OSError)
        book.update(record.id, next_try=1.0)
    worker.run(repository)
    with ledger.opened(repository.state) as book:
        after = book.get((bad, ""))
    assert after
    assert after.state == "superseded", "nothing configures it, and no branch holds it"


def test_what_broke_shows_no_login(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither in the ledger nor in a log, wherever it breaks."""
    monkeypatch.setattr(refs, "is_reachable", broken)
    with ledger.opened(repository.state) as book:
        book.add(spool.Job(repository.head, "main", {}, 1.0))
        worker.run(repository)
        monkeypatch.setattr(intake, "wanted", broken)
        spool.drop(repository.state, "1" * 40, "main", {})
        worker.run(repository)
        said = [record.error for record in book.in_states("failed")]
    try:
        broken()
    except Broken as problem:
        intake.complain(problem)
    said += [path.read_text() for path in (repository.state / "logs").iterdir()]
    said += [capsys.readouterr().out]
    assert len(said) == 5
    assert ["Bearer ***" in text for text in said] == [True] * 5
    assert not [text for text in said if "abcdefgh" in text]


def test_a_worker_that_is_ended_sleeps(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever ends it: what waits for another try is not left to the next hook."""
    slept: list[float] = []
    arguments = ["", str(repository.top), str(repository.common_dir)]
    monkeypatch.setattr(sys, "argv", arguments)
    monkeypatch.setattr(sleeper, "become", lambda top, common, until: slept.append(until))
    monkeypatch.setattr(worker, "_drain", broken)
    assert worker.main() == 0
    assert 0 < slept[0] - time.time() <= 600
    for said in (capsys.readouterr().out, (repository.state / "failed").read_text()):
        assert "Broken(" in said or "Broken:" in said
        assert "abcdefgh" not in said
    with suppress(OSError), Path("/dev/full").open("w") as full:
        monkeypatch.setattr(sys, "stdout", full)  # no room where its log should be, either
        assert worker.main() == 0
    assert len(slept) == 2


def test_a_retry_is_taken_whatever_the_branch_wants_by_now(repository: Repository) -> None:
    """It was wanted when it was made: a retry that is dropped would say `trying again` in vain."""
    with ledger.opened(repository.state) as book:
        book.add(spool.Job(repository.head, "main", {}, 1.0))
        book.update((repository.head, ""), state="failed")
        spool.drop(repository.state, repository.head, "main", {})
        intake.collect(repository, book)
        record = book.get((repository.head, ""))
    assert record
    assert record.state == "queued"
