"""Every command of a script, at any depth, with where it stands."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from imagebump.dockerfile.shell.model import (
    AndOr,
    Command,
    Compound,
    Pipeline,
    Script,
    Simple,
    Unknown,
    Word,
)
from imagebump.dockerfile.shell.scripts import Given, given

_HANDED_ON = 4  # scripts in scripts, as by a long row of `eval`: each is read anew
_IN_THE_SAME_SHELL = frozenset(["eval", "trap"])
_RUNS_ELSEWHERE = frozenset(["while", "until", "for", "function"])  # again, or at another place


class Context(NamedTuple):
    """Where a command stands.

    `own`: it runs in the text's own shell; `certain`: it runs whenever nothing fails;
    `ignored`: errexit is ignored there; `background`: something around it ends in `&`;
    `final`: its status is that of its shell's text; `in_pipeline`: several commands are in its
    pipeline, or in one around it; `depth`: how many compound commands and substitutions are
    around it; `via`: the program whose script it is in, as `sh`, or ""; `forked`: it runs in a
    subshell, a substitution or another shell, which keeps what it remembers to itself.
    """

    own: bool = True
    certain: bool = True
    ignored: bool = False
    background: bool = False
    final: bool = True
    in_pipeline: bool = False
    depth: int = 0
    via: str = ""
    forked: bool = False


class Found(NamedTuple):
    """A command and where it stands."""

    node: Command
    context: Context


Reader = Callable[[str, bool], "Script | Unknown"]
"""How a script that is given to a shell is read; the second is true for bash."""


class Walk:
    """What a walk has found: it fills up while it goes on.

    `opaque` are the programs that are given a script that cannot be read; `sets` the variables
    that expansions assign in the text's own shell; `background` is true for a `&` at any depth.
    """

    def __init__(self, read: Reader) -> None:
        self.read = read
        self.found: list[Found] = []
        self.uses: set[str] = set()
        self.background = False
        self.opaque: list[str] = []
        self.sets: list[str] = []
        self.handed_on = 0

    def script(self, script: Script, context: Context) -> None:
        for one in script.lists[:-1]:
            self._and_or(one, context._replace(final=False))
        for one in script.lists[-1:]:
            self._and_or(one, context)

    def words(self, words: Iterable[Word], context: Context) -> None:
        for word in words:
            if word.value is not None:
                continue  # what is literal, nothing stands in
            self.uses.update(word.uses)
            if context.own:
                self.sets += word.sets
            for script in word.scripts:  # dash starts errexit anew there, whatever is around
                inside = context._replace(own=False, ignored=False, final=True, forked=True)
                self.script(script, inside._replace(depth=context.depth + 1))

    def _and_or(self, one: AndOr, context: Context) -> None:
        if one.terminator == "&":
            self.background = True
            context = context._replace(own=False, background=True, final=False)
        waited_for = context._replace(ignored=True, final=False) if one.operators else context
        for pipeline, before, behind in zip(
            one.pipelines, ("", *one.operators), (*one.operators, ""), strict=True
        ):
            inside = waited_for if behind else context
            if before == "||":
                inside = inside._replace(certain=False)
            self._pipeline(pipeline, inside)

    def _pipeline(self, one: Pipeline, context: Context) -> None:
        if one.negated and all(isinstance(command, Simple) for command in one.commands):
            context = context._replace(ignored=True)  # of compounds bash forgets it in a subshell
        if len(one.commands) > 1:
            context = context._replace(own=False, in_pipeline=True)
        for command in one.commands:
            self.found.append(Found(command, context))
            self.words(command.words, context)
            self.words((redirect.target for redirect in command.redirects), context)
            if isinstance(command, Simple):
                self._simple(command, context)
            else:
                self._compound(command, context)

    def _simple(self, one: Simple, context: Context) -> None:
        for assignment in one.assignments:
            self.words(assignment.words, context)
        for script in given(one):
            self._given(script, context)

    def _given(self, script: Given, context: Context) -> None:
        """The script of an `sh -c`."""
        readable = script.text is not None and self.handed_on < _HANDED_ON
        parsed = self.read(script.text or "", script.bash) if readable else None
        if not isinstance(parsed, Script):
            self.opaque.append(script.program)
            return
        self.handed_on += 1
        inside = context._replace(own=False, via=script.program, depth=context.depth + 1)
        if script.program not in _IN_THE_SAME_SHELL:
            inside = inside._replace(forked=True)
        self.script(parsed, inside)
        self.handed_on -= 1

    def _compound(self, one: Compound, context: Context) -> None:
        inside = context._replace(depth=context.depth + 1)
        if one.kind == "subshell":
            inside = inside._replace(own=False, forked=True)
        if one.kind in _RUNS_ELSEWHERE:
            inside = inside._replace(final=False)
        certain = inside._replace(certain=context.certain and one.kind in ("group", "subshell"))
        for number, part in enumerate(one.parts):
            self.words(part.patterns, context)
            if part.role == "condition":  # the first one is always looked at
                looked_at = inside if number == 0 else certain
                self.script(part.script, looked_at._replace(ignored=True))
            else:
                self.script(part.script, certain)


def walk(script: Script, bodies: Iterable[Word], read: Reader) -> Walk:
    """Go through a script and the bodies of its heredocs."""
    found = Walk(read)
    found.script(script, Context())
    found.words(bodies, Context())
    return found
