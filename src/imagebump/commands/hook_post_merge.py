"""The plain hook post-merge: a merge that Git has just committed gets its version, and is recorded."""

from collections.abc import Sequence
from importlib import import_module

from imagebump import git, output, refs
from imagebump.commands import hook_publish
from imagebump.errors import UserError
from imagebump.git import Repository


def run(repository: Repository, name: str, arguments: Sequence[str]) -> int:
    """Both steps in one process; what a fast-forward brings has its version already."""
    if refs.has_just_merged(repository):
        try:  # the bump is loaded only where it is needed
            import_module("imagebump.commands.hook_bump").run(repository, name, arguments)
        except UserError as problem:
            output.error(problem)
        repository = git.discover()
    return hook_publish.run(repository, name, arguments)
