"""Words and redirections, and the bodies of heredocs behind the next newline."""

import re

from imagebump.dockerfile.shell.cursor import END, Cursor, Draft, Heredoc
from imagebump.dockerfile.shell.expansions import (
    backquotes,
    dollar,
    double_quotes,
    expansion_or_escape,
    single_quotes,
    substituted,
)
from imagebump.dockerfile.shell.model import Redirect, Word, literal

_CHARACTERS = r"[A-Za-z0-9_./:@%+,=^-]++"
PLAIN = re.compile(rf"{_CHARACTERS}(?=[ \t\n;&|)\0])")
"""A word without anything that the shell looks at; most are."""

PLAIN_ROW = re.compile(rf"{_CHARACTERS}(?:[ \t]++{_CHARACTERS})*(?=[ \t\n;&|)\0])")
"""One or more of them."""

RESERVED = frozenset([
    "!", "{", "}", "case", "do", "done", "elif", "else", "esac", "fi", "for", "if", "in", "then",
    "until", "while", "[[", "]]", "function", "select", "time", "coproc",
])  # fmt: skip
"""The words that some shell reads as its own where a command starts."""

DELIMITERS = frozenset(" \t\n;&|()<>" + END)
REDIRECT = re.compile(r"([0-9]*+)(<<<|<<-?|<&|<>|<(?!\()|>>|>&|>\||>(?!\())|()(&>>?)")
_BASH_OPERATORS = {"<<<", "&>", "&>>"}
_DESCRIPTOR = re.compile(r"[0-9]|-")
_DESCRIPTORS = re.compile(r"[0-9]++|-")
_LINE = re.compile(r"[^\n\0]*+")
_PLAIN_IN_BODY = re.compile(r"[^\\$`\0]++")
_PLAIN_PART = re.compile(r"[^ \t\n;&|()<>\0'\"\\$`*?\[{~]++")


def word(c: Cursor) -> Word:
    """The word that starts here. It may be empty, where an assignment has no value."""
    if plain := c.take(PLAIN):
        return literal(plain)
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


def gap(c: Cursor) -> None:
    """Skip blanks, newlines and comments."""
    while True:
        c.blanks()
        if c.here == "\n":
            _newline(c)
        elif c.here == "#":
            c.comment()
        else:
            return


def _newline(c: Cursor) -> None:
    """Step over a newline, and over the bodies of the heredocs that wait for it."""
    if c.aliased:
        raise c.unknown("an alias may change the lines behind it")
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
