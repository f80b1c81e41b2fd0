"""The repositories of `harness`, as the program sees them."""

from collections.abc import Iterator
from contextlib import contextmanager

from harness import Repo
from imagebump import git
from imagebump.git import Repository


@contextmanager
def opened(repo: Repo, where: str = ".") -> Iterator[Repository]:
    """The repository around the directory `where` of `repo`; what reads its objects ends with the block."""
    found = git.discover(repo.path / where, repo.env)
    try:
        yield found
    finally:
        for one in (found, *found.with_stores.values()):
            if "blobs" in vars(one):
                one.blobs.close()
