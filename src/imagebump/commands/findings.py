"""Findings as text: where, what, and the line with a caret."""

from collections import Counter
from collections.abc import Sequence

from imagebump import output
from imagebump.rules.model import SEVERITIES, Finding

_COLOURS = {"error": "red", "warning": "yellow", "info": "cyan"}
_WIDEST = 120  # characters of a source line that are shown


def text(finding: Finding, lines: Sequence[bytes]) -> str:
    """One finding; `lines` are its file's."""
    where = output.style(f"{finding.path}:{finding.line}:{finding.column}", "bold")
    severity = output.style(finding.severity, _COLOURS[finding.severity])
    head = f"{where}: {finding.code} {severity}: {finding.message}"
    return "\n".join([head, *_excerpt(finding, lines)])


def show(findings: Sequence[Finding], lines: Sequence[bytes]) -> None:
    """Print the findings of one file."""
    for finding in findings:
        output.say(text(finding, lines))


def summary(findings: Sequence[Finding]) -> str:
    """`2 findings (1 warning, 1 info)`."""
    if not findings:
        return "no findings"
    counts = Counter(finding.severity for finding in findings)
    parts = (_counted(counts[severity], severity) for severity in SEVERITIES if counts[severity])
    noun = "finding" if len(findings) == 1 else "findings"
    return f"{len(findings)} {noun} ({', '.join(parts)})"


def _counted(count: int, severity: str) -> str:
    return f"{count} {severity}" if count == 1 or severity == "info" else f"{count} {severity}s"


def _excerpt(finding: Finding, lines: Sequence[bytes]) -> list[str]:
    if finding.line > len(lines):
        return []
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
