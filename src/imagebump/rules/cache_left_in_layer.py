"""IB008 cache-left-in-layer: an installation that leaves the cache of its package manager behind.

What it does
    Reports a RUN that installs with apt, apk, dnf, yum, microdnf, zypper or pip, in a stage that
    is shipped, and neither removes the cache, nor has it in a cache mount, nor makes none.

Why is this bad
    It takes room in every copy of the image, and nobody reads it: tens of megabytes as a rule.

Example
    FROM debian:12
    RUN apt-get update && apt-get install -y curl

Use instead
    FROM debian:12
    RUN apt-get update && apt-get install -y curl && rm -rf /var/lib/apt/lists/*
"""

import re
from collections.abc import Iterator
from itertools import chain
from typing import NamedTuple

from imagebump.dockerfile.parse import Dockerfile, Instruction
from imagebump.rules import stages, words
from imagebump.rules.model import Finding, LintSettings, Rule
from imagebump.rules.words import Command, Script


class _Cache(NamedTuple):
    """A package manager's cache: where it is, what fills it, what keeps it empty, and what to type."""

    place: str
    fills: str
    spares: str
    advice: str


_APT = _Cache(
    "/var/lib/apt/lists", "update", r"apt/lists|(?<!/)/var/lib/apt(?:/\*)?$",
    "end the RUN with && rm -rf /var/lib/apt/lists/*",
)  # fmt: skip
_DNF = _Cache(
    "/var/cache/dnf", "install", r"^clean$|var/cache", "end the RUN with && dnf clean all"
)
_YUM = _Cache(
    "/var/cache/yum", "install", r"^clean$|var/cache", "end the RUN with && yum clean all"
)
_PIP = _Cache(
    "/root/.cache/pip", "install", r"--no-cache-dir|\.cache|^purge$|PIP_NO_CACHE_DIR|--no-cache",
    "use pip install --no-cache-dir",
)  # fmt: skip
_CACHES = {
    "apt": _APT,
    "apt-get": _APT,
    "apk": _Cache("/var/cache/apk", "add", r"--no-cache|var/cache", "use apk add --no-cache"),
    "dnf": _DNF,
    "microdnf": _DNF._replace(advice="end the RUN with && microdnf clean all"),
    "yum": _YUM,
    "zypper": _Cache(
        "/var/cache/zypp", "install", r"^clean$|^cc$|var/cache", "end the RUN with && zypper clean"
    ),
    "pip": _PIP,
    "pip3": _PIP,
}


def check(dockerfile: Dockerfile, settings: LintSettings) -> Iterator[Finding]:
    """A finding for each RUN, on the first cache that it leaves behind."""
    for number in stages.shipped(dockerfile, settings.target):
        stage = dockerfile.stages[number]
        around = [w for one in stage if one.name in ("ENV", "ARG") for w in one.text.split()]
        for position, one in enumerate(stage):
            if found := _left(one, around, stage[position + 1 :]):
                message = f"this RUN leaves {found.place} in its layer; {found.advice}"
                yield RULE.finding(dockerfile, one, "warning", message)


def _left(one: Instruction, around: list[str], behind: tuple[Instruction, ...]) -> _Cache | None:
    script = words.of(one)
    for command in script.commands if script else ():
        cache = _CACHES.get(command.name)
        if cache is None or cache.fills not in command.operands or _is_mounted(one, cache):
            continue
        later = (word for other in behind for word in _removals(other))
        if not any(map(re.compile(cache.spares).search, chain(_words(script), around, later))):
            return cache
    return None


def _words(script: Script | None) -> Iterator[str]:
    for command in script.commands if script else ():
        yield from (word.strip("\"'") for word in command.words)


def _removals(one: Instruction) -> Iterator[str]:
    """What a later RUN removes: that is reported as a late cleanup, and not once more."""
    script = words.of(one)
    for command in script.commands if script else ():
        if _removes(command):
            yield from command.words


def _removes(command: Command) -> bool:
    return command.name == "rm" or "clean" in command.operands


def _is_mounted(one: Instruction, cache: _Cache) -> bool:
    """Is the cache, or what it is in, a mount of this RUN?"""
    places = [
        place.rstrip("/")
        for flag in one.flags
        for place in re.findall(r"(?:target|dst|destination)=([^,]+)", flag)
    ]
    return any(f"{cache.place}/".startswith(f"{place}/") for place in places)


RULE = Rule("IB008", "cache-left-in-layer", check, __doc__, aliases=("DL3009", "DL3042", "DL3019"))
