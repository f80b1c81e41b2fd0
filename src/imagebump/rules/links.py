"""Hard links that one RUN makes and the next would write through.

Between two layers a change makes a copy of its own; in one layer it is seen under every name.
"""

import re
from collections.abc import Iterator
from itertools import pairwise

from imagebump.dockerfile.shell.model import Simple
from imagebump.dockerfile.shell.reading import Reading
from imagebump.rules.archives import extracted
from imagebump.rules.in_place import changed, makes_links
from imagebump.rules.known import LANGUAGES, MANAGERS
from imagebump.rules.odd import of_the_directory
from imagebump.rules.places import UNKNOWN, Spot, meet, places, standing
from imagebump.rules.programs import (
    base,
    letters,
    names,
    programs,
    remembered,
    started,
    texts,
    written,
)
from imagebump.rules.replacing import CONDA, REPLACE, is_conda, only_replaces

_READS = names(
    ": . [ alias basename bg break cat cd command continue cut date declare df diff dirname du echo"
    " egrep eval exec exit export false fgrep getent grep groupadd groups hash head id let"
    " local ls md5sum mkdir nproc popd printf pushd pwd read readlink readonly realpath return rm rmdir"
    " set sha1sum sha256sum sha512sum shift sleep source stat tail test times trap true tr type typeset"
    " ulimit umask unalias uname uniq unset wait wc which whoami useradd adduser addgroup"
)
"""Programs that change no file in place."""

_MAKES_NONE = _READS | names(
    "wget curl chmod chown chgrp sed touch tee truncate locale-gen a2enmod a2dismod awk mv sort dd"
    " ldconfig update-ca-certificates gpg gpgconf sh bash dash ash ln env sudo xargs nice time patch"
    " apt-key add-apt-repository gosu su-exec protoc update-locale lsb_release pip pip2 pip3 gem composer bundle go mvn apt-mark mktemp scanelf dpkg-architecture dpkg-query ldd readelf nm"
    " docker-php-ext-configure docker-php-ext-enable setcap find git svn hg unzip update-alternatives"
    " chpasswd openssl jq sponge yes xz gzip gunzip bzip2 install corepack configure autogen.sh"
    " cmake autoreconf meson pkg-config a2ensite a2dissite strip dirmngr chroot phpize pecl pear docker-php-ext-install docker-php-source"
    " debconf-set-selections ssh-keygen gcc g++ cc c++ as c_rehash usermod"
)
"""Programs that make no hard links, or whose scripts are read, too."""

_LINKERS = names(
    "link hardlink rdfind jdupes conda mamba micromamba pnpm uv uvx bun nix nix-env nix-build ostree"
)
_INSTALLS = names(
    "install add upgrade dist-upgrade full-upgrade reinstall build-dep groupinstall localinstall in"
    " swap distro-sync -S -Sy -Syu -U --install -Uvh -ivh -x --extract"
)
_UNPACKS = MANAGERS | names("tar bsdtar cp")
_MODULES = names("pip venv ensurepip compileall")
_APART = re.compile(r"/(?:opt|srv|home|app|data|mnt)/(?!.*\.\.).+")
_OPT = re.compile(r"/opt(?:/|$)")
_LOOSE = re.compile(r"/opt/[^/]+\.(?:zip|tgz|jar|gz|xz|bz2|sh|deb|rpm)")
"""What lies loose in /opt, where a package has a directory."""

_PRINTS = re.compile(
    r"echo (?!.*(?:exec|system|passthru|open|link|eval|include|require))[\w()\"'. ]+;?"
)
_NEVER_OWNED = ("/usr/share/keyrings",)
_LINKS_IN_CODE = re.compile(
    r"\b(?:os|fs|File|posix|FileUtils)\.(?:hard_?)?ln?(?:ink)?\(|\.hardlink_to\b|\blinkSync\b|\bFile\.link\b|(?<![.\w])link(?:\s*\(|\s+[q\"'])"
)
"""What makes a hard link in a language that is none of the shell's."""

_NOT_LOCAL = re.compile(r"(?<!file)://|^[\w.-]+@[\w.-]+:|\$")
_COPIES_LINKS = re.compile(r"-[a-zA-Z]*[adrRp]|--(?:archive|preserve|recursive)")
_OWNED = [
    Spot(path, True)
    for path in [
        "/bin",
        "/sbin",
        "/lib",
        "/lib64",
        "/opt",
        "/usr/bin",
        "/usr/sbin",
        "/usr/lib",
        "/usr/lib64",
        "/usr/libexec",
        "/usr/share",
        "/usr/include",
        "/etc/alternatives",
        "/etc/localtime",
    ]
]
"""Where packages have files."""


def writes_through(
    a: Reading, b: Reading, workdir: str, links: tuple[str, ...], *, own: bool = False
) -> bool:
    """May `b` change in place what `a` may have given two names?

    `links` are the RUNs of the file that may make symbolic links. `own`: all packages are those of
    the distribution, which has none in /opt.
    """
    linked = [one for one in a.commands if _links(one)]
    if linked:
        kept = all(map(is_conda, linked)) or all(map(_links_apart, linked))
        replaces = REPLACE if kept else frozenset()
        others = (one for one in b.commands if not only_replaces(one, replaces))
        strange = any(set(programs(one)) - _READS for one in others)
        return strange or any(True for _ in changed(b, workdir))
    touched = [*changed(b, workdir)]
    if not touched:
        return False
    made = [place for found in standing(a, workdir) for place in _made(*found)]
    packaged = any(map(_packs, a.commands))
    if not made and not packaged:
        return False
    made += [place for found in standing(a, workdir) for place in _moved(*found)]
    new = set(_fetched(a))
    own = own and not a.names & {"yum", "dnf", "microdnf", "tdnf", "zypper"}
    if any(map(_is_a_script, a.commands)):
        made += (place for place in _named(a) if place._replace(deep=False) not in new)
    return any(
        any(meet(one, place) for place in made)
        or (packaged and one not in new and _is_owned(one, own))
        or of_the_directory(one.path, links)
        for one in touched
    )


@remembered
def _is_a_script(command: Simple) -> bool:
    """Is it something of which nothing is known, and that may do anything to what is named?"""
    return _is_unknown(set(started(command)) - _MAKES_NONE - _UNPACKS, written(command))


def _named(a: Reading) -> Iterator[Spot]:
    """All paths in its words."""
    return places((text for text in texts(a) if "/" in text[:-1] and ":" not in text), ["/"], True)


def _is_owned(place: Spot, own: bool) -> bool:
    """May a package have files there?"""
    if place.path.startswith((UNKNOWN, *_NEVER_OWNED)) or (own and _OPT.match(place.path)):
        return False
    if not place.deep and _LOOSE.fullmatch(place.path):
        return False
    return any(meet(place, one) for one in _OWNED)


@remembered
def _packs(command: Simple) -> bool:
    """May it install packages, or what is like them?"""
    every, values = set(started(command)), written(command)
    programs = every - _MAKES_NONE
    if programs & MANAGERS:
        return bool(_INSTALLS & set(values)) or "-i" in values
    if every & {"make", "ninja", "cmake", "meson"} and {"install", "--install"} & set(values):
        return True
    return _is_unknown(programs - {"tar", "bsdtar", "cp", "make", "ninja"}, values)


def _is_unknown(programs: set[str], values: list[str]) -> bool:
    """Is it a program of which nothing is known?"""
    harmless = values[1:2] == ["-m"] and values[2:3] and values[2] in _MODULES
    asks = all(value in ("--version", "-version", "-V", "-v", "--help") for value in values[1:2])
    prints = values[:2] == ["php", "-r"] and all(map(_PRINTS.fullmatch, values[2:]))
    prints = prints or values == ["R", "RHOME"]
    return bool(programs) and not (harmless or prints) and not (asks and len(values) == 2)


@remembered
def _links(command: Simple) -> bool:
    """Is it there to make hard links?"""
    values = written(command)
    if LANGUAGES & set(started(command)) and any(map(_LINKS_IN_CODE.search, values)):
        return True
    found = {base(value) for value in values}
    if found & {"ln", "cp"}:
        return makes_links(found, values)
    if "rsync" in found:
        return "H" in letters(values) or any(
            value.startswith(("--hard", "--link-dest")) for value in values
        )
    if "git" in found and "clone" in found:
        return not any(map(_NOT_LOCAL.search, values))
    if set(started(command)) <= _READS:  # as `mkdir /opt/conda`
        return False
    conda = any(map(CONDA.search, values)) and not found & {"wget", "curl", "rm", "chmod"}
    return bool(found & _LINKERS) or conda


def _links_apart(command: Simple) -> bool:
    """Does it link files by names, where no package's own script changes one?"""
    plain = all(word.value is not None for word in command.words)
    names = (value for value in written(command)[1:] if not value.startswith("-"))
    return command.name == "ln" and plain and all(map(_APART.fullmatch, names))


def _moved(command: Simple, here: frozenset[str]) -> Iterator[Spot]:
    """Where a command puts what another one has made, or a name for it."""
    if set(started(command)) & {"mv", "cp", "ln", "rsync"}:
        named = [value for value in written(command)[1:] if not value.startswith("-")]
        yield from places([*named, "."] if named[1:] == [] else named, here, True)


def _made(command: Simple, here: frozenset[str]) -> Iterator[Spot]:
    """Where a command may make hard links."""
    programs, values = set(started(command)) - _MAKES_NONE, written(command)
    if {"cmake", "meson"} & set(started(command)) and {"install", "--install"} & set(values):
        programs.add("make")
    if programs & {"tar", "bsdtar"}:
        yield from extracted(values, here)
    elif programs == {"cp"}:
        operands = [value for value in values[1:] if not value.startswith("-")]
        if any(map(_COPIES_LINKS.match, values)):
            yield from places(operands[-1:], here, True)
    elif values[:1] == ["git"] and "clone" in values and any("$" in value for value in values):
        yield from places([".", *(v for v in values if v.startswith("/"))], here, True)
    elif programs & MANAGERS:  # as with --root=/x
        yield from places((v.rpartition("=")[2] for v in values[1:] if "/" in v), here, True)
    elif _is_unknown(programs, values):
        words = [value.rpartition("=")[2] for value in values[1:] if "/" in value]
        yield from places([".", *words], here, True)
        if _packs(command):
            yield from (Spot("/usr/local", True), Spot("~", True))


def _fetched(a: Reading) -> Iterator[Spot]:
    """The files that it fetches to a place that it names: they are new, under one name."""
    for command in a.commands:
        values = written(command)
        if command.name in ("wget", "curl"):
            behind = pairwise(values)
            named = (value for option, value in behind if option[-1:] in ("o", "O"))
            yield from places((value for value in named if value.startswith("/")), ["/"])
