"""Exit status, operands and errexit."""

import pytest

from imagebump.dockerfile.shell.model import Simple
from imagebump.dockerfile.shell.reading import Reading, read

OPERANDS = [
    ("a", True),
    ("a && b", True),
    ("a | b", True),
    ("! a", True),
    ("a;", True),
    ("a # b", True),
    ("if a; then b; c; fi", True),
    ("(a; b || c)", True),
    ("a || b", False),
    ("a && b || c", False),
    ("a; b", False),
    ("a\nb", False),
    ("a &", False),
    ("set -e && a", False),
    ("set -x && a", True),
    ("set $x && a", False),
    ("set -o errexit", False),
    ("set -- -e", False),
    ("(set -e; a)", True),
    ("eval a", False),
    ("command set -e", False),
    ("command -v a", True),
    ("", False),
    ("# a", False),
]
ENDINGS = [
    ("a", "", False),
    ("a;", ";", False),
    ("a ; ", ";", False),
    ("a &", "&", False),
    ("a; b", "", False),
    ("a # b", "", True),
    ("a; # b", ";", True),
    ("a # b\n", "\n", False),
    ("a '# b'", "", False),
    ("a\\ #b", "", False),
    ("# a", "", True),
    ("", "", False),
]
LAST = [
    ("a", "a"),
    ("a; b", "b"),
    ("a && b", "b"),
    ("a || b", "b"),
    ("a; b;", "b"),
    ("a | b", None),
    ("! a", None),
    ("(a)", None),
    ("{ a; }", None),
    ("if a; then b; fi", None),
    ("a &", None),
    ("a; X=1", ""),
    ("", None),
]
RELIES = [
    ("a; b", False, True),
    ("a && b", False, False),
    ("a || b", False, False),
    ("set -e; a", False, False),
    ("set -e; a; b", True, True),
    ("set -e && a && b", False, False),
    ("set -e && a; b", True, True),
    ("a; set -e; b", False, True),
    ("set -x; a; b", False, True),
    ("set -eux; a && b; c", True, True),
    ("set -o errexit; a; b", True, True),
    ("set $x; a; b", True, True),
    ("set -e; (a; b)", True, True),
    ("set -e; { a; b; }", True, True),
    ("set -e; { a; b; } && c", False, False),
    ("set -e; if a; b; then c; fi", False, False),
    ("set -e; if a; then b; c; fi", True, True),
    ("set -e; if a; then b; fi", False, False),
    ("set -e; for x in a; do b; done", True, True),
    ("set -e; while a; do b; done", True, True),
    ("for x in a; do b; set -e; done", True, True),
    ("f() { a; b; }; set -e; f", True, True),
    ("set -e; ! a; b", False, False),
    ("set -e; a | b; c", True, True),
    ("set -e; a & b", True, True),
    ("set -e; x=$(a; b)", True, True),
    ("set -e; x=$(a; b) && c", True, True),
    ("set -e; a $(b)", False, False),
    ("(set -e; a; b)", True, True),
    ("sh -c 'set -e; a; b'", False, False),
    ("eval a; b; c", True, True),
]


def known(text: str) -> Reading:
    found = read(text)
    assert isinstance(found, Reading), found
    return found


@pytest.mark.parametrize(("text", "expected"), OPERANDS)
def test_may_it_stand_behind_and(text: str, expected: bool) -> None:
    """Without a group, that is."""
    assert expected == known(text).is_operand


@pytest.mark.parametrize(("text", "ending", "comment"), ENDINGS)
def test_what_it_ends_in(text: str, ending: str, comment: bool) -> None:
    """What may not stand before an operator, and what would swallow it."""
    found = known(text)
    assert (ending, comment) == (found.ending, found.ends_in_comment)


@pytest.mark.parametrize(("text", "expected"), LAST)
def test_the_last_command(text: str, expected: str | None) -> None:
    """The simple command that gives the status, where it is one."""
    last = known(text).last_simple
    assert expected == (last.name if isinstance(last, Simple) else None)


@pytest.mark.parametrize(("text", "alone", "under"), RELIES)
def test_who_relies_on_errexit(text: str, alone: bool, under: bool) -> None:
    """By itself, and under a shell that has -e already."""
    found = known(text)
    assert (alone, under) == (found.relies_on_errexit(), found.relies_on_errexit(already=True))
