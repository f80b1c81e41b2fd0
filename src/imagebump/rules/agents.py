"""Whether a RUN leaves an agent of GnuPG behind, which goes on in the same container."""

import re
from collections.abc import Iterator
from dataclasses import replace

from imagebump.dockerfile.shell.model import AndOr, Pipeline, Script, Simple
from imagebump.dockerfile.shell.reading import Reading
from imagebump.rules.programs import names, programs, started, texts, written

_AGENTS = names("gpg gpg2 gpgsm gpg-agent dirmngr gpg-connect-agent keyboxd pacman-key")
_NEEDS_NONE = names("--dearmor --dearmour --enarmor --version --help --list-packets --print-md")
_IN_A_TEXT = re.compile(
    r"\b(?:gpg2?|gpgsm|dirmngr|pacman-key) +-|\bgit (?:commit|tag|merge) .*-[a-z]*[sS]\b"
)
_MANAGERS = names("apt apt-get aptitude apk yum dnf microdnf zypper pacman")
_ONLY_LOOKS = names("command which type : true gpgconf")


def leaves_agent(a: Reading) -> str:
    """The program that starts one which nothing ends, or ""."""
    if not any(_starters(a)):
        return ""  # nor does any part of it
    alive = ""
    for part in _parts(a):
        ends = part.names <= _ONLY_LOOKS and any(map(_ends_all, part.commands))
        alive = "" if ends else next(_starters(part), "") or alive
    return alive


def _parts(a: Reading) -> Iterator[Reading]:
    """Its pipelines in order; a list with `||` as a whole, since a part of it may be left out."""
    for one in a.script.lists:
        whole = [one] if "||" in one.operators else map(_list, one.pipelines)
        yield from (_alone(a, each) for each in whole)


def _list(pipeline: Pipeline) -> AndOr:
    return AndOr((pipeline,), (), "", 0, 0)


def _alone(a: Reading, one: AndOr) -> Reading:
    return replace(a, script=Script((one,)), bodies=())


def _ends_all(command: Simple) -> bool:
    return written(command) in (["gpgconf", "--kill", "all"], ["gpgconf", "-K", "all"])


def _starters(part: Reading) -> Iterator[str]:
    for command in part.commands:
        values = written(command)
        packaged = _MANAGERS & set(values[:3])
        found = started(command) if packaged else programs(command)
        if not _NEEDS_NONE & set(values):
            yield from (name for name in found if name in _AGENTS)
        if "pacman" in set(started(command)) and any(re.match(r"-S|--sync|-U", v) for v in values):
            yield "pacman"  # its hooks may fill a keyring
        if values[:1] == ["git"] and _signs(values):
            yield "git"
    for text in texts(part):
        if match := _IN_A_TEXT.search(text):
            yield match[0].split()[0]


def _signs(values: list[str]) -> bool:
    """Is it `git commit -S`, or the like?"""
    return bool(
        {"verify-tag", "verify-commit", "--gpg-sign", "--verify-signatures"} & set(values)
        or any(
            re.fullmatch(r"-[a-zA-Z]*[sSv]", v) for v in values if {"commit", "tag"} & set(values)
        )
    )
