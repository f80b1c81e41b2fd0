"""First steps that several Dockerfiles of a repository have in common: built once, stored once."""

from collections.abc import Iterable, Sequence

from imagebump.dockerfile.parse import Dockerfile, DockerfileError, Instruction, parse


def shared_until(
    dockerfile: Dockerfile,
    first: Instruction,
    last: Instruction,
    others: Iterable[tuple[str, bytes]],
) -> str:
    """The path of a Dockerfile that shares the steps up to `first`, but not all up to `last`; or "".

    Joining the two would end what they share. One that shares them all can be joined likewise.
    """
    stage = next(stage for stage in dockerfile.stages if first in stage)
    start, end = stage.index(first), stage.index(last)
    base = stage[0].args[0].encode()
    for path, other in others:
        stages = _stages(other) if base in other else ()  # few are worth the time to be read
        if any(start < _common(stage, theirs) <= end for theirs in stages):
            return path
    return ""


def _stages(source: bytes) -> tuple[tuple[Instruction, ...], ...]:
    """Those of a Dockerfile; none of what is not one, which is said where it is linted."""
    try:
        return parse(source).stages
    except DockerfileError:
        return ()


def _common(stage: Sequence[Instruction], other: Sequence[Instruction]) -> int:
    """How many steps two stages have in common. The name of a stage is of no consequence."""
    if (stage[0].args[0], stage[0].flags) != (other[0].args[0], other[0].flags):
        return 0
    count = 1
    for one, theirs in zip(stage[1:], other[1:], strict=False):
        if one[:6] != theirs[:6]:
            break
        count += 1
    return count
