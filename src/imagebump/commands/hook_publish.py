"""The hook imagebump-publish: record the commit, start the worker, give the prompt back.

Whether and how the commit is published is the worker's to decide: it has the time.
"""

from collections.abc import Sequence
from importlib import import_module

from imagebump import announced, git, pending, refs
from imagebump.commands import start
from imagebump.errors import UserError
from imagebump.git import Repository
from imagebump.settings import is_configured, variable


def run(repository: Repository, name: str, arguments: Sequence[str]) -> int:
    """Drop HEAD into the spool, unless it is not ours to publish now. UserError where it cannot be kept, or is no release."""
    if variable("PRE_COMMIT_REMOTE_BRANCH"):  # loaded only where it is needed
        return int(import_module("imagebump.commands.hook_push").run(repository, name, arguments))
    pending.forget(repository)
    recorded = announced.forget(repository)
    if git.in_rebase(repository) and not _ends_rebase(arguments):
        return 0  # a commit in between
    if variable("GIT_REFLOG_ACTION").startswith(("pull", "merge")) and refs.is_upstream(repository):
        return 0  # others' commits, which they publish
    if recorded or is_configured(lambda path: repository.blobs.read(f"HEAD:{path}")):
        _record(repository, recorded=recorded)
        if not refs.had_a_hook(repository):  # loaded only where it is needed
            import_module("imagebump.commands.kept_version").check(repository)
    return 0


def _record(repository: Repository, *, recorded: bool) -> None:
    try:
        if not recorded:
            announced.record(repository)
        start.worker(repository)
    except OSError as problem:
        raise UserError(
            f"commit {repository.head[:7]} will not be published: cannot write in "
            f"{repository.state}: {problem.strerror}",
            "Mend that, then run: imagebump publish",
            status=1,
        ) from None


def _ends_rebase(arguments: Sequence[str]) -> bool:
    """Is this the hook post-rewrite at the end of a rebase? Its state is still there then.

    Git names the command in the first argument, hook managers in a variable.
    """
    return "rebase" in (*arguments[:1], variable("PRE_COMMIT_REWRITE_COMMAND"))
