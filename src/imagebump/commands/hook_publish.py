"""The hook imagebump-publish: record the commit, start the worker, give the prompt back.

Whether and how the commit is published is the worker's to decide: it has the time.
"""

from collections.abc import Sequence

from imagebump import git, spool
from imagebump.commands import start
from imagebump.git import Repository
from imagebump.settings import is_configured, overrides, variable


def run(repository: Repository, name: str, arguments: Sequence[str]) -> int:
    """Drop HEAD into the spool, unless it is not ours to publish now; always 0."""
    (repository.git_dir / "imagebump" / "pending").unlink(missing_ok=True)
    between = git.in_rebase(repository) and not _ends_rebase(arguments)
    if between or variable("GIT_REFLOG_ACTION").startswith("pull"):
        return 0  # a commit in between, or others' commits, which they publish
    if is_configured(lambda path: repository.blobs.read(f"HEAD:{path}")):
        spool.drop(repository.state, repository.head, git.branch(repository), overrides())
        start.worker(repository)
    return 0


def _ends_rebase(arguments: Sequence[str]) -> bool:
    """Is this the hook post-rewrite at the end of a rebase? Its state is still there then.

    Git names the command in the first argument, hook managers in a variable.
    """
    return "rebase" in (*arguments[:1], variable("PRE_COMMIT_REWRITE_COMMAND"))
