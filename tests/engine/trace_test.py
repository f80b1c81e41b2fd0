"""BuildKit's progress, encoded by hand and read back."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imagebump.engine.trace import Log, Status, Transfer, Vertex, decode
from trace_messages import number, stamp, text, varint

VERTEX = text(1, "sha256:a") + text(2, "sha256:in") + text(3, "[1/2] RUN ü")
MESSAGE = b"".join(
    [
        text(1, VERTEX + stamp(5, 1769904000, 500_000_000) + stamp(6, 1769904002)),
        text(1, text(1, "sha256:b") + number(4, 1) + text(7, "exit code: 1")),
        text(2, text(1, "id") + text(2, "sha256:a") + text(3, "layer") + number(4, 300) + number(5, 1 << 40)),
        text(3, text(1, "sha256:a") + stamp(2, 1) + number(3, 2) + text(4, b"out\xff\n")),
        text(4, text(1, "a warning, which is passed over")),
        varint(9 << 3 | 1) + bytes(8),
        varint(10 << 3 | 5) + bytes(4),
    ]
)  # fmt: skip


def test_a_message() -> None:
    """Every field that is shown, and nothing of the others."""
    assert decode(MESSAGE) == Status(
        (
            Vertex("sha256:a", "[1/2] RUN ü", False, 1769904000.5, 1769904002.0, ""),
            Vertex("sha256:b", "", True, 0.0, 0.0, "exit code: 1"),
        ),
        (Transfer("sha256:a", "layer", 300, 1 << 40),),
        (Log("sha256:a", "out�\n"),),
    )


def test_nothing() -> None:
    """An empty message is one."""
    assert decode(b"") == Status((), (), ())
    assert decode(text(1, "")) == Status((Vertex("", "", False, 0.0, 0.0, ""),), (), ())


def test_a_field_of_another_type() -> None:
    """A number where a text is expected, and the reverse, is passed over."""
    assert decode(number(1, 5)) == Status((), (), ())
    assert decode(text(2, number(2, 1) + text(4, "x"))).transfers == (Transfer("", "", 0, 0),)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\x0a", "the message ends early"),
        (b"\x0a\x05abc", "the message ends early"),
        (b"\x80", "the message ends early"),
        (b"\x09\0\0\0\0", "the message ends early"),
        (b"\x0d\0\0", "the message ends early"),
        (b"\x0b", "wire type 3 at byte 1"),
        (b"\x0f", "wire type 7 at byte 1"),
        (text(1, b"\x0a\x05"), "the message ends early"),
        (text(1, text(5, number(2, 0)[:1] + b"\xff" * 300 + b"\x01")), "a number of more than 64 bits"),
        (b"\xff" * 4096, "a number of more than 64 bits"),
    ],
)  # fmt: skip
def test_what_is_no_message(data: bytes, reason: str) -> None:
    """The ValueError says what is wrong."""
    with pytest.raises(ValueError, match=f"^{reason}$"):
        decode(data)


def test_every_truncation() -> None:
    """A message that is cut anywhere is read or refused, without another error."""
    read = 0
    for length in range(len(MESSAGE)):
        try:
            decode(MESSAGE[:length])
            read += 1
        except ValueError:
            continue
    assert read == 7, "only between two fields"


FIELDS = st.recursive(
    st.one_of(
        st.binary(max_size=12),
        st.builds(number, st.integers(0, 9), st.integers(0, 1 << 80)),
        st.builds(text, st.integers(0, 9), st.binary(max_size=9)),
    ),
    lambda inner: st.builds(
        text, st.integers(0, 9), st.lists(inner, max_size=3).map(b"".join)
    ),
    max_leaves=6,
)  # fmt: skip


@settings(deadline=None)
@given(st.lists(FIELDS, max_size=4).map(b"".join))
def test_no_other_error(data: bytes) -> None:
    """Whatever comes over the wire, it is a message or a ValueError."""
    try:
        found = decode(data)
    except ValueError:
        return
    assert isinstance(found, Status)
