"""What a build takes from outside its context: the images that a Dockerfile names. Pure.

Wherever the text alone does not say what will be read (a variable that is not known, an address),
it says so: the content of such a build is known once it is built, and not before.
"""

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from imagebump.dockerfile.inputs import mounts, triggers_itself
from imagebump.dockerfile.parse import Dockerfile, Instruction
from imagebump.dockerfile.variables import substituted
from imagebump.rules.stages import shipped

_VARIABLE = re.compile(r"\$(?:\{(\w+)(?:(:?[-+])([^}]*))?\}|(\w+))")
_OF_THE_BUILDER = re.compile(r"(?:BUILD|TARGET)[A-Z]+")
"""Variables that a builder knows by itself, such as TARGETARCH."""
_UNCLEAR = re.compile(r"[$\"'\\`\s]")
_ADDRESS = re.compile(
    r"\w+://|[\w.-]+@[\w.-]+:|github\.com/|.*[$\"'\\`]|.*\.git(?:#|\?|$)", re.IGNORECASE
)
"""What ADD may fetch, in any version of BuildKit; what variables and quotes hide may be such a thing."""
_CHECKSUM = re.compile(r"--checksum=sha256:[0-9a-f]{64}")


class Origins(NamedTuple):
    """The images that are read, as references are written; `base` is the one below what is shipped, "" for scratch.

    `clear` says that nothing else from outside can change what is built.
    """

    names: tuple[str, ...]
    base: str
    clear: bool


def origins(dockerfile: Dockerfile, target: str, arguments: Mapping[str, str]) -> Origins:
    """What is taken from where, with `target` and build arguments."""
    values = _globals(dockerfile, arguments)
    found = set(_froms(dockerfile, values)) | set(_others(dockerfile))
    names = {name for name in found if name != "scratch"}
    if dockerfile.syntax:
        names.add(dockerfile.syntax)
    clear = not any(_UNCLEAR.search(name) or not name for name in names)
    clear = clear and not any(map(_fetches, dockerfile.instructions))
    clear = clear and not triggers_itself(dockerfile)  # they may fetch, too
    base = _expanded(
        dockerfile.stages[min(shipped(dockerfile, target, arguments))][0].args[0], values
    )
    return Origins(tuple(sorted(names)), "" if base == "scratch" else base, clear)


def _froms(dockerfile: Dockerfile, values: Mapping[str, str]) -> Iterator[str]:
    """The bases that are no earlier stage."""
    earlier: set[str] = set()
    for stage in dockerfile.stages:
        args = stage[0].args
        name = _expanded(args[0], values)
        if name.lower() not in earlier:
            yield name
        if len(args) == 3:
            earlier.add(args[2].lower())


def _others(dockerfile: Dockerfile) -> Iterator[str]:
    """What is copied or mounted from, and is no earlier stage; a stage that is none yet is not clear."""
    names = [args[2].lower() if len(args := one[0].args) == 3 else "" for one in dockerfile.stages]
    for number, stage in enumerate(dockerfile.stages):
        earlier = {*names[:number], *map(str, range(number))}
        for word in (word for one in stage for word in _elsewhere(one)):
            if word.lower() not in earlier:
                yield "$" if word.isdigit() or word.lower() in names else word


def _globals(dockerfile: Dockerfile, arguments: Mapping[str, str]) -> dict[str, str]:
    """The arguments that FROM may use: those declared before the first one."""
    values: dict[str, str] = {}
    for one in dockerfile.instructions[: dockerfile.instructions.index(dockerfile.stages[0][0])]:
        for word in one.args:
            name, given, default = word.partition("=")
            if name in arguments:
                values[name] = arguments[name]
            elif given:
                values[name] = _expanded(default.strip("\"'"), values)
    return values


def _expanded(text: str, values: Mapping[str, str]) -> str:
    """`text` with the variables that are known; an unknown one stays as it is written."""

    def value(match: re.Match[str]) -> str:
        braced, operator, word, bare = match.groups(default="")
        name = braced or bare
        found = values.get(name)
        if found is None and _OF_THE_BUILDER.fullmatch(name):
            return match[0]
        given = bool(found) if operator.startswith(":") else found is not None
        if operator.endswith("+"):
            return word if given else ""
        if operator and not given:
            return word
        return match[0] if found is None else found

    return substituted(_VARIABLE, value, text)


def _elsewhere(one: Instruction) -> Iterator[str]:
    """The images or stages that an instruction copies or mounts from."""
    for flag in one.flags:
        if one.name in ("COPY", "ADD") and flag.startswith("--from="):
            yield flag.removeprefix("--from=")
        if one.name == "RUN" and flag.startswith("--mount=") and '"' in flag:
            yield flag  # its quotes may hold anything
    if one.name == "RUN":
        yield from (mount["from"] for mount in mounts(one) if mount.get("from"))


def _fetches(one: Instruction) -> bool:
    """Does it add what an address leads to, without saying what that is?"""
    if one.name != "ADD" or any(map(_CHECKSUM.fullmatch, one.flags)):
        return False
    return any(
        _ADDRESS.match(word) and not (one.heredocs and word.lstrip("0123456789").startswith("<<"))
        for word in one.args[:-1]
    )
