"""What the ledger holds of one image of a commit."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from imagebump import bars
from imagebump.spool import Job

State = Literal[
    "queued",
    "building",
    "pushing",
    "tagging",
    "done",
    "refused",
    "failed",
    "superseded",
    "waiting",
    "paused",
    "dismissed",
]
"""waiting: for the push of its commit; paused: for the word that what it asks for is trusted; dismissed: a person has let go of it."""
UNDER_WAY: tuple[State, ...] = ("queued", "building", "pushing", "tagging")
NOT_DONE: tuple[State, ...] = ("failed", "refused", "paused")
"""It ended, and not as it should have."""

Id = tuple[str, str]
"""A commit's full hash, and the name of an image ("" where there is only one)."""


@dataclass(frozen=True)
class Record:
    """What became of one image of a commit. Times in seconds; `repository` with its registry; `tags` those that stand.

    `image` is its name, "" where there is only one; `ended` is when its last attempt did (0: there was none), `final` that another one cannot help;
    `next_try` is when another one comes by itself (0: never); `size` is in bytes, 0 where it is not known.
    """

    commit_id: str
    image: str
    branch: str
    overrides: Mapping[str, str]
    made: float
    by_hand: bool
    state: State
    version: str
    repository: str
    build_key: str
    digest: str
    tags: tuple[str, ...]
    error: str
    hint: str
    step: str
    adopted: bool
    attempts: int
    seconds: float
    ended: float
    final: bool
    failing_since: float
    next_try: float
    size: int
    warning: str
    bars: tuple[bars.Bar, ...]

    @classmethod
    def of(cls, job: Job) -> "Record":
        """What is held of a job of which nothing else is known yet."""
        known = {"commit_id": job.commit, "image": job.image, "branch": job.branch}
        asked = {
            "overrides": json.dumps(dict(job.overrides)),
            "made": job.made,
            "by_hand": job.by_hand,
        }
        texts = ("version", "repository", "build_key", "digest", "error", "hint", "step", "warning")
        unknown = {**_NUMBERS, **dict.fromkeys(texts, ""), "tags": "[]", "bars": ""}
        return load({**unknown, **known, **asked, "state": "queued"})

    @property
    def job(self) -> Job:
        """The job that it was made from."""
        return Job(self.commit_id, self.branch, self.overrides, self.made, self.by_hand, self.image)

    @property
    def id(self) -> Id:
        """What it is the record of."""
        return self.commit_id, self.image

    @property
    def title(self) -> str:
        """The commit, the image's name and its version, in a few characters."""
        return " ".join(filter(None, (self.commit_id[:7], self.image, self.version)))

    @property
    def doing(self) -> str:
        """What is being done right now, and how far it is."""
        return " ".join(filter(None, (self.step, bars.together("", self.bars).share)))

    def tells(self, tag: str) -> bool:
        """Does a tag of it tell its version, so that it is a release?"""
        return self.version.replace("+", "_") in tag

    @property
    def under_way(self) -> bool:
        """Is there something still to come?"""
        return self.state in UNDER_WAY


def load(row: Mapping[str, Any]) -> Record:
    """ValueError or TypeError where it holds what we never wrote."""
    values = dict(row)
    values["overrides"] = dict(json.loads(values["overrides"]))
    values["tags"] = tuple(json.loads(values["tags"]))
    values["bars"] = bars.load(values["bars"])
    for name in _NUMBERS:
        values[name] = type(_NUMBERS[name])(values[name])
    return Record(**values)


_NUMBERS: Mapping[str, float] = {
    "by_hand": False,
    "adopted": False,
    "final": False,
    "attempts": 0,
    "size": 0,
    "made": 0.0,
    "seconds": 0.0,
    "ended": 0.0,
    "failing_since": 0.0,
    "next_try": 0.0,
}
"""Of each column the type."""
UNREADABLE: Mapping[str, Any] = {
    **_NUMBERS,
    "state": "failed",
    "final": True,
    "overrides": "{}",
    "tags": "[]",
    "bars": "",
    "error": "its record in the ledger is damaged",
}
"""What becomes of a damaged record: with which settings it was to be built, nobody knows any more."""
