"""The rules as SARIF describes them: out of their own documentation."""

import re
from collections.abc import Iterator
from textwrap import dedent
from typing import Any

from imagebump.rules import not_a_dockerfile
from imagebump.rules.model import Severity
from imagebump.rules.table import RULES

LEVELS: dict[Severity, str] = {"error": "error", "warning": "warning", "info": "note"}
"""What SARIF calls our severities."""

_CODE = {"Example", "Use instead"}  # the sections that are a Dockerfile


def rules() -> list[dict[str, Any]]:
    """Every rule there is, in the order of the codes."""
    unparsed = not_a_dockerfile
    return [
        _rule(unparsed.CODE, unparsed.NAME, unparsed.DOCUMENTATION, "error"),
        *(_rule(r.code, r.name, r.documentation, r.severity) for r in RULES.values()),
    ]


def _rule(code: str, name: str, documentation: str, severity: Severity) -> dict[str, Any]:
    title, _, rest = documentation.strip().partition("\n")
    short = _sentence(title.partition(": ")[2])
    sections = dict(_sections(rest))
    return {
        "id": code,
        "name": name,
        "shortDescription": {"text": short},
        "fullDescription": {"text": " ".join(sections.get("What it does", short).split())},
        "help": {"text": documentation.strip(), "markdown": _markdown(short, sections)},
        "defaultConfiguration": {"level": LEVELS[severity]},
    }


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _sections(text: str) -> Iterator[tuple[str, str]]:
    """Each title at the margin, with the indented text below it."""
    for match in re.finditer(r"^(\S.*)\n((?:[ \t].*(?:\n|\Z)|\n)*)", text, re.MULTILINE):
        yield match[1], dedent(match[2]).strip("\n")


def _markdown(short: str, sections: dict[str, str]) -> str:
    parts = [short]
    for title, text in sections.items():
        shown = f"```dockerfile\n{text}\n```" if title in _CODE else text
        parts.append(f"### {title}\n\n{shown}")
    return "\n\n".join(parts)
