"""The commit that is being made, told to the worker that waits: it begins before the hook behind the commit has started Python.

The hook before the commit notes which commit is replaced as HEAD, and leaves a link to the worker's
bell that is called by git's process id. The hook behind it, of the same git, rings there first of all,
and finds what it would record recorded.
"""

import json
import os
from contextlib import suppress
from pathlib import Path

from imagebump import files, git, refs, spool, warm
from imagebump.git import Repository
from imagebump.settings import overrides, variable

_LINK = "next."


def tell(repository: Repository, pid: int) -> None:
    """Announce the commit that the git above us makes, to the worker `pid`.

    Not where HEAD may move otherwise, or is another working tree's: the hook behind the commit tells of it.
    """
    if repository.git_dir != repository.common_dir or git.in_rebase(repository):
        return
    if variable("GIT_REFLOG_ACTION"):
        return
    values = {
        "worker": pid,
        "git": os.getppid(),
        "after": repository.head,
        "branch": refs.branch(repository),
        "overrides": overrides(),
    }
    with suppress(OSError):
        _forget(repository)
        files.write_atomic(_path(repository), json.dumps(values).encode(), 0o600)
        (repository.state / f"{_LINK}{os.getppid()}").symlink_to(warm.name(pid))


def take(repository: Repository) -> None:
    """Record the commit that was announced to this process, where it is HEAD by now."""
    with suppress(OSError, ValueError, TypeError, KeyError):
        values = json.loads(_path(repository).read_bytes())
        if values["worker"] != os.getpid() or values["after"] == repository.head:
            return
        _forget(repository)
        now = git.parent(repository, repository.head), refs.branch(repository)
        if now == (values["after"], values["branch"]):
            spool.drop(repository.state, repository.head, values["branch"], values["overrides"])
            word = f"{repository.head} {values['git']}"
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
    for path in (_path(repository), *repository.state.glob(f"{_LINK}*")):
        path.unlink(missing_ok=True)


def _path(repository: Repository) -> Path:
    return repository.state / "announced"


def _recorded(repository: Repository) -> Path:
    return repository.state / "recorded"
