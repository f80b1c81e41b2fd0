"""Whether a text is an arithmetic expression, as far as its form goes."""

import re

_TOKEN = re.compile(
    r"[ \t\n]*+(?:(?P<name>[A-Za-z_][A-Za-z0-9_]*+)|(?P<number>[0-9][A-Za-z0-9_]*+)"
    r"|(?P<bash>\+\+|--|\*\*|,)|(?P<assignment>(?:<<|>>|[+*/%&|^-])?=(?!=))"
    r"|(?P<binary><<|>>|<=|>=|==|!=|&&|\|\||[*/%<>&|^?:])"
    r"|(?P<sign>[+-])|(?P<unary>[!~])|(?P<open>\()|(?P<close>\)))"
)
_OPERANDS = frozenset(["name", "number"])
_BEFORE_OPERAND = frozenset(["", "binary", "assignment", "sign", "unary", "open", "bash"])


def is_expression(text: str) -> bool:
    """Do operands and operators take turns? Expansions stand in `text` as names.

    Precedence, and which parenthesis closes which, make no difference to that.
    """
    last, position, text = "", 0, text.rstrip(" \t\n")
    while position < len(text):
        match = _TOKEN.match(text, position)
        kind = match.lastgroup if match else None
        if match is None or kind is None or not _may_follow(last, kind):
            return False
        last, position = kind, match.end()
    return last in _OPERANDS or last == "close" or text.endswith(("++", "--"))


def _may_follow(last: str, kind: str) -> bool:
    if kind in _OPERANDS or kind in ("open", "unary"):
        return last in _BEFORE_OPERAND
    if kind == "assignment":
        return last == "name"
    return kind in ("sign", "bash") or last not in _BEFORE_OPERAND or last == "bash"


def uses_bash(text: str) -> bool:
    """Does it have an operator that dash has not?"""
    return any(match.lastgroup == "bash" for match in _TOKEN.finditer(text))
