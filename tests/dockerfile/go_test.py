"""BuildKit's own parser, in Go, sees what ours sees, and what a fix leaves."""

from typing import NamedTuple

import pytest

import dockerfile as buildkit
from apart_rows import APART, NEIGHBOURS
from corpus import readable
from imagebump.dockerfile.parse import parse
from imagebump.lint import fixed
from imagebump.rules.model import LintSettings
from join_rows import KEPT, REWRITTEN

FROM = b"FROM imagebump/base:1\n"
TABLE = [FROM + row[0] for row in [*REWRITTEN, *KEPT, *APART]] + [FROM + row for row in NEIGHBOURS]
ALL = LintSettings(select=("IB001",), merge="all")


class Seen(NamedTuple):
    """What both tell of an instruction; `script` is that of a RUN."""

    name: str
    start: int
    end: int
    exec_form: bool
    script: tuple[str, ...]


def by_go(source: bytes) -> list[Seen]:
    """The instructions as BuildKit has them."""
    return [
        _seen(one.cmd.upper(), (one.start_line, one.end_line), one.json, one.value)
        for one in buildkit.parse_string(source.decode())  # type: ignore[attr-defined]
    ]


def by_us(source: bytes) -> list[Seen]:
    """The same by ours."""
    return [
        _seen(one.name, (one.start, one.end), one.exec_form, one.args)
        for one in parse(source).instructions
    ]


def _seen(name: str, lines: tuple[int, int], exec_form: bool, args: tuple[str, ...]) -> Seen:
    """What is behind ONBUILD is not read by ours."""
    return Seen(name, *lines, exec_form and name != "ONBUILD", args * (name == "RUN"))


def test_the_corpus() -> None:
    """Names, lines, exec form and scripts are the same, before and after a fix."""
    for name, source in readable():
        for text in (source, fixed(source, ALL)):
            assert by_us(text) == by_go(text), name


@pytest.mark.parametrize("source", TABLE)
def test_the_table(source: bytes) -> None:
    """What is JSON up to some place only, BuildKit takes for the exec form: it is left as it is."""
    after = fixed(source, ALL)
    if after != source:
        assert by_us(after) == by_go(after)
        assert not any(one.exec_form for one in by_go(source) if one.name == "RUN")
