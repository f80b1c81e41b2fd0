"""Whether a RUN leaves an agent of GnuPG behind, which goes on in the same container."""

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain

from imagebump.dockerfile.shell.model import AndOr, Compound, Pipeline, Script, Simple
from imagebump.dockerfile.shell.reading import Reading
from imagebump.rules.filled import FRESH
from imagebump.rules.places import ANYWHERE, Spot, meet, places, standing
from imagebump.rules.programs import names, programs, redirects, remembered, started, texts, written

_AGENTS = names("gpg gpg2 gpgsm gpg-agent dirmngr gpg-connect-agent keyboxd pacman-key")
_NEEDS_NONE = names("--dearmor --dearmour --enarmor --version --help --list-packets --print-md")
_IN_A_TEXT = re.compile(
    r"\b(?:gpg2?|gpgsm|dirmngr|pacman-key) +-|\bgit (?:commit|tag|merge) .*-[a-z]*[sS]\b"
)
_MANAGERS = names("apt apt-get aptitude apk yum dnf microdnf zypper pacman")
_ONLY_LOOKS = names("command which type : true gpgconf")
_KNOWS = re.compile(
    r"gpg|gnupg|dirmngr|keyboxd|pinentry|scdaemon|\bpass\b|apt-key|pacman|add-apt-repository|/proc\b"
    r"|\b(?:debsign|dpkg-sig|rpmsign|monkeysphere|gopass|sops|duplicity|aptly|reprepro)\b",
    re.IGNORECASE,
)
"""What may speak to an agent, or end it."""

_HOME = re.compile(r"GNUPGHOME=(?![\"']?(?:\$\(mktemp -d\)|`mktemp -d`)[\"']?(?:[;&\s]|$))")
"""A home for GnuPG that is not made for it alone."""

_LOOKS = names("ps pgrep pidof pstree kill pkill killall fuser lsof top wait sudo su make")
_SEES_ALL = names("find rsync xargs parallel git")
_REMOVALS = names(
    "remove purge autoremove autopurge del erase upgrade dist-upgrade full-upgrade swap -R -Rs -Rns"
)
_STANDARD = re.compile(r"[\w.+\[:-]*$|(?:/usr|/opt/[\w.-]+)?(?:/local)?/s?bin/[\w.+-]+$")
"""Where programs are that are no scripts of somebody's own."""

_NAMES_NO_FILE = names(": [ apt apt-get apk echo false printf set test true yum dnf microdnf")


def leaves_agent(a: Reading, b: Reading, workdir: str) -> str:
    """The program that starts one which nothing ends, and that `b` may meet, or ""."""
    if not any(_starters(a)):
        return ""  # nor does any part of it
    alive = ""
    for part in _parts(a, a.script):
        ends = part.names <= _ONLY_LOOKS and any(map(_ends_all, part.commands))
        alive = "" if ends else next(_starters(part), "") or alive
    hooked = alive.startswith("pacman")  # its agents live elsewhere, and may not be done yet
    return alive if alive and (hooked or _may_meet(b, workdir, _homes(a))) else ""


def _parts(a: Reading, script: Script) -> Iterator[Reading]:
    """Its pipelines in order; a list with `||` as a whole, since a part of it may be left out."""
    for one in script.lists:
        whole = [one] if "||" in one.operators else map(_list, one.pipelines)
        for each in whole:
            inside = _inside(each)
            yield from _parts(a, inside) if inside else [_alone(a, each)]


def _inside(one: AndOr) -> Script | None:
    """What is in a group or a subshell that is all of a list."""
    (first, *others), negated = one.pipelines[0].commands, one.pipelines[0].negated
    is_one = isinstance(first, Compound) and first.kind in ("group", "subshell")
    alone = not (others or negated or one.operators)
    return first.parts[0].script if isinstance(first, Compound) and is_one and alone else None


def _homes(a: Reading) -> list[Spot]:
    """Where its sockets and keys may be."""
    if "--homedir" in a.text or _HOME.search(a.text):
        return [Spot(ANYWHERE, True)]
    made = [Spot(FRESH, True)] * ("GNUPGHOME=" in a.text)
    return [Spot("~/.gnupg", True), Spot("/run/user", True), *made]


def _may_meet(b: Reading, workdir: str, homes: list[Spot]) -> bool:
    """Does `b` use GnuPG, look at processes, remove packages, or name a place where an agent lives?"""
    if any(map(_KNOWS.search, texts(b))) or b.names & _LOOKS:
        return True
    for command, here in standing(b, workdir):
        values = written(command)
        is_script = bool(values) and not _STANDARD.match(values[0])
        if is_script or set(started(command)) & {"?", *_SEES_ALL} or _REMOVALS & set(values):
            return True
        if set(started(command)) <= _NAMES_NO_FILE:
            continue
        named = (v.rpartition("=")[2] for v in values[1:] if v[:1] != "-" or "/" in v)
        paths = places((v for v in named if "://" not in v), here, True)
        if any(meet(one, home) for one in paths for home in homes):
            return True
    targets = (one.target.raw for one in redirects(b))
    return any(meet(one, home) for one in places(targets, ["/"]) for home in homes)


def _list(pipeline: Pipeline) -> AndOr:
    return AndOr((pipeline,), (), "", 0, 0)


def _alone(a: Reading, one: AndOr) -> Reading:
    return replace(a, script=Script((one,)), bodies=())


def _ends_all(command: Simple) -> bool:
    return written(command) in (["gpgconf", "--kill", "all"], ["gpgconf", "-K", "all"])


def _starters(part: Reading) -> Iterator[str]:
    yield from chain.from_iterable(map(_started_by, part.commands))
    yield from filter(None, map(_started_in, texts(part)))


@remembered
def _started_by(command: Simple) -> tuple[str, ...]:
    values, found = written(command), list[str]()
    packaged = _MANAGERS & set(values[:3])
    if not _NEEDS_NONE & set(values):
        every = started(command) if packaged else programs(command)
        found += (name for name in every if name in _AGENTS)
    if "pacman" in started(command) and any(re.match(r"-S|--sync|-U", v) for v in values):
        found.append("pacman")  # its hooks may fill a keyring
    if values[:1] == ["git"] and _signs(values):
        found.append("git")
    return tuple(found)


@remembered
def _started_in(text: str) -> str:
    """The program that a text may start, or ""."""
    match = _IN_A_TEXT.search(text)
    return match[0].split()[0] if match else ""


def _signs(values: list[str]) -> bool:
    """Is it `git commit -S`, or the like?"""
    return bool(
        {"verify-tag", "verify-commit", "--gpg-sign", "--verify-signatures"} & set(values)
        or any(
            re.fullmatch(r"-[a-zA-Z]*[sSv]", v) for v in values if {"commit", "tag"} & set(values)
        )
    )
