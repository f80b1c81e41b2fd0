"""The JSON document: its schema holds, whatever a file and its name are."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from imagebump.formats.json import render, schema
from imagebump.formats.report import Linted, Report
from imagebump.lint import lint

BOTH = b"FROM a:1\nRUN x\nRUN y\nCMD a\n CMD \\\n b\nCMD c\n"


def report(**files: bytes) -> Report:
    """The report on files of these contents."""
    found = (Linted(path, source, lint(source, path)) for path, source in files.items())
    return Report(tuple(found), "/w")


def parsed(text: str) -> Any:
    """The document, which is valid by its own schema."""
    document = json.loads(text)
    Draft202012Validator(json.loads(schema())).validate(document)
    return document


def test_the_document() -> None:
    """Findings in order, each with its file, and counts of all severities."""
    document = parsed(render(report(a=BOTH, b=b"FROM a:1\n", c=b"")))
    assert document["version"] == 1
    assert document["files"] == 3
    assert document["summary"] == {"error": 1, "warning": 2, "info": 1}
    assert [(f["path"], f["code"], f["line"]) for f in document["findings"]] == [
        ("a", "IB001", 3),
        ("a", "IB006", 4),
        ("a", "IB006", 5),
        ("c", "IB000", 1),
    ]
    assert document["findings"][2] == {
        "path": "a",
        "code": "IB006",
        "name": "overridden-instruction",
        "severity": "warning",
        "message": "CMD has no effect: line 7 overrides it; "
        "CMD never runs at build; use RUN for what has to happen there",
        "line": 5,
        "column": 2,
        "end_line": 6,
        "fixable": True,
    }


def test_nothing_found() -> None:
    """No finding is an empty list."""
    document = parsed(render(report(a=b"FROM a:1\n")))
    assert (document["files"], document["findings"]) == (1, [])


def test_the_schema_is_one() -> None:
    """It is valid itself, and says of every field what it is."""
    Draft202012Validator.check_schema(json.loads(schema()))
    wrong = json.loads(render(report(a=BOTH)))
    wrong["findings"][0]["severity"] = "note"
    assert not Draft202012Validator(json.loads(schema())).is_valid(wrong)


NAMES = [
    ("a b%c", "a b%c"),
    ("a\nb\x7f\x1b", "a\nb\x7f\x1b"),
    ("é/Dockerfile", "é/Dockerfile"),
    ("a\udcff", "a�"),
]


@pytest.mark.parametrize(("path", "shown"), NAMES)
def test_odd_names(path: str, shown: str) -> None:
    """A name comes back as it is, without what is no Unicode; the text is printable ASCII."""
    text = render(report(**{path: b""}))
    assert text.replace("\n", "").isascii()
    assert text.replace("\n", "").isprintable()
    assert parsed(text)["findings"][0]["path"] == shown


@given(st.binary(max_size=20), st.text(min_size=1, max_size=5))
def test_any_source(source: bytes, path: str) -> None:
    """Whatever is linted, the document is valid."""
    parsed(render(report(**{path: b"FROM a:1\nRUN x\nRUN " + source})))
