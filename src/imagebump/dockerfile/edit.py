"""Changes of a text by bytes: what no edit names stays as it is."""

from collections.abc import Iterable
from typing import NamedTuple


class Edit(NamedTuple):
    """Put `text` in the place of the bytes from `start` up to `end`; equal ones insert."""

    start: int
    end: int
    text: bytes


def apply(source: bytes, edits: Iterable[Edit]) -> bytes:
    """`source` with all `edits`, from the end backwards. ValueError where two of them overlap."""
    last = len(source)
    for edit in sorted(edits, reverse=True):
        if not 0 <= edit.start <= edit.end <= last:
            raise ValueError(f"an edit overlaps another one: {edit}")
        source = source[: edit.start] + edit.text + source[edit.end :]
        last = edit.start
    return source


def moved(position: int, edits: Iterable[Edit]) -> tuple[int, bool]:
    """Where a byte of a text is after `edits`, or what took its place; and: did one of them take it?"""
    shift = 0
    for edit in sorted(edits):
        if edit.start <= position < edit.end:
            return edit.start + shift, True
        if edit.end <= position:
            shift += len(edit.text) - (edit.end - edit.start)
    return position + shift, False
