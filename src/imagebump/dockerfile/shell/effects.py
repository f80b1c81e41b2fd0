"""What a script does to the shell that runs it."""

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

from imagebump.dockerfile.shell.model import Compound, Script, Simple, Word
from imagebump.dockerfile.shell.walk import Walk

EffectKind = Literal[
    "directory", "variable", "option", "umask", "limit", "trap", "exec", "exit", "arguments",
    "function", "alias", "sourced", "eval", "builtin", "hash", "job", "background", "computed",
    "script",
]  # fmt: skip


class Effect(NamedTuple):
    """A change of the shell, or what may be one.

    `name` is the variable, function or command that is to blame; `last` says that no command
    runs behind it. `background` and `script` (one that is given to a shell and cannot be read)
    count at any depth; of the others, only those that reach the text's own shell are told.
    """

    kind: EffectKind
    name: str
    last: bool


_BUILTINS: dict[EffectKind, str] = {
    "directory": "cd chdir pushd popd dirs",
    "variable": "export readonly declare local typeset unset read getopts mapfile readarray let",
    "option": "set shopt enable bind complete compgen compopt setvar",
    "umask": "umask",
    "limit": "ulimit",
    "trap": "trap",
    "exec": "exec",
    "exit": "exit return logout break continue suspend",
    "arguments": "shift",
    "alias": "alias unalias",
    "sourced": ". source",
    "eval": "eval",
    "builtin": "command builtin",
    "hash": "hash",
    "job": "wait fg bg disown jobs",
}
_KINDS: dict[str, EffectKind] = {
    name: kind for kind, names in _BUILTINS.items() for name in names.split()
}
_NAMED = frozenset(["export", "readonly", "declare", "local", "typeset", "unset", "read"])
_SPECIAL = frozenset([":", "times", *_KINDS])
"""Builtins before which an assignment may outlive the command."""
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PATH = re.compile(r"[\w.+-]*/.*|\"(?:[^\"$`\\/]|\$\w|\$\{\w+\})*+/.*", re.DOTALL)


def effects(walk: Walk, script: Script) -> Iterator[Effect]:
    """In the order of the commands; what counts at any depth comes last."""
    final = _final(script)
    for node, context in walk.found:
        if context.own:
            found = _of_simple(node) if isinstance(node, Simple) else _of_compound(node)
            yield from (Effect(kind, name, node is final) for kind, name in found)
    yield from (Effect("variable", name, False) for name in walk.sets)
    if walk.background:
        yield Effect("background", "&", False)
    yield from (Effect("script", program, False) for program in walk.opaque)


def _final(script: Script) -> object:
    """The command behind which none runs."""
    return script.lists[-1].pipelines[-1].commands[-1] if script.lists else None


def _of_compound(one: Compound) -> Iterator[tuple[EffectKind, str]]:
    if one.kind == "function":
        yield "function", one.name
    elif one.kind == "for":
        yield "variable", one.name


def _of_simple(one: Simple) -> Iterator[tuple[EffectKind, str]]:
    name = one.name
    if name is None:
        if not _PATH.fullmatch(one.words[0].raw):
            yield "computed", one.words[0].raw
    elif name in _KINDS:
        yield from ((_KINDS[name], each) for each in _blamed(name, one.words[1:]))
    elif name == "printf" and any(word.value in (None, "-v") for word in one.words[1:2]):
        yield "variable", "printf -v"
    if not one.words or name is None or name in _SPECIAL:
        yield from (("variable", assignment.name) for assignment in one.assignments)


def _blamed(name: str, words: tuple[Word, ...]) -> list[str]:
    """The variables that a builtin names, or the builtin itself."""
    if name not in _NAMED:
        return [name]
    found = (_NAME.match(word.raw) for word in words)
    return [match[0] for match in found if match] or [name]
