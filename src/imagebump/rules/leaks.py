"""What of a RUN's shell would reach the RUN that is put behind it, and what `set -e` would no longer do."""

import re
from collections.abc import Iterator

from imagebump.dockerfile.shell.effects import Effect, EffectKind
from imagebump.dockerfile.shell.model import Compound, Simple, Unknown
from imagebump.dockerfile.shell.reading import Reading, read
from imagebump.rules.options import are_unseen, called, has_hidden
from imagebump.rules.programs import names
from imagebump.rules.runs import Run

_SAYS: dict[EffectKind, str] = {
    "directory": "changes directory ({})",
    "variable": "sets a variable ({})",
    "option": "changes options of the shell ({})",
    "umask": "changes the umask",
    "limit": "changes a limit ({})",
    "trap": "sets a trap",
    "exec": "replaces or redirects its shell (exec)",
    "exit": "may end early without failing ({})",
    "arguments": "changes the arguments of its shell ({})",
    "function": "defines a function ({})",
    "alias": "defines an alias",
    "sourced": "reads a script into its shell ({})",
    "eval": "runs a computed script (eval)",
    "builtin": "calls a builtin by way of {}",
    "hash": "changes what the shell remembers (hash)",
    "job": "waits for processes in the background ({})",
    "background": "leaves a process in the background (&)",
    "computed": "runs a program whose name is computed ({})",
    "script": "hands a computed script to {}",
}
_STAY_INSIDE: frozenset[EffectKind] = frozenset(
    ["directory", "variable", "option", "umask", "limit", "exit", "arguments"]
)
_MAY_BE_LOST: frozenset[EffectKind] = frozenset(
    ["directory", "variable", "option", "umask", "limit"]
)
_SETTINGS = (["/etc/os-release"], ["/usr/lib/os-release"], ["/etc/lsb-release"])
_PATH = re.compile(r"\$(?:\w+|\{\w+\})(?:/[\w.-]+)+")
SUBSHELLS_DIFFER = names("$ ! BASHPID BASH_SUBSHELL SHLVL PPID")


def leaks(first: Run, a: Reading, b: Reading, seam: str = "&&") -> Iterator[tuple[str, bool]]:
    """Clauses on what of the shell of `a` would reach `b`, with whether a shell of its own holds it."""
    if a.ends_in_comment and not first.remark:
        yield "ends in a comment, which would swallow what is put behind it", False
    for effect in a.effects:
        if not _is_harmless(first, effect, a, b):
            lost = is_lost(effect, a)
            inside = (
                (effect.kind in _STAY_INSIDE or _is_a_path(effect) or _only_sets(effect, a))
                and effect.name != "return"
                and not lost
                and not a.uses & SUBSHELLS_DIFFER
            )
            said = _SAYS[effect.kind].format(effect.name[:40])
            why = " at its end, where that has no effect" if lost else ""
            yield said + why, inside
    if _returns_inside(a):
        yield _SAYS["exit"].format("return"), False
    if has_hidden(a.text):
        yield "may set a variable by arithmetic", not a.uses & SUBSHELLS_DIFFER
    if seam == "&&" and relies_on_errexit(first):
        yield "relies on set -e, which the shell ignores to the left of &&", False


def _returns_inside(a: Reading) -> bool:
    """Is there a `return` in a subshell, and no function? To bash it is an error, which a `&&` behind it hides."""
    inside = [one for one in a.found if one.context.via == "" and not one.context.own]
    functions = any(
        isinstance(one.node, Compound) and one.node.kind == "function" for one in inside
    )
    returns = any(isinstance(one.node, Simple) and one.node.name == "return" for one in inside)
    return returns and not functions


def _is_a_path(effect: Effect) -> bool:
    """Is it a program below a directory that is computed? It is a builtin only where that holds a blank."""
    return effect.kind == "computed" and bool(_PATH.fullmatch(effect.name))


def _only_sets(effect: Effect, a: Reading) -> bool:
    """Does it read nothing but the files that hold variables of the system?"""
    files = [[word.value for word in one.words[1:]] for one in called(a, ". source")]
    return effect.kind == "sourced" and all(one in _SETTINGS for one in files)


def is_lost(effect: Effect, reading: Reading) -> bool:
    """Is it the last thing that a RUN does, and so without any effect?"""
    return effect.last and effect.kind in _MAY_BE_LOST and reading.last_simple is not None


def _is_harmless(first: Run, effect: Effect, a: Reading, b: Reading) -> bool:
    if effect.kind == "exit":
        return all(map(_fails, called(a, "exit return logout break continue suspend")))
    if effect.kind == "builtin":
        return all(map(_only_asks, called(a, "command builtin")))
    if effect.kind == "option":
        return are_unseen(a, b, first.place.environment)
    return False


def _fails(command: Simple) -> bool:
    """Is it an `exit` of a status that ends the build?"""
    values = [word.value for word in command.words]
    status = values[1] if len(values) == 2 else None
    return values[0] == "exit" and bool(status and status.isdecimal() and 0 < int(status) < 256)


def _only_asks(command: Simple) -> bool:
    values = [word.value for word in command.words]
    return values[:2] in (["command", "-v"], ["command", "-V"])


def relies_on_errexit(run: Run) -> bool:
    """Would the last list of a RUN go on after a failure, if it stood to the left of `&&`?

    What is before the last list keeps its errexit.
    """
    reading = run.reading
    if isinstance(reading, Unknown) or not (run.place.errexit or _may_set_errexit(reading)):
        return False
    last = reading.script.lists[-1]
    alone = read(run.text[last.start : last.end], reading.dialect)
    return isinstance(alone, Unknown) or alone.relies_on_errexit(already=True)


def relies_anywhere(run: Run) -> bool:
    """The same for a RUN of which everything would stand there, as in a subshell."""
    reading = run.reading
    return isinstance(reading, Unknown) or reading.relies_on_errexit(run.place.errexit)


def _may_set_errexit(reading: Reading) -> bool:
    return reading.may_set_errexit or any(
        isinstance(one.node, Simple) and one.node.name in ("set", "eval", ".", "source", "shopt")
        for one in reading.found
    )
