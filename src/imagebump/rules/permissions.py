"""What the commands of a RUN change of the modes and owners of what was copied."""

import re
from collections.abc import Callable, Iterator, Sequence
from fnmatch import fnmatchcase
from itertools import product
from posixpath import basename, join
from typing import NamedTuple

from imagebump.dockerfile.parse import Instruction
from imagebump.rules import copied, words
from imagebump.rules.copied import Step
from imagebump.rules.model import Context
from imagebump.rules.writes import path as plain_path

WHAT = {"chmod": "mode", "chown": "owner", "chgrp": "group"}
_RECURSIVE = re.compile(r"-[a-zA-Z]*R[a-zA-Z]*|--recursive")


class Change(NamedTuple):
    """A command that changes a mode or an owner to `value`, of `path` and, where `recursive`, all below it."""

    command: str
    value: str
    path: str
    recursive: bool

    def covers(self, path: str) -> bool:
        """Does it change what a COPY put there? A relative path may only be the same one."""
        if self.recursive and (self.path in ("/", ".") or path.startswith(f"{self.path}/")):
            return self.path != "/" or path.startswith("/")
        return self.path.count("/") == path.count("/") and fnmatchcase(path, self.path)


class Late(NamedTuple):
    """A change of `path`, which the instruction `copy` brought."""

    copy: Instruction
    change: Change
    path: str


def late(
    before: Sequence[Step], step: Step, context: Callable[[], Context | None]
) -> Iterator[Late]:
    """What a RUN changes of what the steps before it copied, the nearest of them first."""
    found = changes(step)
    for earlier in reversed(before) if found else ():
        pairs = earlier.brought.pairs if earlier.brought else ()
        for change, (source, path) in product(found, pairs):
            if name := _touched(change, earlier.one, source, path, context):
                yield Late(earlier.one, change, name)
        if earlier.one.name == "WORKDIR":  # behind it, a relative path is another one
            found = tuple(change for change in found if change.path.startswith("/"))


def _touched(
    change: Change,
    copy: Instruction,
    source: str,
    path: str,
    context: Callable[[], Context | None],
) -> str:
    """What of a source, which was copied to `path`, a command changes; or ""."""
    if change.covers(path) or change.path == join(path, basename(source)):
        return change.path if change.path == join(path, basename(source)) else path
    prefix = "" if path == "." else f"{path.rstrip('/')}/"
    if change.recursive or not change.path.startswith(prefix) or prefix == change.path[:1]:
        return ""
    below = join(source, change.path.removeprefix(prefix))
    return change.path if copied.file(below, copy, context()) else ""


def changes(step: Step) -> tuple[Change, ...]:
    """What a RUN certainly changes, where its words plainly name it."""
    one = step.one
    if one.exec_form or not (one.args and any(name in one.args[0] for name in WHAT)):
        return ()
    script = words.of(one)
    if script is None:
        return ()
    found = (change for command in script.certain for change in _by(command, step))
    return tuple(c for c in found if script.places(c.path))


def _by(command: words.Command, step: Step) -> Iterator[Change]:
    if command.name not in WHAT or len(command.operands) < 2:
        return
    value, *named = command.operands
    recursive = any(map(_RECURSIVE.fullmatch, command.flags))
    for word in named:
        if name := "." if word in (".", "./") else "/" if word == "/" else plain_path(word):
            yield Change(command.name, value, step.absolute(name), recursive)
