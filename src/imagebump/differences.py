"""The paths in which an index or a commit differs from a commit, as git tells them."""

import os
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from imagebump import process
from imagebump.errors import UnavailableError

_LONGEST = 600.0
"""Seconds for a comparison."""


class Change(NamedTuple):
    """One path that differs: its old and its new mode, 000000 where it does not exist, and its objects' ids."""

    old: str
    new: str
    path: str
    old_oid: str = ""
    new_oid: str = ""

    @property
    def comes_or_goes(self) -> bool:
        """Is the path new, or gone?"""
        return "000000" in (self.old, self.new)


class Staged:
    """How the index differs from the tree `base`. Git compares them while we do something else."""

    def __init__(self, top: Path, env: Mapping[str, str], base: str) -> None:
        shape = ("--raw", "-z", "--no-renames")
        # what `git add -N` names is no part of a commit
        command = ["git", "diff-index", "--cached", "--ita-invisible-in-index", *shape, base, "--"]
        self._child = process.begin(command, cwd=top, env=env)

    @cached_property
    def changes(self) -> tuple[Change, ...]:
        """The paths that differ. UserError where git fails."""
        result = process.finish(self._child, _LONGEST)
        if result.status:
            raise UnavailableError(f"git diff-index failed: {result.reason}")
        return parse(os.fsdecode(result.out))

    @cached_property
    def by_path(self) -> Mapping[str, Change]:
        """The same, by their paths."""
        return {change.path: change for change in self.changes}


def parse(raw: str) -> tuple[Change, ...]:
    """The changes in what `--raw -z --no-renames` prints: `:MODE MODE OID OID STATUS`, and a path."""
    fields = raw.split("\0")
    return tuple(map(_change, fields[::2], fields[1::2]))  # after the last NUL there is nothing


def _change(facts: str, path: str) -> Change:
    old, new, old_oid, new_oid, _ = facts[1:].split(" ")
    return Change(old, new, path, old_oid, new_oid)


def combined(first: Sequence[Change], second: Sequence[Change]) -> tuple[Change, ...]:
    """The changes from A to C, of those from A to B and from B to C, sorted as git sorts them."""
    before = {change.path: change for change in reversed((*first, *second))}
    after = {change.path: change for change in (*first, *second)}
    found = (
        Change(old.old, new.new, path, old.old_oid, new.new_oid)
        for path, old, new in ((path, before[path], after[path]) for path in before)
    )
    return tuple(
        sorted(
            (one for one in found if (one.old, one.old_oid) != (one.new, one.new_oid)),
            key=lambda one: os.fsencode(one.path),
        )
    )
