"""Files are old or new, and a lock ends with its holder."""

import fcntl
import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from imagebump.files import (
    held,
    is_free,
    locked,
    private,
    state_directory,
    write,
    write_atomic,
)


@pytest.mark.parametrize(
    ("before", "mode", "after"),
    [(None, None, 0o640), (0o755, None, 0o755), (0o600, None, 0o600), (0o644, 0o600, 0o600), (None, 0o755, 0o755)],
)  # fmt: skip
def test_modes(tmp_path: Path, before: int | None, mode: int | None, after: int) -> None:
    """The mode that is asked for, else that of the file before, else what the umask leaves."""
    path = tmp_path / "file"
    if before is not None:
        path.write_bytes(b"old")
        path.chmod(before)
    mask = os.umask(0o027)
    try:
        write_atomic(path, b"\0new\n", mode)
        assert os.umask(0o027) == 0o027
    finally:
        os.umask(mask)
    assert (path.read_bytes(), stat.S_IMODE(path.stat().st_mode)) == (b"\0new\n", after)
    assert list(tmp_path.iterdir()) == [path]


def test_a_reader_keeps_the_old_file(tmp_path: Path) -> None:
    """The file is replaced, never written into."""
    path = tmp_path / "file"
    path.write_bytes(b"old")
    with path.open("rb") as reader:
        write_atomic(path, b"new")
        assert reader.read() == b"old"


def test_a_file_of_the_users(tmp_path: Path) -> None:
    """It is new or old as well; where a link leads, and what reads a pipe, gets it, and the link stays."""
    file, link, pipe = (tmp_path / name for name in ("file", "link", "pipe"))
    link.symlink_to(file)
    os.mkfifo(pipe)
    for path in (file, link):
        write(path, b"longer than the next\n")
        write(path, b"one\n")
        assert file.read_bytes() == b"one\n"
        file.unlink()
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    write(pipe, b"two\n")
    assert os.read(reader, 10) == b"two\n"
    os.close(reader)
    assert link.is_symlink()
    assert pipe.is_fifo()


def test_what_fails_leaves_nothing(tmp_path: Path) -> None:
    """Neither a draft nor half a file."""
    (tmp_path / "directory").mkdir()
    with pytest.raises(OSError, match="directory"):
        write_atomic(tmp_path / "directory", b"new")
    with pytest.raises(FileNotFoundError):
        write_atomic(tmp_path / "nowhere" / "file", b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["directory"]


def test_a_lock_is_had_once(tmp_path: Path) -> None:
    """Its directory is made; who comes second is told so; after the block it is free."""
    path = tmp_path / "state" / "lock"
    with locked(path) as first, locked(path) as second:
        assert (first, second) == (True, False)
    with locked(path) as again, locked(path.with_name("other")) as other:
        assert (again, other) == (True, True)


def test_a_look_at_a_lock_keeps_nobody_away(tmp_path: Path) -> None:
    """A worker that came at this moment would go, and leave the job that it was started for."""
    path, had = tmp_path / "lock", list[bool]()

    def take() -> None:
        with locked(path) as it:
            had.append(it)

    taker = threading.Thread(target=take)
    with path.open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_SH)  # as `is_free` does for a moment
        assert is_free(path)
        taker.start()
        taker.join(0.2)
    taker.join()
    assert had == [True]
    with locked(path):
        assert not is_free(path)


HOLDER = """\
import sys
from pathlib import Path
from imagebump.files import held, locked
with locked(Path(sys.argv[1])) as held:
    print(held, flush=True)
    sys.stdin.read()
"""


def test_a_lock_ends_with_its_holder(tmp_path: Path) -> None:
    """However it ends: killed here; who waits then has it."""
    path = tmp_path / "lock"
    argv = [sys.executable, "-c", HOLDER, str(path)]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"True\n"
        with locked(path) as held:
            assert not held
        holder.kill()
        with locked(path, wait=True) as held:
            assert held


def test_a_lock_that_a_child_holds_too(tmp_path: Path) -> None:
    """It is free when both have let go: a builder may outlive the worker that started it."""
    path = tmp_path / "lock"
    with held(path) as lock:
        child = subprocess.Popen(["sleep", "600"], pass_fds=[lock])
    with locked(path) as free:
        assert not free
    child.kill()
    child.wait()
    with locked(path) as free:
        assert free


@pytest.mark.parametrize(
    ("base", "directory"),
    [("/state", "/state/imagebump"), ("", "/home/ada/.local/state/imagebump")],
)
def test_state_directory(monkeypatch: pytest.MonkeyPatch, base: str, directory: str) -> None:
    """Where XDG_STATE_HOME says, else below the home."""
    monkeypatch.setenv("HOME", "/home/ada")
    monkeypatch.setenv("XDG_STATE_HOME", base)
    assert state_directory() == Path(directory)


def test_a_private_directory(tmp_path: Path) -> None:
    """So is what is missing above it; what is there stays as it is."""
    tmp_path.chmod(0o755)
    private(tmp_path / "a" / "b")
    private(tmp_path / "a" / "b")
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (tmp_path, *sorted(tmp_path.rglob("*")))]
    assert modes == [0o755, 0o700, 0o700]


def test_nothing_is_made_for_what_is_gone(tmp_path: Path) -> None:
    """A repository that was removed meanwhile stays so."""
    with pytest.raises(FileNotFoundError):
        private(tmp_path / "gone" / ".git" / "imagebump" / "logs")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can write for somebody else")
def test_a_file_keeps_its_owner(tmp_path: Path) -> None:
    """Also where root mends it, as in a container."""
    file = tmp_path / "file"
    file.touch(0o640)
    os.chown(file, 1234, 5678)
    write_atomic(file, b"new")
    found = file.stat()
    assert (found.st_uid, found.st_gid, found.st_mode & 0o7777) == (1234, 5678, 0o640)
