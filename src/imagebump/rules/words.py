"""The commands that a RUN plainly names. What is not plain is not read at all."""

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import dropwhile, takewhile
from typing import NamedTuple

from imagebump.dockerfile.parse import Instruction

_LONGEST = 65536  # characters: a longer RUN is generated, and not worth the time of a commit
_SUBSTITUTION = r"\$\((?:[^()]++|\([^()]*+\))*+\)?"
_TOKEN = re.compile(
    rf"""(?:
     (?P<output>(?:\d*|&)>>?\|?(?!&)\s*+)
    |(?P<descriptor>\d*[<>]&[\d-]*)
    |(?P<input>\d*<(?!<)\s*+)
    |(?P<operator>&&|\|\|?|;;?|&|\(|\))
    |(?P<word>(?:[^\s'"\\;|&()<>`$]++|\\.|'[^']*+'|"(?:[^"\\$`]++|\\.|{_SUBSTITUTION}|\$)*+"|{_SUBSTITUTION}|\$)++)
    )\s*+""",
    re.VERBOSE | re.DOTALL,
)
_RESERVED = {"if", "then", "elif", "else", "fi", "while", "until", "do", "done", "!", "{", "}"}
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*\+?=")
_PLAIN = re.compile(r"(?:[\w./+@%:=,~*?\[\]-]|\$\w+|\$\{\w+\})+")

Token = tuple[str, str]
"""The kind of a token (a group of the pattern) and its text."""


class Command(NamedTuple):
    """A simple command: its words and the files that it is redirected to, as written.

    `before` is the operator in front of it; `keywords` are the shell's own, as `then`;
    `assigns` says that it is nothing but assignments.
    """

    words: tuple[str, ...]
    outputs: tuple[str, ...]
    before: str
    keywords: tuple[str, ...]
    assigns: bool

    @property
    def name(self) -> str:
        """The program without its directory, or ""."""
        return self.words[0].rpartition("/")[2] if self.words else ""

    @property
    def flags(self) -> tuple[str, ...]:
        """The words that start with a dash."""
        return tuple(word for word in self.words[1:] if word.startswith("-"))

    @property
    def operands(self) -> tuple[str, ...]:
        """The words behind the program that do not start with a dash."""
        return tuple(word for word in self.words[1:] if not word.startswith("-"))


class Script(NamedTuple):
    """The commands of a RUN in order; `operators` are those that stand between them or at the end."""

    commands: tuple[Command, ...]
    operators: frozenset[str]
    comment: bool

    @property
    def certain(self) -> tuple[Command, ...]:
        """The commands that run whenever nothing fails: none where the shell branches or loops."""
        if any(command.keywords for command in self.commands):
            return ()
        return tuple(command for command in self.commands if command.before != "||")

    @property
    def moves(self) -> bool:
        """Does it leave the directory that it starts in?"""
        return any(command.name in ("cd", "pushd", "popd") for command in self.commands)

    def places(self, path: str) -> bool:
        """Can it be told where a path of it leads? Not a relative one, where it moves."""
        return path.startswith("/") or not self.moves


@lru_cache(maxsize=1024)  # several rules ask for the same RUN
def read(text: str) -> Script | None:
    """The commands of a shell text on one line. None where it is not understood to its end."""
    tokens = _tokens(text) if len(text) <= _LONGEST else None
    if tokens is None:
        return None
    code = list(takewhile(lambda token: not token[1].startswith("#"), tokens))
    commands = tuple(_commands(code))
    operators = frozenset(value for kind, value in code if kind == "operator")
    return Script(commands, operators, len(code) < len(tokens))


def of(one: Instruction) -> Script | None:
    """The commands of a RUN; None where it is none, or as by `read`."""
    return read(one.args[0]) if one.name == "RUN" and one.args else None


def plain(word: str) -> str | None:
    """`word` without its quotes where that is all there is to it: variables stay, as written."""
    bare = word.replace('"', "").replace("'", "")
    return bare if _PLAIN.fullmatch(bare) else None


def _tokens(text: str) -> list[Token] | None:
    found, position = [], len(text) - len(text.lstrip())
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None or match.lastgroup is None:
            return None
        value, position = match[0].strip(), match.end()
        if "$(" in value and value.count("(") != value.count(")"):
            return None
        found.append((match.lastgroup, value))
    return found


def _commands(tokens: list[Token]) -> Iterator[Command]:
    before, part = "", list[Token]()
    for token in [*tokens, ("operator", "")]:
        if token[0] != "operator":
            part.append(token)
            continue
        if part:
            yield _command(part, before)
        before, part = token[1], []


def _command(tokens: list[Token], before: str) -> Command:
    words, outputs, last = list[str](), list[str](), "word"
    for kind, value in tokens:
        if last == "output":
            outputs.append(value)
        elif kind == last == "word":
            words.append(value)
        last = kind
    keywords = tuple(takewhile(_RESERVED.__contains__, words))
    rest = words[len(keywords) :]
    program = tuple(dropwhile(_ASSIGNMENT.match, rest))
    return Command(program, tuple(outputs), before, keywords, bool(rest) and not program)
