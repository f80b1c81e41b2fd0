"""Is a port free, and who has it."""

import errno
import os
import platform
import pwd
import re
import socket
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from imagebump import process
from imagebump.errors import UserError

_PATIENCE = 0.5
"""Seconds within which a program that is ending gives up its port."""
_LISTEN = "0A"
_SERVICE = "docker-registry"
_AIRPLAY = "macOS's AirPlay Receiver owns port 5000 (System Settings, General, AirDrop & Handoff)"


class Owner(NamedTuple):
    """Who listens on a port; pid 0 and no name where that is not for us to see."""

    name: str
    pid: int
    user: str = ""

    def __str__(self) -> str:
        if not self.pid:
            return f"a program of {self.user}"
        foreign = self.user not in ("", _user(os.getuid()))
        return f"{self.name} (pid {self.pid}{f', user {self.user}' if foreign else ''})"


def require_free(port: int, addresses: Iterable[str]) -> None:
    """UserError, naming who has it, where `port` is taken on 127.0.0.1 or one of `addresses`.

    Another address of the name counts too: a client may try that one first. A program that is
    ending holds its port for a moment: that is waited for.
    """
    deadline = time.monotonic() + _PATIENCE
    while not _is_free(port, {"127.0.0.1", *addresses}):
        if time.monotonic() > deadline:
            raise _taken(port)
        time.sleep(0.02)


def _is_free(port: int, addresses: Iterable[str]) -> bool:
    if any(_answers(address, port) for address in addresses):
        return False
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except PermissionError:
            raise UserError(
                f"port {port} needs root", "Choose one above 1023: --port 5000"
            ) from None
        except OSError as problem:
            if problem.errno != errno.EADDRINUSE:
                raise
            return False
    return True


def _answers(address: str, port: int) -> bool:
    with suppress(OSError), socket.create_connection((address, port), timeout=2):
        return True
    return False


def _taken(port: int) -> UserError:
    found = owner(port)
    hint = f"Choose another: imagebump registry up --port {port + 1 if port < 65535 else port - 1}"
    if found and is_service(found, _control_groups(found.pid)):
        hint = f"{hint}, or stop it: sudo systemctl disable --now {_SERVICE}"
    elif platform.system() == "Darwin" and port == 5000:
        hint = f"{_AIRPLAY}. {hint}"
    by = str(found) if found else "another program"
    return UserError(f"port {port} is taken by {by}", hint)


def is_service(found: Owner, groups: str) -> bool:
    """Is it the distribution's own service, which systemd runs as a user of that name?

    `groups` are the control groups of the process, as proc(5) has them: a registry that another
    user started has the same program.
    """
    return found.user == _SERVICE or f"/{_SERVICE}.service" in groups


def _control_groups(pid: int) -> str:
    with suppress(OSError):
        return (Path("/proc") / str(pid) / "cgroup").read_text(errors="replace")
    return ""


def owner(port: int) -> Owner | None:
    """Who listens on the TCP port `port`, as far as this user may know."""
    if platform.system() == "Linux":
        return _owner_from_proc(port)
    try:
        listing = process.run(
            ["lsof", "-nP", f"-iTCP:{port}", "-sTCP:LISTEN", "-FpcL"], timeout=10
        ).out.decode(errors="replace")
    except UserError:
        return None
    return parse_lsof(listing)


def parse_lsof(listing: str) -> Owner | None:
    """The first process of an `lsof -FpcL`: lines of `pPID`, `cNAME` and `LUSER`."""
    found = re.search(r"^p(\d+)\nc(.+)$(?:\nL(.+)$)?", listing, re.MULTILINE)
    return Owner(found[2], int(found[1]), found[3] or "") if found else None


def _owner_from_proc(port: int) -> Owner | None:
    sockets = dict(_listeners(port))
    for pid in sorted(int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()):
        if _inodes(pid) & sockets.keys():
            with suppress(OSError):
                path = Path("/proc") / str(pid)
                return Owner((path / "comm").read_text().strip(), pid, _user(path.stat().st_uid))
    return Owner("", 0, _user(min(sockets.values()))) if sockets else None


def _listeners(port: int) -> Iterator[tuple[str, int]]:
    """(inode, user id) of each listening socket, from the table described in proc(5)."""
    for table in ("tcp", "tcp6"):
        with suppress(OSError):
            for line in (Path("/proc/net") / table).read_text().splitlines()[1:]:
                fields = line.split()
                if fields[3] == _LISTEN and int(fields[1].rpartition(":")[2], 16) == port:
                    yield fields[9], int(fields[7])


def _inodes(pid: int) -> set[str]:
    """The inodes of the sockets that `pid` holds; none where we may not look."""
    found = set()
    with suppress(OSError):
        for path in (Path("/proc") / str(pid) / "fd").iterdir():
            with suppress(OSError):
                found.add(os.readlink(path).removeprefix("socket:[").removesuffix("]"))  # noqa: PTH115
    return found


def _user(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"
