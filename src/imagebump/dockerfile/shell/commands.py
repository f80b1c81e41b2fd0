"""Scripts, and-or lists, pipelines and simple commands."""

import re

from imagebump.dockerfile.shell.compound import CLOSERS, KEYWORD, compound, function
from imagebump.dockerfile.shell.cursor import END, Cursor
from imagebump.dockerfile.shell.model import (
    AndOr,
    Assignment,
    Command,
    Pipeline,
    Redirect,
    Script,
    Simple,
    Word,
    literal,
)
from imagebump.dockerfile.shell.words import (
    PLAIN,
    PLAIN_ROW,
    REDIRECT,
    RESERVED,
    gap,
    redirect,
    word,
)

_MAY_OPEN = frozenset("(!{}[cdefistuw")
"""The first characters of everything that is no simple command."""

_ASSIGNMENT = re.compile(r"([A-Za-z_][A-Za-z0-9_]*+)(\+?)=")
_ELEMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*+\[")
_DECLARE = frozenset(["alias", "declare", "export", "local", "readonly", "typeset"])
_ENDS = frozenset("\n;|)\0#")


def script(c: Cursor) -> Script:
    """Lists up to what cannot start one: the end, a `)`, a `;;`, or a word that closes something."""
    lists: list[AndOr] = []
    gap(c)
    while not _stops(c):
        one = _and_or(c)
        lists.append(one)
        if not one.terminator:
            break
        gap(c)
    return Script(tuple(lists))


def _stops(c: Cursor) -> bool:
    here = c.here
    if here in ")" + END:
        return True
    if here == ";":
        return c.at(";;") or c.at(";&")
    return here in "deft}" and c.peek(KEYWORD) in CLOSERS


def _and_or(c: Cursor) -> AndOr:
    start = c.position
    pipelines, operators = [_pipeline(c)], []
    while c.at("&&") or c.at("||"):
        operators.append(c.here * 2)
        _operator(c, operators[-1])
        pipelines.append(_pipeline(c))
    end = c.before_blanks()
    return AndOr(tuple(pipelines), tuple(operators), _terminator(c), start, end)


def _operator(c: Cursor, token: str) -> None:
    """Step over an operator that must have a command behind it."""
    c.operator(token)
    gap(c)
    if c.here == END:
        raise c.unknown(f"it ends in `{token}`")


def _terminator(c: Cursor) -> str:
    """What ends a list; "" where it is the last one."""
    if c.here == "#":
        c.comment()
    here = c.here
    if here == "\n":
        return here
    if here == "&" or (here == ";" and not (c.at(";;") or c.at(";&"))):
        c.operator(here)
        return here
    return ""


def _pipeline(c: Cursor) -> Pipeline:
    """It ends on what is no blank."""
    negated = c.here == "!" and c.take(KEYWORD) == "!"
    if negated and c.here not in " \t\\":
        raise c.unknown("`!` stands alone")
    c.blanks()
    commands = [_command(c)]
    while c.here == "|" and not c.at("||"):
        if c.at("|&"):  # to bash it is one operator, even in `|&>x`
            raise c.unknown("`|&` does not mean the same in every sh")
        _operator(c, "|")
        commands.append(_command(c))
    return Pipeline(tuple(commands), negated)


def _command(c: Cursor) -> Command:
    c.count_command()
    if c.here in _MAY_OPEN:
        found = compound(c)
        if found is not None:
            return found
    plain = _simple(c)
    if c.here == "(":
        return function(c, plain.words[0].raw)
    if not any(plain):
        raise c.unknown("a command is missing")
    return plain


def _simple(c: Cursor) -> Simple:
    """The simple command that starts here; without words where it is none."""
    assignments: list[Assignment] = []
    redirects: list[Redirect] = []
    words: list[Word] = []
    while True:
        c.blanks()
        here = c.here
        if here in _ENDS:
            break
        plain = (PLAIN_ROW if words else PLAIN).match(c.text, c.position)
        if plain is not None and (words or "=" not in plain[0]):
            c.position = plain.end()
            words += map(literal, plain[0].split())
        elif match := REDIRECT.match(c.text, c.position):
            redirects.append(redirect(c, match))
        elif here in "&(":
            break
        elif words or not (match := _ASSIGNMENT.match(c.text, c.position)):
            words.append(word(c))
        else:
            assignments.append(_assignment(c, match))
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
    c.aliased = c.aliased or words[0].value == "alias"


def _assignment(c: Cursor, match: re.Match[str]) -> Assignment:
    if match[2]:
        c.only_bash("`+=`")
    c.position = match.end()
    is_array = c.here == "("
    return Assignment(match[1], _value(c), bool(match[2]), is_array)


def _value(c: Cursor) -> tuple[Word, ...]:
    if c.here == "(":
        return _elements(c)
    if c.here in "<>":  # `a=>b` is an empty value and a redirection
        return (Word("", ""),)
    return (word(c),)


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
