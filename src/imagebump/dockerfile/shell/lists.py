"""Scripts, and-or lists and pipelines."""

from imagebump.dockerfile.shell.compound import compound, function
from imagebump.dockerfile.shell.cursor import END, Cursor
from imagebump.dockerfile.shell.keywords import CLOSERS, KEYWORD
from imagebump.dockerfile.shell.model import AndOr, Command, Pipeline, Script
from imagebump.dockerfile.shell.simple import gap, simple

_MAY_OPEN = frozenset("(!{}[cdefistuw")
"""The first characters of everything that is no simple command."""


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
        operator = c.here * 2
        operators.append(operator)
        c.operator(operator)
        gap(c)
        if c.here == END:
            raise c.unknown(f"it ends in `{operator}`")
        pipelines.append(_pipeline(c))
    end = c.before_blanks()
    terminator = _terminator(c)
    return AndOr(tuple(pipelines), tuple(operators), terminator, start, end)


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
    timed = _has_prefix(c, "time")
    if timed:
        c.only_bash("`time`")
        if c.here in "-!":
            raise c.unknown("`time` with options")
    negated = _has_prefix(c, "!")
    commands, operators = [_command(c)], list[str]()
    while c.here == "|" and not c.at("||"):
        operators.append("|&" if c.at("|&") else "|")
        if operators[-1] == "|&":
            c.only_bash("`|&`")
        c.operator(operators[-1])
        gap(c)
        if c.here == END:
            raise c.unknown("it ends in `|`")
        commands.append(_command(c))
    return Pipeline(tuple(commands), tuple(operators), negated, timed)


def _has_prefix(c: Cursor, keyword: str) -> bool:
    """Step over a word that may stand before a pipeline."""
    if c.here != keyword[0] or c.peek(KEYWORD) != keyword:
        return False
    c.take(KEYWORD)
    if c.here not in " \t\\":
        raise c.unknown(f"`{keyword}` stands alone")
    c.blanks()
    return True


def _command(c: Cursor) -> Command:
    c.count_command()
    if c.here in _MAY_OPEN:
        found = compound(c)
        if found is not None:
            return found
    plain = simple(c)
    if c.here == "(":
        return function(c, plain.words[0].raw)
    if not plain.words and not plain.assignments and not plain.redirects:
        raise c.unknown("a command is missing")
    return plain
