"""The parser sees in a few lines what it sees in all of them."""

import pytest
from e2b_dockerfile_utils import DockerfileSyntaxError, parse_dockerfile_ast

from corpus import readable
from imagebump.dockerfile.parse import DockerfileError, parse

TABLE = [
    b"FROM a\nRUN x \\\n  && y \\ \t\n\n# remark \\\n  && z\n\nRUN w\n",
    b"FROM a\r\nRUN x \\\r\n # remark\r\n  && y\r\n",
    b"# escape=`\nFROM a\nRUN x `\n  && y\\\nRUN z\n",
    b"FROM a\nRUN x\\\\\nRUN y\n",
    b"FROM a\nRUN x \\\n\\\n\n",
    b"FROM a\nRUN x \\",
    b"FROM a\nRUN x\\ \\\n\\\n",
    b"FROM a\n\\\n  RUN x\n",
    b"FROM a\n\\\n",
    b"FROM a\nRUN cat <\\\n<E\n# body\n\nE\nRUN x\n",
    b"FROM a\nRUN <<E\nx \\\n\n# y\nE\nRUN z\n",
    b"FROM a\n\x1c\nRUN x\n",
    b"FROM a\nRUN x \\\n\x1c\ny\n",
    b"\n\xef\xbb\xbfFROM a\n",
    b"FROM a\n\xc2\xa0\nRUN x \\\n\xe3\x80\x80# remark\n\xe2\x80\xa8y\n",
    b"FROM a\n\nENV x\n",
    b"FROM a\n\nRUN x \\\n y\nUNKNOWN \\\n z\n",
    b"# escape=`\n# escape=`\nFROM a\n",
    b"# only\n",
]

Seen = list[tuple[str, str, int, int]] | int
"""Each instruction with its first and last line, or the line of an error."""


def by_the_parser(source: bytes) -> Seen:
    """What it sees in the text as it is written."""
    try:
        found = parse_dockerfile_ast(source.decode()).instructions
    except DockerfileSyntaxError as error:
        return error.line or 0
    return [(one.name, one.original, one.start_line, one.end_line) for one in found]


def by_us(source: bytes) -> Seen:
    """The same by way of fewer lines."""
    try:
        found = parse(source).instructions
    except DockerfileError as error:
        return error.line if error.reason != "no instructions" else []
    return [(one.name, one.text, one.start, one.end) for one in found]


@pytest.mark.parametrize("source", TABLE)
def test_the_table(source: bytes) -> None:
    """Continuations, comments and blanks go; what may be read otherwise stays."""
    assert by_the_parser(source) == by_us(source)


def test_the_corpus() -> None:
    """Each real file that can be read."""
    for name, source in readable():
        assert by_the_parser(source) == by_us(source), name
