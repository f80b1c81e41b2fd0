"""Commits, through GitPython: for the commands that show them, never for hooks or the worker."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from git import Repo

from imagebump.git import Repository


class Commit(NamedTuple):
    """A commit: full hash, committer's time (s since the epoch), first line of its message, author."""

    hash: str
    time: int
    subject: str
    author: str


@contextmanager
def _opened(repository: Repository) -> Iterator[Repo]:
    """Wherever its Git directory is: what git finds by itself may be another one."""
    with Repo(repository.git_dir) as repo:
        repo.git.update_environment(
            GIT_DIR=str(repository.git_dir),
            GIT_WORK_TREE=str(repository.place),
            GIT_NO_REPLACE_OBJECTS="1",
        )
        yield repo


def look_up(repository: Repository, commit: str) -> Commit:
    """The commit of a full hash."""
    with _opened(repository) as repo:
        found = repo.commit(commit)
        return Commit(
            found.hexsha, found.committed_date, str(found.summary), found.author.name or ""
        )


def subjects(repository: Repository, commits: list[str]) -> dict[str, str]:
    """The first lines of the messages of those commits that (still) exist."""
    found = {}
    with _opened(repository) as repo:
        for commit in commits:
            try:
                found[commit] = str(repo.commit(commit).summary)
            except ValueError:
                continue  # amended away and collected
    return found
