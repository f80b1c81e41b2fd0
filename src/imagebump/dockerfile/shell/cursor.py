"""Where the reader stands in a text, and the few things that are skipped everywhere.

The cursor is the one value here that changes: the parser is handed it and moves it on.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from imagebump.dockerfile.shell.model import NotUnderstood, Script, Word

END = "\0"
"""What stands behind the last character, so that the text can be looked at without a check."""

DEEPEST = 30  # constructs inside each other: each takes some frames of Python's own stack
MOST = 5000  # commands, simple or not, and substitutions in a text
_BLANKS = re.compile(r"(?:[ \t]++|\\\n)*+")
_COMMENT = re.compile(r"[^\n\0]*+")
_CONTINUED = re.compile(r"(?:\\\n)++[&|;<>()]")


class Heredoc(NamedTuple):
    """A heredoc whose body is still to come: it starts behind the next newline."""

    delimiter: str
    strips: bool
    expands: bool


class Draft:
    """What is known of a word so far. `literal` turns false where the shell computes a part."""

    __slots__ = ("literal", "scripts", "sets", "uses", "value")

    def __init__(self) -> None:
        self.value: list[str] = []
        self.literal = True
        self.uses: list[str] = []
        self.sets: list[str] = []
        self.scripts: list[Script] = []

    def word(self, raw: str) -> Word:
        """The word that was written as `raw`."""
        value = "".join(self.value) if self.literal else None
        return Word(raw, value, tuple(self.uses), tuple(self.sets), tuple(self.scripts))


class Cursor:
    """A position in a text. `script` is the parser of what a substitution or a compound holds."""

    def __init__(self, text: str, *, bash: bool, script: Callable[["Cursor"], Script]) -> None:
        self.text = text + END
        self.position = 0
        self.bash = bash
        self.script = script
        self.depth = 0
        self.commands = 0
        self.aliased = False
        self._skipped = (0, 0)
        self.pending: list[Heredoc] = []
        self.bodies: list[Word] = []
        self.comments: list[tuple[int, int]] = []

    def inside(self, text: str) -> "Cursor":
        """A cursor for a text that was taken out of this one."""
        inner = Cursor(text, bash=self.bash, script=self.script)
        inner.depth, inner.bodies, inner.commands = self.depth, self.bodies, self.commands
        return inner

    @property
    def here(self) -> str:
        """The next character, or END."""
        return self.text[self.position]

    def at(self, token: str) -> bool:
        """Does `token` come next?"""
        return self.text.startswith(token, self.position)

    def take(self, pattern: re.Pattern[str]) -> str:
        """What matches `pattern` here; it is behind the cursor then."""
        match = pattern.match(self.text, self.position)
        if match is None:
            return ""
        self.position = match.end()
        return match[0]

    def peek(self, pattern: re.Pattern[str]) -> str:
        """What matches `pattern` here; the cursor stays."""
        match = pattern.match(self.text, self.position)
        return match[0] if match else ""

    def blanks(self) -> None:
        """Skip blanks and continued lines."""
        if self.text[self.position] in " \t\\":  # seldom, and blanks are looked for all the time
            start = self.position
            if self.take(_BLANKS):
                self._skipped = (start, self.position)

    def before_blanks(self) -> int:
        """Where the blanks start that end here."""
        start, end = self._skipped
        return start if end == self.position else self.position

    def operator(self, token: str) -> None:
        """Step over an operator; one that a continuation cuts in two is not understood."""
        self.position += len(token)
        if self.here == "\\" and _CONTINUED.match(self.text, self.position):
            raise self.unknown("an operator is broken over two lines")

    def comment(self) -> None:
        """Step over a comment, up to its newline."""
        start = self.position
        self.take(_COMMENT)
        if self.text[self.position - 1] == "\\" and self.here != END:
            raise self.unknown("a comment that ends in a backslash")
        self.comments.append((start, self.position))

    def count_command(self) -> None:
        """Thousands of commands are generated, and not worth the time of a commit."""
        self.commands += 1
        if self.commands > MOST:
            raise self.unknown(f"it holds more than {MOST} commands")

    def unknown(self, reason: str) -> NotUnderstood:
        """The exception that ends reading here."""
        return NotUnderstood(reason, min(self.position, len(self.text) - 1))

    def only_bash(self, construct: str) -> None:
        """A construct that shells read differently is understood where the shell is known."""
        if not self.bash:
            raise self.unknown(f"{construct} does not mean the same in every sh")

    @contextmanager
    def nested(self) -> Iterator[None]:
        """Inside a construct: a text may nest without an end, and Python's stack does not."""
        self.count_command()
        if self.depth >= DEEPEST:
            raise self.unknown(f"it is nested more than {DEEPEST} deep")
        self.depth += 1
        yield
        self.depth -= 1
