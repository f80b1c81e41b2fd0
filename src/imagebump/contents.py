"""The contents of a build context that git's own objects do not hold: found elsewhere, or refused."""

import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from imagebump import git, gitconfig, submodules
from imagebump.config import Build
from imagebump.context import filtering, in_repository
from imagebump.errors import BrokenCommitError, UnavailableError
from imagebump.git import Entry, Repository
from imagebump.largefile import LargeFile
from imagebump.snapshot import DIRECTORY, LINK, SUBMODULE, Snapshot

_POINTER = re.compile(
    rb"version https://git-lfs\.github\.com/spec/v1\n.*?oid sha256:([0-9a-f]{64})\nsize (\d+)\n",
    re.DOTALL,
)
_ANY_POINTER = b"version https://git-lfs.github.com/spec/"
_POINTER_SIZE = 1024


def found(snapshot: Snapshot, build: Build, context: Iterable[Entry]) -> list[Entry]:
    """`context`, of which each file can be read as it is in a working tree: one of Git LFS by its own name there.

    UserError naming the first that cannot: of a submodule or of LFS that this clone lacks, or one
    that another filter makes.
    """
    entries = list(context)
    for entry in entries:
        if entry.mode == SUBMODULE:
            raise submodules.missing(snapshot, in_repository(build, entry.path))
    if not filtering(snapshot, build):
        return entries
    attributes = [e for e in snapshot.entries if e.path.rpartition("/")[2] == ".gitattributes"]
    paths = {in_repository(build, e.path): e for e in entries if e.mode not in (DIRECTORY, LINK)}
    named = _filters(snapshot.repository, attributes, paths)
    for path, name in named.items():
        if name != "lfs":
            raise BrokenCommitError(
                f"{path} goes through the filter {name!r} of .gitattributes: {snapshot.title} holds "
                "the filtered file, not the one that you see",
                f"Add {path} to .dockerignore, or take the filter away, and commit",
            )
    large = _large_files(snapshot, {path: paths[path] for path in named})
    return [large.get(entry.path, entry) for entry in entries]


def _filters(
    repository: Repository, attributes: Iterable[Entry], paths: Iterable[str]
) -> dict[str, str]:
    """The filter that the .gitattributes files `attributes` name for each of `paths` that has one."""
    listed = "".join(f"{entry.mode} {entry.oid}\t{entry.path}\0" for entry in attributes)
    with TemporaryDirectory() as directory:
        apart = git.with_index(repository, Path(directory) / "index")
        apart.ask("update-index", "-z", "--index-info", stdin=os.fsencode(listed))
        asked = os.fsencode("".join(f"{path}\0" for path in paths))
        said = apart.ask(
            "check-attr", "--cached", "--stdin", "-z", "filter", stdin=asked, timeout=600
        )
    fields = said.split("\0")
    pairs = zip(fields[::3], fields[2::3], strict=False)
    return {path: name for path, name in pairs if name not in ("unspecified", "unset", "set")}


def _large_files(snapshot: Snapshot, entries: Mapping[str, Entry]) -> dict[str, Entry]:
    """Of these entries, by their paths in the repository, the pointers: what they point to, by the paths in the context."""
    blobs, oids = snapshot.repository.blobs, [e.oid for e in entries.values()]
    sizes = zip(oids, blobs.sizes(oids), strict=True)
    small = {oid for oid, size in sizes if size is not None and size <= _POINTER_SIZE}
    pointers = {path: blobs.read(e.oid) or b"" for path, e in entries.items() if e.oid in small}
    large = {}
    for path, data in pointers.items():
        if data.startswith(_ANY_POINTER):
            file = _large(snapshot, path, data)
            blobs.files[file.path.name] = file
            entry = entries[path]
            large[entry.path] = entry._replace(oid=file.path.name)
    return large


def _large(snapshot: Snapshot, path: str, pointer: bytes) -> LargeFile:
    match = _POINTER.match(pointer)
    if match is None:
        raise BrokenCommitError(f"{path} is a pointer of Git LFS in a form that nobody knows")
    name, size = match[1].decode(), int(match[2])
    for store in _stores(snapshot.repository):
        file = store / "objects" / name[:2] / name[2:4] / name
        if file.is_file() and file.stat().st_size == size:
            return LargeFile(file, size)
    raise UnavailableError(
        f"{path} is kept in Git LFS, and this clone has only the pointer to it",
        f"Run: git lfs fetch origin {snapshot.rev[:7]}, then imagebump retry",
    )


def _stores(repository: Repository) -> list[Path]:
    """Where Git LFS keeps files: lfs.storage, relative to the Git directory, and that of each submodule."""
    own = gitconfig.get(repository, "lfs.storage") or "lfs"
    return [repository.common_dir / own, *(store / "lfs" for store in repository.stores)]
