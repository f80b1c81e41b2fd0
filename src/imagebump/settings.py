"""Where settings come from: the names of the files, and the environment. Light, for the hooks."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path

FILE = ".imagebump.toml"
PYPROJECT = "pyproject.toml"
ENVIRONMENT = {"IMAGEBUMP_REGISTRY": "registry", "IMAGEBUMP_REPOSITORY": "repository"}
"""Overrides for CI; a job records the ones that were set when it was made."""


NO_CACHE = "IMAGEBUMP_NO_CACHE"
"""Set while a commit is made: its image is built without a cache. Recorded as the overrides are."""


def is_configured(read: Callable[[str], bytes | None]) -> bool:
    """Is there a configuration at all? It is not looked into."""
    return read(FILE) is not None or mentions(read(PYPROJECT))


def is_near(directory: Path) -> bool:
    """May a configuration hold in `directory`? Only what lies in it and above it is looked at.

    False spares a linter the start of git; where it is True, git has to say which one holds.
    """
    if variable("GIT_WORK_TREE"):
        return True
    try:
        return any(map(_holds, [directory, *directory.parents]))
    except OSError:
        return True


def _holds(directory: Path) -> bool:
    return is_configured(lambda name: _content(directory / name))


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None


def mentions(project: bytes | None) -> bool:
    """May a pyproject.toml of this content configure us?"""
    return project is not None and b"tool.imagebump" in project


def overrides(environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """The overrides that are set in the environment, for a job to record.

    Without a login: no value with one is valid, and what is left is refused where it is read.
    """
    present = os.environ if environ is None else environ
    names = (*ENVIRONMENT, NO_CACHE)
    return {name: without_login(present[name]) for name in names if present.get(name)}


def without_login(text: str) -> str:
    """`text` without a user and a password before a host: https://ada:secret@r.io → ***@r.io."""
    _, at, rest = text.rpartition("@")
    return f"***@{rest}" if at else text


def variable(name: str) -> str:
    """One of our environment variables, or ""."""
    return os.environ.get(name, "")


def in_ci() -> bool:
    """Do we run in continuous integration?"""
    return variable("CI").lower() in ("true", "1")
