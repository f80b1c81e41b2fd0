"""What the commands about jobs share: finding a commit's record, showing it, and queueing it."""

import time

from imagebump import git, jobconfig, output, refs, retries, spool
from imagebump.commands import workspace
from imagebump.errors import UserError, sentences
from imagebump.git import Repository
from imagebump.ledger import Ledger
from imagebump.records import Record, State
from imagebump.settings import in_ci, overrides
from imagebump.snapshot import Snapshot
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
    "waiting": "dim",
    "paused": "yellow",
    "dismissed": "dim",
}

LISTED = 10
"""Commits that are told of where nobody says how many."""


def by_hand(repository: Repository, rev: str, branch: str = "", image: str = "") -> Job:
    """The job for a commit that a person names, on `branch`, or the one that it belongs to.

    UserError where it has no image called `image`.
    """
    job = Job(git.resolve(repository, rev), "", overrides(), time.time(), True, image)
    if image:
        workspace.chosen(Snapshot(repository, job.commit).configs(dict(job.overrides)), image)
    found = refs.check_branch(repository, branch) if branch else _branch(repository, rev, job)
    return job._replace(branch=found)


def _branch(repository: Repository, rev: str, job: Job) -> str:
    """The branch that `rev` is, else the one that is checked out there, else of those that hold it one that releases."""
    if refs.is_branch(repository, rev):
        return rev
    here = refs.branch(repository) if job.commit == repository.head else ""
    held = [here] if here else refs.branches_with(repository, job.commit)
    images = jobconfig.each_image(repository, job)
    released = [
        name
        for name in held
        if any(jobconfig.is_release(repository, one._replace(branch=name)) for one in images)
    ]
    return "".join([*released, *held][:1])


def drop(repository: Repository, job: Job) -> None:
    """Put it into the spool."""
    spool.drop(
        repository.state,
        job.commit,
        job.branch,
        job.overrides,
        by_hand=job.by_hand,
        image=job.image,
    )


def find(repository: Repository, book: Ledger, rev: str, image: str = "") -> list[Record]:
    """The records of a commit; without a name, of the newest. UserError where there is none.

    `image` is the only one of them that is meant.
    """
    if not rev:
        newest = book.last(1)
        if not newest:
            raise nothing_yet(repository)
        commit = newest[0].commit_id
    else:
        commit = git.resolve(repository, rev)
    records = [one for one in book.of_commit(commit) if image in ("", one.image)]
    if not records:
        what = f"{rev or commit[:7]}{image and f' {image}'}"
        raise UserError(
            f"{what} was never published", f"Run: imagebump publish {rev or commit[:7]}", status=1
        )
    return records


def nothing_yet(repository: Repository) -> UserError:
    """Nothing has been published, and what to type for it."""
    said, lack = "nothing has been published from here yet", workspace.lacking(repository)
    if lack:
        return UserError(f"{said}: {lack.message}", lack.hint, status=1)
    if repository.head and not workspace.lacking(repository, repository.head):
        return UserError(said, "Run: imagebump publish, or imagebump doctor for why", status=1)
    return UserError(said, "Run: git commit", status=1)


def waiting(repository: Repository) -> list[Job]:
    """The jobs in the spool, the newest first."""
    jobs = [spool.read(path) for path in reversed(spool.waiting(repository.state))]
    return [job for job in jobs if job]


def seconds(value: float) -> str:
    """A duration: 0.8 s, 2 min 05 s."""
    if value < 60:
        return f"{value:.1f} s"
    return f"{int(value) // 60} min {int(value) % 60:02d} s"


def reason(record: Record) -> tuple[str, ...]:
    """What those have in common that are told of in one line."""
    return record.state, record.error, record.hint


def explain(record: Record, *alike: Record, head: str = "") -> str:
    """Why it failed, others after it for the same reason, and what to type: of others than `head`, how to let go of them."""
    often = f" ({record.attempts} attempts)" if record.attempts > 1 else ""
    titles = ", ".join(one.title for one in (record, *alike))
    reason = sentences(record.error, record.hint).rstrip(".")
    text = f"{titles} {record.state}{often}: {reason}"
    which = record.image and f" --image {record.image}"
    log = f"The log: imagebump logs {record.commit_id[:7]}{which}"
    past = dict.fromkeys(one.commit_id[:7] for one in (record, *alike) if head != one.commit_id)
    rest = f". To let go of it: imagebump dismiss {' '.join(past)}" if head and past else ""
    return f"{output.style(text, 'red')}\n  {output.style(next_try(record) + log + rest, 'dim')}"


def became(record: Record) -> str:
    """What became of it, in a few words."""
    said = {"failed": "failed", "refused": "was refused"}
    return f"{record.title} {said.get(record.state, f'is {record.state}')}"


def warning(record: Record) -> list[str]:
    """What there is to say beside its success."""
    return [output.style(f"{record.title}: {record.warning}", "yellow")] if record.warning else []


def next_try(record: Record) -> str:
    """When it is tried again by itself, as a sentence; "" where nobody would ask."""
    if record.state != "failed" or record.final:
        return ""
    if record.next_try:
        left = record.next_try - time.time()
        due = "as soon as the worker is free, at the latest with the next commit"
        return f"Next try {f'in {seconds(left)}' if left > 0 else due}. "
    if in_ci():  # where nobody commits
        return ""
    comes = record.attempts < retries.WITH_OTHERS
    return "Next try with the next commit. " if comes else "No other try by itself. "
