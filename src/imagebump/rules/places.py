"""The directories that the commands of a script stand in, and the places that their words name."""

import re
from collections.abc import Iterable, Iterator
from functools import partial
from posixpath import dirname, normpath
from posixpath import join as joined
from typing import NamedTuple

from imagebump.dockerfile.shell.model import Command, Simple
from imagebump.dockerfile.shell.reading import Reading
from imagebump.dockerfile.shell.walk import Found

UNKNOWN = "/?"
"""The directory that only the base image knows."""

ANYWHERE = "?"
"""A place that the shell computes."""

_COMPUTED = re.compile(r"[$`*?\[{~\\]")
_MERGED = re.compile(r"^(?:/usr(?=/(?:s?bin|lib\w*)(?:/|$))|/var(?=/(?:run|lock)(?:/|$)))/")
"""What most distributions have under two names: `/bin` is `/usr/bin`, `/var/run` is `/run`."""

_HOME = re.compile(r"^(?:~|\$HOME|\$\{HOME\}|/root|/home/[^/]+)(?=/|$)")
_MOVES = frozenset(["cd", "chdir", "pushd"])
_NO_WORKDIR = (
    "/etc",
    "/bin",
    "/sbin",
    "/lib",
    "/usr/bin",
    "/usr/lib",
    "/usr/sbin",
    "/usr/local/bin",
)
"""Directories below which no base image has its WORKDIR."""


class Spot(NamedTuple):
    """A path, and with `deep` all that is below it. All homes are one, `~`."""

    path: str
    deep: bool = False


def standing(reading: Reading, workdir: str) -> Iterator[tuple[Simple, frozenset[str]]]:
    """Each command of a script with the directories that it may stand in.

    A `cd` that fails is taken to end the script.
    """
    here = frozenset([workdir or UNKNOWN])
    if not reading.names & _MOVES:
        yield from ((command, here) for command in reading.commands)
        return
    for one in filter(_may_move, reading.found):
        here |= _targets(one.node, here)
    left: list[tuple[int, frozenset[str]]] = []  # where the shells around this one stand
    for one in reading.found:
        while left and one.context.depth < left[-1][0]:
            here = left.pop()[1]
        if isinstance(one.node, Simple):
            yield one.node, here
        if _moves(one.node) and not _may_move(one):
            if not one.context.own:
                left.append((one.context.depth, here))
            here = _targets(one.node, here)


def _may_move(one: Found) -> bool:
    """Is it a `cd` that may be left out, or of which it is hard to tell how far it reaches?"""
    if not _moves(one.node):
        return False
    clear = one.context.certain and not one.context.in_pipeline
    return not clear or one.node.words[0].value == "pushd"


def _moves(command: object) -> bool:
    return isinstance(command, Simple) and command.name in _MOVES


def _targets(command: Command, here: frozenset[str]) -> frozenset[str]:
    words = [word.raw for word in command.words[1:]]
    return frozenset(place.path for place in places(words or ["~"], here))


def places(words: Iterable[str], here: Iterable[str], deep: bool = False) -> Iterator[Spot]:
    """What paths may mean to a command that stands in one of the directories `here`."""
    for word in words:
        text = _HOME.sub("~", word.replace('"', "").replace("'", ""), count=1)
        computed = _COMPUTED.search(text, text == "~" or text.startswith("~/"))
        known = text[: computed.start()] if computed else text
        if computed and not known:
            known = ANYWHERE if text[0] in "$`~{" else "."
        elif computed:
            known = known if known.endswith("/") else dirname(known) or "."
        yield from (Spot(_inside(one, known), deep or bool(computed)) for one in here)


def _inside(directory: str, path: str) -> str:
    if path == ANYWHERE or path.startswith("~"):
        return path
    if not path.startswith("/"):
        if directory == ANYWHERE or (".." in path and directory.startswith((UNKNOWN, "~"))):
            return ANYWHERE
        path = joined(directory, path)
    # two slashes at the start are another root to POSIX, and the same one here
    return _HOME.sub("~", normpath(path).replace("//", "/"), count=1)


def meet(one: Spot, other: Spot) -> bool:
    """May two places have something in common?"""
    if ANYWHERE in (one.path, other.path):
        return True
    one, other = (each._replace(path=_MERGED.sub("/", each.path)) for each in (one, other))
    unknown = [place.path.startswith(UNKNOWN) for place in (one, other)]
    if unknown in ([True, False], [False, True]):
        path = other.path if unknown[0] else one.path
        at_root = re.fullmatch(r"/[^/]*", path) and not (other if unknown[0] else one).deep
        return not at_root and not any(map(partial(_is_below, path), _NO_WORKDIR))
    return (
        one.path == other.path
        or (one.deep and _is_below(other.path, one.path))
        or (other.deep and _is_below(one.path, other.path))
    )


def _is_below(path: str, directory: str) -> bool:
    return f"{path}/".startswith(f"{directory.rstrip('/')}/")
