"""Which stages end up in the image, and which shell their RUNs are given to."""

from imagebump.dockerfile.parse import Dockerfile

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
    """Does this SHELL read a RUN as a plain POSIX shell does: no login, no errexit?"""
    program, options = words[:1], words[1:]
    return (
        bool(program)
        and program[0].rpartition("/")[2] in _SHELLS
        and options[-1:] == ("-c",)
        and all(option in ("-o", "pipefail", "-u", "-x", "-c") for option in options)
    )


def _parent(dockerfile: Dockerfile, stage: int) -> int | None:
    return _named(dockerfile, dockerfile.stages[stage][0].args[0], stage)


def _named(dockerfile: Dockerfile, name: str, before: int) -> int | None:
    """The last stage before number `before` that is called `name`."""
    for number in reversed(range(before)):
        args = dockerfile.stages[number][0].args
        if len(args) == 3 and args[2].lower() == name.lower():
            return number
    return None
