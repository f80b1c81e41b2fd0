"""Workflow commands: a line a finding, and nothing in a file or its name that makes another one."""

import pytest

from imagebump.formats.github import render
from imagebump.formats.report import Linted, Report
from imagebump.lint import lint
from imagebump.rules.model import Finding


def rendered(path: str, *findings: Finding) -> str:
    """The lines for findings in one file."""
    return render(Report((Linted(path, b"", findings),), "/w"))


def finding(message: str = "x", path: str = "Dockerfile") -> Finding:
    """A finding on one line."""
    return Finding("IB001", "consecutive-run", "warning", message, 3, 2, 3, path=path)


def test_commands() -> None:
    """The severities are GitHub's; a column stands only where there is one line."""
    source = b"FROM a:1\nRUN x\nRUN y\nCMD a \\\n b\nCMD c\n"
    linted = [Linted(path, text, lint(text, path)) for path, text in [("a", source), ("-", b"")]]
    notice, warning, error = render(Report(tuple(linted), "/w")).splitlines()
    place = "file=a,line=3,endLine=3,col=1,title=IB001 consecutive-run"
    assert notice.startswith(f"::notice {place}::joining this RUN")
    place = "file=a,line=4,endLine=5,title=IB006 overridden-instruction"
    assert warning.startswith(f"::warning {place}::CMD has no effect: line 6 overrides it; ")
    place = "file=Dockerfile,line=1,endLine=1,col=1,title=IB000 not-a-dockerfile"
    assert error == f"::error {place}::no instructions"


def test_nothing_found() -> None:
    """No finding is no line."""
    assert rendered("Dockerfile") == ""


MESSAGES = [
    ("50%", "50%25"),
    ("a\r\n::error::b", "a%0D%0A::error::b"),
    ("a: b, c é", "a: b, c é"),
]


@pytest.mark.parametrize(("message", "shown"), MESSAGES)
def test_messages(message: str, shown: str) -> None:
    """What would end a command, or read as an escape, is escaped."""
    assert rendered("Dockerfile", finding(message)).endswith(f"::{shown}")


NAMES = [
    ("a b", "a b"),
    ("a:b,c%d\ne", "a%3Ab%2Cc%25d%0Ae"),
    ("./a/Dockerfile", "a/Dockerfile"),
    ("/w/a", "a"),
    ("/v/a", "/v/a"),
    ("a\udcff", "a�"),
]


@pytest.mark.parametrize(("path", "shown"), NAMES)
def test_names(path: str, shown: str) -> None:
    """In a property `:` and `,` are escaped too; a path is relative to where we are."""
    assert rendered(path, finding(path=path)).startswith(f"::warning file={shown},line=3,")


def test_a_finding_without_a_place() -> None:
    """It stands at the file."""
    nowhere = finding()._replace(line=0, column=0, end=0)
    assert rendered("a", nowhere) == "::warning file=Dockerfile,title=IB001 consecutive-run::x"
