"""Which commands a shell text plainly names."""

import pytest

from imagebump.rules.words import plain, read

COMMANDS = [
    ("a b && c || d; e | f", [["a", "b"], ["c"], ["d"], ["e"], ["f"]]),
    ("X=1 Y='a b' /bin/rm x", [["/bin/rm", "x"]]),
    ('echo "a && $(b "c") d" \'e;f\' \\; g', [["echo", '"a && $(b "c") d"', "'e;f'", "\\;", "g"]]),
    ("(cd /x; y) && z", [["cd", "/x"], ["y"], ["z"]]),
    ("if a; then b; fi", [["a"], ["b"], []]),
    ("a >/x 2>&1 < y", [["a"]]),
    ("a # && b", [["a"]]),
    ("a#b", [["a#b"]]),
    ("a $(( 1 + 2 )) ${x:-y z}", [["a", "$(( 1 + 2 ))", "${x:-y", "z}"]]),
]

UNREADABLE = [
    "a `b`",
    "a 'b",
    'a "b',
    "a $(b",
    "cat <<E",
    "a $(b $(c $(d)))",
    "a $(( 1 + (2) ))",
    "a\\",
]

PATHS = [
    ("/x/y-1.2", "/x/y-1.2"),
    ("'/x'/\"y\"", "/x/y"),
    ("/x/${V}-$W", "/x/${V}-$W"),
    ("/x/$(y)", None),
    ("/x\\ y", None),
    ("/x/${V:-1}", None),
    ("/x/{a,b}", None),
]


@pytest.mark.parametrize(("text", "expected"), COMMANDS)
def test_the_commands(text: str, expected: list[list[str]]) -> None:
    """Words stay as they are written; quotes and substitutions hold together."""
    script = read(text)
    assert script is not None
    assert [list(command.words) for command in script.commands] == expected


@pytest.mark.parametrize("text", UNREADABLE)
def test_what_is_not_read(text: str) -> None:
    """Nothing is guessed."""
    assert read(text) is None


def test_what_a_command_writes_to() -> None:
    """The files of redirections, but no descriptors."""
    script = read("a > x 2>>'y z' >&2 &>w")
    assert script is not None
    assert [command.outputs for command in script.commands] == [("x", "'y z'", "w")]


@pytest.mark.parametrize(("word", "expected"), PATHS)
def test_plain_words(word: str, expected: str | None) -> None:
    """Quotes fall, variables stay, and anything more is not plain."""
    assert plain(word) == expected


@pytest.mark.parametrize(
    "unit", ["$(", "$((", '"$(', "'", '"', "\\", "<", ">", "&", "a'b'", "(", "2"]
)
def test_no_text_takes_long(unit: str) -> None:
    """The pattern never goes back over what it has read: otherwise this does not end."""
    read(unit * (65_000 // len(unit)))
