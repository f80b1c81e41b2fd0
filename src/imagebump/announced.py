"""The commit that is being made, told to the worker that waits: the hook behind it need not start Python.

The hook before the commit leaves a link to the worker's bell, called by git's process id. The hook
behind it, of the same git, rings there with that number; the worker does what that hook would, and
leaves a file that names the commit. A hook that sees none in time does it itself.
"""

import os
import re
from contextlib import suppress
from pathlib import Path

from imagebump import files, git, pending, refs, spool, warm
from imagebump.git import Repository
from imagebump.settings import overrides, variable


def tell(repository: Repository, pid: int) -> None:
    """Let the hook behind the commit that the git above us makes ring for the worker `pid`.

    Not where HEAD may move otherwise, or is another working tree's: the worker would have to find out;
    nor where one works, which nobody waits for.
    """
    elsewhere = repository.git_dir != repository.common_dir or git.in_rebase(repository)
    if elsewhere or variable("GIT_REFLOG_ACTION"):
        return
    with suppress(OSError):
        forget(repository)
        if files.is_free(spool.worker_lock(repository.state)):
            _link(repository, os.getppid()).symlink_to(warm.name(pid))


def take(repository: Repository, rung: bytes) -> None:
    """Record HEAD, where this process was rung for by a hook behind it that has not done so yet.

    In the environment of that hook: else it would have another worker.
    """
    for number in re.findall(rb"\d+", rung):
        with suppress(OSError):
            link = _link(repository, int(number))
            if link.readlink() == Path(warm.name(os.getpid())):
                link.unlink()
                pending.forget(repository)
                record(repository)
                done = _mark(repository, int(number))
                files.write_atomic(done, repository.head.encode(), 0o600)


def record(repository: Repository) -> None:
    """Put HEAD into the spool. OSError where that cannot be written."""
    spool.drop(repository.state, repository.head, refs.branch(repository), overrides())


def forget(repository: Repository) -> bool:
    """Take away what is left of announcements; had a worker recorded HEAD for the git above us?

    One that comes later finds nothing to record.
    """
    try:
        recorded = _mark(repository, os.getppid()).read_text(encoding="ascii")
    except OSError:
        recorded = ""
    for path in (*repository.state.glob("next.*"), *repository.state.glob("recorded.*")):
        with suppress(OSError):
            path.unlink()
    return bool(recorded) and recorded == repository.head  # process ids come again


def _link(repository: Repository, git_pid: int) -> Path:
    return repository.state / f"next.{git_pid}"


def _mark(repository: Repository, git_pid: int) -> Path:
    return repository.state / f"recorded.{git_pid}"
