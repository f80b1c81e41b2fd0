"""Who a process is: its command and the time of its start, so that a pid used again deceives nobody."""

from pathlib import Path
from typing import NamedTuple

from imagebump import process

_START_TIME = 19
"""The place of the start time in /proc/PID/stat, counted after the name (field 22 of proc(5))."""
_ENDED = "Z"
_LSTART_WIDTH = 24
"""`ps -o lstart` prints a date as ctime(3) does."""


class Identity(NamedTuple):
    """A living process: the time of its start as the system tells it, and its arguments joined by blanks.

    For a moment, while one program takes the place of another, there are no arguments.
    """

    started: str
    command: str


def identity(pid: int) -> Identity | None:
    """Who `pid` is now; None where there is no such process, or it has ended and is not yet reaped."""
    if pid <= 0:
        return None
    return _from_proc(pid) if Path("/proc/self/stat").exists() else _from_ps(pid)


def _from_proc(pid: int) -> Identity | None:
    folder = Path("/proc") / str(pid)
    try:
        stat = (folder / "stat").read_text(encoding="utf-8", errors="replace")
        arguments = (folder / "cmdline").read_bytes().rstrip(b"\0").split(b"\0")
    except OSError:
        return None
    command = b" ".join(arguments).decode(errors="surrogateescape")
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] == _ENDED else Identity(fields[_START_TIME], command)


def _from_ps(pid: int) -> Identity | None:
    environment = {**process.environment(), "LC_ALL": "C", "TZ": "UTC"}
    columns = ["-o", "stat=", "-o", "lstart=", "-o", "command="]
    result = process.run(["ps", "-ww", *columns, "-p", str(pid)], env=environment, timeout=10)
    return parse_ps(result.out.decode(errors="surrogateescape"))


def parse_ps(line: str) -> Identity | None:
    """A line of `ps -o stat= -o lstart= -o command=`; None for an empty one, or a process that has ended."""
    status, _, rest = line.strip().partition(" ")
    if not status or status.startswith(_ENDED):
        return None
    rest = rest.lstrip()
    return Identity(rest[:_LSTART_WIDTH], rest[_LSTART_WIDTH:].strip())
