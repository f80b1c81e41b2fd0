"""IB003 late-cleanup: a RUN that deletes what is in an earlier layer.

What it does
    Reports a RUN that deletes a file which an instruction before it brought into the image, where
    other instructions stand between the two, or the file was copied. Where two RUNs follow each
    other, IB001 reports it.

Why is this bad
    A layer never shrinks: what is deleted later is hidden, and still there for everybody who
    pulls the image.

Example
    FROM debian:12
    RUN wget https://example.com/app.tar.gz
    COPY app.conf /etc/
    RUN tar -xf app.tar.gz && rm app.tar.gz

Use instead
    FROM debian:12
    COPY app.conf /etc/
    RUN wget https://example.com/app.tar.gz && tar -xf app.tar.gz && rm app.tar.gz
"""

from collections.abc import Iterator, Sequence
from posixpath import basename

from imagebump.dockerfile.parse import Dockerfile, Instruction
from imagebump.rules import stages, words
from imagebump.rules.model import Finding, LintSettings, Rule
from imagebump.rules.words import Script
from imagebump.rules.worth import deletes, may_delete, worth
from imagebump.rules.writes import Write

_SHARED_STATE = ("WORKDIR", "USER")  # they change what a relative path, or `rm`, means

FARTHEST = 100
"""Instructions that are looked back upon: a file in which more are between is generated."""


def check(dockerfile: Dockerfile, settings: LintSettings) -> Iterator[Finding]:
    """A finding for each RUN, on the first thing that it deletes too late."""
    for number in stages.shipped(dockerfile, settings.target):
        every = dockerfile.stages[number]
        stage = [(one, None if one.flags else words.of(one)) for one in every]
        for position, (one, script) in enumerate(stage):
            if script is not None and may_delete(script):
                said = next(_late(stage[max(1, position - FARTHEST) : position], script), "")
                if said:
                    yield RULE.finding(dockerfile, one, "warning", said)


def _late(before: Sequence[tuple[Instruction, Script | None]], script: Script) -> Iterator[str]:
    """What is said of each instruction, the nearest first."""
    apart = moved = False
    for one, earlier in reversed(before):
        moved = moved or one.name in _SHARED_STATE
        if earlier is not None and apart:
            found = worth(earlier, script, one.start)
            if found and found.deletes and (not moved or found.path.startswith("/")):
                yield f"{found.clause}: it stays in that layer. Delete it in the RUN that writes it"
        elif one.name in ("COPY", "ADD"):
            for path in _copied(one):
                if path.startswith("/") and deletes(script, Write(path, False)):
                    yield (
                        f"this RUN deletes {path}, which line {one.start} copied: it stays in that "
                        "layer. Mount it with RUN --mount=type=bind, or ADD an archive"
                    )
        apart = apart or one.name != "RUN"


def _copied(one: Instruction) -> Iterator[str]:
    """The files that are copied, where their names are plain."""
    *sources, target = one.args
    for source in sources:
        if not set(source + target) & set("*?[$<"):
            yield target + basename(source) if target.endswith("/") else target


RULE = Rule("IB003", "late-cleanup", check, __doc__)
