"""Which stages end up in the image, and which shell their RUNs are given to."""

import re
from collections.abc import Iterator

from imagebump.dockerfile.parse import Dockerfile

_OPTIONS = re.compile(r"-[ceuxo]+")
_DENIES_SERVICES = (
    r"(?:docker\.io/)?(?:library/)?(?:alpine|debian|ubuntu|buildpack-deps|centos|fedora|rockylinux|almalinux"
    r"|amazonlinux|oraclelinux|archlinux|python|node|ruby|golang|rust|php|perl|gcc|eclipse-temurin|openjdk"
    r"|nvidia/cuda)(?:[:@][\w.:-]+)?"
)
"""Base images with a policy-rc.d that denies, or whose packages start nothing: compiled on demand."""

_SHELLS = {"sh", "bash", "dash", "ash"}
_DEFAULT = ("/bin/sh", "-c")


def shipped(dockerfile: Dockerfile, target: str) -> frozenset[int]:
    """The indexes of the stages whose layers are in the image of `target` ("": the last stage)."""
    return frozenset(lineage(dockerfile, _target(dockerfile, target)))


def lineage(dockerfile: Dockerfile, stage: int) -> Iterator[int]:
    """A stage and, from the nearest on, the stages of this file that it starts from."""
    here: int | None = stage
    while here is not None:
        yield here
        here = _named(dockerfile, dockerfile.stages[here][0].args[0], here)


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
