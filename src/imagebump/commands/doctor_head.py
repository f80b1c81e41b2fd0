"""What `imagebump doctor` finds about HEAD: that it did not become an image, or that nobody sees to it."""

import time
from collections.abc import Iterator

from imagebump import jobconfig, ledger, refs
from imagebump.commands import jobs, turn
from imagebump.commands.doctor_repository import Patient
from imagebump.errors import UserError
from imagebump.git import Repository
from imagebump.records import Record
from imagebump.spool import Job

_START = 10.0
"""Seconds that a worker may take to look into the spool."""


def head(patient: Patient) -> Iterator[UserError]:
    """What became of HEAD. A version that is taken is told by the check of the claims."""
    repository = patient.repository
    if not repository.head:
        return
    waiting = [job for job in jobs.waiting(repository) if job.commit == repository.head]
    records = _records(repository)
    for record in records:
        if record.state in ("failed", "paused") or (record.state == "refused" and not record.final):
            yield UserError(f"{jobs.became(record)}: {record.error}", record.hint)
    if _is_left(repository, waiting, records):
        yield UserError(
            f"{repository.head[:7]} is queued, and no worker runs", "Run: imagebump watch"
        )
    elif not (waiting or records or ledger.is_lost(repository.state)) and _is_ours(repository):
        yield UserError(
            f"no hook has recorded {repository.head[:7]}, so that nothing publishes it",
            "Run: imagebump publish",
        )


def _records(repository: Repository) -> list[Record]:
    with ledger.found(repository.state) as book:
        return book.of_commit(repository.head) if book else []


def _is_left(repository: Repository, waiting: list[Job], records: list[Record]) -> bool:
    """Is there something to do, and nobody who does it?"""
    late = any(time.time() - job.made > _START for job in waiting)
    if not (late or any(record.under_way for record in records)):
        return False
    return turn.is_nobodys(repository)


def _is_ours(repository: Repository) -> bool:
    """Is it to be published by whoever made it, who is not known to have been somebody else?"""
    job = Job(repository.head, refs.branch(repository), {}, time.time())
    images = jobconfig.each_image(repository, job)
    wanted = any(jobconfig.wanted(repository, one) for one in images)
    return wanted and not refs.is_upstream(repository)
