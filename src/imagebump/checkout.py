"""A build context as files of a directory of our own; only what changed since the last time is written."""

import os
import shutil
import stat
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from imagebump import files
from imagebump.errors import BrokenCommitError, UserError
from imagebump.git import Entry, Repository
from imagebump.snapshot import DIRECTORY, EXECUTABLE, LINK


class Written(NamedTuple):
    """A file as we left it: what git calls its mode and content, its size, and its time in nanoseconds."""

    mode: str
    oid: str
    size: int
    time: int


def check_out(repository: Repository, entries: Iterable[Entry], directory: Path) -> None:
    """Make `directory`/tree hold `entries` and nothing else.

    Modes are 0644 or 0755, whatever the umask; a file's time is that of its writing, so that no tool
    takes it for older than what it made of it. What somebody else changed there is written anew.
    """
    tree, record = directory / "tree", directory / "record"
    tree.mkdir(mode=0o755, parents=True, exist_ok=True)
    tree.chmod(0o755)
    wanted = {entry.path: entry for entry in entries}
    known = _read(record)
    kept, wrong = set(), []
    for path, as_is in _found(tree):  # what stat says of each is too much to keep
        if _is_right(wanted.get(path), known.get(path), as_is):
            kept.add(path)
        else:
            wrong.append(path)
    for path in sorted(wrong, reverse=True):  # what lies in a directory before it
        _remove(tree / path)
    written = {path: known[path] for path in kept if path in known}
    for path, entry in wanted.items():
        if path not in kept:
            written[path] = _write(repository, entry, tree)
    _save(record, written)


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


def _is_right(wanted: Entry | None, known: Written | None, as_is: os.stat_result) -> bool:
    """Is what lies there what we wrote, and what is wanted now?"""
    if wanted is None:
        return False
    if wanted.mode == DIRECTORY:
        return stat.S_ISDIR(as_is.st_mode) and stat.S_IMODE(as_is.st_mode) == 0o755
    return known == (wanted.mode, wanted.oid, as_is.st_size, as_is.st_mtime_ns) and (
        wanted.mode == LINK or stat.S_IMODE(as_is.st_mode) == _bits(wanted)
    )


def _bits(entry: Entry) -> int:
    return 0o755 if entry.mode == EXECUTABLE else 0o644


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _write(repository: Repository, entry: Entry, tree: Path) -> Written:
    path = tree / entry.path
    if {"", ".", ".."} & set(entry.path.split("/")):  # no git would check it out
        raise BrokenCommitError(f"{entry.path!r} is no path that a commit may hold")
    try:
        _fill(repository, entry, path)
    except FileExistsError:
        raise UserError(
            f"{entry.path} and another path of the commit are the same to this file system",
            "Rename one of them, and commit",
        ) from None
    left = path.lstat()
    return Written(entry.mode, entry.oid, left.st_size, left.st_mtime_ns)


def _fill(repository: Repository, entry: Entry, path: Path) -> None:
    if entry.mode == DIRECTORY:
        path.mkdir()
        path.chmod(0o755)
    elif entry.mode == LINK:
        path.symlink_to(os.fsdecode(b"".join(repository.blobs.stream(entry.oid)[1])))
    else:
        with path.open("xb") as file:
            for chunk in repository.blobs.stream(entry.oid)[1]:
                file.write(chunk)
            os.fchmod(file.fileno(), _bits(entry))


def _read(record: Path) -> dict[str, Written]:
    """What the record says; nothing where there is none, or one that cannot be read."""
    try:
        lines = os.fsdecode(record.read_bytes()).split("\0")[:-1]
        return dict(map(_known, lines))
    except (FileNotFoundError, ValueError):
        return {}


def _known(line: str) -> tuple[str, Written]:
    facts, path = line.split("\t", 1)
    mode, oid, size, time = facts.split(" ")
    return path, Written(mode, oid, int(size), int(time))


def _save(record: Path, written: Mapping[str, Written]) -> None:
    lines = (f"{w.mode} {w.oid} {w.size} {w.time}\t{path}\0" for path, w in written.items())
    files.write_atomic(record, os.fsencode("".join(lines)), 0o600)
