"""The spool: one file a job, written by hooks and read by the worker. No database.

Beside it stands the worker's word to the hooks, which never open the ledger: a file for each version
that is being published or was, and the base images that read more than a Dockerfile says.
"""

import json
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from imagebump import process
from imagebump.files import private, write_atomic

_NAME = re.compile(r"\d+-[0-9a-f]+(\.v1)?\.json")
"""The names of our jobs: a job of another format has another ending, and waits for who can read it.

The first hooks gave theirs none, and the format inside.
"""


class Job(NamedTuple):
    """A commit that waits to be published.

    `branch` is the one that it was made on ("" detached), `overrides` the IMAGEBUMP_* variables
    that were set then, `made` the time in seconds since the epoch, `by_hand` that a person asked for
    it and no hook; `image` one of several images, "" for all that there are.
    """

    commit: str
    branch: str
    overrides: Mapping[str, str]
    made: float
    by_hand: bool = False
    image: str = ""

    @property
    def id(self) -> tuple[str, str]:
        """What is published: the commit, and the image's name."""
        return self.commit, self.image


def worker_lock(state: Path) -> Path:
    """Held by the one that takes jobs, as long as it does."""
    return state / "worker.lock"


def drop(
    state: Path,
    commit: str,
    branch: str,
    overrides: Mapping[str, str],
    *,
    by_hand: bool = False,
    image: str = "",
) -> Job:
    """Put a job into the spool; it is there whole or not at all."""
    directory = state / "spool"
    private(directory)
    job = Job(commit, branch, dict(overrides), time.time(), by_hand, image)
    data = json.dumps(job._asdict()).encode()
    write_atomic(directory / f"{time.time_ns():020d}-{commit}.v1.json", data, 0o600)
    return job


def waiting(state: Path) -> list[Path]:
    """The files of the jobs that wait, the oldest first."""
    return sorted(path for path in _every(state) if _NAME.fullmatch(path.name))


def foreign(state: Path) -> int:
    """How many jobs wait that a newer imagebump left, for which this one is too old."""
    return sum(not _NAME.fullmatch(path.name) for path in _every(state))


def damaged(state: Path) -> list[Path]:
    """The files that were set aside because they held no job."""
    return sorted((state / "spool").glob("*.bad"))


def _every(state: Path) -> Iterator[Path]:
    return (state / "spool").glob("[0-9]*.json")


def read(path: Path) -> Job | None:
    """The job in a file of the spool; None where it holds none, or is none."""
    try:
        values = json.loads(path.read_bytes())
        if ".v1" not in path.name:
            del values["format"]
        return Job(**values)
    except (FileNotFoundError, IsADirectoryError, PermissionError, ValueError, TypeError, KeyError):
        return None


def set_aside(path: Path) -> None:
    """Keep a file that holds no job as NAME.bad, so that it is neither lost nor read again."""
    with suppress(FileNotFoundError):
        path.rename(path.with_suffix(".bad"))


def push_begins(state: Path, pid: int) -> None:
    """Note that the process `pid` pushes commits that wait for it."""
    private(state / "pushing")
    (state / "pushing" / str(pid)).touch(0o600)


def pushes(state: Path) -> list[Path]:
    """The files of the pushes that nobody has looked after yet; each is called by its process id."""
    return sorted((state / "pushing").glob("[1-9]*"))


def push_is_over(path: Path) -> bool:
    """Has its process ended? One that takes longer than an hour is not waited for."""
    try:
        return time.time() - path.stat().st_mtime > _LONGEST_PUSH or not process.runs(
            int(path.name)
        )
    except (OSError, ValueError):
        return True


_LONGEST_PUSH = 3600.0
"""Seconds."""


def claim(state: Path, release: str, commit: str) -> None:
    """Note that `commit` is being published as `release`: an amend must not give it to other content.

    That is a version, or IMAGE/VERSION of one of several images. The first one keeps it: one that comes later has the same content, or is refused.
    """
    if is_claimed(state, release):
        return
    path = state / "claims" / release
    private(path.parent)
    write_atomic(path, f"{commit}\n".encode(), 0o600)


def is_claimed(state: Path, release: str) -> bool:
    """Has somebody here begun to publish `release`?"""
    return bool(claimant(state, release))


def claimant(state: Path, release: str) -> str:
    """The commit that is being published here as `release`, or was; "" for none."""
    try:
        return (state / "claims" / release).read_text(encoding="utf-8").strip()
    except OSError:
        return ""


def remember_triggers(state: Path, bases: str) -> None:
    """Note that these base images (one line) copy more than a Dockerfile on them says."""
    private(state)
    known = [line for line in triggers(state) if line != bases]
    write_atomic(state / "triggers", "\n".join([*known[-50:], bases, ""]).encode(), 0o600)


def triggers(state: Path) -> list[str]:
    """The base images that are known to do so; none where that cannot be read: no commit stops for it."""
    try:
        return (state / "triggers").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
