"""Starts the worker, which outlives whoever starts it."""

import sys

from imagebump import files, process
from imagebump.git import Repository

_LOG_SIZE = 1 << 20


def worker(repository: Repository) -> int:
    """Start a worker for `repository` and give its pid; where one runs already, it ends at once."""
    files.private(repository.state)
    path = repository.state / "worker.log"
    fresh = path.exists() and path.stat().st_size > _LOG_SIZE
    path.touch(0o600)
    with path.open("wb" if fresh else "ab") as log:
        argv = [sys.executable, "-P", "-m", "imagebump.worker"]
        argv += [str(repository.top), str(repository.common_dir)]
        return process.detach(argv, log=log, cwd=repository.top, env=process.environment())
