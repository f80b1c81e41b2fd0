"""IB006 overridden-instruction: an instruction that a later one of its stage replaces.

What it does
    Reports each CMD, ENTRYPOINT and HEALTHCHECK that is not the last one of its stage.

Why is this bad
    Only the last one counts; the others have no effect. Several CMDs often mean that RUN was
    meant: CMD never runs at build, it says what a container runs when it starts.

Fix safety
    `--fix` takes away what has no effect: the image stays the same, and so does every comment. It
    leaves what a comment stands right above or inside, and what Docker might refuse.
    What was meant to happen at build has to go into a RUN, which is yours to write.

Example
    FROM alpine:3
    CMD mkdir -p /var/www/html
    CMD ["httpd", "-f"]

Use instead
    FROM alpine:3
    RUN mkdir -p /var/www/html
    CMD ["httpd", "-f"]
"""

import re
from collections.abc import Iterator
from importlib import import_module

from imagebump.dockerfile.edit import Edit, apply
from imagebump.dockerfile.parse import Dockerfile, Instruction
from imagebump.rules import odd
from imagebump.rules.model import Finding, LintSettings, Rule
from imagebump.rules.pragmas import pragmas
from imagebump.rules.proof import comments, holds

_REMARKS = {
    "CMD": "CMD never runs at build; use RUN for what has to happen there",
    "ENTRYPOINT": "only the last ENTRYPOINT of a stage counts",
    "HEALTHCHECK": "only the last HEALTHCHECK of a stage counts",
}


_PLAIN_CHECK = re.compile(r"HEALTHCHECK\s+(?:NONE|CMD\s+[^\s\[].*)", re.IGNORECASE | re.DOTALL)


def check(dockerfile: Dockerfile, _settings: LintSettings) -> Iterator[Finding]:
    """A finding for each instruction that has no effect."""
    for one, last in _dead(dockerfile):
        message = f"{one.name} has no effect: line {last} overrides it; {_REMARKS[one.name]}"
        yield RULE.finding(dockerfile, one, "warning", message, (last,))


def _dead(dockerfile: Dockerfile) -> Iterator[tuple[Instruction, int]]:
    """Each instruction that has no effect, with the line of the one that overrides it."""
    for stage in dockerfile.stages:
        for name in _REMARKS:
            same = [one for one in stage if one.name == name]
            yield from ((one, same[-1].start) for one in same[:-1])


def mend(dockerfile: Dockerfile, settings: LintSettings) -> tuple[Edit, ...]:
    """Edits that take away what has no effect; none where nothing is left to take."""
    heard = {f.line for f in pragmas(dockerfile).heard(RULE, dockerfile, settings)}
    bare = {one.start for one in dockerfile.instructions if not one.args}  # as old builders forget
    dead = (one for one, last in _dead(dockerfile) if last not in bare)
    gone = [one for one in dead if one.start in heard and _may_go(dockerfile, one)]
    if not gone or odd.of_the_file(dockerfile):
        return ()
    offsets = dockerfile.offsets
    edits = tuple(Edit(offsets[one.start - 1], offsets[one.end], b"") for one in gone)
    changes = {one.start: () for one in gone}
    return edits if holds(apply(dockerfile.source, edits), dockerfile, changes) else ()


def _may_go(dockerfile: Dockerfile, one: Instruction) -> bool:
    """Is it plainly valid, and does no comment belong to it alone?"""
    if one.flags or not one.args or (not one.exec_form and one.args[0].startswith("[")):
        return False
    if one.name == "HEALTHCHECK" and not _PLAIN_CHECK.fullmatch(one.text):
        return False
    inside = dockerfile.lines[one.start - 1 : one.end]
    before = dockerfile.instructions[dockerfile.instructions.index(one) - 1]
    gap = import_module("imagebump.rules.gap")  # it reads shell words, which takes time to load
    above = dockerfile.lines[one.start - 2 : one.start - 1]
    return not comments([*above, *inside]) and not any(gap.between(dockerfile, before, one))


RULE = Rule(
    "IB006",
    "overridden-instruction",
    check,
    __doc__,
    aliases=("DL4003", "DL4004", "DL3012"),
    mend=mend,
)
