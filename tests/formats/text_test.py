"""Text: each finding with its line, and a summary."""

import pytest

from imagebump.formats.report import Linted, Report
from imagebump.formats.text import render, summary
from imagebump.lint import lint
from imagebump.rules.model import Finding, Severity


def test_files_in_order() -> None:
    """The findings of each file, and one summary of all."""
    sources = [("a", b"FROM a:1\nCMD a\nCMD b\n"), ("b", b"FROM a:1\n")]
    found = tuple(Linted(path, source, lint(source, path)) for path, source in sources)
    place, excerpt, caret, total, fixable = render(Report(found, "/w")).splitlines()
    assert place.startswith("a:2:1: IB006 warning: CMD has no effect")
    assert place.endswith("for what has to happen there [*]")
    assert (excerpt, caret) == ("  2 | CMD a", "    | ^^^")
    assert total == "1 finding (1 warning) in 2 files"
    assert fixable == "[*] 1 of 1 can be fixed with --fix"


def test_no_file() -> None:
    """Where nothing could be read there is nothing to sum up."""
    assert render(Report((), "/w")) == ""


SUMMARIES: list[tuple[list[Severity], str]] = [
    ([], "no findings"),
    (["info"], "1 finding (1 info)"),
    (["info", "error", "info", "error", "warning"], "5 findings (2 errors, 1 warning, 2 info)"),
]


@pytest.mark.parametrize(("severities", "expected"), SUMMARIES)
def test_summaries(severities: list[Severity], expected: str) -> None:
    """The worst first, and none that is not there."""
    assert summary([Finding("IB001", "x", s, "", 1, 1, 1) for s in severities]) == expected
