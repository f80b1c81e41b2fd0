"""What a shell text is made of, as frozen values. They are tuples: a RUN may hold thousands."""

from functools import lru_cache
from typing import Literal, NamedTuple, TypeAlias, Union

Dialect = Literal["sh", "bash"]
"""`sh` is what dash, busybox and bash called as sh agree upon; `bash` is bash, called by its name."""


def dialect(shell: tuple[str, ...]) -> Dialect:
    """How a SHELL of these words reads."""
    return "bash" if shell[0].rpartition("/")[2] == "bash" else "sh"


class NotUnderstood(Exception):  # it is no error of the program, and never leaves `read`
    """The text ends here for the reader: `reason` says why, `position` is where it stood."""

    def __init__(self, reason: str, position: int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.position = position


class Unknown(NamedTuple):
    """A text that is not fully understood. Nothing that it does may be assumed.

    `reason` is a clause for the user; `position` counts characters from 0.
    """

    reason: str
    position: int


class Word(NamedTuple):
    """A word of the shell.

    `raw` is the word as written; `value` is what it comes to, None where the shell computes that
    (variables, substitutions, patterns, braces, tildes). `uses` are the parameters that it reads
    and `sets` those that it may assign, as in `${x:=1}`; `scripts` are its command substitutions.
    """

    raw: str
    value: str | None
    uses: tuple[str, ...] = ()
    sets: tuple[str, ...] = ()
    scripts: tuple["Script", ...] = ()

    @property
    def text(self) -> str:
        """As the shell reads it, or as it is written."""
        return self.raw if self.value is None else self.value


@lru_cache(maxsize=2048)  # most words stand in many RUNs
def literal(raw: str) -> Word:
    """A word that comes to what is written."""
    return Word(raw, raw)


class Assignment(NamedTuple):
    """`name=value`, or `name+=value` where `appends`. Of an array, `words` are the elements."""

    name: str
    words: tuple[Word, ...]
    appends: bool = False
    is_array: bool = False


class Redirect(NamedTuple):
    """A redirection. `fd` is the number as written or ""; of a heredoc, `target` is its delimiter."""

    fd: str
    operator: str
    target: Word


class Simple(NamedTuple):
    """A simple command: assignments, words, redirections; any of the three may be missing."""

    assignments: tuple[Assignment, ...]
    words: tuple[Word, ...]
    redirects: tuple[Redirect, ...]

    @property
    def name(self) -> str | None:
        """The first word as the shell reads it; "" where there is none, None where it is computed."""
        return self.words[0].value if self.words else ""


Kind = Literal[
    "group", "subshell", "if", "while", "until", "for", "case", "function", "test", "arithmetic",
]  # fmt: skip


class Part(NamedTuple):
    """A script inside a compound command: what decides (`condition`) or what is done (`body`)."""

    role: Literal["condition", "body"]
    script: "Script"
    patterns: tuple[Word, ...] = ()


class Compound(NamedTuple):
    """A compound command. `name` is that of a loop's variable or of a function.

    `words` are what a loop goes over, the subject of a `case`, or what `[[ ]]` and `(( ))` hold.
    """

    kind: Kind
    parts: tuple[Part, ...]
    name: str = ""
    words: tuple[Word, ...] = ()
    redirects: tuple[Redirect, ...] = ()


Command: TypeAlias = Union[Simple, Compound]  # noqa: UP007  # a string inside `|` has no meaning


class Pipeline(NamedTuple):
    """Commands with `|` between; `negated` by `!`."""

    commands: tuple[Command, ...]
    negated: bool = False


class AndOr(NamedTuple):
    """Pipelines with `&&` or `||` between.

    `terminator` is `;`, `&`, a newline, or "" at the end of the script; `start` and `end` are
    where it stands in its text, without the terminator. Inside backquotes the text is what is
    left when their backslashes are taken away.
    """

    pipelines: tuple[Pipeline, ...]
    operators: tuple[str, ...]
    terminator: str
    start: int
    end: int


class Script(NamedTuple):
    """And-or lists in order; none where there is no command."""

    lists: tuple[AndOr, ...]
