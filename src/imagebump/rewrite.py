"""Makes the newest commit again with another file in it: for merges, into which no hook can put one.

Whatever a hook stages during `git merge`, the commit has the tree that was merged before. So the
commit is made again, a moment after git made it, alike in all but one file.
"""

import os

from imagebump import files, git
from imagebump.git import INDEX, Entry, Repository


def is_signed(repository: Repository) -> bool:
    """Has HEAD's commit a signature? It would not hold for a commit that is made again."""
    return any(line.startswith(b"gpgsig") for line in git.header(repository, repository.head))


def put_into_head(repository: Repository, paths: list[str], why: str) -> None:
    """Replace HEAD's commit by one with the files `paths` as they are staged; `why` is for the reflog.

    UserError where HEAD is another commit by now.
    """
    entries = git.entries(repository, INDEX, paths)
    commit = repository.blobs.read(repository.head, b"commit") or b""
    rest = commit.partition(b"\n")[2]  # after the line with the tree
    new = b"tree %s\n%s" % (_tree_with(repository, entries).encode(), rest)
    made = repository.ask("hash-object", "-t", "commit", "-w", "--stdin", stdin=new)
    repository.ask("update-ref", "-m", why, "HEAD", made, repository.head)


def _tree_with(repository: Repository, entries: list[Entry]) -> str:
    """HEAD's tree with `entries` in it, made in an index of its own: what else is staged stays out."""
    index = repository.own_state / f"index.{os.getpid()}"
    files.private(index.parent)
    own = git.with_index(repository, index)
    try:
        own.ask("read-tree", repository.head)
        for entry in entries:
            own.ask("update-index", "--add", "--cacheinfo", ",".join(entry))
        return own.ask("write-tree")
    finally:
        index.unlink(missing_ok=True)
