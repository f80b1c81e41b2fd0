"""The commits that set VERSION, as a commit asks for them each time: what is known of the one before is kept.

Git would walk the whole history for them, where VERSION is young and that is long.
"""

from contextlib import suppress
from pathlib import Path

from imagebump import files, git
from imagebump.git import Repository

_REACH = 50
"""How many commits back the one is looked for that is kept."""


def setters(repository: Repository, tip: str, name: str, limit: int) -> list[str]:
    """The last `limit` commits on the first-parent line of `tip` that changed the file `name`, newest first.

    A commit keeps those of HEAD, for the ones that follow it.
    """
    path = _path(repository, name, limit)
    kept, known = _read(path)
    newer = _after(repository, tip, kept)
    if newer is None:
        found = git.commits_of_path(repository, tip, name, limit)
    else:
        found = [*(rev for rev in newer if _sets(repository, rev, name)), *known][:limit]
    if git.in_commit(repository) and tip == repository.head != kept:
        with suppress(OSError):
            files.private(path.parent)
            files.write_atomic(path, "".join(f"{rev}\n" for rev in (tip, *found)).encode(), 0o600)
    return found


def _path(repository: Repository, name: str, limit: int) -> Path:
    quoted = name.replace("%", "%25").replace("/", "%2F")
    return repository.own_state / f"setters-{limit}.{quoted}"


def _read(path: Path) -> tuple[str, list[str]]:
    try:
        tip, *known = path.read_text(encoding="ascii").split()
    except (OSError, ValueError):
        return "", []
    return tip, known


def _after(repository: Repository, tip: str, kept: str) -> list[str] | None:
    """The commits of the line after `kept`, newest first; None where that is not near, or not on it."""
    found: list[str] = []
    for _ in range(_REACH if kept else 0):
        if tip == kept:
            return found
        found.append(tip)
        if not (tip := git.parent(repository, tip)):
            break
    return None


def _sets(repository: Repository, rev: str, name: str) -> bool:
    """Does the file differ from the first parent's?"""
    before = git.parent(repository, rev)
    older = repository.blobs.read(f"{before}:{name}") if before else None
    return repository.blobs.read(f"{rev}:{name}") != older
