"""The shell's own words, and what stands between them."""

import re

from imagebump.dockerfile.shell.cursor import Cursor
from imagebump.dockerfile.shell.model import Script

KEYWORD = re.compile(
    r"(?:case|coproc|do|done|elif|else|esac|fi|for|function|if|in|select|then|time|until|while"
    r"|\{|\}|\[\[|!)(?=[ \t\n;&|()<>\0]|\\\n)"
)
CLOSERS = frozenset(["do", "done", "elif", "else", "esac", "fi", "then", "}"])


def body(c: Cursor) -> Script:
    """A script that must not be empty."""
    script = c.script(c)
    if not script.lists:
        raise c.unknown("a command is missing")
    return script


def expect(c: Cursor, keyword: str) -> None:
    """Step over a word of the shell's own, which must come next."""
    if c.take(KEYWORD) != keyword:
        raise c.unknown(f"`{keyword}` is missing")


def close(c: Cursor) -> None:
    """Step over a closing parenthesis, which must come next."""
    if c.here != ")":
        raise c.unknown("`)` is missing")
    c.position += 1
