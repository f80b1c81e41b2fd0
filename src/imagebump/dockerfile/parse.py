"""Instructions with the lines that hold them, read by a port of BuildKit's own parser."""

from dataclasses import dataclass
from functools import cached_property

from e2b_dockerfile_utils import DockerfileSyntaxError, parse_dockerfile_ast

from imagebump.errors import UserError

KEYWORDS = frozenset(
    "ADD ARG CMD COPY ENTRYPOINT ENV EXPOSE FROM HEALTHCHECK LABEL MAINTAINER ONBUILD RUN SHELL "
    "STOPSIGNAL USER VOLUME WORKDIR".split()
)


class DockerfileError(UserError):
    """A text that is not a Dockerfile; `line` counts from 1, 0 where no line is to blame."""

    def __init__(self, message: str, line: int = 0) -> None:
        super().__init__(message)
        self.line = line


@dataclass(frozen=True)
class Instruction:
    """One instruction. `start` and `end` are its first and last line, counted from 1.

    `text` is the instruction without continuations; `flags` are `--name=value` without quotes;
    `args` are as BuildKit's parser gives them (key, value, delimiter for ENV and LABEL);
    `exec_form` says that the arguments were valid JSON.
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
    """A parsed Dockerfile: its bytes, its instructions in order, its escape character."""

    source: bytes
    instructions: tuple[Instruction, ...]
    escape: str
    syntax: str

    @cached_property
    def lines(self) -> tuple[bytes, ...]:
        """The lines with their endings: line N is `lines[N - 1]`."""
        return tuple(self.source.splitlines(keepends=True))

    @cached_property
    def stages(self) -> tuple[tuple[Instruction, ...], ...]:
        """The instructions of each stage, FROM first; what stands before the first FROM is in none."""
        starts = [i for i, one in enumerate(self.instructions) if one.name == "FROM"]
        return tuple(
            self.instructions[start:end]
            for start, end in zip(starts, [*starts[1:], len(self.instructions)], strict=True)
        )
