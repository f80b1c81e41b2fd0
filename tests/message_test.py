"""What a commit message asks for."""

import pytest

from imagebump.message import demanded

SCISSORS = "# ------------------------ >8 ------------------------\n"


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("feat: x\n", ("minor", "feat")),
        ("Feat(api): x\n", ("minor", "Feat")),
        ("fix: x\n", ("patch", "fix")),
        ("fix!: x\n", ("major", "fix!")),
        ("refactor(api)!: x\n", ("major", "refactor!")),
        ("docs: x\n\nBREAKING CHANGE: y\n", ("major", "BREAKING CHANGE")),
        ("docs: x\n\nBREAKING-CHANGE: y\n", ("major", "BREAKING CHANGE")),
        ("docs: x\n\nno BREAKING CHANGE: y\n", None),
        ("docs: x\n", None),
        ("feature: x\n", None),
        ("feat x\n", None),
        ("feat:x\n", None),
        ("feat: \n", None),
        ("Add a feat: x\n", None),
        ("fixup! feat: x\n", None),
        ("x\n\nBREAKING CHANGE: y\n", None),
        ("\n# a comment\nfeat: x\n", ("minor", "feat")),
        ("# feat: x\nx\n", None),
        (f"docs: x\n{SCISSORS}+BREAKING CHANGE\nBREAKING CHANGE: y\n", None),
        ("", None),
    ],
)
def test_demanded(text: str, asked: tuple[str, str] | None) -> None:
    """Conventional commits only; comments and the diff below the scissors are no message."""
    assert demanded(text) == asked
