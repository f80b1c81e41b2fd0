"""What the formats tell of: the files that were linted, with their findings."""

from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import NamedTuple

from imagebump.rules.model import SEVERITIES, Finding, Severity

STANDARD_INPUT = "-"


class Linted(NamedTuple):
    """One file: its path as it was given (bytes that are no text as surrogates), and its content."""

    path: str
    source: bytes
    findings: tuple[Finding, ...]


class Report(NamedTuple):
    """The files that were linted, in order; their relative paths start at `directory`.

    `mended` says that they were fixed before: the findings are what is left.
    """

    files: tuple[Linted, ...]
    directory: str
    mended: bool = False

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The findings of all files."""
        return tuple(finding for file in self.files for finding in file.findings)


def counts(findings: Iterable[Finding]) -> dict[Severity, int]:
    """How many findings there are of each severity, from the worst to the mildest."""
    severities = [finding.severity for finding in findings]
    return {severity: severities.count(severity) for severity in SEVERITIES}


def location(path: str, directory: str) -> str:
    """Where a reader that starts in `directory` finds a file; standard input is its Dockerfile.

    An absolute path stays one only where the file lies elsewhere.
    """
    pure = PurePosixPath("Dockerfile" if path == STANDARD_INPUT else path)
    return str(pure.relative_to(directory) if pure.is_relative_to(directory) else pure)
