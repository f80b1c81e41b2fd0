"""A word that was mistyped leads to the one that was meant, or to none."""

import pytest

from imagebump import spelling


@pytest.mark.parametrize(
    ("word", "nearest"),
    [("fail_on", "fail-on"), ("selekt", "select"), ("xyzzy", ""), ("ingore", "ignore")],
)
def test_nearest(word: str, nearest: str) -> None:
    """The fewest edits win, and too many are none."""
    assert spelling.nearest(word, ["select", "ignore", "fail-on"]) == nearest
