"""Where settings come from: the names of the files, and the environment. Light, for the hooks."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from imagebump import process

FILE = ".imagebump.toml"
PYPROJECT = "pyproject.toml"
ENVIRONMENT = {"IMAGEBUMP_REGISTRY": "registry", "IMAGEBUMP_REPOSITORY": "repository"}
"""Overrides for CI; a job records the ones that were set when it was made."""


def is_configured(read: Callable[[str], bytes | None]) -> bool:
    """Is there a configuration at all? It is not looked into."""
    return read(FILE) is not None or mentions(read(PYPROJECT))


def mentions(project: bytes | None) -> bool:
    """May a pyproject.toml of this content configure us?"""
    return project is not None and b"tool.imagebump" in project


def overrides(environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """The overrides that are set in the environment, for a job to record."""
    present = os.environ if environ is None else environ
    return {name: present[name] for name in ENVIRONMENT if present.get(name)}


def variable(name: str) -> str:
    """One of our environment variables, or ""."""
    return os.environ.get(name, "")


def held_patches() -> list[Path]:
    """The patch files in which a hook manager above us (pre-commit, prek) keeps unstaged edits.

    pre-commit names them patch<time>-<its pid>; prek's are the ones newer than itself.
    """
    home = Path(variable("HOME") or "/")
    cache = Path(variable("XDG_CACHE_HOME") or home / ".cache")
    stores = {
        Path(variable("PRE_COMMIT_HOME") or cache / "pre-commit"),
        Path(variable("PREK_HOME") or cache / "prek") / "patches",
    }
    pids = {str(one.pid) for one in process.ancestors()}
    found = (path for store in stores if store.is_dir() for path in store.glob("*patch*"))
    return [path for path in found if path.stem.rpartition("-")[2] in pids]
