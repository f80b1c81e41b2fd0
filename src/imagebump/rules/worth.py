"""What joining two RUNs saves, where their words plainly say so."""

from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import lru_cache
from posixpath import basename
from typing import NamedTuple

from imagebump.rules.words import Command, Script
from imagebump.rules.writes import INDEXES, INSTALLS, Write, path, writes

_VERBS = {
    "rm": "deletes", "unlink": "deletes", "mv": "moves", "chmod": "changes the mode of",
    "chown": "changes the owner of", "chgrp": "changes the group of",
}  # fmt: skip


class _Change(NamedTuple):
    """A path (or a pattern of paths) that a command deletes or copies into its own layer."""

    verb: str
    path: str
    recursive: bool

    def covers(self, write: Write) -> bool:
        """Does it touch all of what was written?"""
        if self.recursive and write.path.startswith(f"{self.path.removesuffix('/*')}/"):
            return True
        if self.path.endswith("/*"):  # the directory stays, what is in it goes
            return self.recursive and write.tree and write.path == self.path.removesuffix("/*")
        same_depth = self.path.count("/") == write.path.count("/")
        same_kind = self.recursive >= write.tree
        return same_depth and same_kind and fnmatchcase(write.path, self.path)


class Saving(NamedTuple):
    """What is saved, as a clause, and the path that it is about; `deletes` says that it goes."""

    clause: str
    path: str
    deletes: bool = False


def worth(earlier: Script, later: Script, line: int, mounts: tuple[str, ...] = ()) -> Saving | None:
    """What `later` does to what `earlier` left in its layer; None where nothing can be plainly read.

    `line` is the line of `earlier`. What lies below one of `mounts` is in no layer.
    """
    changed = _changes(later)
    if not changed:
        return None
    own = _changes(earlier)
    for write in writes(earlier):
        if _below(write.path, (*mounts, "/dev", "/proc", "/sys")) or any(
            change.covers(write) for change in own
        ):
            continue
        for change in changed:
            if change.covers(write):
                clause = f"this RUN {change.verb} {write.path}, which line {line} wrote"
                return Saving(clause, write.path, change.verb == "deletes")
    return None


def stale_index(
    earlier: Script, later: Script, line: int, mounts: tuple[str, ...] = ()
) -> Saving | None:
    """The package index that `earlier` does nothing but fetch and `later` installs from; as `worth`."""
    manager = lone_index(earlier)
    if not manager or not _installs(later, manager) or _below(INDEXES[manager][0], mounts):
        return None
    clause = f"line {line} fetches the package index of {manager} by itself, which goes stale in the cache"
    return Saving(clause, INDEXES[manager][0])


def handles(script: Script, path: str) -> bool:
    """Has it to do with a path, or with the packages whose index lies there?"""
    managers = {name for name, (directory, _) in INDEXES.items() if directory == path}
    if managers:
        return any(command.name in managers for command in script.commands)
    return any(basename(path) in word for command in script.commands for word in command.words)


def may_delete(script: Script) -> bool:
    """Is there a command that deletes what it names?"""
    return any(_VERBS.get(command.name) == "deletes" for command in script.commands)


def deletes(script: Script, write: Write) -> bool:
    """Does a script delete what was written?"""
    return any(one.verb == "deletes" and one.covers(write) for one in _changes(script))


def _below(name: str, mounts: tuple[str, ...]) -> bool:
    return any(name == mount or name.startswith(f"{mount}/") for mount in mounts)


@lru_cache(maxsize=256)  # of a RUN against each of those before it
def _changes(script: Script) -> tuple[_Change, ...]:
    """What a script deletes, moves or copies up. Relative paths as in `writes`."""
    found = (change for command in script.certain for change in _by_command(command))
    return tuple(c for c in found if script.places(c.path))


def _by_command(command: Command) -> Iterator[_Change]:
    if command.name in INDEXES and "clean" in command.operands:
        if command.name not in ("apt", "apt-get"):  # there it leaves the lists
            yield _Change("cleans", INDEXES[command.name][0], True)
        return
    verb = _VERBS.get(command.name)
    if verb is None:
        return
    recursive = command.name == "mv" or any(map(_is_recursive, command.flags))
    for word in _subjects(command):
        if found := path(word):
            yield _Change(verb, found, recursive)


def _is_recursive(flag: str) -> bool:
    return flag == "--recursive" or (not flag.startswith("--") and bool(set(flag) & set("rR")))


def _subjects(command: Command) -> tuple[str, ...]:
    if command.name == "mv":
        return command.operands[:-1]
    if command.name in ("chmod", "chown", "chgrp"):
        return command.operands[1:]
    return command.operands


def lone_index(script: Script) -> str:
    """The package manager whose index a script fetches, where it does nothing else."""
    names = {command.name for command in script.commands}
    name = min(names, default="")
    if len(names) != 1 or name not in INDEXES:
        return ""
    fetches = INDEXES[name][1]
    return name if all(fetches.intersection(c.operands) for c in script.commands) else ""


def _installs(script: Script, manager: str) -> bool:
    for command in script.commands:
        if _same(command.name, manager):
            if INDEXES[manager][1].intersection(command.operands):
                return False  # it fetches an index of its own
            if "--no-cache" in command.flags:
                return False
            if INSTALLS.intersection(command.operands):
                return True
    return False


def _same(name: str, manager: str) -> bool:
    return name in INDEXES and INDEXES[name][0] == INDEXES[manager][0]
