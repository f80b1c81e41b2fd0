"""Instructions with the lines that hold them, read by a port of BuildKit's own parser."""

import io
import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib import import_module
from itertools import accumulate, takewhile
from typing import NamedTuple

from e2b_dockerfile_utils import (
    DockerfileInstruction,
    DockerfileSyntaxError,
    parse_dockerfile_ast,
)

from imagebump.dockerfile.condensed import Line, condensed
from imagebump.errors import UserError

# fmt: off
_KEYWORDS = [
    "ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "LABEL",
    "MAINTAINER", "ONBUILD", "RUN", "SHELL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR",
]
# fmt: on
_MAY_BE_BARE = {"CMD", "ENTRYPOINT", "RUN"}
_LONGEST_LINE = 65535  # bytes, without its newline: the buffer that BuildKit reads lines into
_DIRECTIVE = r"(?i:# ?(syntax|escape|check) ?= ?(.+))"  # compiled for the first comment at a top
_ARITHMETIC = re.compile(r"\$\(\([^\n()]*\)\)")
_MARK = "\0"  # in no text that is parsed


class DockerfileError(UserError):
    """A text that is not a Dockerfile.

    `reason` is what is wrong; `line` counts from 1, 0 where no line is to blame.
    """

    def __init__(self, reason: str, name: str = "Dockerfile", line: int = 0) -> None:
        where = f"{name}:{line}" if line else name
        super().__init__(f"cannot parse {where}: {reason}")
        self.reason = " ".join(reason.split())
        self.line = line


class Instruction(NamedTuple):
    """One instruction. `start` and `end` are its first and last line, counted from 1.

    `text` is the instruction without continuations; `flags` are `--name=value` without quotes;
    `args` are as BuildKit's parser gives them (key, value, delimiter for ENV and LABEL; nothing
    for ONBUILD); `exec_form` says that the arguments were valid JSON.
    """

    name: str
    text: str
    flags: tuple[str, ...]
    args: tuple[str, ...]
    exec_form: bool
    heredocs: tuple[str, ...]
    start: int
    end: int


@dataclass(frozen=True)
class Dockerfile:
    """A parsed Dockerfile: its bytes, its instructions in order, its escape character.

    `syntax` is the frontend that its `# syntax=` directive names, or "".
    """

    source: bytes
    instructions: tuple[Instruction, ...]
    escape: str
    syntax: str

    def __hash__(self) -> int:
        """Its bytes say all of it, and know their hash once they were asked."""
        return hash(self.source)

    @cached_property
    def lines(self) -> tuple[bytes, ...]:
        """The lines with their endings, split at newlines only: line N is `lines[N - 1]`."""
        return tuple(io.BytesIO(self.source))

    @cached_property
    def offsets(self) -> tuple[int, ...]:
        """The byte that each line starts at, and the end of the last one."""
        return tuple(accumulate(map(len, self.lines), initial=0))

    @cached_property
    def stages(self) -> tuple[tuple[Instruction, ...], ...]:
        """The instructions of each stage, FROM first; what stands before the first FROM is in none."""
        starts = [i for i, one in enumerate(self.instructions) if one.name == "FROM"]
        return tuple(
            self.instructions[start:end]
            for start, end in zip(starts, [*starts[1:], len(self.instructions)], strict=True)
        )


def parse(source: bytes, name: str = "Dockerfile") -> Dockerfile:
    """Read a Dockerfile; `name` is what errors call it. DockerfileError where BuildKit would refuse."""
    try:
        return _parsed(source)
    except DockerfileError as error:
        raise DockerfileError(error.reason, name, error.line) from None


@lru_cache(maxsize=1024)  # a linter reads each file for itself, and as a neighbour of the others
def _parsed(source: bytes) -> Dockerfile:
    written = _decode(source).removeprefix("\ufeff").split("\n")
    head = _leading_comments(written)
    lines = [Line(line, number, number) for number, line in enumerate(head, 1)]
    try:
        escape = parse_dockerfile_ast("\n".join(head)).escape_token
        lines += condensed(written[len(head) :], len(head), escape)
        ast = parse_dockerfile_ast(_masked("\n".join(line.text for line in lines)))
    except DockerfileSyntaxError as error:
        raise _explained(error, lines) from None
    except RecursionError:  # thousands of brackets, each inside the last
        raise DockerfileError("an exec form is nested too deeply") from None
    instructions = tuple(_instruction(one, lines) for one in ast.instructions)
    _check_order(instructions)
    for one in instructions:
        _check_arguments(one)
    return Dockerfile(source, instructions, ast.escape_token, _syntax(head))


def _decode(source: bytes) -> str:
    """`source` as text. DockerfileError for what is no text, or is none that BuildKit can read."""
    if source.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        raise DockerfileError("UTF-16, and Docker reads UTF-8 only: save it as that", line=1)
    suspect = b"\0" in source or len(source) > _LONGEST_LINE
    for number, line in enumerate(io.BytesIO(source) if suspect else (), 1):
        if b"\0" in line:
            raise DockerfileError("a NUL byte: this is a binary file, or not UTF-8", line=number)
        if len(line.removesuffix(b"\n")) > _LONGEST_LINE:
            raise DockerfileError(f"a line of more than {_LONGEST_LINE} bytes", line=number)
    try:
        return source.decode()
    except UnicodeDecodeError as error:
        number = source.count(b"\n", 0, error.start) + 1
        byte = source[error.start]
        raise DockerfileError(f"byte 0x{byte:02x} is not UTF-8", line=number) from None


def _leading_comments(lines: list[str]) -> list[str]:
    """The comments that open the file, with one blank for each run of blanks.

    The parser's pattern for directives takes quadratic time on such runs.
    """
    comments = takewhile(lambda line: line.lstrip().startswith("#"), lines)
    return [" ".join(line.split()) for line in comments]


def _syntax(head: list[str]) -> str:
    for line in head[1:] if head and head[0].startswith("#!") else head:
        match = re.fullmatch(_DIRECTIVE, line)
        if match is None:
            return ""
        if match[1].lower() == "syntax":
            return match[2].partition(" ")[0]
    return ""


def with_syntax(dockerfile: Dockerfile, frontend: str) -> bytes:
    """The text of a Dockerfile that names a frontend, with `frontend` in its place."""
    name = re.escape(dockerfile.syntax.encode())
    blank = rb"[^\S\n]*"
    directive = rb"(?im)^((?:\xef\xbb\xbf)?%b#%bsyntax%b=%b)%b(?!\S)" % (*4 * [blank], name)
    return re.sub(directive, lambda match: match[1] + frontend.encode(), dockerfile.source, count=1)


def _masked(text: str) -> str:
    """`text` with `<<` in `$(( 1 << 2 ))` marked: with a blank behind it, it reads as a heredoc."""
    if "<<" not in text:
        return text
    return _ARITHMETIC.sub(lambda match: match[0].replace("<<", f"<{_MARK}<"), text)


def _clean(text: str) -> str:
    """`text` without marks and without the lone surrogates that JSON can spell."""
    unmarked = text.replace(_MARK, "")
    return unmarked if unmarked.isascii() else unmarked.encode(errors="replace").decode()


def _instruction(raw: DockerfileInstruction, lines: Sequence[Line]) -> Instruction:
    return Instruction(
        name=raw.name,
        text=_clean(raw.original),
        flags=tuple(map(_clean, raw.flags)),
        args=tuple(map(_clean, raw.args)),
        exec_form=raw.json,
        heredocs=tuple(_clean(heredoc.content) for heredoc in raw.heredocs),
        start=lines[raw.start_line - 1].start,
        end=lines[raw.end_line - 1].end,
    )


def _explained(error: DockerfileSyntaxError, lines: Sequence[Line]) -> DockerfileError:
    reason = str(error).split(": ", 1)[-1]  # behind "Dockerfile parse error on line N"
    word = reason.removeprefix("unknown instruction: ")
    if word != reason:
        close = import_module("difflib").get_close_matches  # which takes a moment to load
        near = close(word.upper()[:40], _KEYWORDS, n=1)
        reason = f"unknown instruction {_short(word)}" + (
            f", did you mean {near[0]}?" if near else ""
        )
    line = lines[error.line - 1].start if error.line else 0
    return DockerfileError(_short(reason, 200), line=line)


def _short(text: str, length: int = 40) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"


def _check_order(instructions: tuple[Instruction, ...]) -> None:
    """Only ARG may stand before the first FROM, and there must be a FROM."""
    if not instructions:
        raise DockerfileError("no instructions")
    first = next((one for one in instructions if one.name != "ARG"), None)
    if first is None:
        raise DockerfileError("no FROM")
    if first.name != "FROM":
        raise DockerfileError(f"{first.name} stands before the first FROM", line=first.start)


def _check_arguments(one: Instruction) -> None:
    if one.name == "FROM" and not _names_a_base(one.args):
        raise DockerfileError("FROM takes IMAGE or IMAGE AS NAME", line=one.start)
    if one.name in ("ADD", "COPY") and len(one.args) < 2:
        raise DockerfileError(f"{one.name} takes a source and a destination", line=one.start)
    if not one.args and one.name not in _MAY_BE_BARE and len(one.text.split()) < 2:
        raise DockerfileError(f"{one.name} takes at least one argument", line=one.start)


def _names_a_base(args: tuple[str, ...]) -> bool:
    return len(args) == 1 or (len(args) == 3 and args[1].upper() == "AS")
