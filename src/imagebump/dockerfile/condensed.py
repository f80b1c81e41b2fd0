"""Each instruction on one line, without comments: the parser looks at every line several times."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

_BLANKS = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
"""Those of Go; Python has some more."""
_NO_START = _BLANKS + "\ufeff"  # the mark counts at the top of a text, where no line stood before


class Line(NamedTuple):
    """A line for the parser, and the first and the last line of the file that it stands for."""

    text: str
    start: int
    end: int


def condensed(written: Sequence[str], above: int, escape: str) -> Sequence[Line]:
    """As few lines as tell the parser the same as those that are written below `above` others.

    They stay as they are where there may be a heredoc, or where an instruction has no plain end.
    """
    joined = [*_joined(written, above, escape)]
    if all(_is_plain(line.text, escape) for line in joined):
        return joined
    return [Line(text, number, number) for number, text in enumerate(written, above + 1)]


def _joined(written: Sequence[str], above: int, escape: str) -> Iterator[Line]:
    parts, start = list[str](), 0
    for number, line in enumerate(written, above + 1):
        text = line.rstrip("\r")
        bare = text.lstrip(_BLANKS)
        if not bare or bare[0] == "#":
            continue
        if not parts:
            text, start = bare, number
        code = text.rstrip(" \t")
        goes_on = code.endswith(escape) and not code.endswith(escape * 2)
        parts.append(code[:-1] if goes_on else text)
        if not goes_on:
            yield Line("".join(parts), start, number)
            parts = []
    if parts:
        yield Line("".join([*parts, escape]), start, start)


def _is_plain(text: str, escape: str) -> bool:
    """Does the parser see an instruction in it that ends here, and no heredoc?"""
    code = text.rstrip(" \t")
    return code[:1] not in _NO_START and not code.endswith(escape) and "<<" not in code
