"""Where a script may change files in place, as far as its words tell.

What GNU's tools replace by a new file (`sed -i`, `install`), busybox's may not.
"""

import re
from collections.abc import Iterator
from itertools import takewhile
from posixpath import basename

from imagebump.dockerfile.shell.model import Simple
from imagebump.dockerfile.shell.reading import Reading
from imagebump.rules.places import ANYWHERE, Spot, places, standing
from imagebump.rules.programs import letters, names, redirects, remembered, started, written

_MODES = names("chmod chown chgrp setfacl setcap chcon chattr")
_OPERANDS = names(
    "truncate strip objcopy patchelf tee touch ed ex vi vim sponge setfattr restorecon fallocate upx"
)
"""Programs that may change each file that they name."""

_SCRIPTED = names("sed perl awk gawk ruby")
_LEAVES = names("rm rmdir ls cat echo grep file stat test")
_MOVERS = names("mv rename")
_TREES = names("rsync xargs parallel")
_DEEP = re.compile(r"-[a-zA-Z]*[rRaA][a-zA-Z]*|--recursive|--archive")
_REFETCHES = re.compile(r"-[a-zA-Z]*[rmNpx]|--(?:recursive|mirror|timestamping|page-requisites)")
_OUTPUT = re.compile(r"(?:-[a-zA-Z]*?[oO]|--output(?:-document|-dir)?=?|of=|-out)(?P<glued>.*)")
_DIRECTORIES = re.compile(r"-[bcCDpsTvZ]*d.*|--directory")
_NO_MODE = re.compile(r"-[rwxXstugo]+$|--reference")
_IN_PLACE = re.compile(r"-[a-zA-Z]*i|--in-place")
_HAS_SCRIPT = re.compile(r"-[a-zA-Z]*[ef]$|--(?:expression|file)")
_DEVICE = re.compile(r"/dev/|[0-9-]$")


def changed(script: Reading, workdir: str) -> Iterator[Spot]:
    """The places where it may change a file in place."""
    everywhere = frozenset[str]()
    for command, here in standing(script, workdir):
        everywhere |= here
        yield from _by_command(command, here)
    targets = (one.target.raw for one in redirects(script) if ">" in one.operator)
    yield from places((raw for raw in targets if not _DEVICE.match(raw)), everywhere)


@remembered
def _by_command(command: Simple, here: frozenset[str]) -> tuple[Spot, ...]:
    return tuple(_touched(command, here))


def _touched(command: Simple, here: frozenset[str]) -> Iterator[Spot]:
    programs, values = set(started(command)), written(command)[1:]
    deep = any(map(_DEEP.fullmatch, values))
    operands = [value for value in values if not value.startswith("-")]
    if programs & _TREES:
        yield Spot(ANYWHERE, True)
    elif written(command)[:1] == ["find"] and _finds_and_copies(programs, values):
        yield from places(values[-2:-1], here, True)
    elif written(command)[:1] == ["find"]:
        starts = list(takewhile(lambda value: value[:1] not in "-(!", values)) or ["."]
        yield from places(starts if programs - _LEAVES else (), here, True)
    elif programs & _MODES:
        yield from places(operands[0 if any(map(_NO_MODE.match, values)) else 1 :], here, deep)
    elif programs & _MOVERS:  # what is renamed is copied into its own layer
        yield from places(operands, here, True)
    elif makes_links(programs, written(command)):
        yield from places(operands, here, True)  # and so is what gets one more name
    elif programs & _SCRIPTED:
        first = 0 if any(map(_HAS_SCRIPT.match, values)) else 1
        yield from places(operands[first:] if any(map(_IN_PLACE.match, values)) else (), here)
    elif programs & _OPERANDS:
        yield from places(operands, here, deep)
    elif programs & {"cp", "install"} and not _makes_directories(programs, values):
        yield from _copied(values, operands, here, deep)
    elif programs & {"unzip", "tar"} and {"-o", "--overwrite"} & set(values):
        yield from places([".", *operands], here, True)
    elif programs & {"curl", "wget", "sort", "gpg", "openssl", "dd"}:
        yield from places(_outputs(programs, values), here)
        if "wget" in programs and any(map(_REFETCHES.fullmatch, values)):
            yield from places(["."], here, True)


def makes_links(programs: set[str], values: list[str]) -> bool:
    """Do `ln` or `cp`, of these words, make hard links to what they name?"""
    short = letters(values)
    if "ln" in programs:
        symbolic = any(value.startswith("--sy") for value in values) or "s" in short
        return not symbolic or "--" in values
    return "cp" in programs and ("l" in short or any(value.startswith("--l") for value in values))


def _makes_directories(programs: set[str], values: list[str]) -> bool:
    """Is it `install -d`? A directory has one name only."""
    return "install" in programs and any(map(_DIRECTORIES.fullmatch, values))


def _finds_and_copies(programs: set[str], values: list[str]) -> bool:
    """Does `find` nothing but `cp` what it finds to a place that is named at the end?"""
    writes = any(value.startswith(("-fprint", "-fls")) for value in values)
    copies = values[-3::2] == ["{}", ";"] and values.count("-exec") == 1
    return programs == {"cp"} and copies and not writes


def _copied(
    values: list[str], operands: list[str], here: frozenset[str], deep: bool
) -> Iterator[Spot]:
    """The target, and the files in it where it is a directory."""
    if any(value.startswith(("-t", "--target")) for value in values):
        yield Spot(ANYWHERE, True)
    names = (f"{operands[-1]}/{basename(source)}" for source in operands[:-1])
    yield from places([*operands[-1:], *names], here, deep)


def _outputs(programs: set[str], values: list[str]) -> Iterator[str]:
    """The files that a program is told to write."""
    for option, value in zip(values, [*values[1:], ""], strict=False):
        if "curl" in programs and re.fullmatch(r"-[a-zA-Z]*O|--remote-name(?:-all)?", option):
            yield from (basename(url) for url in values if "/" in url)
        elif match := _OUTPUT.match(option):
            yield match["glued"] or value
