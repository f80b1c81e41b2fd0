"""Whether a script turns on `set -e`, and whether it would go on without it.

The shell ignores errexit to the left of `&&` and `||`, behind `!`, and in conditions, however deep
the command is. When in doubt, the answers here are yes.
"""

from collections.abc import Iterable

from imagebump.dockerfile.shell.model import Command, Compound, Simple
from imagebump.dockerfile.shell.walk import Found

_PASSES_ON = frozenset(["command", "builtin", "eval"])
_NEVER_FAIL = frozenset(["set", ":", "true"])


def may_set(command: Command) -> bool:
    """Is it a `set -e`, or a `set` of what cannot be told?"""
    if not isinstance(command, Simple) or not command.words:
        return False
    values = [word.value for word in command.words]
    if values[0] in _PASSES_ON:
        return values[0] == "eval" or "set" in values or None in values[1:2]
    if values[0] == "shopt":
        return "errexit" in values or None in values
    return values[0] == "set" and any(map(_turns_on, values[1:]))


def _turns_on(value: str | None) -> bool:
    if value is None or value == "errexit":
        return True
    return value.startswith("-") and not value.startswith("--") and "e" in value


def relies(found: Iterable[Found], *, already: bool = False) -> bool:
    """Does a failure stop it that would not stop it, or not change its status, without -e?

    A `set -e` at the top holds from there on, one that stands deeper for everything: a loop may
    come back from it. Where there are functions, it is not known when anything runs.
    """
    here = [one for one in found if one.context.via in ("", "eval")]
    functions = any(isinstance(node, Compound) and node.kind == "function" for node, _ in here)
    holds = already or any((functions or one.context.depth) and may_set(one.node) for one in here)
    for node, context in here:
        if holds and not context.ignored and not context.final and not _cannot_fail(node):
            return True
        holds = holds or may_set(node)
    return False


def _cannot_fail(node: Command) -> bool:
    return isinstance(node, Simple) and not node.redirects and node.name in _NEVER_FAIL
