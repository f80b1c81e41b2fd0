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
    told, nothing is changed and the finding says why. With `merge = "all"` a RUN that changes its
    shell stands in a subshell, behind `set -e;` where it relies on that. Every comment stays before
    its command.

Example
    FROM debian:12
    RUN apt-get update
    RUN apt-get install -y curl
    RUN rm -rf /var/lib/apt/lists/*

Use instead
    FROM debian:12
    RUN apt-get update && apt-get install -y curl && rm -rf /var/lib/apt/lists/*
"""

from collections.abc import Iterator
from importlib import import_module
from itertools import pairwise
from types import ModuleType

from imagebump.dockerfile.edit import Edit
from imagebump.dockerfile.parse import Dockerfile
from imagebump.rules.model import Finding, LintSettings, Rule


def check(dockerfile: Dockerfile, settings: LintSettings) -> Iterator[Finding]:
    """A finding for each RUN that is not the first of its chain."""
    if _has_neighbours(dockerfile):
        for one, severity, message in _joins().remarks(dockerfile, settings):
            yield RULE.finding(dockerfile, one, severity, message)


def mend(dockerfile: Dockerfile, settings: LintSettings) -> tuple[Edit, ...]:
    """Edits that join RUNs; none where nothing is left to be joined."""
    if not _has_neighbours(dockerfile):
        return ()
    found: tuple[Edit, ...] = _joins().mend(dockerfile, settings)
    return found


def _has_neighbours(dockerfile: Dockerfile) -> bool:
    pairs = pairwise(dockerfile.instructions)
    return any(first.name == second.name == "RUN" for first, second in pairs)


def _joins() -> ModuleType:
    """Reading shell takes a tenth of a linter's time, so not for a file that needs none."""
    return import_module("imagebump.rules.joins")


RULE = Rule("IB001", "consecutive-run", check, __doc__, aliases=("DL3059",), mend=mend)
