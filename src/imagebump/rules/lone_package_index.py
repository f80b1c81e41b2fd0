"""IB002 lone-package-index: a RUN that does nothing but fetch a package index.

What it does
    Reports a RUN that only fetches the index of a package manager (`apt-get update`, `apk update`
    and the like), where no RUN that follows it at once installs from it: then IB001 reports it.

Why is this bad
    The index is a layer of its own, which comes from the cache for ever, until the packages that
    it names are gone from the mirrors; and it takes room in the image.

Example
    FROM debian:12
    RUN apt-get update
    COPY packages.txt /
    RUN apt-get install -y $(cat packages.txt) && rm -rf /var/lib/apt/lists/*

Use instead
    FROM debian:12
    COPY packages.txt /
    RUN apt-get update && apt-get install -y $(cat packages.txt) && rm -rf /var/lib/apt/lists/*
"""

from collections.abc import Iterator
from itertools import takewhile

from imagebump.dockerfile.parse import Dockerfile
from imagebump.rules import words
from imagebump.rules.model import Finding, LintSettings, Rule
from imagebump.rules.worth import lone_index, stale_index


def check(dockerfile: Dockerfile, _settings: LintSettings) -> Iterator[Finding]:
    """A finding for each such RUN."""
    for stage in dockerfile.stages:
        for number, one in enumerate(stage):
            script = words.of(one)
            manager = lone_index(script) if script and not one.flags else ""
            if not manager or script is None:
                continue
            behind = takewhile(lambda other: other.name == "RUN", stage[number + 1 :])
            later = filter(None, map(words.of, behind))
            if not any(stale_index(script, other, one.start) for other in later):
                message = (
                    f"this RUN only fetches the package index of {manager}, which goes stale in "
                    "the cache; fetch it in the RUN that installs"
                )
                yield RULE.finding(dockerfile, one, "warning", message)


RULE = Rule("IB002", "lone-package-index", check, __doc__, aliases=("DL3009",))
