"""Where archives are unpacked, as far as words tell."""

import re
from collections.abc import Iterator

from imagebump.rules.places import Spot, places


def extracted(values: list[str], here: frozenset[str]) -> Iterator[Spot]:
    """Where a `tar` unpacks an archive; nothing where it does not."""
    mode = "".join(values[1:2])
    asked = any(re.match(r"-[a-zA-Z]*x|--extract|--get", value) for value in values)
    if not asked and (mode.startswith("-") or "x" not in mode):
        return
    pairs = zip(values, [*values[1:], ""], strict=True)
    apart = [value for option, value in pairs if re.fullmatch(r"-[a-zA-Z]*C|--directory", option)]
    glued = [re.sub(r"^-C|^--directory=", "", v) for v in values if re.match(r"-C.|--dir.*=", v)]
    if "P" in mode or any(re.match(r"-[a-zA-Z]*P|--absolute", value) for value in values):
        apart.append("/")
    yield from places(apart + glued or ["."], here, True)
