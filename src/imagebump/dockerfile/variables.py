"""Variables in a text, with the values that they have."""

import re
from collections.abc import Callable

LONGEST = 4096
"""Characters of a value: each might double the one before, or stand a thousand times in the next."""


def substituted(
    pattern: re.Pattern[str],
    value: Callable[[re.Match[str]], str],
    text: str,
    longest: int = LONGEST,
) -> str:
    """`text` with the value of each match in its place; as it is where it would be longer than `longest` characters."""
    parts, length, end = list[str](), 0, 0
    for match in pattern.finditer(text):
        parts += text[end : match.start()], value(match)
        length += len(parts[-2]) + len(parts[-1])
        if length > longest:
            return text
        end = match.end()
    found = "".join([*parts, text[end:]])
    return found if len(found) <= longest else text
