"""What a RUN does to its shell, read from its text."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import chain

from imagebump.dockerfile.shell.commands import script
from imagebump.dockerfile.shell.compound import KEYWORD
from imagebump.dockerfile.shell.cursor import Cursor
from imagebump.dockerfile.shell.effects import Effect, effects
from imagebump.dockerfile.shell.errexit import may_set, relies
from imagebump.dockerfile.shell.model import Dialect, NotUnderstood, Script, Simple, Unknown, Word
from imagebump.dockerfile.shell.walk import Found, Walk, walk

LONGEST = 65536
"""Characters: a longer text is generated, and not worth the time of a commit."""

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\x80-\x9f]")


@dataclass(frozen=True)
class Reading:
    """A text that was understood to its last character.

    `comments` are the places of its comments; `bodies` those of its heredocs, in order.
    """

    text: str
    dialect: Dialect
    script: Script
    comments: tuple[tuple[int, int], ...]
    bodies: tuple[Word, ...]

    @property
    def ends_in_comment(self) -> bool:
        """Would a comment swallow whatever is appended to the last line?"""
        return bool(self.comments) and self.comments[-1][1] == len(self.text)

    @property
    def ending(self) -> str:
        """What ends the last list: `;`, `&`, a newline or ""; `;` and `&` bear no operator behind them."""
        return self.script.lists[-1].terminator if self.script.lists else ""

    @property
    def is_operand(self) -> bool:
        """May it stand to the right of `&&` as it is? Otherwise it needs a group, or has no command."""
        lists = self.script.lists
        alone = len(lists) == 1 and lists[0].terminator != "&"
        return alone and "||" not in lists[0].operators and not self.may_set_errexit

    @property
    def last_simple(self) -> Simple | None:
        """The command whose status is that of the text, wherever it runs; None for anything more."""
        if not self.script.lists or self.script.lists[-1].terminator == "&":
            return None
        last = self.script.lists[-1].pipelines[-1]
        only = last.commands[0]
        plain = len(last.commands) == 1 and not last.negated
        return only if plain and isinstance(only, Simple) else None

    @cached_property
    def may_set_errexit(self) -> bool:
        """Does a `set` that runs in its own shell turn on -e, or something that cannot be told?"""
        return any(may_set(found.node) for found in self._walk.found if found.context.own)

    def relies_on_errexit(self, already: bool = False) -> bool:
        """Would it go on, where it now stops, if -e were ignored? `already` as by a SHELL with -e.

        When in doubt, yes.
        """
        return relies(self.found, already=already)

    @cached_property
    def found(self) -> tuple[Found, ...]:
        """Each simple and compound command at any depth, in order, with where it stands.

        So are those of literal scripts that are given to a shell, as in `sh -c '…'`.
        """
        return tuple(self._walk.found)

    @cached_property
    def commands(self) -> tuple[Simple, ...]:
        """The simple commands at any depth."""
        return tuple(found.node for found in self.found if isinstance(found.node, Simple))

    @cached_property
    def names(self) -> frozenset[str]:
        """The names of all commands that are literal, without their directory."""
        named = (command.name for command in self.commands)
        return frozenset(name.rpartition("/")[2] for name in named if name)

    @cached_property
    def texts(self) -> tuple[str, ...]:
        """Every word of it, at any depth: arguments, values, targets, patterns, heredocs."""
        return tuple(
            word.text for word in (*chain.from_iterable(map(_words, self.found)), *self.bodies)
        )

    @cached_property
    def uses(self) -> frozenset[str]:
        """The parameters that it reads by name, at any depth, such as `HOME`, `?` and `_`."""
        return frozenset(self._walk.uses)

    @cached_property
    def effects(self) -> tuple[Effect, ...]:
        """What it does to its own shell, in order; nothing else of it outlives it."""
        return tuple(effects(self._walk, self.script))

    @cached_property
    def _walk(self) -> Walk:
        return walk(self.script, self.bodies, _nested)


def _words(found: Found) -> Iterator[Word]:
    """The words of a command and of its redirections, without those of the commands inside of it."""
    node = found.node
    yield from node.words
    yield from (redirect.target for redirect in node.redirects)
    inside = (
        (one.words for one in node.assignments)
        if isinstance(node, Simple)
        else (one.patterns for one in node.parts)
    )
    yield from chain.from_iterable(inside)


@lru_cache(maxsize=512)  # a RUN is read as it stands, and again in what a fix makes of its file
def read(text: str, dialect: Dialect = "sh") -> Reading | Unknown:
    """Read the text of a RUN in shell form, after its continued lines have been joined."""
    cursor = Cursor(text, bash=dialect == "bash", script=script)
    try:
        parsed = _whole(cursor, text)
    except NotUnderstood as stopped:
        return Unknown(stopped.reason, stopped.position)
    return Reading(text, dialect, parsed, tuple(cursor.comments), tuple(cursor.bodies))


def _whole(cursor: Cursor, text: str) -> Script:
    if len(text) > LONGEST:
        raise NotUnderstood(f"it is longer than {LONGEST} characters", LONGEST)
    if match := _CONTROL.search(text):
        what = "a carriage return" if match[0] == "\r" else "a control character"
        raise NotUnderstood(f"it holds {what}", match.start())
    parsed = script(cursor)
    if cursor.position < len(text):
        raise cursor.unknown(f"`{cursor.peek(KEYWORD) or cursor.here}` where none may stand")
    if cursor.pending:
        raise cursor.unknown("a heredoc has no body")
    return parsed


def _nested(text: str, bash: bool) -> Script | Unknown:
    """The script of an `sh -c`."""
    found = read(text, "bash" if bash else "sh")
    return found if isinstance(found, Unknown) else found.script
