"""Options of the shell that one RUN sets, and whether the next would do the same with them."""

import re
from collections.abc import Iterable
from dataclasses import replace

from imagebump.dockerfile.shell.model import AndOr, Redirect, Script, Simple
from imagebump.dockerfile.shell.reading import Reading

_UNSETS = frozenset(["unset", "local", "shift"])
_READ_MORE = frozenset(
    ["let", "declare", "typeset", "readonly", "mapfile", "readarray", "getopts", "read"]
)
_SUBSCRIPT = re.compile(r"\w\[[^]]*\]\+?=")
_ALWAYS = frozenset(["HOME", "PATH", "PWD", "#", "?", "$", "-", "0"])
"""What is set in each shell that Docker starts."""

_HIDDEN = re.compile(
    r"\$\(\([^)]*[A-Za-z$]|\$\{\w+(?:\[[^]]*\])?:[^}=?+-]*[A-Za-z$]|@P\}"
    r"|\[\[.*\s-(?:eq|ne|lt|le|gt|ge)\s|(?:^|[\s;&|(])\(\(|\$\{[!#]?\w+\[[^]@*]*[A-Za-z$]|-v\s+\w+\["
)
"""Arithmetic with names in it: what they hold may be an assignment."""

_HIDES = ("((", "${", "[[", "-v", "@P")
"""What it cannot do without, and most texts can."""


def has_hidden(text: str) -> bool:
    """May an assignment be hidden in arithmetic?"""
    return any(map(text.__contains__, _HIDES)) and bool(_HIDDEN.search(text))


def called(reading: Reading, names: str) -> list[Simple]:
    """The commands of these names that run in the script's own shell."""
    found = (one.node for one in reading.found if one.context.own)
    return [one for one in found if isinstance(one, Simple) and one.name in names.split()]


def are_unseen(a: Reading, b: Reading, environment: Iterable[str]) -> bool:
    """Does `b` set anew all options that `a` sets, or do the same with them and without?

    `environment` names variables that are set before it starts.
    """
    given = [_options(one) for one in called(a, "set shopt enable bind complete setvar")]
    known = [one for one in given if one is not None]
    left = frozenset[str]().union(*known) - _first_options(b)
    return len(known) == len(given) and left <= _of_no_consequence(b, _ALWAYS.union(environment))


def sets_errexit(one: AndOr) -> bool:
    """Is it a `set` that turns on -e, and nothing else?"""
    (first, *others), *rest = (each.commands for each in one.pipelines)
    alone = not (others or rest or one.pipelines[0].negated) and one.terminator == ";"
    return alone and isinstance(first, Simple) and "e" in (_options(first) or ())


def _first_options(b: Reading) -> frozenset[str]:
    """The options that its first command sets."""
    first = b.script.lists[0].pipelines[0]
    opening = first.commands[0]
    if first.negated or len(first.commands) > 1 or not isinstance(opening, Simple):
        return frozenset()
    return _options(opening) or frozenset()


def _of_no_consequence(b: Reading, known: frozenset[str]) -> frozenset[str]:
    """Options without which it does the same: -u where it reads no variable, -e and -x for plain commands."""
    found = set[str]()
    if _asks(b):
        return frozenset()
    reads_unset = _reads_unset(b, known) or "((" in b.text or has_hidden(b.text)
    if _reads_nothing(b) and not reads_unset:
        found.add("u")
    if _is_plain(b):
        found |= {"e", "pipefail"}
        if not any(_is_error(one) for command in b.commands for one in command.redirects):
            found.add("x")
    return frozenset(found)


def _reads_unset(b: Reading, known: frozenset[str]) -> bool:
    """May it read a variable that it has not set before, and that is not in `known`?"""
    found = set(() if b.names & _UNSETS else known)
    for one in b.script.lists:
        part = replace(b, script=Script((one,)), bodies=())
        if part.uses - found:
            return True
        found |= _assigned(one) if not b.names & _UNSETS else set()
    return False


def _assigned(one: AndOr) -> set[str]:
    """What a list certainly sets, whatever comes of it."""
    (first, *others), *rest = (each.commands for each in one.pipelines)
    if others or rest or not isinstance(first, Simple):
        return set()
    exported = first.words[1:] if first.name == "export" else ()
    if first.words and not exported:
        return set()
    given = (word.raw.partition("=") for word in exported)
    named = {name for name, is_set, _ in given if is_set and name.isidentifier()}
    return named | {each.name for each in first.assignments if not first.words}


def _reads_nothing(b: Reading) -> bool:
    """Does it certainly run no other script in its own shell?"""
    if b.names & _READ_MORE or _SUBSCRIPT.search(b.text):
        return False
    return {effect.kind for effect in b.effects} <= {
        "option",
        "variable",
        "directory",
        "umask",
        "limit",
        "exit",
    }


def _is_plain(b: Reading) -> bool:
    """Is it nothing but simple commands with `&&` between, which do nothing to their shell?"""
    negated = any(one.negated for each in b.script.lists for one in each.pipelines)
    simple = all(
        isinstance(one.node, Simple) and not one.context.depth and not one.context.in_pipeline
        for one in b.found
        if one.context.via in ("", "eval", "trap")
    )
    return simple and b.is_operand and not (b.effects or negated)


def _asks(b: Reading) -> bool:
    """Does it look at the options of its shell, as by `$-` or `set -o`?"""
    words = ([word.value for word in one.words] for one in b.commands)
    return bool(b.uses & {"-", "SHELLOPTS", "BASHOPTS"}) or any(
        one in (["set", "-o"], ["set", "+o"]) or one[:1] == ["shopt"] for one in words
    )


def _is_error(one: Redirect) -> bool:
    """Might it take what -x prints?"""
    return one.fd == "2" or "&" in one.operator


def _options(command: Simple) -> frozenset[str] | None:
    """What a `set` turns on, where it does nothing else."""
    values = [word.value for word in command.words]
    if command.name != "set" or command.redirects or command.assignments or len(values) < 2:
        return None
    found, expects_name = set[str](), False
    for value in values[1:]:
        if value is None:
            return None
        if expects_name:
            found.add(value)
            expects_name = False
        elif value[:1] == "-" and value[1:] and set(value[1:]) <= set("euxo"):
            found |= set(value[1:]) - {"o"}
            expects_name = "o" in value
        else:
            return None
    named = {"errexit": "e", "nounset": "u", "xtrace": "x", "pipefail": "pipefail"}
    if expects_name or not found <= named.keys() | named.values():
        return None
    return frozenset(named.get(name, name) for name in found)
