"""IB011 volatile-input-early: a build argument that changes with every commit, above a RUN that does not need it.

What it does
    Reports an ARG for the commit, the version or the date of the build (GIT_COMMIT, VERSION
    without a default, BUILD_DATE and the like), where RUNs stand between it and its first use.

Why is this bad
    A build argument is part of the environment of every RUN below it: each of them is run again
    when it changes, as it does at every commit.

Example
    FROM debian:12
    ARG GIT_COMMIT
    RUN make
    LABEL revision=$GIT_COMMIT

Use instead
    FROM debian:12
    RUN make
    ARG GIT_COMMIT
    LABEL revision=$GIT_COMMIT
"""

import re
from collections.abc import Iterator

from imagebump.dockerfile.parse import Dockerfile, Instruction
from imagebump.rules.model import Finding, LintSettings, Rule

_VOLATILE = re.compile(
    r"(?:GIT|VCS|SOURCE|CI|BUILD)_?(?:COMMIT|SHA|REV|REVISION|REF|HASH|TAG|DESCRIBE)(?:_SHA|_ID|_SHORT)?"
    r"|COMMIT(?:_?(?:SHA|HASH|ID|REF))?|REVISION|CACHE_?BUST(?:ER)?"
    r"|BUILD_?(?:DATE|TIME|TIMESTAMP|ID|NUMBER|NUM)|SOURCE_DATE_EPOCH"
)


def check(dockerfile: Dockerfile, _settings: LintSettings) -> Iterator[Finding]:
    """A finding for each such ARG."""
    for stage in dockerfile.stages:
        for position, one in enumerate(stage):
            for name in _volatile(one):
                runs = _needless(stage[position + 1 :], name)
                if runs:
                    what = (
                        f"line {runs[0].start} runs" if len(runs) == 1 else f"{len(runs)} RUNs run"
                    )
                    message = (
                        f"{what} again whenever {name} changes, without using it; "
                        f"declare it behind line {runs[-1].end}"
                    )
                    yield RULE.finding(dockerfile, one, "warning", message)


def _volatile(one: Instruction) -> Iterator[str]:
    for argument in one.args if one.name == "ARG" else ():
        name, has_default, _ = argument.partition("=")
        if _VOLATILE.fullmatch(name) or (name == "VERSION" and not has_default):
            yield name


def _needless(behind: tuple[Instruction, ...], name: str) -> list[Instruction]:
    """The RUNs up to the first instruction that uses the argument."""
    found = []
    for one in behind:
        if re.search(rf"\b{name}\b", one.text) or name in "".join(one.heredocs):
            break
        if one.name == "RUN":
            found.append(one)
    return found


RULE = Rule("IB011", "volatile-input-early", check, __doc__)
