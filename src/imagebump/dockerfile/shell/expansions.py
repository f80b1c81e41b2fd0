"""What a `$` or a backquote stands for. Every function starts on it and ends behind it."""

import re

from imagebump.dockerfile.shell.arithmetic import is_expression, uses_bash
from imagebump.dockerfile.shell.cursor import END, Cursor, Draft
from imagebump.dockerfile.shell.model import Script, Simple

_PARAMETER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*+|[0-9@*#?$!-]")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*+|[0-9]++|[@*#?$!-]")
_POSIX_OPERATOR = re.compile(r":?[-=?+]|##?|%%?")
_BASH_OPERATOR = re.compile(r"//?|\^\^?|,,?|:|@(?=[A-Za-z]\})")
_PLAIN_IN_BRACES = re.compile(r"[^}'\"\\$`{\0]++")
_SIMPLE_QUOTES = re.compile(r"'[^'\"\\$`{}\0]*+'|\"(?:[^'\"\\$`{}\0]|\$[A-Za-z_])*+\"")
_PLAIN_IN_DOUBLE = re.compile(r"[^\"\\$`\0]++")
_BACKQUOTED = re.compile(r"`((?:[^`\\\0]++|\\[^\0])*+)`")
_UNESCAPE = re.compile(r"\\([\\`$])")
_ANSI_C = re.compile(r"\$'((?:[^'\\\0]++|\\[^\0])*+)'")
_SUBSCRIPT = re.compile(r"\[(?:[@*]|[A-Za-z0-9_+-]++|\$[A-Za-z_][A-Za-z0-9_]*+)\]")
_ARITHMETIC = re.compile(r"[A-Za-z0-9_ \t\n+*/%<>=!&|^~?:,-]++")
_ASSIGNS = re.compile(
    r"(?<![A-Za-z0-9_])([A-Za-z_][A-Za-z0-9_]*+)[ \t\n]*+(?:<<|>>|[+*/%&|^-])?=(?!=)|(?:\+\+|--)",
    re.ASCII,
)


def dollar(c: Cursor, draft: Draft, *, quoted: bool) -> None:
    """An expansion, or a plain dollar."""
    follows = c.text[c.position + 1]
    if follows == "{":
        draft.literal = False
        _braces(c, draft, quoted=quoted)
    elif follows == "(":
        draft.literal = False
        _parentheses(c, draft)
    elif match := _PARAMETER.match(c.text, c.position + 1):
        draft.literal = False
        draft.uses.append(match[0])
        c.position = match.end()
    elif follows in "'\"" and not quoted:
        _dollar_quote(c, draft)
    elif follows in "[\\":
        raise c.unknown("`$` stands before a bracket or a backslash")
    else:
        draft.value.append("$")
        c.position += 1


def double_quotes(c: Cursor, draft: Draft) -> None:
    """`"…"`: everything up to the closing quote, expansions included."""
    c.position += 1
    while True:
        draft.value.append(c.take(_PLAIN_IN_DOUBLE))
        here = c.here
        if here == '"':
            c.position += 1
            return
        if here == END:
            raise c.unknown('a `"` is never closed')
        expansion_or_escape(c, draft, '$`"\\')


def expansion_or_escape(c: Cursor, draft: Draft, escapable: str) -> None:
    """A dollar, a backquote or a backslash where words are not split."""
    here = c.here
    if here == "$":
        dollar(c, draft, quoted=True)
    elif here == "`":
        backquotes(c, draft, quoted=True)
    else:
        follows = c.text[c.position + 1]
        if follows == END:
            raise c.unknown("it ends in a backslash")
        if follows != "\n":
            draft.value.append(follows if follows in escapable else here + follows)
        c.position += 2


def single_quotes(c: Cursor, draft: Draft) -> None:
    """`'…'`: everything up to the next one."""
    end = c.text.find("'", c.position + 1)
    if end < 0:
        raise c.unknown("a `'` is never closed")
    draft.value.append(c.text[c.position + 1 : end])
    c.position = end + 1


def backquotes(c: Cursor, draft: Draft, *, quoted: bool) -> None:
    """`` `…` ``: the shell first takes the backslashes away, and then reads what is left."""
    match = _BACKQUOTED.match(c.text, c.position)
    if match is None:
        raise c.unknown("a backquote is never closed")
    if quoted and '\\"' in match[1]:
        raise c.unknown("a quote is escaped in backquotes that are quoted")
    draft.literal = False
    inner = c.inside(_UNESCAPE.sub(r"\1", match[1]))
    with inner.nested():
        draft.scripts.append(_checked(c, c.script(inner)))
    c.commands = inner.commands
    if inner.here != END or inner.pending or (c.pending and "\n" in match[1]):
        raise c.unknown("what stands in backquotes is no whole command")
    c.position = match.end()


def arithmetic(c: Cursor, draft: Draft) -> None:
    """An expression, from where it starts to behind its `))`."""
    pieces, depth = list[str](), 0
    while True:
        pieces.append(c.take(_ARITHMETIC))
        here = c.here
        if here == ")" and depth == 0:
            break
        if here in "()":
            depth += 1 if here == "(" else -1
            pieces.append(here)
            c.position += 1
        elif here in "$`":
            pieces.append("x")
            expansion_or_escape(c, draft, "")
        else:
            raise c.unknown("arithmetic that is not plain")
    if not c.at("))"):
        raise c.unknown("`((` is not closed by `))`")
    c.position += 2
    _check_arithmetic(c, draft, "".join(pieces))


def _check_arithmetic(c: Cursor, draft: Draft, inside: str) -> None:
    if not is_expression(inside):
        raise c.unknown("arithmetic that is not plain")
    if uses_bash(inside):
        c.only_bash("this arithmetic")
    draft.sets += [match[1] or "a variable of arithmetic" for match in _ASSIGNS.finditer(inside)]


def _parentheses(c: Cursor, draft: Draft) -> None:
    if c.at("$(("):
        c.position += 3
        with c.nested():
            arithmetic(c, draft)
        return
    c.position += 2
    draft.scripts.append(_checked(c, substituted(c)))


def substituted(c: Cursor) -> Script:
    """The script of `$(…)`, `<(…)`, from behind the opening parenthesis to behind the closing one."""
    start, waiting, c.pending = c.position, c.pending, []
    with c.nested():
        script = c.script(c)
    if c.pending:
        raise c.unknown("a heredoc has no body")
    if c.here != ")":
        raise c.unknown("a `(` is never closed")
    if waiting and "\n" in c.text[start : c.position]:
        raise c.unknown("a substitution of several lines where a heredoc waits for its body")
    c.pending = waiting
    c.position += 1
    return script


def _checked(c: Cursor, script: Script) -> Script:
    """`$(<file)` reads the file in bash, and does nothing elsewhere."""
    if len(script.lists) == 1 and len(script.lists[0].pipelines) == 1:
        command = script.lists[0].pipelines[0].commands[0]
        if isinstance(command, Simple) and not command.words and command.redirects:
            c.only_bash("`$(<file)`")
    return script


def _dollar_quote(c: Cursor, draft: Draft) -> None:
    c.only_bash("a quote behind `$`")
    if c.at('$"'):
        draft.literal = False  # it may be translated
        c.position += 1
        double_quotes(c, draft)
        return
    match = _ANSI_C.match(c.text, c.position)
    if match is None:
        raise c.unknown("a `$'` is never closed")
    draft.value.append(match[1])
    draft.literal = draft.literal and "\\" not in match[1]
    c.position = match.end()


def _braces(c: Cursor, draft: Draft, *, quoted: bool) -> None:
    """`${…}`."""
    c.position += 2
    if c.at("#}"):
        draft.uses.append("#")
        c.position += 2
        return
    length, indirect = c.at("#"), c.at("!") and not c.at("!}")
    if indirect:
        c.only_bash("`${!…}`")
    c.position += length or indirect
    name = c.take(_NAME)
    if not name:
        raise c.unknown("`${` without a name")
    draft.uses.append(name)
    with c.nested():
        _modified(c, draft, name, quoted=quoted, bare=length)
    c.position += 1


def _modified(c: Cursor, draft: Draft, name: str, *, quoted: bool, bare: bool) -> None:
    """What follows the name in `${name…}`, up to the closing brace."""
    if c.here == "[":
        c.only_bash("an array")
        if not c.take(_SUBSCRIPT):
            raise c.unknown("an index that is not plain")
    if c.here == "}":
        return
    operator = "" if bare else c.take(_POSIX_OPERATOR)
    if not operator and not bare:
        operator = c.take(_BASH_OPERATOR)
        if operator:
            c.only_bash(f"`${{{name}{operator}…}}`")
    if not operator or (name in "@*#?$!-" and operator[0] in "#%:@"):
        raise c.unknown("`${…}` that is not plain")
    if operator.endswith("="):
        draft.sets.append(name)
    _until_brace(c, draft, quoted=quoted)


def _until_brace(c: Cursor, draft: Draft, *, quoted: bool) -> None:
    while c.here != "}":
        if c.take(_PLAIN_IN_BRACES):
            continue
        here = c.here
        if here in "'\"":
            _quotes_in_braces(c, draft, quoted=quoted)
        elif here == "$":
            dollar(c, draft, quoted=quoted)
        elif here == "`":
            backquotes(c, draft, quoted=quoted)
        elif here == "\\" and c.text[c.position + 1] not in "\n\0":
            c.position += 2
        else:
            raise c.unknown("`${` is not plainly closed")


def _quotes_in_braces(c: Cursor, draft: Draft, *, quoted: bool) -> None:
    """Shells do not agree on quotes inside `"${…}"`, unless they hold nothing special."""
    if quoted:
        if not c.take(_SIMPLE_QUOTES):
            raise c.unknown("quotes inside a quoted `${…}`")
    elif c.here == "'":
        single_quotes(c, draft)
    else:
        double_quotes(c, draft)
