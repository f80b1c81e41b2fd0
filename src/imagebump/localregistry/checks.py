"""What a registry is asked to be, judged before anything is started."""

import re
import socket
import tempfile
from ipaddress import ip_address
from pathlib import Path

from imagebump.errors import UserError

LOOPBACK = "127.0.0.1"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_GIVE = "Give a name such as localhost or dev.docker.local"
_HOST = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")


def check_port(port: int) -> None:
    """UserError for what is no TCP port."""
    if not 1 <= port <= 65535:
        raise UserError(
            f"port {port} is out of range: 1 to 65535", "Run: imagebump registry up --port 5000"
        )


def loopback_addresses(name: str) -> list[str]:
    """The addresses of the host `name`, which all have to be loopback, 127.0.0.1 among them.

    UserError, saying what to add to /etc/hosts, for any other name; for another address, which no
    such line can change, what to give instead.
    """
    if not _HOST.fullmatch(name):
        raise UserError(f"{name!r} is not a host name", _GIVE)
    if name != LOOPBACK and _is_address(name):
        raise UserError(f"the registry listens on {LOOPBACK} only, not on {name}", _GIVE)
    try:
        found = sorted({str(entry[4][0]) for entry in socket.getaddrinfo(name, None)})
    except (OSError, UnicodeError):
        raise UserError(f"{name} does not resolve", _add_to_hosts(name)) from None
    strange = [one for one in found if not ip_address(one.partition("%")[0]).is_loopback]
    if strange:
        raise UserError(
            f"{name} is {', '.join(strange)}, not this machine's loopback", _add_to_hosts(name)
        )
    if LOOPBACK not in found:
        raise UserError(
            f"{name} is {', '.join(found)}, and the registry listens on {LOOPBACK} only",
            _add_to_hosts(name),
        )
    return found


def _is_address(name: str) -> bool:
    """As the resolver sees it, for which 10.1 and 5000 are addresses too."""
    try:
        socket.inet_aton(name)
    except OSError:
        return False
    return True


def _add_to_hosts(name: str) -> str:
    return f"Add this line to /etc/hosts: {LOOPBACK} {name}"


def prepare_directory(folder: Path, hint: str) -> None:
    """Make the directory `folder` where it is missing, and write in it once.

    UserError with `hint` where that fails.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return
    except (FileExistsError, NotADirectoryError):
        raise UserError(f"{folder} is not a directory", hint) from None
    except OSError as problem:
        raise UserError(f"cannot write to {folder}: {problem.strerror}", hint) from None
