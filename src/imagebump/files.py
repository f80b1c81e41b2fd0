"""Files that are either old or new, locks that end with their holder, and bells."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

OURS = "imagebump"
"""What directories are called in which all is ours."""


def write_atomic(path: Path, data: bytes, mode: int | None = None) -> None:
    """Replace `path` by `data`, whole or not at all, for all who read it and however this process ends.

    Nothing is synced to the disk, which would cost each commit milliseconds on some: after a power
    cut `path` may be as before, or empty where it was new.
    `mode` is the file's permission bits; left out, those of the file that is replaced, or 0644
    less the umask. OSError where the directory cannot be written.
    """
    if mode is None:
        mode = path.stat().st_mode & 0o7777 if path.exists() else 0o666 & ~_umask()
    draft = path.with_name(f".{path.name}.{os.getpid()}.{time.monotonic_ns()}")
    try:
        with draft.open("xb") as file:
            file.write(data)
            _keep_owner(file.fileno(), path)
            os.fchmod(file.fileno(), mode)
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def _keep_owner(draft: int, path: Path) -> None:
    """Give a new file the owner of the one that it replaces, where root writes what is somebody else's."""
    if os.geteuid() == 0 and path.exists():
        found = path.stat()
        with suppress(OSError):  # in a container that is root in name only
            os.fchown(draft, found.st_uid, found.st_gid)


def write(path: Path, data: bytes) -> None:
    """Write a file of the user's: a link, a pipe or a device such as /dev/stdout stays what it is."""
    if path.is_symlink() or (path.exists() and not path.is_file()):
        with path.open("ab" if path.is_relative_to("/dev") else "wb") as file:
            file.write(data)
    else:
        write_atomic(path, data)


def private(directory: Path) -> None:
    """Make a directory, and what is missing above it, for this user alone.

    Above one of ours nothing is made: FileNotFoundError where a repository was removed meanwhile.
    """
    if not directory.is_dir():
        if directory.name != OURS:
            private(directory.parent)
        directory.mkdir(0o700, exist_ok=True)


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


@contextmanager
def locked(path: Path, *, wait: bool = False) -> Iterator[bool]:
    """Hold `path` as a lock (flock) for the block; gives whether it was had.

    The kernel releases it when the holder ends, however it ends. With `wait`, waits for it.
    """
    with _lock(path) as file:
        had = wait or _at_once(file, fcntl.LOCK_EX)
        if not had and _at_once(file, fcntl.LOCK_SH):  # somebody has only looked whether it is free
            wait = had = True
        if wait:
            fcntl.flock(file, fcntl.LOCK_EX)
        yield had


def is_free(path: Path) -> bool:
    """Does nobody hold the lock `path`? Who comes to take it while this is asked gets it all the same."""
    with _lock(path) as file:
        return _at_once(file, fcntl.LOCK_SH)


@contextmanager
def held(path: Path) -> Iterator[int]:
    """Wait for the lock `path`, and hold it for the block; gives its descriptor.

    A child that is given the descriptor holds it too: the lock is free when both have let go.
    """
    with _lock(path) as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file.fileno()


def _lock(path: Path) -> IO[bytes]:
    private(path.parent)
    path.touch(0o600)
    return path.open("ab")


def _at_once(file: IO[bytes], kind: int) -> bool:
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def state_directory() -> Path:
    """Where what belongs to the user and not to one repository is kept (XDG_STATE_HOME)."""
    base = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    return Path(base) / OURS


def ring(pipe: Path) -> None:
    """Wake whoever reads from a named pipe; nothing where there is none, or nobody does."""
    with suppress(OSError):
        descriptor = os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
        with os.fdopen(descriptor, "wb") as bell:
            bell.write(b".")
