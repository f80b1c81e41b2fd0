"""Commits, branches and remotes, through GitPython: for the worker and the commands, never for hooks."""

from typing import NamedTuple

from git import Repo
from git.exc import GitCommandError

from imagebump.git import Repository


class Commit(NamedTuple):
    """A commit: full hash, committer's time (s since the epoch), first line of its message, author."""

    hash: str
    time: int
    subject: str
    author: str


def look_up(repository: Repository, commit: str) -> Commit:
    """The commit of a full hash."""
    with Repo(repository.top) as repo:
        found = repo.commit(commit)
        return Commit(
            found.hexsha, found.committed_date, str(found.summary), found.author.name or ""
        )


def subjects(repository: Repository, commits: list[str]) -> dict[str, str]:
    """The first lines of the messages of those commits that (still) exist."""
    found = {}
    with Repo(repository.top) as repo:
        for commit in commits:
            try:
                found[commit] = str(repo.commit(commit).summary)
            except ValueError:
                continue  # amended away and collected
    return found


def is_reachable(repository: Repository, commit: str) -> bool:
    """Does a ref or a worktree's HEAD hold `commit`? One that was amended or rebased away is held by none."""
    with Repo(repository.top) as repo:
        try:
            if repo.git.for_each_ref("--count=1", f"--contains={commit}"):
                return True
            trees = repo.git.worktree("list", "--porcelain").splitlines()
            heads = [line.removeprefix("HEAD ") for line in trees if line.startswith("HEAD ")]
            return any(
                repo.is_ancestor(repo.commit(commit), repo.commit(head))
                for head in heads
                if set(head) != {"0"}
            )
        except GitCommandError:
            return False  # collected


def branches_with(repository: Repository, commit: str) -> list[str]:
    """The local branches whose line holds `commit`, the present one first."""
    with Repo(repository.top) as repo:
        names = str(
            repo.git.branch("--contains", commit, "--format=%(HEAD)%(refname)")
        ).splitlines()
    heads = [name for name in names if name[1:].startswith("refs/heads/")]
    return [
        name[1:].removeprefix("refs/heads/") for name in sorted(heads, key=lambda n: n[0] != "*")
    ]


def origin(repository: Repository) -> str:
    """The address of the remote origin, or ""."""
    with Repo(repository.top) as repo:
        try:
            return str(repo.git.config("--get", "remote.origin.url"))
        except GitCommandError:
            return ""
