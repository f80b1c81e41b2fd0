"""Which git command runs us: its hooks are told too little, so its arguments are read."""

import re
from collections.abc import Iterator
from pathlib import Path

from imagebump import ancestry


def is_amending() -> bool:
    """Does `git commit --amend` run us? The arguments of the nearest git above us tell."""
    nearest = next(_gits(), [])
    return "commit" in nearest and _has_amend(nearest)


def pushing() -> int:
    """The process id of the `git push` that runs us, 0 where none does."""
    found = (pid for pid, arguments in ancestry.ancestors() if _command(arguments) == "push")
    return next(found, 0)


def is_reverting() -> bool:
    """Does `git revert` or `git cherry-pick` run us, by itself or through a `git commit`?"""
    commands = [_command(arguments) for arguments in _gits()]
    return any(name in ("revert", "cherry-pick") for name in commands[:2])


def _gits() -> Iterator[list[str]]:
    """The arguments of the git processes above us, the nearest first."""
    for _, arguments in ancestry.ancestors():
        if arguments and Path(arguments[0]).name in ("git", "git.exe"):
            yield arguments


def _command(arguments: list[str]) -> str:
    """`git -C there revert HEAD` → `revert`."""
    words = iter(arguments[1:])
    for word in words:
        if not word.startswith("-"):
            return word
        if word in ("-C", "-c"):
            next(words, "")
    return ""


def _has_amend(arguments: list[str]) -> bool:
    """Is --amend (which git takes abbreviated) an option, and not the value of one?"""
    words = iter(arguments)
    for word in words:
        if word == "--":
            return False
        if word.startswith("--am"):
            return True
        if _TAKES_A_VALUE.fullmatch(word):
            next(words, "")
    return False


_TAKES_A_VALUE = re.compile(
    r"-[^-mFCct]*[mFCct]|--(?:mes|fil|au|da|reu|ree|te|cl|fi|sq|tr|pathspec-fr)[^=]*"
)
