"""Why an attempt at a commit failed, as the ledger keeps it, and when another one comes by itself."""

import sqlite3
import time
from contextlib import suppress

from imagebump import retries
from imagebump.errors import BrokenCommitError, StepFailedError, UntrustedError, UserError
from imagebump.git import Repository
from imagebump.jobconfig import known
from imagebump.keys import KEYS, seconds
from imagebump.masks import without_authorization
from imagebump.records import Record


def is_expected(problem: Exception) -> bool:
    """Can the user mend it? Anything else is a bug of ours, whose traceback belongs into the log."""
    return isinstance(problem, UserError | OSError | sqlite3.Error)


def values(repository: Repository, record: Record, problem: Exception) -> dict[str, object]:
    """What the ledger is to hold of `record`, of which one more attempt ended in `problem`."""
    tried = not isinstance(problem, UntrustedError)
    return {"attempts": record.attempts + tried, **_ended(repository, record, problem)}


def _ended(repository: Repository, record: Record, problem: Exception) -> dict[str, object]:
    if isinstance(problem, UntrustedError):
        return {"state": "paused", "error": problem.message, "hint": problem.hint}
    if isinstance(problem, UserError):
        comes = not isinstance(problem, BrokenCommitError | StepFailedError)
        return _failed(problem) | (_again(repository, record, problem.after) if comes else {})
    if isinstance(problem, OSError | sqlite3.Error):
        reason = f"the ledger: {problem}"
        if isinstance(problem, OSError):
            reason = f"{problem.filename or 'the system'}: {problem.strerror or problem}"
        failed = _failed(UserError(reason, "Mend that, then run: imagebump retry"))
        return failed | _again(repository, record)
    reason = f"a bug in imagebump: {type(problem).__name__}: {problem}"
    return _failed(UserError(reason, "Please report it with the log"))


def _failed(problem: UserError) -> dict[str, object]:
    return {
        "state": "failed",
        "error": without_authorization(problem.message),
        "hint": problem.hint or "Run: imagebump retry",
        "final": isinstance(problem, BrokenCommitError),
    }


def _again(repository: Repository, record: Record, asked: float = 0.0) -> dict[str, object]:
    """When it is tried again by itself; not before the seconds that were `asked` for."""
    now = time.time()
    since = record.failing_since or now
    due = retries.next_try(record.attempts + 1, since, now, _limit(repository, record), asked)
    return {"failing_since": since, "next_try": due}


def _limit(repository: Repository, record: Record) -> float:
    """publish.retries in seconds; the default where what broke the attempt breaks this look, too."""
    rules = None
    with suppress(Exception):
        rules = known(repository, record.job)
    return seconds(rules.publish.retries if rules else KEYS["publish.retries"].default)
