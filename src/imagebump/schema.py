"""The tables of the ledger, and what each of their schemas changed in the one before."""

import sqlite3
from pathlib import Path

from imagebump.errors import UserError

_TABLES = """
CREATE TABLE builds (
  commit_id TEXT PRIMARY KEY,
  branch TEXT NOT NULL,
  overrides TEXT NOT NULL,
  made REAL NOT NULL,          -- seconds since the epoch
  by_hand INTEGER NOT NULL,    -- asked for by a person, not by a hook
  state TEXT NOT NULL,
  version TEXT NOT NULL DEFAULT '',
  repository TEXT NOT NULL DEFAULT '',
  build_key TEXT NOT NULL DEFAULT '',
  digest TEXT NOT NULL DEFAULT '',
  tags TEXT NOT NULL DEFAULT '[]',
  error TEXT NOT NULL DEFAULT '',
  hint TEXT NOT NULL DEFAULT '',
  step TEXT NOT NULL DEFAULT '',
  adopted INTEGER NOT NULL DEFAULT 0,
  attempts INTEGER NOT NULL DEFAULT 0,
  seconds REAL NOT NULL DEFAULT 0
);
CREATE TABLE steps (
  commit_id TEXT NOT NULL, position INTEGER NOT NULL, name TEXT NOT NULL, seconds REAL NOT NULL
);
CREATE INDEX builds_made ON builds (made);
CREATE INDEX steps_commit ON steps (commit_id);
"""
_ENDS = """
ALTER TABLE builds ADD COLUMN ended REAL NOT NULL DEFAULT 0;     -- seconds since the epoch
ALTER TABLE builds ADD COLUMN final INTEGER NOT NULL DEFAULT 0;  -- failed for what the commit holds
CREATE TABLE run (began REAL NOT NULL);  -- when the last worker began to work, one row
"""
_IMAGES = """
ALTER TABLE builds RENAME TO before;
CREATE TABLE builds (
  commit_id TEXT NOT NULL,
  image TEXT NOT NULL DEFAULT '',  -- its name, of several
  branch TEXT NOT NULL,
  overrides TEXT NOT NULL,
  made REAL NOT NULL,
  by_hand INTEGER NOT NULL,
  state TEXT NOT NULL,
  version TEXT NOT NULL DEFAULT '',
  repository TEXT NOT NULL DEFAULT '',
  build_key TEXT NOT NULL DEFAULT '',
  digest TEXT NOT NULL DEFAULT '',
  tags TEXT NOT NULL DEFAULT '[]',
  error TEXT NOT NULL DEFAULT '',
  hint TEXT NOT NULL DEFAULT '',
  step TEXT NOT NULL DEFAULT '',
  adopted INTEGER NOT NULL DEFAULT 0,
  attempts INTEGER NOT NULL DEFAULT 0,
  seconds REAL NOT NULL DEFAULT 0,
  ended REAL NOT NULL DEFAULT 0,
  final INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (commit_id, image)
);
INSERT INTO builds SELECT commit_id, '', branch, overrides, made, by_hand, state, version, repository,
  build_key, digest, tags, error, hint, step, adopted, attempts, seconds, ended, final FROM before
  ORDER BY rowid;
DROP TABLE before;
CREATE INDEX builds_made ON builds (made);
ALTER TABLE steps ADD COLUMN image TEXT NOT NULL DEFAULT '';
"""
_RETRIES = """
ALTER TABLE builds ADD COLUMN failing_since REAL NOT NULL DEFAULT 0;  -- of attempts that failed in a row, the first
ALTER TABLE builds ADD COLUMN next_try REAL NOT NULL DEFAULT 0;       -- 0: none comes by itself
ALTER TABLE builds ADD COLUMN size INTEGER NOT NULL DEFAULT 0;        -- bytes, as the registry keeps them
ALTER TABLE builds ADD COLUMN warning TEXT NOT NULL DEFAULT '';
"""
_BARS = """
ALTER TABLE builds ADD COLUMN bars TEXT NOT NULL DEFAULT '';  -- JSON: of each thing under way, name, bytes done, bytes to do
"""
_MOVING = """
CREATE TABLE moving (
  repository TEXT NOT NULL, tag TEXT NOT NULL, commit_id TEXT NOT NULL, image TEXT NOT NULL,
  PRIMARY KEY (repository, tag)
);  -- where each tag that moves was put last
"""
SCHEMAS = (_TABLES, _ENDS, _IMAGES, _RETRIES, _BARS, _MOVING)
"""Each schema's difference to the one before."""
SCHEMA = len(SCHEMAS)


def version(connection: sqlite3.Connection) -> int:
    """The schema that a ledger has; 0 for a new one."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def upgrade(connection: sqlite3.Connection, file: Path) -> None:
    """Make the tables, or bring older ones up to date. UserError where they are newer than we are."""
    with connection:
        connection.execute("BEGIN IMMEDIATE")
        found = version(connection)
        if found > SCHEMA:
            raise UserError(
                f"{file} was written by a newer imagebump (schema {found}, this one knows {SCHEMA})",
                "Run: pip install --upgrade imagebump",
            )
        if found < SCHEMA:
            for statement in "".join(SCHEMAS[found:]).split(";"):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {SCHEMA}")
