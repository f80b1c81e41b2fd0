"""What the lint hook says where it stops a commit, as it is typed where git was called."""

import posixpath
import shlex
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress

from imagebump import git
from imagebump.errors import UserError
from imagebump.formats import text
from imagebump.git import Repository
from imagebump.rules.model import Finding
from imagebump.snapshot import Snapshot


def closing(
    repository: Repository, stop: Sequence[Finding], changed: Sequence[str]
) -> Iterator[str]:
    """How many findings `stop` a commit, and what to type: a mend counts once it is staged.

    Of the `changed` files our own mend is in the working tree.
    """
    fixable = dict.fromkeys(one.path for one in stop if one.fixable)
    yield from text.fixable(stop, f"imagebump lint --fix {typed(repository, fixable)}")
    paths = list(dict.fromkeys(_behind(repository, one.path) for one in stop))
    edited = [one for one in paths if one not in changed and git.has_unstaged_edit(repository, one)]
    how = "Mend that, then"
    if edited:
        has = "has an edit that is" if len(edited) == 1 else "have edits that are"
        how = f"{', '.join(edited)} {has} not staged. To have that linted"
    left = " left" if changed else ""
    add = f"git add {typed(repository, edited or paths)}, and commit again"
    yield f"imagebump: {text.summary(stop)}{left}. {how}: {add}"


def typed(repository: Repository, paths: Iterable[str]) -> str:
    """How a person names them where git was called, whatever they are called."""
    here = repository.env.get("GIT_PREFIX") or "."
    found = (posixpath.relpath(path, here) for path in paths)
    return shlex.join(f"./{one}" if one.startswith(("-", ":")) else one for one in found)


def _behind(repository: Repository, path: str) -> str:
    """What a symbolic link leads to, as far as that can be followed."""
    with suppress(UserError):
        return Snapshot(repository, git.INDEX).followed(path)
    return path
