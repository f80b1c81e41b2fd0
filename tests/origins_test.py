"""Which images a Dockerfile takes something from, and when nobody can tell."""

import pytest

from imagebump.dockerfile.parse import parse
from imagebump.origins import Origins, origins


def read(text: str, target: str = "", **arguments: str) -> Origins:
    """What a Dockerfile of these lines takes from where."""
    return origins(parse(text.encode()), target, arguments)


@pytest.mark.parametrize(
    ("text", "names", "base"),
    [
        ("FROM a", ("a",), "a"),
        ("FROM scratch\nCOPY x /", (), ""),
        ("FROM --platform=$BUILDPLATFORM a:1 AS b\nFROM b", ("a:1",), "a:1"),
        ("FROM a AS B\nFROM c\nCOPY --from=b /x /\nCOPY --from=0 /y /", ("a", "c"), "c"),
        ("FROM a\nCOPY --from=r.io/x:1 /x /", ("a", "r.io/x:1"), "a"),
        ("FROM a\nRUN --mount=from=x,target=/x true", ("a", "x"), "a"),
        ("FROM a\nRUN --mount=type=cache,from=x,target=/x true", ("a", "x"), "a"),
        ('FROM a\nRUN --mount="type=bind,from=x,target=/x" true', ("a", "x"), "a"),
        ("ARG V=1\nFROM a:$V", ("a:1",), "a:1"),
        ("ARG V=1\nARG W=${V}.2\nFROM a:${W}", ("a:1.2",), "a:1.2"),
        ("FROM a:${V:-3}", ("a:3",), "a:3"),
        ("ARG V=\nFROM a${V+:2}${V:+:3}", ("a:2",), "a:2"),
        ("ARG V=\nFROM a${V-:2}${V:-:3}", ("a:3",), "a:3"),
        ("ARG TARGETARCH=x\nFROM a:$TARGETARCH", ("a:x",), "a:x"),
        ("ARG B=b\nFROM a AS b\nFROM $B", ("a",), "a"),
        ("ARG B=c\nFROM a AS b\nFROM $B", ("a", "c"), "c"),
        ("# syntax=docker/dockerfile:1\nFROM a", ("a", "docker/dockerfile:1"), "a"),
        ("FROM a\nADD --checksum=sha256:" + "0" * 64 + " https://h.io/x /", ("a",), "a"),
        ("FROM a\nADD one.tar.gz two /x/", ("a",), "a"),
        ("FROM a\nADD <<end /x\n$HOME\nend", ("a",), "a"),
    ],
)
def test_what_is_clear(text: str, names: tuple[str, ...], base: str) -> None:
    """Stages are none, and variables are those that stand before the first FROM."""
    assert read(text) == Origins(names, base, True)


def test_a_stage_that_an_argument_names() -> None:
    """What the build is given counts, and not the default."""
    text = "ARG B=b\nFROM a AS b\nFROM $B"
    assert read(text, B="c") == Origins(("a", "c"), "c", True)


def test_arguments_that_double_each_other() -> None:
    """A name ends somewhere."""
    doubled = "\n".join(f"ARG A{n}=$A{n - 1}$A{n - 1}" for n in range(1, 60))
    assert not read(f"ARG A0=aaaa\n{doubled}\nFROM $A59").clear


@pytest.mark.parametrize(
    "text",
    [
        "FROM a:$V",
        "FROM a-$TARGETARCH",
        "FROM a:${TARGETARCH:-amd64}",
        "FROM a${BUILDVARIANT:+:2}",
        "FROM a\nADD deploy@h.io:x /",
        "FROM a\nCOPY --from=$X /x /",
        "FROM a\nCOPY --from=1 /x /\nFROM b AS c",
        "FROM a\nCOPY --from=c /x /\nFROM b AS c",
        "FROM a\nADD https://h.io/x /",
        "FROM a\nADD --checksum=sha256:$SUM https://h.io/x /",
        "FROM a\nADD 'https://h.io/x' /",
        'FROM a\nADD ["https://h.io/x", "/"]',
        "FROM a\nADD git@h.io:x/y.git /",
        "FROM a\nADD https://h.io/x/y.git#v1 /",
        "FROM a\nADD ssh://git@h.io/x /",
        "FROM a\nARG U\nADD $U /",
    ],
)
def test_what_nobody_can_tell(text: str) -> None:
    """Such a file is built, for a new version."""
    assert not read(text).clear


def test_arguments_and_targets() -> None:
    """A build argument goes before a default, and the base is the one below the target."""
    text = "ARG V=1\nFROM a:$V AS x\nFROM b AS y"
    assert read(text, "x", V="2") == Origins(("a:2", "b"), "a:2", True)
