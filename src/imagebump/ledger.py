"""The record of what was built and published: SQLite, opened by the worker and the commands only."""

import json
import re
import sqlite3
import time
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from imagebump import files, output, records, schema
from imagebump.errors import UnavailableError
from imagebump.records import Id, Record, State
from imagebump.spool import Job


class Ledger:
    """An open ledger. Each method is one transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection

    def add(self, job: Job, *, anew: bool = False, state: State = "queued") -> None:
        """Queue a job, or let it wait; one that is done already, or under way, stays as it is unless `anew`, or a person asks."""
        with self._db as db:
            db.execute(
                "INSERT INTO builds (commit_id, image, branch, overrides, made, by_hand, state) "
                "VALUES (?, ?, ?, ?, ?, ?, ?) "
                "ON CONFLICT (commit_id, image) DO UPDATE SET state = excluded.state, branch = excluded.branch, "
                "overrides = excluded.overrides, by_hand = excluded.by_hand "
                "WHERE state IN ('failed', 'refused', 'superseded', 'waiting', 'paused', 'dismissed') OR ?",
                (
                    *job.id,
                    _text(job.branch),
                    json.dumps(dict(job.overrides)),
                    job.made,
                    job.by_hand,
                    state,
                    anew or job.by_hand,
                ),
            )

    def update(self, build: Id, **values: object) -> None:
        """Set columns of one record."""
        if isinstance(tags := values.get("tags"), tuple):
            values["tags"] = json.dumps(list(tags))
        names = ", ".join(f"{name} = ?" for name in values)
        with self._db as db:
            db.execute(
                f"UPDATE builds SET {names} WHERE commit_id = ? AND image = ?",  # noqa: S608  # names are ours, from keywords
                (*map(_text, values.values()), *build),
            )

    def dismiss(self, build: Id) -> None:
        """Let go of one that did not end as it should have, or waits for a push; nothing is tried again."""
        with self._db as db:
            db.execute(
                "UPDATE builds SET state = 'dismissed', next_try = 0 WHERE commit_id = ? AND image = ? "
                "AND state IN ('failed', 'refused', 'paused', 'waiting')",
                build,
            )

    def step(self, build: Id, name: str, seconds: float) -> None:
        """Keep the seconds of one step of a build."""
        with self._db as db:
            db.execute(
                "INSERT INTO steps (commit_id, image, position, name, seconds) "
                "SELECT ?, ?, COALESCE(MAX(position), 0) + 1, ?, ? FROM steps "
                "WHERE commit_id = ? AND image = ?",
                (*build, _text(name), seconds, *build),
            )

    def forget_steps(self, build: Id) -> None:
        """A new attempt has steps of its own."""
        with self._db as db:
            db.execute("DELETE FROM steps WHERE commit_id = ? AND image = ?", build)

    def steps(self, build: Id) -> list[tuple[str, float]]:
        """Each step's name and seconds, in order."""
        rows = self._db.execute(
            "SELECT name, seconds FROM steps WHERE commit_id = ? AND image = ? ORDER BY position",
            build,
        )
        return [(row["name"], row["seconds"]) for row in rows]

    def moved(self, build: Id, repository: str, tags: Iterable[str]) -> None:
        """Tags that move stand on this record's image now, and on no other of that repository."""
        with self._db as db:
            db.executemany(
                "INSERT OR REPLACE INTO moving VALUES (?, ?, ?, ?)",
                [(repository, tag, *build) for tag in tags],
            )

    def moving(self, build: Id) -> list[str]:
        """The tags that were moved to it, and from here no further."""
        rows = self._db.execute(
            "SELECT tag FROM moving WHERE commit_id = ? AND image = ? ORDER BY rowid", build
        )
        return [row["tag"] for row in rows]

    def get(self, build: Id) -> Record | None:
        """The record of an image of a commit."""
        return next((one for one in self.of_commit(build[0]) if one.image == build[1]), None)

    def of_commit(self, commit: str) -> list[Record]:
        """The records of a commit (full hash), one an image."""
        rows = self._db.execute(
            "SELECT * FROM builds WHERE commit_id = ? ORDER BY rowid", (commit,)
        )
        return self._records(rows)

    def last(self, count: int) -> list[Record]:
        """The records of the newest `count` commits, the newest first; of one commit, in the images' order."""
        rows = self._db.execute(
            "SELECT builds.* FROM builds JOIN (SELECT commit_id, MAX(made) AS latest, MAX(rowid) AS last "
            "FROM builds GROUP BY commit_id ORDER BY latest DESC, last DESC LIMIT ?) USING (commit_id) "
            "ORDER BY latest DESC, last DESC, builds.rowid",
            (count,),
        )
        return self._records(rows)

    def begin(self) -> None:
        """A worker begins to work, now."""
        with self._db as db:
            db.execute("DELETE FROM run")
            db.execute("INSERT INTO run VALUES (?)", (time.time(),))

    def of_last_run(self) -> list[Record]:
        """What ended since a worker began last, the oldest commit first."""
        rows = self._db.execute(
            "SELECT builds.* FROM builds, run WHERE ended >= began ORDER BY made, builds.rowid"
        )
        return self._records(rows)

    def of_digest(self, digest: str) -> list[Record]:
        """What was published under a digest."""
        rows = self._db.execute(
            "SELECT * FROM builds WHERE digest = ? AND digest <> '' ORDER BY made, rowid", (digest,)
        )
        return self._records(rows)

    def of_content(self, record: Record) -> list[Record]:
        """What was published of the same image with the same inputs as `record`, in this order."""
        rows = self._db.execute(
            "SELECT * FROM builds WHERE build_key = ? AND image = ? AND state = 'done' ORDER BY ended",
            (record.build_key, record.image),
        )
        return self._records(rows)

    def last_release(self, job: Job, repository: str) -> Record | None:
        """The release of the same image that was published last, of those whose size is known; not of this commit."""
        rows = self._db.execute(
            "SELECT * FROM builds WHERE state = 'done' AND size > 0 AND version <> '' AND repository = ? "
            "AND image = ? AND commit_id <> ? ORDER BY ended DESC LIMIT 50",
            (repository, job.image, job.commit),
        )
        released = (one for one in self._records(rows) if any(map(one.tells, one.tags)))
        return next(released, None)

    def next_try(self) -> float:
        """When the first of those that failed is tried again (seconds since the epoch); 0.0 for never."""
        row = self._db.execute(
            "SELECT MIN(next_try) FROM builds WHERE state = 'failed' AND next_try > 0"
        ).fetchone()
        return float(row[0] or 0)

    def in_states(self, *states: State) -> list[Record]:
        """Every record in one of these states, the oldest first."""
        marks = ", ".join("?" for _ in states)
        rows = self._db.execute(
            f"SELECT * FROM builds WHERE state IN ({marks}) ORDER BY made, rowid",  # noqa: S608  # only marks
            states,
        )
        return [record for record in self._records(rows) if record.state in states]

    def _records(self, rows: Iterable[sqlite3.Row]) -> list[Record]:
        """Of one that holds what we never wrote, that it does: it ends there, and stops no other."""
        found = []
        for row in list(rows):
            values = dict(row)
            try:
                found.append(records.load(values))
            except (ValueError, TypeError):
                build = (values["commit_id"], values["image"])
                hint = f"Run: imagebump publish {build[0][:7]}"
                self.update(build, **records.UNREADABLE, hint=hint)
                found.append(records.load({**values, **records.UNREADABLE, "hint": hint}))
        return found


def _text(value: object) -> object:
    """`value`; of text, what SQLite can hold: names of branches and files may be any bytes."""
    return re.sub("[\ud800-\udfff]", "\ufffd", value) if isinstance(value, str) else value


def path(state: Path) -> Path:
    """The ledger's file in the directory `state`."""
    return state / "ledger.sqlite"


def lost(state: Path) -> Path:
    """A file that is there while what was in a ledger that is lost has not been looked for."""
    return state / "lost"


def is_lost(state: Path) -> bool:
    """Was there a ledger, and is what was in it still to be looked for?"""
    return lost(state).exists() or (not path(state).exists() and _has_logs(state))


def _has_logs(state: Path) -> bool:
    return any((state / "logs").glob("*.log"))


@contextmanager
def opened(state: Path) -> Iterator[Ledger]:
    """The ledger in the directory `state`, made at first. UserError where it is newer than we are, or has no room.

    One that is damaged is moved aside, and begun anew: published images are safe, and `lost` is left.
    """
    files.private(state)
    with files.locked(state / "ledger.lock", wait=True):  # SQLite does not wait for this
        connection = _sound(path(state))
    with closing(connection):
        try:
            yield Ledger(connection)
        except sqlite3.OperationalError as problem:
            raise _unwritable(path(state), problem) from None


@contextmanager
def found(state: Path) -> Iterator[Ledger | None]:
    """The ledger in the directory `state`; None, and none made, where there is none yet."""
    if not path(state).exists():
        yield None
        return
    with opened(state) as book:
        yield book


def _sound(file: Path) -> sqlite3.Connection:
    try:
        return _connected(file)
    except sqlite3.OperationalError as problem:  # nothing is wrong with the file itself
        raise _unwritable(file, problem) from None
    except sqlite3.DatabaseError as problem:
        aside = file.with_name(f"{file.name}.{time.strftime('%Y%m%d-%H%M%S')}.bad")
        output.note(f"the ledger is damaged ({problem}): begun anew, the old one is {aside}")
        for end in ("-wal", "-shm", ""):
            with suppress(FileNotFoundError):
                file.with_name(file.name + end).replace(aside.with_name(aside.name + end))
        return _connected(file)


def _unwritable(file: Path, problem: sqlite3.OperationalError) -> UnavailableError:
    return UnavailableError(f"{file} cannot be written: {problem}", "Mend that, then try again")


def _connected(file: Path) -> sqlite3.Connection:
    file.touch(0o600)
    connection = sqlite3.connect(file, timeout=30)
    connection.row_factory = sqlite3.Row
    try:
        _prepare(connection, file)
    except BaseException:
        connection.close()
        raise
    return connection


def _prepare(connection: sqlite3.Connection, file: Path) -> None:
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    if (said := connection.execute("PRAGMA quick_check(1)").fetchone()[0]) != "ok":
        raise sqlite3.DatabaseError(said.splitlines()[-1])
    if schema.version(connection) == 0 and _has_logs(file.parent):
        lost(file.parent).touch(0o600)
    schema.upgrade(connection, file)
