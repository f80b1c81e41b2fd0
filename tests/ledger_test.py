"""The record survives whatever happens to it, and says so where it does not."""

import os
import sqlite3
import stat
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from imagebump import ledger
from imagebump.errors import UserError
from imagebump.records import UNDER_WAY, State
from imagebump.schema import SCHEMA, SCHEMAS
from imagebump.spool import Job

JOB = Job("a" * 40, "main", {"IMAGEBUMP_REGISTRY": "r.io"}, 1.5)


def test_a_new_ledger(tmp_path: Path) -> None:
    """It is made at first use, for its owner only, and is empty."""
    with ledger.opened(tmp_path / "state") as book:
        assert (book.last(9), book.get(JOB.id), book.in_states(*UNDER_WAY)) == ([], None, [])
        assert book.steps(JOB.id) == []
    mode = (tmp_path / "state" / "ledger.sqlite").stat().st_mode
    assert stat.S_IMODE(mode) == 0o600


def test_a_job_and_what_becomes_of_it(tmp_path: Path) -> None:
    """Everything that is written is read again, by another opening of the file."""
    with ledger.opened(tmp_path) as book:
        book.add(JOB)
        queued = book.get(JOB.id)
        assert queued is not None
        assert (queued.state, queued.branch, queued.overrides) == ("queued", "main", JOB.overrides)
        assert (queued.made, queued.tags, queued.attempts, queued.by_hand) == (1.5, (), 0, False)
        values = {"version": "1.0.0", "tags": ("aaaaaaa", "1.0.0"), "adopted": True, "error": "é\n"}
        book.update(JOB.id, state="done", **values)
    with ledger.opened(tmp_path) as book:
        assert book.get(JOB.id) == replace(
            queued, state="done", version="1.0.0", tags=("aaaaaaa", "1.0.0"), adopted=True, error="é\n"
        )  # fmt: skip


@pytest.mark.parametrize(
    ("state", "by_hand", "after"),
    [
        ("queued", False, "queued"),
        ("building", False, "building"),
        ("tagging", False, "tagging"),
        ("done", False, "done"),
        ("failed", False, "queued"),
        ("refused", False, "queued"),
        ("superseded", False, "queued"),
        ("done", True, "queued"),
    ],
)
def test_the_same_job_again(tmp_path: Path, state: State, by_hand: bool, after: State) -> None:
    """What is done or under way stays as it is, unless a person asks."""
    with ledger.opened(tmp_path) as book:
        book.add(JOB)
        book.update(JOB.id, state=state, digest="sha256:0")
        book.add(JOB._replace(branch="other", made=9.0, by_hand=by_hand))
        (record,) = book.last(9)
    again = state != after
    assert (record.state, record.digest, record.made) == (after, "sha256:0", 1.5)
    assert record.branch == ("other" if again else "main")
    assert record.under_way is (after in UNDER_WAY)


@pytest.mark.parametrize(
    ("column", "value"),
    [("overrides", "{"), ("overrides", "[]]"), ("tags", ""), ("bars", "1"), ("attempts", "x")],
)
def test_a_damaged_record(tmp_path: Path, column: str, value: str) -> None:
    """It ends there, and stops no other."""
    with ledger.opened(tmp_path) as book:
        book.add(JOB)
        book.add(JOB._replace(commit="b" * 40))
        book.update(JOB.id, **{column: value})
        assert [one.commit_id for one in book.in_states("queued")] == ["b" * 40]
        mended, again = book.get(JOB.id), book.get(JOB.id)
    assert mended == again
    assert mended
    assert (mended.state, mended.final, mended.overrides) == ("failed", True, {})
    assert mended.error == "its record in the ledger is damaged"
    assert mended.hint == "Run: imagebump publish aaaaaaa"


def test_the_order(tmp_path: Path) -> None:
    """The newest first to show, the oldest first to do; the later of two at the same time is newer."""
    with ledger.opened(tmp_path) as book:
        for commit, made in (("b", 2.0), ("a", 1.0), ("d", 3.0), ("c", 3.0)):
            book.add(Job(commit, "", {}, made))
        book.update(("b", ""), state="failed")
        assert [record.commit_id for record in book.last(3)] == ["c", "d", "b"]
        assert [record.commit_id for record in book.in_states("queued")] == ["a", "d", "c"]
        assert [r.commit_id for r in book.in_states("failed", "queued")] == ["a", "b", "d", "c"]


def test_the_last_run(tmp_path: Path) -> None:
    """What ended since a worker began last, be it a commit of long ago."""
    with ledger.opened(tmp_path) as book:
        for commit, made in (("c", 3.0), ("a", 1.0), ("b", 2.0)):
            book.add(Job(commit, "", {}, made))
        assert book.of_last_run() == []
        book.update(("b", ""), state="done", ended=time.time())
        book.begin()
        for commit in "ca":
            book.update((commit, ""), state="done", ended=time.time())
        assert [record.commit_id for record in book.of_last_run()] == ["a", "c"]


def test_steps(tmp_path: Path) -> None:
    """In the order in which they ended, of the last attempt, each commit's own."""
    with ledger.opened(tmp_path) as book:
        for name in ("one", "two", "one"):
            book.step(("a", "api"), name, 0.5)
        book.step(("a", "web"), "other", 1.0)
        assert book.steps(("a", "api")) == [("one", 0.5), ("two", 0.5), ("one", 0.5)]
        book.forget_steps(("a", "api"))
        assert (book.steps(("a", "api")), book.steps(("a", "web"))) == ([], [("other", 1.0)])


def test_each_image_of_a_commit_has_a_record(tmp_path: Path) -> None:
    """They are queued, tried and done one by one."""
    with ledger.opened(tmp_path) as book:
        for image in ("web", "api"):
            book.add(JOB._replace(image=image))
        book.update((JOB.commit, "api"), state="failed")
        book.add(JOB._replace(image="web"))
        assert [(r.image, r.state) for r in book.of_commit(JOB.commit)] == [
            ("web", "queued"),
            ("api", "failed"),
        ]
        assert book.get(JOB.id) is None


def test_a_ledger_of_the_first_schema(tmp_path: Path) -> None:
    """All that it holds is in the one that is made of it."""
    with closing(sqlite3.connect(tmp_path / "ledger.sqlite")) as connection, connection:
        connection.executescript(SCHEMAS[0])
        connection.execute("PRAGMA user_version = 1")
        connection.execute(
            "INSERT INTO builds (commit_id, branch, overrides, made, by_hand, state, tags) "
            """VALUES ('a', 'main', '{}', 1.5, 1, 'done', '["1.0.0"]')"""
        )
        connection.execute("INSERT INTO steps VALUES ('a', 1, 'RUN true', 0.5)")
    with ledger.opened(tmp_path) as book:
        found = book.get(("a", ""))
        assert found is not None
        assert (found.state, found.tags, found.by_hand, found.ended) == (
            "done",
            ("1.0.0",),
            True,
            0,
        )
        assert book.steps(("a", "")) == [("RUN true", 0.5)]
        assert found.title == "a"


def test_two_at_the_same_time(tmp_path: Path) -> None:
    """A command reads while the worker writes."""
    with ledger.opened(tmp_path) as worker, ledger.opened(tmp_path) as command:
        worker.add(JOB)
        assert [record.commit_id for record in command.last(1)] == [JOB.commit]
        command.add(JOB._replace(commit="b"))
        assert len(worker.last(9)) == 2


def test_a_newer_schema(tmp_path: Path) -> None:
    """It is refused, and not touched."""
    with ledger.opened(tmp_path) as book:
        book.add(JOB)
    path = tmp_path / "ledger.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA user_version = {SCHEMA + 1}")
        connection.execute("ALTER TABLE builds RENAME TO images")
    with pytest.raises(UserError) as caught, ledger.opened(tmp_path):
        pass
    assert str(caught.value) == (
        f"{path} was written by a newer imagebump (schema {SCHEMA + 1}, this one knows {SCHEMA}). "
        "Run: pip install --upgrade imagebump"
    )
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM images").fetchone() == (1,)


def test_text_that_is_not_utf8(tmp_path: Path) -> None:
    """Names of branches and files may be any bytes: none of them stops the worker."""
    with ledger.opened(tmp_path) as book:
        book.add(JOB._replace(branch="caf\udce9"))
        book.update(JOB.id, error="s\udce9 is a submodule", tags=("a",))
        book.step(JOB.id, "RUN \ud800", 1.0)
        found = book.get(JOB.id)
        assert found is not None
        assert (found.branch, found.error, found.tags) == (
            "caf\ufffd",
            "s\ufffd is a submodule",
            ("a",),
        )
        assert book.steps(JOB.id) == [("RUN \ufffd", 1.0)]


@pytest.mark.parametrize(
    "data", [b"no database at all\n" * 100, b"SQLite format 3\0" + b"\xff" * 4096]
)
def test_a_damaged_file(tmp_path: Path, data: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    """It is begun anew; one line says so, and the file is kept for whoever can read it."""
    path = tmp_path / "ledger.sqlite"
    path.write_bytes(data)
    with ledger.opened(tmp_path) as book:
        book.add(JOB)
        assert len(book.last(9)) == 1
    (aside,) = tmp_path.glob("ledger.sqlite.*.bad")
    assert aside.read_bytes() == data
    assert capsys.readouterr().err.startswith("imagebump: the ledger is damaged (")


def test_a_damaged_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """SQLite has two lines for that."""
    with ledger.opened(tmp_path) as book:
        book.add(JOB)
    with (tmp_path / "ledger.sqlite").open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * 4096)
    with ledger.opened(tmp_path) as book:
        assert book.last(9) == []
    said = capsys.readouterr().err
    assert said.startswith("imagebump: the ledger is damaged (Page 2: ")
    assert said.count("\n") == 1


def test_a_truncated_file(tmp_path: Path) -> None:
    """The same; what was in it is looked for where something was ever published."""
    (tmp_path / "logs").mkdir()
    with ledger.opened(tmp_path) as book:
        for number in range(200):
            book.add(JOB._replace(commit=f"{number:040}"))
    assert not ledger.lost(tmp_path).exists(), "there was nothing before it"
    path = tmp_path / "ledger.sqlite"
    os.truncate(path, path.stat().st_size // 2)
    (tmp_path / "logs" / "a.log").touch()
    with ledger.opened(tmp_path) as book:
        assert book.last(9) == []
    assert ledger.lost(tmp_path).exists()


def test_a_file_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk is no reason to put the ledger away."""
    real = sqlite3.connect

    def small(*arguments: object, **options: object) -> sqlite3.Connection:
        connection = real(*arguments, **options)  # type: ignore[call-overload]  # passed on as they are
        connection.execute("PRAGMA max_page_count = 1")
        return connection  # type: ignore[no-any-return]  # likewise

    monkeypatch.setattr(sqlite3, "connect", small)
    with pytest.raises(UserError) as caught, ledger.opened(tmp_path):
        pass
    path = tmp_path / "ledger.sqlite"
    assert caught.value.message == f"{path} cannot be written: database or disk is full"
    assert caught.value.hint == "Mend that, then try again"


def test_a_full_disk(tmp_path: Path) -> None:
    """Whoever writes is told, and no bug is reported."""
    line = (
        r"ledger\.sqlite cannot be written: database or disk is full\. Mend that, then try again$"
    )
    with pytest.raises(UserError, match=line):
        fill(tmp_path)


def fill(directory: Path) -> None:
    """Write more into a ledger than there is room for."""
    with ledger.opened(directory) as book:
        book.add(JOB)
        (pages,) = book._db.execute("PRAGMA page_count").fetchone()
        book._db.execute(f"PRAGMA max_page_count = {pages}")
        book.update(JOB.id, error="x" * 100_000)


def test_an_empty_file(tmp_path: Path) -> None:
    """What a killed worker may leave is begun anew."""
    (tmp_path / "ledger.sqlite").touch()
    with ledger.opened(tmp_path) as book:
        book.add(JOB)
        assert len(book.last(9)) == 1
