"""The build context of a commit as a tar stream."""

import tarfile
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

from imagebump.blobs import missing
from imagebump.errors import BrokenCommitError
from imagebump.git import Entry, Repository
from imagebump.snapshot import DIRECTORY, EXECUTABLE, LINK, Snapshot


def size(snapshot: Snapshot, context: Iterable[Entry]) -> int:
    """The bytes of the files of a build context."""
    return sum(sizes(snapshot.repository, [entry for entry in context if entry.oid]))


def sizes(repository: Repository, entries: Sequence[Entry]) -> list[int]:
    """The bytes of each entry; 0 for a directory. UserError where a file is not to be had."""
    large = repository.blobs.files
    oids = [entry.oid for entry in entries if entry.oid and entry.oid not in large]
    inside = dict(zip(oids, repository.blobs.sizes(oids), strict=True))
    if lost := next((oid for oid, found in inside.items() if found is None), ""):
        raise missing(lost)
    return [
        large[one.oid].size if one.oid in large else inside.get(one.oid) or 0 for one in entries
    ]


def tar(
    repository: Repository,
    entries: Iterable[Entry],
    first: tuple[str, bytes] | None = None,
    mode: str = "100644",
    own: Iterable[tuple[str, bytes]] = (),
) -> Iterator[bytes]:
    """A tar stream of `entries`, the file `first` (name, content), of git's `mode`, ahead of them.

    `own` are more files (name, content) that no commit holds.

    Modes are 0644 or 0755 and owners root, whatever the umask; times are the time of writing, so
    that no tool in the build takes a file for older than what it made of it. The first entry is
    plain ustar: engines take a PAX header there for a Dockerfile.
    """
    now = int(time.time())
    if first:
        name, data = first
        try:
            yield _header(Entry(mode, "", name), len(data), now, tarfile.USTAR_FORMAT) + data
        except ValueError:
            raise BrokenCommitError(
                f"{name} is too long a name for a Dockerfile", "Give it one of at most 100 bytes"
            ) from None
        yield _padding(len(data))
    for name, data in own:
        yield _header(Entry("100644", "", name), len(data), now) + data + _padding(len(data))
    for entry in entries:
        if entry.mode == DIRECTORY:
            yield _header(entry, 0, now)
        elif entry.mode == LINK:
            yield _header(entry, 0, now, target=repository.blobs.read(entry.oid) or b"")
        else:
            yield from _file(repository, entry, now)
    yield bytes(2 * tarfile.BLOCKSIZE)


def _file(repository: Repository, entry: Entry, now: int) -> Iterator[bytes]:
    size, chunks = repository.blobs.stream(entry.oid)
    yield _header(entry, size, now)
    yield from chunks
    yield _padding(size)


def _padding(size: int) -> bytes:
    return bytes(-size % tarfile.BLOCKSIZE)


def _header(
    entry: Entry, size: int, now: int, form: Literal[0, 1] = tarfile.GNU_FORMAT, target: bytes = b""
) -> bytes:
    info = tarfile.TarInfo(entry.path)
    info.mtime, info.size = now, size
    info.mode = 0o755 if entry.mode in (EXECUTABLE, DIRECTORY) else 0o644
    if entry.mode == DIRECTORY:
        info.type = tarfile.DIRTYPE
    elif entry.mode == LINK:
        info.type, info.mode = tarfile.SYMTYPE, 0o777
        info.linkname = target.decode(errors="surrogateescape")
    return info.tobuf(form, "utf-8", "surrogateescape")
