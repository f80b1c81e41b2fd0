"""Is a text what it was, but for what was meant to change?"""

from collections.abc import Iterable, Mapping

from imagebump.dockerfile.parse import Dockerfile, DockerfileError, Instruction, parse

Meaning = tuple[str, tuple[str, ...], tuple[str, ...], bool, tuple[str, ...]]
"""What an instruction says: its name, flags and arguments, whether they are JSON, its heredocs."""


def meaning(one: Instruction) -> Meaning:
    """What an instruction says, however it is written."""
    return one.name, one.flags, one.args or (one.text,), one.exec_form, one.heredocs


def holds(source: bytes, dockerfile: Dockerfile, changes: Mapping[int, Iterable[Meaning]]) -> bool:
    """Does `source` hold the instructions of `dockerfile`, and all of its comments in their order?

    `changes` are, by first line, what is meant to stand in the place of an instruction.
    """
    try:
        after = parse(source)
    except DockerfileError:
        return False
    meant = [
        said for one in dockerfile.instructions for said in changes.get(one.start, (meaning(one),))
    ]
    same = (after.escape, after.syntax) == (dockerfile.escape, dockerfile.syntax)
    return (
        same
        and [*map(meaning, after.instructions)] == meant
        and comments(after.lines) == comments(dockerfile.lines)
    )


def comments(lines: Iterable[bytes]) -> list[bytes]:
    """The lines among them that are comments, or look like one."""
    return [line for line in lines if line.lstrip().startswith(b"#")]
