"""The objects of a repository, read through a pipe that stays open."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from imagebump import process
from imagebump.errors import UnavailableError, UserError

if TYPE_CHECKING:  # hashlib would cost each hook 3 ms
    from imagebump.largefile import LargeFile

_CHUNK = 1 << 20
_READ, _CHECK = "--batch", "--batch-check"
_AT_ONCE = 100
"""Objects that are asked for before an answer is read: more might not go into the pipes."""


def missing(oid: str) -> UnavailableError:
    """The error for an object that this clone has not."""
    return UnavailableError(
        f"the object {oid} is missing (a partial clone?)", "Run: git fetch --refetch"
    )


def _ended_early() -> UnavailableError:
    return UnavailableError(
        "git cat-file ended early: the repository may be damaged", "Run: git fsck"
    )


class Blobs:
    """Reads objects through one `git cat-file --batch`, and asks about them through another."""

    def __init__(self, top: Path, env: Mapping[str, str]) -> None:
        self._top, self._env = top, env
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
        return data if found[0] == kind else None

    def stream(self, oid: str) -> tuple[int, Iterator[bytes]]:
        """The size of a blob in bytes and its content in chunks, to be read before anything else is.

        `oid` may be one of `files`, too. UserError where there is no such blob.
        """
        if oid in self.files:
            return self.files[oid].size, self.files[oid].chunks()
        found = self._request(oid)
        if found is None:
            raise missing(oid)
        return found[1], self._chunks()

    def id(self, name: str) -> str:
        """The id of what `name` is, or stands for now, as HEAD does; "" for nothing."""
        (found,) = self._facts([name])
        return os.fsdecode(found[0]) if found else ""

    def sizes(self, oids: Sequence[str]) -> list[int | None]:
        """The bytes of each object; None of one that is not to be had."""
        return [int(facts[2]) if facts else None for facts in self._facts(oids)]

    def _facts(self, names: Sequence[str]) -> Iterator[list[bytes] | None]:
        for start in range(0, len(names), _AT_ONCE):
            yield from _asked(self._child(_CHECK), names[start : start + _AT_ONCE])

    def _request(self, name: str) -> tuple[bytes, int] | None:
        for _ in self._chunks():
            pass  # the rest of a blob whose reader gave up: an engine that broke off a build
        (fields,) = _asked(self._child(_READ), [name])
        if fields is None:
            return None
        size = int(fields[2])
        self._left = size + 1
        return fields[1], size

    def _chunks(self) -> Iterator[bytes]:
        """What is left of the last answer, without the newline that ends it."""
        stdout = process.pipes(self._child(_READ))[1]
        while self._left > 1:
            chunk = stdout.read(min(self._left - 1, _CHUNK))
            if not chunk:
                raise _ended_early()
            self._left -= len(chunk)
            yield chunk
        stdout.read(self._left)
        self._left = 0

    def close(self) -> None:
        """End the children."""
        for child in self._children.values():
            child.communicate()

    def _child(self, what: str) -> process.Child:
        if what not in self._children:
            argv = ["git", "cat-file", what]
            self._children[what] = process.pipe(argv, cwd=self._top, env=self._env)
        return self._children[what]


def _asked(child: process.Child, names: Sequence[str]) -> Iterator[list[bytes] | None]:
    """The id, the kind and the size of each object; None where there is none."""
    if wrong := next((name for name in names if "\n" in name), ""):
        raise UserError(f"cannot read {wrong!r}: the name holds a newline")
    stdin, stdout = process.pipes(child)
    with suppress(BrokenPipeError):  # it has ended: there is no header then
        stdin.write(os.fsencode("".join(f"{name}\n" for name in names)))
        stdin.flush()
    for _ in names:
        header = stdout.readline()
        if not header:
            raise _ended_early()
        fields = header.rsplit(b" ", 2)
        none_or_many = header.endswith((b" missing\n", b" ambiguous\n"))
        yield None if none_or_many or len(fields) != 3 else fields
