"""The objects of a repository, read through a pipe that stays open."""

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from imagebump import process
from imagebump.errors import UnavailableError, UserError

if TYPE_CHECKING:  # hashlib would cost each hook 3 ms
    from imagebump.largefile import LargeFile

_CHUNK = 1 << 20


def missing(oid: str) -> UnavailableError:
    """The error for an object that this clone has not."""
    return UnavailableError(
        f"the object {oid} is missing (a partial clone?)", "Run: git fetch --refetch"
    )


class Blobs:
    """Reads objects through one `git cat-file --batch`."""

    def __init__(self, top: Path, env: Mapping[str, str]) -> None:
        self._child = process.pipe(["git", "cat-file", "--batch"], cwd=top, env=env)
        self._stdin, self._stdout = process.pipes(self._child)
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

    def _request(self, name: str) -> tuple[bytes, int] | None:
        if "\n" in name:
            raise UserError(f"cannot read {name!r}: the name holds a newline")
        for _ in self._chunks():
            pass  # the rest of a blob whose reader gave up: an engine that broke off a build
        with suppress(BrokenPipeError):  # it has ended: there is no header then
            self._stdin.write(os.fsencode(name) + b"\n")
            self._stdin.flush()
        header = self._stdout.readline()
        if not header:
            raise UnavailableError(
                "git cat-file ended early: the repository may be damaged", "Run: git fsck"
            )
        fields = header.rsplit(b" ", 2)
        if header.endswith((b" missing\n", b" ambiguous\n")) or len(fields) != 3:
            return None
        size = int(fields[2])
        self._left = size + 1
        return fields[1], size

    def _chunks(self) -> Iterator[bytes]:
        """What is left of the last answer, without the newline that ends it."""
        while self._left > 1:
            chunk = self._stdout.read(min(self._left - 1, _CHUNK))
            if not chunk:
                raise UnavailableError(
                    "git cat-file ended early: the repository may be damaged", "Run: git fsck"
                )
            self._left -= len(chunk)
            yield chunk
        self._stdout.read(self._left)
        self._left = 0

    def close(self) -> None:
        """End the child."""
        self._child.communicate()
