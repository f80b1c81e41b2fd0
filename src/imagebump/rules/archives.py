"""Where archives are unpacked, as far as words tell."""

import re
from collections.abc import Iterator

from imagebump.rules.places import Spot, places
from imagebump.rules.programs import base

_EXTRACTS = re.compile(r"-[a-zA-Z]*x|--extract|--get")
_INTO = re.compile(r"-[a-zA-Z]*C|--directory|--one-top-level")
_GLUED = re.compile(r"(?:-[a-zA-Z]*C|--dir[a-z]*=|--one-top-level=)(.+)")
_ABSOLUTE = re.compile(r"-[a-zA-Z]*P|--absolute")


def extracted(words: list[str], here: frozenset[str]) -> Iterator[Spot]:
    """Where a `tar` unpacks an archive; nothing where it does not."""
    start = next((n for n, word in enumerate(words) if base(word) in ("tar", "bsdtar")), 0)
    values, mode = words[start:], "".join(words[start + 1 : start + 2])
    bundle = "" if mode.startswith("-") else mode  # as in `tar xf`
    if "x" not in bundle and not any(map(_EXTRACTS.match, values)):
        return
    pairs = zip(values, [*values[1:], ""], strict=True)
    into = [value for option, value in pairs if _INTO.fullmatch(option)]
    into += [match[1] for match in map(_GLUED.match, values) if match]
    if "P" in bundle or any(map(_ABSOLUTE.match, values)):
        into.append("/")
    yield from places(["$", *into] if "C" in bundle else into or ["."], here, True)
