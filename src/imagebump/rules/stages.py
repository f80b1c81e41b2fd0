"""Which stages end up in the image, and which shell their RUNs are given to."""

import re
from collections.abc import Iterator, Mapping
from itertools import takewhile
from types import MappingProxyType

from imagebump.dockerfile.parse import Dockerfile
from imagebump.dockerfile.variables import substituted

_OPTIONS = re.compile(r"-[ceuxo]+")
_DENIES_SERVICES = (
    r"(?:docker\.io/)?(?:library/)?(?:alpine|debian|ubuntu|buildpack-deps|centos|fedora|rockylinux|almalinux"
    r"|amazonlinux|oraclelinux|archlinux|python|node|ruby|golang|rust|php|perl|gcc|eclipse-temurin|openjdk"
    r"|nvidia/cuda)(?:[:@][\w.:-]+)?"
)
"""Base images with a policy-rc.d that denies, or whose packages start nothing: compiled on demand."""

_SHELLS = {"sh", "bash", "dash", "ash"}
_DEFAULT = ("/bin/sh", "-c")
_USE = re.compile(r"\$(?:(\w+)|\{(\w+)(?::?-([^}$]*))?\})")
"""A variable in a FROM, with the default that may stand there."""

_ANY_USE = re.compile(r"\$(?:\w+|\{[^}]*\})")
_NOTHING: Mapping[str, str] = MappingProxyType({})


def shipped(
    dockerfile: Dockerfile, target: str, arguments: Mapping[str, str] = _NOTHING
) -> frozenset[int]:
    """The indexes of the stages whose layers are in the image of `target` ("": the last stage)."""
    return frozenset(lineage(dockerfile, _target(dockerfile, target), arguments))


def lineage(
    dockerfile: Dockerfile, stage: int, arguments: Mapping[str, str] = _NOTHING
) -> Iterator[int]:
    """A stage and, from the nearest on, the stages of this file that it starts from.

    `arguments` are what a build is given for the ARGs that a FROM may name.
    """
    here: int | None = stage
    while here is not None:
        yield here
        here = _named(dockerfile, _written(dockerfile, here, arguments), here)


def may_start_from(dockerfile: Dockerfile, stage: int) -> Iterator[int]:
    """The stages that one may start from whose FROM hangs on what a build is given."""
    for here in lineage(dockerfile, stage):
        name = _written(dockerfile, here)
        if _ANY_USE.search(name):
            start, *_, end = _ANY_USE.split(name.lower())
            for before in range(here):
                called = "".join(dockerfile.stages[before][0].args[2:]).lower()
                if called and called.startswith(start) and called.endswith(end):
                    yield from lineage(dockerfile, before)


def _written(dockerfile: Dockerfile, stage: int, arguments: Mapping[str, str] = _NOTHING) -> str:
    """What a stage starts from, with the values of the ARGs above all stages in their place."""
    name = dockerfile.stages[stage][0].args[0]
    if "$" not in name:
        return name
    values = dict[str, str]()
    for one in takewhile(lambda one: one.name != "FROM", dockerfile.instructions):
        for word in one.args:
            key, _, value = word.partition("=")
            values[key] = arguments.get(key, _filled(value.strip("\"'"), values))
    return _filled(name, values)


def _filled(text: str, values: Mapping[str, str]) -> str:
    return substituted(_USE, lambda use: values.get(use[1] or use[2]) or use[3] or use[0], text)


def _target(dockerfile: Dockerfile, target: str) -> int:
    count = len(dockerfile.stages)
    if target.isascii() and target.isdigit() and int(target[:9]) < count:
        return int(target[:9])
    named = _named(dockerfile, target, count) if target else None
    return count - 1 if named is None else named


def base(dockerfile: Dockerfile, stage: int) -> str:
    """The image that a stage starts from in the end, as written."""
    *_, first = lineage(dockerfile, stage)
    return dockerfile.stages[first][0].args[0]


def default_base(dockerfile: Dockerfile, stage: int) -> str:
    """The same where a build is given nothing."""
    *_, first = lineage(dockerfile, stage)
    return _written(dockerfile, first)


def denies_services(dockerfile: Dockerfile, stage: int) -> bool:
    """Does what a stage starts from certainly keep packages from starting their services?"""
    return bool(re.fullmatch(_DENIES_SERVICES, base(dockerfile, stage)))


def shell(dockerfile: Dockerfile, stage: int, line: int) -> tuple[str, ...]:
    """The SHELL in force at `line` of a stage, its own or the one of the stage it starts from.

    A base image's own SHELL cannot be seen here: Docker's default is assumed.
    """
    for here in lineage(dockerfile, stage):
        given = [one for one in dockerfile.stages[here] if one.name == "SHELL" and one.start < line]
        if given:
            return given[-1].args
    return _DEFAULT


def is_posix(words: tuple[str, ...]) -> bool:
    """Does this SHELL read a RUN as a plain POSIX shell does, without a login?"""
    program, options = words[:1], words[1:]
    return (
        bool(program)
        and program[0].rpartition("/")[2] in _SHELLS
        and bool(options)
        and _options(options) is not None
    )


def has_errexit(words: tuple[str, ...]) -> bool:
    """Does this SHELL stop at the first failure?"""
    return "e" in (_options(words[1:]) or "")


def _options(words: tuple[str, ...]) -> str | None:
    """The letters of a shell's options, where they are of no consequence but -e; None otherwise."""
    letters, expects_name = "", False
    for word in words:
        if expects_name:
            if word not in ("pipefail", "errexit", "nounset", "xtrace"):
                return None
            letters += "e" if word == "errexit" else ""
            expects_name = False
        elif not _OPTIONS.fullmatch(word):
            return None
        else:
            letters += word[1:]
            expects_name = "o" in word
    return letters if "c" in words[-1] and not expects_name else None


def _named(dockerfile: Dockerfile, name: str, before: int) -> int | None:
    """The last stage before number `before` that is called `name`."""
    for number in reversed(range(before)):
        args = dockerfile.stages[number][0].args
        if len(args) == 3 and args[2].lower() == name.lower():
            return number
    return None
