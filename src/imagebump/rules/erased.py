"""What may remove the directory that a RUN starts in without the words of `rm`."""

import re
from collections.abc import Iterator

from imagebump.dockerfile.shell.reading import Reading
from imagebump.rules.known import MANAGERS
from imagebump.rules.places import standing
from imagebump.rules.programs import names, programs, remembered, started, texts, written
from imagebump.rules.runs import below

_REMOVALS = names(
    "remove purge autoremove autopurge del erase rm dist-upgrade full-upgrade --purge"
    " --auto-remove --autoremove --remove -r -P -R -Rs -Rns -e swap distro-sync"
)
_OWNED = re.compile(
    r"/(?:usr(?!/(?:src|local)(?:/|$))|var|etc|opt|srv|lib\w*|s?bin|boot|run)(?:/|$)|$"
)
"""Where packages have directories, and where only the base image knows."""

_TOOL = re.compile(
    r"[\w.+-]+-(?:dev|devel|headers)|build-essential|(?:gcc|g\+\+|cpp|gcc-c\+\+|make|cmake|autoconf|automake)(?:-[\d.]+)?"
)
"""Packages that have no directory where a base image may have its WORKDIR."""

_GIT = names(
    "checkout switch clean reset stash merge pull rebase rm submodule sparse-checkout restore mv worktree"
)
_IN_A_SCRIPT = re.compile(
    r"rmtree|rimraf|removedirs|remove_tree|fs\.(?:promises\.)?rm|FileUtils\.(?:rm|mv|remove)|os\.(?:rename|replace|removedirs|rmdir)"
    r"|\bunlink\b|shutil\.move|del-cli"
)
_in_a_script = remembered(_IN_A_SCRIPT.search)
_MOVES_IN = re.compile(r"-[a-zA-Z]*m[a-zA-Z]*|--move")
_CLEANS = re.compile(r".*(?:clean|mrproper|uninstall|purge).*")


def erased(a: Reading, workdir: str) -> str:
    """A word of a command that may do it, or ""; `workdir` is "" where only the base image knows."""
    return "" if workdir == "/" else next(_found(a, workdir), "")


def _found(a: Reading, workdir: str) -> Iterator[str]:
    clones = any(one.name == "git" and "clone" in written(one) for one in a.commands)
    for command, here in standing(a, workdir):
        values, every = written(command), set(started(command)) | set(programs(command))
        if every & MANAGERS and _REMOVALS & set(values) and _OWNED.match(workdir):
            if workdir or not _takes_tools_only(values):
                yield " ".join(values[:2])
        elif every & {"docker-php-source"} and "delete" in values:
            if not workdir or f"{workdir}/".startswith("/usr/src/php/"):
                yield "docker-php-source"
        elif "cmake" in every and "-E" in values and _names_it(values, workdir):
            yield "cmake -E"
        elif "git" in every and _GIT & set(values) and not (clones and workdir not in here):
            yield "git"
        elif _packs_and_removes(every, values) or (
            every & {"make", "ninja"}
            and any(map(_CLEANS.fullmatch, values[1:]))
            and ("-C" in values or workdir not in here)
        ):
            yield values[0]
    yield from (match[0] for match in map(_in_a_script, texts(a)) if match)


def _packs_and_removes(every: set[str], values: list[str]) -> bool:
    """Does it put into an archive what it then removes?"""
    return (
        bool(every & {"tar", "bsdtar"} and any(v.startswith("--remove-f") for v in values))
        or bool(every & {"7z", "7za", "7zr"} and "-sdel" in values)
        or ("zip" in every and any(map(_MOVES_IN.fullmatch, values[1:])))
    )


def _takes_tools_only(values: list[str]) -> bool:
    """Does it remove nothing but what programs are built with, and what came with that?"""
    named = [value for value in values[1:] if value[:1] != "-" and value not in _REMOVALS]
    return bool(named) and all(map(_TOOL.fullmatch, named))


def _names_it(values: list[str], workdir: str) -> bool:
    """May `cmake -E rm` and the like name it?"""
    if not {"rm", "remove", "remove_directory", "rename"} & set(values):
        return False
    paths = [value for value in values[2:] if "/" in value or "." in value or "$" in value]
    return any(
        "$" in p or ".." in p or f"{workdir}/".startswith(below("/", p) + "/") for p in paths
    )
