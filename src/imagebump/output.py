"""The only writer to the terminal: answers on standard output, the rest on standard error."""

import os
import re
import sys
from typing import NoReturn

from imagebump.errors import UserError

_CONTROL = re.compile(
    r"\033(?!\[[0-9;]*m)|[\0-\x08\x0b-\x1a\x1c-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]"
)
_COLOUR = re.compile(r"\033\[[0-9;]*m")
_STYLES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "cyan": "36"}


def is_terminal() -> bool:
    """Is standard output a terminal?"""
    return sys.stdout is not None and sys.stdout.isatty()


def width() -> int:
    """The characters of a line: what COLUMNS says, or the terminal, or 80."""
    columns = os.environ.get("COLUMNS", "")
    if columns.isdecimal() and int(columns):
        return int(columns)
    try:
        return os.get_terminal_size(1).columns or 80
    except OSError:
        return 80


def style(text: str, *names: str) -> str:
    """`text` in colour, where standard output is a terminal and NO_COLOR is not set."""
    if not names or not is_terminal() or os.environ.get("NO_COLOR"):
        return text
    return f"\033[{';'.join(_STYLES[name] for name in names)}m{text}\033[0m"


def say(text: str = "", end: str = "\n") -> None:
    """An answer, on standard output."""
    print(printable(text), end=end, flush=True)


def write(data: bytes) -> None:
    """An answer that is a file: byte for byte where a program reads it, harmless on a terminal."""
    if is_terminal():
        say(data.decode(errors="replace"), end="")
    elif sys.stdout is not None:
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()


def note(text: str) -> None:
    """A remark beside the answer, on standard error."""
    if sys.stderr is not None:  # closed by whoever started us: print would take standard output
        print(printable(f"imagebump: {text}"), file=sys.stderr, flush=True)


def error(problem: UserError) -> None:
    """A failure: one line on standard error."""
    note(str(problem))


def abandoned() -> int:
    """The reader of our standard output is gone (a pager, head): stop quietly."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def leave(status: int) -> NoReturn:
    """End the process here and now, with all that was said."""
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()
    os._exit(status)


def columns(rows: list[list[str]]) -> str:
    """`rows` in columns, two blanks between them; widths ignore colours."""
    widths = [max(_width(cell) for cell in column) for column in zip(*rows, strict=True)]
    lines = (
        "  ".join(
            cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)
        )
        for row in rows
    )
    return "\n".join(line.rstrip() for line in lines)


def _width(text: str) -> int:
    return len(_COLOUR.sub("", text))


def printable(text: str) -> str:
    """`text` without control characters other than colours, and encodable on this terminal.

    Branch names, file names and build logs are strangers' text.
    """
    encoding = (sys.stdout and sys.stdout.encoding) or "utf-8"
    clean = _CONTROL.sub("�", text)
    return clean.encode(encoding, "replace").decode(encoding)
