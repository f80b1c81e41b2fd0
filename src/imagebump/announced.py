"""The commit that is being made, told to the worker that waits: it begins before the hook behind the commit has started Python.

The hook before the commit leaves a link to the worker's bell, called by git's process id. The hook
behind it, of the same git, rings there with that number first of all, and finds what it would record
recorded.
"""

import os
import re
from contextlib import suppress
from pathlib import Path

from imagebump import files, git, refs, spool, warm
from imagebump.git import Repository
from imagebump.settings import overrides, variable


def tell(repository: Repository, pid: int) -> None:
    """Let the hook behind the commit that the git above us makes ring for the worker `pid`.

    Not where HEAD may move otherwise, or is another working tree's: the worker would have to find out.
    """
    if repository.git_dir != repository.common_dir or git.in_rebase(repository):
        return
    if variable("GIT_REFLOG_ACTION"):
        return
    with suppress(OSError):
        _forget(repository)
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
                spool.drop(repository.state, repository.head, refs.branch(repository), overrides())
                word = f"{repository.head} {int(number)}"
                files.write_atomic(_recorded(repository), word.encode(), 0o600)


def is_recorded(repository: Repository) -> bool:
    """Has it been recorded that the git above us made HEAD? Asked once: a worker that comes later finds nothing to record."""
    word = ""
    with suppress(OSError):
        word = _recorded(repository).read_text()
    with suppress(OSError):
        _forget(repository)
        _recorded(repository).unlink(missing_ok=True)
    return word == f"{repository.head} {os.getppid()}"


def _forget(repository: Repository) -> None:
    for link in repository.state.glob("next.*"):
        link.unlink(missing_ok=True)


def _link(repository: Repository, git_pid: int) -> Path:
    return repository.state / f"next.{git_pid}"


def _recorded(repository: Repository) -> Path:
    return repository.state / "recorded"
