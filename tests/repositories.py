"""The repositories of `harness`, as the program sees them."""

from collections.abc import Iterator
from contextlib import contextmanager

from harness import Repo
from imagebump import git
from imagebump.git import Repository


def hostile(repo: Repo, *paths: tuple[str, str]) -> str:
    """A commit whose tree is made by hand, with entries that git would not add: (mode, name/name) each.

    A link points to where hooks are, a file is a script, a directory holds one: post-checkout.
    """
    script = repo.run("git", "hash-object", "-w", "--stdin", stdin="#!/bin/sh\n").out.strip()
    target = repo.run("git", "hash-object", "-w", "--stdin", stdin="../../outside").out.strip()
    inner = f"100755 blob {script}\tpost-checkout\n"
    below = repo.run("git", "mktree", stdin=inner).out.strip()
    kinds = {"120000": f"blob {target}", "100755": f"blob {script}", "040000": f"tree {below}"}
    tree = ""
    for mode, path in paths:
        first, _, rest = path.partition("/")
        line = f"{mode} {kinds[mode]}"
        if rest:
            made = repo.run("git", "mktree", stdin=f"{line}\t{rest}\n").out.strip()
            line = f"040000 tree {made}"
        tree += f"{line}\t{first}\n"
    made = repo.run("git", "mktree", stdin=tree).out.strip()
    return repo.git("commit-tree", made, "-m", "Hostile")


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
