"""A build context as files of a directory of our own; only what changed since the last time is written."""

import os
import re
import shutil
import stat
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from imagebump import files
from imagebump.context import parents
from imagebump.errors import BrokenCommitError, UserError
from imagebump.git import Entry, Repository
from imagebump.snapshot import DIRECTORY, EXECUTABLE, LINK


def check_out(repository: Repository, entries: Iterable[Entry], directory: Path) -> None:
    """Make `directory`/tree hold `entries` and nothing else.

    Modes are 0644 or 0755, whatever the umask; a file's time is that of its writing, so that no tool
    takes it for older than what it made of it. What somebody else changed there is written anew.
    """
    tree, record = directory / "tree", directory / "record"
    tree.mkdir(mode=0o755, parents=True, exist_ok=True)
    tree.chmod(0o755)
    wanted = {entry.path: entry for entry in entries}
    known = _read(record, wanted)
    kept, wrong = set(), []
    for path, as_is in _found(tree):  # what stat says of each is too much to keep
        if _is_right(wanted.get(path), known.get(path, ""), as_is):
            kept.add(path)
        else:
            wrong.append(path)
    for path in sorted(wrong, reverse=True):  # what lies in a directory before it
        _remove(tree / path)
    real: set[str] = set()
    for path, entry in wanted.items():
        if path not in kept:
            _require_real(tree, path, real)
            known[path] = _write(repository, entry, tree)
    _save(record, known)


def _facts(entry: Entry, as_is: os.stat_result) -> str:
    """A file as we left it: what git calls its mode and content, its size, and its time in nanoseconds."""
    return f"{entry.mode} {entry.oid} {as_is.st_size} {as_is.st_mtime_ns}"


def _found(tree: Path) -> Iterator[tuple[str, os.stat_result]]:
    """Each path below `tree`, relative to it."""
    waiting = [""]
    while waiting:
        above = waiting.pop()
        with os.scandir(tree / above) as listed:
            for one in listed:
                path = f"{above}/{one.name}" if above else one.name
                yield path, one.stat(follow_symlinks=False)
                if one.is_dir(follow_symlinks=False):
                    waiting.append(path)


def _is_right(wanted: Entry | None, known: str, as_is: os.stat_result) -> bool:
    """Is what lies there what we wrote, and what is wanted now?"""
    if wanted is None:
        return False
    if wanted.mode == DIRECTORY:
        return stat.S_ISDIR(as_is.st_mode) and stat.S_IMODE(as_is.st_mode) == 0o755
    return known == _facts(wanted, as_is) and (
        wanted.mode == LINK or stat.S_IMODE(as_is.st_mode) == _bits(wanted)
    )


def _bits(entry: Entry) -> int:
    return 0o755 if entry.mode == EXECUTABLE else 0o644


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _require_real(tree: Path, path: str, real: set[str]) -> None:
    """Refuse a path that leads out of `tree`; `real` are the directories that are known to be no links."""
    if {"", ".", ".."} & set(path.split("/")):  # no git would check it out
        raise BrokenCommitError(f"{path!r} is no path that a commit may hold")
    for parent in parents(path):
        if parent not in real and (tree / parent).is_symlink():
            raise BrokenCommitError(f"{path!r} lies below a symbolic link")
        real.add(parent)


def _write(repository: Repository, entry: Entry, tree: Path) -> str:
    path = tree / entry.path
    try:
        _fill(repository, entry, path)
    except FileExistsError:
        raise UserError(
            f"{entry.path} and another path of the commit are the same to this file system",
            "Rename one of them, and commit",
        ) from None
    return _facts(entry, path.lstat())


def _fill(repository: Repository, entry: Entry, path: Path) -> None:
    if entry.mode == DIRECTORY:
        path.mkdir()
        path.chmod(0o755)
    elif entry.mode == LINK:
        path.symlink_to(os.fsdecode(b"".join(repository.blobs.stream(entry.oid)[1])))
    else:
        with open(path, "xb", opener=_open) as file:
            for chunk in repository.blobs.stream(entry.oid)[1]:
                file.write(chunk)
            os.fchmod(file.fileno(), _bits(entry))


def _open(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW, 0o666)


def _read(record: Path, wanted: Mapping[str, Entry]) -> dict[str, str]:
    """What the record says of each path that is wanted; nothing where there is none, or one that cannot be read."""
    try:
        text = os.fsdecode(record.read_bytes())
    except FileNotFoundError:
        return {}
    found = {}
    for line in re.finditer("([^\0\t]*)\t([^\0]*)\0", text):  # a list of them all would be large
        if entry := wanted.get(line[2]):
            found[entry.path] = line[1]
    return found


def _save(record: Path, written: Mapping[str, str]) -> None:
    lines = (f"{facts}\t{path}\0" for path, facts in written.items())
    files.write_atomic(record, os.fsencode("".join(lines)), 0o600)
