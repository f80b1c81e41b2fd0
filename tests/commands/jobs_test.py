"""What the commands say of a job."""

import time
from pathlib import Path

import pytest

from imagebump import ledger
from imagebump.commands import jobs
from imagebump.spool import Job

JOB = Job("abc1234" + "0" * 33, "main", {}, 1.0, False, "")
DUE = "Next try as soon as the worker is free, at the latest with the next commit. "
WITH_COMMIT = "Next try with the next commit. "


@pytest.mark.parametrize(
    ("state", "values", "said"),
    [
        pytest.param("failed", {"next_try": 3600}, "Next try in 59 min ", id="a time is set"),
        pytest.param("failed", {"next_try": -1}, DUE, id="it has come, and a worker is busy"),
        pytest.param("failed", {"attempts": 4}, WITH_COMMIT, id="a step failed"),
        pytest.param("failed", {"attempts": 5}, "No other try by itself. ", id="five times"),
        pytest.param("failed", {"final": True}, "", id="only another commit mends it"),
        pytest.param("refused", {}, "", id="its version is taken"),
        pytest.param("done", {"attempts": 1}, "", id="nothing is left to do"),
    ],
)
def test_the_next_try(tmp_path: Path, state: str, values: dict[str, float], said: str) -> None:
    """`next_try` is given in seconds from now."""
    with ledger.opened(tmp_path) as book:
        book.add(JOB)
        due = time.time() + values["next_try"] if "next_try" in values else 0
        book.update(JOB.id, state=state, **{**values, "next_try": due})
        record = book.get(JOB.id)
    assert record
    text = jobs.next_try(record)
    assert text.startswith(said)
    assert bool(text) == bool(said)


def test_there_is_no_next_commit_in_ci(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The clone is gone by then."""
    with ledger.opened(tmp_path) as book:
        book.add(JOB)
        book.update(JOB.id, state="failed", attempts=1)
        record = book.get(JOB.id)
    assert record
    assert jobs.next_try(record) == WITH_COMMIT
    monkeypatch.setenv("CI", "true")
    assert jobs.next_try(record) == ""
