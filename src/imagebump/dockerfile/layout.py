"""Where the characters of an instruction stand in its file.

The parser joins continued lines to one text and forgets where they were; an edit has to know.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from imagebump.dockerfile.parse import Dockerfile, Instruction

_CONTINUATION = re.compile(r"((?:^|[^\\]))\\[ \t]*$")
_BOM = b"\xef\xbb\xbf"


class Layout(NamedTuple):
    """An instruction's text as the parser has it; `places[i]` is the byte where character i starts.

    There is one place more than there are characters: the byte behind the last one. `comments`
    are the places of the comment lines that lie inside it, from their first byte on.
    """

    text: str
    places: tuple[int, ...]
    comments: tuple[int, ...]


def layout(dockerfile: Dockerfile, one: Instruction) -> Layout | None:
    """The layout of an instruction without heredocs; None where the parser reads it otherwise."""
    text, places, comments = "", list[int](), list[int]()
    for start, line in _lines(dockerfile, one):
        content = line.decode().rstrip("\r\n")
        if places == [] and text == "":
            start += len(content.encode()) - len(content.lstrip().encode())
            content = content.lstrip()
        if content.lstrip().startswith("#"):
            comments.append(start)
            continue
        kept = _CONTINUATION.sub(r"\1", content)
        places += _places(kept, start)
        text += kept
    end = places[-1] + len(text[-1].encode()) if places else 0
    return Layout(text, (*places, end), tuple(comments)) if text == one.text else None


def _lines(dockerfile: Dockerfile, one: Instruction) -> Iterator[tuple[int, bytes]]:
    """The lines of an instruction, each with the byte that it starts at; without empty ones."""
    start = dockerfile.offsets[one.start - 1]
    for number, line in enumerate(dockerfile.lines[one.start - 1 : one.end], one.start):
        mark = len(_BOM) if number == 1 and line.startswith(_BOM) else 0
        if line.strip():
            yield start + mark, line[mark:]
        start += len(line)


def _places(text: str, start: int) -> Iterator[int]:
    for character in text:
        yield start
        start += len(character.encode())
