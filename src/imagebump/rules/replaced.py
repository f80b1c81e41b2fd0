"""What one RUN does to files that another one would only see in the same container, or the same layer."""

import re
from collections.abc import Iterator
from itertools import pairwise

from imagebump.dockerfile.shell.model import Simple
from imagebump.dockerfile.shell.reading import Reading
from imagebump.rules.archives import extracted
from imagebump.rules.places import ANYWHERE, UNKNOWN, standing
from imagebump.rules.programs import base, letters, names, programs, redirects, remembered, written

_SHELL_FILE = re.compile(
    r"(?:^|/)bin/(?:sh|dash|bash|ash|busybox)$|^(?:sh|dash|bash|ash|busybox)$"
    r"|^(?:/usr)?/(?:s?bin|lib(?:64|32)?)?(?:/?\*?|/\.)$|^/usr/?\*?$"
)
_LIBRARY = re.compile(r"/(?:ld[-.]|lib(?:c|tinfo|readline|dl|ncursesw?)[-.])[\w.-]*so(?:\.\d+)*$")
"""What a shell loads."""

_REMOVALS = frozenset(["remove", "purge", "del", "erase", "autoremove", "-R", "-e", "--purge"])
_SHELLS = frozenset(["dash", "bash", "busybox", "ash", "yash", "mksh"])
_PUTS = names(
    "chmod chown chgrp setfacl ln mv cp rm install unlink dpkg-divert update-alternatives alternatives rsync tar bsdtar unzip cpio dd"
    " unsquashfs 7z 7za 7zr curl wget tee sed patch truncate git dpkg dpkg-deb"
)
_TOP = frozenset(["bin", "sbin", "lib", "lib64", "usr"])
_NAMED = re.compile(r"(?:^|/)(?:sh|dash|bash|ash|busybox)[\"']?$")
_SHELL_LINK = re.compile(
    r"\b(?:dash|yash|bash|busybox)-binsh\b|(?:^|/)(?:dash|bash|busybox)[^/]*\.(?:deb|rpm|apk)$"
)
_SWAPS_SHELL = frozenset(["dpkg-reconfigure", "debconf-set-selections", "busybox", "toybox"])
_SHELL_PACKAGE = re.compile(
    r"\b(?:dash|dash-binsh|yash-binsh|bash-binsh|busybox-binsh)\b|--install\b|\bdash/sh\b"
)


def replaced_shell(a: Reading, b: Reading, workdir: str) -> Iterator[str]:
    """A clause for each command of `a` that may put another shell in the place of the one that runs.

    Where `b` does nothing but remove files, any shell does it.
    """
    only_removes = all(one.name == "rm" for one in b.commands)
    targets = {one.target.raw for one in redirects(a)}
    for command, here in standing(a, workdir):
        if _replaces_one(command) or (not only_removes and _spreads(command, here)):
            yield f"may put another shell in the place of this one ({command.words[0].text})"
    if any(map(_is_shell, targets)):
        yield "may put another shell in the place of this one (>)"


@remembered
def _replaces_one(command: Simple) -> bool:
    values, started = written(command), set(programs(command))
    asks = started & _SWAPS_SHELL and any(map(_SHELL_PACKAGE.search, values))
    loses = _SHELLS & set(values) and _REMOVALS & set(values)
    return (
        _puts(values, started)
        or bool(asks or loses)
        or any(map(_SHELL_LINK.search, values))
        or _speaks_of_one(values, started)
    )


_MENTIONS = re.compile(r"\bbin/(?:sh|dash|ash|bash|busybox)\b(?!/)")
_SETS_SHELL = re.compile(r"(?:--shell=|[A-Z_]*SHELL=)")
_ONLY_NAME = names(
    "useradd adduser usermod chsh su sudo env sh bash dash ash test [ command which ls cat file grep sed"
    " exec chroot runuser gosu su-exec find wget curl docker-php-entrypoint git sha256sum md5sum stat readlink"
)
_UNPACKS = frozenset(["tar", "bsdtar"])
_INTO = frozenset(["-C", "--directory", "--cd"])
_ROOTS = frozenset([UNKNOWN, ANYWHERE, "/", "/usr"]) | names(
    "/bin /usr/bin /sbin /usr/sbin /lib /usr/lib /lib64 /usr/lib64 /lib32 /usr/lib32"
)
_GLUED = re.compile(r"-[CdoOPt](?=/)|--[a-z-]+=(?=/)")
"""An option in front of its value."""


def _puts(values: list[str], started: set[str]) -> bool:
    """Does it name a shell, or the directory of one, as what it writes or removes?"""
    if not started & _PUTS and not ("find" in started and {"-delete", "rm", "mv"} & set(values)):
        return False
    words = [_GLUED.sub("", value) for value in values[1:]]
    if started & _UNPACKS:  # where to, another question answers
        words = [word for before, word in pairwise(values) if before not in _INTO]
    if any(map(_LIBRARY.search, words)):
        return True
    if started & {"curl", "wget"} and any(map(_NAMED.search, words)):
        return True
    if started & {"mv", "cp", "install", "ln"} and not _replaces_target(values, started):
        *sources, target = [word for word in words if not word.startswith("-")] or [""]
        if _is_shell(target) and sources and not any(map(_may_be_shell, sources)):
            return bool(_NAMED.search(target)) or any(map(_is_shell, sources))
    return any(map(_is_shell, words))


def _speaks_of_one(values: list[str], started: set[str]) -> bool:
    """Is it told of a shell, and no program that only runs, names or writes down what it is told?"""
    if started & {"debconf-set-selections", "echo", "printf"}:
        return any("dash/sh" in value for value in values)
    if "dash" in values and {"install", "add"} & set(values):
        return True
    told = [value for value in values[1:] if not _SETS_SHELL.match(value)]
    return not started & _ONLY_NAME and any(map(_MENTIONS.search, told))


def _replaces_target(values: list[str], started: set[str]) -> bool:
    """May it put something in the place of a directory, or is its target not the last word?"""
    long = any(value.startswith(("--t", "--no-t", "--no-d")) for value in values)
    return bool(set(letters(values)) & set("tT" + "fn" * ("ln" in started))) or long


def _is_shell(word: str) -> bool:
    return bool(_SHELL_FILE.search(word.strip("\"'")))


def _may_be_shell(source: str) -> bool:
    """May it have the name of a shell, or hold what has?"""
    name = base(source.strip("\"'"))
    return name in ("", ".", "sh", *_SHELLS, *_TOP) or bool(set(name) & set("*?[$`{"))


@remembered
def _spreads(command: Simple, here: frozenset[str]) -> bool:
    """May it put files of any name where a shell is?"""
    values, started = written(command), set(programs(command))
    at_root = bool(here & _ROOTS)
    if started & {"cp", "rsync", "mv"}:
        sources = [value for value in values[1:-1] if not value.startswith("-")]
        several = any(map(_may_be_shell, sources))
        here_or_computed = (at_root and values[-1] in (".", "./", "..")) or values[-1][:1] in "$`"
        return several and here_or_computed
    if started & {"tar", "bsdtar"}:
        return any(place.path in _ROOTS for place in extracted(values, here))
    placed = any(value.startswith(("-d", "-D", "--dest")) for value in values)
    unpacks = bool(started & {"unzip", "cpio", "7z", "7za", "7zr", "unsquashfs"})
    return at_root and unpacks and not placed
