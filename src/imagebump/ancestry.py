"""The processes above us, as far as the system shows them."""

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from imagebump import process


class Ancestor(NamedTuple):
    """A process above us: its id and its arguments."""

    pid: int
    arguments: list[str]


def ancestors() -> Iterator[Ancestor]:
    """Our parent, its parent and so on, as far as the system shows them."""
    pid = os.getppid()
    while pid > 1:
        try:
            arguments = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[:-1]
            parent = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[1]
        except OSError:
            yield from _ancestors_by_ps(pid)
            return
        yield Ancestor(pid, [os.fsdecode(argument) for argument in arguments])
        pid = int(parent)


def started(pid: int) -> float:
    """When a process that runs was started, in seconds since the epoch and to a second; 0.0 where the system does not show it."""
    try:
        ticks = int(Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[19])
        uptime = float(Path("/proc/uptime").read_text(encoding="ascii").split()[0])
    except (OSError, ValueError, IndexError):
        return 0.0
    return time.time() - uptime + ticks / os.sysconf("SC_CLK_TCK")


def _ancestors_by_ps(pid: int) -> Iterator[Ancestor]:
    """The same where there is no /proc; `ps` cannot tell blanks in arguments from those between."""
    while pid > 1:
        out = process.run(["ps", "-o", "ppid=,args=", "-p", str(pid)]).out
        shown = out.decode(errors="replace").split()
        if not shown:
            return
        yield Ancestor(pid, shown[1:])
        pid = int(shown[0])
