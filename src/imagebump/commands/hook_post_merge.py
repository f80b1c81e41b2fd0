"""The plain hook post-merge: a merge that Git has just committed gets its version, and is recorded."""

from collections.abc import Sequence
from importlib import import_module

from imagebump import git, refs
from imagebump.commands import hook_publish
from imagebump.git import Repository


def run(repository: Repository, name: str, arguments: Sequence[str]) -> int:
    """Both steps in one process; what a fast-forward brings has its version already."""
    try:
        if refs.has_just_merged(repository):  # the bump is loaded only where it is needed
            import_module("imagebump.commands.hook_bump").run(repository, name, arguments)
    finally:
        status = hook_publish.run(git.discover(), name, arguments)
    return status
