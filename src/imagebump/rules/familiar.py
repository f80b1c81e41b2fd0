"""Commands of which everything is known that a join hangs on: by default only these are joined.

Their effects are what their words say, so that the rules for what keeps RUNs apart see all of
them. Any other program may do anything.
"""

import re
from collections.abc import Callable

from imagebump.dockerfile.shell.model import Simple
from imagebump.dockerfile.shell.reading import Reading
from imagebump.rules.archives import extracted
from imagebump.rules.places import ANYWHERE, UNKNOWN, standing
from imagebump.rules.programs import base, names, short, started, written
from imagebump.rules.runs import Run

_PLAIN = names(
    ": [ basename cat cd chgrp chmod chown cmp cp cut date df diff dirname du echo egrep exit expr"
    " false fgrep file getent grep groupadd gunzip gzip head id install ldconfig ln ls md5sum mkdir"
    " mktemp mv nproc pwd readlink realpath rm rmdir seq set sha1sum sha256sum sha512sum sleep sort"
    " stat sudo tail tee test touch tr true truncate uname uniq unlink unxz update-ca-certificates"
    " useradd wc which whoami xargs xz bzip2 bunzip2 addgroup adduser a2enmod a2ensite a2dismod"
    " a2dissite apt-mark apt-cache apt-config dpkg-query locale-gen export unset find curl wget"
)
"""Programs that do what their words say, and nothing else."""

_PACKAGE = re.compile(r"[.@]?[a-zA-Z0-9][\w.+:-]*(?:[=<>~@/]+[^/]*)?\*?")
_SUBCOMMANDS = names(
    "update install upgrade dist-upgrade full-upgrade clean autoclean autoremove remove purge"
    " makecache add del cache refresh ref in reinstall groupinstall check-update all metadata"
)
_OWN_ROOT = re.compile(
    r"-c$|--config-file|--(?:install)?root\b|-R$|--prefix|-p$|.*\bDir\b|.*[Ii]nvoke|.*Chroot"
)
_RUNS_MORE = re.compile(
    r"--(?:to-command|use-compress|checkpoint-action|rsh|info-script)|-[a-zA-Z]*[IF]$"
)
_EXECUTES = re.compile(
    r"[/|,#@!:~%+_=^][gpimIM0-9]*e[gpimIM0-9]*\s*(?:[;}\n]|$)"
    r"|(?:^|[;{}\n])\s*(?:[\d,$~+!]+\s*e|/[^/]*/\s*e|e\b)"
)
_REMOTE = re.compile(r"(?:https?|git|ssh)://|[\w.-]+@[\w.-]+:")
_HANDS_ON = re.compile(
    r"--[a-z-]*(?:program|command|exec|askpass|plugin|filter|script|config)\b|-K$"
)
"""Options that start another program, or read more options."""

_STANDARD = re.compile(r"[^/]+$|/(?:usr/)?(?:local/)?s?bin/[^/]+$")
_LOADER = re.compile(r"PATH|LD_\w+|BASH_ENV|ENV|IFS|GIT_\w+|DPKG_\w+|PYTHON\w+")


def unfamiliar(run: Run) -> str:
    """The first command of a RUN of which too little is known, or ""."""
    if not isinstance(run.reading, Reading):
        return run.text[:40]
    for command, here in standing(run.reading, run.place.workdir):
        if not _is_familiar(command, here):
            return short(" ".join(written(command)[:2]))
    return ""


def _is_familiar(command: Simple, here: frozenset[str]) -> bool:
    if any(_LOADER.fullmatch(one.name) for one in command.assignments):
        return False
    values = written(command)
    if not values:
        return True
    if command.name is None or not _STANDARD.match(command.name):
        return False
    if any(map(_HANDS_ON.match, values)):
        return False
    found = list(started(command))
    return bool(found or base(command.name) == "find") and all(
        name in _PLAIN or (name in _SPECIAL and _SPECIAL[name](_behind(values, name), here))
        for name in found
    )


def _behind(values: list[str], name: str) -> list[str]:
    """The words behind a program, wherever it stands."""
    place = next((n for n, value in enumerate(values) if base(value) == name), 0)
    return values[place + 1 :]


def _is_packaging(values: list[str], _here: frozenset[str]) -> bool:
    """Does a package manager handle packages that have names, in the root?"""
    operands = [value for value in values if not value.startswith("-")]
    return (
        bool(_SUBCOMMANDS & set(operands))
        and not any(map(_OWN_ROOT.match, values))
        and all(map(_PACKAGE.fullmatch, filter(_is_word, operands)))
    )


def _is_dnf(values: list[str], here: frozenset[str]) -> bool:
    """The same, or a repository that is told to it: a file in /etc/yum.repos.d."""
    sets = values[:1] == ["config-manager"] and not any(map(_OWN_ROOT.match, values))
    return sets or _is_packaging(values, here)


def _is_word(value: str) -> bool:
    """Is it no value of an option, such as `Acquire::Retries=3`?"""
    return "::" not in value


def _is_unpacking(values: list[str], here: frozenset[str]) -> bool:
    """Does it unpack to a place that is known?"""
    spots = list(extracted(["tar", *values], here))
    return not any(map(_RUNS_MORE.match, values)) and not any(
        spot.path == ANYWHERE or spot.path.startswith(UNKNOWN) for spot in spots
    )


def _is_unzipping(values: list[str], here: frozenset[str]) -> bool:
    return "-d" in values or not any(path.startswith((UNKNOWN, ANYWHERE)) for path in here)


def _is_cloning(values: list[str], _here: frozenset[str]) -> bool:
    remote = any(map(_REMOTE.match, values))
    return (
        values[:1] == ["clone"]
        and remote
        and not any(
            value.startswith(
                ("-c", "--config", "--template", "-u", "--upload-pack", "-l", "--local")
            )
            or "::" in value
            for value in values
        )
    )


def _is_editing(values: list[str], _here: frozenset[str]) -> bool:
    """Does sed run nothing?"""
    return not any(v.startswith(("-f", "--file")) or _EXECUTES.search(v) for v in values)


def _is_filtering(values: list[str], _here: frozenset[str]) -> bool:
    """Does awk run nothing, and write nothing?"""
    return not any(re.search(r"system|getline|[|>]|-i|-f", value) for value in values)


def _only(*allowed: str) -> Callable[[list[str], frozenset[str]], bool]:
    """Is it one of these subcommands?"""
    return lambda values, _: values[:1] != [] and values[0] in allowed


def _is_pip(values: list[str], _here: frozenset[str]) -> bool:
    return values[:1] == ["install"] and not any(
        re.match(r"\.|/|--(?:target|prefix|root)|-[te]$|.*(?:://|\.whl|\.gz|\.zip)", value)
        for value in values
    )


_SPECIAL: dict[str, Callable[[list[str], frozenset[str]], bool]] = {
    **dict.fromkeys(
        ["apt-get", "apt", "aptitude", "apk", "yum", "microdnf", "zypper"], _is_packaging
    ),
    "dnf": _is_dnf,
    "tar": _is_unpacking,
    "unzip": _is_unzipping,
    "git": _is_cloning,
    "sed": _is_editing,
    "awk": _is_filtering,
    "gawk": _is_filtering,
    "pip": _is_pip,
    "pip2": _is_pip,
    "pip3": _is_pip,
    "command": _only("-v"),
    "env": lambda values, _: bool(values),
    "dpkg": _only("--add-architecture", "--print-architecture", "-l", "-L"),
    "rpm": _only("--import", "-q", "-qa"),
    "gpg": lambda values, _: bool({"--dearmor", "--version"} & set(values)),
    "gpgconf": _only("--kill"),
    "apt-key": _only("add", "adv"),
}
