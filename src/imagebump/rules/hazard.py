"""Why two RUNs must not simply be joined: what the first would leave to the second."""

import re

from imagebump.rules.words import Command, Script

_CHANGES = {
    "cd", "pushd", "popd", "export", "set", "unset", "shopt", "umask", "trap", "exec", "exit",
    "ulimit", "readonly", "local", "declare", "typeset", "read", "for", "case", "select", "hash",
    "return", "shift", "getopts", "enable", "wait", "disown",
}  # fmt: skip
_OPAQUE = {"function", "alias", "unalias", "source", ".", "eval", "command", "builtin"}
_DAEMONS = {
    "service", "systemctl", "pg_ctl", "pg_ctlcluster", "pg_createcluster", "nohup", "setsid",
    "start-stop-daemon", "supervisord", "mysqld_safe", "dockerd", "dbus-daemon",
}  # fmt: skip
_USERS = {"useradd", "adduser", "groupadd", "addgroup", "usermod", "groupmod", "userdel", "deluser"}
_RENEWED = ("/dev/shm", "/etc/hosts", "/etc/resolv.conf", "/etc/group", "/etc/passwd", "/bin/sh")  # noqa: S108
_LINKERS = {"link", "conda", "mamba", "micromamba", "pnpm", "uv"}
_IN_PLACE = {"chmod", "chown", "chgrp", "sed", "truncate", "setfacl", "setcap", "strip"}
_SETS = re.compile(r"\$\{\w+:?=")
_INSTALLERS = {"install", "cp", "ln", "mv"}


def hazard(first: Script, second: Script) -> str:
    """What `first` would do to `second` in one RUN, as a clause without its subject; "" for nothing known."""
    if first.comment:
        return "ends in a comment"
    if "&" in first.operators:
        return "leaves a process in the background"
    for command in first.commands:
        if found := _left_behind(command):
            return found
    return _between(first, second)


def _left_behind(command: Command) -> str:
    name = command.name
    if command.assigns or name in _CHANGES:
        return f"changes its shell ({name or 'a variable'})"
    if name in _OPAQUE:
        return f"does to its shell what cannot be known ({name})"
    if name in _DAEMONS or any("&" in word for word in command.words if name in ("sh", "bash")):
        return f"may leave a process behind ({name})"
    if name in _USERS or any(path in word for word in _texts(command) for path in _RENEWED):
        return "touches what Docker renews for each RUN"
    if any(map(_SETS.search, _texts(command))):
        return "may set a variable"
    return ""


def _texts(command: Command) -> tuple[str, ...]:
    return command.words + command.outputs


def _between(first: Script, second: Script) -> str:
    """Hard links that the second would write through, and programs whose place the shell remembers."""
    in_place = any(c.name in _IN_PLACE or c.outputs for c in second.commands)
    if in_place and any(map(_makes_hard_links, first.commands)):
        return "may make hard links, which the next RUN would write through"
    installed = {
        word.strip("'\"").rpartition("/")[2]
        for command in first.commands
        if command.name in _INSTALLERS
        for word in command.operands
    }
    again = {c.name for c in first.commands} & {c.name for c in second.commands} & installed
    return f"replaces {min(again)}, which both run" if again else ""


def _makes_hard_links(command: Command) -> bool:
    if command.name == "ln":
        return not any("s" in flag.removeprefix("--") for flag in command.flags)
    copies = command.name == "cp" and any(f == "--link" or "l" in _short(f) for f in command.flags)
    return copies or command.name in _LINKERS


def _short(flag: str) -> str:
    return "" if flag.startswith("--") else flag
