"""What variables come to, and that it ends somewhere."""

import re
import tracemalloc
from collections.abc import Callable

import pytest

from imagebump.dockerfile.parse import parse
from imagebump.dockerfile.variables import substituted
from imagebump.interface import interface
from imagebump.lint import fixed
from imagebump.origins import origins
from imagebump.rules.model import LintSettings

USE = re.compile(r"\$(\w)")
LONG, MANY = b"a" * 20_000, 5000


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", ""),
        ("a", "a"),
        ("$a", "aaa"),
        ("$a-$b", "aaa-bbb"),
        ("1234$a", "1234aaa"),
        ("12345$a", "12345$a"),
        ("$a12345", "$a12345"),
        ("$a$a$a", "$a$a$a"),
        ("123456789", "123456789"),
    ],
)
def test_substituted(text: str, found: str) -> None:
    """Each value in its place; all as it is where that would be too long."""
    assert substituted(USE, lambda match: match[1] * 3, text, 7) == found


@pytest.mark.parametrize(
    "source",
    [
        b"ARG A=%s\nFROM a%s\nRUN a\nRUN b\n" % (LONG, b"$A" * MANY),
        b"FROM a\nENV A=%s\nENV B=%s\nWORKDIR $B\nEXPOSE $B\nRUN a\nRUN b\n" % (LONG, b"$A" * MANY),
        b"FROM a\nRUN A=%s && B=%s && a $B\nRUN b\n" % (LONG, b"$A" * MANY),
    ],
    ids=["FROM", "ENV", "RUN"],
)
@pytest.mark.parametrize(
    "read",
    [
        lambda source: origins(parse(source), "", {}),
        lambda source: interface(parse(source), "", {}),
        lambda source: fixed(source, LintSettings(merge="all")),
    ],
    ids=["origins", "interface", "lint"],
)
def test_a_long_value_that_is_used_often(read: Callable[[bytes], object], source: bytes) -> None:
    """It takes no more room than the text."""
    tracemalloc.start()
    try:
        read(source)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 30_000_000
