"""Findings as one JSON document, for programs; schemas/lint.schema.json describes it."""

from pathlib import Path
from typing import Any

from imagebump.formats.document import document, readable
from imagebump.formats.report import Report, counts
from imagebump.rules.model import Finding

VERSION = 1
"""Of the document: it rises where a reader of the last one would stumble."""


def render(report: Report) -> str:
    """All findings in order, and how many there are of each severity."""
    return document(
        {
            "version": VERSION,
            "files": len(report.files),
            "findings": [_finding(finding) for finding in report.findings],
            "summary": counts(report.findings),
        }
    )


def schema() -> str:
    """The JSON schema of the document."""
    path = Path(__file__).parents[1] / "schemas" / "lint.schema.json"
    return path.read_text(encoding="utf-8").rstrip()


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "path": readable(finding.path),
        "code": finding.code,
        "name": finding.name,
        "severity": finding.severity,
        "message": finding.message,
        "line": finding.line,
        "column": finding.column,
        "end_line": finding.end,
        "fixable": finding.fixable,
    }
