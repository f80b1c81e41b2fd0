"""Whether a RUN changes the accounts that Docker reads before each RUN: groups, home and numbers of its user."""

import re
from collections.abc import Iterator

from imagebump.dockerfile.shell.model import Simple
from imagebump.dockerfile.shell.reading import Reading
from imagebump.rules.programs import names, programs, written
from imagebump.rules.removed import stopping

_ADDS_ACCOUNTS = frozenset(["useradd", "adduser", "groupadd", "addgroup"])
_CHANGES_ACCOUNTS = names(
    "usermod groupmod userdel groupdel deluser delgroup chsh chfn gpasswd vipw vigr newusers"
    " groupmems update-passwd lusermod lgroupmod luserdel lgroupdel pwconv pwunconv grpconv grpunconv sysusers systemd-sysusers fixuid nss_wrapper"
)
_NAME = re.compile(r"[a-z_][a-z0-9_-]*")
_GROUPS = re.compile(r"[\w,-]+")


def changed_accounts(a: Reading) -> Iterator[str]:
    """The programs that may change one that was there before."""
    new = set[str]()
    for command in a.commands:
        if _puts_into_groups(written(command), new):
            continue
        adds = bool(command.words) and _adds_only(command)
        for name in programs(command):
            if name in _CHANGES_ACCOUNTS or (name in _ADDS_ACCOUNTS and not adds):
                yield name
        if command.name in ("useradd", "adduser") and adds and _is_sure(command, a):
            new |= {name for name in written(command)[-1:] if _NAME.fullmatch(name)}


def _is_sure(command: Simple, a: Reading) -> bool:
    """Is it run in any case, and does its failure end the script?"""
    return any(command is one for one in stopping(a))


def _puts_into_groups(values: list[str], new: set[str]) -> bool:
    """Does it put nobody but one of `new` into a group, by whom no RUN can be run yet?"""
    if values[:1] in (["adduser"], ["addgroup"]):
        return len(values) == 3 and values[1] in new and bool(_NAME.fullmatch(values[2]))
    if values[:2] in (["usermod", "-aG"], ["usermod", "-a"], ["usermod", "-G"]):
        *options, groups, name = values[1:]
        appends = sorted(options) in (["-aG"], ["-G", "-a"])
        return appends and options[-1] != "-a" and name in new and bool(_GROUPS.fullmatch(groups))
    return False


def _adds_only(command: Simple) -> bool:
    """Does it only add an account that nobody is logged in by?

    The one that a RUN is run by, root as a rule, must not be named; `adduser ada docker` and
    `addgroup ada docker` put somebody who is there already into a group.
    """
    values = [word.value for word in command.words]
    if values[0] not in _ADDS_ACCOUNTS:
        return False
    named = [value for value in values[1:] if value is not None]
    if any(
        re.match(r"-[a-zA-Z]*U|--u[a-z]*|.*\broot\b", v) for v in named if values[0] == "groupadd"
    ):
        return False
    literal = len(named) == len(values) - 1 or values[0] in ("useradd", "groupadd")
    return (
        literal
        and not {"root", "0", "--non-unique"} & set(named)
        and not any(re.match(r"-[a-zA-Z]*o", v) for v in named)
        and not _joins(values)
    )


def _joins(values: list[str | None]) -> bool:
    if values[0] not in ("adduser", "addgroup"):
        return False
    last_two = values[-2:]
    return (
        len(values) > 2
        and all(v is not None and not v.startswith("-") for v in last_two)
        and (len(values) == 3 or not str(values[-3]).startswith("-"))
    )
