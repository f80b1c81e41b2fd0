"""Findings as text: where, what, and the line with a caret."""

import io
from collections.abc import Iterator, Sequence

from imagebump import output
from imagebump.formats.report import Linted, Report, counts
from imagebump.rules.model import Finding

_COLOURS = {"error": "red", "warning": "yellow", "info": "cyan"}
_FIXABLE = "[*]"
_WIDEST = 120  # characters of a source line that are shown


def render(report: Report) -> str:
    """The findings of all files, and a summary where there was a file."""
    if not report.files:
        return ""
    noun = "file" if len(report.files) == 1 else "files"
    left = " left" if report.mended else ""
    total = f"{summary(report.findings)}{left} in {len(report.files)} {noun}"
    shown = (one for file in report.files for one in remarks(file))
    return "\n".join([*shown, total, *fixable(report.findings)])


def remarks(file: Linted) -> Iterator[str]:
    """Each finding of a file, with its line."""
    lines = list(io.BytesIO(file.source))
    return (_remark(finding, lines) for finding in file.findings)


def _remark(finding: Finding, lines: Sequence[bytes]) -> str:
    where = output.style(f"{finding.path}:{finding.line}:{finding.column}", "bold")
    severity = output.style(finding.severity, _COLOURS[finding.severity])
    mark = f" {output.style(_FIXABLE, 'green')}" if finding.fixable else ""
    head = f"{where}: {finding.code} {severity}: {finding.message}{mark}"
    return "\n".join([head, *_excerpt(finding, lines)])


def summary(findings: Sequence[Finding]) -> str:
    """`2 findings (1 warning, 1 info)`."""
    if not findings:
        return "no findings"
    parts = (_counted(count, severity) for severity, count in counts(findings).items() if count)
    noun = "finding" if len(findings) == 1 else "findings"
    return f"{len(findings)} {noun} ({', '.join(parts)})"


def fixable(findings: Sequence[Finding], how: str = "--fix") -> list[str]:
    """A line that counts those with a mark, where there is one, and says what fixes them."""
    count = sum(finding.fixable for finding in findings)
    return [f"{_FIXABLE} {count} of {len(findings)} can be fixed with {how}"] if count else []


def _counted(count: int, severity: str) -> str:
    return f"{count} {severity}" if count == 1 or severity == "info" else f"{count} {severity}s"


def _excerpt(finding: Finding, lines: Sequence[bytes]) -> list[str]:
    if finding.line > len(lines) or b"\0" in lines[finding.line - 1]:
        return []  # nobody reads a line of a binary file
    raw = lines[finding.line - 1][: 4 * _WIDEST].removeprefix(b"\xef\xbb\xbf")
    line = raw.decode(errors="replace").rstrip()[:_WIDEST]
    shown = "".join(c if c.isprintable() else " " for c in line)  # a tab would move the caret
    start = finding.column - 1
    words = shown[start:].split(" ", 1)
    margin = len(str(finding.line))
    caret = " " * start + "^" * max(len(words[0]), 1)
    return [
        f"  {finding.line} | {shown}",
        f"  {' ' * margin} | {output.style(caret, _COLOURS[finding.severity])}",
    ]
