"""Edits of VERSION that are not staged: they are the user's, neither committed nor lost."""

from imagebump import git
from imagebump.commands import version_file
from imagebump.commands.version_file import Places
from imagebump.errors import UserError
from imagebump.git import Repository
from imagebump.patches import held_patches


def refuse(
    repository: Repository, name: str, places: Places, wrote: str, *, partial: bool = False
) -> None:
    """UserError where VERSION has such an edit, be it a version or not; `wrote` is what we wrote in an attempt that came to nothing.

    `partial` says that only some paths are committed.
    """
    if not _is_edited(repository, name, places, wrote) and not _held_by_a_manager(repository, name):
        return
    version_file.require_version(places.working, name)
    hint = f"Run: git add {name} (to commit it) or git checkout -- {name} (to drop it), then commit again"
    if partial:
        hint = f"Commit {name} with the other paths, or drop it, with: git checkout HEAD -- {name}"
    raise UserError(f"{name} has an edit that is not staged", hint, status=1)


def _is_edited(repository: Repository, name: str, places: Places, wrote: str) -> bool:
    if places.working is None or (places.staged and places.working == bytes(places.staged)):
        return False
    if wrote and version_file.holds(places.working, wrote, name):
        return False
    return git.has_unstaged_edit(repository, name)


def _held_by_a_manager(repository: Repository, name: str) -> bool:
    """Does pre-commit, prek or lefthook, which runs us, hold an edit of VERSION in its patch file?

    It took the edit out of the working tree and will put it back, which our own would prevent.
    """
    line = f"diff --git a/{name} b/{name}".encode()
    return any(
        line in path.read_bytes().split(b"\n") for path in held_patches(repository.common_dir)
    )
