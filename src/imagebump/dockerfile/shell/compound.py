"""Compound commands. Each reader starts behind the word that opens it."""

import re
from collections.abc import Callable

from imagebump.dockerfile.shell.cursor import Cursor, Draft
from imagebump.dockerfile.shell.expansions import arithmetic
from imagebump.dockerfile.shell.model import (
    AndOr,
    Compound,
    Kind,
    Part,
    Pipeline,
    Redirect,
    Script,
    Word,
)
from imagebump.dockerfile.shell.words import REDIRECT, RESERVED, gap, redirect, word

KEYWORD = re.compile(
    r"(?:case|coproc|do|done|elif|else|esac|fi|for|function|if|in|select|then|time|until|while"
    r"|\{|\}|\[\[|!)(?=(?:\\\n)*[ \t\n;&|()<>\0])"
)
CLOSERS = frozenset(["do", "done", "elif", "else", "esac", "fi", "then", "}"])
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*+")
_BASH_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.:-]*+")
_UNARY = re.compile(r"-[a-hknoprstuvwxzGLNORS]")
_BINARY = re.compile(r"(?:==|!=|=~|=|-(?:eq|ne|lt|le|gt|ge|nt|ot|ef))(?=[ \t])")
_ALL_ARGUMENTS = Word('"$@"', None, uses=("@",))


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


def function(c: Cursor, name: str) -> Compound:
    """The definition of the function `name`, from its opening parenthesis on."""
    c.operator("(")
    c.blanks()
    _close(c)
    return _function(c, name)


def _function(c: Cursor, name: str) -> Compound:
    pattern = _BASH_NAME if c.bash else _NAME
    if not pattern.fullmatch(name) or name in RESERVED:
        raise c.unknown("a function with an unusual name")
    gap(c)
    start = c.position
    body = compound(c)
    if body is None or body.kind == "function":
        raise c.unknown("a function that is no compound command")
    if c.here == "|" or c.at("&&"):  # to the shells it is an operand; shfmt has it in the body
        raise c.unknown("a function definition that is an operand")
    only = AndOr((Pipeline((body,)),), (), "", start, c.position)
    return Compound("function", (Part("body", Script((only,))),), name)


def _redirects(c: Cursor) -> tuple[Redirect, ...]:
    found: list[Redirect] = []
    c.blanks()
    while match := REDIRECT.match(c.text, c.position):
        found.append(redirect(c, match))
        c.blanks()
    return tuple(found)


def _body(c: Cursor) -> Script:
    """A script that must not be empty."""
    script = c.script(c)
    if not script.lists:
        raise c.unknown("a command is missing")
    return script


def _expect(c: Cursor, keyword: str) -> None:
    """Step over a word of the shell's own, which must come next."""
    if c.take(KEYWORD) != keyword:
        raise c.unknown(f"`{keyword}` is missing")


def _close(c: Cursor) -> None:
    if c.here != ")":
        raise c.unknown("`)` is missing")
    c.position += 1


def _parentheses(c: Cursor) -> Compound:
    """`( … )`, or bash's `(( … ))`."""
    if c.at("(("):
        c.only_bash("`((`")
        return _arithmetic(c)
    c.operator("(")
    script = _body(c)
    _close(c)
    return Compound("subshell", (Part("body", script),))


def _arithmetic(c: Cursor) -> Compound:
    c.position += 2
    start, draft = c.position, Draft()
    arithmetic(c, draft)
    draft.literal = False
    return Compound("arithmetic", (), words=(draft.word(c.text[start : c.position - 2]),))


def _group(c: Cursor) -> Compound:
    if c.here not in " \t\n\\":
        raise c.unknown("`{` stands directly before an operator")
    script = _body(c)
    _expect(c, "}")
    return Compound("group", (Part("body", script),))


def _if(c: Cursor) -> Compound:
    parts = []
    keyword = "elif"
    while keyword == "elif":
        parts.append(Part("condition", _body(c)))
        _expect(c, "then")
        parts.append(Part("body", _body(c)))
        keyword = c.take(KEYWORD)
    if keyword == "else":
        parts.append(Part("body", _body(c)))
        keyword = c.take(KEYWORD)
    if keyword != "fi":
        raise c.unknown("`fi` is missing")
    return Compound("if", tuple(parts))


def _loop(kind: Kind) -> Callable[[Cursor], Compound]:
    def read(c: Cursor) -> Compound:
        decides = Part("condition", _body(c))
        return Compound(kind, (decides, _do(c)))

    return read


def _do(c: Cursor) -> Part:
    _expect(c, "do")
    script = _body(c)
    _expect(c, "done")
    return Part("body", script)


def _for(c: Cursor) -> Compound:
    """`name in words; do … done`; without words it goes over the arguments."""
    c.blanks()
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
    if c.here == ";":
        c.operator(";")
    gap(c)
    return Compound("for", (_do(c),), name, words)


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


def _case(c: Cursor) -> Compound:
    c.blanks()
    subject = word(c)
    gap(c)
    if not subject.raw:
        raise c.unknown("the subject of a `case` is missing")
    _expect(c, "in")
    parts = []
    gap(c)
    while c.peek(KEYWORD) != "esac":
        parts.append(_item(c))
        if not c.at(";;") or c.at(";;&"):
            break
        c.operator(";;")
        gap(c)
    _expect(c, "esac")
    return Compound("case", tuple(parts), words=(subject,))


def _item(c: Cursor) -> Part:
    """`(a | b) script`, where the first parenthesis may be missing and the script be empty."""
    if c.here == "(":
        c.operator("(")
    patterns = [_pattern(c)]
    while c.here == "|":
        c.operator("|")
        patterns.append(_pattern(c))
    _close(c)
    return Part("body", c.script(c), tuple(patterns))


def _pattern(c: Cursor) -> Word:
    c.blanks()
    pattern = word(c)
    if not pattern.raw or pattern.raw == "esac":
        raise c.unknown("a pattern is missing")
    c.blanks()
    return pattern


def _test(c: Cursor) -> Compound:
    """`[[ … ]]` without parentheses and without `<` and `>`."""
    c.only_bash("`[[`")
    words = _comparison(c)
    while c.at("&&") or c.at("||"):
        c.operator("&&")
        words += _comparison(c)
    if word(c).raw != "]]":
        raise c.unknown("a condition that is not plain")
    return Compound("test", (), words=tuple(words))


def _comparison(c: Cursor) -> list[Word]:
    """`-f x`, `x`, `x = y`, with a `!` before it or none."""
    gap(c)
    while c.here == "!" and c.text[c.position + 1] in " \t":
        c.position += 1
        c.blanks()
    words = [_operand(c)]
    if _UNARY.fullmatch(words[0].raw):
        words.append(_operand(c))
    elif operator := c.take(_BINARY):
        c.blanks()
        words.append(_operand(c))
        if operator == "=~":
            words[-1] = words[-1]._replace(value=None, sets=("BASH_REMATCH",))
    gap(c)
    return words


def _operand(c: Cursor) -> Word:
    found = word(c)
    if not found.raw or found.raw in ("]]", "!"):
        raise c.unknown("a condition that is not plain")
    c.blanks()
    return found


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
    "while": _loop("while"),
    "until": _loop("until"),
    "for": _for,
    "case": _case,
    "[[": _test,
    "function": _function_keyword,
}
