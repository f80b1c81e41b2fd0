"""What Dockerfiles are built from, for the rules that have to see it: what is staged, and nothing else."""

import posixpath
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

from imagebump import git
from imagebump.commands import lint_config
from imagebump.config import Config
from imagebump.dockerfile.inputs import ignore_rules
from imagebump.errors import UserError
from imagebump.rules.model import Context, Source
from imagebump.snapshot import EXECUTABLE, FILE_MODE, Snapshot

_LARGEST = 1 << 25  # bytes of a file that is looked at

Lookup = Callable[[], Context | None]
Holds = Callable[[str, bytes | None], bool]
"""Is a path, with this content where one is given, what somebody else has too?"""


def staged(repository: git.Repository, configs: Iterable[Config], path: str) -> Lookup:
    """That of the Dockerfile `path` of the index, read when it is asked for."""
    return cache(lambda: _context(repository, configs, path, lambda _path, _data: True))


def on_disk(name: str) -> Context | None:
    """That of a Dockerfile on disk: a file counts where the working tree holds what is staged."""
    try:
        path = Path(name).resolve()
        repository = git.discover(path.parent)
        top = repository.top.resolve()
        inside = path.relative_to(top).as_posix()
        configs = lint_config.of(top)
        return _context(repository, configs, inside, lambda p, data: _is_on_disk(top, p, data))
    except (UserError, OSError, ValueError, RuntimeError):  # no repository, or a link out of it
        return None


def _is_on_disk(top: Path, path: str, data: bytes | None) -> bool:
    file = top / path
    try:
        plain = file.is_file() and file.resolve() == file
        return plain and (data is None or file.read_bytes() == data)
    except (OSError, RuntimeError):
        return False


def _context(
    repository: git.Repository, configs: Iterable[Config], path: str, holds: Holds
) -> Context:
    """The context that a configuration names; of a file that none names, its directory or the repository.

    Where there are several, a file counts that is found in one of them alone.
    """
    named = [config.build.context for config in configs if config.build.dockerfile == path]
    places = dict.fromkeys(named or [posixpath.dirname(path), ""])
    parts = [_part(repository, place, path, holds) for place in places]

    def find(name: str) -> Source | None:
        found = [source for part in parts if (source := part.find(name))]
        return found[0] if len(found) == 1 else None

    return Context(cache(find), any(part.hides for part in parts))


def _part(repository: git.Repository, place: str, path: str, holds: Holds) -> Context:
    snapshot = Snapshot(repository, git.INDEX)
    names = [f"{path}.dockerignore", posixpath.join(place, ".dockerignore")]
    data = next((found for name in names if (found := snapshot.read(name)) is not None), None)
    ignore = ignore_rules(data)

    def find(name: str) -> Source | None:
        file = posixpath.join(place, name)
        entries = git.entries(repository, git.INDEX, [file])
        if [one.path for one in entries] != [file] or entries[0].mode not in (
            FILE_MODE,
            EXECUTABLE,
        ):
            return None
        if ignore.matches(name) or not holds(file, None):
            return None
        return Source(cache(lambda: _content(repository, entries[0], holds)))

    return Context(find, ignore.matches(posixpath.relpath(path, place or ".")))


def _content(repository: git.Repository, entry: git.Entry, holds: Holds) -> bytes | None:
    size, chunks = repository.blobs.stream(entry.oid)
    data = b"".join(chunks) if size <= _LARGEST else None
    return data if data is not None and holds(entry.path, data) else None
