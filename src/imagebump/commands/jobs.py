"""What the commands about jobs share: finding a commit's record, showing it, and queueing it."""

import time

from imagebump import commits, git, output, prepare, refs, spool
from imagebump.commands import workspace
from imagebump.errors import UserError
from imagebump.git import Repository
from imagebump.ledger import Ledger, Record, State
from imagebump.settings import overrides
from imagebump.spool import Job

COLOURS: dict[State, str] = {
    "queued": "dim",
    "building": "cyan",
    "pushing": "cyan",
    "tagging": "cyan",
    "done": "green",
    "refused": "red",
    "failed": "red",
    "superseded": "dim",
}


def by_hand(repository: Repository, rev: str, branch: str = "") -> Job:
    """The job for a commit that a person names, on `branch`, or the one that it belongs to."""
    job = Job(git.resolve(repository, rev), "", overrides(), time.time(), True)
    found = refs.check_branch(repository, branch) if branch else _branch(repository, rev, job)
    return job._replace(branch=found)


def _branch(repository: Repository, rev: str, job: Job) -> str:
    """The branch that `rev` is, else the one that is checked out there, else of those that hold it one that releases."""
    if refs.is_branch(repository, rev):
        return rev
    here = refs.branch(repository) if job.commit == repository.head else ""
    held = [here] if here else commits.branches_with(repository, job.commit)
    released = [name for name in held if prepare.is_release(repository, job._replace(branch=name))]
    return "".join([*released, *held][:1])


def drop(repository: Repository, job: Job) -> None:
    """Put it into the spool."""
    spool.drop(repository.state, job.commit, job.branch, job.overrides, by_hand=job.by_hand)


def find(repository: Repository, book: Ledger, rev: str) -> Record:
    """The record of a commit; without a name, the newest. UserError where there is none."""
    if not rev:
        newest = book.last(1)
        if not newest:
            raise nothing_yet(repository)
        return newest[0]
    record = book.get(git.resolve(repository, rev))
    if record is None:
        raise UserError(f"{rev} was never published", f"Run: imagebump publish {rev}", status=1)
    return record


def nothing_yet(repository: Repository) -> UserError:
    """Nothing has been published, and what to type for it."""
    said, lack = "nothing has been published yet", workspace.lacking(repository)
    if lack:
        return UserError(f"{said}: {lack.message}", lack.hint, status=1)
    return UserError(said, "Run: git commit, or imagebump publish", status=1)


def waiting(repository: Repository) -> list[Job]:
    """The jobs in the spool, the newest first."""
    jobs = [spool.read(path) for path in reversed(spool.waiting(repository.state))]
    return [job for job in jobs if job]


def seconds(value: float) -> str:
    """A duration: 0.8 s, 2 min 05 s."""
    if value < 60:
        return f"{value:.1f} s"
    return f"{int(value) // 60} min {int(value) % 60:02d} s"


def title(record: Record) -> str:
    """The commit and its version, in a few characters."""
    return f"{record.commit_id[:7]} {record.version}".strip()


def explain(record: Record, *alike: Record) -> str:
    """Why it failed, others after it for the same reason, and what to type."""
    often = f" ({record.attempts} attempts)" if record.attempts > 1 else ""
    titles = ", ".join(map(title, (record, *alike)))
    text = f"{titles} {record.state}{often}: {record.error}. {record.hint}".rstrip(". ")
    log = f"The log: imagebump logs {record.commit_id[:7]}"
    return f"{output.style(text, 'red')}\n  {output.style(log, 'dim')}"
