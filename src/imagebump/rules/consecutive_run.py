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

Fix safety
    `--fix` joins what is a warning, and with `merge = "all"` whatever can be joined, where it is
    proved that the image stays the same: the first RUN leaves nothing in its shell that reaches
    the next, no process, and nothing that Docker renews between two RUNs. Where that cannot be
    told, nothing is changed and the finding says why. Every comment stays before its command.

Example
    FROM debian
    RUN apt-get update
    RUN apt-get install -y curl
    RUN rm -rf /var/lib/apt/lists/*

Use instead
    FROM debian
    RUN apt-get update && apt-get install -y curl && rm -rf /var/lib/apt/lists/*
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from imagebump.dockerfile.edit import Edit
from imagebump.dockerfile.parse import Dockerfile
from imagebump.rules import stages
from imagebump.rules.hazard import Obstacle
from imagebump.rules.join import Join, join
from imagebump.rules.model import Finding, LintSettings, Rule, Severity
from imagebump.rules.runs import Run, chains, mounts
from imagebump.rules.seam import edits
from imagebump.rules.worth import stale_index, worth


class _Verdict(NamedTuple):
    """What is said of a RUN, and the join that is to be made of it, where there is one."""

    severity: Severity
    message: str
    made: Join | None = None


def check(dockerfile: Dockerfile, settings: LintSettings) -> Iterator[Finding]:
    """A finding for each RUN that is not the first of its chain."""
    for chain, is_shipped in _chains(dockerfile, settings):
        for position in range(1, len(chain)):
            found = _verdict(dockerfile, chain[: position + 1], is_shipped, settings)
            one = chain[position].instruction
            yield RULE.finding(dockerfile, one, found.severity, found.message)


def mend(dockerfile: Dockerfile, settings: LintSettings) -> tuple[Edit, ...]:
    """The edits of the first chain in which something is to be joined; none where nothing is."""
    for chain, is_shipped in _chains(dockerfile, settings):
        for made in _joins(dockerfile, chain, is_shipped, settings):
            if found := edits(dockerfile, made):
                return found
    return ()


def _chains(dockerfile: Dockerfile, settings: LintSettings) -> Iterator[tuple[list[Run], bool]]:
    """The chains of all stages, with whether their stage is shipped."""
    if dockerfile.escape == "`":  # Windows: another shell
        return
    shipped = stages.shipped(dockerfile, settings.target)
    for number in range(len(dockerfile.stages)):
        for chain in chains(dockerfile, number):
            yield chain, number in shipped


def _joins(
    dockerfile: Dockerfile, chain: list[Run], is_shipped: bool, settings: LintSettings
) -> Iterator[Join]:
    """What is to be joined in a chain, from the longest on."""
    if settings.merge == "all":
        yield from _longest(dockerfile, chain)
    if settings.merge == "worthwhile":
        found = [
            _verdict(dockerfile, chain[: position + 1], is_shipped, settings)
            for position in range(1, len(chain))
        ]
        made = [one.made for one in found if one.made]
        yield from sorted(made, key=lambda one: -len(one.runs))


def _longest(dockerfile: Dockerfile, chain: list[Run]) -> Iterator[Join]:
    """Each row of RUNs that can be one, as long as it can be."""
    start = 0
    while start < len(chain) - 1:
        best, end = None, start + 2
        while end <= len(chain):
            made = join(dockerfile, chain[start:end], subshells=True)
            if isinstance(made, Obstacle):
                break
            best, end = made, end + 1
        if best:
            yield best
        start = end - 1


def _verdict(
    dockerfile: Dockerfile, chain: Sequence[Run], is_shipped: bool, settings: LintSettings
) -> _Verdict:
    """What to say of the last RUN of `chain`."""
    subshells = settings.merge == "all"
    for start in reversed(range(len(chain) - 1)):
        if saved := _saved(chain[start:]):
            made = join(dockerfile, chain[start:], subshells=subshells)
            return _worthwhile(chain[start:], saved, is_shipped, made)
    line = chain[-2].line
    made = join(dockerfile, chain[-2:], subshells=subshells)
    if isinstance(made, Obstacle):
        why = f"line {made.line} {made.reason}"
        return _Verdict("info", f"this RUN stays apart from the RUN of line {line}: {why}")
    where = "" if is_shipped else ", in a stage that is not shipped"
    return _Verdict(
        "info",
        f"joining this RUN with line {line} saves a layer{where}, and no bytes that can be seen",
    )


def _worthwhile(
    chain: Sequence[Run], saved: str, is_shipped: bool, made: Join | Obstacle
) -> _Verdict:
    if isinstance(made, Obstacle):
        why = f"line {made.line} {made.reason}"
        return _Verdict("info", f"{saved}; they cannot simply be joined: {why}")
    if not is_shipped:
        return _Verdict("info", f"{saved}; the stage is not shipped, so that only a layer is saved")
    lines = f"lines {chain[0].line} {'and' if len(chain) == 2 else 'to'} {chain[-1].line}"
    how = ", the list in { …; }" if "group" in made.wraps else ""
    return _Verdict("warning", f"{saved}; join {lines} with &&{how}", made=made)


def _saved(chain: Sequence[Run]) -> str:
    """What the last RUN of `chain` would save by being one with the first, or ""."""
    first, later = chain[0], [run.words for run in chain[1:] if run.words]
    if first.words is None or chain[-1].words is None:
        return ""
    places = mounts(first.instruction.flags)
    found = worth(first.words, later[-1], first.line, places)
    if found or any(stale_index(first.words, one, first.line, places) for one in later[:-1]):
        return found  # the index is told of where it is first used
    return stale_index(first.words, later[-1], first.line, places)


RULE = Rule("IB001", "consecutive-run", check, __doc__, aliases=("DL3059",), mend=mend)
