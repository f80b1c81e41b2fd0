"""A worker that waits for the next commit: to load one takes longer than to publish a small change.

One stays a while behind its work, and the hook before a commit starts one ahead of it. Each has a bell
(a named pipe) of its own in the state directory, called by its process id. It is rung only by those who
would start the same program in the same environment; anybody else starts a worker of his own. It
holds no lock while it waits. Where the system does not show what a process runs in, or the file system
has no pipes, nobody waits.
"""

import os
import select
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from imagebump import files
from imagebump.settings import in_ci, variable

_MODULE = "imagebump.worker"
AHEAD = "--ahead"
"""The argument of one that waits before it works."""
_STAY = 900.0
"""Seconds: most who work on something commit again within them."""
_LOOK = 2.0
"""Seconds between two looks whether there is still a use in waiting."""
_MOST = 4
"""Workers that wait, each in an environment of its own: one that changes with each commit leaves no more."""
_PASSING = ("PRE_COMMIT", "PREK_HOOK_STAGE", "OLDPWD", "PWD", "SHLVL")
"""What the names of variables begin with that differ from one hook of a commit to the next."""


def _installed() -> int:
    """When the file of this module was put there; 0 where it is gone."""
    with suppress(OSError):
        return Path(__file__).stat().st_ctime_ns
    return 0


_LOADED = _installed()


def is_current() -> bool:
    """Is what this process has loaded still what is installed?"""
    return _installed() == _LOADED


def stay() -> float:
    """For how many seconds one waits: IMAGEBUMP_LINGER; in CI, where nobody comes any more, for none."""
    if in_ci() or not os.access("/proc/self/environ", os.R_OK):
        return 0.0
    with suppress(ValueError):
        return float(variable("IMAGEBUMP_LINGER"))
    return _STAY


def name(pid: int) -> str:
    """The name of a worker's bell in the state directory."""
    return f"warm/{pid}"


def find(state: Path, argv: Sequence[str], env: Mapping[str, str]) -> int:
    """The process id of the one that `argv` would start in `env`; 0 where none waits, or works."""
    for bell in _bells(state):
        pid = int(bell.name)
        runs = _parts(pid, "cmdline")
        if [one for one in runs if one != AHEAD] == list(argv):
            if _lasting(_variables(pid)) == _lasting(env):
                return pid
        elif _MODULE not in runs:  # it was killed
            with suppress(OSError):
                bell.unlink()
    return 0


def ring(state: Path, pid: int) -> None:
    """Have `pid` look for work. One that is about to go, or has only begun, does so anyway."""
    files.ring(_bell(state, pid))


def hang(state: Path, pid: int) -> None:
    """Make the bell of `pid`, which has just been started, so that it is found before it is up."""
    with suppress(OSError):  # it is there, or nobody is going to wait
        files.private(state / "warm")
        os.mkfifo(_bell(state, pid), 0o600)


def send_home(state: Path) -> bool:
    """Have nobody wait any more; gives whether anybody did. One that works ends its work first."""
    bells = list(_bells(state))
    for path in bells:
        path.unlink(missing_ok=True)
    return bool(bells)


@contextmanager
def bell(state: Path) -> Iterator["Bell"]:
    """Ours. Behind it, nobody finds us: what was dropped before is to be looked for once more."""
    hang(state, os.getpid())
    path = _bell(state, os.getpid())
    try:
        # for reading and writing: without a writer, there would be nothing to wait for
        descriptor = os.open(path, os.O_RDWR | os.O_NONBLOCK)
    except OSError:
        yield Bell(path, None)
        return
    try:
        yield Bell(path, descriptor)
    finally:
        with suppress(OSError):
            path.unlink()
        os.close(descriptor)


class Bell:
    """The bell of this process."""

    def __init__(self, path: Path, descriptor: int | None) -> None:
        self._path, self._descriptor = path, descriptor

    def rings(self, seconds: float) -> bytes:
        """Wait for it, and give what was said; nothing where nobody rings, it is gone, or _MOST others were rung for since."""
        if self._descriptor is None:
            return b""
        end = time.monotonic() + seconds
        while self._is_wanted():
            left = max(0.0, end - time.monotonic())
            if select.select([self._descriptor], [], [], min(left, _LOOK))[0]:
                return os.read(self._descriptor, 1 << 16)
            if not left:
                break
        return b""

    def _is_wanted(self) -> bool:
        """Is it there, and one of those that were rung last?"""
        try:
            bells = sorted(self._path.parent.iterdir(), key=lambda one: one.stat().st_mtime_ns)
        except OSError:  # one of them went meanwhile, or all that is ours
            return self._path.exists()
        return self._path in bells[-_MOST:]


def _bells(state: Path) -> Iterator[Path]:
    return (one for one in (state / "warm").glob("[1-9]*") if one.name.isdecimal())


def _bell(state: Path, pid: int) -> Path:
    return state / name(pid)


def _variables(pid: int) -> Mapping[str, str]:
    pairs = (one.partition("=") for one in _parts(pid, "environ"))
    return {name: value for name, _, value in pairs}


def _parts(pid: int, name: str) -> list[str]:
    """What the system shows of a process; nothing of one that has ended, or is somebody else's."""
    try:
        data = Path(f"/proc/{pid}/{name}").read_bytes()
    except OSError:
        return []
    return [os.fsdecode(one) for one in data.split(b"\0")[:-1]]


def _lasting(env: Mapping[str, str]) -> Mapping[str, str]:
    return {
        name: value for name, value in env.items() if name != "_" and not name.startswith(_PASSING)
    }
