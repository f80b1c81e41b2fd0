"""What each instruction of an image costs, in bytes and in seconds. Pure."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

_STEP = re.compile(r"^\[[^\]]*\] ")
_FLAGS = re.compile(r"^([A-Z]+ )(?:--\S+ +)+")
"""The history does not keep them all."""
_SHELL = re.compile(r"^(RUN )?(\|\d+ .*?)?/bin/sh -c (#\(nop\) +)?", re.DOTALL)


class Layer(NamedTuple):
    """An instruction: the bytes of its layer as the registry keeps it (0: it has none), and the seconds
    that it took in the build that is known here (None: none is).
    """

    instruction: str
    size: int
    seconds: float | None


def layers(
    history: Iterable[Mapping[str, Any]], sizes: Iterable[int], steps: Iterable[tuple[str, float]]
) -> Iterator[Layer]:
    """Each instruction, the base's first.

    `history` is the image configuration's, `sizes` are those of the manifest's layers, `steps` the names
    and seconds of the build's, as BuildKit calls them.
    """
    took = {_bare(_STEP.sub("", name)): seconds for name, seconds in steps}
    left = iter(sizes)
    for entry in history:
        size = 0 if entry.get("empty_layer") else next(left, 0)
        text = instruction(str(entry.get("created_by") or entry.get("comment") or ""))
        yield Layer(text, size, took.get(_bare(text)))
    for size in left:  # a history that tells of fewer
        yield Layer("", size, None)


def _bare(text: str) -> str:
    return " ".join(_FLAGS.sub(r"\1", text).split())


def instruction(created_by: str) -> str:
    """An instruction as it was written, of what a builder notes of it: RUN /bin/sh -c make # buildkit."""
    text = created_by.removesuffix(" # buildkit")
    found = _SHELL.match(text)
    if found is None:
        return text
    return text[found.end() :] if found[3] else f"RUN {text[found.end() :]}"
