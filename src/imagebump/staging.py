"""Staging a file into the index that the running commit uses, and into the one that stays."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from imagebump import git, process
from imagebump.errors import UserError
from imagebump.git import Repository


def stage(repository: Repository, path: str) -> None:
    """Add the working file `path` to the index that the running commit uses, or take it out where it is gone.

    The one that stays gets it too, so that the next commit starts clean.
    """
    _update_index(repository, path)
    if stays := with_index_that_stays(repository):
        _update_index(stays, path)


@contextmanager
def ready(repository: Repository) -> Iterator[None]:
    """Let git compare the index with HEAD, and get a large one ready to be staged into, while Python loads."""
    repository.staged  # noqa: B018  # starts it
    try:
        if Path(repository.env["GIT_INDEX_FILE"]).stat().st_size > _LARGE:
            command = ["git", *_STAGE, "-z", "--stdin"]
            repository.stager = process.pipe(command, cwd=repository.top, env=repository.env)
        yield
    finally:
        if repository.stager:
            repository.stager.communicate()


_LARGE = 1 << 20
"""Bytes of an index that git needs some milliseconds to read: ten thousand files."""
_STAGE = ("update-index", "--add", "--remove")


def _added(repository: Repository, path: str) -> process.Result:
    """What `git update-index` says; once more where the one that was started early found the index locked."""
    child, repository.stager = repository.stager, None
    result = child and process.finish(child, 60.0, os.fsencode(path) + b"\0")
    if result and not result.status:
        return result
    return repository.run(*_STAGE, "--", path)


def _update_index(repository: Repository, path: str) -> None:
    result = _added(repository, path)
    if not result.status:
        return
    index = repository.env.get("GIT_INDEX_FILE") or repository.git_dir / "index"
    lock = repository.top / f"{index}.lock"
    if lock.exists():
        raise UserError(
            f"cannot stage {path}: another git process has the index",
            f"Let it end; where there is none, run: rm {lock}",
            status=1,
        )
    raise UserError(f"cannot stage {path}: {result.reason}", "Run: git status", status=1)


def with_index_that_stays(repository: Repository) -> Repository | None:
    """In `git commit PATH`, whose index is a temporary one: the same with the real index, held as index.lock.

    It holds PATH already, and what else is staged. None in any other commit.
    """
    index = repository.env.get("GIT_INDEX_FILE", "")
    real = repository.git_dir / "index.lock"
    if not Path(index).name.startswith("next-index-") or not real.exists():
        return None
    return git.with_index(repository, real)
