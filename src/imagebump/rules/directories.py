"""The directory in which each RUN of a stage starts, as far as WORKDIR and ENV tell."""

import re
from collections.abc import Iterator, Mapping
from posixpath import join, normpath

from imagebump.dockerfile.parse import Dockerfile, Instruction
from imagebump.dockerfile.variables import substituted
from imagebump.rules.stages import base, lineage

Variables = Mapping[str, str | None]

COMPUTED = "?"
"""A directory that hangs on what a build is given, or on more than a plain variable."""

_ROOTED = re.compile(
    r"scratch|(?:docker\.io/)?(?:library/)?(?:alpine|debian|ubuntu|buildpack-deps|centos|fedora|rockylinux"
    r"|almalinux|amazonlinux|oraclelinux|archlinux|busybox|python|node|ruby|eclipse-temurin|openjdk"
    r"|nginx|rust|gcc|erlang|elixir|amazoncorretto|nvidia/cuda|mcr\.microsoft\.com/dotnet/\S+?)(?:[:@][\w.:-]+)?"
)
"""Base images without a WORKDIR and a USER."""

_TAG = re.compile(r":[\w.-]*\$(?:\w+|\{\w+(?::?-[\w.-]*)?\})[\w.-]*$")
"""A tag that hangs on a variable: these images have no other WORKDIR in any."""

_PHP = re.compile(r"(?:docker\.io/)?(?:library/)?php:(?:[\w.-]|\$\{?\w+\}?)+(?:@[\w:]+)?")
_SERVES = re.compile(r"-(?:apache|fpm)(?![a-z])")
_GO = re.compile(r"(?:docker\.io/)?(?:library/)?golang(?:[:@][\w.:-]+)?")
_VARIABLE = re.compile(r"\$(?:(\w+)|\{(\w+)\})")
_PLAIN = re.compile(r"[\w./+@:%,=~-]*")


def workdirs(dockerfile: Dockerfile, stage: int) -> Iterator[tuple[Instruction, str]]:
    """Each instruction of a stage with the directory that is in force before it.

    It is "" where only the base image knows, and COMPUTED where nobody does.
    """
    yield from ((one, found) for one, found, _ in standing(dockerfile, stage))


def standing(dockerfile: Dockerfile, stage: int) -> Iterator[tuple[Instruction, str, Variables]]:
    """The same, with the variables that ENV has set; None for what takes more than their plain values."""
    found = _of_an_image(base(dockerfile, stage))
    variables: Variables = {}
    for number in reversed([*lineage(dockerfile, stage)]):
        for one in dockerfile.stages[number]:
            if number == stage:
                yield one, found, variables
            if one.name == "WORKDIR":
                found = _inside(found, one.args[0], variables)
            elif one.name == "ENV":
                variables = {**variables, **_set(one, variables)}


def is_official(dockerfile: Dockerfile, stage: int) -> bool:
    """Does a stage start from a well-known system, or an image made of one, where root works?"""
    image = base(dockerfile, stage)
    return image != "scratch" and bool(_ROOTED.fullmatch(image))


def _of_an_image(name: str) -> str:
    if _PHP.fullmatch(name):
        return "/var/www/html" if _SERVES.search(name) else "" if "$" in name else "/"
    name = _TAG.sub(":any", name)
    return "/" if _ROOTED.fullmatch(name) else "/go" if _GO.fullmatch(name) else ""


def workdir(dockerfile: Dockerfile, stage: int, line: int) -> str:
    """The directory in which a RUN at `line` of a stage starts; as `workdirs`."""
    return next((found for one, found in workdirs(dockerfile, stage) if one.start == line), "")


def _inside(directory: str, written: str, variables: Variables) -> str:
    path = _value(written, variables)
    if not path or (directory == COMPUTED and not path.startswith("/")):
        return COMPUTED
    if not directory and not path.startswith("/"):
        return ""
    return normpath(f"/{join(directory, path).lstrip('/')}")


def _set(one: Instruction, variables: Variables) -> Variables:
    """What an ENV sets, which no ARG can override."""
    return {
        name: _value(value, variables)
        for name, value in zip(one.args[::3], one.args[1::3], strict=False)
    }


def _value(written: str, variables: Variables) -> str | None:
    """A word with its variables filled in; None where that takes more than their plain values."""
    bare = written[1:-1] if written[:1] == written[-1:] == '"' else written
    names = [one or other for one, other in _VARIABLE.findall(bare)]
    if any(variables.get(name) is None for name in names):
        return None
    text = substituted(_VARIABLE, lambda match: variables[match[1] or match[2]] or "", bare)
    return text if _PLAIN.fullmatch(text) else None
