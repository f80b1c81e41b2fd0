"""IB001 consecutive-run: a RUN that could be part of the one before it.

What it does
    Reports each RUN that follows another one with nothing between. It is a warning where joining
    them saves bytes in the image: the later one deletes, moves or changes what the earlier one
    wrote, or the earlier one fetches a package index by itself. Otherwise it is a remark: only
    the number of layers falls, or there is a reason to leave them apart, and it is named.

Why is this bad
    A layer never shrinks: what a later RUN deletes stays in the image, and what it changes is in
    it twice. A package index that is a layer of its own comes from the cache for ever, until the
    packages that it names are gone from the mirrors.

Example
    FROM debian
    RUN apt-get update
    RUN apt-get install -y curl
    RUN rm -rf /var/lib/apt/lists/*

Use instead
    FROM debian
    RUN apt-get update && apt-get install -y curl && rm -rf /var/lib/apt/lists/*
"""

import re
from collections.abc import Iterator
from itertools import combinations
from posixpath import normpath
from typing import NamedTuple

from imagebump.dockerfile.parse import Dockerfile, Instruction
from imagebump.rules import stages
from imagebump.rules.hazard import hazard
from imagebump.rules.model import Finding, Rule, Severity
from imagebump.rules.words import Script, read
from imagebump.rules.worth import removes, stale_index, worth

_MOUNT = re.compile(r"--mount=(.*)")
_TARGET = re.compile(r"(?:^|,)(?:target|dst|destination)=([^,]*)")
_SHARED = {"cache", "secret", "ssh", "bind"}  # what two RUNs may have in common; a tmpfs is fresh


class _Run(NamedTuple):
    """A RUN in shell form and what could be read of it."""

    instruction: Instruction
    script: Script | None
    workdir: str

    @property
    def line(self) -> int:
        return self.instruction.start


def check(dockerfile: Dockerfile, target: str) -> Iterator[Finding]:
    """A finding for each RUN that is not the first of its chain."""
    if dockerfile.escape == "`":  # Windows: another shell
        return
    shipped = stages.shipped(dockerfile, target)
    for number in range(len(dockerfile.stages)):
        for chain in _chains(dockerfile, number):
            for position in range(1, len(chain)):
                severity, message = _verdict(chain[: position + 1], number in shipped)
                yield RULE.finding(dockerfile, chain[position].instruction, severity, message)


def _chains(dockerfile: Dockerfile, stage: int) -> Iterator[list[_Run]]:
    """The RUNs of a stage that follow each other, can be joined by their form, and share their flags."""
    chain: list[_Run] = []
    workdir = ""
    for one in dockerfile.stages[stage]:
        fits = _is_plain(one) and stages.is_posix(stages.shell(dockerfile, stage, one.start))
        if not fits or (chain and chain[-1].instruction.flags != one.flags):
            yield chain
            chain = []
        if one.name == "WORKDIR":
            workdir = one.args[0]
        if fits:
            chain.append(_Run(one, read(one.args[0]), workdir))
    yield chain


def _is_plain(one: Instruction) -> bool:
    return (
        one.name == "RUN"
        and bool(one.args)
        and not one.exec_form
        and not one.heredocs
        and all(map(_can_be_shared, one.flags))
    )


def _can_be_shared(flag: str) -> bool:
    """Is it the same for one RUN as for two? A tmpfs and a writable bind are fresh for each."""
    match = _MOUNT.fullmatch(flag)
    if match is None:
        return True
    options = dict(option.partition("=")[::2] for option in match[1].split(","))
    return options.get("type", "bind") in _SHARED and not options.keys() & {"rw", "readwrite"}


def _verdict(chain: list[_Run], is_shipped: bool) -> tuple[Severity, str]:
    """The severity and message for the last RUN of `chain`."""
    for start in reversed(range(len(chain) - 1)):
        if saved := _saved(chain[start:]):
            return _worthwhile(chain[start:], saved, is_shipped)
    line = chain[-2].line
    if obstacle := _obstacle(chain[-2:]):
        return "info", f"this RUN follows the RUN of line {line} and stays apart: {obstacle}"
    where = "" if is_shipped else ", in a stage that is not shipped"
    return (
        "info",
        f"joining this RUN with line {line} saves a layer{where}, and no bytes that can be seen",
    )


def _worthwhile(chain: list[_Run], saved: str, is_shipped: bool) -> tuple[Severity, str]:
    obstacle = _obstacle(chain)
    if obstacle:
        return "info", f"{saved}; they cannot simply be joined: {obstacle}"
    if not is_shipped:
        return "info", f"{saved}; the stage is not shipped, so that only a layer is saved"
    lines = f"lines {chain[0].line} {'and' if len(chain) == 2 else 'to'} {chain[-1].line}"
    grouped = any(run.script and run.script.operators & {";", "||"} for run in chain[1:])
    return "warning", f"{saved}; join {lines} with &&" + (", each in { …; }" if grouped else "")


def _saved(chain: list[_Run]) -> str:
    """What the last RUN of `chain` would save by being one with the first, or ""."""
    first, later = chain[0], [run.script for run in chain[1:] if run.script]
    if first.script is None or chain[-1].script is None:
        return ""
    mounts = _mounts(first.instruction.flags)
    found = worth(first.script, later[-1], first.line, mounts)
    if found or any(stale_index(first.script, one, first.line, mounts) for one in later[:-1]):
        return found  # the index is told of where it is first used
    return stale_index(first.script, later[-1], first.line, mounts)


def _mounts(flags: tuple[str, ...]) -> tuple[str, ...]:
    found = (_TARGET.findall(flag.removeprefix("--mount=")) for flag in flags)
    return tuple(normpath(target) for targets in found for target in targets)


def _obstacle(chain: list[_Run]) -> str:
    """Why the RUNs cannot be joined as they stand, or ""."""
    for run in chain:
        if run.script is None:
            return f"line {run.line} is not plain enough to be sure"
    for run in chain[:-1]:
        if run.script and run.workdir and removes(run.script, run.workdir):
            return f"line {run.line} removes its WORKDIR, which Docker makes again for the next RUN"
    for first, second in combinations(chain, 2):
        if first.script and second.script and (found := hazard(first.script, second.script)):
            return f"line {first.line} {found}"
    return ""


RULE = Rule("IB001", "consecutive-run", check, __doc__, aliases=("DL3059",))
