"""Findings as SARIF 2.1.0, for code scanning: https://docs.oasis-open.org/sarif/sarif/v2.1.0/."""

import os
from typing import Any
from urllib.parse import quote

from imagebump import __version__
from imagebump.formats import sarif_rules
from imagebump.formats.document import document
from imagebump.formats.report import Report, location
from imagebump.rules.model import Finding

_SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)


def render(report: Report) -> str:
    """One run, with every rule that there is, and the findings as its results."""
    return document({"$schema": _SCHEMA, "version": "2.1.0", "runs": [_run(report)]})


def _run(report: Report) -> dict[str, Any]:
    rules = sarif_rules.rules()
    indexes = {rule["id"]: index for index, rule in enumerate(rules)}
    return {
        "tool": {
            "driver": {"name": "imagebump", "semanticVersion": __version__, "rules": rules},
        },
        "columnKind": "unicodeCodePoints",
        "results": [
            {
                "ruleId": finding.code,
                "ruleIndex": indexes[finding.code],
                "level": sarif_rules.LEVELS[finding.severity],
                "message": {"text": finding.message},
                "locations": [{"physicalLocation": _place(finding, report.directory)}],
                "properties": {"fixable": finding.fixable},
            }
            for finding in report.findings
        ],
    }


def _place(finding: Finding, directory: str) -> dict[str, Any]:
    """The file and, where it is known, the lines."""
    place: dict[str, Any] = {
        "artifactLocation": {"uri": _uri(location(finding.path, directory))},
    }
    if finding.line:
        place["region"] = {
            "startLine": finding.line,
            "startColumn": finding.column,
            "endLine": finding.end,
        }
    return place


def _uri(path: str) -> str:
    """A path, byte by byte, as a relative reference; as a file URI where it is absolute."""
    encoded = quote(os.fsencode(path))
    return f"file://{encoded}" if path.startswith("/") else encoded
