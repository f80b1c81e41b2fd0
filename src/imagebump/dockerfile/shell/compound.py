"""Compound commands. Each reader starts behind the word that opens it."""

import re
from collections.abc import Callable

from imagebump.dockerfile.shell.conditions import condition
from imagebump.dockerfile.shell.cursor import Cursor
from imagebump.dockerfile.shell.draft import Draft
from imagebump.dockerfile.shell.expansions import arithmetic
from imagebump.dockerfile.shell.keywords import KEYWORD, body, close, expect
from imagebump.dockerfile.shell.loops import for_, loop, select
from imagebump.dockerfile.shell.model import (
    AndOr,
    Compound,
    Part,
    Pipeline,
    Redirect,
    Script,
    Word,
)
from imagebump.dockerfile.shell.redirects import REDIRECT, redirect
from imagebump.dockerfile.shell.simple import RESERVED, gap
from imagebump.dockerfile.shell.words import word

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*+")
_BASH_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.:-]*+")


def compound(c: Cursor) -> Compound | None:
    """The compound command that starts here, None where none does."""
    if c.here == "(":
        reader: Callable[[Cursor], Compound] = _parentheses
    elif keyword := c.take(KEYWORD):
        if keyword not in _READERS:
            raise c.unknown(f"`{keyword}` where none may stand")
        reader = _READERS[keyword]
    else:
        return None
    with c.nested():
        found = reader(c)
    return found._replace(redirects=_redirects(c))


def function(c: Cursor, name: str | None) -> Compound:
    """The definition of the function `name`, from its opening parenthesis on."""
    c.operator("(")
    c.blanks()
    close(c)
    return _function(c, name or "")


def _function(c: Cursor, name: str) -> Compound:
    pattern = _BASH_NAME if c.bash else _NAME
    if not pattern.fullmatch(name) or name in RESERVED:
        raise c.unknown("a function with an unusual name")
    gap(c)
    start = c.position
    found = compound(c)
    if found is None or found.kind == "function":
        raise c.unknown("a function that is no compound command")
    only = AndOr((Pipeline((found,)),), (), "", start, c.position)
    return Compound("function", (Part("body", Script((only,))),), name)


def _redirects(c: Cursor) -> tuple[Redirect, ...]:
    found: list[Redirect] = []
    while True:
        c.blanks()
        match = REDIRECT.match(c.text, c.position)
        if match is None:
            return tuple(found)
        found.append(redirect(c, match))


def _parentheses(c: Cursor) -> Compound:
    """`( … )`, or bash's `(( … ))`."""
    if c.at("(("):
        c.only_bash("`((`")
        return _arithmetic(c)
    c.operator("(")
    script = body(c)
    close(c)
    return Compound("subshell", (Part("body", script),))


def _arithmetic(c: Cursor) -> Compound:
    return Compound("arithmetic", (), words=(_expression(c),))


def _expression(c: Cursor) -> Word:
    """What stands in `(( … ))`."""
    c.position += 2
    start, draft = c.position, Draft()
    arithmetic(c, draft)
    draft.literal = False
    return draft.word(c.text[start : c.position - 2])


def _group(c: Cursor) -> Compound:
    if c.here not in " \t\n\\":
        raise c.unknown("`{` stands directly before an operator")
    script = body(c)
    expect(c, "}")
    return Compound("group", (Part("body", script),))


def _if(c: Cursor) -> Compound:
    parts = []
    keyword = "elif"
    while keyword == "elif":
        parts.append(Part("condition", body(c)))
        expect(c, "then")
        parts.append(Part("body", body(c)))
        keyword = c.take(KEYWORD)
    if keyword == "else":
        parts.append(Part("body", body(c)))
        keyword = c.take(KEYWORD)
    if keyword != "fi":
        raise c.unknown("`fi` is missing")
    return Compound("if", tuple(parts))


def _case(c: Cursor) -> Compound:
    c.blanks()
    subject = word(c)
    gap(c)
    if not subject.raw:
        raise c.unknown("the subject of a `case` is missing")
    expect(c, "in")
    parts = []
    while True:
        gap(c)
        if c.peek(KEYWORD) == "esac":
            break
        parts.append(_item(c))
        if not _ends_item(c):
            break
    expect(c, "esac")
    return Compound("case", tuple(parts), words=(subject,))


def _item(c: Cursor) -> Part:
    """`(a | b) script`, where the first parenthesis may be missing and the script be empty."""
    if c.here == "(":
        c.operator("(")
    patterns = []
    while True:
        c.blanks()
        pattern = word(c)
        if not pattern.raw or pattern.raw == "esac":
            raise c.unknown("a pattern is missing")
        patterns.append(pattern)
        c.blanks()
        if c.here != "|":
            break
        c.operator("|")
    close(c)
    return Part("body", c.script(c), tuple(patterns))


def _ends_item(c: Cursor) -> bool:
    """Step over what ends an item; False where the last one is ended by `esac`."""
    for end in (";;&", ";&", ";;"):
        if c.at(end):
            if end != ";;":
                c.only_bash(f"`{end}`")
            c.operator(end)
            return True
    return False


def _test(c: Cursor) -> Compound:
    c.only_bash("`[[`")
    return Compound("test", (), words=condition(c))


def _function_keyword(c: Cursor) -> Compound:
    """`function name { … }`, with or without parentheses."""
    c.only_bash("`function`")
    c.blanks()
    name = word(c).raw
    c.blanks()
    if c.here == "(":
        return function(c, name)
    return _function(c, name)


_READERS: dict[str, Callable[[Cursor], Compound]] = {
    "{": _group,
    "if": _if,
    "while": loop("while"),
    "until": loop("until"),
    "for": for_,
    "select": select,
    "case": _case,
    "[[": _test,
    "function": _function_keyword,
}
