"""Hard links that one RUN makes and the next would write through.

Between two layers a change makes a copy of its own; in one layer it is seen under every name.
"""

from collections.abc import Iterator

from imagebump.dockerfile.shell.model import Simple
from imagebump.dockerfile.shell.reading import Reading
from imagebump.rules.programs import all_programs, base, names, programs, redirects, written

_INNOCENT = names(
    ": . [ alias basename bg break cat cd command continue cut date declare df diff dirname du echo"
    " egrep eval exec exit export false fgrep getent grep groupadd groups hash head id let"
    " local ls md5sum mkdir nproc popd printf pushd pwd read readlink readonly realpath return rm rmdir"
    " set sha1sum sha256sum sha512sum shift sleep source stat tail test times trap true tr type typeset"
    " ulimit umask unalias uname uniq unset wait wc which whoami useradd adduser addgroup"
)
_ADDS_NONE = _INNOCENT | names(
    "wget curl chmod chown chgrp sed touch tee truncate locale-gen a2enmod a2dismod awk mv sort"
    " ldconfig update-ca-certificates gpg sh bash dash ash ln env sudo xargs nice time apt-key add-apt-repository"
)
"""Programs that make no hard links, or whose scripts are read, too."""

_MANAGERS = names("apt apt-get apk yum dnf microdnf zypper pacman dpkg rpm")
_CHANGES = names(
    "chmod chown chgrp sed perl truncate setfacl setcap strip patchelf tee dd cp rsync touch ed ex"
    " xargs find install awk patch mv sort curl wget gawk"
)
_APART = ("/etc/", "/root/", "/home/", "/tmp/")
"""Where packages have no hard links."""


def writes_through(a: Reading, b: Reading, workdir: str) -> bool:
    """May `b` change in place what `a` may have given two names?"""
    if any(map(_links, a.commands)):
        return not _only_reads(b)
    started = {name for one in a.commands for name in _starts(one)} - _ADDS_NONE
    if not started:
        return False
    changed = set(_changed(b)) - set(_fetched(a))
    if not started - _MANAGERS:
        return any(not path.startswith(_APART) for path in changed)
    return any(not _is_apart(path, a, workdir) for path in changed)


def _starts(command: Simple) -> Iterator[str]:
    """The programs that it may start, as far as their scripts are not read anyway."""
    values = written(command)
    if command.name == "find":
        behind = zip(values, values[1:], strict=False)
        yield from (base(value) for option, value in behind if option in ("-exec", "-execdir"))
    elif command.name and base(command.name) in ("sh", "bash", "dash", "ash"):
        if not any(value[:1] == "-" and "c" in value for value in values[1:]):
            yield "?"  # a script that is in a file, or in the input
    elif command.name is None:
        yield "?"
    else:
        yield from (name for name in programs(command) if not name.startswith("-"))


def _fetched(a: Reading) -> Iterator[str]:
    """The files that it fetches to a place that it names: they are new, under one name."""
    for command in a.commands:
        values = written(command)
        if command.name in ("wget", "curl"):
            behind = zip(values, values[1:], strict=False)
            yield from (value for option, value in behind if option[-1:] in ("o", "O"))


def _links(command: Simple) -> bool:
    """Is it there to make hard links?"""
    values = written(command)
    found = {base(value) for value in values}
    short = "".join(value for value in values[1:] if value[:1] == "-" != value[1:2])
    if "ln" in found:
        symbolic = any(value.startswith("--s") for value in values) or "s" in short
        return not symbolic
    if "cp" in found:
        return "l" in short or any(value.startswith("--l") for value in values)
    return bool(found & {"link", "hardlink", "rdfind", "jdupes"})


def _only_reads(b: Reading) -> bool:
    return not (all_programs(b) - _INNOCENT) and not _changed(b)


def _changed(b: Reading) -> list[str]:
    """The paths that it may change in place, as they are written."""
    targets = [r.target.raw for r in redirects(b) if ">" in r.operator]
    found = [t for t in targets if not t.startswith("/dev/") and t not in ("1", "2", "-")]
    for command in b.commands:
        started = set(programs(command))
        if started & _CHANGES and not _fetches_anew(started, command):
            operands = [v for v in written(command)[1:] if not v.startswith("-")]
            paths = [v for v in operands if "/" in v]
            found += paths or [operands[-1] if operands else ""]
    return found


def _fetches_anew(started: set[str], command: Simple) -> bool:
    """Is it wget or curl, which write what they are told, and no option says where?"""
    return bool(started & {"wget", "curl"}) and not any(
        value.startswith(("-o", "-O", "--o")) for value in written(command)
    )


def _is_apart(path: str, a: Reading, workdir: str) -> bool:
    """Is it a place that `a` does not name at all?"""
    top = next((top for top in _APART if path.startswith(top)), "")
    named = top.rstrip("/") in a.text or "~" in a.text or "HOME" in a.text
    return bool(top) and not named and not f"{workdir}/".startswith(top)
