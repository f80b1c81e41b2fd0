"""Loops. Each reader starts behind the word that opens it."""

import re
from collections.abc import Callable

from imagebump.dockerfile.shell.cursor import Cursor
from imagebump.dockerfile.shell.draft import Draft
from imagebump.dockerfile.shell.expansions import arithmetic
from imagebump.dockerfile.shell.keywords import KEYWORD, body, expect
from imagebump.dockerfile.shell.model import Compound, Kind, Part, Word
from imagebump.dockerfile.shell.simple import gap
from imagebump.dockerfile.shell.words import word

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*+")
_ALL_ARGUMENTS = Word('"$@"', None, uses=("@",))


def loop(kind: Kind) -> Callable[[Cursor], Compound]:
    """The reader of `while` and `until`."""

    def read(c: Cursor) -> Compound:
        decides = Part("condition", body(c))
        return Compound(kind, (decides, _do(c)))

    return read


def _do(c: Cursor) -> Part:
    expect(c, "do")
    script = body(c)
    expect(c, "done")
    return Part("body", script)


def for_(c: Cursor) -> Compound:
    """`for`, with words or with arithmetic."""
    c.blanks()
    if c.at("(("):
        c.only_bash("`for ((`")
        return _for_arithmetic(c)
    return _over("for", c)


def select(c: Cursor) -> Compound:
    """Bash's `select`."""
    c.only_bash("`select`")
    c.blanks()
    return _over("select", c)


def _over(kind: Kind, c: Cursor) -> Compound:
    """`name in words; do … done`; without words it goes over the arguments."""
    name = word(c).raw
    if not _NAME.fullmatch(name):
        raise c.unknown("the name of a loop's variable is missing")
    start = c.position
    gap(c)
    if c.here == ";" and "\n" in c.text[start : c.position]:
        raise c.unknown("`;` where none may stand")
    words: tuple[Word, ...] = (_ALL_ARGUMENTS,)
    if c.peek(KEYWORD) == "in":
        c.take(KEYWORD)
        words = _words(c)
    _separator(c)
    return Compound(kind, (_do(c),), name, words)


def _words(c: Cursor) -> tuple[Word, ...]:
    """Words up to a `;` or a newline, which must come."""
    words = []
    c.blanks()
    while c.here not in ";\n#":
        one = word(c)
        if not one.raw:
            raise c.unknown("a loop over something that is no word")
        words.append(one)
        c.blanks()
    return tuple(words)


def _separator(c: Cursor) -> None:
    c.blanks()
    if c.here == ";":
        c.operator(";")
    gap(c)


def _for_arithmetic(c: Cursor) -> Compound:
    """`for ((a; b; c)); do … done`."""
    c.position += 2
    start, draft = c.position, Draft()
    for _ in range(2):
        arithmetic(c, draft, end=";")
    arithmetic(c, draft)
    draft.literal = False
    expressions = draft.word(c.text[start : c.position - 2])
    _separator(c)
    return Compound("for-arithmetic", (_do(c),), words=(expressions,))
