"""Words: quotes, expansions and patterns."""

import re

from imagebump.dockerfile.shell.cursor import END, Cursor
from imagebump.dockerfile.shell.draft import Draft
from imagebump.dockerfile.shell.expansions import (
    backquotes,
    dollar,
    double_quotes,
    single_quotes,
    substituted,
)
from imagebump.dockerfile.shell.model import Word

PLAIN = re.compile(r"[A-Za-z0-9_./:@%+,=^-]++(?=[ \t\n;&|)\0])")
"""A word without anything that the shell looks at; most are."""

DELIMITERS = frozenset(" \t\n;&|()<>" + END)
_PLAIN_PART = re.compile(r"[^ \t\n;&|()<>\0'\"\\$`*?\[{~]++")


def word(c: Cursor) -> Word:
    """The word that starts here. It may be empty, where an assignment has no value."""
    if plain := c.take(PLAIN):
        return Word(plain, plain)
    if c.here in "<>":
        return _process_substitution(c)
    if c.here == "#" and c.text[c.position - 1] != "=":  # only a value may start so
        raise c.unknown("a comment where a word is missing")
    start, draft, end = c.position, Draft(), -1
    while c.here not in DELIMITERS:
        if c.at("\\\n"):
            end = c.position
            _continued(c)
        else:
            _part(c, draft, start)
    if c.here == "(" and c.position > start and c.text[c.position - 1] in "?*+@!":
        raise c.unknown("an extended pattern")
    if c.at("<(") or c.at(">("):
        raise c.unknown("a process substitution inside a word")
    raw = c.text[start : c.position if end < 0 else end]
    if raw.startswith("{") and raw.endswith("}") and c.here in "<>":
        raise c.unknown("a descriptor that a variable names")
    if "{" in raw and ("," in raw or ".." in raw):
        draft.literal = False  # most likely braces to expand, at least in bash
    return draft.word(raw)


def _continued(c: Cursor) -> None:
    """A continuation directly behind a word: it may only end it, or the two would be one word."""
    while c.at("\\\n"):
        c.position += 2
    if c.here not in " \t\n;&|)\0":
        raise c.unknown("a word is broken over two lines")


def _part(c: Cursor, draft: Draft, start: int) -> None:
    if plain := c.take(_PLAIN_PART):
        draft.value.append(plain)
        return
    here = c.here
    if here == '"':
        double_quotes(c, draft)
    elif here == "'":
        single_quotes(c, draft)
    elif here == "$":
        dollar(c, draft, quoted=False)
    elif here == "`":
        backquotes(c, draft, quoted=False)
    elif here == "\\":
        _escape(c, draft)
    else:
        draft.value.append(here)
        draft.literal = draft.literal and not _computes(c, start)
        c.position += 1


def _escape(c: Cursor, draft: Draft) -> None:
    follows = c.text[c.position + 1]
    if follows == END:
        raise c.unknown("it ends in a backslash")
    draft.value.append(follows)
    c.position += 2


def _computes(c: Cursor, start: int) -> bool:
    """Does the shell look at this character of a pattern or a tilde? When in doubt, yes."""
    here = c.here
    if here == "~":
        return c.position == start or c.text[c.position - 1] in ":="
    if here == "[":
        return c.position > start or c.text[c.position + 1] not in DELIMITERS
    return here != "{"


def _process_substitution(c: Cursor) -> Word:
    """`<(…)` or `>(…)`."""
    if c.text[c.position + 1] != "(":
        raise c.unknown("a word is missing")
    c.only_bash("a process substitution")
    start = c.position
    c.position += 2
    script = substituted(c)
    if c.here not in DELIMITERS:
        raise c.unknown("a process substitution inside a word")
    return Word(c.text[start : c.position], None, scripts=(script,))
