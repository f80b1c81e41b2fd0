"""The VERSION file and semantic versions."""

import re
from typing import Literal, NamedTuple

from imagebump.errors import UserError
from imagebump.semantic import Version

Part = Literal["major", "minor", "patch"]
PARTS: tuple[Part, ...] = ("major", "minor", "patch")
FIRST = Version(0, 1, 0)


class VersionFile(NamedTuple):
    """The content of a VERSION file: the version, and how it is written."""

    version: Version
    prefix: str = ""
    ending: str = "\n"

    def with_version(self, version: Version) -> "VersionFile":
        """The same file, holding `version`."""
        return VersionFile(version, self.prefix, self.ending)

    def __bytes__(self) -> bytes:
        return f"{self.prefix}{self.version}{self.ending}".encode()


def parse(data: bytes, name: str) -> VersionFile:
    """Read the bytes of the VERSION file `name`: one line, a semantic version, a leading v allowed.

    UserError, saying what was read, for anything else.
    """
    text = data.decode(errors="surrogateescape")
    line = text.removesuffix("\n").removesuffix("\r")
    prefix = line[:1] if line[:1] in ("v", "V") else ""
    try:
        version = Version.parse(line.removeprefix(prefix))
    except ValueError:
        if line.startswith("<<<<<<< "):
            raise UserError(
                f"{name} holds a merge conflict",
                f"Run: git checkout --ours {name} && git add {name}; the merge gets a version above both",
            ) from None
        raise UserError(
            f"{name} holds {_shown(text)}, expected one line with a semantic version such as 1.2.3",
            f"Run: echo 1.0.0 > {name} && git add {name} (with your version)",
        ) from None
    return VersionFile(version, prefix, text[len(line) :])


def _shown(text: str) -> str:
    if not text:
        return "nothing"
    shown = repr(text if len(text) <= 40 else text[:39] + "…")
    return _NO_UTF8.sub(r"\1\\x\2", shown)


_NO_UTF8 = re.compile(r"(?<!\\)((?:\\\\)*)\\udc([0-9a-f]{2})")
"""A byte that is not UTF-8, as repr shows its surrogate."""


def bump(version: Version, part: Part, pre: str = "") -> Version:
    """The next version by `part`; with `pre`, a pre-release of it, or the next one of that label.

    A plain part finishes a pre-release: 1.3.0-rc.2 by minor is 1.3.0, as semver's next_version.
    A label that sorts before the present one is of the version after that: none goes backwards.
    """
    target = version.next_version(part)
    if not pre:
        return target
    label = (version.prerelease or "").split(".")[0]
    if label == pre and target == version.finalize_version():
        return version.bump_prerelease(pre)
    labelled = target.bump_prerelease(pre)
    return labelled if labelled > version else target.next_version(part).bump_prerelease(pre)


def part_between(old: Version, new: Version) -> Part | None:
    """The largest part in which `new` is ahead of `old`, or None where it is not ahead."""
    if new <= old:
        return None
    for part in PARTS:
        if getattr(new, part) != getattr(old, part):
            return part
    return "patch"  # only the pre-release moved
