"""The objects of a repository, read through a pipe that stays open."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING

from imagebump import process
from imagebump.errors import UnavailableError, UserError

if TYPE_CHECKING:  # hashlib would cost each hook 3 ms
    from imagebump.largefile import LargeFile

_CHUNK = 1 << 20
_READ, _CHECK = "--batch", "--batch-check"
_AT_ONCE = 100
"""Objects that are asked for before an answer is read: more might not go into the pipes."""
_PATIENCE = 600.0
"""Seconds for an answer: in a partial clone, git fetches the object from a remote first."""


def missing(oid: str) -> UnavailableError:
    """The error for an object that this clone has not."""
    return UnavailableError(
        f"the object {oid} is missing (a partial clone?)", "Run: git fetch --refetch"
    )


def _ended_early() -> UnavailableError:
    return UnavailableError(
        "git cat-file ended early: a partial clone cannot fetch what it lacks, or the repository may be damaged",
        "Run: git fsck",
    )


class Blobs:
    """Reads objects through one `git cat-file --batch`, and asks about them through another."""

    def __init__(self, place: Callable[[], Path], env: Mapping[str, str]) -> None:
        """`place` tells where a child is to be started: a working tree may go away behind the first one."""
        self._place, self._env = place, env
        self._children: dict[str, process.Child] = {}
        self.files: dict[str, LargeFile] = {}
        self._left = 0  # bytes of the last answer that nobody has read

    def read(self, name: str, kind: bytes = b"blob") -> bytes | None:
        """The content of the blob `name` (an id, REV:PATH, or :PATH for the index), or of another kind of object.

        None where there is none of that kind.
        """
        found = self._request(name)
        if found is None:
            return None
        data = b"".join(self._chunks())
        return data if found[1] == kind else None

    def stream(self, oid: str) -> tuple[int, Iterator[bytes]]:
        """The size of a blob in bytes and its content in chunks, to be read before anything else is.

        `oid` may be one of `files`, too. UserError where there is no such blob.
        """
        if oid in self.files:
            return self.files[oid].size, self.files[oid].chunks()
        found = self._request(oid)
        if found is None:
            raise missing(oid)
        return int(found[2]), self._chunks()

    def id(self, name: str) -> str:
        """The id of the commit or tree that `name` is, or stands for now, as HEAD does; "" for nothing.

        Its content is asked for as well: that is small, and the child that gives it runs already.
        """
        found = self._request(name)
        return os.fsdecode(found[0]) if found else ""

    def sizes(self, oids: Sequence[str]) -> list[int | None]:
        """The bytes of each object; None of one that is not to be had."""
        return [int(facts[2]) if facts else None for facts in self._facts(oids)]

    def _facts(self, names: Sequence[str]) -> Iterator[list[bytes] | None]:
        for start in range(0, len(names), _AT_ONCE):
            yield from map(_fields, self._asked(_CHECK, names[start : start + _AT_ONCE]))

    def _request(self, name: str) -> list[bytes] | None:
        for _ in self._chunks():
            pass  # the rest of a blob whose reader gave up: an engine that broke off a build
        fields = _fields(*self._asked(_READ, [name]))
        if fields is None:
            return None
        self._left = int(fields[2]) + 1
        return fields

    def _chunks(self) -> Iterator[bytes]:
        """What is left of the last answer, without the newline that ends it."""
        stdout = process.pipes(self._child(_READ))[1]
        while self._left > 1:
            chunk = stdout.read(min(self._left - 1, _CHUNK))
            if not chunk:
                self._give_up(_READ)
                raise _ended_early()
            self._left -= len(chunk)
            yield chunk
        stdout.read(self._left)
        self._left = 0

    def close(self) -> None:
        """End the children."""
        for child in self._children.values():
            child.communicate()

    def _asked(self, what: str, names: Sequence[str]) -> list[bytes]:
        """The line that answers each name. UserError where none comes; who asks next, asks another child."""
        if wrong := next((name for name in names if "\n" in name), ""):
            raise UserError(f"cannot read {wrong!r}: the name holds a newline")
        stdin, stdout = process.pipes(self._child(what))
        with suppress(BrokenPipeError):  # it has ended: there is no line then
            stdin.write(os.fsencode("".join(f"{name}\n" for name in names)))
            stdin.flush()
        try:
            lines = _read if what == _READ else _read_all
            return lines(stdout, len(names))
        except UnavailableError:
            self._give_up(what)
            raise

    def _give_up(self, what: str) -> None:
        process.kill(self._children.pop(what))
        self._left = 0

    def _child(self, what: str) -> process.Child:
        if what not in self._children:
            argv = ["git", "cat-file", what]
            self._children[what] = process.pipe(argv, cwd=self._place(), env=self._env)
        return self._children[what]


def _read(stdout: IO[bytes], _: int) -> list[bytes]:
    """The line before an object's content, which stays to be read."""
    process.await_word(stdout, "git cat-file", _PATIENCE)
    if line := stdout.readline():
        return [line.removesuffix(b"\n")]
    raise _ended_early()


def _read_all(stdout: IO[bytes], count: int) -> list[bytes]:
    """As many lines, behind which nothing comes."""
    data = b""
    while data.count(b"\n") < count:
        process.await_word(stdout, "git cat-file", _PATIENCE)
        piece = os.read(stdout.fileno(), _CHUNK)
        if not piece:
            raise _ended_early()
        data += piece
    return data.split(b"\n")[:-1]


def _fields(line: bytes) -> list[bytes] | None:
    """The id, the kind and the size of an object; None where there is none."""
    fields = line.rsplit(b" ", 2)
    none_or_many = line.endswith((b" missing", b" ambiguous"))
    return None if none_or_many or len(fields) != 3 else fields
