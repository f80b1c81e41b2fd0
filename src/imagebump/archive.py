"""The build context of a commit as a tar stream, or the reason why a commit does not hold it."""

import tarfile
import time
from collections.abc import Iterable, Iterator
from typing import Literal

from imagebump.errors import BrokenCommitError
from imagebump.git import Entry, Repository
from imagebump.snapshot import DIRECTORY, EXECUTABLE, LINK, SUBMODULE, Snapshot

_POINTER = b"version https://git-lfs.github.com/spec/"
_POINTER_SIZE = 1024


def check(snapshot: Snapshot, context: Iterable[Entry]) -> None:
    """Refuse a build context that git's objects do not hold: submodules, LFS, other filters.

    BrokenCommitError naming the first path.
    """
    files = [entry for entry in context if entry.mode != DIRECTORY]
    for entry in files:
        if entry.mode == SUBMODULE:
            raise BrokenCommitError(
                f"{entry.path} is a submodule, whose files are not in {snapshot.title}",
                f"Add {entry.path} to .dockerignore, or copy its files into the repository",
            )
    filters = _filters(snapshot)
    if b"filter=lfs" in filters:
        _check_pointers(snapshot, files)
    for name in sorted(filters - {b"filter=lfs"}):
        raise BrokenCommitError(
            f".gitattributes names {name.decode(errors='replace')}: {snapshot.title} holds the "
            "filtered files, not those that you see",
        )


def _filters(snapshot: Snapshot) -> set[bytes]:
    """Every `filter=NAME` in the .gitattributes files."""
    found = [e for e in snapshot.entries if e.path.rpartition("/")[2] == ".gitattributes"]
    lines = (
        line for e in found for line in (snapshot.repository.blobs.read(e.oid) or b"").split(b"\n")
    )
    words = (line.split()[1:] for line in lines if not line.startswith(b"#"))
    return {word for line in words for word in line if word.startswith(b"filter=")}


def _check_pointers(snapshot: Snapshot, files: Iterable[Entry]) -> None:
    by_oid = {entry.oid: entry.path for entry in files}
    sizes = snapshot.repository.ask(
        "cat-file", "--batch-check=%(objectname) %(objectsize)",
        stdin="\n".join(by_oid).encode(), timeout=600,
    )  # fmt: skip
    for line in sizes.splitlines():
        oid, size = line.split()
        if int(size) <= _POINTER_SIZE and (snapshot.repository.blobs.read(oid) or b"").startswith(
            _POINTER
        ):
            raise BrokenCommitError(
                f"{by_oid[oid]} is kept in Git LFS: {snapshot.title} holds only a pointer to it",
                f"Add {by_oid[oid]} to .dockerignore, or take it out of LFS",
            )


def size(snapshot: Snapshot, context: Iterable[Entry]) -> int:
    """The bytes of the files of a build context."""
    oids = [entry.oid for entry in context if entry.oid]
    sizes = snapshot.repository.ask(
        "cat-file", "--batch-check=%(objectsize)", stdin="\n".join(oids).encode(), timeout=600
    )
    return sum(int(line) for line in sizes.splitlines() if line.isdigit())


def tar(
    repository: Repository,
    entries: Iterable[Entry],
    first: tuple[str, bytes] | None = None,
    mode: str = "100644",
) -> Iterator[bytes]:
    """A tar stream of `entries`, the file `first` (name, content), of git's `mode`, ahead of them.

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
