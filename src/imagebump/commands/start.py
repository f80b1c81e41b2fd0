"""Starts the worker, which outlives whoever starts it."""

import sys

from imagebump import files, process, warm
from imagebump.git import Repository

_LOG_SIZE = 1 << 20


def worker(repository: Repository) -> int:
    """Start a worker for `repository`, or ring for the one that waits, and give its pid.

    Where one runs already that has not been rung for, the new one ends at once.
    """
    if pid := _waiting(repository):
        warm.ring(repository.state, pid)
        return pid
    return _started(repository, _argv(repository))


def has_published(repository: Repository) -> bool:
    """Has this clone been told what it trusts, as with its first image? Asked at each commit, without loading `trust`."""
    return (repository.state / "trusted").exists()


def ahead(repository: Repository) -> int:
    """The one that waits already for the commit which is being made; 0 where there is none, and one is started.

    Only where commits have been published before.
    """
    if not (warm.stay() and has_published(repository)):
        return 0
    if pid := _waiting(repository):
        return pid
    *program, top, common_dir = _argv(repository)
    warm.hang(repository.state, _started(repository, [*program, warm.AHEAD, top, common_dir]))
    return 0


def _waiting(repository: Repository) -> int:
    return warm.find(repository.state, _argv(repository), process.environment())


def _argv(repository: Repository) -> list[str]:
    module = [sys.executable, "-P", "-m", "imagebump.worker"]
    return [*module, str(repository.top), str(repository.common_dir)]


def _started(repository: Repository, argv: list[str]) -> int:
    files.private(repository.state)
    path = repository.state / "worker.log"
    fresh = path.exists() and path.stat().st_size > _LOG_SIZE
    path.touch(0o600)
    with path.open("wb" if fresh else "ab") as log:
        return process.detach(argv, log=log, cwd=repository.top, env=process.environment())
