"""IB004, IB005 and IB007: what a fix makes of copies, and what it leaves alone, in bytes."""

import pytest

from copy_rows import BUILDKIT, CHMOD, FROM, KEPT, REWRITTEN, mended, settings
from imagebump.lint import fixed, lint
from imagebump.rules.model import LintSettings

CODES = ("IB004", "IB005", "IB007")


@pytest.mark.parametrize(("before", "after"), REWRITTEN)
def test_rewritten(before: bytes, after: bytes) -> None:
    """A copy brings what RUNs below it made of it, and a second pass changes nothing."""
    assert mended(FROM + before) == FROM + after
    assert mended(FROM + after) == FROM + after
    assert lint(FROM + after, "Dockerfile", settings(*CODES)) == ()


@pytest.mark.parametrize("source", KEPT)
def test_kept(source: bytes) -> None:
    """What cannot be proved to be the same stays as it is."""
    assert mended(FROM + source) == FROM + source


@pytest.mark.parametrize(("before", "after"), REWRITTEN)
def test_what_nobody_has_seen(before: bytes, after: bytes) -> None:
    """Without a snapshot nothing is changed, and it is found all the same."""
    unseen = LintSettings(select=CODES, merge="all")
    assert fixed(FROM + before, unseen) == FROM + before != FROM + after
    found = lint(FROM + before, "Dockerfile", unseen)
    assert bool(found) == (b"run" not in before)  # the name of a program may be a directory's


def test_an_ignored_dockerfile() -> None:
    """Where an ignore file leaves it out, the old builder may be needed, which knows no --chmod."""
    source = FROM + BUILDKIT + CHMOD
    assert fixed(source, settings("IB004", hides=True)) == source
    assert fixed(source, settings("IB004")) != source


def test_copies_stay_apart_by_default() -> None:
    """Only a layer would be saved."""
    source = FROM + b"COPY a.sh /x/\nCOPY b.sh /x/\n"
    assert fixed(source, settings("IB007")._replace(merge="worthwhile")) == source
    assert [f.severity for f in lint(source, "Dockerfile", settings("IB007"))] == ["info"]


SYNTAX = [
    ("docker/dockerfile:1", True),
    ("docker.io/docker/dockerfile", True),
    ("docker/dockerfile:1.7.0", True),
    ("docker/dockerfile:1.10", True),
    ("docker/dockerfile:1.0-experimental", False),
    ("docker/dockerfile:1.1.7", False),
    ("docker/dockerfile:1.2", False),
    ("docker/dockerfile:1@sha256:0", False),
    ("example.com/other", False),
]


@pytest.mark.parametrize(("syntax", "knows"), SYNTAX)
def test_frontends(syntax: str, knows: bool) -> None:
    """An old one knows no --chmod, and of a digest nobody can tell."""
    source = f"# syntax={syntax}\n".encode() + FROM + CHMOD
    assert (fixed(source, settings("IB004")) != source) == knows
