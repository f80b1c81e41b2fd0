"""VERSION in the three places where it can stand: a commit, the index, the working tree."""

from pathlib import Path
from typing import NamedTuple

from imagebump import files, git, staging, version
from imagebump.errors import UserError
from imagebump.git import Repository
from imagebump.semantic import Version
from imagebump.version import VersionFile


class Places(NamedTuple):
    """What the index holds, and the bytes of the working file; None where there is none."""

    staged: VersionFile | None
    working: bytes | None


def look(repository: Repository, name: str) -> Places:
    """VERSION as it stands. UserError for a symbolic link, an unreadable or an invalid file."""
    working = _working(repository, name)
    data = repository.read(git.INDEX, name)
    return Places(None if data is None else version.parse(data, name), working)


def _working(repository: Repository, name: str) -> bytes | None:
    path = repository.top / name
    if path.is_symlink():
        raise UserError(
            f"{name} is a symbolic link", "Make it a file: the version is written into it"
        )
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as problem:
        raise UserError(f"cannot read {name}: {problem.strerror}") from None


def at(repository: Repository, rev: str, name: str) -> Version | None:
    """The version in a commit; None where it has none, or one that cannot be read (an old mistake)."""
    data = repository.blobs.read(f"{rev}:{name}") if rev else None
    try:
        return None if data is None else version.parse(data, name).version
    except UserError:
        return None


def is_past(repository: Repository, rev: str, name: str, version: str) -> bool:
    """Has a commit a higher version than this one?"""
    present = at(repository, rev, name)
    try:
        return present is not None and present > Version.parse(version)
    except ValueError:
        return False


def holds(data: bytes | None, wanted: str, name: str) -> bool:
    """Do these bytes hold the version `wanted`?"""
    try:
        return data is not None and str(version.parse(data, name).version) == wanted
    except UserError:
        return False


def require_version(data: bytes | None, name: str) -> None:
    """UserError where these bytes are no version: there is nothing else to be done with them."""
    if data is not None:
        version.parse(data, name)


def refuse_ignored(repository: Repository, name: str) -> None:
    """UserError where Git ignores a VERSION that it does not know yet."""
    if git.is_ignored(repository, name):
        raise UserError(
            f"{name} is ignored by Git, so that no commit can hold it",
            f"Run: git check-ignore -v {name}, and take that line out",
        )


def untracked(repository: Repository, name: str, working: bytes) -> VersionFile:
    """A VERSION that Git does not know yet. UserError where it ignores it."""
    refuse_ignored(repository, name)
    return version.parse(working, name)


def restore(repository: Repository, name: str, before: bytes | None) -> None:
    """Take back what was written and staged; None where there was no such file."""
    _put_back(repository.top / name, before)
    staging.stage(repository, name)


def _put_back(path: Path, before: bytes | None) -> None:
    if before is None:
        path.unlink(missing_ok=True)
    else:
        files.write_atomic(path, before)


def write(repository: Repository, name: str, file: VersionFile) -> None:
    """Write VERSION, whole or not at all, and stage it; both or neither. UserError where that cannot be."""
    path = repository.top / name
    before = _working(repository, name)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        files.write_atomic(path, bytes(file))
    except OSError as problem:
        raise UserError(
            f"cannot write {name}: {problem.strerror}", f"Look at: ls -l {name}"
        ) from None
    try:
        staging.stage(repository, name)
    except UserError:
        _put_back(path, before)
        raise
