"""IB006: several CMD, ENTRYPOINT or HEALTHCHECK in a stage."""

import pytest

from imagebump.lint import fixed, lint
from imagebump.rules.model import LintSettings

ONLY = LintSettings(select=("IB006",))

UNTOUCHED = [
    b"FROM a\nCMD a\n",
    b"FROM a\nCMD a\nFROM b\nCMD b\n",
    b"FROM a\nENTRYPOINT a\nCMD b\nHEALTHCHECK NONE\n",
    b"FROM a\nONBUILD CMD a\nCMD b\n",
    b"FROM a\nRUN <<EOF\nCMD a\nEOF\nCMD b\n",
    b"FROM a\n# hadolint ignore=DL4003\nCMD a\nCMD b\n",
    b"FROM a\nCMD a\n# hadolint ignore=DL4003\nCMD b\n",
    b"FROM a\n# imagebump: ignore=IB006 both are shown\nENTRYPOINT a\nENTRYPOINT b\n",
]

FOUND = [
    (b"FROM a\nCMD a\nCMD b\n", [(2, "CMD")]),
    (b"FROM a\ncmd a\nRUN x\n  CMD b\nCMD c\n", [(2, "CMD"), (4, "CMD")]),
    (b"FROM a\nENTRYPOINT a\nCMD b\nENTRYPOINT c\n", [(2, "ENTRYPOINT")]),
    (b"FROM a\nHEALTHCHECK CMD a\nHEALTHCHECK NONE\n", [(2, "HEALTHCHECK")]),
    (b"FROM a\nCMD a\nCMD b\nFROM c\nCMD d\nCMD e\n", [(2, "CMD"), (5, "CMD")]),
]


@pytest.mark.parametrize("source", UNTOUCHED)
def test_nothing_to_say(source: bytes) -> None:
    """One of each kind in a stage is what counts, and pragmas are honoured."""
    assert lint(source, "Dockerfile", ONLY) == ()


@pytest.mark.parametrize(("source", "expected"), FOUND)
def test_what_has_no_effect(source: bytes, expected: list[tuple[int, str]]) -> None:
    """All but the last one of a kind are reported, where they stand."""
    found = lint(source, "Dockerfile", ONLY)
    assert [(finding.line, finding.message.split()[0]) for finding in found] == expected
    assert {finding.severity for finding in found} == {"warning"}


def test_the_message_says_what_cmd_is_for() -> None:
    """CMD is the one that is taken for RUN."""
    (finding,) = lint(b"FROM a\nCMD mkdir /x\nCMD b\n", "Dockerfile", ONLY)
    assert finding.message == (
        "CMD has no effect: line 3 overrides it; "
        "CMD never runs at build; use RUN for what has to happen there"
    )
    assert (finding.line, finding.column, finding.end) == (2, 1, 2)


MENDED = [
    (b"FROM a\nCMD a\nCMD b\n", b"FROM a\nCMD b\n"),
    (b"FROM a\ncmd a\nRUN x\n  CMD b\nCMD c\n", b"FROM a\nRUN x\nCMD c\n"),
    (b"FROM a\nENTRYPOINT a\nCMD b\nENTRYPOINT c\n", b"FROM a\nCMD b\nENTRYPOINT c\n"),
    (b"FROM a\nHEALTHCHECK CMD a\nHEALTHCHECK NONE\n", b"FROM a\nHEALTHCHECK NONE\n"),
    (b"FROM a\nCMD a\nCMD b\nFROM c\nCMD d\nCMD e", b"FROM a\nCMD b\nFROM c\nCMD e"),
    (
        b'FROM a\r\n# of the file\r\n\r\nCMD ["a", \\\r\n "b"]\r\n\r\nCMD b\r\n',
        b"FROM a\r\n# of the file\r\n\r\n\r\nCMD b\r\n",
    ),
    (b"FROM a\nCMD a # b\nRUN x\nCMD c\n", b"FROM a\nRUN x\nCMD c\n"),
]

LEFT = [
    *UNTOUCHED,
    b"FROM a\nCMD a\nCMD []\nENTRYPOINT b\n",
    b"FROM a\n# hadolint ignore=DL3025\nCMD a\nCMD b\n",
    b"FROM a\n# RUN x\nCMD a\nCMD b\n",
    b"FROM a\n# what a server does\nCMD a\nCMD b\n",
    b"FROM a\nCMD a \\\n# why\n b\nCMD c\n",
    b"FROM a\nCMD [1]\nCMD b\n",
    b"FROM a\nHEALTHCHECK --interval=x CMD a\nHEALTHCHECK NONE\n",
    b"FROM a\nHEALTHCHECK a\nHEALTHCHECK NONE\n",
    b"# syntax=example.com/other\nFROM a\nCMD a\nCMD b\n",
    b"# imagebump: ignore-file=IB006\nFROM a\nCMD a\nCMD b\n",
]


@pytest.mark.parametrize(("before", "after"), MENDED)
def test_mended(before: bytes, after: bytes) -> None:
    """What has no effect goes, and all else stays as it is."""
    assert fixed(before, ONLY) == after
    assert fixed(after, ONLY) == after


@pytest.mark.parametrize("source", LEFT)
def test_left(source: bytes) -> None:
    """What a comment belongs to, or Docker might refuse, stays."""
    assert fixed(source, ONLY) == source
