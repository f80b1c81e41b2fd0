"""Redirections, and the bodies of heredocs behind the next newline."""

import re

from imagebump.dockerfile.shell.cursor import END, Cursor, Heredoc
from imagebump.dockerfile.shell.draft import Draft
from imagebump.dockerfile.shell.expansions import expansion_or_escape
from imagebump.dockerfile.shell.model import Redirect, Word
from imagebump.dockerfile.shell.words import word

REDIRECT = re.compile(r"([0-9]*+)(<<<|<<-?|<&|<>|<(?!\()|>>|>&|>\||>(?!\())|()(&>>?)")
_BASH_OPERATORS = {"<<<", "&>", "&>>"}
_DESCRIPTOR = re.compile(r"[0-9]|-")
_DESCRIPTORS = re.compile(r"[0-9]++|-")
_LINE = re.compile(r"[^\n\0]*+")
_PLAIN_IN_BODY = re.compile(r"[^\\$`\0]++")


def redirect(c: Cursor, match: re.Match[str]) -> Redirect:
    """The redirection whose number and operator `match` holds."""
    fd, operator = match[1] or "", match[2] or match[4]
    _check(c, fd, operator)
    c.position += len(fd)
    c.operator(operator)
    c.blanks()
    target = word(c)
    if not target.raw:
        raise c.unknown(f"nothing stands behind `{operator}`")
    if operator in (">&", "<&"):
        _check_descriptor(c, fd, operator, target)
    if operator in ("<<", "<<-"):
        _await_body(c, operator, target)
    return Redirect(fd, operator, target)


def _check(c: Cursor, fd: str, operator: str) -> None:
    if operator in _BASH_OPERATORS:
        c.only_bash(f"`{operator}`")
    if len(fd) > 1:
        c.only_bash("a descriptor of several digits")


def _check_descriptor(c: Cursor, fd: str, operator: str, target: Word) -> None:
    pattern = _DESCRIPTORS if c.bash else _DESCRIPTOR
    if pattern.fullmatch(target.raw):
        return
    plain = target.value is not None and target.value[:1] not in "-0123456789"
    if not plain or fd or operator == "<&":
        raise c.unknown(f"`{operator}` with what is no number")
    c.only_bash("`>&` with a file")


def _await_body(c: Cursor, operator: str, target: Word) -> None:
    delimiter = target.value
    if delimiter is None or not delimiter or "\n" in delimiter:
        raise c.unknown("the end of a heredoc is not plainly named")
    c.pending.append(Heredoc(delimiter, operator == "<<-", target.raw == delimiter))


def newline(c: Cursor) -> None:
    """Step over a newline, and over the bodies of the heredocs that wait for it."""
    c.position += 1
    waiting, c.pending = c.pending, []
    c.bodies += [_body(c, heredoc) for heredoc in waiting]


def _body(c: Cursor, heredoc: Heredoc) -> Word:
    start = c.position
    while True:
        end = c.position
        line = c.take(_LINE)
        if (line.lstrip("\t") if heredoc.strips else line) == heredoc.delimiter:
            break
        if c.here == END:
            raise c.unknown(f"a heredoc does not end: no line is {heredoc.delimiter[:40]}")
        if heredoc.expands and line.endswith("\\"):
            raise c.unknown("a continuation in a heredoc")
        c.position += 1
    return _expanded(c, heredoc, c.text[start:end])


def _expanded(c: Cursor, heredoc: Heredoc, text: str) -> Word:
    if not heredoc.expands:
        return Word(text, None if heredoc.strips else text)
    inner, draft = c.inside(text), Draft()
    while inner.here != END:
        if plain := inner.take(_PLAIN_IN_BODY):
            draft.value.append(plain)
        else:
            expansion_or_escape(inner, draft, "$`\\")
    draft.literal = draft.literal and not heredoc.strips
    return draft.word(text)
