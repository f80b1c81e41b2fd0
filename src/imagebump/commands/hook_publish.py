"""The hook imagebump-publish: record the commit, start the worker, give the prompt back."""

from collections.abc import Sequence

from imagebump import git, spool
from imagebump.commands import start
from imagebump.config import Config, matches, overrides, variable
from imagebump.git import Repository


def run(repository: Repository, config: Config, arguments: Sequence[str]) -> int:
    """Drop HEAD into the spool, unless it is not ours to publish now; always 0."""
    (repository.git_dir / "imagebump" / "pending").unlink(missing_ok=True)
    if config.publish.on == "manual" or git.in_rebase(repository):
        return 0
    if variable("GIT_REFLOG_ACTION").startswith("pull"):
        return 0  # others' commits, which they publish
    branch = git.branch(repository)
    if not branch or not matches(branch, config.publish.branches):
        return 0
    spool.drop(repository.state, repository.head, branch, overrides())
    start.worker(repository)
    return 0
