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


class Context(NamedTuple):
    """Where a command stands.

    `own`: it runs in the text's own shell; `certain`: it runs whenever nothing fails;
    `ignored`: errexit is ignored there; `background`: something around it ends in `&`;
    `depth`: how many compound commands and substitutions are around it; `via`: the program whose
    script it is in, as `sh`, or "".
    """

    own: bool = True
    certain: bool = True
    ignored: bool = False
    background: bool = False
    in_pipeline: bool = False
    depth: int = 0
    via: str = ""


class Found(NamedTuple):
    """A command and where it stands."""

    node: Command
    context: Context


Reader = Callable[[str, bool], "Script | Unknown"]
"""How a script that is given to a shell is read; the second is true for bash."""


class Walk:
    """What a walk has found: it fills up while it goes on."""

    def __init__(self, read: Reader) -> None:
        self.read = read
        self.found: list[Found] = []
        self.uses: set[str] = set()
        self.backgrounds: list[Context] = []
        self.opaque: list[str] = []
        self.sets: list[str] = []
        self.handed_on = 0

    def script(self, script: Script, context: Context) -> None:
        for one in script.lists:
            self._and_or(one, context)

    def words(self, words: Iterable[Word], context: Context) -> None:
        for word in words:
            self.uses.update(word.uses)
            if context.own:
                self.sets += word.sets
            for script in word.scripts:
                self.script(script, context._replace(own=False, depth=context.depth + 1))

    def _and_or(self, one: AndOr, context: Context) -> None:
        if one.terminator == "&":
            self.backgrounds.append(context)
            context = context._replace(own=False, background=True)
        before = ""
        for number, pipeline in enumerate(one.pipelines):
            inside = context
            if number < len(one.operators):
                inside = inside._replace(ignored=True)
            if before == "||":
                inside = inside._replace(certain=False)
            self._pipeline(pipeline, inside)
            before = one.operators[number] if number < len(one.operators) else ""

    def _pipeline(self, one: Pipeline, context: Context) -> None:
        if one.negated:
            context = context._replace(ignored=True)
        if len(one.commands) > 1:
            context = context._replace(own=False, in_pipeline=True)
        for command in one.commands:
            if isinstance(command, Compound):
                self._compound(command, context)
            else:
                self._simple(command, context)

    def _simple(self, one: Simple, context: Context) -> None:
        self.found.append(Found(one, context))
        for assignment in one.assignments:
            self.words(assignment.words, context)
        self.words(one.words, context)
        self.words((redirect.target for redirect in one.redirects), context)
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
        self.script(parsed, inside)
        self.handed_on -= 1

    def _compound(self, one: Compound, context: Context) -> None:
        self.found.append(Found(one, context))
        self.words(one.words, context)
        self.words((redirect.target for redirect in one.redirects), context)
        inside = context._replace(depth=context.depth + 1)
        if one.kind == "subshell":
            inside = inside._replace(own=False)
        decides = True  # the first condition is always looked at
        for part in one.parts:
            self.words(part.patterns, context)
            if part.role == "condition":
                certain, decides = decides and context.certain, False
            else:
                certain = context.certain and one.kind in ("group", "subshell")
            ignored = context.ignored or part.role == "condition"
            self.script(part.script, inside._replace(ignored=ignored, certain=certain))


def walk(script: Script, bodies: Iterable[Word], read: Reader) -> Walk:
    """Go through a script and the bodies of its heredocs."""
    found = Walk(read)
    found.script(script, Context())
    found.words(bodies, Context())
    return found
