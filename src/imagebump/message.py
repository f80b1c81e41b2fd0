"""What a commit message asks for, where it is a conventional commit. Pure."""

import re

from imagebump.version import Part

_HEADER = re.compile(r"(\w+)(?:\([^()]*\))?(!?): +\S")
_BREAKING = re.compile(r"^BREAKING[ -]CHANGE: ", re.MULTILINE)
_SCISSORS = re.compile(r"^# -{8,} >8 -{8,}$", re.MULTILINE)
_PARTS: dict[str, Part] = {"feat": "minor", "fix": "patch"}


def demanded(text: str) -> tuple[Part, str] | None:
    """The part that the message asks for, and how it says so; None where it asks for none.

    `text` is as git gives it to the hook: comments, and what `commit -v` shows, are left out.
    """
    lines = _SCISSORS.split(text)[0].splitlines()
    said = [line for line in lines if not line.startswith("#")]
    header = next((line for line in said if line.strip()), "")
    match = _HEADER.match(header)
    if match is None:
        return None
    if match[2]:
        return "major", f"{match[1]}!"
    if _BREAKING.search("\n".join(said)):
        return "major", "BREAKING CHANGE"
    part = _PARTS.get(match[1].lower())
    return part and (part, match[1])
