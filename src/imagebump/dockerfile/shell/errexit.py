"""Whether a script turns on `set -e`, and whether it would go on without it.

The shell ignores errexit to the left of `&&` and `||`, behind `!`, and in conditions, however deep
the command is. When in doubt, the answers here are yes.
"""

from collections.abc import Iterator

from imagebump.dockerfile.shell.model import (
    AndOr,
    Command,
    Pipeline,
    Script,
    Simple,
    Word,
)

_PASSES_ON = frozenset(["command", "builtin", "eval"])
_NEVER_FAIL = frozenset(["set", ":", "true"])
_LOOPS = frozenset(["while", "until", "for", "for-arithmetic", "select"])


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


def relies(script: Script, *, already: bool = False) -> bool:
    """Does a failure stop it that would not stop it, or not change its status, without -e?"""
    ever = already or _script_sets(script)
    return _State(already, ever).script(script, final=True)


class _State:
    """`on` turns true at the first `set -e` in the order of the text; `ever` if there is one.

    `final`: the status of what is looked at is that of the whole; `ignored`: errexit is. In a
    substitution it is not, whatever is around: dash starts anew there.
    """

    def __init__(self, on: bool, ever: bool) -> None:
        self.on = on
        self.ever = ever

    def script(self, script: Script, *, final: bool, ignored: bool = False) -> bool:
        """Does any command of it rely on -e?"""
        last = len(script.lists) - 1
        steps = [
            self._list(one, final and n == last, ignored) for n, one in enumerate(script.lists)
        ]
        return any(steps)

    def _list(self, one: AndOr, final: bool, ignored: bool) -> bool:
        *others, last = one.pipelines
        steps = [self._pipeline(pipeline, False, True) for pipeline in others]
        steps.append(self._pipeline(last, final and one.terminator != "&", ignored))
        return any(steps)

    def _pipeline(self, one: Pipeline, final: bool, ignored: bool) -> bool:
        ignored = ignored or one.negated
        relied = self.on and not final and not ignored and not _cannot_fail(one)
        inner = [self._command(command, final, ignored) for command in one.commands]
        return relied or any(inner)

    def _command(self, command: Command, final: bool, ignored: bool) -> bool:
        inner = [self.script(script, final=True) for script in _substitutions(command)]
        if isinstance(command, Simple):
            self.on = self.on or may_set(command)
            return any(inner)
        if command.kind in _LOOPS or command.kind == "function":
            final = False  # it runs again, or at another place
            self.on = self.ever if command.kind == "function" else self.on or _sets_inside(command)
        inner += [
            self.script(part.script, final=final, ignored=ignored or part.role == "condition")
            for part in command.parts
        ]
        return any(inner)


def _sets_inside(command: Command) -> bool:
    if isinstance(command, Simple):
        return may_set(command)
    return any(_script_sets(part.script) for part in command.parts)


def _script_sets(script: Script) -> bool:
    pipelines = (pipeline for one in script.lists for pipeline in one.pipelines)
    return any(_sets_inside(command) for one in pipelines for command in one.commands)


def _cannot_fail(one: Pipeline) -> bool:
    only = one.commands[0]
    return isinstance(only, Simple) and not only.redirects and only.name in _NEVER_FAIL


def _substitutions(command: Command) -> Iterator[Script]:
    for word in _words(command):
        yield from word.scripts


def _words(command: Command) -> Iterator[Word]:
    yield from command.words
    yield from (redirect.target for redirect in command.redirects)
    if isinstance(command, Simple):
        yield from (word for assignment in command.assignments for word in assignment.words)
