"""Findings as workflow commands, which GitHub Actions shows beside the lines of a change.

https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
"""

from imagebump.formats.document import readable
from imagebump.formats.report import Report, location
from imagebump.rules.model import Finding, Severity

_COMMANDS: dict[Severity, str] = {"error": "error", "warning": "warning", "info": "notice"}
_DATA = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
_PROPERTY = {**_DATA, **str.maketrans({":": "%3A", ",": "%2C"})}


def render(report: Report) -> str:
    """A line a finding."""
    return "\n".join(_command(finding, report.directory) for finding in report.findings)


def _command(finding: Finding, directory: str) -> str:
    properties = {
        "file": readable(location(finding.path, directory)),
        **_place(finding),
        "title": f"{finding.code} {finding.name}",
    }
    written = ",".join(f"{name}={value.translate(_PROPERTY)}" for name, value in properties.items())
    return f"::{_COMMANDS[finding.severity]} {written}::{finding.message.translate(_DATA)}"


def _place(finding: Finding) -> dict[str, str]:
    """The lines, and the column where there is one line only: GitHub takes it for no other."""
    if not finding.line:
        return {}
    column = {"col": str(finding.column)} if finding.end == finding.line else {}
    return {"line": str(finding.line), "endLine": str(finding.end), **column}
