"""Whether a RUN may remove the directory that it starts in, which Docker makes anew for the next one."""

import re
from collections.abc import Iterable
from itertools import pairwise

from imagebump.dockerfile.shell.model import Simple, Word
from imagebump.dockerfile.shell.reading import Reading
from imagebump.rules.options import sets_errexit
from imagebump.rules.places import ANYWHERE, UNKNOWN, standing
from imagebump.rules.programs import base, names, operands, programs, short, started, written
from imagebump.rules.runs import below

_REMOVERS = names("rm rmdir mv find rsync trash ln unlink rename prename perl-rename")
_LEAVES = names("chmod chown grep sed cat ls rm touch echo file strip gzip")
_ONE_FILE = re.compile(r"(?:.*/[^/]*\w\.\w[^/]*|(?:/usr(?:/local)?)?/(?:s?bin|lib)/[^/]+|/etc/.+)$")
_PASSING = re.compile(
    r"/(?:var/cache|var/log|var/lib/apt|var/lib/dpkg|root/\.[^/*?]+"
    r"|tmp/made-by-mktemp|usr/share/(?:doc|man|info|locale|gtk-doc)|usr/local/share/(?:doc|man))(?:/|$)"
)
"""Directories below which no base image has its WORKDIR."""

_OUTPUT = names("-o -O --output --output-document")
_GLOB = re.compile(r"[*?\[]")
_FLAGS = re.compile(r"""["']?-(?!-)[a-zA-Z]*[rRd$].*|["']?\$\{?\w+\}?["']?|[$`"].*-[rRd]+["']?""")
_COMPUTED = re.compile(r"[$`*?\[{~\\]")
_OF_THE_USER = re.compile(r"(?:~|\$HOME|\$\{HOME\})/\.[\w-]+(?:/|$)")


def removed(a: Reading, workdir: str) -> str:
    """A word by which `a` may remove its WORKDIR or a directory above it; "" for none.

    `workdir` is "" where only the base image knows.
    """
    if workdir == "/":
        return ""
    start = frozenset([workdir or UNKNOWN])
    fetched, certain = set[str](), stopping(a)
    for command, here in standing(a, workdir):
        moves = here != start or "popd" in a.names
        fetched |= _fetched(command) if any(command is one for one in certain) else set()
        command = _unwrapped(command)
        found = set(programs(command))
        if found & {"xargs", "parallel"} and found & _REMOVERS:
            return short(command.words[0].raw)
        if _removes(command):
            for word in _subjects(command):
                text = word.raw.replace('"', "").replace("'", "")
                if text in fetched or (not workdir and _is_one_file(command, text)):
                    continue
                if _GLOB.match(text) and _may_hold(here, workdir):
                    return short(word.raw)
                if _may_be(text if word.value is None else word.value, word, workdir, moves):
                    return short(word.raw)
    return ""


def _may_hold(directories: Iterable[str], workdir: str) -> bool:
    """May what the RUN starts in be below one of these?"""
    if not workdir:
        known = (one for one in directories if not f"{one}/".startswith(f"{UNKNOWN}/"))
        return any(not _PASSING.match(f"{one}/") for one in known)
    return any(
        one.startswith(ANYWHERE) or workdir.startswith(f"{one.rstrip('/')}/") for one in directories
    )


def stopping(a: Reading) -> list[Simple]:
    """The commands that are done in any case, and whose failure ends the script."""
    first = a.script.lists[0]
    alone = len(a.script.lists) == 1 and "||" not in first.operators
    if not (alone or sets_errexit(first)):
        return []
    found = (one for one in a.found if one.context.certain and one.context.via in ("", "eval"))
    found = (one for one in found if not one.context.in_pipeline)
    nodes = (one.node for one in found if alone or not one.context.ignored)
    return [one for one in nodes if isinstance(one, Simple)]


def _fetched(command: Simple) -> set[str]:
    """The absolute paths at which it makes a file, or fails where there is a directory."""
    values = written(command)
    pairs = pairwise(values) if command.name in ("wget", "curl") else ()
    return {value for option, value in pairs if option in _OUTPUT and value.startswith("/")}


def _unwrapped(command: Simple) -> Simple:
    """The command behind a `sudo` without options."""
    behind = command.words[1:]
    plain = command.name == "sudo" and behind and not behind[0].raw.startswith("-")
    return command._replace(words=behind) if plain else command


def _removes(command: Simple) -> bool:
    if command.name == "find":
        return _find_removes(command)
    if command.name == "ln":
        return any(
            re.search(r"^-(?!-)[a-zA-Z]*[fbT]|^--|^[\"$`]", w.raw) for w in command.words[1:]
        )
    return bool(set(programs(command)) & _REMOVERS)


def _is_one_file(command: Simple, text: str) -> bool:
    """Is it plainly a file, or a link to a program, and no directory?"""
    single = command.name in ("ln", "unlink") or (
        command.name == "rm" and not _is_recursive(command)
    )
    return single and not _COMPUTED.search(text) and bool(_ONE_FILE.match(text))


def _is_recursive(command: Simple) -> bool:
    """When in doubt, as for `rm $x`, yes."""
    flags = [word.raw for word in command.words[1:]]
    return any(f.startswith("--r") or _FLAGS.fullmatch(f) for f in flags)


def _find_removes(command: Simple) -> bool:
    values = {word.value for word in command.words}
    if "f" in values and "-type" in values:
        return False
    acts = {base(value) for value in values} & {"-delete", "rmdir", "mv", "sh", "bash"}
    others = set(started(command)) - _LEAVES
    return bool(acts or others) or ("rm" in values and _is_recursive(command))


def _subjects(command: Simple) -> list[Word]:
    found = operands(command)
    plain = all(w.value is not None for w in command.words) and len(found) == 2
    options = any(w.raw.startswith(("-t", "--")) for w in command.words)
    if command.name == "mv" and (plain or len(found) > 2) and not options:
        return found[:-1]
    if command.name == "ln" and len(found) > 1 and not options:
        return found[-1:]
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
