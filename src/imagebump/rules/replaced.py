"""What one RUN does to files that another one would only see in the same container, or the same layer."""

import re
from collections.abc import Iterator

from imagebump.dockerfile.shell.reading import Reading
from imagebump.rules.programs import all_programs, base, names, programs, written

_SHELL_FILE = re.compile(
    r"(?:^|/)bin/(?:sh|dash|bash|ash|busybox)$|^(?:sh|dash|bash|ash|busybox)$"
    r"|^(?:/usr)?/(?:s?bin|lib(?:64|32)?)?(?:/?\*?|/\.)$|^/usr/?\*?$"
)
_REMOVALS = frozenset(["remove", "purge", "del", "erase", "autoremove", "-R", "-e", "--purge"])
_SHELLS = frozenset(["dash", "bash", "busybox", "ash", "yash", "mksh"])
_PUTS = names(
    "chmod chown chgrp setfacl ln mv cp rm install unlink dpkg-divert update-alternatives rsync tar bsdtar unzip cpio dd"
    " unsquashfs 7z 7za 7zr"
)
_SHELL_LINK = re.compile(r"\b(?:dash|yash|bash|busybox)-binsh\b")
_SWAPS_SHELL = frozenset(["dpkg-reconfigure", "debconf-set-selections", "busybox", "toybox"])
_SHELL_PACKAGE = re.compile(
    r"\b(?:dash|dash-binsh|yash-binsh|bash-binsh|busybox-binsh|--install)\b"
)
_LINKERS = names(
    "link conda mamba micromamba pnpm uv bun cargo nix nix-env rsync busybox ostree hardlink"
)
_CONDA = re.compile(r"(?:ana|mini|mamba)conda|mini(?:forge|mamba)|mambaforge", re.IGNORECASE)


def replaced_shell(a: Reading) -> Iterator[str]:
    """A clause for each command of `a` that may put another shell in the place of the one that runs."""
    for command in a.commands:
        values = written(command)
        started = set(programs(command))
        targets = [redirect.target.raw for redirect in command.redirects]
        if started & _PUTS:
            targets += values[1:]
        replaces = any(_SHELL_FILE.search(text.strip("\"'")) for text in targets)
        asks = started & _SWAPS_SHELL and any(map(_SHELL_PACKAGE.search, values))
        loses = _SHELLS & set(values) and _REMOVALS & set(values)
        if replaces or asks or loses or any(map(_SHELL_LINK.search, values)):
            name = values[0] if values else ">"
            yield f"may put another shell in the place of this one ({name})"


def makes_hard_links(a: Reading) -> bool:
    """May it leave two names for one file?"""
    for command in a.commands:
        values = written(command)
        names = {base(value) for value in values}
        if (
            any(map(_CONDA.search, values))
            or names & _LINKERS
            or ("ln" in names and not _is_symbolic(values))
        ):
            return True
        if "cp" in names and any(
            v == "--link" or (v[:1] == "-" != v[1:2] and "l" in v) for v in values
        ):
            return True
        if values[:2] == ["git", "clone"] and not any(":" in value for value in values):
            return True
    return False


def _is_symbolic(values: list[str]) -> bool:
    return any(v == "--symbolic" or (v[:1] == "-" != v[1:2] and "s" in v) for v in values)


_CHANGES_FILES = names(
    "chmod chown chgrp sed perl truncate setfacl setcap strip patchelf tee dd cp rsync touch ed ex"
    " xargs find install ed awk patch"
)


def changes_files(b: Reading) -> bool:
    """May it change a file in place, so that the change is seen under all of its names?"""
    if all_programs(b) & _CHANGES_FILES:
        return True
    targets = [r.target.raw for one in b.found for r in one.node.redirects if ">" in r.operator]
    return any(target not in ("/dev/null", "1", "2", "-") for target in targets)
