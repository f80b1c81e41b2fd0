"""Bash's `[[ … ]]`, from behind the opening brackets to behind the closing ones."""

import re

from imagebump.dockerfile.shell.cursor import Cursor
from imagebump.dockerfile.shell.draft import Draft
from imagebump.dockerfile.shell.expansions import dollar, double_quotes, single_quotes
from imagebump.dockerfile.shell.model import Word
from imagebump.dockerfile.shell.simple import gap
from imagebump.dockerfile.shell.words import word

_UNARY = re.compile(r"-[a-hknoprstuvwxzGLNORS]")
_BINARY = re.compile(r"==|!=|=~|=|-(?:eq|ne|lt|le|gt|ge|nt|ot|ef)")
_PLAIN_IN_REGEX = re.compile(r"[^ \t\n;&<>()'\"\\$`\0]++")


def condition(c: Cursor) -> tuple[Word, ...]:
    """The words of the condition; operators and parentheses are left out."""
    words: list[Word] = []
    with c.nested():
        _any(c, words)
    c.blanks()
    if word(c).raw != "]]":
        raise c.unknown("`[[` is not plainly closed")
    return tuple(words)


def _any(c: Cursor, words: list[Word]) -> None:
    """Terms with `&&` or `||` between: which of the two binds does not matter here."""
    _term(c, words)
    while c.at("&&") or c.at("||"):
        c.operator("&&")
        _term(c, words)


def _term(c: Cursor, words: list[Word]) -> None:
    gap(c)
    if c.here == "(":
        c.position += 1
        with c.nested():
            _any(c, words)
        if c.here != ")":
            raise c.unknown("a `(` is never closed")
        c.position += 1
    elif c.here == "!" and c.text[c.position + 1] in " \t":
        c.position += 1
        with c.nested():
            _term(c, words)
    else:
        _comparison(c, words)
    gap(c)


def _comparison(c: Cursor, words: list[Word]) -> None:
    """`-f x`, `x`, `x = y`."""
    first = _operand(c)
    words.append(first)
    c.blanks()
    if _UNARY.fullmatch(first.raw):
        words.append(_operand(c))
        return
    if c.here in "<>" and c.text[c.position + 1] in " \t":
        c.position += 1
    else:
        operator = c.take(_BINARY)
        if not operator:
            return
        if c.here not in " \t":
            raise c.unknown("a condition that is not plain")
        if operator == "=~":
            words.append(_regex(c))
            return
    words.append(_operand(c))


def _operand(c: Cursor) -> Word:
    c.blanks()
    found = word(c)
    if not found.raw or found.raw in ("]]", "!"):
        raise c.unknown("a condition that is not plain")
    return found


def _regex(c: Cursor) -> Word:
    """The pattern behind `=~`, in which parentheses and bars are no operators."""
    c.blanks()
    start, depth, draft = c.position, 0, Draft()
    while c.here not in " \t\n" and not (c.here == ")" and depth == 0):
        if c.take(_PLAIN_IN_REGEX):
            continue
        here = c.here
        if here in "()":
            depth += 1 if here == "(" else -1
            c.position += 1
        elif here == "\\" and c.text[c.position + 1] not in "\n\0":
            c.position += 2
        elif here in "$'\"":
            _quoted_or_expanded(c, draft)
        else:
            raise c.unknown("a pattern that is not plain")
    if depth or start == c.position:
        raise c.unknown("a pattern that is not plain")
    draft.literal = False
    draft.sets.append("BASH_REMATCH")
    return draft.word(c.text[start : c.position])


def _quoted_or_expanded(c: Cursor, draft: Draft) -> None:
    if c.here == "$":
        dollar(c, draft, quoted=False)
    elif c.here == "'":
        single_quotes(c, draft)
    else:
        double_quotes(c, draft)
