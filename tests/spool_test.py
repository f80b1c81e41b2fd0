"""One file a job: whole or not there, the oldest first, and none is read for ever."""

import json
import stat
import time
from pathlib import Path

import pytest

from imagebump import spool
from imagebump.spool import Job

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def test_a_job_comes_back(tmp_path: Path) -> None:
    """As it was dropped, with the time, in a file that only its owner reads."""
    state = tmp_path / "imagebump"
    before = time.time()
    dropped = spool.drop(state, COMMIT, "feature/ö", {"IMAGEBUMP_REGISTRY": "r.io"}, by_hand=True)
    (path,) = spool.waiting(state)
    assert spool.read(path) == dropped
    assert dropped == Job(COMMIT, "feature/ö", {"IMAGEBUMP_REGISTRY": "r.io"}, dropped.made, True)
    assert before <= dropped.made <= time.time()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) & 0o077 == 0
    assert path.exists(), "reading takes nothing away"


def test_the_oldest_comes_first(tmp_path: Path) -> None:
    """The same commit twice is two jobs; half-written files and others are none."""
    assert spool.waiting(tmp_path) == []
    for commit in ("b" * 40, "a" * 40, "b" * 40):
        spool.drop(tmp_path, commit, "main", {})
    for name in (".0.json.1.2", "x.json", "1.bad"):
        (tmp_path / "spool" / name).touch()
    jobs = [spool.read(path) for path in spool.waiting(tmp_path)]
    assert [job.commit[0] for job in jobs if job] == ["b", "a", "b"]


GOOD = {"commit": COMMIT, "branch": "", "overrides": {}, "made": 1.5}


def test_a_job_of_a_newer_format(tmp_path: Path) -> None:
    """It stays where it is, for a newer imagebump."""
    spool.drop(tmp_path, COMMIT, "main", {})
    (tmp_path / "spool" / "2-a.v2.json").touch()
    assert [path.name[-8:] for path in spool.waiting(tmp_path)] == [".v1.json"]
    assert spool.foreign(tmp_path) == 1


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "3",
        "null",
        "{}",
        "\udcff",
        json.dumps({**GOOD, "more": 1}),
        json.dumps({name: value for name, value in GOOD.items() if name != "made"}),
    ],
)
def test_what_is_no_job_is_moved_aside(tmp_path: Path, text: str) -> None:
    """It is neither lost nor read again: the worker would never come to its end."""
    (tmp_path / "spool").mkdir()
    path = tmp_path / "spool" / "1-a.v1.json"
    path.write_text(text, errors="surrogateescape")
    assert spool.read(path) is None
    spool.set_aside(path)
    assert spool.waiting(tmp_path) == []
    assert path.with_suffix(".bad").read_text(errors="surrogateescape") == text


def test_a_job_that_is_gone(tmp_path: Path) -> None:
    """Another worker has taken it."""
    assert spool.read(tmp_path / "1.json") is None
    spool.set_aside(tmp_path / "1.json")
    assert list(tmp_path.iterdir()) == []


def test_a_job_of_the_first_hooks(tmp_path: Path) -> None:
    """Theirs have the format inside; pre-commit may run them for long."""
    (tmp_path / "spool").mkdir()
    path = tmp_path / "spool" / f"1-{COMMIT}.json"
    path.write_text(json.dumps({"format": 1, **GOOD}))
    assert spool.waiting(tmp_path) == [path]
    assert spool.foreign(tmp_path) == 0
    assert spool.read(path) == Job(COMMIT, "", {}, 1.5, False)


def test_the_format_is_known(tmp_path: Path) -> None:
    """What hooks of this version write, workers of the next one can read."""
    (tmp_path / "1-a.v1.json").write_text(json.dumps(GOOD))
    assert spool.read(tmp_path / "1-a.v1.json") == Job(COMMIT, "", {}, 1.5, False)


def test_claims(tmp_path: Path) -> None:
    """A version is claimed for good."""
    assert not spool.is_claimed(tmp_path, "1.0.0")
    spool.claim(tmp_path, "1.0.0", COMMIT)
    spool.claim(tmp_path, "1.0.0", "b" * 40)
    assert spool.is_claimed(tmp_path, "1.0.0")
    assert spool.claimant(tmp_path, "1.0.0") == COMMIT, "the first one's"
    assert not spool.is_claimed(tmp_path, "1.0.1")


def test_triggers(tmp_path: Path) -> None:
    """Each once, the newest last, and not more than some fifty."""
    assert spool.triggers(tmp_path) == []
    for bases in [*map(str, range(60)), "30"]:
        spool.remember_triggers(tmp_path, bases)
    assert spool.triggers(tmp_path)[-3:] == ["58", "59", "30"]
    assert len(spool.triggers(tmp_path)) == len(set(spool.triggers(tmp_path))) == 51


def test_triggers_that_cannot_be_read(tmp_path: Path) -> None:
    """A hook asks for them: they stop no commit."""
    (tmp_path / "triggers").write_bytes(b"a\n\xff\n")
    assert spool.triggers(tmp_path) == ["a", "\ufffd"]
    assert spool.triggers(tmp_path / "triggers") == [], "not a directory"
