"""What gets onto the terminal, and what does not."""

import io
import os
import pty
import sys

import pytest

from imagebump import output
from imagebump.errors import UserError


def test_answers_and_remarks(capfd: pytest.CaptureFixture[str]) -> None:
    """Answers on standard output, the rest on standard error with our name."""
    output.say("answer")
    output.say("no newline", end="")
    output.note("remark")
    output.error(UserError("what  happened\nwhere", "Run: this"))
    assert capfd.readouterr() == (
        "answer\nno newline",
        "imagebump: remark\nimagebump: what happened where. Run: this\n",
    )


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain\ttext\nö→日", "plain\ttext\nö→日"),
        ("\033[1;31mred\033[0m", "\033[1;31mred\033[0m"),
        ("a\rb\bc\0d\x7fe", "a�b�c�d�e"),
        ("\033]0;title\a", "�]0;title�"),
        ("\033[2J\033[1A\033c", "�[2J�[1A�c"),
        ("\x9b31m\x85", "�31m�"),
        ("a\u202eb\u2066c", "a�b�c"),
        ("a\udcffb", "a?b"),
    ],
)
def test_strangers_text(text: str, shown: str) -> None:
    """Colours pass; nothing else that a terminal would obey, turn around, or cannot take."""
    assert output.printable(text) == shown


def test_how_wide_a_line_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the environment says goes before the terminal; no terminal has 80 characters."""
    monkeypatch.setattr(os, "get_terminal_size", lambda _: os.terminal_size((0, 0)))
    for said, width in [("132", 132), ("0", 80), ("x", 80), ("", 80)]:
        monkeypatch.setenv("COLUMNS", said)
        assert output.width() == width


def test_a_terminal_that_knows_little(monkeypatch: pytest.MonkeyPatch) -> None:
    """What it cannot show is a question mark, not an error."""
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), encoding="ascii"))
    assert output.printable("1 → 2 ö") == "1 ? 2 ?"


def test_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal only, and not where NO_COLOR says so."""
    assert output.style("x", "red") == "x"
    leader, follower = pty.openpty()
    with os.fdopen(follower, "w") as terminal, os.fdopen(leader, "rb"):
        monkeypatch.setattr(sys, "stdout", terminal)
        assert output.is_terminal()
        assert output.style("x", "bold", "red") == "\033[1;31mx\033[0m"
        assert output.style("x") == "x"
        monkeypatch.setenv("NO_COLOR", "1")
        assert output.style("x", "red") == "x"


@pytest.mark.parametrize(
    ("rows", "text"),
    [
        ([["a", "b"], ["long", "c"]], "a     b\nlong  c"),
        ([["\033[31ma\033[0m", "b"], ["cc", "d"]], "\033[31ma\033[0m   b\ncc  d"),
        ([["a", ""], ["b", "c"]], "a\nb  c"),
        ([["\033[2Ja\033[", "b"]], "\033[2Ja\033[  b"),
        ([], ""),
    ],
)
def test_columns(rows: list[list[str]], text: str) -> None:
    """As wide as the widest cell without its colours, nothing at the end of a line."""
    assert output.columns(rows) == text
