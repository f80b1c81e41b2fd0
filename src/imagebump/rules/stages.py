"""Which stages end up in the image, and which shell their RUNs are given to."""

import re
from posixpath import dirname, join, normpath

from imagebump.dockerfile.parse import Dockerfile

_OPTIONS = re.compile(r"-[ceuxo]+")
_OWN_SYNTAX = re.compile(r"(?:docker\.io/)?docker/dockerfile(?:-upstream)?(?:[:@].*)?")
_BASH_ENV = re.compile(r"BASH_ENV|SHELLOPTS|BASHOPTS|POSIXLY_CORRECT|ENV")
_ONBUILD_TAG = re.compile(r":[^@]*onbuild")
_RENEWED = re.compile(
    r"(?:^|[:=\s\"'])/(?:(?:dev|proc|sys)(?:/|$|[\s\"'])|etc/?(?:$|[\s\"'])"
    r"|etc/(?:hosts|hostname|resolv\.conf|mtab|passwd|group)\b)"
)
_ROOTED = re.compile(
    r"scratch|(?:docker\.io/)?(?:library/)?(?:alpine|debian|ubuntu|buildpack-deps|centos|fedora|rockylinux"
    r"|almalinux|amazonlinux|oraclelinux|archlinux|busybox|python|node|ruby|eclipse-temurin|openjdk"
    r"|nginx|nvidia/cuda)(?:[:@][\w.:-]+)?"
)
"""Base images without a WORKDIR."""

_SHELLS = {"sh", "bash", "dash", "ash"}
_DEFAULT = ("/bin/sh", "-c")


def shipped(dockerfile: Dockerfile, target: str) -> frozenset[int]:
    """The indexes of the stages whose layers are in the image of `target` ("": the last stage)."""
    here = _target(dockerfile, target)
    chain = []
    while here is not None:
        chain.append(here)
        here = _parent(dockerfile, here)
    return frozenset(chain)


def _target(dockerfile: Dockerfile, target: str) -> int | None:
    count = len(dockerfile.stages)
    if target.isascii() and target.isdigit() and int(target[:9]) < count:
        return int(target[:9])
    named = _named(dockerfile, target, count) if target else None
    return count - 1 if named is None else named


def shell(dockerfile: Dockerfile, stage: int, line: int) -> tuple[str, ...]:
    """The SHELL in force at `line` of a stage, its own or the one of the stage it starts from.

    A base image's own SHELL cannot be seen here: Docker's default is assumed.
    """
    here: int | None = stage
    while here is not None:
        given = [one for one in dockerfile.stages[here] if one.name == "SHELL" and one.start < line]
        if given:
            return given[-1].args
        here = _parent(dockerfile, here)
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


def workdir(dockerfile: Dockerfile, stage: int, line: int) -> str:
    """The directory in which a RUN at `line` of a stage starts; "" where it cannot be told."""
    chain: list[int] = []
    here: int | None = stage
    while here is not None:
        chain.insert(0, here)
        here = _parent(dockerfile, here)
    found = "/" if _ROOTED.fullmatch(dockerfile.stages[chain[0]][0].args[0]) else ""
    for number in chain:
        for one in dockerfile.stages[number]:
            if one.name == "WORKDIR" and (number != stage or one.start < line):
                found = _inside(found, one.args[0].strip("\"'"))
    return found


def _inside(directory: str, path: str) -> str:
    if "$" in path or (not directory and not path.startswith("/")):
        return ""
    return normpath(join(directory, path))


def oddity(dockerfile: Dockerfile, stage: int, line: int) -> str:
    """Why a RUN at `line` of a stage may not be joined: a clause, or "".

    What a base image has of its own is assumed to be nothing odd.
    """
    return _of_the_file(dockerfile) or _of_the_stage(dockerfile, stage, line)


def _of_the_stage(dockerfile: Dockerfile, stage: int, line: int) -> str:
    before = [one for one in dockerfile.stages[stage] if one.start < line]
    if _ONBUILD_TAG.search(before[0].args[0]):
        return "stands in a stage whose base has instructions for it (ONBUILD)"
    for one in before:
        if one.name == "VOLUME":
            return "stands below a VOLUME, where what it writes may not stay"
        if one.name == "WORKDIR" and _RENEWED.search(one.args[0]):
            return "starts in a directory that Docker makes anew for each RUN"
    parent = _parent(dockerfile, stage)
    if parent is None:
        return _linked(dockerfile, workdir(dockerfile, stage, line))
    if any(one.name == "ONBUILD" for one in dockerfile.stages[parent]):
        return "stands in a stage whose base has instructions for it (ONBUILD)"
    return _of_the_stage(dockerfile, parent, 10**9) or _linked(
        dockerfile, workdir(dockerfile, stage, line)
    )


def _linked(dockerfile: Dockerfile, directory: str) -> str:
    """The clause where a directory, or one above it, may be a symbolic link that a RUN makes."""
    while len(directory) > 1:
        link = re.compile(rf"\bln\b[^;&|]*[\s\"'/]{re.escape(directory)}/?(?:[\s\"';&|)]|$)")
        if any(one.name == "RUN" and link.search(one.text) for one in dockerfile.instructions):
            return f"starts in a directory that may be a symbolic link ({directory})"
        directory = dirname(directory)
    return ""


def _of_the_file(dockerfile: Dockerfile) -> str:
    if dockerfile.syntax and not _OWN_SYNTAX.fullmatch(dockerfile.syntax):
        return f"stands in a file that {dockerfile.syntax} reads, and not Docker"
    for one in dockerfile.instructions:
        if one.name == "FROM" and any(map(_is_windows, (*one.args, *one.flags))):
            return "stands in a file that builds for Windows"
        if one.name in ("ENV", "ARG"):
            if match := next(filter(None, map(_BASH_ENV.fullmatch, map(_key, one.args))), None):
                return f"stands in a file that sets {match[0]}, which changes each shell"
            if _RENEWED.search(one.text):
                return "stands in a file that names what Docker makes anew by a variable"
    return ""


def _key(word: str) -> str:
    return word.partition("=")[0]


def _is_windows(word: str) -> bool:
    return any(name in word.lower() for name in ("windows", "nanoserver", "servercore"))


def _parent(dockerfile: Dockerfile, stage: int) -> int | None:
    return _named(dockerfile, dockerfile.stages[stage][0].args[0], stage)


def _named(dockerfile: Dockerfile, name: str, before: int) -> int | None:
    """The last stage before number `before` that is called `name`."""
    for number in reversed(range(before)):
        args = dockerfile.stages[number][0].args
        if len(args) == 3 and args[2].lower() == name.lower():
            return number
    return None
