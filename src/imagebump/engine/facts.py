"""The files of a context as a session tells of them, the same each time while a file is the same.

A file's time is when its content was first seen at its place, so that no tool in the build takes it for
older than what it made of it, and what is written anew is newer. Which that was is kept beside the
ledger; where it is lost, all is sent once more.
"""

import os
import re
import stat
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from imagebump import archive, files
from imagebump.engine.filesync import File
from imagebump.git import Entry
from imagebump.plan import BuildPlan
from imagebump.snapshot import DIRECTORY, EXECUTABLE, LINK

FILE = "Dockerfile"
"""What the Dockerfile is called in a directory of its own."""
RULES = ".dockerignore"
_NO_LINE = ("", "")


def key(plan: BuildPlan) -> str:
    """That of all builds of one context of one clone."""
    state = plan.snapshot.repository.state
    whose = f"{state}\0{plan.build.context}\0{plan.build.dockerfile}"
    return sha256(whose.encode(errors="surrogateescape")).hexdigest()[:32]


def dockerfile(plan: BuildPlan) -> File:
    """It alone; its time is now."""
    size = len(plan.dockerfile.source)
    return File(FILE.encode(), stat.S_IFREG | 0o644, size, time.time_ns(), oid=FILE)


def names_rules(plan: BuildPlan) -> bool:
    """May the Dockerfile copy rules of what to ignore? To ask for them looks like asking for the rules to apply."""
    texts = (plan.dockerfile.source, *(os.fsencode(one) for one in plan.arguments.values()))
    return any(RULES.encode() in one for one in texts) and any(
        entry.path.endswith(RULES) for entry in plan.context
    )


def listed(plan: BuildPlan) -> list[File]:
    """The files of the context, as a directory tree is walked. UserError where one is not to be had."""
    repository = plan.snapshot.repository
    record = repository.state / "contexts" / key(plan)
    entries = sorted(plan.files, key=lambda entry: _order(entry.path))
    recorded = _recorded(record)
    known = [*_known(entries, _lines(recorded))]
    new = [entry for entry, facts in zip(entries, known, strict=True) if facts is None]
    sizes = dict(zip(new, archive.sizes(repository, new), strict=True))
    now = time.time_ns()
    found = [
        _file(plan, entry, *(facts or (sizes[entry], now)))
        for entry, facts in zip(entries, known, strict=True)
    ]
    if new or recorded.count(b"\0") != len(entries):
        files.private(record.parent)
        files.write_atomic(record, _text(entries, found), 0o600)
    return found


def _order(path: str) -> bytes:
    """What lies in a directory comes right behind it, before names that it is the beginning of."""
    return os.fsencode(path).replace(b"/", b"\0")


def _recorded(record: Path) -> bytes:
    """What was written of the last build's files; nothing where that cannot be read."""
    with suppress(OSError):
        return record.read_bytes()
    return b""


def _lines(recorded: bytes) -> Iterator[tuple[str, str]]:
    """The path and the facts of each file, one at a time: there may be many."""
    for line in re.finditer(rb"[^\0]+", recorded):
        facts, _, path = os.fsdecode(line[0]).partition("\t")
        yield path, facts


def _known(
    entries: Iterable[Entry], lines: Iterator[tuple[str, str]]
) -> Iterator[tuple[int, int] | None]:
    """The size and the time of each entry; None where they are not known of this content. Both are in order."""
    path, facts = next(lines, _NO_LINE)
    for entry in entries:
        while path and _order(path) < _order(entry.path):
            path, facts = next(lines, _NO_LINE)
        yield _facts(entry, facts) if path == entry.path else None


def _facts(entry: Entry, facts: str) -> tuple[int, int] | None:
    """The size and the time that were written of an entry; None where the content was another one."""
    mode, _, rest = facts.partition(" ")
    oid, *numbers = rest.split(" ")
    if (mode, oid) != (entry.mode, entry.oid) or len(numbers) != 2:
        return None
    return (int(numbers[0]), int(numbers[1])) if all(map(str.isdecimal, numbers)) else None


def _text(entries: Sequence[Entry], found: Sequence[File]) -> bytes:
    lines = (
        f"{entry.mode} {entry.oid} {file.size} {file.time}\t{entry.path}\0"
        for entry, file in zip(entries, found, strict=True)
    )
    return os.fsencode("".join(lines))


def _file(plan: BuildPlan, entry: Entry, size: int, seen: int) -> File:
    path = os.fsencode(entry.path)
    if entry.mode == DIRECTORY:
        return File(path, stat.S_IFDIR | 0o755, 0, seen)
    if entry.mode == LINK:
        target = plan.snapshot.repository.blobs.read(entry.oid) or b""
        return File(path, stat.S_IFLNK | 0o777, len(target), seen, target)
    bits = 0o755 if entry.mode == EXECUTABLE else 0o644
    return File(path, stat.S_IFREG | bits, size, seen, oid=entry.oid)
