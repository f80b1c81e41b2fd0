"""What a worker is to do: the jobs of the spool, and what failed before and may go well by now."""

import time
import traceback
from contextlib import suppress

from imagebump import failures, pushed, refs, retries, spool
from imagebump.attempt import guarded
from imagebump.errors import UntrustedError, UserError
from imagebump.git import Repository
from imagebump.jobconfig import each_image, is_release, wanted
from imagebump.ledger import Ledger
from imagebump.masks import without_authorization
from imagebump.prepare import prepare
from imagebump.records import Record
from imagebump.spool import Job


def try_again(repository: Repository, book: Ledger, *, all_of_them: bool) -> None:
    """Queue, once, what failed or paused before for a reason that may have gone: where its time has come, or a new commit.

    A worker that came too late for its own has nothing to repeat. What broke before its first attempt
    is looked at as if it came from the spool.
    """
    now = time.time()
    for record in book.in_states("failed"):
        due = 0 < record.next_try <= now
        anew = record.next_try > 0 or (record.attempts < retries.WITH_OTHERS and not record.final)
        if due or (all_of_them and anew):
            book.update(record.id, state="queued", step="", next_try=0)
            if not record.ended:
                _look_again(repository, book, record)
    for record in book.in_states("paused") if all_of_them else ():
        with guarded(repository, book, record.job):
            if _goes_on(repository, record.job):
                book.update(record.id, state="queued")


def _goes_on(repository: Repository, job: Job) -> bool:
    """Is what paused it over: does its branch's tip ask for nothing else any more, or is it gone?"""
    try:
        prepare(repository, job)
    except UntrustedError:
        return not (job.by_hand or refs.is_reachable(repository, job.commit))
    except UserError:  # which is said of an attempt
        return True
    return True


def _look_again(repository: Repository, book: Ledger, record: Record) -> None:
    """Is it to be published at all, as which images, and when?"""
    with guarded(repository, book, record.job):
        book.update(record.id, state="superseded")
        _consider(repository, book, record.job, anew=True)


def collect(repository: Repository, book: Ledger) -> bool:
    """Take the spool's jobs into the ledger: first there, then gone here. Is one of them a new commit?"""
    found = {path: spool.read(path) for path in spool.waiting(repository.state)}
    new = any(job and not book.of_commit(job.commit) for job in found.values())
    for path, job in found.items():
        if job:
            with guarded(repository, book, job):
                _consider(repository, book, job)
            path.unlink(missing_ok=True)
            continue
        try:
            spool.set_aside(path)
        except OSError as problem:  # it stays, and stops no other
            complain(problem)
    return new


def _consider(repository: Repository, book: Ledger, job: Job, *, anew: bool = False) -> None:
    """Take those of its images that are to be published; `anew` as if none of them ever was."""
    for one in each_image(repository, job):
        with guarded(repository, book, one):
            known = not anew and _was_taken(book, one)
            if job.by_hand or known or wanted(repository, one):
                take(repository, book, one)


def _was_taken(book: Ledger, job: Job) -> bool:
    """Was it wanted before, on the same branch? Then `retry` means it, whatever the branch's tip says by now."""
    known = book.get(job.id)
    return known is not None and known.branch == job.branch


def take(repository: Repository, book: Ledger, job: Job) -> None:
    """Queue a job. A commit that comes to a release branch is done anew there; one that was on one stays on it."""
    known = book.get(job.id)
    before = known is not None and is_release(repository, job._replace(branch=known.branch))
    if known and before and not job.by_hand:
        job = job._replace(branch=known.branch)
    anew = known is not None and not before and is_release(repository, job)
    book.add(job, anew=anew, state=pushed.first_state(repository, job))


def complain(problem: Exception) -> None:
    """Say it in worker.log."""
    known = failures.is_expected(problem)
    said = without_authorization(str(problem) if known else traceback.format_exc())
    with suppress(OSError):  # a full disk
        print(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {said}", flush=True)  # noqa: T201  # the log is its output
