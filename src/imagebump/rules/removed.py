"""Whether a RUN may remove the directory that it starts in, which Docker makes anew for the next one."""

import re

from imagebump.dockerfile.shell.model import Simple, Word
from imagebump.dockerfile.shell.reading import Reading
from imagebump.rules.programs import base, operands, programs, short
from imagebump.rules.runs import below

_REMOVERS = frozenset(["rm", "rmdir", "mv", "find", "rsync", "trash"])
_PASSING = re.compile(
    r"/(?:(?:tmp|var/tmp)/[^/]|(?:var/cache|var/log|var/lib/apt|var/lib/dpkg|root/\.[^/*?]+"
    r"|usr/share/(?:doc|man|info|locale|gtk-doc)|usr/local/share/(?:doc|man))(?:/|$))"
)
"""Directories below which no base image has its WORKDIR."""

_FLAGS = re.compile(r"""["']?-(?!-)[a-zA-Z]*[rRd$].*|["']?\$\{?\w+\}?["']?|[$`"].*-[rRd]+["']?""")
_COMPUTED = re.compile(r"[$`*?\[{~\\]")
_OF_THE_USER = re.compile(r"(?:~|\$HOME|\$\{HOME\})/\.[\w-]+(?:/|$)")


def removed(a: Reading, workdir: str) -> str:
    """A word by which `a` may remove its WORKDIR or a directory above it; "" for none.

    `workdir` is "" where only the base image knows.
    """
    if workdir == "/":
        return ""
    moves = bool(a.names & {"cd", "chdir", "pushd", "popd"})
    for command in a.commands:
        if _removes(command):
            for word in _subjects(command):
                text = word.raw.replace('"', "").replace("'", "")
                if _may_be(text if word.value is None else word.value, word, workdir, moves):
                    return short(word.raw)
    return ""


def _removes(command: Simple) -> bool:
    if command.name == "find":
        return _find_removes(command)
    names = set(programs(command)) & _REMOVERS
    return _is_recursive(command) if names == {"rm"} else bool(names)


def _is_recursive(command: Simple) -> bool:
    """When in doubt, as for `rm $x`, yes."""
    flags = [word.raw for word in command.words[1:]]
    return any(f == "--recursive" or _FLAGS.fullmatch(f) for f in flags)


def _find_removes(command: Simple) -> bool:
    values = {word.value for word in command.words}
    if "f" in values and "-type" in values:
        return False
    acts = {base(value) for value in values} & {"-delete", "rmdir", "mv", "sh", "bash"}
    return bool(acts) or ("rm" in values and _is_recursive(command))


def _subjects(command: Simple) -> list[Word]:
    found = operands(command)
    if command.name == "mv" and not any(
        w.raw.startswith(("-t", "--target")) for w in command.words
    ):
        return found[:-1]
    return found


def _may_be(text: str, word: Word, workdir: str, moves: bool) -> bool:
    """May a word name the directory that a RUN starts in, or one that holds it?"""
    computed = _COMPUTED.search(text) if word.value is None else None
    known = text[: computed.start()] if computed else text
    if not text or _OF_THE_USER.match(text):
        return "/." in workdir
    if not text.startswith("/"):
        return _may_leave(text, known, workdir, moves)
    if ".." in text or (computed and "/" not in known[1:]):
        return True  # as in `/$x` or `/*`
    if not workdir:
        return _PASSING.match(f"{below('/', known)}{'/-' * known.endswith('/')}") is None
    if computed:
        return _is_prefix(known, computed[0], workdir)
    return f"{workdir}/".startswith(f"{below('/', text)}/".replace("//", "/"))


def _is_prefix(known: str, follows: str, workdir: str) -> bool:
    """May `known` and something behind it be the directory, or one above it?"""
    if follows in "*?[":  # it stands for one character at least, so for what is below
        return workdir.startswith(known)
    return workdir.startswith(known.rstrip("/"))


def _may_leave(text: str, known: str, workdir: str, moves: bool) -> bool:
    """May a relative path name the directory itself, or what is above it?"""
    if ".." in text or below(".", text) == ".":
        return True
    if known != text and not known:
        return text[0] not in "*?["  # as in `$x`
    if moves:  # relative to who knows what
        parts = workdir.split("/")
        first = text.removeprefix("./").split("/")[-1 if known == text else 0]
        return known != text or first in parts or text.endswith("/")
    return False
