"""The formats of findings, in one table: a format that is not in it does not exist."""

from collections.abc import Callable
from importlib import import_module

from imagebump.formats.report import Report

FORMATS = {name: f"imagebump.formats.{name}" for name in ("text", "json", "sarif", "github")}
"""Each format's module, whose `render` makes a report one text."""

WHOLE = {"json", "sarif"}
"""The formats that are one document: with a file left out it would tell half of the truth."""


def renderer(name: str) -> Callable[[Report], str]:
    """The function that writes the format `name`; the others are not imported."""
    render: Callable[[Report], str] = import_module(FORMATS[name]).render
    return render
