"""Whether enough is known of all commands of RUNs to join them without being asked for it."""

import re
from collections.abc import Iterator, Sequence

from imagebump.dockerfile.shell.model import Simple
from imagebump.dockerfile.shell.reading import Reading
from imagebump.rules.familiar import unfamiliar
from imagebump.rules.hazard import Obstacle
from imagebump.rules.programs import names, started, written
from imagebump.rules.runs import Run
from imagebump.rules.worth import lone_index

_LEAVE_NOTHING = names(
    ": [ basename cat chgrp chmod chown curl date dirname echo mkdir printf rm rmdir sha1sum sha256sum"
    " sha512sum md5sum test touch true wget ls pwd git"
)
"""Programs behind which anything does what it would do in a shell of its own."""

_FAILS = re.compile(r"[^/-]")


def unknown(runs: Sequence[Run]) -> Iterator[Obstacle]:
    """Where too little is known of RUNs to be sure that they can be one.

    One of them may do anything where those before it leave nothing that it could see, and those
    behind it only remove what they plainly name.
    """
    strange = [(number, name) for number, one in enumerate(runs) if (name := unfamiliar(one))]
    for number, name in strange:
        alone = len(strange) == 1
        if not (
            alone and all(map(_leaves_nothing, runs[:number])) and _only_remove(runs[number + 1 :])
        ):
            why = 'which may do anything; merge = "all" would join them'
            yield Obstacle(runs[number].line, f"runs {name}, {why}")


def _leaves_nothing(run: Run) -> bool:
    """Does it certainly leave nothing but files of one name, and no programs?"""
    if run.words and lone_index(run.words):
        return True
    return isinstance(run.reading, Reading) and all(
        set(started(one)) <= _LEAVE_NOTHING and not any("bin/" in word for word in written(one)[1:])
        for one in run.reading.commands
    )


def _only_remove(runs: Sequence[Run]) -> bool:
    """Do they only remove files, so that it fails where the directory that they start in is gone?"""
    commands = [
        one for run in runs if isinstance(run.reading, Reading) for one in run.reading.commands
    ]
    at_root = all(run.place.workdir == "/" for run in runs)
    return all(map(_is_removal, commands)) and (
        at_root or all(_FAILS.match(value) for one in commands for value in written(one)[1:])
    )


def _is_removal(command: Simple) -> bool:
    plain = all(word.value is not None for word in command.words)
    return command.name == "rm" and plain and not command.redirects and not command.assignments
