"""The hook before a push: with publish.on = "push", record what is about to be pushed.

Git asks before the remote has said yes, so that the commit only waits: it is published once the
remote-tracking branch holds it. Nothing here stops a push.
"""

import sys
from collections.abc import Iterable, Iterator, Sequence

from imagebump import git, output, running, spool
from imagebump.commands import start
from imagebump.errors import UserError
from imagebump.git import Repository
from imagebump.settings import overrides, variable
from imagebump.snapshot import Snapshot

_BRANCH = "refs/heads/"


def run(repository: Repository, name: str, arguments: Sequence[str]) -> int:
    """Drop the tip of each branch that is pushed into the spool, where its configuration wants that."""
    lines = [] if sys.stdin is None or variable("PRE_COMMIT_REMOTE_BRANCH") else sys.stdin
    pushed = [*_by_pre_commit(), *_by_git(lines)]
    wanted = [(tip, branch) for tip, branch in pushed if _is_awaited(repository, tip)]
    if wanted:
        _record(repository, wanted)
    return 0


def _by_git(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    """The tip of each branch, with what the remote calls it: `LOCAL-REF OID REMOTE-REF OID` a line."""
    for words in map(str.split, lines):
        if len(words) == 4 and words[2].startswith(_BRANCH) and set(words[1]) != {"0"}:
            yield words[1], words[2].removeprefix(_BRANCH)


def _by_pre_commit() -> Iterator[tuple[str, str]]:
    """The same as pre-commit and prek tell it, in the environment; of a whole history, only its branch."""
    branch = variable("PRE_COMMIT_REMOTE_BRANCH")
    tip = variable("PRE_COMMIT_TO_REF") or variable("PRE_COMMIT_LOCAL_BRANCH")
    if branch and tip:
        yield tip, branch.removeprefix(_BRANCH)


def _is_awaited(repository: Repository, tip: str) -> bool:
    """Is something of this commit published when it is pushed? A broken configuration has failed before."""
    try:
        return any(one.publish.on == "push" for one in Snapshot(repository, tip).configs())
    except UserError:
        return False


def _record(repository: Repository, pushed: list[tuple[str, str]]) -> None:
    try:
        for tip, branch in pushed:
            commit = git.resolve(repository, tip)
            spool.drop(repository.state, commit, branch, overrides())
        if pid := running.pushing():
            spool.push_begins(repository.state, pid)
        start.worker(repository)
    except (OSError, UserError) as problem:
        output.note(f"what is pushed will not be published: {problem}. Run: imagebump publish")
