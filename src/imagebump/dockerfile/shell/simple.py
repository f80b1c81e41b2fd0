"""Simple commands, and the definitions of functions, which start like one."""

import re

from imagebump.dockerfile.shell.cursor import Cursor
from imagebump.dockerfile.shell.model import Assignment, Redirect, Simple, Word
from imagebump.dockerfile.shell.redirects import REDIRECT, newline, redirect
from imagebump.dockerfile.shell.words import PLAIN, word

RESERVED = frozenset([
    "!", "{", "}", "case", "do", "done", "elif", "else", "esac", "fi", "for", "if", "in", "then",
    "until", "while", "[[", "]]", "function", "select", "time", "coproc",
])  # fmt: skip
"""The words that some shell reads as its own where a command starts."""

_ASSIGNMENT = re.compile(r"([A-Za-z_][A-Za-z0-9_]*+)(\+?)=")
_ELEMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*+\[")
_DECLARE = frozenset(["alias", "declare", "export", "local", "readonly", "typeset"])
_ENDS = frozenset("\n;|)\0#")


def simple(c: Cursor) -> Simple:
    """The simple command that starts here; without words where it is none."""
    assignments: list[Assignment] = []
    redirects: list[Redirect] = []
    words: list[Word] = []
    while True:
        c.blanks()
        here = c.text[c.position]
        if here in _ENDS:
            break
        plain = PLAIN.match(c.text, c.position)
        if plain is not None and (words or "=" not in plain[0]):
            c.position = plain.end()
            words.append(Word(plain[0], plain[0]))
        elif match := REDIRECT.match(c.text, c.position):
            redirects.append(redirect(c, match))
        elif here in "&(":
            break
        else:
            _first(c, assignments, words)
    if c.here == "(" and (len(words) != 1 or assignments or redirects):
        raise c.unknown("a `(` where none may stand")
    if words:
        _check(c, words)
    return Simple(tuple(assignments), tuple(words), tuple(redirects))


def _check(c: Cursor, words: list[Word]) -> None:
    if words[0].raw in RESERVED:
        raise c.unknown(f"`{words[0].raw}` where none may stand")
    may_assign = words if words[0].value in _DECLARE else words[:1]
    if any(_ELEMENT.match(word.raw) for word in may_assign):  # to bash, blanks may be part of it
        raise c.unknown("what may be an element of an array")


def gap(c: Cursor) -> None:
    """Skip blanks, newlines and comments."""
    while True:
        c.blanks()
        if c.here == "\n":
            newline(c)
        elif c.here == "#":
            c.comment()
        else:
            return


def _first(c: Cursor, assignments: list[Assignment], words: list[Word]) -> None:
    """A word that may be an assignment, as long as there is none that is not."""
    match = None if words else _ASSIGNMENT.match(c.text, c.position)
    if match is None:
        one = word(c)
        words.append(one)
        return
    if match[2]:
        c.only_bash("`+=`")
    c.position = match.end()
    if c.here == "(":
        assignments.append(Assignment(match[1], _elements(c), bool(match[2]), is_array=True))
    else:
        assignments.append(Assignment(match[1], (_value(c),), bool(match[2])))


def _value(c: Cursor) -> Word:
    if c.here in "<>":  # `a=>b` is an empty value and a redirection
        return Word("", "")
    return word(c)


def _elements(c: Cursor) -> tuple[Word, ...]:
    """The elements of an array, from the opening parenthesis to behind the closing one."""
    c.only_bash("an array")
    c.position += 1
    elements: list[Word] = []
    while True:
        gap(c)
        if c.here == ")":
            c.position += 1
            return tuple(elements)
        element = word(c)
        if not element.raw or element.raw.startswith("["):
            raise c.unknown("an array that is not plain")
        elements.append(element)
