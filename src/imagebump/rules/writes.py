"""The files that a RUN plainly leaves in its layer, as far as its words name them."""

import posixpath
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from imagebump.rules.words import Command, Script, plain

INDEXES = {
    "apt-get": ("/var/lib/apt/lists", {"update"}),
    "apt": ("/var/lib/apt/lists", {"update"}),
    "apk": ("/var/cache/apk", {"update"}),
    "yum": ("/var/cache/yum", {"makecache"}),
    "dnf": ("/var/cache/dnf", {"makecache"}),
    "microdnf": ("/var/cache/yum", {"makecache"}),
    "zypper": ("/var/cache/zypp", {"refresh", "ref"}),
}
"""Where each package manager keeps its index, and the subcommands that do nothing but fetch it."""
_CACHING = {"apk", "yum", "dnf", "microdnf", "zypper"}  # they fetch it when they install, too
INSTALLS = {"install", "add", "upgrade", "update", "dist-upgrade", "build-dep", "reinstall", "in"}
_LISTS = re.compile(r"-[a-zA-Z]*[lptvzZ]")
_HEAD = re.compile(r"-[a-zA-Z]*I")
_GIT_VALUES = {"-b", "--branch", "--depth", "-c", "--config", "-j", "--jobs", "-o", "--origin"}


class Write(NamedTuple):
    """A path that was written; `tree` says that it is a directory and all that is below it."""

    path: str
    tree: bool


@lru_cache(maxsize=256)  # of a RUN against each of those behind it
def writes(script: Script) -> tuple[Write, ...]:
    """What a script writes. Relative paths are left out where it changes its directory."""
    found = (write for command in script.certain for write in _by_command(command))
    return tuple(w for w in found if script.places(w.path))


def path(word: str) -> str | None:
    """The path that a word plainly names, normalised."""
    text = plain(word)
    return posixpath.normpath(text) if text and text not in (".", "/", "./") else None


def _by_command(command: Command) -> Iterator[Write]:
    names = [*command.outputs, *_files(command)]
    yield from (Write(found, False) for name in names if (found := path(name)))
    yield from (Write(found, True) for name in _trees(command) if (found := path(name)))


def _files(command: Command) -> list[str]:
    operands = command.operands
    if command.name == "wget":
        return _wget(command)
    if command.name == "curl":
        return _curl(command)
    if command.name == "tee":
        return list(operands)
    if command.name in ("cp", "mv", "install") and len(operands) == 2 and "-d" not in command.flags:
        source, target = operands
        return [target + posixpath.basename(source) if target.endswith("/") else target]
    return []


def _trees(command: Command) -> list[str]:
    if command.name in INDEXES:
        return _indexes(command)
    if command.name == "tar" and command.operands and _unpacks(command):
        return _values(command, "-C", "--directory")
    if command.name == "unzip" and not any(map(_LISTS.match, command.flags)):
        return _values(command, "-d")
    if command.name == "git" and command.words[1:2] == ("clone",):
        return _clone(command)
    return []


def _unpacks(command: Command) -> bool:
    """Does a `tar` unpack an archive, and not make or list one?"""
    first, *_ = command.words[1:]
    short = (word for word in command.flags if word[:1] == "-" != word[1:2])
    bundled = "" if first.startswith("-") else first
    return any("x" in word for word in (bundled, *short)) or bool(
        {"--extract", "--get"} & {*command.flags}
    )


def _indexes(command: Command) -> list[str]:
    directory, fetches = INDEXES[command.name]
    wanted = fetches | (INSTALLS if command.name in _CACHING else set())
    fetched = "--no-cache" not in command.flags and wanted.intersection(command.operands)
    return [directory] if fetched else []


def _wget(command: Command) -> list[str]:
    if "--spider" in command.flags:
        return []
    if given := _values(command, "-O", "--output-document"):
        return [name for name in given if name != "-"]
    if any(flag.startswith("-") and "O" in flag[:4] for flag in command.flags):
        return []  # as in -qO-: the value is part of the cluster
    directory = (_values(command, "-P", "--directory-prefix") or [""])[-1]
    urls = [word for word in command.operands if "://" in word]
    return [posixpath.join(directory, name) for url in urls if (name := _last_part(url))]


def _curl(command: Command) -> list[str]:
    if any(flag == "--head" or _HEAD.match(flag) for flag in command.flags):
        return []
    given = _values(command, "--output")
    for flag, value in zip(command.words, [*command.words[1:], ""], strict=True):
        if flag.startswith("-") and not flag.startswith("--"):
            if flag.endswith("o"):
                given.append(value)
            elif flag.endswith("O"):
                given += [
                    name for url in command.operands if "://" in url and (name := _last_part(url))
                ]
    return [name for name in given if name != "-"]


def _last_part(url: str) -> str:
    name = url.strip("'\"").rpartition("/")[2]
    return "" if set(name) & set("?#*") else name


def _values(command: Command, *names: str) -> list[str]:
    """The values of an option: `-C x`, `--directory x`, `--directory=x`."""
    apart = [v for name, v in zip(command.words, command.words[1:], strict=False) if name in names]
    joined = [
        w.partition("=")[2] for w in command.words if w.partition("=")[0] in names and "=" in w
    ]
    return apart + joined


def _clone(command: Command) -> list[str]:
    words = command.words[2:]
    values = {i + 1 for i, word in enumerate(words) if word in _GIT_VALUES}
    operands = [w for i, w in enumerate(words) if i not in values and not w.startswith("-")]
    if len(operands) == 1:
        return [_last_part(operands[0]).removesuffix(".git")]
    return operands[1:2]
