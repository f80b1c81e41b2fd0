"""Why one RUN may not be put behind another in one shell: what would then be different.

`A && B` does what the RUNs A and B do only where nothing of A's shell reaches B, and B sees
nothing that Docker renews between two RUNs. What is not known to be harmless is an obstacle.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from imagebump.dockerfile.shell.effects import Effect, EffectKind
from imagebump.dockerfile.shell.model import Simple, Unknown
from imagebump.dockerfile.shell.reading import LONGEST, Reading, read
from imagebump.rules.hashed import hashed
from imagebump.rules.links import writes_through
from imagebump.rules.outside import outside
from imagebump.rules.programs import base, names, texts
from imagebump.rules.removed import removed
from imagebump.rules.replaced import replaced_shell
from imagebump.rules.runs import Run


class Obstacle(NamedTuple):
    """What keeps two RUNs apart: the line of the one to blame, and a clause without its subject.

    `stays_inside` says that it is no obstacle where the first runs in a shell of its own.
    """

    line: int
    reason: str
    stays_inside: bool = False


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
_NO_HASH = names("type hash")
_LOOKS_ON = names("ps pgrep pidof pstree")
_ITS_SCRIPT = re.compile(r"/proc/(?:1|\$)")
_HIDDEN = re.compile(
    r"\$\(\([^)]*[A-Za-z$]|\$\{\w+(?:\[[^]]*\])?:[^}=?+-]*[A-Za-z$]|@P\}"
    r"|\[\[.*\s-(?:eq|ne|lt|le|gt|ge)\s|(?:^|[\s;&|(])\(\(|\$\{[!#]?\w+\[[^]@*]*[A-Za-z$]|-v\s+\w+\["
)
"""Arithmetic with names in it: what they hold may be an assignment."""
_STAY_INSIDE: frozenset[EffectKind] = frozenset(
    ["directory", "variable", "option", "umask", "limit", "exit", "arguments"]
)
_OF_THE_SHELL = names(
    "_ ! LINENO SECONDS PIPESTATUS BASH_COMMAND BASH_LINENO BASHPID BASH_SUBSHELL SHLVL PPID"
    " RANDOM HISTCMD BASH_EXECUTION_STRING BASH_CMDS"
)
_LOCALES = re.compile(r"locale-gen|localedef|update-locale|\blocales\b|langpack|language-pack")
_LIKE_JSON = re.compile(r"\[\s*[\"\]]")
_SUBSHELLS_DIFFER = names("$ ! BASHPID BASH_SUBSHELL SHLVL PPID")


def obstacles(first: Run, second: Run) -> Iterator[Obstacle]:
    """Everything that keeps `second` from standing behind `first`, from the surest on."""
    if first.place.odd:
        yield Obstacle(first.line, first.place.odd)
    a, b = first.reading, second.reading
    for run, reading in ((first, a), (second, b)):
        yield from (Obstacle(run.line, reason) for reason in _unfit(run.text, reading))
    if isinstance(a, Unknown) or isinstance(b, Unknown):
        return
    yield from _of_the_shell(first, a, b)
    yield from (
        Obstacle(first.line, reason)
        for reason in (*outside(a, b), *replaced_shell(a, b, first.place.workdir))
    )
    if word := removed(a, first.place.workdir):
        why = "which Docker makes again for the next RUN"
        yield Obstacle(first.line, f"may remove the directory it starts in ({word}), {why}")
    if writes_through(a, b, first.place.workdir):
        yield Obstacle(first.line, "may make hard links, which the next RUN would write through")
    yield from (Obstacle(second.line, reason) for reason in _looks_back(b))
    if name := hashed(a, b):
        yield Obstacle(first.line, f"may replace {name}, whose place the shell remembers")
    if "$" in a.uses:
        yield Obstacle(first.line, "speaks of its own process ($$)")
    if any(map(_LOCALES.search, texts(a))) and any(set("*?[") & set(w) for w in texts(b)):
        yield Obstacle(first.line, "makes locales, by which the next RUN would sort")
    if len(first.text) + len(second.text) + 100 > LONGEST:
        yield Obstacle(second.line, "would make one script of more than 64 KB")


def _unfit(text: str, reading: Reading | Unknown) -> Iterator[str]:
    if isinstance(reading, Unknown):
        yield f"is not plain enough to be sure ({reading.reason})"
    elif not reading.script.lists:
        yield "holds no command"
    elif _LIKE_JSON.match(text):
        yield "starts like a JSON array, which Docker would take for the exec form"
    elif "<<" in text:
        yield "may hold a heredoc"
    elif "C:\\" in text:
        yield "is written for Windows"


def _of_the_shell(first: Run, a: Reading, b: Reading) -> Iterator[Obstacle]:
    line = first.line
    if a.ends_in_comment:
        yield Obstacle(line, "ends in a comment, which would swallow what is put behind it")
    for effect in a.effects:
        if not _is_harmless(effect, a, b):
            lost = is_lost(effect, a)
            inside = (
                effect.kind in _STAY_INSIDE
                and effect.name != "return"
                and not lost
                and not a.uses & _SUBSHELLS_DIFFER
            )
            said = _SAYS[effect.kind].format(effect.name[:40])
            why = " at its end, where that has no effect" if lost else ""
            yield Obstacle(line, said + why, inside)
    if _HIDDEN.search(a.text):
        yield Obstacle(line, "may set a variable by arithmetic", not a.uses & _SUBSHELLS_DIFFER)
    if relies_on_errexit(first):
        yield Obstacle(line, "relies on set -e, which the shell ignores to the left of &&")


def is_lost(effect: Effect, reading: Reading) -> bool:
    """Is it the last thing that a RUN does, and so without any effect?"""
    return (
        effect.last and effect.kind in ("directory", "variable") and reading.last_simple is not None
    )


def _is_harmless(effect: Effect, a: Reading, b: Reading) -> bool:
    if effect.kind == "exit":
        return all(map(_fails, _called(a, "exit return logout break continue suspend")))
    if effect.kind == "builtin":
        return all(map(_only_asks, _called(a, "command builtin")))
    if effect.kind == "option":
        return _repeated(a, b)
    return False


def _called(reading: Reading, names: str) -> list[Simple]:
    found = (one.node for one in reading.found if one.context.own)
    return [one for one in found if isinstance(one, Simple) and one.name in names.split()]


def _fails(command: Simple) -> bool:
    """Is it an `exit` of a status that ends the build?"""
    values = [word.value for word in command.words]
    status = values[1] if len(values) == 2 else None
    return values[0] == "exit" and bool(status and status.isdecimal() and 0 < int(status) < 256)


def _only_asks(command: Simple) -> bool:
    values = [word.value for word in command.words]
    return values[:2] in (["command", "-v"], ["command", "-V"])


def _repeated(a: Reading, b: Reading) -> bool:
    """Are all options that `a` sets set anew by the first command of `b`, whatever they are?"""
    first = b.script.lists[0].pipelines[0]
    opening = first.commands[0]
    if first.negated or len(first.commands) > 1 or not isinstance(opening, Simple):
        return False
    again = _options(opening)
    given = [_options(one) for one in _called(a, "set shopt enable bind complete setvar")]
    return again is not None and all(one is not None and one <= again for one in given)


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


def _looks_back(b: Reading) -> Iterator[str]:
    for name in sorted(b.uses & _OF_THE_SHELL):
        yield f"reads ${name}, which speaks of what its shell did before"
    words = [[word.value for word in one.words] for one in b.commands]
    if any(
        w[:1] and (w[0] in _NO_HASH or w == ["set"] or w[:2] == ["command", "-V"]) for w in words
    ):
        yield "asks what its shell remembers"
    if any(
        w[:1] in (["declare"], ["typeset"]) and (len(w) == 1 or "p" in str(w[1])) for w in words
    ):
        yield "asks what its shell remembers"
    if b.names & _LOOKS_ON or any(map(_ITS_SCRIPT.search, texts(b))):
        yield "may read the script of its shell"
    if any(base(one.name) == "times" for one in b.commands):
        yield "asks for the times of its shell"
