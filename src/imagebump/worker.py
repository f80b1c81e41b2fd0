"""The worker: takes jobs from the spool, one after the other, while nobody waits.

One a repository, by a lock that it holds itself and that ends with it. `python -m
imagebump.worker TOP COMMON_DIR` is what hooks start.
"""

import sys
import time
from contextlib import closing, suppress
from importlib import import_module
from pathlib import Path

from imagebump import (
    announced,
    burst,
    failures,
    files,
    git,
    housekeeping,
    intake,
    ledger,
    process,
    pushed,
    recovery,
    sleeper,
    spool,
    warm,
)
from imagebump.attempt import guarded, work
from imagebump.errors import UnavailableError, UserError, sentences
from imagebump.git import STATE, Repository
from imagebump.jobconfig import known
from imagebump.ledger import Ledger
from imagebump.masks import without_authorization
from imagebump.records import NOT_DONE

_REST = 600.0
"""Seconds until a worker looks again after what ended it: a full disk, say."""
_FAR = 1e12
"""Seconds since the epoch: no time at all, but the end of a push, which the one that sleeps looks for."""


def run(repository: Repository) -> float:
    """Work until the spool is empty; return at once where another worker does.

    Gives when there is something to do again (seconds since the epoch), 0.0 for nothing.
    """
    while True:
        with files.locked(spool.worker_lock(repository.state)) as held:
            if not held:
                return 0.0
            sleeper.wake(repository.state)
            before = set(spool.waiting(repository.state))
            with ledger.opened(repository.state) as book:
                _drain(repository, book)
                until = book.next_try() or (spool.pushes(repository.state) and _FAR) or 0.0
        # Looked at once more now that the lock is free: a hook's worker may have come in vain.
        left = set(spool.waiting(repository.state))
        if not left - before:
            return min(until or _FAR, time.time() + _REST) if left else until


def _drain(repository: Repository, book: Ledger) -> None:
    """Every job that waits, the new ones first; then say how the last one ended."""
    for record in book.in_states("building", "pushing", "tagging"):  # its worker was killed
        book.update(record.id, state="queued", step="")
    spared = recovery.refill(repository, book)
    intake.try_again(repository, book, all_of_them=intake.collect(repository, book))
    pushed.release(repository, book)
    if book.in_states("queued"):
        book.begin()
    while book.in_states("queued"):
        burst.skip(repository, book, spared)
        queued = book.in_states("queued")
        record = min(queued, key=lambda record: record.attempts)
        with guarded(repository, book, record.job):
            work(repository, book, record)
        with suppress(OSError):  # a full disk: what became of it stands in the ledger
            leave_word(repository, book)
        intake.collect(repository, book)
        pushed.release(repository, book)
        if not book.in_states("queued"):
            housekeeping.tidy(repository, book, book.of_last_run())
            intake.collect(repository, book)
    recovery.over(repository)


def leave_word(repository: Repository, book: Ledger) -> None:
    """Leave one line for the next commit, where the newest job failed. OSError where that cannot be written."""
    path = repository.state / "failed"
    ended = [record for record in book.last(50) if record.state != "superseded"]
    newest = [record for record in ended if record.commit_id == ended[0].commit_id]
    if failed := next((one for one in newest if one.state in NOT_DONE), None):
        was = {"refused": "was refused", "paused": "is paused"}.get(failed.state, "failed")
        reason = sentences(failed.error, failed.hint).rstrip(".")
        text = f"the last publish ({failed.title}) {was}: {reason}\n"
        if failed.state == "refused" and (rules := known(repository, failed.job)):
            text += f"{failed.version} {rules.bump.version_file}\n"  # a later one settles it
        files.write_atomic(path, text.encode(), 0o600)
    else:
        with suppress(FileNotFoundError):
            path.unlink()


def _leave_word_of(problem: Exception, state: Path) -> None:
    """The same where the worker itself cannot work; the first job that ends takes its place."""
    bug = f"a bug in imagebump: {problem!r}. Run: tail {state / 'worker.log'}"
    said = str(problem) if failures.is_expected(problem) else bug
    text = f"no commit is published: {without_authorization(said)}\n"
    files.write_atomic(state / "failed", text.encode(), 0o600)


def main() -> int:
    """The entry of the detached process; its output goes to worker.log."""
    *ahead, top, common_dir = sys.argv[1:]
    until = 0.0
    try:
        until = _serve(Path(top), Path(common_dir), ahead=bool(ahead))
    except Exception as problem:  # the jobs wait for the next start
        intake.complain(problem)
        with suppress(OSError):
            _leave_word_of(problem, Path(common_dir) / STATE)
        if isinstance(problem, UserError) and not isinstance(problem, UnavailableError):
            return 1
        until = time.time() + _REST
    if until:
        sleeper.become(Path(top), Path(common_dir), until)
    return 0


def _serve(top: Path, common_dir: Path, *, ahead: bool) -> float:
    """Work, and wait a while for more where there is a use in that; gives the same as `run`."""
    state, stay, until = common_dir / STATE, warm.stay(), 0.0
    if not stay:
        return _run_anew(top, common_dir)
    with warm.bell(state) as bell:
        if not ahead or spool.waiting(state):
            until = _run_anew(top, common_dir)
        for name in ("choice", "store", "lending"):  # all that may be needed, of one version
            if not until and (rung := bell.rings(0)):  # most of what changes nothing needs none
                until = _run_anew(top, common_dir, rung)
            import_module(f"imagebump.engine.{name}")
        while not until and (rung := bell.rings(stay)):
            _renew()
            until = _run_anew(top, common_dir, rung)
    if spool.waiting(state):  # from one who found us still
        _renew()
        until = _run_anew(top, common_dir)
    return until


def _renew() -> None:
    """Become the program that is installed by now, where that is another one."""
    if not warm.is_current():
        process.become([sys.executable, *(one for one in sys.orig_argv[1:] if one != warm.AHEAD)])


def _run_anew(top: Path, common_dir: Path, rung: bytes = b"") -> float:
    with closing(_found(top, common_dir)) as repository:
        announced.take(repository, rung)
        return run(repository)


def _found(top: Path, common_dir: Path) -> Repository:
    place = top if top.is_dir() else common_dir  # a linked worktree, gone already
    where = {"GIT_WORK_TREE": str(place), "GIT_DIR": str(common_dir)}
    return git.discover(place, process.environment() | where)


if __name__ == "__main__":
    raise SystemExit(main())
