"""The RUNs below a COPY that do nothing but unpack the archive that it brought, and delete it."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from imagebump.dockerfile.parse import Instruction
from imagebump.rules import words
from imagebump.rules.copied import Copied, Step

_SHORT = re.compile(r"-?([xvzjfp]*C|[xvzjfp]+)")
_RENEWED = re.compile(r"/(?:dev|etc|proc|run|sys)(?:/|$)|.*/var/run\b")
"""Where a RUN sees what Docker puts there, and ADD does not."""


class Unpacked(NamedTuple):
    """A `tar` that does nothing but unpack `archive` into `directory`; `compression` is a letter or "".

    `runs` are the instructions that do it; `written` is the directory as it is written there.
    """

    archive: str
    directory: str
    compression: str
    written: str = ""
    runs: tuple[Instruction, ...] = ()


def extracts(command: words.Command) -> bool:
    """Is it a `tar` that unpacks?"""
    short = [word for word in command.flags if not word.startswith("--")]
    long = {"--extract", "--get"} & {*command.flags}
    unpacks = bool(long) or any("x" in word for word in [*command.words[1:2], *short])
    return command.name in ("tar", "bsdtar") and unpacks


def unpacked(behind: Sequence[Step], brought: Copied) -> Unpacked | None:
    """What the RUNs at the top of `behind` make of an archive, where that is all they do; None for anything else."""
    used, commands = _commands(behind)
    if len(commands) != 2 or any(c.outputs or c.keywords or c.assigns for c in commands):
        return None
    here, found = used[0], _tar(commands[0])
    if not found or not here.here or not _deletes(commands[1], here, brought.paths[0]):
        return None
    archive, directory = here.absolute(found.archive), here.absolute(found.directory)
    if archive != brought.paths[0] or _RENEWED.match(directory):
        return None
    written = f"{found.directory.rstrip('/')}/"
    return Unpacked(
        archive, directory, found.compression, written, tuple(step.one for step in used)
    )


def _commands(behind: Sequence[Step]) -> tuple[list[Step], list[words.Command]]:
    """The first RUNs, up to two commands, and these."""
    used, commands = list[Step](), list[words.Command]()
    for step in behind[:2]:
        one = step.one
        script = words.of(one)
        if not script or one.flags or one.exec_form or script.comment or script.operators - {"&&"}:
            break
        commands += script.commands
        used.append(step)
        if len(commands) >= 2:
            break
    return used, commands


def _tar(command: words.Command) -> Unpacked | None:
    """What a `tar` unpacks, where its options are the usual ones and it takes the whole archive."""
    archive, directory, letters, rest = "", ".", "", list(command.words[1:])
    if command.words[:1] != ("tar",) or not rest:
        return None
    first = True
    while rest:
        word = rest.pop(0)
        match = _SHORT.fullmatch(word)
        if not match or not (first or word.startswith("-")):
            return None
        first = False
        letters += match[1].rstrip("C")
        values = "".join(letter for letter in match[1] if letter in "fC")
        if values not in ("", match[1][-1]) and word.startswith("-"):
            return None  # a letter that takes a value ends its cluster
        for letter in values:
            value = words.plain(rest.pop(0)) if rest else None
            if not value or set(value) & set("$*?[~"):
                return None
            archive, directory = (value, directory) if letter == "f" else (archive, value)
    compression = "".join(sorted(set(letters) & set("zj")))
    usable = "x" in letters and archive and archive != "-" and len(compression) < 2
    return Unpacked(archive, directory, compression) if usable else None


def _deletes(command: words.Command, step: Step, path: str) -> bool:
    """Is it an `rm` of this one file?"""
    if command.words[:1] != ("rm",) or set(command.flags) - {"-f", "-v"}:
        return False
    named = [words.plain(word) for word in command.operands]
    return len(named) == 1 and named[0] is not None and step.absolute(named[0]) == path
