"""Commits that wait to be pushed, with publish.on = "push"."""

from imagebump import refs, spool
from imagebump.attempt import guarded
from imagebump.git import Repository
from imagebump.jobconfig import known
from imagebump.ledger import Ledger
from imagebump.records import State
from imagebump.spool import Job


def first_state(repository: Repository, job: Job) -> State:
    """What a job begins as: it waits for the push of its commit, or is queued at once."""
    return "waiting" if _waits(repository, job) else "queued"


def _waits(repository: Repository, job: Job) -> bool:
    """Is a job one that is not published before its commit is pushed? What a person asks for is."""
    if job.by_hand:
        return False
    rules = known(repository, job)
    return rules is not None and rules.publish.on == "push"


def release(repository: Repository, book: Ledger) -> None:
    """Queue what has been pushed by now; what nothing holds any more is superseded.

    Whether a push has ended is looked at before what it did: after its end nothing changes any more.
    """
    over = [path for path in spool.pushes(repository.state) if spool.push_is_over(path)]
    for record in book.in_states("waiting"):
        with guarded(repository, book, record.job):
            if refs.is_pushed(repository, record.commit_id, record.branch):
                book.update(record.id, state="queued")
            elif not refs.is_reachable(repository, record.commit_id):
                book.update(record.id, state="superseded")
    for path in over:
        path.unlink(missing_ok=True)
