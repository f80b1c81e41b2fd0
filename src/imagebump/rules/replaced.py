"""What one RUN does to files that another one would only see in the same container, or the same layer."""

import re
from collections.abc import Iterator

from imagebump.dockerfile.shell.model import Simple
from imagebump.dockerfile.shell.reading import Reading
from imagebump.rules.programs import names, programs, written

_SHELL_FILE = re.compile(
    r"(?:^|/)bin/(?:sh|dash|bash|ash|busybox)$|^(?:sh|dash|bash|ash|busybox)$"
    r"|^(?:/usr)?/(?:s?bin|lib(?:64|32)?)?(?:/?\*?|/\.)$|^/usr/?\*?$"
)
_REMOVALS = frozenset(["remove", "purge", "del", "erase", "autoremove", "-R", "-e", "--purge"])
_SHELLS = frozenset(["dash", "bash", "busybox", "ash", "yash", "mksh"])
_PUTS = names(
    "chmod chown chgrp setfacl ln mv cp rm install unlink dpkg-divert update-alternatives rsync tar bsdtar unzip cpio dd"
    " unsquashfs 7z 7za 7zr curl wget tee sed patch truncate git"
)
_SHELL_LINK = re.compile(r"\b(?:dash|yash|bash|busybox)-binsh\b")
_SWAPS_SHELL = frozenset(["dpkg-reconfigure", "debconf-set-selections", "busybox", "toybox"])
_SHELL_PACKAGE = re.compile(
    r"\b(?:dash|dash-binsh|yash-binsh|bash-binsh|busybox-binsh|--install)\b"
)


def replaced_shell(a: Reading, b: Reading, workdir: str) -> Iterator[str]:
    """A clause for each command of `a` that may put another shell in the place of the one that runs.

    Where `b` does nothing but remove files, any shell does it.
    """
    at_root = workdir in _ROOTS or any(map(_goes_to_root, a.commands))
    only_removes = all(one.name == "rm" for one in b.commands)
    for command in a.commands:
        values = written(command)
        started = set(programs(command))
        targets = [redirect.target.raw for redirect in command.redirects]
        if started & _PUTS:
            targets += [_GLUED.sub("", value) for value in values[1:]]
        replaces = any(_SHELL_FILE.search(text.strip("\"'")) for text in targets)
        asks = started & _SWAPS_SHELL and any(map(_SHELL_PACKAGE.search, values))
        loses = _SHELLS & set(values) and _REMOVALS & set(values)
        spreads = at_root and not only_removes and _spreads(values, started)
        if replaces or spreads or asks or loses or any(map(_SHELL_LINK.search, values)):
            name = values[0] if values else ">"
            yield f"may put another shell in the place of this one ({name})"


_ROOTS = ("", "/", "/bin", "/usr", "/usr/bin", "/sbin", "/usr/sbin")
_GLUED = re.compile(r"-[CdoOPt](?=/)|--[a-z-]+=(?=/)")
"""An option in front of its value."""


def _goes_to_root(command: Simple) -> bool:
    values = written(command)
    return values[:1] in (["cd"], ["pushd"]) and "".join(values[1:2]) in _ROOTS


def _spreads(values: list[str], started: set[str]) -> bool:
    """May it put files of any name where it stands?"""
    if started & {"cp", "rsync", "mv"}:
        return values[-1] in (".", "./", "..") and (
            any(set("*?$") & set(value) or value.endswith(("/.", "/")) for value in values[1:-1])
        )
    if "tar" in started or "bsdtar" in started:
        mode = "".join(values[1:2])
        extracts = "x" in mode or any(v.startswith(("-x", "--extract", "--get")) for v in values)
        return extracts and not any(v.startswith(("-C", "--directory")) for v in values)
    placed = any(value.startswith(("-d", "-D", "--dest")) for value in values)
    return bool(started & {"unzip", "cpio", "7z", "7za", "7zr", "unsquashfs"}) and not placed
