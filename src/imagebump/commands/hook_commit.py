"""The plain hooks pre-commit and pre-merge-commit: lint what is staged, then bump."""

from collections.abc import Sequence
from importlib import import_module

from imagebump import git
from imagebump.commands import hook_bump, hook_config
from imagebump.git import Repository


def run(repository: Repository, name: str, arguments: Sequence[str]) -> int:
    """Both steps in one process; a Dockerfile that the commit does not touch is not linted again."""
    configs = hook_config.staged(repository, tell=True)
    if not configs:
        return 0
    changed = {change.path for change in git.changes(repository, repository.head)}
    if files := [one.build.dockerfile for one in configs if one.build.dockerfile in changed]:
        # the rules are loaded only where they are needed
        lint = import_module("imagebump.commands.hook_lint")
        if status := int(lint.check(repository, configs, files)):
            return status
    return hook_bump.bump_commit(repository, configs) if name == "pre-commit" else 0
